package rule

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// A Calendar turns instants into days, weeks and months, and says which event times are taken. It is a catalog document,
// one for a store. The zero Calendar is ready to use: UTC, weeks from Monday, days from midnight, 72 hours late, 5 minutes
// early.
//
// A day runs from the first instant whose local date and hour reach it to the same of the next day, and an instant belongs to
// the latest day that has begun. So the date never goes back where the clock does, a day whose first hour the clock skipped
// starts right after the gap, and a date that no local clock showed is no day. Days may be 23 or 25 hours long, or longer.
//
// Zones come from the machine's IANA database, in the order [time.LoadLocation] looks for it. Where there may be none, the
// application imports time/tzdata for its side effect; this package embeds no database.
type Calendar struct {
	// Zone is an IANA zone name, "Asia/Shanghai". Names that mean another zone on another machine, "Local" and
	// "localtime", are refused.
	//
	// Defaults to "UTC".
	Zone string
	// FirstDay is the day a week starts on, in English and lower case: "sunday".
	//
	// Defaults to "monday".
	FirstDay string
	// DayStart is the local hour a day starts at, 0 to 23: with 5, half past four in the morning is still yesterday.
	DayStart int
	// Lateness is how long after its own time an event is still taken, in whole microseconds and at most 366 days.
	// Below zero means none: no event from the past is taken.
	//
	// Defaults to 72 hours.
	Lateness time.Duration
	// Skew is how far ahead of the clock an event's time may be, in whole microseconds and at most 24 hours.
	// Below zero means none.
	//
	// Defaults to 5 minutes.
	Skew time.Duration
	// Revision is the catalog revision the document was read at. Zero is none.
	Revision int64
}

const (
	latenessDefault = 72 * time.Hour
	latenessMax     = 366 * 24 * time.Hour
	skewDefault     = 5 * time.Minute
	skewMax         = 24 * time.Hour
)

// Validate returns every fault of c, joined, each a [FieldError] that matches [ErrInvalid]: a zone that is not in the
// database or depends on the machine, a first_day that is no day's name, a day_start outside 0 to 23, a lateness over 366
// days or a skew over 24 hours or one that is not whole microseconds, a negative revision. It reads the zone database.
func (c Calendar) Validate() error {
	_, err := c.load()
	return err
}

// load validates c and returns its zone.
func (c Calendar) load() (*time.Location, error) {
	var faults Faults
	loc, err := loadZone(c.Zone)
	if err != nil {
		faults.At("zone", err)
	}
	if _, ok := c.firstDay(); !ok {
		faults.Add("first_day", c.FirstDay, `must be a day in lower case such as "monday"`)
	}
	if c.DayStart < 0 || c.DayStart > 23 {
		faults.Add("day_start", strconv.Itoa(c.DayStart), "must be an hour, 0 to 23")
	}
	faultySpan(&faults, "lateness", c.Lateness, latenessMax)
	faultySpan(&faults, "skew", c.Skew, skewMax)
	if c.Revision < 0 {
		faults.Add("revision", strconv.FormatInt(c.Revision, 10), "must not be negative")
	}
	return loc, faults.Err()
}

func faultySpan(faults *Faults, field string, d, most time.Duration) {
	switch {
	case d > most:
		faults.Addf(field, d.String(), "must be at most %s", most)
	case d > 0 && d%time.Microsecond != 0:
		faults.Add(field, d.String(), "must be whole microseconds")
	}
}

// zoneNameMax is well above the longest name in the database, in bytes.
const zoneNameMax = 64

// loadZone finds a zone by name, and refuses names that a catalog shared by several machines cannot hold.
func loadZone(name string) (*time.Location, error) {
	fault := &FieldError{Value: clip(name, valueMax)}
	switch {
	case name == "":
		return time.UTC, nil
	case name == "Local", name == "localtime", name == "posixrules":
		fault.Reason = "must not depend on the machine: name an IANA zone"
		return nil, fault
	case len(name) > zoneNameMax, strings.Trim(name, zoneNameBytes) != "":
		fault.Reason = "must be the name of an IANA zone"
		return nil, fault
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		fault.Reason = "is not in this machine's zone database (importing time/tzdata embeds one)"
		return nil, fault
	}
	return loc, nil
}

const zoneNameBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/"

// firstDay returns the day weeks start on, and whether its name is known.
func (c Calendar) firstDay() (time.Weekday, bool) {
	if c.FirstDay == "" {
		return time.Monday, true
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if c.FirstDay == strings.ToLower(d.String()) {
			return d, true
		}
	}
	return 0, false
}

// withDefaults fills in what c leaves out. A negative span becomes -1, so that it is read as none again.
func (c Calendar) withDefaults() Calendar {
	if c.Zone == "" {
		c.Zone = "UTC"
	}
	if c.FirstDay == "" {
		c.FirstDay = "monday"
	}
	c.Lateness = spanOrDefault(c.Lateness, latenessDefault)
	c.Skew = spanOrDefault(c.Skew, skewDefault)
	return c
}

func spanOrDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return max(d, -1)
}

// Date returns the first instant of a civil date, in UTC: where that day starts by c's zone and DayStart, which is what the
// bounds of windows are written with. Months and days out of range carry over as in [time.Date].
//
// A date that never was gives the start of the next day that was. The result is the zero time when the zone is unknown,
// DayStart is no hour, or the date or its start in UTC lies outside the years 1 to 9999; since a zero bound is open, validate
// a calendar first that comes from outside. Date reads the zone database at each call: it is meant for literals, and
// [Calendar.Periods] for many instants.
func (c Calendar) Date(year int, month time.Month, day int) time.Time {
	loc, err := loadZone(c.Zone)
	if err != nil || c.DayStart < 0 || c.DayStart > 23 {
		return time.Time{}
	}
	const farthest = 1 << 24 // keeps time.Date from wrapping round; anything as far leads outside the years or is carried back
	y, m, d := within(year, farthest), within(int(month), farthest), within(day, farthest)
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if date.Year() < 1 || date.Year() > 9999 {
		return time.Time{}
	}
	civil := floorDiv(date.Unix(), daySeconds)
	// The clock of the two years around the date says all about it: no clock was ever set back by more than a day or so.
	const around = 366 * daySeconds
	line := newTimeline(zoneShifts(loc, date.Unix()-around, date.Unix()+around), int64(c.DayStart)*3600)
	at := line.start(line.dayOf(civil))
	if at < firstSeconds || at >= endSeconds {
		return time.Time{}
	}
	return time.Unix(at, 0).UTC()
}

// within cuts n to what lies no further than farthest from zero.
func within(n, farthest int) int { return min(max(n, -farthest), farthest) }

// ErrTooLate is returned by [Periods.Takes] for an event whose time lies further back than the calendar's Lateness.
var ErrTooLate = errors.New("event time is too long ago")

// ErrTooEarly is returned by [Periods.Takes] for an event whose time lies further ahead than the calendar's Skew.
var ErrTooEarly = errors.New("event time is in the future")
