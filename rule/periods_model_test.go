package rule_test

import (
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

// modelZones are zones that did something odd to their days.
var modelZones = []string{
	"UTC", "Pacific/Apia", "America/St_Johns", "Pacific/Kwajalein", "Asia/Manila", "Africa/Cairo", "America/Sao_Paulo",
	"America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Antarctica/Troll", "Asia/Kathmandu", "America/Asuncion",
	"Asia/Tehran", "Africa/Casablanca", "Europe/Moscow", "America/New_York", "Europe/Berlin", "Australia/Sydney",
	"Asia/Shanghai", "Asia/Kolkata", "Pacific/Chatham", "America/Nuuk", "Asia/Gaza", "Pacific/Easter", "America/Juneau",
	"Pacific/Kiritimati", "Pacific/Fakaofo", "Africa/Monrovia", "Europe/Amsterdam", "Antarctica/Casey", "America/Anchorage",
	"Pacific/Guam", "Europe/Dublin", "Africa/El_Aaiun", "Asia/Pyongyang", "America/Caracas",
}

// clockModel knows a zone by nothing but what a clock on its wall shows, looked at one instant at a time.
type clockModel struct {
	loc *time.Location
	// never has the dates that the clock did not show, as midnight in UTC.
	never map[time.Time]bool
	// changes are instants at which the clock's offset was not what it was six hours before.
	changes []time.Time
	// starts has the first instants found so far, by date with its hour. One test alone looks for them.
	starts map[time.Time]time.Time
}

var (
	modelFirst = time.Date(1835, 1, 1, 0, 0, 0, 0, time.UTC)
	modelLast  = time.Date(2220, 1, 1, 0, 0, 0, 0, time.UTC)
	models     sync.Map // *clockModel by zone
)

// clockModelOf looks at a zone's clock every six hours for four centuries, and once for all tests.
func clockModelOf(t calendarTB, zone string) *clockModel {
	if m, ok := models.Load(zone); ok {
		return m.(*clockModel)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatalf("load %s: %v", zone, err)
	}
	m := &clockModel{loc: loc, never: map[time.Time]bool{}, starts: map[time.Time]time.Time{}}
	_, last := modelFirst.In(loc).Zone()
	next := m.date(modelFirst).AddDate(0, 0, 1) // the first date not shown yet
	for at := modelFirst; at.Before(modelLast); at = at.Add(6 * time.Hour) {
		if _, offset := at.In(loc).Zone(); offset != last {
			m.changes = append(m.changes, at)
			last = offset
		}
		for wall := m.wall(at); !wall.Before(next); next = next.AddDate(0, 0, 1) {
			if wall.Sub(next) >= 24*time.Hour {
				m.never[next] = true
			}
		}
	}
	models.Store(zone, m)
	return m
}

type calendarTB interface {
	Fatalf(string, ...any)
	Helper()
}

// wall is what the clock shows, as if it were UTC.
func (m *clockModel) wall(at time.Time) time.Time {
	_, offset := at.In(m.loc).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

func (m *clockModel) date(at time.Time) time.Time {
	y, mon, d := m.wall(at).Date()
	return time.Date(y, mon, d, 0, 0, 0, 0, time.UTC)
}

// start looks for the first instant whose wall clock reaches a date and hour: minute by minute, from before any zone could,
// then second by second within the minute before. Up to 1972 clocks had odd seconds, so there it goes by seconds at once.
func (m *clockModel) start(date time.Time, hour int) time.Time {
	goal := date.Add(time.Duration(hour) * time.Hour)
	if first, ok := m.starts[goal]; ok {
		return first
	}
	step := time.Minute
	if date.Year() < 1973 {
		step = time.Second
	}
	at := goal.Add(-17 * time.Hour)
	for m.wall(at).Before(goal) {
		at = at.Add(step)
	}
	first := at
	for back := at.Add(-step); at.After(back); at = at.Add(-time.Second) {
		if !m.wall(at).Before(goal) {
			first = at
		}
	}
	m.starts[goal] = first
	return first
}

// next is the first date shown after a date.
func (m *clockModel) next(date time.Time) time.Time {
	for date = date.AddDate(0, 0, 1); m.never[date]; {
		date = date.AddDate(0, 0, 1)
	}
	return date
}

// day is the latest date that was shown and has begun.
func (m *clockModel) day(at time.Time, hour int) time.Time {
	date := m.date(at).AddDate(0, 0, 2)
	for m.never[date] || m.start(date, hour).After(at) {
		date = date.AddDate(0, 0, -1)
	}
	return date
}

var modelEpoch = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// dayOrdinal counts the dates from 1970-01-01 to a date, without those never shown.
func (m *clockModel) dayOrdinal(date time.Time) int64 {
	n := int64(date.Sub(modelEpoch).Hours()) / 24
	for never := range m.never {
		switch {
		case !never.Before(modelEpoch) && never.Before(date):
			n--
		case never.Before(modelEpoch) && never.After(date):
			n++
		}
	}
	return n
}

// modelBegin is the first date of a date's week or month, and then the one after it; neither need have been shown.
func modelBegin(u rule.Unit, date time.Time, weekStart time.Weekday) (first, next time.Time) {
	switch u {
	case rule.Week:
		for first = date; first.Weekday() != weekStart; {
			first = first.AddDate(0, 0, -1)
		}
		return first, first.AddDate(0, 0, 7)
	case rule.Month:
		first = date.AddDate(0, 0, 1-date.Day())
		return first, first.AddDate(0, 1, 0)
	}
	return date, date.AddDate(0, 0, 1)
}

// ordinal is the number of the day, week or month that holds a date that was shown.
func (m *clockModel) ordinal(u rule.Unit, date time.Time, weekStart time.Weekday) int64 {
	switch u {
	case rule.Week:
		first, _ := modelBegin(u, date, weekStart)
		zero, _ := modelBegin(u, modelEpoch, weekStart)
		return int64(first.Sub(zero).Hours()) / (7 * 24)
	case rule.Month:
		return int64(date.Year()-1970)*12 + int64(date.Month()) - 1
	}
	return m.dayOrdinal(date)
}

// bounds is the period that holds a date: from the start of its first date shown to that of the next one's.
func (m *clockModel) bounds(u rule.Unit, date time.Time, weekStart time.Weekday, hour int) rule.Window {
	first, next := modelBegin(u, date, weekStart)
	first, next = m.next(first.AddDate(0, 0, -1)), m.next(next.AddDate(0, 0, -1))
	return rule.Window{Start: m.start(first, hour), End: m.start(next, hour)}
}

// drawInstant prefers instants around a change of the clock.
func (m *clockModel) drawInstant(t *rapid.T) time.Time {
	micro := time.Duration(rapid.SampledFrom([]int{0, 0, 1, 999_999}).Draw(t, "micro")) * time.Microsecond
	if len(m.changes) > 0 && rapid.Float64().Draw(t, "near") < 0.8 {
		at := rapid.SampledFrom(m.changes).Draw(t, "change")
		return at.Add(time.Duration(rapid.IntRange(-40*60, 36*60).Draw(t, "minutes"))*time.Minute - micro)
	}
	lo, hi := modelFirst.AddDate(5, 0, 0).Unix(), modelLast.AddDate(-5, 0, 0).Unix()
	return time.Unix(rapid.Int64Range(lo, hi).Draw(t, "second"), 0).Add(micro)
}

// drawCalendar draws a calendar of one of the zones.
func drawCalendar(t *rapid.T) (c rule.Calendar, weekStart time.Weekday) {
	names := []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	weekStart = time.Weekday(rapid.IntRange(0, 6).Draw(t, "first day"))
	return rule.Calendar{
		Zone:     rapid.SampledFrom(modelZones).Draw(t, "zone"),
		FirstDay: names[weekStart],
		DayStart: rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 23)).Draw(t, "day start"),
	}, weekStart
}

// Each instant belongs to the period that a clock on the wall, looked at minute by minute, gives it, and that period has the
// number and the bounds which counting dates gives.
func TestPeriods_S1_agreeWithAClockOnTheWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, weekStart := drawCalendar(t)
		m := clockModelOf(t, c.Zone)
		p := compiledPeriods(t, c)
		at := m.drawInstant(t)
		date := m.day(at, c.DayStart)
		for _, u := range periodUnits {
			want := m.ordinal(u, date, weekStart)
			if got := p.Ordinal(u, at); got != want {
				t.Fatalf("%s %s of %s: ordinal %d, want %d (%s)", c.Zone, u, at.UTC(), got, want, date.Format(time.DateOnly))
			}
			wantBounds := m.bounds(u, date, weekStart, c.DayStart)
			if got := p.Bounds(u, want); !equalWindows(got, wantBounds) {
				t.Fatalf("%s %s %d: bounds %v, want %v", c.Zone, u, want, got, wantBounds)
			}
		}
		if got, want := c.Date(date.Date()), m.start(date, c.DayStart); !got.Equal(want) {
			t.Fatalf("%s: Date(%s) is %s, want %s", c.Zone, date.Format(time.DateOnly), got, want.UTC())
		}
	})
}

// Every change of every zone's clock, whatever hour the day starts at: a day never falls, bounds hold what they number, and
// the dates the clock showed are the days there are.
func TestPeriods_S1_holdAroundEveryChange(t *testing.T) {
	for _, zone := range modelZones {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			m := clockModelOf(t, zone)
			for hour := range 24 {
				p := compiledPeriods(t, rule.Calendar{Zone: zone, DayStart: hour})
				for _, change := range m.changes {
					if change.Year() > 2040 {
						break
					}
					checkAround(t, p, change)
				}
			}
		})
	}
}

// checkAround goes through three days around a change of the clock by half hours.
func checkAround(t *testing.T, p *rule.Periods, change time.Time) {
	before := p.Ordinal(rule.Day, change.Add(-36*time.Hour))
	for at := change.Add(-36 * time.Hour); at.Before(change.Add(36 * time.Hour)); at = at.Add(30 * time.Minute) {
		day := p.Ordinal(rule.Day, at)
		if day != before && day != before+1 {
			t.Fatalf("%s: day %d follows day %d", at.UTC(), day, before)
		}
		before = day
		if w := p.Bounds(rule.Day, day); !w.Contains(at) || !w.End.Equal(p.Bounds(rule.Day, day+1).Start) {
			t.Fatalf("%s: day %d is %v, the next %v", at.UTC(), day, w, p.Bounds(rule.Day, day+1))
		}
	}
}
