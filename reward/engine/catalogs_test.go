package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// mute is a store whose documents cannot be read while it is down: that takes five seconds to find out.
type mute struct {
	store.Store
	down  bool
	reads int
}

var errMute = errors.New("dial timeout")

func (m *mute) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	m.reads++
	if !m.down {
		return m.Store.Docs(ctx, after)
	}
	select {
	case <-time.After(5 * time.Second):
		return nil, store.Stamp{}, &store.Error{Op: "docs", Err: errMute}
	case <-ctx.Done():
		return nil, store.Stamp{}, &store.Error{Op: "docs", Err: ctx.Err()}
	}
}

// crowdAt lets so many callers record an event at once, the first of them with a context of its own, and answers how long each took
// and its error.
func crowdAt(t *testing.T, eng *engine.Engine, first context.Context, callers int) (took []time.Duration, errs []error) {
	took, errs = make([]time.Duration, callers), make([]error, callers)
	start, done := time.Now(), make(chan struct{})
	for i := range callers {
		ctx := t.Context()
		if i == 0 {
			ctx = first
		}
		go func() {
			_, errs[i] = eng.Record(ctx, task.Event{ID: "1", User: fmt.Sprint("u", i), Task: "order"})
			took[i] = time.Since(start)
			done <- struct{}{}
		}()
		synctest.Wait()
	}
	for range callers {
		<-done
	}
	return took, errs
}

func TestCatalog_whoWaitsForAReadThatFailsFailsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &mute{Store: memory.New(), down: true}
		eng, err := engine.New(st, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		took, errs := crowdAt(t, eng, t.Context(), 100)
		for i, err := range errs {
			if took[i] != 5*time.Second || !errors.Is(err, errMute) {
				t.Errorf("caller %d: %v after %v", i, err, took[i])
			}
		}
		want(t, "reads", st.reads, 1)
		st.down = false // who comes later reads anew
		_, err = eng.Record(t.Context(), task.Event{ID: "1", User: "u", Task: "order"})
		want(t, "later", []any{errors.Is(err, task.ErrUnknown), st.reads}, "[true 2]")
	})
}

// The context of the one that reads ends. That says nothing about the store: the next reads, and the others wait for that.
func TestCatalog_aReaderThatGivesUpFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &mute{Store: memory.New(), down: true}
		eng, err := engine.New(st, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		took, errs := crowdAt(t, eng, ctx, 100)
		want(t, "the first", []any{took[0], errors.Is(errs[0], context.DeadlineExceeded)}, "[1s true]")
		for i, err := range errs[1:] {
			if took[i+1] != 6*time.Second || !errors.Is(err, errMute) {
				t.Errorf("caller %d: %v after %v", i+1, err, took[i+1])
			}
		}
		want(t, "reads", st.reads, 2)
	})
}

// An engine that has a catalog finds that there is a newer one, which it cannot read. Those who found it together fail together.
func TestCatalog_aNewerOneThatCannotBeReadFailsThoseWhoNeedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, counter("order"))
		st := &mute{Store: b.st.Store}
		eng, err := engine.New(st, engine.Options{Now: b.clk.Now, Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := eng.Catalog(b.ctx); err != nil {
			t.Fatal(err)
		}
		b.put(each("R", "order"))
		st.down = true
		took, errs := crowdAt(t, eng, t.Context(), 100)
		for i, err := range errs {
			if took[i] != 5*time.Second || !errors.Is(err, errMute) {
				t.Errorf("caller %d: %v after %v", i, err, took[i])
			}
		}
		st.down = false
		out, err := eng.Record(b.ctx, task.Event{ID: "1", User: "lin", Task: "order"})
		want(t, "later", []any{order(out), err}, "[R1 <nil>]")
	})
}
