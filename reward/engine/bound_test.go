package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// A boundStore looks like one in a transaction, and lets something happen before its first commit.
type boundStore struct {
	store.Store
	before func()
}

func (b *boundStore) Limits() store.Limits {
	l := b.Store.Limits()
	l.Bound = true
	return l
}

func (b *boundStore) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	if f := b.before; f != nil {
		b.before = nil
		f()
	}
	return b.Store.Commit(ctx, units...)
}

// Nobody moves what a transaction has locked, but somebody may take the last of a budget before its commit.
func TestWith_S15_aBudgetUsedUpInBetweenIsABlockAndNoError(t *testing.T) {
	st := memory.New()
	eng, err := engine.New(st, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eng.Put(t.Context(), engine.By{}, ledger.Asset{Code: "points"}, task.Config{Code: "order", Period: rule.Unlimited},
		reward.Config{Code: "rare", Amount: ledger.Whole("points", 1), Rule: rule.Count("order", 1), Budget: rule.Limit{Max: 1}}); err != nil {
		t.Fatal(err)
	}
	tx := &boundStore{Store: st, before: func() {
		if out, err := eng.Record(t.Context(), task.Event{ID: "1", User: "first", Task: "order"}); err != nil || len(out.Rewards) != 1 {
			t.Errorf("the first got %+v, %v", out, err)
		}
	}}
	out, err := eng.With(tx).Record(t.Context(), task.Event{ID: "1", User: "second", Task: "order"})
	if err != nil || len(out.Rewards) != 0 || len(out.Blocked) != 1 || out.Blocked[0].Reason != reward.BudgetMax {
		t.Errorf("the second got %+v, %v, want a block", out, err)
	}
}

// A process that records in transactions only has no catalog that was read outside of them. What one transaction put is
// nothing to another, whether it was rolled back or is still open.
func TestWith_whatATransactionPutDecidesNothingOutsideOfIt(t *testing.T) {
	committed, own := memory.New(), memory.New() // what all see, and what one transaction does
	for _, st := range []store.Store{committed, own} {
		elsewhere, err := engine.New(st, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := elsewhere.Put(t.Context(), ops, ledger.Asset{Code: "points"}, counter("order"), each("R", "order")); err != nil {
			t.Fatal(err)
		}
	}
	eng, err := engine.New(committed, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tx, other := eng.With(&boundStore{Store: own}), eng.With(&boundStore{Store: committed})
	record := func(on *engine.Engine, user string) string {
		out, err := on.Record(t.Context(), task.Event{ID: "1", User: user, Task: "order"})
		if err != nil {
			t.Fatal(err)
		}
		return order(out)
	}
	if _, err := tx.Put(t.Context(), ops, each("GHOST", "order")); err != nil {
		t.Fatal(err)
	}
	want(t, "in the transaction", record(tx, "lin"), "GHOST1 R1")
	want(t, "in another", record(other, "lin"), "R1")
	want(t, "in the first again", record(tx, "zoe"), "GHOST1 R1")
	_, err = other.Explain(t.Context(), "lin", "GHOST")
	want(t, "what another can explain", errors.Is(err, reward.ErrUnknown), true)
	revision, err := other.Put(t.Context(), ops, each("S", "order"))
	want(t, "what another puts", []any{revision, err}, "[2 <nil>]")
	want(t, "what that leads to", record(other, "bob"), "R1 S1")
	want(t, "outside of all", record(eng, "ann"), "R1 S1")
}

// The catalog that was read outside of transactions is old once others have put documents. Calls in transactions begin with
// what the last of them read, and load once.
func TestWith_aProcessThatIsBehindLoadsOnce(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	b.did("lin", "order")
	s := each("S", "order")
	s.Review = true
	other := b.elsewhere()
	if _, err := other.Put(b.ctx, ops, s); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2"} {
		if _, err := other.Record(b.ctx, task.Event{ID: id, User: "lin", Task: "order"}); err != nil {
			t.Fatal(err)
		}
	}
	loads := 0
	b.st.load = func(_ context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		loads++
		return next()
	}
	tx := b.With(&boundStore{Store: b.st})
	m, err := tx.Review(b.ctx, ops, reward.ID{User: "lin", Reward: "S", N: 1}, true)
	want(t, "a command", []any{m.Changed, err, loads}, "[true <nil> 2]")
	m, err = tx.Review(b.ctx, ops, reward.ID{User: "lin", Reward: "S", N: 2}, true)
	want(t, "the next", []any{m.Changed, err, loads}, "[true <nil> 3]")
	for i := range 3 {
		out, err := tx.Record(b.ctx, task.Event{ID: fmt.Sprint("r", i), User: "zoe", Task: "order"})
		want(t, "a record", []any{order(out), err, loads}, fmt.Sprintf("[R%d S%[1]d <nil> %d]", i+1, 4+i))
	}
}
