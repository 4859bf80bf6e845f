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

// An event of a time before a derived task's window may still finish a period inside it, in whatever order it arrives.
func TestRecord_S12_aGateFromBeforeTheWindowFinishesPeriodsInIt(t *testing.T) {
	for _, order := range [][]string{{"g", "login"}, {"login", "g"}} {
		b := setup(t, task.Config{Code: "g"}, task.Config{Code: "login", Period: rule.Unlimited})
		b.put(task.Config{Code: "day", Period: rule.Daily, Rule: rule.All(rule.Done("g"), rule.Count("login", 1))},
			task.Config{Code: "week", Period: rule.Weekly, Rule: rule.Count("day", 1), Window: rule.Window{Start: b.cal.Date(2025, time.November, 5)}},
			reward.Config{Code: "R", Amount: ledger.Whole("points", 1), Rule: rule.Count("week", 1)})
		b.day(3)
		for _, code := range order {
			at := b.clk.now
			if code == "g" {
				at = b.at(1, 12, 0) // before the week's window
			}
			b.doneAt("lin", code, at)
		}
		want(t, order[0]+" first: matches", b.explain("lin", "R").Matches, 1)
	}
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
