package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// lose makes the next n commits lose their answer, after they were applied or before.
func (b *bench) lose(n int, applied bool) {
	b.st.commit = func(_ context.Context, _ []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		if n--; n < 0 {
			return next()
		}
		if applied {
			if _, err := next(); err != nil {
				return nil, err
			}
		}
		return nil, &store.Error{Op: "commit", Err: store.ErrUnknown}
	}
}

// elsewhere returns another engine whose store nobody reaches into.
func (b *bench) elsewhere() *engine.Engine { return b.another().With(b.st.Store) }

// lossy runs f for answers lost once and twice, after and before they were applied.
func lossy(t *testing.T, f func(t *testing.T, lose func(*bench))) {
	for _, applied := range []bool{true, false} {
		for n := 1; n <= 2; n++ {
			t.Run(fmt.Sprintf("applied %v, lost %d times", applied, n), func(t *testing.T) {
				f(t, func(b *bench) { b.lose(n, applied) })
			})
		}
	}
}

func TestRecord_S4_aLostAnswerIsFoundAgain(t *testing.T) {
	lossy(t, func(t *testing.T, lose func(*bench)) {
		b := setup(t, counter("order"), each("R", "order"))
		lose(b)
		ev := task.Event{ID: "e", User: "lin", Task: "order", Growth: 2}
		out := b.record(ev)
		want(t, "the first caller", []any{out.Replay, order(out), out.Tasks[0].Sum}, "[false R1 R2 2]")
		out = b.record(ev)
		want(t, "a repeat", []any{out.Replay, order(out)}, "[true R1 R2]")
		want(t, "points", b.has("lin", "points"), "10")
		b.books("lin", "points")
	})
}

func TestRecordBatch_S6_lostAnswersAreFoundAgain(t *testing.T) {
	lossy(t, func(t *testing.T, lose func(*bench)) {
		b := setup(t, counter("order"), each("R", "order"))
		b.st.limits = smallUnits
		var events []task.Event
		for i := range 30 {
			events = append(events, task.Event{ID: fmt.Sprint("e", i/3), User: fmt.Sprint("u", i%3), Task: "order"})
		}
		events = append(events, task.Event{ID: "e0", User: "u0", Task: "order"})
		lose(b)
		results, err := b.RecordBatch(b.ctx, events...)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			want(t, fmt.Sprint("item ", i), []any{r.Err, r.Replay, len(r.Rewards)}, []any{nil, i == 30, 1})
		}
		for i := range 3 {
			want(t, "points", b.has(fmt.Sprint("u", i), "points"), "50")
		}
	})
}

func TestReview_S19_aLostAnswerIsFoundAgain(t *testing.T) {
	for _, by := range []engine.By{{Actor: "zoe"}, {Actor: "zoe", Request: "r"}, {Actor: "zoe", Seq: 1}, {}} {
		t.Run(fmt.Sprintf("%+v", by), func(t *testing.T) {
			lossy(t, func(t *testing.T, lose func(*bench)) {
				r := each("R", "order")
				r.Review = true
				b := setup(t, counter("order"), r)
				id := b.did("lin", "order").Rewards[0].ID
				lose(b)
				m, err := b.Review(b.ctx, by, id, true)
				want(t, "the first caller", []any{m.Changed, m.Record.Status, m.Record.Seq, err}, "[true granted 2 <nil>]")
				m, err = b.Review(b.ctx, by, id, true)
				want(t, "a repeat", []any{m.Changed, m.Record.Seq, err}, []any{by.Request != "" || by.Seq != 0, 2, nil})
				want(t, "points", b.has("lin", "points"), "5")
				b.books("lin", "points")
			})
		})
	}
}

// A move of the same instant by the same actor is not taken for the one whose answer was lost.
func TestClaim_S19_aLostAnswerIsNotTheReviewBeforeIt(t *testing.T) {
	r := each("R", "t")
	r.Review, r.Claim = true, true
	b := setup(t, counter("t"), r)
	id := b.did("u", "t").Rewards[0].ID
	if _, err := b.Review(b.ctx, engine.By{}, id, true); err != nil {
		t.Fatal(err)
	}
	b.lose(1, false)
	m, err := b.Claim(b.ctx, id)
	want(t, "the claim", fmt.Sprintln(m.Changed, m.Record.Status, err), "true granted <nil>\n")
	want(t, "available", b.has("u", "points"), "5")
}

// A commit whose answer was lost may still be on its way when the next try finds nothing and answers an error, for the catalog
// has changed. It may land after that, so nobody can say that nothing was recorded.
func TestRecord_S4_anErrorAfterALostAnswerIsUnknown(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	b.did("lin", "order")
	other, stricter := b.elsewhere(), b.cal
	var land func() ([]store.Result, error)
	late := func(id string, meanwhile func() error) error {
		b.st.commit = func(_ context.Context, _ []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			land, b.st.commit = next, nil
			stricter.Lateness = (stricter.Lateness + 2*time.Hour) / 2 // no longer taken
			_, err := other.Put(b.ctx, ops, stricter)
			if err := errors.Join(err, meanwhile()); err != nil {
				t.Error(err)
			}
			return nil, &store.Error{Op: "commit", Err: store.ErrUnknown}
		}
		_, err := b.Record(b.ctx, task.Event{ID: id, User: "lin", Task: "order", Time: b.clk.now.Add(-stricter.Lateness + time.Minute)})
		return err
	}
	stricter.Lateness = 4 * time.Hour
	b.put(stricter)
	err := late("e", func() error { return nil })
	want(t, "not found", []bool{errors.Is(err, engine.ErrUnknown), errors.Is(err, rule.ErrTooLate)}, "[true true]")
	_, err = land()
	want(t, "it lands", []any{err, b.has("lin", "points")}, "[<nil> 10]")
	err = late("f", func() error {
		_, err := other.Record(b.ctx, task.Event{ID: "g", User: "lin", Task: "order"})
		return err
	})
	want(t, "somebody else was faster", []bool{errors.Is(err, engine.ErrUnknown), errors.Is(err, rule.ErrTooLate)}, "[false true]")
	results, err := land()
	want(t, "it comes too late", []any{results[0].Moved, err, b.has("lin", "points")}, "[true <nil> 15]")
}

// A store whose answer is lost may still be at work with what it was given, so that is not used again.
func TestRecord_whatALostCommitWasGivenStaysAsItIs(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	var given []store.Unit
	var row store.CauseRow
	b.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		if given == nil {
			given, row = units, *units[0].Insert[0].(*store.CauseRow)
			return nil, &store.Error{Op: "commit", Err: store.ErrUnknown}
		}
		want(t, "the units lie elsewhere", &units[0] != &given[0], true)
		want(t, "and their rows", units[0].Insert[0] != given[0].Insert[0], true)
		return next()
	}
	b.record(task.Event{ID: "e", User: "lin", Task: "order"})
	want(t, "the first unit", []any{given[0].User, given[0].Version, *given[0].Insert[0].(*store.CauseRow)}, []any{"lin", int64(0), row})
}

// What a transaction around bound calls answers, as sqlstore's Do does, is matched like what the engine answers.
func TestErrUnknown_isTheStores(t *testing.T) {
	err := &store.Error{Op: "do", Err: fmt.Errorf("%w: connection reset", store.ErrUnknown)}
	want(t, "a lost commit of the caller's", errors.Is(err, engine.ErrUnknown), true)
}

func TestRecord_anAnswerThatStaysLostIsErrUnknown(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	id := b.did("lin", "order").Rewards[0].ID
	b.lose(1000, false)
	b.unmoved("lin", func() {
		_, err := b.Record(b.ctx, task.Event{ID: "e", User: "lin", Task: "order"})
		want(t, "record", []any{errors.Is(err, engine.ErrUnknown), strings.Count(err.Error(), "unknown")}, "[true 1]")
		_, err = b.Deduct(b.ctx, ops, id)
		want(t, "deduct", []any{errors.Is(err, engine.ErrUnknown), strings.Count(err.Error(), "unknown")}, "[true 1]")
	})
	down := errors.New("down")
	b.lose(1, true)
	lost := b.st.commit
	b.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		b.st.load = func(context.Context, store.Request, func() (store.Snapshot, error)) (store.Snapshot, error) {
			return store.Snapshot{}, down
		}
		return lost(ctx, units, next)
	}
	_, err := b.Record(b.ctx, task.Event{ID: "f", User: "lin", Task: "order"})
	want(t, "an answer lost, then the store", []bool{errors.Is(err, engine.ErrUnknown), errors.Is(err, down)}, "[true true]")
	b.st.load, b.st.commit = nil, nil
	out := b.record(task.Event{ID: "f", User: "lin", Task: "order"})
	want(t, "it had been recorded", []any{out.Replay, order(out)}, "[true R2]")
}

func TestRecord_whatTheStoreAnswersIsReachable(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	down := errors.New("down")
	b.st.commit = func(context.Context, []store.Unit, func() ([]store.Result, error)) ([]store.Result, error) {
		return nil, down
	}
	b.unmoved("lin", func() {
		_, err := b.Record(b.ctx, task.Event{ID: "e", User: "lin", Task: "order"})
		want(t, "commit", []bool{errors.Is(err, down), errors.Is(err, engine.ErrUnknown)}, "[true false]")
	})
}

func TestRecord_isBusyWhenEverythingAlwaysMoves(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	id := b.did("lin", "order").Rewards[0].ID
	commits := 0
	b.st.commit = func(_ context.Context, units []store.Unit, _ func() ([]store.Result, error)) ([]store.Result, error) {
		commits++
		results := make([]store.Result, len(units))
		for i := range results {
			results[i].Moved = true
		}
		return results, nil
	}
	b.unmoved("lin", func() {
		_, err := b.Record(b.ctx, task.Event{ID: "e", User: "lin", Task: "order"})
		want(t, "record", []any{errors.Is(err, engine.ErrBusy), errors.Is(err, engine.ErrUnknown)}, "[true false]")
		_, err = b.Deduct(b.ctx, ops, id)
		want(t, "deduct", errors.Is(err, engine.ErrBusy), true)
		want(t, "tries", commits, 400)
		results, err := b.RecordBatch(b.ctx, task.Event{ID: "e", User: "lin", Task: "order"}, task.Event{ID: "e", User: "zoe", Task: "none"})
		want(t, "batch", []any{errors.Is(results[0].Err, engine.ErrBusy), errors.Is(results[1].Err, task.ErrUnknown), err}, "[true true <nil>]")
	})
	b.st.limits = func(l store.Limits) store.Limits { l.Bound = true; return l }
	commits = 0
	_, err := b.Record(b.ctx, task.Event{ID: "e", User: "lin", Task: "order"})
	want(t, "inside a transaction there is one try", []any{errors.Is(err, engine.ErrBusy), commits}, "[true 1]")
}

func TestRecord_aRefusedCounterIsLearnedFromTheRefusal(t *testing.T) {
	r := each("R", "order")
	r.Budget.Max = 1
	b := setup(t, counter("order"), r)
	b.did("zoe", "order")
	b.st.load = func(_ context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		snap, err := next()
		snap.Lagging = true // a replica: counters read from it decide nothing
		snap.Counters = nil
		return snap, err
	}
	want(t, "blocked", blocks(b.did("lin", "order").Blocked), "[R: budget_max 1]")
}

// Of two rewards that exclude each other both are used up. Where counters cannot be read, each is found out by a refusal of its
// own, and the first is not forgotten over the second.
func TestRecord_refusalsOfOneEventAddUp(t *testing.T) {
	first, second := each("R1", "order"), each("R2", "order")
	first.Budget.Max, second.Budget.Max, first.Priority = 1, 1, 1
	second.Excludes = []string{"R1"}
	b := setup(t, counter("order"), first, second)
	b.did("zoe", "order")
	b.did("bob", "order")
	b.st.load = func(_ context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		snap, err := next()
		snap.Lagging, snap.Counters = true, nil
		return snap, err
	}
	for _, bound := range []bool{false, true} {
		b.st.limits = func(l store.Limits) store.Limits { l.Bound = bound; return l }
		commits := 0
		b.st.commit = func(_ context.Context, _ []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			commits++
			return next()
		}
		out, err := b.Record(b.ctx, task.Event{ID: "x", User: fmt.Sprint("lin ", bound), Task: "order"})
		want(t, "blocked", []any{blocks(out.Blocked), err, commits}, "[[R1: budget_max 1 R2: budget_max 1] <nil> 3]")
	}
}

func TestRecord_aCancelledContextRecordsNothing(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	id := b.did("lin", "order").Rewards[0].ID
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	b.unmoved("lin", func() {
		for name, call := range map[string]func() error{
			"Record":   func() error { _, err := b.Record(ctx, task.Event{ID: "e", User: "lin", Task: "order"}); return err },
			"Deduct":   func() error { _, err := b.Deduct(ctx, ops, id); return err },
			"Put":      func() error { _, err := b.Put(ctx, ops, counter("new")); return err },
			"Board":    func() error { _, err := b.Board(ctx, "lin"); return err },
			"Explain":  func() error { _, err := b.Explain(ctx, "lin", "R"); return err },
			"Balances": func() error { _, err := b.Balances(ctx, "lin"); return err },
			"Rewards": func() error {
				for _, err := range b.Rewards(ctx, reward.Query{User: "lin"}) {
					return err
				}
				return nil
			},
			"another engine's first call": func() error { _, err := b.another().Catalog(ctx); return err },
		} {
			if err := call(); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	ctx, cancel = context.WithCancel(b.ctx)
	b.st.commit = func(context.Context, []store.Unit, func() ([]store.Result, error)) ([]store.Result, error) {
		cancel() // while the engine waits for its next try
		return []store.Result{{Moved: true}}, nil
	}
	_, err := b.Record(ctx, task.Event{ID: "e", User: "lin", Task: "order"})
	want(t, "between tries", errors.Is(err, context.Canceled), true)
}

func TestRecord_aRecountThatMeetsItsOwnRepeatAnswersWhole(t *testing.T) {
	w := rule.Window{End: dayStart(t, 2)}
	r := each("R", "order")
	r.Window = w
	b := setup(t, counter("order"), r)
	b.did("lin", "order")
	r.Window.End = dayStart(t, 3)
	b.put(r)
	other := b.elsewhere()
	ev := task.Event{ID: "same", User: "lin", Task: "order"}
	met := false
	b.st.load = func(_ context.Context, q store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		history := func(p store.Part) bool { return p.Index == store.IndexCauseTask }
		if len(q.Keys) > 0 && slices.ContainsFunc(q.Keys[0].Parts, history) { // another call records the same event first
			met = true
			b.st.load = nil
			if _, err := other.Record(b.ctx, ev); err != nil {
				t.Error(err)
			}
		}
		return next()
	}
	out := b.record(ev)
	want(t, "the repeat", []any{met, out.Replay, order(out)}, "[true true R2]")
	for _, r := range out.Rewards {
		want(t, "its record", r.Status, reward.Granted)
	}
}

// forgetful is a store whose answer to a put is lost, and whose caller then gives up.
type forgetful struct {
	store.Store
	give func()
}

func (f forgetful) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	defer f.give()
	if stamp, err := f.Store.PutDocs(ctx, old, docs...); err != nil {
		return stamp, err
	}
	return store.Stamp{}, &store.Error{Op: "put", Err: store.ErrUnknown}
}

func TestPut_aLostAnswerStaysUnknownWhenTheCallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	eng, err := engine.New(forgetful{memory.New(), cancel}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eng.Put(ctx, ops, counter("t")); !errors.Is(err, engine.ErrUnknown) {
		t.Errorf("error is %v, and the documents are there", err)
	}
}
