package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

func TestShared_callersWhoArriveDuringACommitShareTheNext(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.leaders()
		var rest []*reply
		for i := range 30 {
			rest = append(rest, c.call(fmt.Sprintf("u%02d", i), "1"))
		}
		want(t, "those who come later wait", c.seen(), "[]")
		c.open()
		c.wg.Wait()
		want(t, "commits for all of them", len(c.commits)-c.led, 1)
		for _, r := range rest {
			want(t, "each is answered", r.says(), "R1")
		}
	})
}

// Batches of many users do better at once than one after the other: up to eight lead, and the ninth waits for one of them.
func TestShared_fewBatchesOfManyUsersDoNotShare(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		users := make([]string, 16)
		for i := range 9 {
			for j := range users {
				users[j] = fmt.Sprintf("u%d-%02d", i, j)
			}
			c.batch("1", users...)
		}
		want(t, "leaders", len(c.commits), 8)
		c.open()
		c.wg.Wait()
		want(t, "commits", len(c.commits), 9)
	})
}

func TestShared_eventsOfOneUserAreDecidedInOrderOfArrival(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		var all []*reply
		for i := range 40 {
			id := fmt.Sprint(i)
			if i == 39 {
				id = "7"
			}
			all = append(all, c.call("lin", id))
		}
		c.open()
		c.wg.Wait()
		want(t, "commits", c.seen(), "[[lin] [lin]]")
		for i, r := range all[:39] {
			want(t, fmt.Sprint("caller ", i), r.says(), fmt.Sprint("R", i+1))
		}
		want(t, "who repeats one of them", all[39].says(), "R8 again")
		c.books("lin", "points")
	})
}

func TestShared_whoGivesUpLeavesAtOnceAndTheOthersUnharmed(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.leaders()
		first, second, third := c.call("u", "1"), c.call("u", "2"), c.call("v", "1")
		third.cancel()
		first.cancel()
		synctest.Wait()
		want(t, "before they were taken", []string{first.says(), third.says()}, "[cancelled cancelled]")
		c.follow()
		want(t, "under way", c.seen(), "[[u]]")
		c.open()
		c.wg.Wait()
		want(t, "who stayed", second.says(), "R1")
		want(t, "who left", c.call("u", "1").says(), "R2")
		want(t, "nothing of the other", c.has("v", "points"), "0")
	})
}

func TestShared_whoGivesUpWhileTheCommitIsUnderWayDoesNotKnow(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.leaders()
		first, second := c.call("u", "1"), c.call("v", "1")
		c.follow()
		want(t, "under way", c.seen(), "[[u v]]")
		second.cancel()
		synctest.Wait()
		want(t, "the answers", []string{first.says(), second.says()}, "[waits unknown cancelled]")
		c.open()
		c.wg.Wait()
		want(t, "who stayed", first.says(), "R1")
		want(t, "a repeat", c.call("v", "1").says(), "R1 again")
	})
}

// The leader's context ends: before anything was written, or with the answer lost after or before it was.
func TestShared_whenTheLeaderGivesUpAnotherDoesIt(t *testing.T) {
	for _, at := range []string{"load", "commit", "lost after", "lost before"} {
		t.Run(at, func(t *testing.T) {
			shared(t, func(t *testing.T, c *crowd) {
				c.leaders()
				leader, u, v := c.call("lead", "1"), c.call("u", "1"), c.call("v", "1")
				also := c.call("lead", "2")
				var once sync.Once
				stop := func(struck func()) {
					once.Do(func() { leader.cancel(); struck() })
				}
				c.st.load = func(ctx context.Context, r store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
					if at == "load" && len(r.Keys) == 3 {
						stop(func() {})
					}
					return next()
				}
				commit := c.st.commit
				c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) (results []store.Result, err error) {
					if at == "load" || len(units) < 3 {
						return commit(ctx, units, next)
					}
					results, err = nil, nil
					struck := false
					stop(func() {
						struck = true
						if at == "lost after" {
							_, err = c.st.Store.Commit(context.WithoutCancel(ctx), units...)
						}
						if err == nil {
							err = &store.Error{Op: "commit", Err: context.Canceled}
							if at != "commit" {
								err = errors.Join(store.ErrUnknown, err)
							}
						}
					})
					if struck {
						return nil, err
					}
					return next()
				}
				c.follow()
				c.open()
				c.wg.Wait()
				lost := strings.HasPrefix(at, "lost")
				says := map[bool]string{false: "cancelled", true: "unknown cancelled"}[lost]
				want(t, "the leader", leader.says(), says)
				want(t, "the others", []string{u.says(), v.says()}, "[R1 R1]")
				n := map[bool]string{false: "R1", true: "R2"}[at == "lost after"]
				want(t, "who recorded for the same user", also.says(), n)
				for _, user := range []string{"lead", "u", "v"} {
					c.books(user, "points")
				}
			})
		})
	}
}

// Nobody but one has time for a commit, so each leader gives up on those it leads for. That one is answered all the same, whether
// it is about a user of its own or about one of theirs.
func TestShared_aPatientCallerIsAnsweredAmongHurriedOnes(t *testing.T) {
	for _, user := range []string{"patient", "h1"} {
		shared(t, func(t *testing.T, c *crowd) {
			const takes, hurry, callers = 10 * time.Millisecond, 9 * time.Millisecond, 60
			c.st.commit = func(ctx context.Context, _ []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
				select {
				case <-time.After(takes):
					return next()
				case <-ctx.Done():
					return nil, &store.Error{Op: "commit", Err: ctx.Err()}
				}
			}
			ctx, stop := context.WithCancel(c.ctx)
			for i := range callers {
				c.wg.Go(func() {
					time.Sleep(time.Duration(i) * hurry / callers)
					for n := 0; ctx.Err() == nil; n++ {
						ctx, cancel := context.WithTimeout(ctx, hurry)
						c.Record(ctx, task.Event{ID: fmt.Sprint(n), User: fmt.Sprint("h", i), Task: "order"})
						cancel()
					}
				})
			}
			for n := range 10 {
				patient, done := context.WithTimeout(c.ctx, 5*takes)
				if _, err := c.Record(patient, task.Event{ID: fmt.Sprint("p", n), User: user, Task: "order"}); err != nil {
					t.Error(err)
				}
				done()
			}
			stop()
		})
	}
}

func TestShared_aLargeBatchLetsOthersComeBetween(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.st.limits = func(l store.Limits) store.Limits { l.Units = 3; return l }
		var events []task.Event
		for i := range 12 {
			events = append(events, task.Event{ID: "1", User: fmt.Sprintf("u%02d", i), Task: "order"})
		}
		hold, commit := make(chan struct{}), c.st.commit
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			if units[0].User < "b" {
				<-hold
				return next()
			}
			return commit(ctx, units, next)
		}
		for i := range fewCalls - 1 {
			c.call(fmt.Sprint("a", i), "1")
		}
		c.wg.Go(func() {
			results, err := c.RecordBatch(c.ctx, events...)
			for _, r := range results {
				err = errors.Join(err, r.Err)
			}
			want(t, "the batch", err, nil)
		})
		synctest.Wait()
		for i := range fewCalls {
			c.call(fmt.Sprint("w", i), "1")
		}
		for range fewCalls - 1 {
			hold <- struct{}{}
		}
		synctest.Wait()
		want(t, "while the batch leads", c.seen(), "[[u00 u01 u02]]")
		c.gate <- struct{}{}
		synctest.Wait()
		want(t, "others are next", strings.Contains(c.seen(), "[[u00 u01 u02] [w"), true)
		close(hold)
	})
}

func TestShared_commandsOfAUserWaitTheirTurn(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.call("lin", "1")
		second := c.call("lin", "2")
		id := reward.ID{User: "lin", Reward: "R", N: 2}
		ctx, cancel := context.WithCancel(c.ctx)
		var gaveUp, err error
		c.wg.Go(func() { _, gaveUp = c.Deduct(ctx, ops, id) })
		synctest.Wait()
		var m reward.Moved
		c.wg.Go(func() { m, err = c.Deduct(c.ctx, ops, id) })
		synctest.Wait()
		third := c.call("lin", "3")
		cancel()
		synctest.Wait()
		want(t, "who gave up", gaveUp, context.Canceled)
		c.open()
		c.wg.Wait()
		want(t, "events", []string{second.says(), third.says()}, "[R2 R3]")
		want(t, "the deduction", []any{m.Changed, m.Record.Status, err}, "[true deducted <nil>]")
		want(t, "points", c.has("lin", "points"), "10")
		want(t, "commits", c.seen(), "[[lin] [lin] [lin] [lin]]")
	})
}

func TestShared_enginesOfOneStoreByWithWaitForEachOther(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		with := c.With(&hooked{Store: c.st})
		c.call("lin", "1")
		var out engine.Outcome
		c.wg.Go(func() { out, _ = with.Record(c.ctx, task.Event{ID: "2", User: "lin", Task: "order"}) })
		synctest.Wait()
		third := c.call("lin", "3")
		want(t, "commits", c.seen(), "[[lin]]")
		c.open()
		c.wg.Wait()
		want(t, "answers", []string{order(out), third.says()}, "[R2 R3]")
	})
}

// A batch of one engine waits for the row of x, and has an event of y. Who records for y by another engine cannot do it in its
// stead, and goes first.
func TestShared_anEngineByWithPassesWhatOnlyTheOtherCanDo(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		busy, unlock := make(chan struct{}), make(chan struct{})
		c.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			switch units[0].User {
			case "x":
				<-unlock
			case "y":
				<-busy
			}
			return next()
		}
		with := c.With(&hooked{Store: c.st})
		c.call("y", "1")
		b := c.batch("b", "x", "y") // leads for x
		var out engine.Outcome
		c.wg.Go(func() { out, _ = with.Record(c.ctx, task.Event{ID: "2", User: "y", Task: "order"}) })
		synctest.Wait()
		close(busy)
		synctest.Wait() // comes back when everybody is at rest
		want(t, "answers", []string{order(out), b.says()}, "[R2 waits]")
		close(unlock)
		c.wg.Wait()
		want(t, "the batch", []any{b.err, c.has("y", "points")}, "[<nil> 15]")
	})
}

func TestOptions_aloneLetsEachCallCommitByItself(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		eng, err := engine.New(c.st, engine.Options{Now: c.clk.Now, Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		c.Engine = eng
		var all []*reply
		for i := range 20 {
			all = append(all, c.call(fmt.Sprint("u", i), "1"))
		}
		all = append(all, c.call("u0", "2"))
		want(t, "commits", len(c.commits), 21)
		c.open()
		c.wg.Wait()
		for _, r := range all[1:20] {
			want(t, "each", r.says(), "R1")
		}
		want(t, "who collided was tried again", c.has("u0", "points"), "10")
	})
}

func TestShared_whatACallerGaveIsItsOwnWhenItGaveUp(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		buy := counter("buy")
		buy.Attrs = rule.Schema{"tags": rule.Strings}
		c.open()
		c.put(buy)
		c.gate, c.opened = make(chan struct{}), false
		c.leaders()
		c.call("v", "1") // it leads
		tags, attrs, meta := []string{"red"}, map[string]any{}, []byte(`{"a":1}`)
		attrs["tags"] = tags
		ctx, cancel := context.WithCancel(c.ctx)
		gone := make(chan error)
		go func() {
			_, err := c.Record(ctx, task.Event{ID: "1", User: "u", Task: "buy", Attrs: attrs, Meta: meta})
			gone <- err
		}()
		synctest.Wait()
		c.st.load = func(_ context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
			if err := ctx.Err(); err == nil {
				cancel()
				<-gone
				tags[0], meta[5], attrs["more"] = "blue", '2', 1 // while others decide
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
		out, err := c.Record(c.ctx, task.Event{ID: "1", User: "u", Task: "buy", Attrs: rule.Attrs{"tags": []string{"red"}}, Meta: []byte(`{"a":1}`)})
		want(t, "the same again", []any{out.Replay, err}, "[true <nil>]")
	})
}

func TestShared_oneHotUserIsNeverTooBusy(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	const callers, times = 512, 4
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := range times {
				ev := task.Event{ID: fmt.Sprint(i, " ", n), User: "lin", Task: "order"}
				if n == times-1 {
					ev.ID = fmt.Sprint((i+1)%callers, " ", 0) // somebody else's
				}
				out, err := b.Record(b.ctx, ev)
				if err == nil && n == 1 && i%16 == 0 {
					_, err = b.Deduct(b.ctx, ops, out.Rewards[0].ID)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	want(t, "points", b.has("lin", "points"), 5*(callers*(times-1)-callers/16))
	want(t, "records", len(b.records("lin", "R")), callers*(times-1))
	b.books("lin", "points")
}
