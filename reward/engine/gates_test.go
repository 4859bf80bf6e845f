package engine_test

import (
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

func TestGate_S11_countsWhatWasDoneBeforeTheWindowAndBeforeThePut(t *testing.T) {
	b := setup(t, task.Config{Code: "profile"}, counter("order"))
	b.did("lin", "profile")
	b.day(200)
	r := reward.Config{Code: "R", Amount: points(1), Rule: rule.All(rule.Count("order", 1), rule.Done("profile")),
		Window: rule.Window{Start: b.at(201, 0, 0), End: b.at(210, 0, 0)}}
	b.put(r)
	want(t, "before the window begins", len(b.did("lin", "order").Rewards), 0)
	b.day(201)
	want(t, "the gate is open", len(b.did("lin", "order").Rewards), 1)
	want(t, "and not consumed", len(b.did("lin", "order").Rewards), 1)
	want(t, "closed for others", len(b.did("zoe", "order").Rewards), 0)
}

func TestGate_S11_doesNotCountWhatIsDoneAfterTheWindowsEnd(t *testing.T) {
	b := setup(t, task.Config{Code: "profile"}, counter("order"))
	r := reward.Config{Code: "R", Amount: points(1), Rule: rule.All(rule.Count("order", 1), rule.Done("profile")),
		Window: rule.Window{Start: b.at(1, 0, 0), End: b.at(3, 0, 0)}}
	b.put(r)
	b.day(2)
	for _, user := range []string{"late", "in-time", "both"} {
		b.did(user, "order")
	}
	b.day(4)
	want(t, "at the end", len(b.doneAt("late", "profile", b.at(3, 0, 0)).Rewards), 0)
	want(t, "just before it", len(b.doneAt("in-time", "profile", b.at(3, 0, 0).Add(-time.Microsecond)).Rewards), 1)
	want(t, "after it", len(b.did("both", "profile").Rewards), 0)
	want(t, "a late one inside it", len(b.doneAt("both", "profile", b.at(2, 23, 0)).Rewards), 1)
}

// A task with levels whose growth passes the window's end needs a tally of its own: the record alone cannot tell what was
// reached before.
func TestGate_S11_growthThatPassesTheWindowsEnd(t *testing.T) {
	for _, order := range []string{"put first", "put between", "put last"} {
		t.Run(order, func(t *testing.T) {
			b := setup(t, task.Config{Code: "read", Levels: []int64{5, 10}}, counter("order"))
			r := reward.Config{Code: "R", Amount: points(1), Rule: rule.All(rule.Count("order", 1), rule.Count("read", 1)),
				Window: rule.Window{Start: b.at(1, 0, 0), End: b.at(3, 0, 0)}}
			low := r
			low.Code, low.Rule = "low", rule.All(rule.Count("order", 1), rule.Rule{Op: rule.OpDone, Task: "read", Level: 1})
			put := func(when string) {
				if when == order {
					b.put(r, low)
				}
			}
			read := func(growth int64, at time.Time) {
				b.record(task.Event{User: "lin", Task: "read", Growth: growth, Time: at})
			}
			put("put first")
			b.day(2)
			read(6, time.Time{})
			put("put between")
			b.day(4)
			read(4, time.Time{}) // the task is done, but after the end
			put("put last")
			out := b.doneAt("lin", "order", b.at(2, 20, 0))
			want(t, "the first level counts", [][]int64{numbers(out.Rewards), numbers(b.records("lin", "low"))}, "[[1] [1]]")
			want(t, "the whole does not", len(b.records("lin", "R")), 0)
			want(t, "explained", b.explain("lin", "R").Progress.Of[1].Met, false)
			read(4, b.at(2, 21, 0))
			want(t, "late growth inside the window does", numbers(b.records("lin", "R")), "[1]")
		})
	}
}

func TestGate_S11_ofADerivedTask(t *testing.T) {
	b := setup(t, append(both(), task.Config{Code: "two", Rule: rule.Count("both", 2), Window: rule.Window{End: dayStart(t, 10)}}, counter("order"))...)
	r := reward.Config{Code: "G", Amount: points(1), Rule: rule.All(rule.Done("two"), rule.Count("order", 1)), Window: rule.Window{End: dayStart(t, 10).Add(-time.Hour)}}
	b.refuse([]string{"reward G: rule.all[0].done"}, r)
	r.Window.End = dayStart(t, 10)
	b.put(r)
	for day := 1; day <= 2; day++ {
		b.day(day)
		want(t, "not yet", len(b.did("lin", "order").Rewards), 0)
		b.did("lin", "a")
		b.did("lin", "b")
	}
	want(t, "what waited for the gate", numbers(b.records("lin", "G")), "[1 2]")
}

func TestGate_S11_conditionsAreRefused(t *testing.T) {
	b := setup(t, task.Config{Code: "profile", Attrs: rule.Schema{"n": rule.Int}}, counter("order"))
	b.refuse([]string{"reward R: rule.where"}, reward.Config{Code: "R", Amount: points(1), Rule: rule.Count("profile", 1).Where("n > 1")})
	b.refuse([]string{"reward R: rule.where"}, reward.Config{Code: "R", Amount: points(1), Rule: rule.Done("profile").Where("n > 1")})
	b.refuse([]string{"reward R: rule.done"}, reward.Config{Code: "R", Amount: points(1), Rule: rule.Done("order")})
}
