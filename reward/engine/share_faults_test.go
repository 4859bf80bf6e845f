package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

func TestShared_oneCallersFaultIsNobodyElses(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		commit := c.st.commit
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			for _, u := range units {
				for _, row := range u.Insert {
					if cause, ok := row.(*store.CauseRow); ok && cause.ID == "bad" {
						return nil, &store.Error{Op: "commit", ID: u.User, Err: store.ErrCorrupt}
					}
				}
			}
			return commit(ctx, units, next)
		}
		c.leaders()
		good, bad, other := c.call("u", "1"), c.call("u", "bad"), c.call("v", "1")
		last, same, clash := c.call("u", "2"), c.call("u", "1"), &reply{}
		c.wg.Go(func() {
			clash.out, clash.err = c.Record(c.ctx, task.Event{ID: "1", User: "u", Task: "order", Growth: 7})
			clash.done.Store(true)
		})
		none := &reply{}
		c.wg.Go(func() {
			none.out, none.err = c.Record(c.ctx, task.Event{ID: "9", User: "v", Task: "none"})
			none.done.Store(true)
		})
		synctest.Wait()
		c.open()
		c.wg.Wait()
		want(t, "answers", []string{good.says(), bad.says(), other.says(), last.says(), same.says(), clash.says(), none.says()},
			"[R1 corrupt R1 R2 R1 again conflict no task]")
	})
}

// What a store cannot read or write of one user is no fault of the others in a batch.
func TestRecordBatch_S6_oneUsersRowsFailNobodyElse(t *testing.T) {
	for _, at := range []string{"load", "commit"} {
		for _, alone := range []bool{false, true} {
			t.Run(fmt.Sprint(at, ", alone ", alone), func(t *testing.T) {
				b := setup(t, counter("order"), each("R", "order"))
				eng, err := engine.New(b.st, engine.Options{Now: b.clk.Now, Alone: alone})
				if err != nil {
					t.Fatal(err)
				}
				corrupt := &store.Error{Op: at, ID: "bad", Err: store.ErrCorrupt}
				b.st.load = func(_ context.Context, r store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
					if at == "load" && slices.ContainsFunc(r.Keys, func(k store.Key) bool { return k.User == "bad" }) {
						return store.Snapshot{}, corrupt
					}
					return next()
				}
				b.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
					if at == "commit" && slices.Contains(usersOf(units), "bad") {
						return nil, corrupt
					}
					return next()
				}
				var events []task.Event
				for _, user := range []string{"a", "bad", "c", "bad"} {
					events = append(events, task.Event{ID: fmt.Sprint(len(events)), User: user, Task: "order"})
				}
				results, err := eng.RecordBatch(b.ctx, events...)
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range results {
					want(t, events[i].User, []any{order(r.Outcome), errors.Is(r.Err, store.ErrCorrupt)}, map[bool][]any{false: {"R1", false}, true: {"", true}}[events[i].User == "bad"])
				}
			})
		}
	}
}

func TestShared_aStoreThatFailsOnceFailsOnlyWhoWasAlone(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.leaders()
		u, v := c.call("u", "1"), c.call("v", "1")
		down := errors.New("connection reset")
		var n atomic.Int64
		c.st.load = func(_ context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
			if n.Add(1) == 1 {
				return store.Snapshot{}, down
			}
			return next()
		}
		c.open()
		c.wg.Wait()
		want(t, "the others", []string{u.says(), v.says()}, "[R1 R1]")
		n.Store(0)
		want(t, "one alone", c.call("w", "1").says(), "connection reset")
	})
}

func TestShared_aStoreThatPanicsHarmsTheLeaderAlone(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.leaders()
		calls := []*reply{c.call("lead", "1"), c.call("u", "1"), c.call("lead", "2")}
		var once sync.Once
		commit := c.st.commit
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			if len(units) == 2 {
				once.Do(func() { panic("store") })
			}
			return commit(ctx, units, next)
		}
		c.open()
		c.wg.Wait()
		said := []string{calls[0].says(), calls[1].says(), calls[2].says()}
		slices.Sort(said)
		want(t, "one of them leads, and the others", said, "[R1 R1 panic: store]")
	})
}

// What had been recorded before is a repeat, also where a store panics while it is asked for something else of its user.
func TestShared_aRepeatIsOneAlsoWhenTheStorePanicked(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		if _, err := c.elsewhere().Record(c.ctx, task.Event{ID: "1", User: "u", Task: "order"}); err != nil {
			t.Fatal(err)
		}
		c.leaders()
		lead, repeat, fresh := c.call("lead", "1"), c.call("u", "1"), c.call("u", "2")
		var once sync.Once
		commit := c.st.commit
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			if len(units) == 2 {
				once.Do(func() {
					if _, err := next(); err != nil {
						t.Error(err)
					}
					panic("store")
				})
			}
			return commit(ctx, units, next)
		}
		c.follow()
		c.open()
		c.wg.Wait()
		want(t, "answers", []string{lead.says(), repeat.says(), fresh.says()}, "[panic: store R1 again R2]")
	})
}
