package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// held has a commit of one of some users wait until that user's channel is closed.
func (c *crowd) held(users map[string]chan struct{}) {
	c.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		if held := users[units[0].User]; held != nil {
			<-held
		}
		return next()
	}
}

// A batch waits for the row of x, and has an event of y, whose user is free. An operator's call about y waits for nobody: nor does
// one that came while another had y.
func TestShared_aCommandWaitsForNobodyElsesRow(t *testing.T) {
	for _, early := range []bool{false, true} {
		t.Run(fmt.Sprint("it comes while another has the user ", early), func(t *testing.T) {
			shared(t, func(t *testing.T, c *crowd) {
				busy, unlock := make(chan struct{}), make(chan struct{})
				c.held(map[string]chan struct{}{"x": unlock, "y": busy})
				first := c.call("y", "1")
				b := c.batch("b", "x", "y") // leads for x
				var m reward.Moved
				var err error
				deduct := func() { m, err = c.Deduct(c.ctx, ops, reward.ID{User: "y", Reward: "R", N: 1}) }
				if early {
					c.wg.Go(deduct)
					synctest.Wait()
				}
				close(busy)
				synctest.Wait()
				want(t, "y", first.says(), "R1")
				if !early {
					c.wg.Go(deduct)
				}
				c.later()
				want(t, "the command", []any{m.Changed, err}, "[true <nil>]")
				want(t, "the batch", b.says(), "waits")
				close(unlock)
				c.wg.Wait()
				want(t, "and then", []any{b.err, c.has("x", "points"), c.has("y", "points")}, "[<nil> 5 5]")
			})
		})
	}
}

// A batch waits for a place among the leaders, to do its event of y, and a command about y waits behind that. Then x, which another
// leader found locked, is left to the batch. It waits for x, and the command does not.
func TestShared_aCommandPassesWhoGoesToTheStoreForSomethingElse(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		rows := map[string]chan struct{}{"y": make(chan struct{}), "w": make(chan struct{}), "x": make(chan struct{})}
		gate := c.st.commit
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			user := units[0].User
			if rows[user] == nil {
				return gate(ctx, units, next)
			}
			if <-rows[user]; len(units) == 1 {
				return next()
			}
			r, err := c.st.Store.Commit(ctx, units[0])
			return append(r, store.Result{Moved: true}), err
		}
		first := c.call("y", "1")
		for i := range fewCalls - 1 {
			c.call(fmt.Sprint("a", i), "1")
		}
		w, b := c.call("w", "1"), c.batch("b", "x", "y")
		time.Sleep(6 * time.Millisecond) // w leads for x too, and counts for longer than the others
		var m reward.Moved
		var err error
		c.wg.Go(func() { m, err = c.Deduct(c.ctx, ops, reward.ID{User: "y", Reward: "R", N: 1}) })
		close(rows["y"])
		synctest.Wait()
		want(t, "y is free", []any{first.says(), m.Changed}, "[R1 false]")
		close(rows["w"])
		c.later()
		want(t, "answers", []any{w.says(), b.says(), m.Changed, err}, "[R1 waits true <nil>]")
		close(rows["x"])
		c.open()
		c.wg.Wait()
		want(t, "the batch", []any{b.err, c.has("y", "points")}, "[<nil> 5]")
	})
}

// Two engines have an event of y each that came to nothing at the first try, and batches that wait for other rows, x and z. Who
// comes back first does its own of y, whichever lies before the other.
func TestShared_whoComesBackFirstDoesWhatIsItsOwn(t *testing.T) {
	for _, first := range []string{"x", "z"} {
		t.Run(first, func(t *testing.T) {
			shared(t, func(t *testing.T, c *crowd) {
				busy := make(chan struct{})
				rows := map[string]chan struct{}{"x": make(chan struct{}), "z": make(chan struct{})}
				c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
					if len(units) > 1 { // another process has just moved y
						r, err := c.st.Store.Commit(ctx, units[0])
						return append(r, store.Result{Moved: true}), err
					}
					switch user := units[0].User; user {
					case "x", "z":
						<-rows[user]
					case "y":
						<-busy
					}
					return next()
				}
				with := &crowd{bench: &bench{Engine: c.With(c.st), ctx: c.ctx, t: t}}
				c.call("y", "1")
				batches := map[string]*reply{"x": c.batch("x", "x", "y"), "z": with.batch("z", "z", "y")}
				close(busy)
				synctest.Wait()
				want(t, "who takes what is ready of y too", []string{c.call("w", "1").says(), with.call("w", "2").says()}, "[R1 R2]")
				for _, user := range []string{first, map[string]string{"x": "z", "z": "x"}[first]} {
					want(t, user, batches[user].says(), "waits")
					close(rows[user])
					c.later()
					want(t, user, batches[user].says(), "")
				}
				with.wg.Wait()
			})
		})
	}
}

// A batch has an event of x, whose row is locked later, and one of y, which is recorded together with many of another call. What is
// left of those is nothing to the batch: it does not wait for the row of y.
func TestShared_noCallWaitsForAUserItIsDoneWith(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.st.limits = func(l store.Limits) store.Limits { l.Rows, l.RowsPerUnit = 64, 64; return l }
		n := 0
		xbusy, ylock, ybusy := make(chan struct{}), make(chan struct{}), make(chan struct{})
		c.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			switch units[0].User {
			case "x":
				<-xbusy
			case "y":
				if n++; n == 1 {
					<-ybusy
				}
				if n >= 3 { // from now on somebody else holds the row of y
					<-ylock
				}
			}
			return next()
		}
		c.call("x", "0")
		c.call("y", "0")
		b := c.batch("b", "x", "y")
		var events []task.Event
		for i := range 40 {
			events = append(events, task.Event{ID: fmt.Sprint("d", i), User: "y", Task: "order"})
		}
		var many []engine.Result
		c.wg.Go(func() { many, _ = c.RecordBatch(c.ctx, events...) })
		synctest.Wait()
		close(ybusy) // one unit of y lands, and the next waits
		synctest.Wait()
		out, err := c.elsewhere().Record(c.ctx, task.Event{ID: "b", User: "y", Task: "order"})
		want(t, "the batch's event of y is recorded", []any{out.Replay, err}, "[true <nil>]")
		close(xbusy)
		c.later()
		want(t, "the batch", []any{b.done.Load(), b.err, many == nil}, "[true <nil> true]")
		close(ylock)
		c.wg.Wait()
		for _, r := range many {
			want(t, "one of the many", r.Err, nil)
		}
	})
}

// A batch leads, on a store where one writes at a time. Somebody who comes counts on it for as long as on any other, though it was
// alone when it began.
func TestShared_whoLedWhenItWasAloneIsCountedOnAsLong(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.st.limits = func(l store.Limits) store.Limits { l.OneWriter = true; return l }
		c.Engine = c.another()
		c.batch("1", "a", "b")
		c.call("w", "1")
		time.Sleep(49 * time.Millisecond)
		synctest.Wait()
		want(t, "before", c.seen(), "[[a b]]")
		time.Sleep(6 * time.Millisecond)
		synctest.Wait()
		want(t, "after", c.seen(), "[[a b] [w]]")
	})
}

// A batch and another call have an event of y each, and y is refused because of the other's. Each goes by itself then; the batch, whose
// event is first, is waiting for the row of x. The other does both.
func TestShared_whatGoesByItselfWaitsForNoOtherCall(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.leaders()
		unlock, gate := make(chan struct{}), c.st.commit
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			for _, u := range units {
				for _, row := range u.Insert {
					if cause, ok := row.(*store.CauseRow); ok && cause.ID == "bad" {
						return nil, &store.Error{Op: "commit", ID: u.User, Err: store.ErrCorrupt}
					}
				}
			}
			if len(units) == 1 && units[0].User == "x" {
				<-unlock
			}
			return gate(ctx, units, next)
		}
		c.call("w", "1") // leads for all
		b, bad := c.batch("b", "x", "y"), c.call("y", "bad")
		c.open()
		c.later()
		want(t, "answers", []string{b.says(), bad.says()}, "[waits corrupt]")
		want(t, "what the batch has of y", c.has("y", "points"), "5")
		close(unlock)
		c.wg.Wait()
		want(t, "the batch", b.err, nil)
	})
}

// The context of a batch ends while its commit of x is under way, and meanwhile y is free, of which it has an event too. It does not
// begin what it has no time for.
func TestShared_whoseContextHasEndedLeadsNoMore(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		rows := map[string]chan struct{}{"x": make(chan struct{}), "y": make(chan struct{})}
		c.held(rows)
		c.st.load = func(ctx context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
			want(t, "the context of a load", ctx.Err(), nil)
			return next()
		}
		first := c.call("y", "1")
		ctx, cancel := context.WithCancel(c.ctx)
		var results []engine.Result
		c.wg.Go(func() {
			results, _ = c.RecordBatch(ctx, task.Event{ID: "b", User: "x", Task: "order"}, task.Event{ID: "b", User: "y", Task: "order"})
		})
		synctest.Wait()
		close(rows["y"])
		synctest.Wait()
		cancel()
		close(rows["x"])
		c.wg.Wait()
		want(t, "who had y", first.says(), "R1")
		for _, r := range results {
			want(t, "the batch", []bool{errors.Is(r.Err, context.Canceled), errors.Is(r.Err, engine.ErrUnknown)}, "[true false]")
		}
		want(t, "points", []string{c.has("x", "points"), c.has("y", "points")}, "[0 5]")
	})
}

// What has not been looked at yet of a large batch is not copied before it is; the caller may change it when it has given up.
func TestShared_whatIsLeftOfALargeBatchIsTheCallersWhenItGaveUp(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		buy := counter("buy")
		buy.Attrs = rule.Schema{"n": rule.Int}
		c.put(buy)
		c.leaders()
		c.call("v", "1") // it leads for u too
		events := make([]task.Event, 1500)
		for i := range events {
			events[i] = task.Event{ID: fmt.Sprint(i), User: "u", Task: "buy", Attrs: rule.Attrs{"n": 1}, Meta: []byte(`{"a":1}`)}
		}
		ctx, cancel := context.WithCancel(c.ctx)
		gone := make(chan []engine.Result)
		go func() {
			results, _ := c.RecordBatch(ctx, events...)
			for i := range events {
				events[i].Attrs["n"], events[i].Meta[5] = "none", '2'
			}
			gone <- results
		}()
		synctest.Wait()
		var results []engine.Result
		c.st.load = func(_ context.Context, r store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
			if results == nil {
				cancel()
				results = <-gone // while others decide
				// For a newer catalog they look at the events anew.
				if _, err := c.elsewhere().Put(c.ctx, ops, counter("new")); err != nil {
					t.Error(err)
				}
			}
			return next()
		}
		c.follow()
		c.open()
		c.wg.Wait()
		for i, r := range results {
			want(t, fmt.Sprint("event ", i), []bool{errors.Is(r.Err, context.Canceled), errors.Is(r.Err, engine.ErrUnknown)}, "[true true]")
		}
		out, err := c.Record(c.ctx, task.Event{ID: "0", User: "u", Task: "buy", Attrs: rule.Attrs{"n": 1}, Meta: []byte(`{"a":1}`)})
		want(t, "the first, again", []any{out.Replay, err}, "[true <nil>]")
		out, err = c.Record(c.ctx, task.Event{ID: "1499", User: "u", Task: "buy", Attrs: rule.Attrs{"n": 1}, Meta: []byte(`{"a":1}`)})
		want(t, "the last", []any{out.Replay, err}, "[false <nil>]")
	})
}
