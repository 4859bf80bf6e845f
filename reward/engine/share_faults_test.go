package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

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
