package rule

import (
	"encoding/json"
	"errors"
	"time"
)

// calendarJSON is a Calendar as it is written.
type calendarJSON struct {
	Zone     string       `json:"zone,omitzero"`
	FirstDay string       `json:"first_day,omitzero"`
	DayStart int          `json:"day_start,omitzero"`
	Lateness calendarSpan `json:"lateness,omitzero"`
	Skew     calendarSpan `json:"skew,omitzero"`
	Revision int64        `json:"revision,omitzero"`
}

// MarshalJSON writes c with zero fields left out and durations as text:
//
//	{"zone":"Asia/Shanghai","day_start":5,"lateness":"72h0m0s"}
func (c Calendar) MarshalJSON() ([]byte, error) {
	return json.Marshal(calendarJSON{
		Zone: c.Zone, FirstDay: c.FirstDay, DayStart: c.DayStart,
		Lateness: calendarSpan(c.Lateness), Skew: calendarSpan(c.Skew), Revision: c.Revision,
	})
}

// UnmarshalJSON reads what MarshalJSON writes and replaces c whole. Durations are read by [time.ParseDuration].
// Names are matched exactly; unknown ones, those given twice and values of another type are each a [FieldError], joined, and
// leave c as it was.
// It does not validate: a calendar read from JSON may still have an unknown zone. A JSON null changes nothing.
func (c *Calendar) UnmarshalJSON(data []byte) error {
	var in calendarJSON
	null, err := unmarshalFields(data, map[string]any{
		"zone": &in.Zone, "first_day": &in.FirstDay, "day_start": &in.DayStart,
		"lateness": &in.Lateness, "skew": &in.Skew, "revision": &in.Revision,
	})
	if err != nil || null {
		return err
	}
	*c = Calendar{
		Zone: in.Zone, FirstDay: in.FirstDay, DayStart: in.DayStart,
		Lateness: time.Duration(in.Lateness), Skew: time.Duration(in.Skew), Revision: in.Revision,
	}
	return nil
}

// calendarSpan is a duration that is text in JSON.
type calendarSpan time.Duration

func (s calendarSpan) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

func (s *calendarSpan) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return &FieldError{Value: clip(string(text), valueMax), Reason: `must be a duration such as "72h" or "5m30s"`}
	}
	*s = calendarSpan(d)
	return nil
}

// unmarshalFields decodes a JSON object into the targets by exact name, and reports whether data was null instead. Unknown
// names and names given twice are faults. encoding/json would match names in any case and stop at the first fault.
func unmarshalFields(data []byte, targets map[string]any) (null bool, err error) {
	var d jsonReader
	raw, ok := d.text(data)
	if !ok || string(raw) == "null" {
		return ok, d.faults.Err()
	}
	known := func(name string) bool { return targets[name] != nil }
	for _, f := range d.object(raw, "", known) {
		if err := json.Unmarshal(f.raw, targets[f.name]); err != nil {
			d.faults.At(f.name, typeFault(f.raw, targets[f.name], err))
		}
	}
	return false, d.faults.Err()
}

// typeFault says what a field must be when encoding/json could not read it, in words without Go's types.
func typeFault(raw []byte, target any, err error) error {
	reason := "must be a string"
	switch target.(type) {
	case *int, *int64:
		reason = "must be a whole number of at most 64 bits"
	case *time.Time:
		reason = `must be a time in RFC 3339 such as "2026-01-31T00:00:00+08:00"`
	default:
		if errors.Is(err, ErrInvalid) {
			return err
		}
	}
	return &FieldError{Value: clip(string(raw), valueMax), Reason: reason}
}
