package rule_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

var periodUnits = []rule.Unit{rule.Day, rule.Week, rule.Month}

func compiledPeriods(t calendarTB, c rule.Calendar) *rule.Periods {
	t.Helper()
	p, err := c.Periods()
	if err != nil {
		t.Fatalf("compile %+v: %v", c, err)
	}
	return p
}

func equalWindows(a, b rule.Window) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) }

// calendarInstant reads a time in RFC 3339.
func calendarInstant(t calendarTB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return at
}

func TestPeriods_S1_datesByName(t *testing.T) {
	for _, tt := range []struct {
		name     string
		calendar rule.Calendar
		unit     rule.Unit
		at       string
		start    string
		end      string
		reason   string
	}{
		{"St Johns before it fell back", rule.Calendar{Zone: "America/St_Johns"}, rule.Day,
			"2010-11-07T00:00:30-02:30", "2010-11-07T00:00:00-02:30", "2010-11-08T00:00:00-03:30", "25 hours"},
		{"St Johns when the clock shows the 6th again", rule.Calendar{Zone: "America/St_Johns"}, rule.Day,
			"2010-11-06T23:30:00-03:30", "2010-11-07T00:00:00-02:30", "2010-11-08T00:00:00-03:30", "the date never goes back"},
		{"St Johns on the 6th", rule.Calendar{Zone: "America/St_Johns"}, rule.Day,
			"2010-11-06T23:59:59-02:30", "2010-11-06T00:00:00-02:30", "2010-11-07T00:00:00-02:30", ""},
		{"Apia's last day before the line moved", rule.Calendar{Zone: "Pacific/Apia"}, rule.Day,
			"2011-12-29T23:59:59-10:00", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "there was no 30th"},
		{"Apia early on the 31st, the day starting at five", rule.Calendar{Zone: "Pacific/Apia", DayStart: 5}, rule.Day,
			"2011-12-31T03:00:00+14:00", "2011-12-29T05:00:00-10:00", "2011-12-31T05:00:00+14:00", "there was no 30th"},
		{"Apia's week", rule.Calendar{Zone: "Pacific/Apia", FirstDay: "friday"}, rule.Week,
			"2012-01-01T00:00:00+14:00", "2011-12-31T00:00:00+14:00", "2012-01-06T00:00:00+14:00", "its Friday never was"},
		{"Cairo without a midnight", rule.Calendar{Zone: "Africa/Cairo"}, rule.Day,
			"2026-04-24T12:00:00+03:00", "2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00", "starts after the gap"},
		{"New York, spring", rule.Calendar{Zone: "America/New_York"}, rule.Day,
			"2026-03-08T12:00:00-04:00", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00", "23 hours"},
		{"New York, autumn", rule.Calendar{Zone: "America/New_York"}, rule.Day,
			"2026-11-01T12:00:00-05:00", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00", "25 hours"},
		{"New York, the day starting in the gap", rule.Calendar{Zone: "America/New_York", DayStart: 2}, rule.Day,
			"2026-03-08T03:00:00-04:00", "2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00", "there was no 2 o'clock"},
		{"New York, one second before the gap", rule.Calendar{Zone: "America/New_York", DayStart: 2}, rule.Day,
			"2026-03-08T01:59:59-05:00", "2026-03-07T02:00:00-05:00", "2026-03-08T03:00:00-04:00", ""},
		{"New York, the day starting in the hour that came twice", rule.Calendar{Zone: "America/New_York", DayStart: 1}, rule.Day,
			"2026-11-01T01:30:00-05:00", "2026-11-01T01:00:00-04:00", "2026-11-02T01:00:00-05:00", "the first 1 o'clock"},
		{"Moscow's March of 2010", rule.Calendar{Zone: "Europe/Moscow"}, rule.Month,
			"2010-03-28T12:00:00+04:00", "2010-03-01T00:00:00+03:00", "2010-04-01T00:00:00+04:00", "31 days, not until the 29th"},
		{"Moscow's March of 2026", rule.Calendar{Zone: "Europe/Moscow"}, rule.Month,
			"2026-02-28T21:00:00Z", "2026-03-01T00:00:00+03:00", "2026-04-01T00:00:00+03:00", "UTC still has February"},
		{"the ISO week of a new year", rule.Calendar{}, rule.Week,
			"2027-01-01T00:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z", "week 53 of 2026"},
		{"a week from Sunday", rule.Calendar{FirstDay: "sunday"}, rule.Week,
			"2027-01-01T00:00:00Z", "2026-12-27T00:00:00Z", "2027-01-03T00:00:00Z", ""},
		{"a night in Shanghai", rule.Calendar{Zone: "Asia/Shanghai", DayStart: 5}, rule.Month,
			"2026-03-01T04:59:59+08:00", "2026-02-01T05:00:00+08:00", "2026-03-01T05:00:00+08:00", "still February"},
		{"Kwajalein's second 30 September", rule.Calendar{Zone: "Pacific/Kwajalein"}, rule.Day,
			"1969-09-30T12:00:00-12:00", "1969-09-30T00:00:00+11:00", "1969-10-01T00:00:00-12:00", "47 hours"},
		{"New Year's Eve of a leap year", rule.Calendar{Zone: "America/New_York"}, rule.Day,
			"2040-12-31T12:00:00-05:00", "2040-12-31T00:00:00-05:00", "2041-01-01T00:00:00-05:00", "Go's ZoneBounds stands still"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := compiledPeriods(t, tt.calendar)
			want := rule.Window{Start: calendarInstant(t, tt.start), End: calendarInstant(t, tt.end)}
			got := p.Bounds(tt.unit, p.Ordinal(tt.unit, calendarInstant(t, tt.at)))
			if !equalWindows(got, want) {
				t.Errorf("got %v, want %v: %s", got, want, tt.reason)
			}
		})
	}
}

func TestPeriods_S1_isoWeeksAgreeWithGo(t *testing.T) {
	p := compiledPeriods(t, rule.Calendar{})
	year, week := modelFirst.AddDate(0, 0, -1).ISOWeek()
	for at := modelFirst; at.Before(modelLast); at = at.AddDate(0, 0, 1) {
		y, w := at.ISOWeek()
		begins := y != year || w != week
		if started := p.Ordinal(rule.Week, at) != p.Ordinal(rule.Week, at.AddDate(0, 0, -1)); started != begins {
			t.Fatalf("%s: a week begins: %t, want %t", at.Format(time.DateOnly), started, begins)
		}
		year, week = y, w
	}
}

func TestPeriods_S1_ordinalsByName(t *testing.T) {
	utc := rule.Calendar{}
	for _, tt := range []struct {
		name     string
		calendar rule.Calendar
		unit     rule.Unit
		at       string
		want     int64
	}{
		{"the first day", utc, rule.Day, "1970-01-01T00:00:00Z", 0},
		{"just before it", utc, rule.Day, "1969-12-31T23:59:59.999999Z", -1},
		{"its week", utc, rule.Week, "1969-12-29T00:00:00Z", 0},
		{"the week before", utc, rule.Week, "1969-12-28T23:59:59Z", -1},
		{"the week it begins", rule.Calendar{FirstDay: "thursday"}, rule.Week, "1970-01-01T00:00:00Z", 0},
		{"the week it ends", rule.Calendar{FirstDay: "friday"}, rule.Week, "1970-01-02T00:00:00Z", 1},
		{"its month", utc, rule.Month, "1970-01-31T23:59:59Z", 0},
		{"the month before", utc, rule.Month, "1969-12-31T00:00:00Z", -1},
		{"December of 1968", utc, rule.Month, "1968-12-31T00:00:00Z", -13},
		{"before it starts", rule.Calendar{DayStart: 5}, rule.Day, "1970-01-01T04:59:59Z", -1},
		{"as it starts", rule.Calendar{DayStart: 5}, rule.Day, "1970-01-01T05:00:00Z", 0},
		{"the first day in Kiritimati", rule.Calendar{Zone: "Pacific/Kiritimati"}, rule.Day, "1970-01-01T10:40:00Z", 0},
		{"Apia before the date left out", rule.Calendar{Zone: "Pacific/Apia"}, rule.Day, "2011-12-30T09:59:59Z", 15337},
		{"Apia after it", rule.Calendar{Zone: "Pacific/Apia"}, rule.Day, "2011-12-30T10:00:00Z", 15338},
		{"Manila before the date left out of 1844", rule.Calendar{Zone: "Asia/Manila"}, rule.Day, "1844-12-30T00:00:00Z", -45657},
		{"no unit", utc, 0, "2026-01-01T00:00:00Z", 0},
		{"an unknown unit", utc, 9, "2026-01-01T00:00:00Z", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := compiledPeriods(t, tt.calendar).Ordinal(tt.unit, calendarInstant(t, tt.at)); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// drawAnyInstant draws any instant time.Time can hold, the sane ones more often.
func drawAnyInstant(t *rapid.T, label string) time.Time {
	sane := rapid.Int64Range(-62135596800, 253402300799)
	return time.Unix(rapid.OneOf(sane, sane, rapid.Int64()).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label))
}

// Whatever the instant, its period holds it, the neighbours' bounds meet, and a later instant has no lower ordinal.
func TestPeriods_S1_everyInstantHasItsPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := drawCalendar(t)
		p := compiledPeriods(t, c)
		a, b := drawAnyInstant(t, "a"), drawAnyInstant(t, "b")
		if b.Before(a) {
			a, b = b, a
		}
		for _, u := range periodUnits {
			n := p.Ordinal(u, a)
			if m := p.Ordinal(u, b); m < n {
				t.Fatalf("%s %d at %v, but %d at %v", u, n, a, m, b)
			}
			w := p.Bounds(u, n)
			if !w.Contains(a) {
				t.Fatalf("%s %d is %v without %v", u, n, w, a)
			}
			if !w.End.IsZero() && !p.Bounds(u, n+1).Start.Equal(w.End) || !w.Start.IsZero() && !p.Bounds(u, n-1).End.Equal(w.Start) {
				t.Fatalf("%s %d is %v between %v and %v", u, n, w, p.Bounds(u, n-1), p.Bounds(u, n+1))
			}
			if !w.Start.IsZero() && p.Ordinal(u, w.Start.Add(-time.Microsecond)) != n-1 {
				t.Fatalf("%s %d does not begin at %v", u, n, w.Start)
			}
		}
	})
}

// Every ordinal has bounds, and they number themselves, or are those of the first or last period.
func TestPeriods_S1_everyOrdinalHasBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := drawCalendar(t)
		p := compiledPeriods(t, c)
		n := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-800_000, 3_000_000)).Draw(t, "n")
		for _, u := range periodUnits {
			w := p.Bounds(u, n)
			switch {
			case w.IsZero():
				t.Fatalf("%s %d is all of time", u, n)
			case w.Start.IsZero() && n > p.Ordinal(u, time.Time{}), w.End.IsZero() && n < p.Ordinal(u, time.Unix(math.MaxInt64/2, 0)):
				t.Fatalf("%s %d is %v, which is open", u, n, w)
			case !w.Start.IsZero() && !w.End.IsZero() && p.Ordinal(u, w.Start) != n:
				t.Fatalf("%s %d is %v, which begins with %d", u, n, w, p.Ordinal(u, w.Start))
			}
		}
	})
}

// In all years to come a day from midnight starts where Go puts that date's midnight, in zones that change at other hours.
func TestPeriods_S1_followTheZoneThroughAllYears(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"America/New_York", "Europe/Berlin", "Australia/Sydney", "Asia/Shanghai"}).Draw(t, "zone")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatalf("%v", err)
		}
		year := rapid.IntRange(1990, 9998).Draw(t, "year")
		at := time.Date(year, 1, rapid.IntRange(1, 366).Draw(t, "day"), 0, 0, 0, 0, loc)
		c := rule.Calendar{Zone: zone}
		p := compiledPeriods(t, c)
		want := rule.Window{Start: at, End: at.AddDate(0, 0, 1)}
		if got := p.Bounds(rule.Day, p.Ordinal(rule.Day, at.Add(time.Hour))); !equalWindows(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if got := c.Date(at.Date()); !got.Equal(at) {
			t.Fatalf("Date is %v, want %v", got, at)
		}
	})
}

func TestPeriods_S15_cyclesByName(t *testing.T) {
	apia := compiledPeriods(t, rule.Calendar{Zone: "Pacific/Apia"})
	utc := compiledPeriods(t, rule.Calendar{})
	for _, tt := range []struct {
		name    string
		periods *rule.Periods
		cycle   rule.Cycle
		anchor  string
		at      string
		number  int64
		start   string
		end     string
	}{
		{"the unit of the anchor begins it", utc, rule.Cycle{Every: 1, Unit: rule.Day}, "2026-01-10T09:37:00Z",
			"2026-01-10T00:00:00Z", 0, "2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z"},
		{"before the anchor it is negative", utc, rule.Cycle{Every: 3, Unit: rule.Day}, "2026-01-10T09:37:00Z",
			"2026-01-09T23:00:00Z", -1, "2026-01-07T00:00:00Z", "2026-01-10T00:00:00Z"},
		{"every second week", utc, rule.Cycle{Every: 2, Unit: rule.Week}, "2026-01-07T00:00:00Z",
			"2026-01-20T00:00:00Z", 1, "2026-01-19T00:00:00Z", "2026-02-02T00:00:00Z"},
		{"a quarter without an anchor", utc, rule.Cycle{Every: 3, Unit: rule.Month}, "0001-01-01T00:00:00Z",
			"2026-05-31T00:00:00Z", 225, "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"},
		{"three days that exist", apia, rule.Cycle{Every: 3, Unit: rule.Day}, "2011-12-28T00:00:00-10:00",
			"2011-12-31T12:00:00+14:00", 0, "2011-12-28T00:00:00-10:00", "2012-01-01T00:00:00+14:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			anchor := calendarInstant(t, tt.anchor)
			n := tt.periods.Cycle(tt.cycle, anchor, calendarInstant(t, tt.at))
			if n != tt.number {
				t.Errorf("number %d, want %d", n, tt.number)
			}
			want := rule.Window{Start: calendarInstant(t, tt.start), End: calendarInstant(t, tt.end)}
			if got := tt.periods.CycleBounds(tt.cycle, anchor, n); !equalWindows(got, want) {
				t.Errorf("bounds %v, want %v", got, want)
			}
		})
	}
}

// Cycles tumble: each holds what it numbers, ends where the next begins, is Every units long, and number 0 begins with the
// anchor's unit.
func TestPeriods_S15_cyclesTumble(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := drawCalendar(t)
		p := compiledPeriods(t, c)
		m := clockModelOf(t, c.Zone)
		cycle := rule.Cycle{Every: rapid.Int64Range(1, 40).Draw(t, "every"), Unit: rapid.SampledFrom(periodUnits).Draw(t, "unit")}
		anchor, at := m.drawInstant(t), m.drawInstant(t)
		n := p.Cycle(cycle, anchor, at)
		w := p.CycleBounds(cycle, anchor, n)
		if !w.Contains(at) || !w.End.Equal(p.CycleBounds(cycle, anchor, n+1).Start) {
			t.Fatalf("cycle %d is %v, the next %v", n, w, p.CycleBounds(cycle, anchor, n+1))
		}
		if length := p.Ordinal(cycle.Unit, w.End) - p.Ordinal(cycle.Unit, w.Start); length != cycle.Every {
			t.Fatalf("cycle %d is %d units long", n, length)
		}
		if zero := p.CycleBounds(cycle, anchor, 0).Start; !zero.Equal(p.Bounds(cycle.Unit, p.Ordinal(cycle.Unit, anchor)).Start) {
			t.Fatalf("cycle 0 begins at %v", zero)
		}
	})
}

// Whatever cycle, anchor, instant and number: an answer, and cycles that meet.
func TestPeriods_S15_everyCycleHasAnAnswer(t *testing.T) {
	p := compiledPeriods(t, rule.Calendar{Zone: "Pacific/Apia"})
	rapid.Check(t, func(t *rapid.T) {
		cycle := rule.Cycle{Every: rapid.Int64().Draw(t, "every"), Unit: rule.Unit(rapid.IntRange(0, 4).Draw(t, "unit"))}
		anchor, at := drawAnyInstant(t, "anchor"), drawAnyInstant(t, "at")
		n := p.Cycle(cycle, anchor, at)
		w := p.CycleBounds(cycle, anchor, n)
		if !w.Contains(at) {
			t.Fatalf("cycle %d is %v without %v", n, w, at)
		}
		if !w.End.IsZero() && !p.CycleBounds(cycle, anchor, n+1).Start.Equal(w.End) {
			t.Fatalf("cycle %d is %v, the next %v", n, w, p.CycleBounds(cycle, anchor, n+1))
		}
		far := rapid.Int64().Draw(t, "far")
		if p.CycleBounds(cycle, anchor, far).IsZero() && p.Cycle(cycle, anchor, time.Time{}) != p.Cycle(cycle, anchor, time.Unix(1<<60, 0)) {
			t.Fatalf("cycle %d is all of time", far)
		}
	})
}

func TestPeriods_S3_takes(t *testing.T) {
	const micro = time.Microsecond
	now := time.Date(2026, 5, 1, 12, 0, 0, 700, time.UTC)
	none := rule.Calendar{Lateness: -1, Skew: -1}
	for _, tt := range []struct {
		name     string
		calendar rule.Calendar
		t        time.Time
		want     error
	}{
		{"now", rule.Calendar{}, now, nil},
		{"the zero time means now", rule.Calendar{}, time.Time{}, nil},
		{"72 hours ago", rule.Calendar{}, now.Add(-72 * time.Hour), nil},
		{"longer ago", rule.Calendar{}, now.Add(-72*time.Hour - micro), rule.ErrTooLate},
		{"just under 5 minutes ahead", rule.Calendar{}, now.Add(5*time.Minute - micro), nil},
		{"5 minutes ahead", rule.Calendar{}, now.Add(5 * time.Minute), rule.ErrTooEarly},
		{"now without skew and lateness", none, now, nil},
		{"later in the same microsecond", none, now.Add(299), nil},
		{"earlier in the same microsecond", none, now.Add(-700), nil},
		{"a microsecond ago without lateness", none, now.Add(-micro), rule.ErrTooLate},
		{"a microsecond ahead without skew", none, now.Add(micro), rule.ErrTooEarly},
		{"an hour as configured", rule.Calendar{Lateness: time.Hour}, now.Add(-time.Hour), nil},
		{"over an hour as configured", rule.Calendar{Lateness: time.Hour}, now.Add(-time.Hour - micro), rule.ErrTooLate},
		{"at the end of time", rule.Calendar{}, time.Unix(1<<60, 0), rule.ErrTooEarly},
		{"at the beginning of time", rule.Calendar{}, time.Unix(-1<<60, 0), rule.ErrTooLate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := compiledPeriods(t, tt.calendar).Takes(now, tt.t); !errors.Is(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// The horizon is taken, and a microsecond before it is not.
func TestPeriods_S3_horizonIsTheEarliestTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lateness := time.Duration(rapid.Int64Range(-2, 1_000_000).Draw(t, "lateness")) * time.Microsecond
		p := compiledPeriods(t, rule.Calendar{Lateness: lateness})
		now := time.Unix(1_800_000_000, rapid.Int64Range(0, 999_999_999).Draw(t, "now"))
		h := p.Horizon(now)
		if err := p.Takes(now, h); err != nil {
			t.Fatalf("the horizon %v at %v: %v", h, now, err)
		}
		if err := p.Takes(now, h.Add(-time.Microsecond)); !errors.Is(err, rule.ErrTooLate) {
			t.Fatalf("before the horizon: %v", err)
		}
	})
}

func TestPeriods_dayOrdinalAllocatesNothing(t *testing.T) {
	p := compiledPeriods(t, rule.Calendar{Zone: "America/New_York"})
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, u := range periodUnits {
		if n := testing.AllocsPerRun(100, func() { p.Ordinal(u, at) }); n != 0 {
			t.Errorf("%s: %v allocations", u, n)
		}
	}
}
