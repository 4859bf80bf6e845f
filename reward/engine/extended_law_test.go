package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// An extended is a campaign whose windows close early and are then moved on, what a user did before, and what after.
type extended struct {
	base, closing, open []engine.Document
	early, late         []task.Event
	moved               int // the day of the move
}

var derivedCodes, rewardCodes = []string{"d1", "d2", "d3"}, []string{"R1", "R2", "R3"}

// drawExtended draws rules over three tasks and a gate, with derived tasks that feed each other and rewards on all of them.
func drawExtended(t *rapid.T) extended {
	var x extended
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	a, levels := counter("a"), counter("b")
	a.Attrs = rule.Schema{"shop": rule.String}
	if rapid.Bool().Draw(t, "levels") {
		levels = task.Config{Code: "b", Period: rule.Daily, Levels: []int64{2}}
	}
	x.base = []engine.Document{a, levels, counter("c"), task.Config{Code: "g"}}
	leaf := func() rule.Rule {
		switch code := one("task", "a", "b", "c"); one("leaf", "count", "count", "streak", "distinct") {
		case "distinct":
			return rule.Distinct("a", "shop", 2)
		case "streak":
			return rule.Streak(code, 1)
		default:
			return rule.Count(code, 1)
		}
	}
	tree := func() rule.Rule {
		switch one("node", "leaf", "leaf", "all", "any", "gate") {
		case "all":
			return rule.All(leaf(), leaf())
		case "any":
			return rule.Any(leaf(), leaf())
		case "gate":
			return rule.All(rule.Done("g"), leaf())
		}
		return leaf()
	}
	period := func(some ...rule.Period) rule.Period { return rapid.SampledFrom(some).Draw(t, "period") }
	d1 := task.Config{Code: "d1", Period: period(rule.Daily, rule.Once), Rule: tree()}
	d2 := task.Config{Code: "d2", Period: rule.Daily, Rule: tree()}
	d3 := task.Config{Code: "d3", Period: period(rule.Weekly, rule.Once)}
	days := rule.Count("d2", rapid.Int64Range(1, 2).Draw(t, "days"))
	d3.Rule = rapid.SampledFrom([]rule.Rule{rule.Any(days, leaf()), rule.All(days, leaf())}).Draw(t, "d3")
	r1 := reward.Config{Code: "R1", Amount: points(1), Rule: tree()}
	r2, r3 := each("R2", "d2"), reward.Config{Code: "R3", Amount: points(1), Rule: rule.All(rule.Count("d2", 1), leaf())}
	windows := []*rule.Window{&d1.Window, &d2.Window, &d3.Window, &r1.Window, &r2.Window, &r3.Window}
	closes := rapid.SliceOfN(rapid.Bool(), len(windows), len(windows)).Draw(t, "closes")
	closes[2], closes[4], closes[5] = closes[2] && closes[1], closes[4] && closes[1], closes[5] && closes[1] // what reads d2 ends no earlier
	for _, end := range []int{2, 60} {
		for i, w := range windows {
			if closes[i] {
				w.End = dayOf(end, 0)
			}
		}
		x.closing, x.open = x.open, []engine.Document{d1, d2, d3, r1, r2, r3}
	}
	id := 0
	event := func(at time.Time) task.Event {
		id++
		e := task.Event{ID: fmt.Sprint("e", id), User: "lin", Task: one("task", "a", "b", "c", "g"), Time: at, Growth: rapid.Int64Range(1, 2).Draw(t, "growth")}
		if e.Task == "a" {
			e.Attrs = rule.Attrs{"shop": one("shop", "x", "y", "z")}
		}
		return e
	}
	for day := 1; day <= 3; day++ {
		for range rapid.IntRange(0, 3).Draw(t, "early") {
			x.early = append(x.early, event(dayOf(day, rapid.IntRange(0, 23).Draw(t, "hour"))))
		}
	}
	x.moved = rapid.SampledFrom([]int{4, 20}).Draw(t, "moved on") // the second: long after what was counted was let go of
	for range rapid.IntRange(2, 6).Draw(t, "late") {
		x.late = append(x.late, event(dayOf(x.moved-rapid.IntRange(0, 2).Draw(t, "days ago"), rapid.IntRange(0, 12).Draw(t, "hour"))))
	}
	return x
}

// dayOf is an hour of a day of the bench's month.
func dayOf(day, hour int) time.Time {
	return rule.Calendar{Zone: "Asia/Shanghai"}.Date(2025, time.November, 3+day).Add(time.Duration(hour) * time.Hour)
}

// begin plays the campaign up to the move of its windows.
func (x extended) begin(t *testing.T) *bench {
	b := setup(t, x.base...)
	b.put(x.closing...)
	for _, e := range x.early {
		b.clk.now = dayOf(4, 0)
		b.record(e)
	}
	b.clk.now = dayOf(x.moved, 13)
	b.put(x.open...)
	return b
}

// end has every task happen once more, and says what came of all.
func (x extended) end(b *bench) string {
	b.day(x.moved + 2)
	for i, code := range []string{"a", "b", "c", "g", "a", "b", "c"} {
		b.record(task.Event{ID: fmt.Sprint("end", i), User: "lin", Task: code})
	}
	text := ""
	for _, code := range rewardCodes {
		e := b.explain("lin", code)
		text += fmt.Sprint(code, ": ", e.Matches, "/", e.Decided, " ")
	}
	for _, day := range []int{1, 2, 3, x.moved - 2, x.moved - 1, x.moved, x.moved + 2} {
		b.day(day)
		board, err := b.Board(b.ctx, "lin")
		if err != nil {
			b.t.Fatal(err)
		}
		for _, s := range board.Tasks {
			if slices.Contains(derivedCodes, s.Config.Code) && s.Record.Finished {
				text += fmt.Sprint(s.Config.Code, "@", day, " ")
			}
		}
	}
	return text
}

// After a window's end moved, what the events come to does not depend on their order, though the first of them has what it reads
// counted again, and others have not.
func TestRecord_S12_S21_orderDoesNotMatterAfterAMove(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := drawExtended(rt)
		other := rapid.Permutation(x.late).Draw(rt, "another order")
		var ends []string
		for _, late := range [][]task.Event{x.late, other} {
			b := x.begin(t)
			for _, e := range late {
				b.record(e)
			}
			ends = append(ends, x.end(b))
		}
		if ends[0] != ends[1] {
			rt.Fatalf("the orders come to\n%s\n%s", ends[0], ends[1])
		}
	})
}

// After a window's end moved, a batch is answered as its events are one by one, also where units are small.
func TestRecordBatch_S6_S21_equalsOneByOneAfterAMove(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := drawExtended(rt)
		rows := rapid.SampledFrom([]int{5000, 64, 48}).Draw(rt, "rows")
		var answers, ends []string
		for _, batch := range []bool{false, true} {
			b := x.begin(t)
			b.enforce(rows)
			answers = append(answers, answered(t, b.send(batch, x.late...)))
			ends = append(ends, x.end(b)+b.everything("lin"))
		}
		if answers[0] != answers[1] || ends[0] != ends[1] {
			rt.Fatalf("one by one\n%s\n%s\nin a batch\n%s\n%s", answers[0], ends[0], answers[1], ends[1])
		}
	})
}
