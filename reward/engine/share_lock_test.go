package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// Somebody else holds the row of x: a commit of x alone waits for it, one of several is answered Moved for x (clause 14).
func TestShared_somebodysOpenTransactionStallsNobodyElse(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.open()
		locked, unlock := map[string]bool{"x": true}, make(chan struct{})
		for i := range fewCalls {
			locked[fmt.Sprint("y", i)] = true
		}
		slow := time.Millisecond
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
			held := slices.IndexFunc(units, func(u store.Unit) bool { return locked[u.User] })
			if held < 0 {
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
