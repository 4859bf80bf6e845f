package enginetest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/task"
)

// tb is what both *testing.T and *rapid.T are.
type tb interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

var _ tb = (*testing.T)(nil)

// options compare what a model can say: values by value, all of a record but what it uses inside.
func options() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(reward.Record{}, "Taken"),
		cmpopts.IgnoreFields(result{}, "err"),
		// Of derived tasks that one event finishes at once, either may come first.
		cmpopts.SortSlices(func(a, b task.Record) bool {
			return a.Task < b.Task || a.Task == b.Task && a.Period < b.Period
		}),
	}
}

// readView reads all that can be read of a user.
func readView(t tb, eng *engine.Engine, m *model, user string) view {
	t.Helper()
	ctx := t.Context()
	v := view{Statements: map[string][]ledger.Line{}}
	v.Records = collect(t, eng.Rewards(ctx, reward.Query{User: user}))
	balances, err := eng.Balances(ctx, user)
	if err != nil {
		t.Fatalf("balances of %s: %v", user, err)
	}
	v.Balances = slices.DeleteFunc(balances, func(b ledger.Balance) bool { return b.Seq == 0 })
	var transfers []ledger.Transfer
	for code := range m.assets {
		lines := collect(t, eng.Statement(ctx, user, code))
		if len(lines) > 0 {
			v.Statements[code] = lines
		}
		for _, l := range lines {
			transfers = append(transfers, l.Transfer)
		}
	}
	if err := ledger.Audit(slices.Values(transfers), v.Balances); err != nil {
		t.Fatalf("S27: the books of %s: %v", user, err)
	}
	for code, r := range m.rewards {
		if !r.live() {
			continue
		}
		e, err := eng.Explain(ctx, user, code)
		if err != nil {
			t.Fatalf("explain %s to %s: %v", code, user, err)
		}
		v.Standings = append(v.Standings, standingOf(e))
	}
	slices.SortFunc(v.Standings, func(a, b standing) int { return cmpString(a.Reward, b.Reward) })
	readBoard(t, eng, m, &v, user)
	return v
}

// readBoard reads the board, and wants it to say of rewards what Explain said.
func readBoard(t tb, eng *engine.Engine, m *model, v *view, user string) {
	t.Helper()
	b, err := eng.Board(t.Context(), user)
	if err != nil {
		t.Fatalf("board of %s: %v", user, err)
	}
	for _, s := range b.Tasks {
		v.Tasks = append(v.Tasks, s.Record)
		if c := s.Config; !c.Derived() && s.Open != (c.Window.Contains(m.now) && !s.Record.Finished) {
			t.Fatalf("board of %s: task %s has open %t", user, c.Code, s.Open)
		}
	}
	var standings []standing
	for _, e := range b.Rewards {
		standings = append(standings, standingOf(e))
	}
	if d := cmp.Diff(v.Standings, standings, options()); d != "" {
		t.Fatalf("board and explanations of %s differ (-explain +board):\n%s", user, d)
	}
	for _, a := range b.Balances {
		if len(v.Statements[a.Asset]) > 0 || a.Sign() != 0 {
			v.Available = append(v.Available, a)
		}
	}
}

func collect[T any](t tb, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		all = append(all, v)
	}
	return all
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// comparable leaves out of a view what the model does not say.
func (v view) comparable() view {
	standings := slices.Clone(v.Standings)
	for i := range standings {
		next := slices.Clone(standings[i].Next)
		for j := range next {
			next[j].Count = 0
		}
		standings[i].Next = next
		if len(next) > 0 {
			standings[i].Amount = ledger.Amount{} // nothing would be given
		}
	}
	v.Standings = standings
	slices.SortFunc(v.Balances, func(a, b ledger.Balance) int { return a.Account.Compare(b.Account) })
	slices.SortFunc(v.Available, func(a, b ledger.Amount) int { return cmpString(a.Asset, b.Asset) })
	return v
}

// diffViews says where the engine shows users otherwise than the model does.
func diffViews(t tb, eng *engine.Engine, m *model, users []string) string {
	t.Helper()
	for _, user := range users {
		got, want := readView(t, eng, m, user).comparable(), m.view(user).comparable()
		if d := cmp.Diff(want, got, options()); d != "" {
			return fmt.Sprintf("what is shown of %s (-model +engine):\n%s", user, d)
		}
	}
	return ""
}
