package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// lock has somebody else hold the rows of some users: a commit of one of them waits, one of several is answered Moved for them
// (clause 14).
func (c *crowd) lock(locked map[string]bool, unlock chan struct{}, slow time.Duration) {
	c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		c.saw(units)
		if len(units) == 1 && locked[units[0].User] {
			select {
			case <-unlock:
			case <-ctx.Done():
				return nil, &store.Error{Op: "commit", Err: ctx.Err()}
			}
			return next()
		}
		time.Sleep(slow)
		select {
		case <-unlock:
			return next()
		default:
		}
		if !slices.ContainsFunc(units, func(u store.Unit) bool { return locked[u.User] }) {
			return next()
		}
		results := make([]store.Result, 0, len(units))
		for _, u := range units {
			if locked[u.User] {
				results = append(results, store.Result{Moved: true})
				continue
			}
			r, err := c.st.Store.Commit(ctx, u)
			if err != nil {
				return nil, err
			}
			results = append(results, r...)
		}
		return results, nil
	}
}

// batch lets a caller record one event of each of some users, and comes back when the caller has got as far as it can.
func (c *crowd) batch(id string, users ...string) *reply {
	r := &reply{}
	var events []task.Event
	for _, user := range users {
		events = append(events, task.Event{ID: id, User: user, Task: "order"})
	}
	c.wg.Go(func() {
		defer r.done.Store(true)
		results, err := c.RecordBatch(c.ctx, events...)
		for _, res := range results {
			err = errors.Join(err, res.Err)
		}
		r.err = err
	})
	synctest.Wait()
	return r
}

// later is a while after which whoever waits still waits for a lock.
func (c *crowd) later() {
	time.Sleep(10 * time.Second)
	synctest.Wait()
}

// Somebody else holds the row of x.
func TestShared_somebodysOpenTransactionStallsNobodyElse(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.open()
		locked, unlock, slow := map[string]bool{"x": true}, make(chan struct{}), time.Millisecond
		for i := range fewCalls {
			locked[fmt.Sprint("y", i)] = true
		}
		c.lock(locked, unlock, slow)
		x := c.call("x", "1")
		start := time.Now()
		u := c.call("u", "1")
		time.Sleep(2 * slow)
		synctest.Wait()
		want(t, "another while x's commit waits", []string{x.says(), u.says()}, "[waits R1]")
		more := c.call("x", "2")
		var ys []*reply
		for i := range fewCalls { // all places are taken by commits that wait
			ys = append(ys, c.call(fmt.Sprint("y", i), "1"))
		}
		v := c.call("v", "1")
		want(t, "one more has to wait", v.says(), "waits")
		time.Sleep(15 * time.Millisecond)
		synctest.Wait()
		want(t, "but not for long", []string{ys[0].says(), more.says(), v.says()}, "[waits waits R1]")
		before := time.Now()
		for i := range 20 { // and from then on nobody waits for them
			c.call("w", fmt.Sprint(i))
			time.Sleep(slow)
			synctest.Wait()
		}
		want(t, "time for twenty more", time.Since(before) <= 25*slow, true)
		want(t, "time for all", time.Since(start) < 50*slow, true)
		close(unlock)
		c.wg.Wait()
		want(t, "those that waited", []string{x.says(), more.says()}, "[R1 R2]")
		for _, y := range ys {
			want(t, "one of them", y.says(), "R1")
		}
	})
}

// In a shared round x is answered Moved, and its caller waits for the lock, but nobody else.
func TestShared_whoMovedWaitsByItself(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.leaders()
		unlock := make(chan struct{})
		commit := c.st.commit
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			at := slices.IndexFunc(units, func(u store.Unit) bool { return u.User == "x" })
			switch {
			case at < 0:
				return commit(ctx, units, next)
			case len(units) == 1:
				<-unlock
				return next()
			}
			results, err := c.st.Store.Commit(ctx, slices.Delete(slices.Clone(units), at, at+1)...)
			return slices.Insert(results, at, store.Result{Moved: true}), err
		}
		x, u, v := c.call("x", "1"), c.call("u", "1"), c.call("v", "1") // x leads
		also := c.call("x", "2")
		c.open()
		synctest.Wait()
		want(t, "answers", []string{x.says(), also.says(), u.says(), v.says()}, "[waits waits R1 R1]")
		want(t, "and later ones", c.call("w", "1").says(), "R1")
		also.cancel()
		synctest.Wait()
		want(t, "who gives up", also.says(), "unknown cancelled")
		close(unlock)
		c.wg.Wait()
		want(t, "x", x.says(), "R1")
	})
}

// Rows that others always hold when a batch comes are passed over each time. After a few tries their users go by themselves,
// behind all others, and wait for their turn.
func TestRecordBatch_whoIsAlwaysPassedOverGoesByItself(t *testing.T) {
	for _, alone := range []bool{false, true} {
		t.Run(fmt.Sprint("alone ", alone), func(t *testing.T) {
			b := setup(t, counter("order"), each("R", "order"))
			e, err := engine.New(b.st, engine.Options{Now: b.clk.Now, Alone: alone})
			if err != nil {
				t.Fatal(err)
			}
			var commits []string
			b.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
				commits = append(commits, fmt.Sprint(usersOf(units)))
				if len(units) == 1 {
					return next()
				}
				results := make([]store.Result, len(units))
				for i, u := range units {
					if results[i].Moved = u.User == "x" || u.User == "y"; results[i].Moved {
						continue
					}
					if _, err := b.st.Store.Commit(ctx, u); err != nil {
						return nil, err
					}
				}
				return results, nil
			}
			events := []task.Event{{User: "x", ID: "1", Task: "order"}, {User: "y", ID: "1", Task: "order"}, {User: "z", ID: "1", Task: "order"}}
			results, err := e.RecordBatch(b.ctx, events...)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range results {
				if r.Err != nil || len(r.Rewards) != 1 {
					t.Errorf("%s: %v", events[i].User, r)
				}
			}
			want(t, "the first commit", commits[0], "[x y z]")
			want(t, "the last ones", commits[len(commits)-2:], "[[x] [y]]")
		})
	}
}

// A batch repeats an event of u and has one of x, whose row is locked. It holds both users, and commits of x alone.
func TestShared_aBatchThatWritesOneUserStallsNoOther(t *testing.T) {
	for name, limits := range map[string]func(store.Limits) store.Limits{
		"the others are repeats": nil,
		"a commit takes no more": func(l store.Limits) store.Limits { l.Rows = 12; return l },
	} {
		t.Run(name, func(t *testing.T) {
			shared(t, func(t *testing.T, c *crowd) {
				c.open()
				if limits == nil {
					c.batch("1", "t", "u", "v")
				}
				c.st.limits = limits
				unlock := make(chan struct{})
				c.lock(map[string]bool{"x": true}, unlock, time.Millisecond)
				b := c.batch("1", "t", "u", "v", "x")
				var others []*reply
				for _, user := range []string{"t", "u", "v"} {
					others = append(others, c.call(user, "2"))
				}
				c.later()
				for _, r := range others {
					want(t, "one of the others", []any{r.done.Load(), r.err}, "[true <nil>]")
				}
				want(t, "the batch", b.says(), "waits")
				close(unlock)
				c.wg.Wait()
				want(t, "and then", []any{b.err, c.has("x", "points")}, "[<nil> 5]")
			})
		})
	}
}

// Another process was faster with y, whose event is of a batch that waits for the row of x. The event waits, but no caller of y.
func TestShared_whatIsLeftToACallThatWaitsStallsNobody(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		unlock, busy := make(chan struct{}), make(chan struct{})
		n := 0
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			c.saw(units)
			at := slices.IndexFunc(units, func(u store.Unit) bool { return u.User == "y" })
			switch {
			case at >= 0:
				if n++; n == 1 {
					<-busy
				}
				if n == 2 {
					results, err := c.st.Store.Commit(ctx, slices.Delete(slices.Clone(units), at, at+1)...)
					return slices.Insert(results, at, store.Result{Moved: true}), err
				}
			case slices.Contains(usersOf(units), "x"):
				<-unlock
			}
			return next()
		}
		c.call("y", "0")            // under way
		b := c.batch("1", "x", "y") // x is free, and its row locked; y waits
		close(busy)
		synctest.Wait()       // y is free
		w := c.call("w", "1") // takes what is ready of y as well, and leaves it to the batch
		first, second := c.call("y", "2"), &reply{}
		var deduct error
		c.wg.Go(func() {
			_, deduct = c.Deduct(c.ctx, ops, reward.ID{User: "y", Reward: "R", N: 1})
			second.done.Store(true)
		})
		third := c.call("y", "3")
		c.later()
		want(t, "the others", []string{w.says(), first.says(), third.says(), b.says()}, "[R1 R2 R3 waits]")
		want(t, "a command", []any{second.done.Load(), deduct}, "[true <nil>]")
		close(unlock)
		c.wg.Wait()
		want(t, "the batch", []any{b.err, c.has("y", "points")}, "[<nil> 15]")
	})
}

// A round takes one user. The one that leads takes too long, so u may lead; x has waited longer, but its row is locked.
func TestShared_aLeaderTakesItsOwnUserFirst(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.st.limits = func(l store.Limits) store.Limits { l.Units = 1; return l }
		c.leaders()
		unlock, commit := make(chan struct{}), c.st.commit
		c.call("w", "1")
		x := c.call("x", "1")
		for i := range fewCalls {
			c.call("w", fmt.Sprint("more", i))
		}
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			if user := units[0].User; user == "w" || user == "x" {
				<-unlock
			}
			return commit(ctx, units, next)
		}
		time.Sleep(time.Millisecond)
		c.open() // w leads
		time.Sleep(time.Millisecond)
		u := c.call("u", "1")
		c.later()
		want(t, "answers", []string{x.says(), u.says()}, "[waits R1]")
		close(unlock)
		c.wg.Wait()
		want(t, "x", x.says(), "R1")
	})
}

// Two batches have an event of y, which a store that takes few rows does by itself. One of them waits for the row of x. The other
// does y, whether it waits for nothing else or has to come back from the row of v first.
func TestShared_whatTwoCallsHaveInCommonIsDoneByTheOneThatCan(t *testing.T) {
	for _, user := range []string{"y", "v"} {
		t.Run(user, func(t *testing.T) {
			shared(t, func(t *testing.T, c *crowd) {
				c.st.limits = func(l store.Limits) store.Limits { l.Rows = 12; return l }
				c.leaders()
				l, b := c.call("l", "1"), c.batch("b", "x", "y")
				d := c.batch("d", user, "y", "y") // the second of y is a repeat
				locks := map[string]chan struct{}{"x": make(chan struct{}), "v": make(chan struct{})}
				c.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
					if lock := locks[units[0].User]; lock != nil {
						<-lock
					}
					return next()
				}
				c.follow()
				c.later()
				want(t, "answers", []string{l.says(), b.says(), d.says()}, fmt.Sprint([]string{"R1", "waits", map[string]string{"y": "", "v": "waits"}[user]}))
				close(locks["v"])
				synctest.Wait()
				want(t, "the other batch", d.says(), "")
				close(locks["x"])
				c.wg.Wait()
				want(t, "points", []string{c.has("x", "points"), c.has("y", "points")}, "[5 10]")
			})
		})
	}
}

// All who lead take too long, and so would the one that looks whether they do: it gives up.
func TestShared_whoWaitsLongestIsNotNeededForTheOthers(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.leaders()
		hold := c.st.commit
		first, second := c.call("u", "1"), c.call("v", "1")
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			if units[0].User[0] == 'a' {
				return hold(ctx, units, next)
			}
			return next()
		}
		time.Sleep(time.Millisecond)
		first.cancel()
		c.later()
		want(t, "answers", []string{first.says(), second.says()}, "[cancelled R1]")
	})
}
