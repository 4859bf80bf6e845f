package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// A wholesale store refuses every unit of a batch that names a counter which cannot meet the whole demand, as a store
// that adds up before it looks may do.
type wholesale struct {
	store.Store
	mu      sync.Mutex // held over look and commit, so that the look is right
	refused int
}

func (w *wholesale) Unwrap() store.Store { return w.Store }

func (w *wholesale) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	demand, most := map[string]int64{}, map[string]int64{}
	for _, u := range units {
		for _, t := range u.Take {
			demand[t.Counter] += t.N
			most[t.Counter] = t.Max
		}
	}
	results := make([]store.Result, len(units))
	for i, u := range units {
		r := store.Result{}
		for _, t := range u.Take {
			snap, err := w.Load(ctx, store.Request{Counters: []string{t.Counter}})
			if err != nil {
				return nil, err
			}
			if left := most[t.Counter] - snap.Counters[t.Counter]; demand[t.Counter] > left && demand[t.Counter] > 0 {
				r.Exhausted = map[string]int64{t.Counter: left}
			}
		}
		if len(r.Exhausted) > 0 {
			w.refused++
			results[i] = r
			continue
		}
		one, err := w.Store.Commit(ctx, u)
		if err != nil {
			return nil, err
		}
		results[i] = one[0]
		for _, t := range u.Take { // what was granted is no demand any more
			demand[t.Counter] -= t.N
		}
	}
	return results, nil
}

// What a budget can give is given, and no more, when many users of a batch want it at once and a batch is refused whole.
func TestRecordBatch_S15_givesWhatABudgetHasLeft(t *testing.T) {
	st := &wholesale{Store: memory.New()}
	var engines []*engine.Engine
	for range 2 {
		e, err := engine.New(st, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		engines = append(engines, e)
	}
	_, err := engines[0].Put(t.Context(), engine.By{}, ledger.Asset{Code: "points"}, task.Config{Code: "join"},
		reward.Config{Code: "first", Amount: ledger.Whole("points", 5), Rule: rule.Done("join"), Budget: rule.Limit{Max: 25}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	granted, blocked := make([]int, 4), make([]int, 4)
	for w := range 4 {
		wg.Go(func() {
			var events []task.Event
			for i := range 20 {
				events = append(events, task.Event{ID: "join", User: fmt.Sprintf("u%d-%d", w, i), Task: "join"})
			}
			results, err := engines[w%2].RecordBatch(t.Context(), events...)
			if err != nil {
				t.Error(err)
			}
			for _, r := range results {
				if r.Err != nil {
					t.Error(r.Err)
				}
				granted[w] += len(r.Rewards)
				for _, b := range r.Blocked {
					if b.Reason != reward.BudgetMax {
						t.Errorf("blocked by %s", b.Reason)
					}
					blocked[w] += int(b.Count)
				}
			}
		})
	}
	wg.Wait()
	g, b := 0, 0
	for w := range 4 {
		g, b = g+granted[w], b+blocked[w]
	}
	if g != 25 || b != 55 {
		t.Errorf("%d granted and %d blocked, want 25 and 55", g, b)
	}
	t.Logf("%d units were refused on the way", st.refused)
}

// A user whom the budget defers and another whose data moved are done again together, whatever order they came back in.
func TestRecordBatch_usersThatAreDoneAgainAreInOrder(t *testing.T) {
	r := each("R", "t")
	r.Budget = rule.Limit{Max: 1}
	b := setup(t, counter("t"), counter("u"), r)
	b.st.commit = func(ctx context.Context, units []store.Unit, _ func() ([]store.Result, error)) ([]store.Result, error) {
		b.st.commit = nil
		last := len(units) - 1
		results, err := b.st.Store.Commit(ctx, units[:last]...)
		return append(results, store.Result{Moved: true}), err
	}
	results, err := b.RecordBatch(b.ctx, task.Event{User: "a", ID: "1", Task: "t"}, task.Event{User: "b", ID: "1", Task: "t"},
		task.Event{User: "c", ID: "1", Task: "u"})
	if err != nil {
		t.Fatal(err)
	}
	for i, res := range results {
		want(t, "the error of user "+string(rune('a'+i)), res.Err, nil)
	}
	want(t, "the one whom the budget had nothing for", blocks(results[1].Blocked), "[R: budget_max 1]")
}

// Each round of a batch reads what it may write, so a large batch of one user takes time in proportion to its length.
func TestRecordBatch_S6_manyEventsOfOneUserAreReadInParts(t *testing.T) {
	b := setup(t, counter("t"), each("R", "t"))
	most, read := 0, 0
	b.st.load = func(_ context.Context, r store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		for _, k := range r.Keys {
			for _, p := range k.Parts {
				if p.Kind == store.KindCause {
					most, read = max(most, len(p.IDs)), read+len(p.IDs)
				}
			}
		}
		return next()
	}
	events := make([]task.Event, 2500)
	for i := range events {
		events[i] = task.Event{User: "u", ID: fmt.Sprint(i), Task: "t"}
	}
	for _, replay := range []bool{false, true} {
		results, err := b.RecordBatch(b.ctx, events...)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if r.Err != nil || r.Replay != replay {
				t.Fatalf("event %d: replay %t, error %v", i, r.Replay, r.Err)
			}
		}
	}
	if most > 1024 || read > 4*len(events) {
		t.Errorf("at most %d causes were read at once, and %d in all", most, read)
	}
	want(t, "matches", b.explain("u", "R").Matches, 2500)
}

// Others may record the events of a batch while it is read, and each shows that more is to be read.
func TestRecordBatch_othersRecordWhatIsRead(t *testing.T) {
	for _, users := range []int{1, 20} {
		const n = 20
		b := setup(t, counter("order"), each("R", "order"))
		var events []task.Event
		for i := range n {
			events = append(events, task.Event{ID: fmt.Sprint("e", i), User: fmt.Sprint("lin", i%users), Task: "order"})
		}
		other, loads := b.elsewhere(), 0
		b.st.load = func(ctx context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
			if loads < n {
				if _, err := other.Record(ctx, events[loads]); err != nil {
					t.Error(err)
				}
			}
			loads++
			return next()
		}
		results, err := b.RecordBatch(b.ctx, events...)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if r.Err != nil || !r.Replay {
				t.Errorf("event %d of %d, of %d users: replay %t, %v", i, n, users, r.Replay, r.Err)
			}
		}
	}
}
