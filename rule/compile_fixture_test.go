package rule_test

import (
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// seedDay is a Monday and the first of a month, in UTC.
var seedDay = time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)

// days gives an instant some days and hours after seedDay.
func days(n, hours int) time.Time {
	return seedDay.AddDate(0, 0, n).Add(time.Duration(hours) * time.Hour)
}

// span is a window of whole days counted from seedDay.
func span(from, to int) rule.Window { return rule.Window{Start: days(from, 0), End: days(to, 0)} }

func utcPeriods() *rule.Periods {
	p, err := rule.Calendar{}.Periods()
	if err != nil {
		panic(err)
	}
	return p
}

// target1 is the target of the simplest task: done once in its period.
func target1() rule.Target { return rule.Target{Levels: []int64{1}, Times: 1} }

func fixtureAttrs() rule.Schema {
	return rule.Schema{"s": rule.String, "b": rule.Bool, "n": rule.Int, "d": rule.Decimal, "t": rule.Time, "l": rule.Strings}
}

// fixtureTask gives the tasks that tests of compiled rules read. The name says what the task is.
func fixtureTask(code string) (rule.Task, bool) {
	endless := rule.Target{Levels: []int64{1}, Times: rule.Unbounded}
	tasks := []rule.Task{
		{Code: "once", Target: target1()},
		{Code: "once-levels", Target: rule.Target{Levels: []int64{3, 7}, Times: 1}},
		{Code: "once-early", Target: target1(), Window: span(0, 10)},
		{Code: "once-late", Target: target1(), Window: span(100, 110)},
		{Code: "once-twice", Target: rule.Target{Levels: []int64{2}, Times: 2}},
		{Code: "free", Period: rule.Unlimited, Target: endless},
		{Code: "free5", Period: rule.Unlimited, Target: rule.Target{Levels: []int64{5}, Times: rule.Unbounded}},
		{Code: "daily", Period: rule.Daily, Target: target1()},
		{Code: "daily-levels", Period: rule.Daily, Target: rule.Target{Levels: []int64{3, 7, 10}, Times: 1}},
		{Code: "daily5", Period: rule.Daily, Target: rule.Target{Levels: []int64{5}, Times: 1}},
		{Code: "daily-early", Period: rule.Daily, Target: target1(), Window: span(0, 10)},
		{Code: "twice", Period: rule.Daily, Target: rule.Target{Levels: []int64{2}, Times: 2}},
		{Code: "weekly", Period: rule.Weekly, Target: target1()},
		{Code: "monthly", Period: rule.Monthly, Target: target1()},
		{Code: "d-once", Target: target1(), Derived: true},
		{Code: "d-once-early", Target: target1(), Window: span(0, 10), Derived: true},
		{Code: "d-daily", Period: rule.Daily, Target: target1(), Derived: true},
		{Code: "d-daily-early", Period: rule.Daily, Target: target1(), Window: span(0, 10), Derived: true},
		{Code: "d-weekly", Period: rule.Weekly, Target: target1(), Derived: true},
		{Code: "d-monthly", Period: rule.Monthly, Target: target1(), Derived: true},
		{Code: "TS000061", Period: rule.Daily, Target: target1()},
		{Code: "TS000012", Target: target1()},
		{Code: "TS000013", Target: target1()},
		{Code: "TS000014", Target: target1()},
	}
	for _, t := range tasks {
		if t.Code == code {
			if !t.Derived {
				t.Attrs = fixtureAttrs()
			}
			return t, true
		}
	}
	return rule.Task{}, false
}

func compileOK(t testing.TB, r rule.Rule, scope rule.Scope) *rule.Program {
	t.Helper()
	p, err := rule.Compile(r, scope, utcPeriods(), fixtureTask)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compiledSeed(t testing.TB) *rule.Program {
	return compileOK(t, rs000910(), rule.Scope{Window: rule.Window{Start: seedDay.Add(-100000 * time.Hour)}})
}
