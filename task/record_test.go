package task_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

var day = time.Date(2026, time.June, 1, 9, 0, 0, 0, time.UTC)

func TestRecord_Shown_S7(t *testing.T) {
	once := task.Config{}
	three := task.Config{Period: rule.Daily, Levels: []int64{5}, Times: 3}
	levels := task.Config{Levels: []int64{3, 7, 10}}
	unlimited := task.Config{Period: rule.Unlimited, Levels: []int64{5}}
	type shown struct {
		level              int
		growth, max, times int64
		finished           bool
	}
	tests := []struct {
		name          string
		config        task.Config
		sum, finishes int64
		want          shown
	}{
		{"untouched", once, 0, 0, shown{0, 0, 1, 0, false}},
		{"done once", once, 1, 0, shown{1, 1, 1, 1, true}},
		{"done twice over", once, 9, 3, shown{1, 1, 1, 1, true}},
		{"finished without growth", task.Config{Levels: []int64{7}}, 0, 1, shown{1, 7, 7, 1, true}},
		{"part of the way", task.Config{Levels: []int64{7}}, 4, 0, shown{0, 4, 7, 0, false}},
		{"towards the second of three", three, 7, 0, shown{1, 2, 5, 1, false}},
		{"on the edge of the second", three, 5, 0, shown{1, 0, 5, 1, false}},
		{"a finish keeps the growth", three, 7, 1, shown{1, 2, 5, 2, false}},
		{"all three", three, 16, 0, shown{1, 5, 5, 3, true}},
		{"unlimited never finishes", unlimited, 23, 1, shown{1, 3, 5, 5, false}},
		{"unlimited at the largest sum", unlimited, math.MaxInt64, 0, shown{1, 2, 5, math.MaxInt64 / 5, false}},
		{"below the first level", levels, 2, 0, shown{0, 2, 3, 0, false}},
		{"at the first level", levels, 3, 0, shown{1, 3, 7, 0, false}},
		{"between levels", levels, 8, 0, shown{2, 8, 10, 0, false}},
		{"at the last level", levels, 12, 0, shown{3, 10, 10, 1, true}},
		{"a finish lifts to the level", levels, 1, 1, shown{1, 3, 7, 0, false}},
		{"a finish over growth that is further", levels, 5, 1, shown{2, 7, 10, 0, false}},
		{"finishes alone", levels, 0, 3, shown{3, 10, 10, 1, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := task.Record{Sum: tt.sum, Finishes: tt.finishes}.Shown(tt.config.Target())
			if got := (shown{r.Level, r.Growth, r.Max, r.Times, r.Finished}); got != tt.want {
				t.Errorf("shows %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestRecord_Add_S7(t *testing.T) {
	target := task.Config{Levels: []int64{3, 7}}.Target()
	r := task.Record{User: "u", Task: "t", Period: 4}
	r = r.Add(target, 2, false, day.Add(time.Hour), day.Add(5*time.Hour))
	r = r.Add(target, 0, true, day, day.Add(6*time.Hour))
	want := task.Record{User: "u", Task: "t", Period: 4, Level: 1, Growth: 3, Max: 7, Sum: 2, Finishes: 1,
		First: day, Last: day.Add(time.Hour), Created: day.Add(5 * time.Hour), Updated: day.Add(6 * time.Hour)}
	if r != want {
		t.Errorf("got\n%+v\nwant\n%+v", r, want)
	}
	full := task.Record{Sum: math.MaxInt64 - 1, Finishes: math.MaxInt64}.Add(target, 5, true, day, day)
	if full.Sum != math.MaxInt64 || full.Finishes != math.MaxInt64 {
		t.Errorf("sums pass the largest int64: %+v", full)
	}
}

// A record does not depend on the order of its events, but for Created and Updated; growth never passes Max, and a record
// that is finished stays so.
func TestRecord_Add_S7_orderCannotMatter(t *testing.T) {
	type event struct {
		growth int64
		finish bool
		hour   int
	}
	rapid.Check(t, func(t *rapid.T) {
		config := rapid.SampledFrom([]task.Config{{}, {Levels: []int64{4}}, {Levels: []int64{3}, Times: 3}, {Levels: []int64{2, 5, 9}},
			{Period: rule.Unlimited}, {Period: rule.Unlimited, Levels: []int64{4}}}).Draw(t, "task")
		target := config.Target()
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event {
			return event{rapid.Int64Range(0, 4).Draw(t, "growth"), rapid.Bool().Draw(t, "finish"), rapid.IntRange(0, 20).Draw(t, "hour")}
		}), 1, 8).Draw(t, "events")
		var r, other task.Record
		for _, e := range events {
			was := r
			r = r.Add(target, e.growth, e.finish, day.Add(time.Duration(e.hour)*time.Hour), day)
			if r.Growth < 0 || r.Growth > r.Max || was.Finished && !r.Finished || r.Times < was.Times || r.Level < was.Level {
				t.Fatalf("from %+v to %+v", was, r)
			}
		}
		for _, e := range rapid.Permutation(events).Draw(t, "order") {
			other = other.Add(target, e.growth, e.finish, day.Add(time.Duration(e.hour)*time.Hour), day)
		}
		if r != other {
			t.Fatalf("in another order\n%+v\nand not\n%+v", other, r)
		}
		if again := r.Shown(target); again != r {
			t.Fatalf("shown anew it is %+v", again)
		}
	})
}
