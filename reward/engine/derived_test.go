package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// both is a daily task derived from a and b.
func both() []engine.Document {
	return []engine.Document{counter("a"), counter("b"),
		task.Config{Code: "both", Period: rule.Daily, Rule: rule.All(rule.Count("a", 1), rule.Count("b", 1))},
		each("R", "both")}
}

// tasksOf lists the derived records an outcome changed: "both@20396".
func tasksOf(b *bench, out engine.Outcome) []string {
	cat, err := b.Catalog(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	var list []string
	for _, r := range out.Tasks {
		if c, _ := cat.Task(r.Task); c.Derived() {
			day := r.Period - cat.Periods().Ordinal(rule.Day, b.at(1, 0, 0)) + 1
			if c.Period == rule.Daily {
				list = append(list, fmt.Sprint(r.Task, "@", day))
				continue
			}
			list = append(list, r.Task)
		}
	}
	return list
}

func TestDerived_S8_anEventJoinsThePeriodOfItsOwnTime(t *testing.T) {
	b := setup(t, both()...)
	b.clk.now = b.at(1, 22, 0)
	b.did("lin", "a")
	b.clk.now = b.at(2, 0, 5)
	out := b.doneAt("lin", "b", b.at(1, 23, 59))
	want(t, "completed", tasksOf(b, out), "[both@1]")
	want(t, "records", len(out.Rewards), 1)
	out = b.doneAt("lin", "b", b.at(2, 0, 1))
	want(t, "completed on day 2", tasksOf(b, out), "[]")
	want(t, "on day 2 with a", tasksOf(b, b.did("lin", "a")), "[both@2]")
	want(t, "and only once", tasksOf(b, b.did("lin", "a")), "[]")
}

func TestDerived_S8_takesNoEvents(t *testing.T) {
	b := setup(t, both()...)
	for name, call := range map[string]func() error{
		"Record":   func() error { _, err := b.Record(b.ctx, task.Event{ID: "x", User: "lin", Task: "both"}); return err },
		"Complete": func() error { _, err := b.Complete(b.ctx, task.Event{ID: "x", User: "lin", Task: "both"}); return err },
	} {
		if err := call(); !errors.Is(err, task.ErrDerived) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDerived_S8_onePutWhileAPeriodRunsCountsWhatComesAfter(t *testing.T) {
	docs := both()
	b := setup(t, docs[:2]...)
	b.put(task.Config{Code: "gate"})
	b.did("lin", "a")
	b.did("lin", "gate")
	b.put(docs[2:]...)
	b.put(task.Config{Code: "gated", Period: rule.Daily, Rule: rule.All(rule.Done("gate"), rule.Count("b", 1))})
	want(t, "a was before the put, the gate counts", tasksOf(b, b.did("lin", "b")), "[gated@1]")
	want(t, "a again", tasksOf(b, b.did("lin", "a")), "[both@1]")
}

func TestDerived_S8_weeksOverDays(t *testing.T) {
	b := setup(t, append(both(),
		task.Config{Code: "week", Period: rule.Weekly, Rule: rule.Count("both", 3)},
		task.Config{Code: "run", Period: rule.Weekly, Rule: rule.Streak("both", 3)})...)
	got := map[int]string{}
	for _, day := range []int{1, 2, 4, 5, 6, 7, 8, 10, 11, 12} { // day 6 is Sunday
		b.day(day)
		b.did("lin", "a")
		if done := tasksOf(b, b.did("lin", "b")); len(done) > 1 {
			got[day] = fmt.Sprint(done[1:])
		}
	}
	// Days 5 and 6 reach back to 4; of days 7, 8, 10, 11 and 12 the week has three at 10 and a run of three at 12.
	want(t, "weeks", got, "map[4:[week] 6:[run] 10:[week] 12:[run]]")
	b.day(13)
	out := b.doneAt("lin", "a", b.at(12, 1, 0))
	want(t, "a late event on a done day", tasksOf(b, out), "[]")
}

func TestDerived_S8_aLateEventBridgesARun(t *testing.T) {
	b := setup(t, append(both(), task.Config{Code: "run", Rule: rule.Streak("both", 3)}, reward.Config{Code: "paid", Amount: points(1), Rule: rule.Done("run")})...)
	for _, day := range []int{1, 3} {
		b.day(day)
		b.did("lin", "a")
		b.did("lin", "b")
	}
	b.doneAt("lin", "a", b.at(2, 5, 0))
	out := b.doneAt("lin", "b", b.at(2, 6, 0))
	want(t, "completed", tasksOf(b, out), "[both@2 run]")
	want(t, "paid", len(out.Rewards), 2)
}

func TestDerived_S8_aGateThatOpensCompletesEveryPeriodSince(t *testing.T) {
	b := setup(t, counter("a"), task.Config{Code: "gate"}, task.Config{Code: "d", Period: rule.Daily, Rule: rule.All(rule.Done("gate"), rule.Count("a", 1))},
		task.Config{Code: "w", Period: rule.Weekly, Rule: rule.Count("d", 2)}, each("R", "d"))
	for _, day := range []int{1, 2, 4} {
		b.day(day)
		want(t, "before the gate", len(b.did("lin", "a").Rewards), 0)
	}
	out := b.doneAt("lin", "gate", b.at(2, 12, 30)) // late: day 1 ended before it
	want(t, "completed", tasksOf(b, out), "[d@2 d@4 w]")
	want(t, "paid", len(out.Rewards), 2)
	b.day(5)
	want(t, "from then on", tasksOf(b, b.did("lin", "a")), "[d@5]")
}

func TestDerived_S8_oneFeedsAnother(t *testing.T) {
	b := setup(t, append(both(),
		task.Config{Code: "seven", Rule: rule.Count("both", 2)},
		task.Config{Code: "fan", Period: rule.Daily, Rule: rule.All(rule.Count("both", 1), rule.Count("a", 2))},
		task.Config{Code: "all", Rule: rule.All(rule.Done("seven"), rule.Count("fan", 1))},
		reward.Config{Code: "last", Amount: points(1), Rule: rule.Done("all")})...)
	b.did("lin", "a")
	want(t, "day 1", tasksOf(b, b.did("lin", "b")), "[both@1]")
	b.day(2)
	b.did("lin", "b")
	want(t, "day 2", tasksOf(b, b.did("lin", "a")), "[both@2 seven]")
	out := b.did("lin", "a")
	want(t, "day 2 again", tasksOf(b, out), "[fan@2 all]")
	want(t, "paid", amounts(out.Rewards), "[1 points]")
}

func TestDerived_S8_whatIsRefused(t *testing.T) {
	derived := func(period rule.Period, r rule.Rule) task.Config {
		return task.Config{Code: "x", Period: period, Rule: r}
	}
	b := setup(t, append(both(), task.Config{Code: "once"}, task.Config{Code: "weekly", Period: rule.Weekly},
		task.Config{Code: "levels", Levels: []int64{2, 3}}, task.Config{Code: "five", Times: 5}, task.Config{Code: "done", Rule: rule.Count("a", 3)})...)
	for _, c := range []struct {
		name string
		doc  engine.Document
		path string
	}{
		{"a week in a day", derived(rule.Daily, rule.Count("weekly", 1)), "task x: rule.count"},
		{"a week in a month", derived(rule.Monthly, rule.Count("weekly", 1)), "task x: rule.count"},
		{"a gate alone", derived(rule.Daily, rule.Done("once")), "task x: rule"},
		{"a gate or a count", derived(rule.Daily, rule.Any(rule.Done("once"), rule.Count("a", 1))), "task x: rule"},
		{"a gate with levels", derived(rule.Daily, rule.All(rule.Count("levels", 1), rule.Count("a", 1))), "task x: rule.all[0].count"},
		{"a derived gate", derived(rule.Daily, rule.All(rule.Done("done"), rule.Count("a", 1))), "task x: rule.all[0].done"},
		{"a once task done five times", derived(rule.Daily, rule.Count("five", 1)), "task x: rule.count"},
		{"a condition on a derived task", derived(rule.Once, rule.Count("both", 1).Where("true")), "task x: rule.where"},
		{"a level of a derived task", derived(rule.Once, rule.Count("both", 1).AtLevel(1)), "task x: rule.level"},
		{"a sum on a derived task", derived(rule.Once, rule.Distinct("both", "n", 1)), "task x: rule.distinct"},
		{"unlimited", derived(rule.Unlimited, rule.Count("a", 1)), "task x: period"},
		{"attributes", task.Config{Code: "x", Rule: rule.Count("a", 1), Attrs: rule.Schema{"n": rule.Int}}, "task x: attrs"},
		{"levels", task.Config{Code: "x", Rule: rule.Count("a", 1), Levels: []int64{2}}, "task x: levels"},
		{"times", task.Config{Code: "x", Rule: rule.Count("a", 1), Times: 2}, "task x: times"},
		{"where", task.Config{Code: "x", Rule: rule.Count("a", 1), Where: "true"}, "task x: where"},
		{"itself", derived(rule.Once, rule.Count("x", 1)), "task x: rule"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := *b
			b.t = t
			b.refuse([]string{c.path}, c.doc)
		})
	}
	b.put(derived(rule.Once, rule.Count("weekly", 1)), task.Config{Code: "y", Rule: rule.Any(rule.Done("once"), rule.Count("a", 1))})
}

func TestDerived_S8_aCircleIsRefused(t *testing.T) {
	b := setup(t, counter("a"))
	b.refuse([]string{"task z: rule"},
		task.Config{Code: "x", Period: rule.Daily, Rule: rule.All(rule.Count("a", 1), rule.Count("y", 1))},
		task.Config{Code: "y", Period: rule.Daily, Rule: rule.Count("z", 1)},
		task.Config{Code: "z", Period: rule.Daily, Rule: rule.Count("x", 1)})
}

// A moved end counts again what was finished while the window was closed, also where a rule reads periods and no events.
func TestTask_S21_aMovedEndFindsPeriodsOfDerivedTasks(t *testing.T) {
	week := func(weeks int) task.Config {
		start := rule.Calendar{Zone: "Asia/Shanghai"}.Date(2025, time.November, 3)
		return task.Config{Code: "week", Period: rule.Weekly, Rule: rule.Count("day", 3),
			Window: rule.Window{Start: start, End: start.AddDate(0, 0, 7*weeks)}}
	}
	once := task.Config{Code: "once", Rule: rule.Count("day", 3), Window: week(1).Window}
	gone := rule.Window{End: week(2).Window.End}
	b := setup(t, counter("t"), task.Config{Code: "day", Period: rule.Daily, Rule: rule.Any(rule.Count("t", 1), rule.Count("rest", 1))},
		counter("rest"), week(1), once, each("R", "week"), each("O", "once"))
	for day := 8; day <= 11; day++ { // the second week
		b.day(day)
		b.did("lin", "t")
		b.did("mei", "t")
	}
	b.day(15)
	want(t, "records before the move", len(b.records("lin", "R"))+len(b.records("lin", "O")), 0)
	once.Window = week(4).Window
	b.put(week(4), once)
	b.did("lin", "t")
	want(t, "weeks found", len(b.records("lin", "R")), 1)
	want(t, "once", len(b.records("lin", "O")), 1)
	b.did("lin", "t")
	want(t, "and not again", len(b.records("lin", "R")), 1)
	rest := counter("rest")
	rest.Window = gone
	b.put(rest)
	want(t, "an event that is ignored", b.did("mei", "rest").Ignored, task.Outside)
	want(t, "finds the same", fmt.Sprint(len(b.records("mei", "R")), len(b.records("mei", "O"))), "1 1")
}
