package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// smallUnits are the limits of a store that takes as little as a store may.
func smallUnits(l store.Limits) store.Limits {
	l.Units, l.Rows, l.RowsPerUnit = 2, 100, 64
	return l
}

func TestRecord_S7_everyShapeOfATask(t *testing.T) {
	type step struct {
		day    int
		growth int64
		finish bool
		want   string // level growth/max times finished, or the reason it was ignored
	}
	for _, c := range []struct {
		name  string
		task  task.Config
		steps []step
	}{
		{"once", task.Config{}, []step{{1, 0, false, "1 1/1 1 true"}, {9, 0, false, "completed"}}},
		{"once, five times", task.Config{Times: 5}, []step{{1, 0, false, "1 0/1 1 false"}, {2, 3, false, "1 0/1 4 false"}, {2, 9, false, "1 1/1 5 true"}, {3, 0, false, "completed"}}},
		{"daily", task.Config{Period: rule.Daily}, []step{{1, 0, false, "1 1/1 1 true"}, {1, 0, false, "completed"}, {2, 0, false, "1 1/1 1 true"}}},
		{"daily, target 30, twice", task.Config{Period: rule.Daily, Times: 2, Levels: []int64{30}}, []step{
			{1, 20, false, "0 20/30 0 false"}, {1, 20, false, "1 10/30 1 false"}, {2, 20, false, "0 20/30 0 false"}, {2, 0, true, "1 20/30 1 false"},
			{2, 10, false, "1 30/30 2 true"}, {2, 1, false, "completed"}}},
		{"weekly", task.Config{Period: rule.Weekly}, []step{{1, 0, false, "1 1/1 1 true"}, {6, 0, false, "completed"}, {7, 0, false, "1 1/1 1 true"}}},
		{"monthly", task.Config{Period: rule.Monthly, Levels: []int64{2}}, []step{{1, 0, false, "0 1/2 0 false"}, {27, 0, false, "1 2/2 1 true"}, {28, 0, false, "0 1/2 0 false"}}},
		{"unlimited", task.Config{Period: rule.Unlimited, Levels: []int64{10}}, []step{{1, 25, false, "1 5/10 2 false"}, {40, 5, false, "1 0/10 3 false"}, {41, 0, true, "1 0/10 4 false"}, {41, 0, true, "1 0/10 5 false"}}},
		{"levels", task.Config{Levels: []int64{3, 7, 10}}, []step{
			{1, 2, false, "0 2/3 0 false"}, {1, 1, false, "1 3/7 0 false"}, {2, 0, true, "2 7/10 0 false"}, {3, 6, false, "3 10/10 1 true"}, {3, 0, false, "completed"}}},
		{"growth and finish at once", task.Config{Levels: []int64{3, 7, 10}}, []step{{1, 3, true, "2 7/10 0 false"}, {1, 0, true, "3 10/10 1 true"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.task.Code = "t"
			b := setup(t, c.task)
			for i, s := range c.steps {
				b.day(s.day)
				out := b.record(task.Event{User: "lin", Task: "t", Growth: s.growth, Finish: s.finish})
				r := out.Tasks[0]
				got := fmt.Sprintf("%d %d/%d %d %v", r.Level, r.Growth, r.Max, r.Times, r.Finished)
				if out.Ignored != "" {
					got = string(out.Ignored)
				}
				want(t, fmt.Sprint("step ", i), got, s.want)
			}
			board, err := b.Board(b.ctx, "lin")
			if err != nil {
				t.Fatal(err)
			}
			shown := board.Tasks[0]
			want(t, "open", shown.Open, !shown.Record.Finished)
		})
	}
}

func TestRecord_S7_orderAndBatchingOfGrowthDoNotMatter(t *testing.T) {
	docs := []engine.Document{task.Config{Code: "t", Period: rule.Daily, Levels: []int64{3, 7, 10}}, each("R", "t")}
	var first string
	for order := range 6 {
		b := setup(t, docs...)
		b.day(2)
		perm := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}[order]
		for _, i := range perm {
			b.record([]task.Event{{User: "lin", Task: "t", Growth: 6}, {User: "lin", Task: "t", Finish: true},
				{User: "lin", Task: "t", Growth: 4, Time: b.at(1, 12, 0)}}[i])
		}
		board, err := b.Board(b.ctx, "lin")
		if err != nil {
			t.Fatal(err)
		}
		r := board.Tasks[0].Record
		got := fmt.Sprint(r.Level, r.Growth, r.Max, r.Times, r.Sum, r.Finishes, r.First, r.Last)
		if order == 0 {
			first = got
		}
		want(t, "record", got, first)
	}
}

func TestComplete_S7_refusesAFinishedPeriodAndStoresNothing(t *testing.T) {
	b := setup(t, task.Config{Code: "t", Levels: []int64{3, 7}}, task.Config{Code: "o", Period: rule.Unlimited}, task.Config{Code: "twice", Times: 2})
	complete := func(id, code string) (engine.Outcome, error) {
		return b.Complete(b.ctx, task.Event{ID: id, User: "lin", Task: code})
	}
	for level := 1; level <= 2; level++ {
		out, err := complete(fmt.Sprint("t", level), "t")
		if err != nil || out.Tasks[0].Level != level {
			t.Fatalf("level %d: %+v, %v", level, out, err)
		}
	}
	b.unmoved("lin", func() {
		_, err := complete("t3", "t")
		var done *task.CompletedError
		if !errors.As(err, &done) || !errors.Is(err, task.ErrCompleted) || done.Record.Level != 2 || done.Record.User != "lin" {
			t.Errorf("got %v", err)
		}
		out, err := complete("t2", "t")
		if err != nil || !out.Replay {
			t.Errorf("a repeat: %+v, %v", out, err)
		}
	})
	if out := b.record(task.Event{ID: "t3", User: "lin", Task: "t"}); out.Replay || out.Ignored != task.Completed {
		t.Errorf("the ID that was refused is free: %+v", out)
	}
	for i := range 3 {
		if _, err := complete(fmt.Sprint("o", i), "o"); err != nil {
			t.Errorf("an unlimited task is never completed: %v", err)
		}
		_, err := complete(fmt.Sprint("w", i), "twice")
		want(t, fmt.Sprint("time ", i), errors.Is(err, task.ErrCompleted), i == 2)
	}
}

func TestComplete_outsideTheWindowIsAnOutcome(t *testing.T) {
	b := setup(t)
	b.put(task.Config{Code: "t", Window: rule.Window{Start: b.at(2, 0, 0)}})
	out, err := b.Complete(b.ctx, task.Event{ID: "e", User: "lin", Task: "t"})
	if err != nil || out.Ignored != task.Outside || len(out.Tasks) != 0 {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestRecord_S5_conditionsAndAttributes(t *testing.T) {
	c := richTask()
	c.Where = `n > 2 or s == "x"`
	b := setup(t, c, each("R", "rich"))
	for _, x := range []struct {
		name  string
		attrs rule.Attrs
		met   bool
	}{
		{"true", rule.Attrs{"n": 3}, true},
		{"false", rule.Attrs{"n": 2, "s": "y"}, false},
		{"unknown", nil, false},
		{"unknown or true", rule.Attrs{"s": "x"}, true},
		{"unknown or false", rule.Attrs{"s": "y"}, false},
	} {
		out := b.record(task.Event{User: "lin", Task: "rich", Attrs: x.attrs})
		want(t, x.name, []any{out.Ignored == "", out.Ignored == task.Unmet, len(out.Rewards) == 1}, []any{x.met, !x.met, x.met})
	}
	for field, attrs := range map[string]rule.Attrs{"attrs.z": {"z": 1}, "attrs.n": {"n": "three"}, "attrs.d": {"d": 1.5}, "attrs.s": {"s": 1}, "attrs.b": {"b": "true"}} {
		_, err := b.Record(b.ctx, task.Event{ID: "bad", User: "lin", Task: "rich", Attrs: attrs})
		wantFaults(t, err, field)
	}
}
