package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// moving is a reward for each kind of leaf, over one window.
func moving(end time.Time) []engine.Document {
	w := rule.Window{End: end}
	r := func(code string, of rule.Rule) reward.Config {
		return reward.Config{Code: code, Amount: points(1), Rule: of, Window: w}
	}
	return []engine.Document{
		r("count", rule.Count("order", 1)), r("days", rule.Streak("order", 2)), r("shops", rule.Distinct("order", "shop", 1)),
		r("sum", rule.Sum("order", "total", num("10"))), r("daily", rule.Count("sign-in", 1)),
		r("gate", rule.All(rule.Count("order", 1), rule.Count("read", 1))),
		task.Config{Code: "derived", Rule: rule.All(rule.Count("order", 3), rule.Distinct("order", "shop", 3)), Window: w},
	}
}

func movingTasks() []engine.Document {
	order := counter("order")
	order.Attrs = rule.Schema{"shop": rule.String, "total": rule.Decimal}
	return []engine.Document{order, task.Config{Code: "sign-in", Period: rule.Daily}, task.Config{Code: "read", Levels: []int64{4}}}
}

// aDay records a day of a user: two orders at one shop, a sign-in, some reading.
func aDay(b *bench, user string, day int) {
	b.day(day)
	for range 2 {
		b.record(task.Event{User: user, Task: "order", Attrs: rule.Attrs{"shop": fmt.Sprint("shop", day), "total": "5"}})
	}
	b.did(user, "sign-in")
	b.did(user, "read")
}

func matches(b *bench, user string) string {
	text := ""
	for _, code := range []string{"count", "days", "shops", "sum", "daily", "gate"} {
		x := b.explain(user, code)
		text += fmt.Sprint(code, " ", x.Matches, "/", x.Decided, " ")
	}
	return text
}

func TestPut_S21_aLaterWindowEndRecountsFromStoredEvents(t *testing.T) {
	b := setup(t, movingTasks()...)
	b.put(moving(b.at(3, 0, 0))...)
	for day := 1; day <= 4; day++ {
		aDay(b, "lin", day)
	}
	want(t, "inside two days", matches(b, "lin"), "count 4/4 days 1/1 shops 2/2 sum 2/2 daily 2/2 gate 0/0 ")
	b.put(moving(b.at(5, 0, 0))...)
	want(t, "shown at once", matches(b, "lin"), "count 8/4 days 2/1 shops 4/2 sum 4/2 daily 4/2 gate 8/0 ")
	b.day(6)
	out := b.did("lin", "order") // outside the window: it decides what became due, and is no match
	want(t, "decided by the next event", matches(b, "lin"), "count 8/8 days 2/2 shops 4/4 sum 4/4 daily 4/2 gate 8/8 ")
	want(t, "records", len(out.Rewards), 4+1+2+2+8)
	want(t, "the derived task", len(out.Tasks), 2)
	want(t, "those on another task wait for it", len(b.did("lin", "sign-in").Rewards), 2)
	want(t, "nothing is left", len(b.did("lin", "order").Rewards), 0)
}

func TestPut_S21_anEarlierWindowEndTakesNothingBack(t *testing.T) {
	b := setup(t, movingTasks()...)
	b.put(moving(b.at(9, 0, 0))...)
	for day := 1; day <= 4; day++ {
		aDay(b, "lin", day)
	}
	before := matches(b, "lin")
	want(t, "inside", before, "count 8/8 days 2/2 shops 4/4 sum 4/4 daily 4/4 gate 8/8 ")
	b.put(moving(b.at(3, 0, 0))...)
	b.day(5)
	b.did("lin", "order")
	b.did("lin", "sign-in")
	want(t, "recounted", matches(b, "lin"), "count 4/8 days 1/2 shops 2/4 sum 2/4 daily 2/4 gate 0/8 ")
	want(t, "points", b.has("lin", "points"), "30")
	b.put(moving(b.at(6, 0, 0))...)
	b.record(task.Event{User: "lin", Task: "order", Attrs: rule.Attrs{"shop": "shop1", "total": "5"}})
	want(t, "and back: what was decided is not decided again", matches(b, "lin"), "count 10/10 days 2/2 shops 4/4 sum 4/4 daily 5/4 gate 10/10 ")
}

func TestPut_S21_aMovedEndCountsOnlyEventsSinceTheRewardWasPut(t *testing.T) {
	b := setup(t, movingTasks()...)
	aDay(b, "lin", 1)
	b.put(moving(b.at(3, 0, 0))...)
	aDay(b, "lin", 2)
	aDay(b, "lin", 3)
	b.put(moving(b.at(9, 0, 0))...)
	aDay(b, "lin", 4)
	want(t, "days 2 to 4", matches(b, "lin"), "count 6/6 days 1/1 shops 3/3 sum 3/3 daily 3/3 gate 6/6 ")
}

func TestPut_S21_aMovedEndOfADerivedTaskCompletesWhatItMissed(t *testing.T) {
	docs := func(end time.Time) []engine.Document {
		return []engine.Document{
			task.Config{Code: "both", Period: rule.Daily, Rule: rule.All(rule.Count("a", 1), rule.Count("b", 2)), Window: rule.Window{End: end}},
			each("R", "both")}
	}
	for _, next := range []string{"a good event", "an ignored event"} {
		t.Run(next, func(t *testing.T) {
			a := counter("a")
			a.Attrs, a.Where = rule.Schema{"bad": rule.Bool}, "not has(bad)"
			b := setup(t, a, counter("b"))
			b.put(docs(b.at(2, 0, 0))...)
			for day := 1; day <= 9; day++ {
				b.day(day)
				for _, code := range []string{"a", "b", "b"} {
					if day != 5 {
						b.did("lin", code)
					}
				}
			}
			want(t, "one day", numbers(b.records("lin", "R")), "[1]")
			b.put(docs(b.at(9, 0, 0))...)
			if next == "an ignored event" {
				out := b.record(task.Event{User: "lin", Task: "a", Attrs: rule.Attrs{"bad": true}})
				want(t, "ignored", out.Ignored, task.Unmet)
			}
			b.did("lin", "a")
			want(t, "seven days", numbers(b.records("lin", "R")), "[1 2 3 4 5 6 7]")
		})
	}
}

func TestPut_S13_aTallyEqualsARecountOfItsEvents(t *testing.T) {
	b := setup(t, movingTasks()...)
	r := reward.Config{Code: "R", Amount: points(1), Rule: rule.Count("order", 1), Window: rule.Window{Start: b.at(3, 0, 0)}}
	b.put(r)
	b.day(1)
	b.did("lin", "order")
	b.day(2)
	b.did("lin", "order") // in no window yet
	b.day(3)
	want(t, "from the start on", numbers(b.did("lin", "order").Rewards), "[1]")
}

// A board explains a derived task by what the next event will count, as it explains rewards.
func TestBoard_S21_aMovedEndShowsInTheProgressOfADerivedTask(t *testing.T) {
	d := task.Config{Code: "derived", Rule: rule.Count("t", 3)}
	b := setup(t, counter("t"))
	d.Window.End = b.at(3, 0, 0)
	b.put(d)
	for day := 2; day <= 3; day++ {
		b.day(day)
		b.did("lin", "t")
	}
	d.Window.End = b.at(6, 0, 0)
	b.put(d)
	board, err := b.Board(b.ctx, "lin")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range board.Tasks {
		if x.Progress != nil {
			want(t, "counted in all", x.Progress.Have, 2)
		}
	}
}
