package rule_test

import (
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// every gives the scope of a derived task done in each period.
func every(p rule.Period) rule.Scope { return rule.Scope{Derived: true, Period: p} }

func within(w rule.Window) rule.Scope { return rule.Scope{Window: w} }

func TestCompile_refusesByPath(t *testing.T) {
	const (
		simple  = "must be unlimited with a single target of 1"
		periods = "is derived: only its finished periods can be read"
	)
	late := rule.Scope{Window: rule.Window{End: days(10, 0)}}
	tests := []struct {
		name  string
		rule  rule.Rule
		scope rule.Scope
		want  []string
	}{
		{"S9 the tree's own faults come first", rule.All(rule.Count("nope", 0)), rule.Scope{}, []string{`all[0].n: "0": must be at least 1`}},
		{"S21 every task that is none", rule.All(rule.Count("x", 1), rule.AtLeast(1, rule.Done("y"), rule.Streak("z", 2))), rule.Scope{},
			[]string{`all[0].count: "x": no such task`, `all[1].of[0].done: "y": no such task`, `all[1].of[1].streak: "z": no such task`}},

		{"S9 a sum of no attribute", rule.Sum("free", "nope", dec("1")), rule.Scope{}, []string{`attr: "nope": task free declares no such attribute`}},
		{"S9 a sum of strings", rule.Sum("free", "s", dec("1")), rule.Scope{}, []string{`attr: "s": is a string; a sum needs an int or a decimal`}},
		{"S9 a sum of times", rule.Sum("free", "t", dec("1")), rule.Scope{}, []string{`attr: "t": is a time; a sum needs an int or a decimal`}},
		{"S9 a sum on a daily task", rule.Sum("daily", "n", dec("1")), rule.Scope{}, []string{`sum: "daily": ` + simple}},
		{"S9 a sum on a target of 5", rule.Sum("free5", "n", dec("1")), rule.Scope{}, []string{`sum: "free5": ` + simple}},
		{"S9 a sum on a derived task", rule.Sum("d-daily", "n", dec("1")), rule.Scope{}, []string{`sum: "d-daily": is derived and has no attributes`}},
		{"S9 values of no attribute", rule.Distinct("free", "nope", 1), rule.Scope{}, []string{`attr: "nope": task free declares no such attribute`}},
		{"S9 values on a once task", rule.Distinct("once", "s", 1), rule.Scope{}, []string{`distinct: "once": ` + simple}},
		{"S9 values on a target of 5", rule.Distinct("free5", "s", 1), rule.Scope{}, []string{`distinct: "free5": ` + simple}},
		{"S9 values on a derived task", rule.Distinct("d-daily", "s", 1), rule.Scope{}, []string{`distinct: "d-daily": is derived and has no attributes`}},
		{"S9 two completions of a task done once", rule.Count("once", 2), rule.Scope{}, []string{`n: "2": task once is done once`}},
		{"S9 a streak of a task done once", rule.Streak("once", 2), rule.Scope{}, []string{`n: "2": task once is done once`}},
		{"S9 a streak of a once task with times", rule.Streak("once-twice", 2), rule.Scope{}, []string{`n: "2": task once-twice is done once`}},
		{"S9 a level the task has not", rule.Count("daily-levels", 1).AtLevel(4), rule.Scope{}, []string{`level: "4": task daily-levels has 3`}},
		{"S9 a second level of a task with one", rule.Count("free", 1).AtLevel(2), rule.Scope{}, []string{`level: "2": task free has 1`}},
		{"S9 a condition and a level on a derived task", rule.Count("d-daily", 1).Where("n > 1").AtLevel(2), rule.Scope{},
			[]string{`where: "n > 1": task d-daily ` + periods, `level: "2": task d-daily ` + periods}},
		{"S9 a level on a derived task, though it is its only one", rule.Streak("d-daily", 1).AtLevel(1), rule.Scope{}, []string{`level: "1": task d-daily ` + periods}},
		{"S5 a condition that names no attribute", rule.All(rule.Count("free", 1).Where("nope > 1")), rule.Scope{},
			[]string{"all[0].where: 1:1: nope is no declared attribute\n | nope > 1\n | ^"}},

		{"S11 done on an unlimited task", rule.Done("free"), rule.Scope{}, []string{`done: "free": is unlimited; done reads a task that is done once, with times 1`}},
		{"S11 done on a daily task", rule.Done("daily"), rule.Scope{}, []string{`done: "daily": is daily; done reads a task that is done once, with times 1`}},
		{"S11 done on a once task with times", rule.Done("once-twice"), rule.Scope{}, []string{`done: "once-twice": is once; done reads a task that is done once, with times 1`}},
		{"S11 done on a daily derived task", rule.Done("d-daily"), rule.Scope{}, []string{`done: "d-daily": is daily; done reads a task that is done once, with times 1`}},
		{"S11 a gate with a condition", rule.Count("once", 1).Where("n > 1"), rule.Scope{},
			[]string{`where: "n > 1": task once is done once, so the leaf is a gate and takes no condition`}},
		{"S11 a gate with levels where a day is done", rule.All(rule.Count("daily", 1), rule.Done("once-levels")), every(rule.Daily),
			[]string{`all[1].done: "once-levels": a gate of a task done every period must be on a plain task with a single target of 1`}},
		{"S11 a derived gate where a day is done", rule.All(rule.Count("daily", 1), rule.Done("d-once")), every(rule.Daily),
			[]string{`all[1].done: "d-once": a gate of a task done every period must be on a plain task with a single target of 1`}},
		{"S11 a derived gate that ends later", rule.Done("d-once"), late,
			[]string{`done: "d-once": is derived and must end by 2026-06-11T00:00:00Z, when what reads it ends`}},
		{"S11 a derived gate that ends a moment later", rule.Done("d-once-early"), within(rule.Window{End: days(10, 0).Add(-time.Microsecond)}),
			[]string{`done: "d-once-early": is derived and must end by 2026-06-10T23:59:59Z, when what reads it ends`}},

		{"S8 a week does not lie in a day", rule.Count("weekly", 1), every(rule.Daily), []string{`count: "weekly": is weekly, and periods of a daily task do not hold whole ones of it`}},
		{"S8 a week does not lie in a month", rule.Count("weekly", 1), every(rule.Monthly), []string{`count: "weekly": is weekly, and periods of a monthly task do not hold whole ones of it`}},
		{"S8 a month does not lie in a week", rule.Count("monthly", 1), every(rule.Weekly), []string{`count: "monthly": is monthly, and periods of a weekly task do not hold whole ones of it`}},
		{"S8 a derived week does not lie in a month", rule.Count("d-weekly", 1), every(rule.Monthly), []string{`count: "d-weekly": is weekly, and periods of a monthly task do not hold whole ones of it`}},
		{"S8 a once task with times is no gate", rule.Count("once-twice", 1), every(rule.Daily), []string{`count: "once-twice": is once, and periods of a daily task do not hold whole ones of it`}},
		{"S8 S12 open in every period", rule.Any(rule.Count("daily", 1), rule.Done("once")), every(rule.Daily),
			[]string{`would be done in every period once its gates are open; add a leaf that is counted in the period`}},
		{"S8 S12 open with k gates", rule.AtLeast(2, rule.Count("daily", 1), rule.Done("once"), rule.Done("once-early")), every(rule.Weekly),
			[]string{`would be done in every period once its gates are open; add a leaf that is counted in the period`}},

		{"S10 a window that ends within a day", rule.Count("d-daily", 1), within(rule.Window{End: days(10, 9)}),
			[]string{`count: "d-daily": the window that reads a derived task must end where a day of it does, such as 2026-06-12T00:00:00Z, or not before the task`}},
		{"S10 a window that ends within a week", rule.Streak("d-weekly", 1), within(span(0, 10)),
			[]string{`streak: "d-weekly": the window that reads a derived task must end where a week of it does, such as 2026-06-15T00:00:00Z, or not before the task`}},
		{"S10 a window that ends within a month", rule.Count("d-monthly", 1), within(span(0, 14)),
			[]string{`count: "d-monthly": the window that reads a derived task must end where a month of it does, such as 2026-07-01T00:00:00Z, or not before the task`}},
		{"S10 a derived task that ends a moment after the window", rule.Count("d-daily-early", 1), within(rule.Window{End: days(9, 20)}),
			[]string{`count: "d-daily-early": the window that reads a derived task must end where a day of it does, such as 2026-06-11T00:00:00Z, or not before the task`}},

		{"every fault at once", rule.All(rule.Count("once", 2), rule.Sum("daily", "n", dec("1")), rule.Any(rule.Done("free"), rule.Count("free", 1).Where("n >"))), rule.Scope{}, []string{
			`all[0].n: "2": task once is done once`, `all[1].sum: "daily": ` + simple,
			`all[2].any[0].done: "free": is unlimited; done reads a task that is done once, with times 1`,
			"all[2].any[1].where: 1:4: something is missing at the end\n | n >\n | ...^"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := rule.Compile(tt.rule, tt.scope, utcPeriods(), fixtureTask)
			wantFaults(t, err, tt.want...)
			if p != nil {
				t.Error("a program came with the error")
			}
		})
	}
}

// TestCompile_S21_refusesWhatCanNeverMatch holds that a rule whose windows leave no room is refused with the leaf that has none.
func TestCompile_S21_refusesWhatCanNeverMatch(t *testing.T) {
	fits := func(leaf string) string { return "can never match: " + leaf + " does not fit into the windows" }
	tests := []struct {
		name  string
		rule  rule.Rule
		scope rule.Scope
		want  string
	}{
		{"a window after the task's", rule.Count("daily-early", 1), within(span(10, 20)), fits(" count of task daily-early")},
		{"a window before the task's", rule.Count("daily-early", 1), within(span(-5, 0)), fits(" count of task daily-early")},
		{"more days than the window has", rule.Count("daily", 8), within(span(0, 7)), fits(" count of task daily")},
		{"more days than the window and the task share", rule.All(rule.Count("daily-early", 4)), within(span(7, 100)), fits("all[0] count of task daily-early")},
		{"more times than the days have", rule.Count("twice", 15), within(span(0, 7)), fits(" count of task twice")},
		{"a streak longer than the window", rule.Streak("daily", 8), within(span(0, 7)), fits(" streak of task daily")},
		{"a streak of days of an unlimited task", rule.Streak("free", 8), within(span(0, 7)), fits(" streak of task free")},
		{"a streak of derived days longer than the task's window", rule.Streak("d-daily-early", 11), rule.Scope{}, fits(" streak of task d-daily-early")},
		{"a streak of days longer than a week", rule.Streak("daily", 8), every(rule.Weekly), fits(" streak of task daily")},
		{"a streak of days longer than a month", rule.Streak("daily", 32), every(rule.Monthly), fits(" streak of task daily")},
		{"two days in a day", rule.Count("daily", 2), every(rule.Daily), fits(" count of task daily")},
		{"two derived days in a day", rule.Count("d-daily", 2), every(rule.Daily), fits(" count of task d-daily")},
		{"eight derived days in a week", rule.Count("d-daily", 8), every(rule.Weekly), fits(" count of task d-daily")},
		{"three completions of twice", rule.Count("once-twice", 3), rule.Scope{}, fits(" count of task once-twice")},
		{"a gate whose task starts when the window ends", rule.Done("once-late"), within(span(0, 100)), fits(" done of task once-late")},
		{"one child of an All", rule.All(rule.Count("daily", 1), rule.Streak("daily", 8)), within(span(0, 7)), fits("all[1] streak of task daily")},
		{"every child of an Any", rule.Any(rule.Count("daily", 8), rule.Done("once-late")), within(span(0, 7)), fits("any[0] count of task daily")},
		{"one child left of two", rule.AtLeast(2, rule.Count("daily", 1), rule.Streak("daily", 8)), within(span(0, 7)), fits("of[1] streak of task daily")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rule.Compile(tt.rule, tt.scope, utcPeriods(), fixtureTask)
			wantFaults(t, err, tt.want)
		})
	}
}

func TestCompile_accepts(t *testing.T) {
	tests := []struct {
		name  string
		rule  rule.Rule
		scope rule.Scope
	}{
		{"the zero rule", rule.Rule{}, rule.Scope{}},
		{"the seed", rs000910(), within(rule.Window{Start: days(0, 9)})},
		{"S9 Count 1 on a once task", rule.Count("once", 1), rule.Scope{}},
		{"S9 Streak 1 on a once task", rule.Streak("once", 1), rule.Scope{}},
		{"S9 Count 2 on a once task with times", rule.Count("once-twice", 2), rule.Scope{}},
		{"S9 sums of an int and a decimal", rule.All(rule.Sum("free", "n", dec("0.5")), rule.Sum("free", "d", dec("100"))), rule.Scope{}},
		{"S9 values of every kind", rule.All(rule.Distinct("free", "s", 1), rule.Distinct("free", "b", 2), rule.Distinct("free", "t", 3), rule.Distinct("free", "l", 4)), rule.Scope{}},
		{"S9 conditions on a sum and on values", rule.All(rule.Sum("free", "n", dec("1")).Where("b"), rule.Distinct("free", "s", 1).Where("n > 1")), rule.Scope{}},
		{"S9 each level", rule.All(rule.Count("daily-levels", 1).AtLevel(1), rule.Streak("daily-levels", 2).AtLevel(3), rule.Count("daily-levels", 1)), rule.Scope{}},
		{"S11 Done at a level", rule.Done("once-levels").AtLevel(1), rule.Scope{}},
		{"S11 a derived gate that ends with the window", rule.Done("d-once-early"), within(span(0, 10))},
		{"S11 a derived gate where the window has no end", rule.Done("d-once"), rule.Scope{}},
		{"S8 a once derived task reads any", rule.All(rule.Count("weekly", 2), rule.Count("once-twice", 2), rule.Done("d-once"), rule.Streak("d-monthly", 2)), every(rule.Once)},
		{"S8 a once derived task may be open", rule.Done("once"), every(rule.Once)},
		{"S8 days in a week", rule.Streak("daily", 7), every(rule.Weekly)},
		{"S8 days in a month", rule.Count("daily", 31), every(rule.Monthly)},
		{"S8 derived days in a month", rule.All(rule.Count("d-daily", 20), rule.Count("free", 3)), every(rule.Monthly)},
		{"S8 derived in derived of one period", rule.Count("d-weekly", 1), every(rule.Weekly)},
		{"S8 a gate beside a leaf", rule.All(rule.Count("free", 1), rule.Done("once")), every(rule.Daily)},
		{"S8 gates fewer than k", rule.AtLeast(2, rule.Count("free", 1), rule.Done("once")), every(rule.Daily)},
		{"S10 a window that ends with a day", rule.Count("d-daily", 1), within(rule.Window{End: days(10, 0)})},
		{"S10 a window that ends with a week", rule.Count("d-weekly", 1), within(span(3, 14))},
		{"S10 a window that ends with the task", rule.Count("d-daily-early", 1), within(span(0, 10))},
		{"S10 a window that ends within a day, after the task", rule.Count("d-daily-early", 1), within(rule.Window{End: days(10, 9)})},
		{"as many days as the window has", rule.Streak("daily", 7), within(span(0, 7))},
		{"a day that the window only touches", rule.Count("daily", 8), within(rule.Window{Start: days(0, 23), End: days(7, 1)})},
		{"as many times as the days have", rule.Count("twice", 14), within(span(0, 7))},
		{"a gate from before the window", rule.Done("once-early"), within(span(50, 60))},
		{"a gate whose task starts just before the end", rule.Done("once-late"), within(rule.Window{End: days(100, 1)})},
		{"one child of an Any that never matches", rule.Any(rule.Count("daily", 1), rule.Streak("daily", 8)), within(span(0, 7))},
		{"one child too many in an AtLeast", rule.AtLeast(1, rule.Count("daily", 1), rule.Streak("daily", 8)), within(span(0, 7))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := compileOK(t, tt.rule, tt.scope)
			if !p.Rule().Equal(tt.rule) {
				t.Errorf("the program is of %+v", p.Rule())
			}
			if got := p.Matches(nil); got != 0 {
				t.Errorf("%d matches of nothing", got)
			}
		})
	}
}

func TestCompile_aTaskWithoutATargetIsAFault(t *testing.T) {
	for name, target := range map[string]rule.Target{"none": {}, "no times": {Levels: []int64{1}}, "no levels": {Times: 1},
		"a level of 0": {Levels: []int64{0}, Times: 1}, "levels that fall": {Levels: []int64{2, 1}, Times: 1}} {
		t.Run(name, func(t *testing.T) {
			find := func(code string) (rule.Task, bool) {
				return rule.Task{Code: code, Period: rule.Daily, Target: target}, true
			}
			_, err := rule.Compile(rule.All(rule.Count("x", 1)), rule.Scope{}, utcPeriods(), find)
			wantFaults(t, err, `all[0].count: "x": has no target: levels above 0 that rise, and times of at least 1`)
		})
	}
}

// TestCompile_S10_aDerivedTaskCountsFromThePeriodOfThePut holds which periods a leaf on a derived task reads.
func TestCompile_S10_aDerivedTaskCountsFromThePeriodOfThePut(t *testing.T) {
	day := func(n int) int64 { return utcPeriods().Ordinal(rule.Day, days(n, 0)) }
	tests := []struct {
		name   string
		scope  rule.Scope
		outer  rule.Window
		lo, hi int64
	}{
		{"the window", within(span(3, 9)), rule.Window{}, day(3), day(8)},
		{"a window that starts within a day", within(rule.Window{Start: days(3, 9), End: days(9, 0)}), rule.Window{}, day(3), day(8)},
		{"put within the window", rule.Scope{Window: span(3, 9), Put: days(5, 9)}, rule.Window{}, day(5), day(8)},
		{"put as a day begins", rule.Scope{Window: span(3, 9), Put: days(5, 0)}, rule.Window{}, day(5), day(8)},
		{"put before the window", rule.Scope{Window: span(3, 9), Put: days(1, 9)}, rule.Window{}, day(3), day(8)},
		{"an outer week", rule.Scope{Window: span(3, 9), Derived: true, Period: rule.Weekly}, span(0, 7), day(3), day(6)},
		{"the next outer week", rule.Scope{Window: span(3, 9), Derived: true, Period: rule.Weekly}, span(7, 14), day(7), day(8)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := compileOK(t, rule.Count("d-daily", 1), tt.scope)
			l := &p.Leaves()[0]
			if l.Source != rule.FromPeriods || l.Track != nil {
				t.Fatalf("source %d, track %v", l.Source, l.Track)
			}
			if lo, hi := p.Periods(l, tt.outer); lo != tt.lo || hi != tt.hi {
				t.Errorf("reads %d to %d, want %d to %d", lo, hi, tt.lo, tt.hi)
			}
		})
	}
}
