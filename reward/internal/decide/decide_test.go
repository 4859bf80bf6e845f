package decide_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

var noon = time.Date(2025, 11, 4, 12, 0, 0, 0, time.UTC)

// rich is a catalog with a bit of everything that decisions look at.
func rich(t *testing.T) *catalog.Catalog {
	t.Helper()
	points := func(n int64) ledger.Amount { return ledger.Whole("points", n) }
	docs := []catalog.Document{ledger.Asset{Code: "points"}, reward.Group{Code: "G", Cap: points(40)},
		task.Config{Code: "order", Period: rule.Unlimited, Attrs: rule.Schema{"total": rule.Decimal, "shop": rule.String}},
		task.Config{Code: "login", Period: rule.Daily}, task.Config{Code: "profile"},
		task.Config{Code: "day", Period: rule.Daily, Rule: rule.All(rule.Count("login", 1), rule.Count("order", 1))},
		task.Config{Code: "week", Period: rule.Weekly, Rule: rule.Count("day", 2)},
		reward.Config{Code: "A", Group: "G", Amount: points(3), Rule: rule.Count("order", 2), Excludes: []string{"B"}, Limit: rule.Limit{Max: 5}},
		reward.Config{Code: "B", Group: "G", Amount: points(2), Rule: rule.Streak("login", 2), Review: true, Priority: 1},
		reward.Config{Code: "C", Amount: points(0), AmountFrom: "floor(total)", Rule: rule.Count("order", 1)},
		reward.Config{Code: "D", Amount: points(1), Rule: rule.All(rule.Done("profile"), rule.Distinct("order", "shop", 2)),
			Budget: rule.Limit{Max: 2, PerCycle: 1, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}},
		reward.Config{Code: "E", Amount: points(7), Rule: rule.Any(rule.Count("week", 1), rule.Count("day", 3))},
	}
	empty, err := catalog.Empty()
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := empty.Plan(catalog.Change{Documents: docs}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// play decides events in order on a State of its own.
func play(t *rapid.T, c *catalog.Catalog, events []task.Event) (outs []decide.Outcome, causes []decide.Cause, changes decide.Changes) {
	s := decide.New(c, "lin", noon.AddDate(0, 0, 2))
	s.Counters = map[string]int64{}
	for _, e := range events {
		canonical, given, err := decide.Canonical(c, e, s.Now)
		if err != nil {
			t.Fatal(err)
		}
		out, cause, err := s.Record(canonical, given, false)
		if err != nil {
			t.Fatal(err)
		}
		outs, causes = append(outs, out), append(causes, cause)
	}
	return outs, causes, s.Changes()
}

// A decision depends on the catalog, the state, the command and the clock, and on nothing else: made twice it answers and
// changes the same, in the same order.
func TestRecord_isAFunctionOfItsArguments(t *testing.T) {
	c := rich(t)
	rapid.Check(t, func(t *rapid.T) {
		var events []task.Event
		for i := range rapid.IntRange(1, 25).Draw(t, "events") {
			e := task.Event{ID: fmt.Sprint("e", i), User: "lin", Task: rapid.SampledFrom([]string{"order", "login", "profile"}).Draw(t, "task"),
				Time: noon.Add(time.Duration(rapid.IntRange(0, 48).Draw(t, "hour")) * time.Hour)}
			if e.Task == "order" {
				e.Attrs = rule.Attrs{"shop": rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "shop"), "total": rapid.SampledFrom([]string{"0.5", "2.75"}).Draw(t, "total")}
			}
			events = append(events, e)
		}
		outs, causes, changes := play(t, c, events)
		for range 3 {
			again, becauses, rechanges := play(t, c, events)
			for _, d := range []string{cmp.Diff(outs, again, cmpopts.EquateEmpty()), cmp.Diff(causes, becauses, cmpopts.EquateEmpty()),
				cmp.Diff(changes, rechanges, cmpopts.EquateEmpty())} {
				if d != "" {
					t.Fatalf("the same decisions differ:\n%s", d)
				}
			}
		}
	})
}

// A State that was reset is as good as a new one: nothing of the user before is left in it.
func TestState_resetForgets(t *testing.T) {
	c := rich(t)
	used := decide.New(c, "ann", noon)
	for i := range 5 {
		e, given, err := decide.Canonical(c, task.Event{ID: fmt.Sprint("e", i), User: "ann", Task: "order", Attrs: rule.Attrs{"shop": "a", "total": "9"}}, noon)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := used.Record(e, given, false); err != nil {
			t.Fatal(err)
		}
	}
	used.Changes()
	used.Reset(c, "lin", noon)
	fresh := decide.New(c, "lin", noon)
	e, given, err := decide.Canonical(c, task.Event{ID: "e", User: "lin", Task: "order", Attrs: rule.Attrs{"shop": "b", "total": "9"}}, noon)
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := used.Record(e, given, false)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := fresh.Record(e, given, false)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b, a) + cmp.Diff(fresh.Changes(), used.Changes(), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("new (-) and reset (+) differ:\n%s", d)
	}
}
