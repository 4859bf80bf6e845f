package task_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// wantFaults compares the faults joined in an error, by their texts in order.
func wantFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
		if !errors.Is(err, rule.ErrInvalid) {
			t.Errorf("%v is not ErrInvalid", err)
		}
	}
	if got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestConfig_Validate(t *testing.T) {
	const own = "a derived task has no events of its own"
	derived := rule.Count("a", 1)
	tests := []struct {
		name   string
		config task.Config
		want   []string
	}{
		{"the least", task.Config{Code: "a"}, nil},
		{"everything", task.Config{Code: "a", Group: "g", Title: "t", Period: rule.Daily, Times: 3, Levels: []int64{5},
			Window: rule.Window{Start: day, End: day.Add(1)}, Attrs: rule.Schema{"n": rule.Int}, Where: "n > 1", Extra: json.RawMessage(`{}`), Revision: 3}, nil},
		{"S7 levels", task.Config{Code: "a", Levels: []int64{1, 2, math.MaxInt64}, Times: 1}, nil},
		{"S7 an unlimited task with a target", task.Config{Code: "a", Period: rule.Unlimited, Levels: []int64{7}}, nil},
		{"S7 the most times", task.Config{Code: "a", Times: task.TimesMax}, nil},
		{"S8 a derived task", task.Config{Code: "a", Period: rule.Monthly, Rule: derived, Times: 1}, nil},
		{"a bad code and group", task.Config{Code: "a b", Group: "ü"}, []string{
			`code: "a b": must have only letters A-Z and a-z, digits, dots, underscores and hyphens`,
			`group: "ü": must have only letters A-Z and a-z, digits, dots, underscores and hyphens`}},
		{"no period", task.Config{Code: "a", Period: 9}, []string{`period: "Period(9)": must be once, daily, weekly, monthly or unlimited`}},
		{"a window that ends as it starts", task.Config{Code: "a", Window: rule.Window{Start: day, End: day}}, []string{`window.end: "2026-06-01T09:00:00Z": must be after start`}},
		{"an attribute's name", task.Config{Code: "a", Attrs: rule.Schema{"user": rule.Int}}, []string{`attrs.user: is a word of the expression language: choose another name`}},
		{"S7 times below zero", task.Config{Code: "a", Times: -1}, []string{`times: "-1": must be 0 to 1000000`}},
		{"S7 too many times", task.Config{Code: "a", Times: task.TimesMax + 1}, []string{`times: "1000001": must be 0 to 1000000`}},
		{"S7 times of an unlimited task", task.Config{Code: "a", Period: rule.Unlimited, Times: 1}, []string{`times: "1": an unlimited task has no bound on completions`}},
		{"S7 times and levels", task.Config{Code: "a", Levels: []int64{1, 2}, Times: 2}, []string{`times: "2": a task with several levels has one completion a period`}},
		{"S7 levels of an unlimited task", task.Config{Code: "a", Period: rule.Unlimited, Levels: []int64{1, 2}}, []string{`levels: "2": an unlimited task has one level`}},
		{"S7 levels that do not rise", task.Config{Code: "a", Levels: []int64{0, 5, 5, 4, 6}},
			[]string{`levels[0]: "0": must be above 0`, `levels[2]: "5": must be above 5`, `levels[3]: "4": must be above 5`}},
		{"S7 too many levels", task.Config{Code: "a", Levels: make([]int64, 101)}, []string{`levels: "101": must be at most 100`}},
		{"S8 all a derived task cannot have", task.Config{Code: "a", Rule: derived, Period: rule.Unlimited, Levels: []int64{1}, Attrs: rule.Schema{"n": rule.Int}, Where: "n > 1"}, []string{
			`period: "unlimited": a derived task is once, daily, weekly or monthly`, `levels: ` + own, `attrs: ` + own, `where: "n > 1": ` + own}},
		{"S8 times of a derived task", task.Config{Code: "a", Rule: derived, Times: 2}, []string{`times: "2": a derived task is done once in a period`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantFaults(t, tt.config.Validate(), tt.want...) })
	}
	wantFaults(t, task.Group{Code: "g", Title: "t"}.Validate())
	wantFaults(t, task.Group{}.Validate(), `code: must not be empty`)
}

func TestConfig_Target_S7(t *testing.T) {
	tests := []struct {
		name   string
		config task.Config
		levels int
		times  int64
	}{
		{"the zero config", task.Config{}, 1, 1},
		{"times", task.Config{Times: 3, Levels: []int64{5}}, 1, 3},
		{"levels", task.Config{Levels: []int64{5, 6}}, 2, 1},
		{"unlimited", task.Config{Period: rule.Unlimited}, 1, rule.Unbounded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.config.Target(); got.Times != tt.times || len(got.Levels) != tt.levels {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func eventSchema() rule.Schema {
	return rule.Schema{"n": rule.Int, "d": rule.Decimal, "t": rule.Time, "s": rule.String, "l": rule.Strings}
}

func TestEvent_Canonical(t *testing.T) {
	now := day.Add(time.Hour + 1500)
	e := task.Event{ID: "e", User: "u", Task: "t", Attrs: rule.Attrs{"n": 3, "d": "1.50", "s": nil}, Meta: json.RawMessage(" { \"a\" : 1 } ")}
	got, given, err := e.Canonical(eventSchema(), now.In(time.FixedZone("", 7200)))
	if err != nil || given || got.Growth != 1 || got.Time != now.Truncate(time.Microsecond) || string(got.Meta) != `{"a":1}` {
		t.Errorf("got %+v, %v, %v", got, given, err)
	}
	if len(got.Attrs) != 2 || got.Attrs["n"] != int64(3) || !rule.EqualValue("1.5", got.Attrs["d"]) {
		t.Errorf("attributes %v", got.Attrs)
	}
	e.Time, e.Finish = day.Add(999), true
	if got, given, err = e.Canonical(eventSchema(), now); err != nil || !given || !got.Time.Equal(day) || got.Growth != 0 {
		t.Errorf("got %+v, %v, %v", got, given, err)
	}
}

func TestEvent_Canonical_refusesByField(t *testing.T) {
	good := task.Event{ID: strings.Repeat("i", rule.IDMax), User: strings.Repeat("u", rule.IDMax), Task: strings.Repeat("t", rule.CodeMax), Growth: task.GrowthMax,
		Meta: json.RawMessage(`"` + strings.Repeat("m", task.MetaMax-2) + `"`)}
	tests := []struct {
		name   string
		change func(*task.Event)
		want   []string
	}{
		{"each at its limit", func(*task.Event) {}, nil},
		{"no ID", func(e *task.Event) { e.ID = "" }, []string{`id: must not be empty`}},
		{"a long ID", func(e *task.Event) { e.ID += "i" }, []string{`id: "` + strings.Repeat("i", 80) + `": must have at most 128 bytes, has 129`}},
		{"no user", func(e *task.Event) { e.User = "" }, []string{`user: must not be empty`}},
		{"a long user", func(e *task.Event) { e.User += "u" }, []string{`user: "` + strings.Repeat("u", 80) + `": must have at most 128 bytes, has 129`}},
		{"NUL in a user", func(e *task.Event) { e.User = "a\x00b" }, []string{`user: "a\x00b": must not have a NUL byte`}},
		{"no task", func(e *task.Event) { e.Task = "" }, []string{`task: must not be empty`}},
		{"a long task", func(e *task.Event) { e.Task += "t" }, []string{`task: "` + strings.Repeat("t", 65) + `": must have at most 64 bytes, has 65`}},
		{"growth below zero", func(e *task.Event) { e.Growth = -1 }, []string{`growth: "-1": must be 0 to 1000000000000`}},
		{"too much growth", func(e *task.Event) { e.Growth++ }, []string{`growth: "1000000000001": must be 0 to 1000000000000`}},
		{"an attribute that is not declared", func(e *task.Event) { e.Attrs = rule.Attrs{"x": 1} }, []string{`attrs.x: is not declared`}},
		{"an attribute of another kind", func(e *task.Event) { e.Attrs = rule.Attrs{"n": "x"} }, []string{`attrs.n: "x": must be an integer, got string`}},
		{"long meta", func(e *task.Event) { e.Meta = append(e.Meta, ' ') }, []string{`meta: must have at most 4096 bytes, has 4097`}},
		{"meta that is no JSON", func(e *task.Event) { e.Meta = json.RawMessage(`{`) }, []string{`meta: "{": must be valid JSON`}},
		{"long meta that is no JSON", func(e *task.Event) { e.Meta = json.RawMessage(strings.Repeat("x", 200)) }, []string{`meta: "` + strings.Repeat("x", 80) + `": must be valid JSON`}},
		{"meta that is no UTF-8", func(e *task.Event) { e.Meta = json.RawMessage("\"\xff\"") }, []string{`meta: must be valid UTF-8`}},
		{"all at once", func(e *task.Event) {
			*e = task.Event{Growth: -1, Attrs: rule.Attrs{"x": 1, "y": 2}, Meta: json.RawMessage("]")}
		}, []string{`id: must not be empty`, `user: must not be empty`, `task: must not be empty`, `growth: "-1": must be 0 to 1000000000000`,
			`attrs.x: is not declared`, `attrs.y: is not declared`, `meta: "]": must be valid JSON`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := good
			tt.change(&e)
			got, _, err := e.Canonical(eventSchema(), day)
			wantFaults(t, err, tt.want...)
			if err != nil && (got.ID != e.ID || !got.Time.IsZero()) {
				t.Errorf("the faulty event came back changed: %+v", got)
			}
		})
	}
}

func TestEntry_Differs_S4(t *testing.T) {
	first := task.Event{ID: "e", User: "u", Task: "t", Time: day, Attrs: rule.Attrs{"n": 3, "d": "1.50", "t": day, "s": "x", "l": []string{"a", "b"}}, Meta: json.RawMessage(`{"a":[1, 2]}`)}
	attrs := func(name string, v any) func(*task.Event) {
		return func(e *task.Event) {
			a := rule.Attrs{}
			for k, v := range e.Attrs {
				a[k] = v
			}
			a[name] = v
			e.Attrs = a
		}
	}
	tests := []struct {
		name   string
		change func(*task.Event)
		want   string
	}{
		{"the same again", func(*task.Event) {}, ""},
		{"another task", func(e *task.Event) { e.Task, e.Growth = "x", 9 }, "task"},
		{"another time", func(e *task.Event) { e.Time = day.Add(time.Microsecond) }, "time"},
		{"the same instant elsewhere, and less than a microsecond on", func(e *task.Event) { e.Time = day.Add(999).In(time.FixedZone("", 3600)) }, ""},
		{"no time", func(e *task.Event) { e.Time = time.Time{} }, ""},
		{"the default growth, written out", func(e *task.Event) { e.Growth = 1 }, ""},
		{"another growth", func(e *task.Event) { e.Growth = 2 }, "growth"},
		{"a finish, which has another default growth", func(e *task.Event) { e.Finish = true }, "growth"},
		{"a finish with the same growth", func(e *task.Event) { e.Finish, e.Growth = true, 1 }, "finish"},
		{"an int of another type", attrs("n", uint8(3)), ""},
		{"an int from JSON", attrs("n", json.Number("3.0")), ""},
		{"another int", attrs("n", 4), "attrs.n"},
		{"an int as a string", attrs("n", "3"), "attrs.n"},
		{"a decimal with other digits", attrs("d", decimal.RequireFromString("1.5")), ""},
		{"another decimal", attrs("d", "1.51"), "attrs.d"},
		{"a time in another zone", attrs("t", day.In(time.FixedZone("", 3600)).Format(time.RFC3339)), ""},
		{"another time of an attribute", attrs("t", day.Add(time.Second)), "attrs.t"},
		{"a list of any", attrs("l", []any{"a", "b"}), ""},
		{"a list in another order", attrs("l", []string{"b", "a"}), "attrs.l"},
		{"an attribute that is gone", attrs("s", nil), "attrs.s"},
		{"an attribute that came", attrs("y", 1), "attrs.y"},
		{"an absent one that came", attrs("y", nil), ""},
		{"an absent list that came", attrs("y", []string(nil)), ""},
		{"the first of several by name", func(e *task.Event) { attrs("s", "y")(e); attrs("d", "9")(e) }, "attrs.d"},
		{"meta with other spaces", func(e *task.Event) { e.Meta = json.RawMessage(` {"a" :[1,2] }`) }, ""},
		{"other meta", func(e *task.Event) { e.Meta = json.RawMessage(`{"a":[2,1]}`) }, "meta"},
		{"no meta", func(e *task.Event) { e.Meta = nil }, "meta"},
		{"meta that is no JSON", func(e *task.Event) { e.Meta = json.RawMessage(`{`) }, "meta"},
	}
	stored, given, err := first.Canonical(eventSchema(), day)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := first
			tt.change(&e)
			if got := (task.Entry{Event: stored, TimeGiven: given}).Differs(e); got != tt.want {
				t.Errorf("differs in %q, want %q", got, tt.want)
			}
		})
	}
	unset := first
	unset.Time = time.Time{}
	stored, given, _ = unset.Canonical(eventSchema(), day.Add(time.Hour))
	if got := (task.Entry{Event: stored, TimeGiven: given}).Differs(first); got != "" {
		t.Errorf("a time that was not given the first time differs: %q", got)
	}
}

// TestEntry_Differs_S4_anAbsentListIsNoAttribute holds that an event with a nil list is a repeat of itself.
func TestEntry_Differs_S4_anAbsentListIsNoAttribute(t *testing.T) {
	for name, v := range map[string]any{"nil": nil, "nil []string": []string(nil), "nil []any": []any(nil)} {
		e := task.Event{ID: "e", User: "u", Task: "t", Attrs: rule.Attrs{"l": v}}
		stored, given, err := e.Canonical(eventSchema(), day)
		if err != nil {
			t.Fatal(err)
		}
		if got := (task.Entry{Event: stored, TimeGiven: given}).Differs(e); got != "" {
			t.Errorf("%s: differs in %q", name, got)
		}
	}
}

func TestErrors_sayWhatHappenedAndUnwrap(t *testing.T) {
	var err error = &task.CompletedError{Record: task.Record{User: "u7", Task: "sign", Period: 20000}}
	if err.Error() != `task "sign" of user "u7": already completed (period 20000)` || !errors.Is(err, task.ErrCompleted) {
		t.Error(err)
	}
	err = &task.ConflictError{User: "u7", ID: "e1", Field: "growth"}
	if err.Error() != `"e1" of user "u7" was recorded with another growth` || !errors.Is(err, task.ErrConflict) {
		t.Error(err)
	}
}
