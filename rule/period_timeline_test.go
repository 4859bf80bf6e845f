package rule

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// halfHour is the step of the clocks drawn here: they are set, and days start, at no other times.
const halfHour = 1800

// drawShifts draws a clock set again and again, also while it has not caught up with how it was set before. No zone has done
// that so far.
func drawShifts(t *rapid.T) []zoneShift {
	offset := rapid.Custom(func(t *rapid.T) int64 {
		// Far ahead and far behind, so that the clock jumps over whole dates, or stands back for more than one.
		far := rapid.SampledFrom([]int64{-60, -48, -24, 0, 24, 48, 60}).Draw(t, "far")
		return (far + rapid.Int64Range(-3, 3).Draw(t, "near")) * halfHour
	})
	shifts := []zoneShift{{at: -20 * daySeconds, offset: offset.Draw(t, "first")}}
	for range rapid.IntRange(0, 6).Draw(t, "changes") {
		last := shifts[len(shifts)-1].at
		gap := rapid.OneOf(rapid.Int64Range(1, 8), rapid.Int64Range(1, 200)).Draw(t, "gap")
		shifts = append(shifts, zoneShift{at: last + gap*halfHour, offset: offset.Draw(t, "offset")})
	}
	return shifts
}

// A timeline of any clock, however wild, has the days that following the highest time shown so far by half hours gives.
func TestTimeline_S1_anyClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shifts := drawShifts(t)
		dayStart := rapid.Int64Range(0, 23).Draw(t, "day start") * 3600
		line := newTimeline(shifts, dayStart)

		type look struct{ at, high int64 }
		var looks []look
		var shown []int64 // dates, as the highest time shown came to them
		high, set := int64(-1<<62), 0
		for at := shifts[0].at; at < shifts[len(shifts)-1].at+6*daySeconds; at += halfHour {
			for set+1 < len(shifts) && shifts[set+1].at <= at {
				set++
			}
			high = max(high, at+shifts[set].offset)
			looks = append(looks, look{at, high})
			if date := floorDiv(high, daySeconds); !slices.Contains(shown, date) {
				shown = append(shown, date)
			}
		}
		begun := -1
		for _, l := range looks {
			for begun+1 < len(shown) && shown[begun+1]*daySeconds+dayStart <= l.high {
				begun++
				day := line.day(looks[0].at) + int64(begun-max(firstBegun(shown, dayStart, looks[0].high), -1))
				if start := line.start(day); l.at > looks[0].at && start != l.at {
					t.Fatalf("day %d, date %d, starts at %d, want %d", day, shown[begun], start, l.at)
				}
			}
			if begun < 0 {
				continue // still the day before all that was looked at
			}
			if got := line.civil(line.day(l.at)); got != shown[begun] {
				t.Fatalf("at %d the date is %d, want %d", l.at, got, shown[begun])
			}
			if got := line.dayOf(shown[begun]); got != line.day(l.at) {
				t.Fatalf("date %d is day %d, want %d", shown[begun], got, line.day(l.at))
			}
		}
	})
}

// firstBegun is the index of the last date that has begun at a time shown, or -1.
func firstBegun(shown []int64, dayStart, high int64) int {
	n := -1
	for n+1 < len(shown) && shown[n+1]*daySeconds+dayStart <= high {
		n++
	}
	return n
}
