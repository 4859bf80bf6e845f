package engine_test

import (
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A derived task whose gates are all open is not done before its window begins: until then its rule may still change.
func TestRecord_S8_aDerivedTaskWaitsForItsWindow(t *testing.T) {
	b := setup(t, task.Config{Code: "g"}, task.Config{Code: "login", Period: rule.Unlimited})
	b.put(task.Config{Code: "d", Rule: rule.Any(rule.Done("g"), rule.Count("login", 9)), Window: rule.Window{Start: b.cal.Date(2025, time.November, 8)}},
		reward.Config{Code: "R", Amount: ledger.Whole("points", 1), Rule: rule.Done("d")})
	b.day(1)
	want(t, "before the window", len(b.did("lin", "g").Rewards), 0)
	b.day(6)
	out := b.did("lin", "login")
	want(t, "at the first event inside it", len(out.Rewards), 1)
	want(t, "records", len(out.Tasks), 2)
}

// A retired reward decides nothing any more, so it stands in nobody's way: its tasks may change as if it were not there.
func TestPut_S21_aRetiredRewardHindersNoEdit(t *testing.T) {
	b := setup(t, task.Config{Code: "login", Period: rule.Daily})
	r := reward.Config{Code: "R", Amount: ledger.Whole("points", 1), Rule: rule.Count("login", 1), Window: rule.Window{Start: b.cal.Date(2025, time.November, 20)}}
	b.put(r)
	if err := b.Retire(b.ctx, engine.By{}, r); err != nil {
		t.Fatal(err)
	}
	b.put(task.Config{Code: "login", Period: rule.Daily, Window: rule.Window{End: b.cal.Date(2025, time.November, 10)}})
	x, err := b.Explain(b.ctx, "lin", "R")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "phase", x.Phase, reward.PhaseRetired)
}
