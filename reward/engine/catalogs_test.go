package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// mute is a store whose documents cannot be read while it is down: that takes five seconds to find out.
type mute struct {
	store.Store
	down  bool
	hasty bool // it goes by the deadline of a context, as a network does, and does not say whose time is over
	reads int
}

var errMute = errors.New("dial timeout")

func (m *mute) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	m.reads++
	if !m.down {
		return m.Store.Docs(ctx, after)
	}
	takes := 5 * time.Second
	if deadline, limited := ctx.Deadline(); limited && m.hasty {
		takes, ctx = time.Until(deadline), context.WithoutCancel(ctx)
	}
	select {
	case <-time.After(takes):
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

// The context of the one that reads ends, whether that is said or only its deadline has passed. That says nothing about the store: the
// next reads, and the others wait for that.
func TestCatalog_aReaderWhoseTimeIsOverFailsNobodyElse(t *testing.T) {
	for _, hasty := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			st := &mute{Store: memory.New(), down: true, hasty: hasty}
			eng, err := engine.New(st, engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			took, errs := crowdAt(t, eng, ctx, 100)
			want(t, "the first", []any{took[0], hasty || errors.Is(errs[0], context.DeadlineExceeded)}, "[1s true]")
			for i, err := range errs[1:] {
				if took[i+1] != 6*time.Second || !errors.Is(err, errMute) {
					t.Errorf("caller %d: %v after %v", i+1, err, took[i+1])
				}
			}
			want(t, "reads", st.reads, 2)
		})
	}
}

// What is wrong with the catalog is wrong for all users of a batch, and found out once.
func TestRecordBatch_aCatalogThatCannotBeReadIsReadOnce(t *testing.T) {
	b := setup(t, counter("order"))
	b.did("first", "order")
	_, stamp, err := b.st.Store.Docs(b.ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.st.Store.PutDocs(b.ctx, stamp, store.Doc{Kind: "task", Code: "newer", Body: []byte(`{"v": 99, "doc": {}}`)}); err != nil {
		t.Fatal(err)
	}
	st := &mute{Store: b.st.Store}
	var events []task.Event
	for i := range 50 {
		events = append(events, task.Event{ID: "1", User: fmt.Sprint("u", i), Task: "order"})
	}
	results, err := b.With(st).RecordBatch(b.ctx, events...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if !errors.Is(r.Err, store.ErrUnsupported) {
			t.Errorf("event %d: %v", i, r.Err)
		}
	}
	want(t, "reads", st.reads, 1)
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

// A newer release has put a document of a form that this one does not know, or somebody a document that is none. That is no fault of
// an event.
func TestCatalog_whatCannotBeReadIsNoFaultOfTheCallers(t *testing.T) {
	for _, c := range []struct {
		name string
		kind store.DocKind
		body string
		is   error
	}{
		{"a newer form", "task", `{"v": 2, "doc": {"code": "order"}}`, store.ErrUnsupported},
		{"a kind of a newer release", "shop", `{"v": 1, "doc": {"code": "order"}}`, store.ErrUnsupported},
		{"no document", "task", `{"v": 1, "doc": {"code": "order", "period": "hourly"}}`, store.ErrCorrupt},
		{"a document that does not go with the others", "reward", `{"v": 1, "doc": {"code": "order", "amount": "5 gold"}}`, store.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t, counter("order"))
			_, stamp, err := b.st.Docs(b.ctx, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.st.PutDocs(b.ctx, stamp, store.Doc{Kind: c.kind, Code: "order", Body: []byte(c.body)}); err != nil {
				t.Fatal(err)
			}
			for name, eng := range map[string]*engine.Engine{"one that has a catalog": b.Engine, "one that has none": b.another()} {
				_, err := eng.Record(b.ctx, task.Event{ID: "1", User: "lin", Task: "order"})
				want(t, name, []any{errors.Is(err, c.is), errors.Is(err, rule.ErrInvalid), faults(err)}, "[true false []]")
				results, err := eng.RecordBatch(b.ctx, task.Event{ID: "1", User: "lin", Task: "order"}, task.Event{ID: "1", User: "liu", Task: "order"})
				for _, r := range results {
					err = errors.Join(err, r.Err)
				}
				want(t, name, errors.Is(err, c.is), true)
			}
		})
	}
}
