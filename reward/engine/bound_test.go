package engine_test

import (
	"context"
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
