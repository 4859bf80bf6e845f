package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

func TestWith_catalogsAreShared(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	var loads atomic.Int64
	b.st.docs = func(context.Context, int64) { loads.Add(1) }
	eng := b.another()
	var wg sync.WaitGroup
	record := func(round int) {
		for i := range 50 {
			wg.Go(func() {
				on := eng
				if i%2 == 0 {
					on = eng.With(&hooked{Store: b.st})
				}
				if _, err := on.Record(b.ctx, task.Event{ID: fmt.Sprint(round), User: fmt.Sprint("u", i), Task: "order"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	record(1)
	want(t, "loads by fifty first calls", loads.Load(), 1)
	b.put(counter("more"))
	loads.Store(0)
	record(2)
	want(t, "loads after a change by another engine", loads.Load(), 1)
	record(3)
	want(t, "and no more", loads.Load(), 1)
	if _, err := eng.With(b.st).Put(b.ctx, ops, each("S", "order")); err != nil {
		t.Fatal(err)
	}
	out, err := eng.Record(b.ctx, task.Event{ID: "4", User: "u1", Task: "order"})
	want(t, "what one puts the other uses", []any{order(out), err}, "[R4 S1 <nil>]")
}

func TestRecord_aCatalogThatMovesMeanwhileIsSeen(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	other := b.elsewhere()
	var once sync.Once
	b.st.load = func(_ context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		once.Do(func() { // between the catalog this engine has and its load
			if _, err := other.Put(b.ctx, ops, each("S", "order"), counter("new")); err != nil {
				t.Error(err)
			}
		})
		return next()
	}
	want(t, "decided by the new one", order(b.did("lin", "order")), "R1 S1")
	var again sync.Once
	b.st.load = nil
	b.st.commit = func(_ context.Context, _ []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		again.Do(func() { // between its load and its commit
			if _, err := other.Put(b.ctx, ops, each("T", "order")); err != nil {
				t.Error(err)
			}
		})
		return next()
	}
	want(t, "decided by the one it was loaded under", order(b.did("lin", "order")), "R2 S2")
	want(t, "and then by the new one", order(b.did("lin", "order")), "R3 S3 T1")
	if _, err := other.Put(b.ctx, ops, counter("fresh")); err != nil {
		t.Fatal(err)
	}
	out := b.did("lin", "fresh")
	want(t, "a task another engine has just put", out.Tasks[0].Task, "fresh")
}

func TestRecord_aCatalogThatNeverRestsIsAnError(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	other := b.elsewhere()
	n := 0
	moving := func(_ context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		n++
		if _, err := other.Put(b.ctx, ops, task.Group{Code: fmt.Sprint("g", n)}); err != nil {
			t.Error(err)
		}
		return next()
	}
	b.unmoved("lin", func() {
		b.st.load = moving
		_, err := b.Record(b.ctx, task.Event{ID: "e", User: "lin", Task: "order"})
		want(t, "record", errors.Is(err, engine.ErrCatalogMoving), true)
		_, err = b.Board(b.ctx, "lin")
		want(t, "board", errors.Is(err, engine.ErrCatalogMoving), true)
		b.st.load = nil
	})
}

func TestPut_twoAtOnceBothLand(t *testing.T) {
	b := setup(t)
	var wg sync.WaitGroup
	for i := range 5 {
		eng := b.another()
		wg.Go(func() {
			if _, err := eng.Put(b.ctx, ops, counter(fmt.Sprint("t", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	cat, err := b.Catalog(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "tasks and revisions", []int64{int64(len(cat.Tasks())), cat.Revision()}, "[5 6]")
}
