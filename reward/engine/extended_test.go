package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A campaign is extended: the windows of a derived task on b and of a reward on a and b end later. An event of a has b counted
// again and has nothing to do with the derived task. The day on which the window was closed is done all the same.
func TestRecord_S21_missedPeriodsAreDoneWhoeverCountsAgain(t *testing.T) {
	for first, days := range map[string]string{"b": "[1 2 3 4]", "a": "[1 2 3]"} { // days 3, 5, 6, and 4 if b was done
		t.Run(first, func(t *testing.T) {
			b := setup(t, counter("a"), counter("b"))
			d := task.Config{Code: "d", Period: rule.Daily, Rule: rule.Count("b", 1), Window: rule.Window{End: b.at(2, 0, 0)}}
			both := reward.Config{Code: "both", Amount: points(1), Rule: rule.All(rule.Count("a", 1), rule.Count("b", 1)), Window: d.Window}
			b.put(d, both, each("days", "d"))
			b.day(3)
			b.did("lin", "b")
			b.day(4)
			d.Window.End, both.Window.End = b.at(20, 0, 0), b.at(20, 0, 0)
			b.put(d, both)
			b.did("lin", first)
			for day := 5; day <= 6; day++ {
				b.day(day)
				b.did("lin", "b")
			}
			want(t, "days done", numbers(b.records("lin", "days")), days)
		})
	}
}

// What was counted in a period is let go of once no event can belong to it any more. It is found again where a day of that
// period turns out to be done, also by a week whose own window never moved.
func TestRecord_S21_missedPeriodsAreDoneHoweverLongAgo(t *testing.T) {
	for _, moves := range []string{"the day's end", "both ends"} {
		t.Run(moves, func(t *testing.T) {
			b := setup(t, counter("b"), counter("c"))
			d := task.Config{Code: "d", Period: rule.Daily, Rule: rule.Count("b", 1), Window: rule.Window{End: b.at(2, 0, 0)}}
			w := task.Config{Code: "w", Period: rule.Weekly, Rule: rule.All(rule.Count("d", 1), rule.Count("c", 1))}
			if moves == "both ends" {
				w.Window.End = b.at(14, 0, 0)
			}
			b.put(d, w, each("weeks", "w"))
			b.day(3)
			b.did("lin", "b")
			b.did("lin", "c")
			b.day(16)
			d.Window.End = b.at(90, 0, 0)
			if moves == "both ends" {
				w.Window.End = b.at(91, 0, 0)
			}
			b.put(d, w)
			b.did("lin", "c")
			want(t, "weeks before the day is done", len(b.records("lin", "weeks")), 0)
			b.day(30)
			b.did("lin", "b")
			want(t, "weeks", len(b.records("lin", "weeks")), 1)
		})
	}
}

// A unit may end before the event that needs what was counted again.
func TestRecordBatch_S6_missedPeriodsAreDoneInALaterUnit(t *testing.T) {
	for _, batch := range []bool{false, true} {
		b := setup(t, counter("buy"), counter("login"))
		d := task.Config{Code: "d", Period: rule.Daily, Rule: rule.Count("buy", 1), Window: rule.Window{End: b.at(2, 0, 0)}}
		b.put(d, each("days", "d"))
		for day := 2; day <= 4; day++ {
			b.day(day)
			b.did("lin", "buy")
		}
		d.Window.End = b.at(90, 0, 0)
		b.put(d)
		b.enforce(64)
		var events []task.Event
		for i := range 60 {
			events = append(events, task.Event{ID: fmt.Sprint("l", i), User: "lin", Task: "login"})
		}
		results := b.send(batch, append(events, task.Event{ID: "b", User: "lin", Task: "buy"})...)
		want(t, fmt.Sprint("days done, in a batch ", batch), tasksOf(b, results[60].Outcome), "[d@2 d@3 d@4]")
	}
}

// histories counts, from now on, how often stored events are read to be counted again.
func (b *bench) histories() *int {
	n := 0
	b.st.load = func(_ context.Context, r store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		for _, k := range r.Keys {
			if slices.ContainsFunc(k.Parts, func(p store.Part) bool { return p.Index == store.IndexCauseTask }) {
				n++
			}
		}
		return next()
	}
	return &n
}

// What two leaves share is complete where one of them was all the time, and is not counted again because the other's end moved.
func TestRecord_S13_whatIsCompleteIsNotReadAgain(t *testing.T) {
	b := setup(t, counter("t"))
	always, extended := each("always", "t"), each("extended", "t")
	extended.Window.End = b.at(3, 0, 0)
	b.put(always, extended)
	b.did("lin", "t")
	b.day(4)
	b.did("lin", "t")
	extended.Window.End = time.Time{}
	b.put(extended)
	reads := b.histories()
	want(t, "both days and the new event", numbers(b.did("lin", "t").Rewards), "[3 2 3]")
	want(t, "histories read", *reads, 0)
}

// After a window's end moved a user's events are read again once, and a new user has none.
func TestRecord_S21_eventsAreReadAgainOnce(t *testing.T) {
	b := setup(t, counter("t"))
	d := task.Config{Code: "d", Period: rule.Daily, Rule: rule.Count("t", 2), Window: rule.Window{End: b.at(3, 0, 0)}}
	b.put(d)
	b.did("lin", "t")
	d.Window.End = b.at(90, 0, 0)
	b.put(d)
	reads := b.histories()
	for day := 2; day <= 3; day++ {
		b.day(day)
		b.did("lin", "t")
		b.did("mei", "t")
	}
	want(t, "histories read of lin and mei", *reads, 1)
}
