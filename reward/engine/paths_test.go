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

func TestPut_S21_everyFaultIsReportedAtOnceByPath(t *testing.T) {
	b := setup(t, counter("order"))
	backwards := rule.Window{Start: b.at(2, 0, 0), End: b.at(1, 0, 0)}
	b.refuse([]string{
		"asset A.b: scale",
		"task_group g.1: title",
		"task t.1: levels[1]", "task t.1: window.end", "task t.1: group", "task t.1: where",
		"reward_group G: cap",
		"reward R.1: amount", "reward R.1: rule.all[0].count", "reward R.1: rule.all[1].done", "reward R.1: limit.cycle",
		"reward R.1: excludes", "reward R.1: claim_within", "reward R.1: keep_rejected", "reward R.1: window.end",
	},
		ledger.Asset{Code: "A.b", Scale: 19},
		task.Group{Code: "g.1", Title: "\x00"},
		task.Config{Code: "t.1", Levels: []int64{2, 2}, Window: backwards, Group: "none", Where: "total > 1"},
		reward.Group{Code: "G", CapBlocks: true, Cap: ledger.Whole("gold", -1)},
		reward.Config{Code: "R.1", Amount: ledger.Whole("gold", 1), Rule: rule.All(rule.Count("none", 1), rule.Done("order")),
			Limit: rule.Limit{PerCycle: 1}, Excludes: []string{"none"}, ClaimWithin: reward.Duration(time.Hour), KeepRejected: true, Window: backwards},
	)
}

func TestPut_theCalendarsFaults(t *testing.T) {
	b := setup(t)
	b.refuse([]string{"calendar.zone", "calendar.first_day", "calendar.day_start", "calendar.lateness", "calendar.skew"},
		rule.Calendar{Zone: "Mars/Base", FirstDay: "Monday", DayStart: 24, Lateness: 367 * 24 * time.Hour, Skew: 25 * time.Hour})
}

func TestPut_refusesWhatIsNoDocument(t *testing.T) {
	b := setup(t)
	for _, d := range []engine.Document{nil, "task", &task.Config{Code: "a"}, task.Event{}} {
		b.refuse([]string{""}, d)
	}
	b.refuse([]string{"task a"}, counter("a"), counter("a"))
}
