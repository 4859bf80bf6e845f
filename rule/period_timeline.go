package rule

import (
	"math"
	"sort"
	"time"
)

const daySeconds = 86400

// A zoneShift is one stretch of a zone with a constant offset, from an instant on to the next shift. Both are in seconds.
type zoneShift struct{ at, offset int64 }

// zoneShifts lists how loc's clock was set from one instant to another. The first shift is at from.
func zoneShifts(loc *time.Location, from, to int64) []zoneShift {
	var shifts []zoneShift
	for t := time.Unix(from, 0).In(loc); t.Unix() < to; {
		_, offset := t.Zone()
		if n := len(shifts); n == 0 || shifts[n-1].offset != int64(offset) {
			shifts = append(shifts, zoneShift{at: t.Unix(), offset: int64(offset)})
		}
		_, end := t.ZoneBounds()
		switch {
		case end.IsZero():
			return shifts
		case !end.After(t):
			// Past a zone's last listed transition, Go (1.26) takes each year to end after 365 days, and on the last day of a
			// leap year gives an end that is not after t. What it leaves out is the rest of that day in UTC, without a change.
			end = t.Truncate(24 * time.Hour).Add(24 * time.Hour)
		}
		t = end
	}
	return shifts
}

// A timeline knows where each day of a zone starts. It holds the days apart by two pieces: segments take an instant to the
// number of its day, and runs take that number to a civil date. Both are sorted, never empty, and not changed once made.
type timeline struct {
	segments []segment
	runs     []civilRun
}

// In a segment, which lasts to the next one, an instant's day is floor((instant + shift) / daySeconds).
// Nothing but the order of days is in it: the shift holds the zone's offset, the hour of the start, and the dates left out.
type segment struct{ from, shift int64 }

// In a run of days, from one day's number up to the next run's, the civil date is the number plus add, in days since
// 1970-01-01. A run ends where dates were left out.
type civilRun struct{ from, add int64 }

// newTimeline follows the highest local time the clock has shown so far. That, not the clock, decides what day it is: while a
// clock that was set back has not caught up with it, no new day can begin. Where the clock jumped ahead over whole dates,
// those are left out.
func newTimeline(shifts []zoneShift, dayStart int64) timeline {
	line := timeline{
		segments: []segment{{from: shifts[0].at, shift: shifts[0].offset - dayStart}},
		runs:     []civilRun{{from: math.MinInt64}},
	}
	var left int64               // dates left out so far
	high := int64(math.MinInt64) // the clock has shown all up to here, this excluded
	for i := 1; i < len(shifts); i++ {
		at, offset := shifts[i].at, shifts[i].offset
		high = max(high, at+shifts[i-1].offset)
		next := int64(math.MaxInt64)
		if i+1 < len(shifts) {
			next = shifts[i+1].at
		}
		if caught := high - offset; caught > at {
			day := floorDiv(high-1-dayStart, daySeconds) - left
			// The shift of a segment of at most 24 hours can put all of it into one day.
			for from := at; from < min(caught, next); from += daySeconds {
				line.segments = append(line.segments, segment{from, day*daySeconds - from})
			}
			at = caught
		} else if last, now := floorDiv(high-1, daySeconds), floorDiv(at+offset, daySeconds); now > last+1 {
			line.runs = append(line.runs, civilRun{from: last + 1 - left, add: left + now - last - 1})
			left += now - last - 1
		}
		if at < next {
			line.segments = append(line.segments, segment{at, offset - dayStart - left*daySeconds})
		}
	}
	return line
}

// renumber makes the day of 1970-01-01 number 0.
func (l timeline) renumber() {
	zero := l.dayOf(0)
	for i := range l.segments {
		l.segments[i].shift -= zero * daySeconds
	}
	for i := range l.runs {
		l.runs[i].add += zero
		if i > 0 {
			l.runs[i].from -= zero
		}
	}
}

// day returns the number of the day that an instant belongs to. An instant before the first segment counts as in it.
func (l *timeline) day(at int64) int64 {
	lo, hi := 0, len(l.segments)
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) >> 1); l.segments[mid].from <= at {
			lo = mid
		} else {
			hi = mid
		}
	}
	return floorDiv(at+l.segments[lo].shift, daySeconds)
}

// start returns the first instant of a day.
func (l *timeline) start(day int64) int64 {
	// The last segment that begins before the day does leads up to it. The day may begin inside, or right where the next one does.
	after := sort.Search(len(l.segments), func(i int) bool {
		return floorDiv(l.segments[i].from+l.segments[i].shift, daySeconds) >= day
	})
	at := day*daySeconds - l.segments[max(after-1, 0)].shift
	if after > 0 && after < len(l.segments) {
		at = min(at, l.segments[after].from)
	}
	return at
}

// civil returns the civil date of a day, in days since 1970-01-01.
func (l *timeline) civil(day int64) int64 {
	i := len(l.runs) - 1
	for l.runs[i].from > day {
		i--
	}
	return day + l.runs[i].add
}

// dayOf returns the day of a civil date or, if that never was, the next day that was.
func (l *timeline) dayOf(civil int64) int64 {
	for i := len(l.runs) - 1; i > 0; i-- {
		run, before := l.runs[i], l.runs[i-1]
		if civil >= run.from+run.add {
			return civil - run.add
		}
		if civil >= run.from+before.add {
			return run.from
		}
	}
	return civil - l.runs[0].add
}

// floorDiv divides by a positive number and rounds down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
