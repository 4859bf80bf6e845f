package rule_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

// calendarFaults lists the faults joined into an error as "field: reason".
func calendarFaults(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("not joined: %v", err)
	}
	var all []string
	for _, e := range joined.Unwrap() {
		var fault *rule.FieldError
		if !errors.As(e, &fault) || !errors.Is(e, rule.ErrInvalid) {
			t.Fatalf("no field error: %v", e)
		}
		all = append(all, fault.Field+": "+fault.Reason)
	}
	return all
}

func TestCalendar_Validate_namesEveryFault(t *testing.T) {
	machine := "zone: must not depend on the machine: name an IANA zone"
	for _, tt := range []struct {
		name     string
		calendar rule.Calendar
		want     []string
	}{
		{"the zero calendar", rule.Calendar{}, nil},
		{"none of lateness and skew", rule.Calendar{Lateness: -1, Skew: -1}, nil},
		{"the most there may be", rule.Calendar{DayStart: 23, Lateness: 366 * 24 * time.Hour, Skew: 24 * time.Hour}, nil},
		{"everything at once",
			rule.Calendar{Zone: "Mars/Base", FirstDay: "Monday", DayStart: 24, Lateness: 1 << 62, Skew: 1 << 62, Revision: -1},
			[]string{
				"zone: is not in this machine's zone database (importing time/tzdata embeds one)",
				`first_day: must be a day in lower case such as "monday"`,
				"day_start: must be an hour, 0 to 23",
				"lateness: must be at most 8784h0m0s",
				"skew: must be at most 24h0m0s",
				"revision: must not be negative",
			}},
		{"before midnight", rule.Calendar{DayStart: -1}, []string{"day_start: must be an hour, 0 to 23"}},
		{"a nanosecond", rule.Calendar{Skew: 1}, []string{"skew: must be whole microseconds"}},
		{"the machine's zone", rule.Calendar{Zone: "Local"}, []string{machine}},
		{"the machine's zone by file", rule.Calendar{Zone: "localtime"}, []string{machine}},
		{"a path", rule.Calendar{Zone: "../etc/localtime"}, []string{"zone: must be the name of an IANA zone"}},
		{"a long name", rule.Calendar{Zone: strings.Repeat("a", 1<<20)}, []string{"zone: must be the name of an IANA zone"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, calendarFaults(t, tt.calendar.Validate())); diff != "" {
				t.Error(diff)
			}
			if p, err := tt.calendar.Periods(); (p == nil) != (tt.want != nil) || (err == nil) != (tt.want == nil) {
				t.Errorf("Periods gave %v, %v", p, err)
			}
		})
	}
}

func TestPeriods_Calendar_hasDefaultsFilledIn(t *testing.T) {
	got := compiledPeriods(t, rule.Calendar{Skew: -7, Revision: 3}).Calendar()
	want := rule.Calendar{Zone: "UTC", FirstDay: "monday", Lateness: 72 * time.Hour, Skew: -1, Revision: 3}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestCalendar_Date_S1(t *testing.T) {
	for _, tt := range []struct {
		name     string
		calendar rule.Calendar
		y, m, d  int
		want     string
	}{
		{"UTC", rule.Calendar{}, 2026, 1, 31, "2026-01-31T00:00:00Z"},
		{"a zone and an hour", rule.Calendar{Zone: "Asia/Shanghai", DayStart: 5}, 2026, 1, 31, "2026-01-31T05:00:00+08:00"},
		{"a day carried over", rule.Calendar{}, 2026, 1, 32, "2026-02-01T00:00:00Z"},
		{"no midnight", rule.Calendar{Zone: "Africa/Cairo"}, 2026, 4, 24, "2026-04-24T01:00:00+03:00"},
		{"midnight twice", rule.Calendar{Zone: "America/St_Johns"}, 2010, 11, 7, "2010-11-07T00:00:00-02:30"},
		{"a date that never was", rule.Calendar{Zone: "Pacific/Apia", DayStart: 5}, 2011, 12, 30, "2011-12-31T05:00:00+14:00"},
		{"the last leap day", rule.Calendar{Zone: "Europe/Berlin"}, 9996, 2, 29, "9996-02-29T00:00:00+01:00"},
		{"the year 0", rule.Calendar{}, 0, 12, 31, "0001-01-01T00:00:00Z"},
		{"the year 10000", rule.Calendar{}, 10000, 1, 1, "0001-01-01T00:00:00Z"},
		{"in UTC before the year 1", rule.Calendar{Zone: "Asia/Shanghai"}, 1, 1, 1, "0001-01-01T00:00:00Z"},
		{"in UTC after the year 9999", rule.Calendar{Zone: "America/New_York", DayStart: 23}, 9999, 12, 31, "0001-01-01T00:00:00Z"},
		{"far out", rule.Calendar{}, 1 << 62, -1 << 62, 1 << 62, "0001-01-01T00:00:00Z"},
		{"an unknown zone", rule.Calendar{Zone: "Mars/Base"}, 2026, 1, 31, "0001-01-01T00:00:00Z"},
		{"no hour", rule.Calendar{DayStart: 24}, 2026, 1, 31, "0001-01-01T00:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.calendar.Date(tt.y, time.Month(tt.m), tt.d)
			if !got.Equal(calendarInstant(t, tt.want)) || got.Location() != time.UTC {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// A date's first instant begins its day.
func TestCalendar_Date_S1_isWhereItsDayStarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := drawCalendar(t)
		p := compiledPeriods(t, c)
		at := c.Date(rapid.IntRange(2, 9998).Draw(t, "y"), time.Month(rapid.IntRange(1, 12).Draw(t, "m")), rapid.IntRange(1, 31).Draw(t, "d"))
		if w := p.Bounds(rule.Day, p.Ordinal(rule.Day, at)); !w.Start.Equal(at) {
			t.Fatalf("%v lies in %v", at, w)
		}
	})
}

func TestCalendar_JSON_leavesOutZeroFields(t *testing.T) {
	for _, tt := range []struct {
		name     string
		calendar rule.Calendar
		want     string
	}{
		{"the zero calendar", rule.Calendar{}, `{}`},
		{"all", rule.Calendar{Zone: "Asia/Shanghai", FirstDay: "sunday", DayStart: 5, Lateness: time.Hour, Skew: -1, Revision: 7},
			`{"zone":"Asia/Shanghai","first_day":"sunday","day_start":5,"lateness":"1h0m0s","skew":"-1ns","revision":7}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(tt.calendar)
			if err != nil || string(text) != tt.want {
				t.Fatalf("got %s, %v, want %s", text, err, tt.want)
			}
			var back rule.Calendar
			if err := json.Unmarshal(text, &back); err != nil || back != tt.calendar {
				t.Errorf("got back %+v, %v", back, err)
			}
		})
	}
}

func TestCalendar_JSON_namesEveryFault(t *testing.T) {
	before := rule.Calendar{Zone: "UTC"}
	got := before
	err := json.Unmarshal([]byte(`{"Zone":"UTC","zone":3,"day_start":1.5,"lateness":"3 days","skew":60,"timezone":"UTC","zone":"UTC"}`), &got)
	want := []string{
		"Zone: is no known field",
		"timezone: is no known field",
		"zone: must not be given twice",
		"zone: must be a string",
		"day_start: must be a whole number of at most 64 bits",
		`lateness: must be a duration such as "72h" or "5m30s"`,
		"skew: must be a string",
	}
	if diff := cmp.Diff(want, calendarFaults(t, err)); diff != "" {
		t.Error(diff)
	}
	if got != before {
		t.Errorf("it was changed: %+v", got)
	}
	if err := json.Unmarshal([]byte(`[]`), &got); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("a list: %v", err)
	}
	if err := json.Unmarshal([]byte(`null`), &got); err != nil || got != before {
		t.Errorf("null: %+v, %v", got, err)
	}
}

func TestUnitAndPeriod_textsReadBack(t *testing.T) {
	for u := rule.Unit(0); u <= rule.Month; u++ {
		text, err := u.MarshalText()
		back := rule.Unit(77)
		if err != nil || back.UnmarshalText(text) != nil || back != u {
			t.Errorf("%v: %q, %v, %v", u, text, err, back)
		}
	}
	for p := rule.Once; p <= rule.Unlimited; p++ {
		text, err := p.MarshalText()
		back := rule.Period(77)
		if err != nil || back.UnmarshalText(text) != nil || back != p {
			t.Errorf("%v: %q, %v, %v", p, text, err, back)
		}
	}
}

func TestUnitAndPeriod_refuseWhatTheyAreNot(t *testing.T) {
	u, p := rule.Week, rule.Weekly
	for _, text := range []string{"Day", "days", "year", "Unit(9)", "Period(9)", strings.Repeat("day", 1000)} {
		if err := u.UnmarshalText([]byte(text)); !errors.Is(err, rule.ErrInvalid) || u != rule.Week {
			t.Errorf("unit %.10q: %v, %v", text, u, err)
		}
		if err := p.UnmarshalText([]byte(text)); !errors.Is(err, rule.ErrInvalid) || p != rule.Weekly {
			t.Errorf("period %.10q: %v, %v", text, p, err)
		}
	}
	if _, err := rule.Unit(9).MarshalText(); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("unit 9: %v", err)
	}
	if _, err := rule.Period(9).MarshalText(); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("period 9: %v", err)
	}
	if got := rule.Unit(9).String() + rule.Period(9).String(); got != "Unit(9)Period(9)" {
		t.Errorf("got %s", got)
	}
}

func TestPeriod_Unit_isWhatItGoesBy(t *testing.T) {
	want := map[rule.Period]rule.Unit{rule.Daily: rule.Day, rule.Weekly: rule.Week, rule.Monthly: rule.Month}
	for p := rule.Once; p <= rule.Unlimited+1; p++ {
		if got := p.Unit(); got != want[p] {
			t.Errorf("%v: %v", p, got)
		}
	}
}

// What parses prints, and what was printed parses to the same.
func FuzzCalendar_JSON(f *testing.F) {
	f.Add([]byte(`{"zone":"Asia/Shanghai","first_day":"sunday","day_start":5,"lateness":"72h","skew":"-1ns","revision":7}`))
	f.Add([]byte(`{"lateness":"1.5h","Zone":"UTC"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c, back rule.Calendar
		if json.Unmarshal(data, &c) != nil {
			return
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if err := json.Unmarshal(text, &back); err != nil || back != c {
			t.Fatalf("%s: %+v, %v", text, back, err)
		}
		if p, err := c.Periods(); err == nil {
			p.Bounds(rule.Week, p.Ordinal(rule.Week, modelFirst))
		}
	})
}
