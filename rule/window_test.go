package rule_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

func drawWindow(t *rapid.T, label string) rule.Window {
	bound := rapid.Custom(func(t *rapid.T) time.Time {
		// 0 is an open bound; few values, so that bounds meet.
		if n := rapid.IntRange(0, 6).Draw(t, "bound"); n > 0 {
			return time.Unix(int64(n), 0)
		}
		return time.Time{}
	})
	return rule.Window{Start: bound.Draw(t, label+" start"), End: bound.Draw(t, label+" end")}
}

func TestWindow_S2_endIsOutside(t *testing.T) {
	start, end := time.Unix(100, 0), time.Unix(200, 0)
	w := rule.Window{Start: start, End: end}
	for _, tt := range []struct {
		name   string
		window rule.Window
		at     time.Time
		want   bool
	}{
		{"before the start", w, start.Add(-1), false},
		{"the start", w, start, true},
		{"before the end", w, end.Add(-1), true},
		{"the end", w, end, false},
		{"open start", rule.Window{End: end}, time.Unix(-1<<50, 0), true},
		{"open end", rule.Window{Start: start}, time.Unix(1<<50, 0), true},
		{"open", rule.Window{}, time.Time{}, true},
		{"empty", rule.Window{Start: start, End: start}, start, false},
		{"backwards", rule.Window{Start: end, End: start}, start, false},
		{"in another zone", w, start.In(time.FixedZone("", 3600)), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.window.Contains(tt.at); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// Two windows overlap when some instant lies in both, and order does not matter.
func TestWindow_S2_overlapIsACommonInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawWindow(t, "a"), drawWindow(t, "b")
		common := false
		for n := range int64(9) {
			common = common || a.Contains(time.Unix(n, 0)) && b.Contains(time.Unix(n, 0))
		}
		if a.Overlaps(b) != common || b.Overlaps(a) != common {
			t.Fatalf("%v and %v: %t, %t, want %t", a, b, a.Overlaps(b), b.Overlaps(a), common)
		}
	})
}

func TestWindow_Validate_namesEveryFault(t *testing.T) {
	years := "must lie in the years 1 to 9999"
	for _, tt := range []struct {
		name   string
		window rule.Window
		want   []string
	}{
		{"open", rule.Window{}, nil},
		{"forwards", rule.Window{Start: time.Unix(1, 0), End: time.Unix(2, 0)}, nil},
		{"empty", rule.Window{Start: time.Unix(1, 0), End: time.Unix(1, 0)}, []string{"end: must be after start"}},
		{"backwards", rule.Window{Start: time.Unix(2, 0), End: time.Unix(1, 0)}, []string{"end: must be after start"}},
		{"far out", rule.Window{Start: time.Unix(-1<<50, 0), End: time.Unix(1<<50, 0)}, []string{"start: " + years, "end: " + years}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, calendarFaults(t, tt.window.Validate())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWindow_JSON_printsUTCAtMicroseconds(t *testing.T) {
	shanghai := time.FixedZone("", 8*3600)
	for _, tt := range []struct {
		name   string
		window rule.Window
		want   string
	}{
		{"open", rule.Window{}, `{}`},
		{"a start", rule.Window{Start: time.Date(2026, 1, 1, 0, 0, 0, 0, shanghai)}, `{"start":"2025-12-31T16:00:00Z"}`},
		{"an end", rule.Window{End: time.Date(2026, 1, 1, 0, 0, 0, 1_999, time.UTC)}, `{"end":"2026-01-01T00:00:00.000001Z"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(tt.window)
			if err != nil || string(text) != tt.want {
				t.Errorf("got %s, %v, want %s", text, err, tt.want)
			}
		})
	}
	if _, err := json.Marshal(rule.Window{End: time.Unix(1<<50, 0)}); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("a bound far out: %v", err)
	}
}

func TestWindow_JSON_namesEveryFault(t *testing.T) {
	var w rule.Window
	err := json.Unmarshal([]byte(`{"start":"yesterday","End":"2026-01-01T00:00:00Z","start":null}`), &w)
	want := []string{
		"End: is no known field",
		"start: must not be given twice",
		`start: must be a time in RFC 3339 such as "2026-01-31T00:00:00+08:00"`,
	}
	if diff := cmp.Diff(want, calendarFaults(t, err)); diff != "" {
		t.Error(diff)
	}
	err = json.Unmarshal([]byte(`{"start":"0000-01-01T00:00:00Z"}`), &w)
	if diff := cmp.Diff([]string{"start: must lie in the years 1 to 9999"}, calendarFaults(t, err)); diff != "" || !w.IsZero() {
		t.Error(diff, w)
	}
}

func TestLimit_Validate_namesEveryFault(t *testing.T) {
	day := rule.Cycle{Every: 1, Unit: rule.Day}
	for _, tt := range []struct {
		name  string
		limit rule.Limit
		want  []string
	}{
		{"none", rule.Limit{}, nil},
		{"both", rule.Limit{Max: 50, PerCycle: 10, Cycle: day}, nil},
		{"negative", rule.Limit{Max: -1, PerCycle: -1}, []string{"max: must not be negative", "per_cycle: must not be negative"}},
		{"no cycle", rule.Limit{PerCycle: 1}, []string{"cycle: must be set where per_cycle is"}},
		{"a cycle alone limits nothing", rule.Limit{Cycle: day}, nil},
		{"a faulty cycle", rule.Limit{PerCycle: 1, Cycle: rule.Cycle{Every: 1001, Unit: 9}},
			[]string{"cycle.every: must be 1 to 1000", `cycle.unit: must be "day", "week" or "month"`}},
		{"a cycle without a length", rule.Limit{PerCycle: 1, Cycle: rule.Cycle{Unit: rule.Week}}, []string{"cycle.every: must be 1 to 1000"}},
		{"a cycle without a unit", rule.Limit{PerCycle: 1, Cycle: rule.Cycle{Every: 1}},
			[]string{`cycle.unit: must be "day", "week" or "month"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, calendarFaults(t, tt.limit.Validate())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLimit_JSON_leavesOutZeroFields(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit rule.Limit
		want  string
	}{
		{"none", rule.Limit{}, `{}`},
		{"all", rule.Limit{Max: 50, PerCycle: 10, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}},
			`{"max":50,"per_cycle":10,"cycle":{"every":1,"unit":"day"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(tt.limit)
			if err != nil || string(text) != tt.want {
				t.Fatalf("got %s, %v, want %s", text, err, tt.want)
			}
			var back rule.Limit
			if err := json.Unmarshal(text, &back); err != nil || back != tt.limit || back.IsZero() != (tt.want == `{}`) {
				t.Errorf("got back %+v, %v", back, err)
			}
		})
	}
}

func TestLimit_JSON_namesEveryFault(t *testing.T) {
	var l rule.Limit
	err := json.Unmarshal([]byte(`{"max":"3","cycle":{"every":1e3,"unit":"hour","Unit":"day"},"total":3,"max":3}`), &l)
	want := []string{
		"total: is no known field",
		"max: must not be given twice",
		"max: must be a whole number of at most 64 bits",
		"cycle.Unit: is no known field",
		"cycle.every: must be a whole number of at most 64 bits",
		`cycle.unit: must be "day", "week" or "month"`,
	}
	if diff := cmp.Diff(want, calendarFaults(t, err)); diff != "" {
		t.Error(diff)
	}
}

// What parses prints, and what was printed parses to the same.
func FuzzWindow_JSON(f *testing.F) {
	f.Add([]byte(`{"start":"2026-01-01T00:00:00.1234567+08:00","end":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"start":"0001-01-01T00:00:00+01:00","end":"9999-12-31T23:59:59-01:00"}`))
	f.Add([]byte(`{"start":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var w, back rule.Window
		if json.Unmarshal(data, &w) != nil {
			return
		}
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatalf("%+v: %v", w, err)
		}
		if err := json.Unmarshal(text, &back); err != nil || !equalWindows(back, w) {
			t.Fatalf("%s: %+v, %v", text, back, err)
		}
	})
}

// What parses prints, and what was printed parses to the same.
func FuzzLimit_JSON(f *testing.F) {
	f.Add([]byte(`{"max":50,"per_cycle":10,"cycle":{"every":1,"unit":"day"}}`))
	f.Add([]byte(`{"cycle":{"unit":""}}`))
	f.Add([]byte(`{"cycle":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var l, back rule.Limit
		if json.Unmarshal(data, &l) != nil {
			return
		}
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatalf("%+v: %v", l, err)
		}
		if err := json.Unmarshal(text, &back); err != nil || back != l {
			t.Fatalf("%s: %+v, %v", text, back, err)
		}
	})
}
