package rule

import (
	"encoding/json"
	"time"
)

// A Window is a stretch of time, [Start, End): an instant equal to End is outside.
// A zero bound is open, so the zero Window holds every instant.
type Window struct{ Start, End time.Time }

// IsZero reports whether w is open on both sides. It makes a field tagged omitzero disappear from JSON.
func (w Window) IsZero() bool { return w.Start.IsZero() && w.End.IsZero() }

// Contains reports whether t lies in w. A window that ends before or when it starts contains nothing.
func (w Window) Contains(t time.Time) bool {
	return (w.Start.IsZero() || !t.Before(w.Start)) && (w.End.IsZero() || t.Before(w.End))
}

// Overlaps reports whether some instant lies in both w and o. Windows that only touch do not overlap,
// and a window that ends before or when it starts overlaps nothing.
func (w Window) Overlaps(o Window) bool {
	start, end := w.Start, w.End
	if start.IsZero() || o.Start.After(start) {
		start = o.Start
	}
	if end.IsZero() || (!o.End.IsZero() && o.End.Before(end)) {
		end = o.End
	}
	return start.IsZero() || end.IsZero() || start.Before(end)
}

// Validate returns every fault of w, joined, each a [FieldError]: a bound outside the years 1 to 9999 (which JSON and
// databases do not hold), and an end that is not after the start.
func (w Window) Validate() error {
	var faults Faults
	faultyBound(&faults, "start", w.Start)
	faultyBound(&faults, "end", w.End)
	if !w.Start.IsZero() && !w.End.IsZero() && !w.Start.Before(w.End) {
		faults.Add("end", w.End.UTC().Format(time.RFC3339Nano), "must be after start")
	}
	return faults.Err()
}

func faultyBound(faults *Faults, field string, t time.Time) {
	if t.Before(time.Time{}) || !t.Before(time.Unix(endSeconds, 0)) {
		faults.Add(field, "", "must lie in the years 1 to 9999")
	}
}

// windowJSON is a Window as it is written.
type windowJSON struct {
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
}

// MarshalJSON writes w in RFC 3339, in UTC and cut to the microsecond, so that equal windows print alike:
//
//	{"start":"2026-01-01T00:00:00Z","end":"2026-02-01T00:00:00Z"}
//
// Open bounds are left out. A bound outside the years 1 to 9999 is an error that matches [ErrInvalid].
func (w Window) MarshalJSON() ([]byte, error) {
	var faults Faults
	faultyBound(&faults, "start", w.Start)
	faultyBound(&faults, "end", w.End)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return json.Marshal(windowJSON{Start: micros(w.Start), End: micros(w.End)})
}

// UnmarshalJSON reads what MarshalJSON writes, with any offset, and replaces w whole; the bounds are in UTC and cut to the
// microsecond. Unknown names, names given twice, values that are no times, and bounds outside the years 1 to 9999 are
// each a [FieldError], joined, and leave w as it was. It does not check that w ends after it starts. A JSON null changes nothing.
func (w *Window) UnmarshalJSON(data []byte) error {
	var in windowJSON
	null, err := unmarshalFields(data, map[string]any{"start": &in.Start, "end": &in.End})
	if err != nil || null {
		return err
	}
	var faults Faults
	faultyBound(&faults, "start", in.Start)
	faultyBound(&faults, "end", in.End)
	if err := faults.Err(); err != nil {
		return err
	}
	*w = Window{Start: micros(in.Start), End: micros(in.End)}
	return nil
}

// micros cuts t to the microsecond, in UTC.
func micros(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
