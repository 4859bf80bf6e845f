package rule

import (
	"math"
	"time"
)

// Periods is a [Calendar] made ready for use: it numbers days, weeks and months, tells their bounds, and decides which event
// times are taken. [Calendar.Periods] makes one; the zero Periods is not for use. It never changes, keeps the zone as it was
// when it was made, and is safe for concurrent use.
//
// # Ordinals
//
// The days that exist are numbered one by one, and so are weeks and months. Number 0 holds 1970-01-01 as a local date, so month
// 0 is January 1970; earlier ones are negative. A week and a month start with their first day that exists.
//
// # The ends of time
//
// Ordinals and bounds are right from the year 1 to the year 9999, in UTC. What lies before belongs to the first period, which
// is open at its start, and what lies after to the last, which is open at its end; an ordinal before the first or after the
// last means that one. So every instant and every ordinal has an answer.
// From 2500 on a zone keeps the rules it has between 2100 and 2500, which is what the database says of all zones today.
type Periods struct {
	calendar  Calendar
	line      timeline
	weekShift int64 // what makes (date + weekShift) / 7 the week's ordinal
	lastDay   int64 // the day before foldEnd
	// The first and the last ordinal of each unit.
	first, last [Month + 1]int64
}

// All in seconds since 1970.
const (
	firstSeconds = -62135596800 // year 1, which is the zero time
	endSeconds   = 253402300800 // year 10000

	// The Gregorian calendar and the rules of zones repeat each 400 years, weekdays included. So a timeline lists the shifts up
	// to foldEnd, and what lies later is folded back into the 400 years from foldStart. No zone of the database lists single
	// shifts after 2087.
	foldStart   = 4102444800 // 2100
	foldDays    = 146097
	foldSeconds = foldDays * daySeconds
	foldEnd     = foldStart + foldSeconds
)

// Periods compiles c. It reads the zone once, and takes a millisecond or so and some 30 kB for a zone with summer time.
// The error is that of [Calendar.Validate].
func (c Calendar) Periods() (*Periods, error) {
	loc, err := c.load()
	if err != nil {
		return nil, err
	}
	p := &Periods{
		calendar: c.withDefaults(),
		line:     newTimeline(zoneShifts(loc, firstSeconds, foldEnd), int64(c.DayStart)*3600),
	}
	p.line.renumber()
	p.lastDay = p.line.day(foldEnd - 1)
	weekStart, _ := c.firstDay()
	p.weekShift = int64(time.Thursday-weekStart+7) % 7
	for u := Day; u <= Month; u++ {
		p.first[u], p.last[u] = p.ordinal(u, firstSeconds), p.ordinal(u, endSeconds-1)
	}
	return p, nil
}

// Calendar returns the calendar p was made from, with defaults filled in. A negative Lateness or Skew is -1ns.
func (p *Periods) Calendar() Calendar { return p.calendar }

// Ordinal returns the number of the day, week or month that t belongs to. It never falls as t rises.
// A unit that is none of these is one period without end: its ordinal is 0.
func (p *Periods) Ordinal(u Unit, t time.Time) int64 { return p.ordinal(u, instantSeconds(t)) }

// Bounds returns the period that an ordinal numbers, in UTC. The end of one is the start of the next, exactly.
// The first and the last period are open, and ordinals beyond them mean them. A unit that is none gives the open window.
func (p *Periods) Bounds(u Unit, ordinal int64) Window {
	if !u.known() {
		return Window{}
	}
	n := min(max(ordinal, p.first[u]), p.last[u])
	return p.span(u, n, n+1)
}

// Cycle returns the number of the cycle that t belongs to. Cycles are Every units long, tumble, and are counted from the unit
// that holds the anchor, which begins cycle 0; earlier ones are negative. A zero anchor means the unit of 1970-01-01.
// Days left out of the calendar are not counted: a cycle of 3 days has 3 days that exist.
// A cycle without a length or a unit is one without end: its number is 0.
func (p *Periods) Cycle(c Cycle, anchor, t time.Time) int64 {
	if c.Every < 1 || !c.Unit.known() {
		return 0
	}
	return floorDiv(p.Ordinal(c.Unit, t)-p.anchor(c.Unit, anchor), c.Every)
}

// CycleBounds returns the cycle that a number of [Periods.Cycle] means, in UTC. The end of one is the start of the next.
// The first and the last cycle are open, and numbers beyond them mean them. A cycle without a length or a unit gives the open
// window.
func (p *Periods) CycleBounds(c Cycle, anchor time.Time, n int64) Window {
	if c.Every < 1 || !c.Unit.known() {
		return Window{}
	}
	zero := p.anchor(c.Unit, anchor)
	n = max(n, floorDiv(p.first[c.Unit]-zero, c.Every))
	n = min(n, floorDiv(p.last[c.Unit]-zero, c.Every))
	// Every may be anything here, so either side may lie beyond what int64 holds. Each is worked out from the anchor alone.
	from := saturatingAdd(zero, saturatingMul(n, c.Every))
	return p.span(c.Unit, from, saturatingAdd(zero, saturatingMul(n+1, c.Every)))
}

// anchor returns the ordinal that cycles are counted from.
func (p *Periods) anchor(u Unit, anchor time.Time) int64 {
	if anchor.IsZero() {
		return 0
	}
	return p.Ordinal(u, anchor)
}

// Takes reports whether an event with time t is taken at the instant now: nil if it is, [ErrTooLate] or [ErrTooEarly] if not.
// It is taken when now - Lateness <= t, and t <= now or t < now + Skew; both times are cut to the microsecond first, as
// they are stored. A zero t means now, and is taken.
func (p *Periods) Takes(now, t time.Time) error {
	if t.IsZero() {
		return nil
	}
	// Differences saturate, where a sum could wrap round.
	ahead := micros(t).Sub(micros(now))
	switch {
	case ahead > 0 && ahead >= p.calendar.Skew:
		return ErrTooEarly
	case ahead < 0 && -max(ahead, -math.MaxInt64) > p.calendar.Lateness:
		return ErrTooLate
	}
	return nil
}

// Horizon returns the earliest event time that is still taken at the instant now, in UTC and at microseconds.
func (p *Periods) Horizon(now time.Time) time.Time {
	return micros(now).Add(-max(p.calendar.Lateness, 0))
}

// instantSeconds returns t in whole seconds since 1970, rounded down, and cut to the years 1 to 9999.
func instantSeconds(t time.Time) int64 {
	s := t.Unix()
	if s >= firstSeconds && s < endSeconds {
		return s
	}
	// Unix wraps round for instants far enough out, so its sign says nothing here.
	if t.Before(time.Time{}) {
		return firstSeconds
	}
	return endSeconds - 1
}

func (p *Periods) ordinal(u Unit, at int64) int64 {
	if u == Day {
		return p.day(at)
	}
	date := p.civil(p.day(at))
	switch u {
	case Week:
		return floorDiv(date+p.weekShift, 7)
	case Month:
		y, m, _ := time.Unix(date*daySeconds, 0).UTC().Date()
		return int64(y-1970)*12 + int64(m-1)
	}
	return 0
}

// span returns the window from the start of one ordinal to the start of another, open where that lies beyond the ends.
func (p *Periods) span(u Unit, from, to int64) Window {
	var w Window
	if from > p.first[u] {
		w.Start = time.Unix(p.start(u, from), 0).UTC()
	}
	if to <= p.last[u] {
		w.End = time.Unix(p.start(u, to), 0).UTC()
	}
	return w
}

// start returns the first instant of the period that an ordinal within the ends numbers.
func (p *Periods) start(u Unit, n int64) int64 {
	switch u {
	case Week:
		n = p.dayOf(n*7 - p.weekShift)
	case Month:
		first := time.Date(1970, time.Month(1+n), 1, 0, 0, 0, 0, time.UTC)
		n = p.dayOf(floorDiv(first.Unix(), daySeconds))
	}
	folds := p.folds(n)
	return p.line.start(n-folds*foldDays) + folds*foldSeconds
}

func (p *Periods) day(at int64) int64 {
	if at < foldEnd {
		return p.line.day(at)
	}
	folds := (at - foldStart) / foldSeconds
	return p.line.day(at-folds*foldSeconds) + folds*foldDays
}

// folds returns how many times 400 years a day lies after the timeline's last 400.
func (p *Periods) folds(day int64) int64 {
	if day <= p.lastDay {
		return 0
	}
	return (day - p.lastDay + foldDays - 1) / foldDays
}

// Dates are left out of the past alone, so the last run of the timeline says all about what lies after it.
func (p *Periods) civil(day int64) int64   { return p.line.civil(day) }
func (p *Periods) dayOf(civil int64) int64 { return p.line.dayOf(civil) }

func saturatingAdd(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}

// saturatingMul multiplies by a positive number.
func saturatingMul(a, b int64) int64 {
	switch {
	case a > math.MaxInt64/b:
		return math.MaxInt64
	case a < math.MinInt64/b:
		return math.MinInt64
	}
	return a * b
}
