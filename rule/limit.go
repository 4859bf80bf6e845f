package rule

import (
	"encoding/json"
	"strconv"
)

// A Cycle is a stretch that comes again and again, tumbling, Every units long. The zero Cycle is none.
// What it is anchored at comes from where it is used; see [Periods.Cycle].
type Cycle struct {
	// Every is the length in units, 1 to 1000.
	Every int64
	// Unit is what Every counts: existing days, weeks or months of the calendar.
	Unit Unit
}

// everyMax bounds Cycle.Every: more would be a limit for life, which Limit.Max says better.
const everyMax = 1000

// IsZero reports whether c is no cycle.
func (c Cycle) IsZero() bool { return c == Cycle{} }

// Validate returns every fault of c, joined, each a [FieldError] of "every" or "unit". The zero Cycle has none.
func (c Cycle) Validate() error {
	if c.IsZero() {
		return nil
	}
	var faults Faults
	if c.Every < 1 || c.Every > everyMax {
		faults.Addf("every", strconv.FormatInt(c.Every, 10), "must be 1 to %d", everyMax)
	}
	if !c.Unit.known() {
		faults.Add("unit", c.Unit.String(), unitReason)
	}
	return faults.Err()
}

// cycleJSON is a Cycle as it is written.
type cycleJSON struct {
	Every int64 `json:"every,omitzero"`
	Unit  Unit  `json:"unit,omitzero"`
}

// MarshalJSON writes c, zero fields left out: {"every":1,"unit":"day"}.
// A Unit that is none of the known ones is an error that matches [ErrInvalid].
func (c Cycle) MarshalJSON() ([]byte, error) { return json.Marshal(cycleJSON(c)) }

// UnmarshalJSON reads what MarshalJSON writes and replaces c whole. Unknown names, names given twice and values of another
// type are each a [FieldError], joined, and leave c as it was. It does not validate. A JSON null changes nothing.
func (c *Cycle) UnmarshalJSON(data []byte) error {
	var in cycleJSON
	null, err := unmarshalFields(data, map[string]any{"every": &in.Every, "unit": &in.Unit})
	if err != nil || null {
		return err
	}
	*c = Cycle(in)
	return nil
}

// A Limit bounds how often something may be granted: in all, and in each cycle. Zero fields do not limit, so the zero
// Limit limits nothing. PerCycle needs a Cycle; a Cycle alone limits nothing, and keeps a cycle that is fixed by now.
type Limit struct {
	// Max is the bound over all time. Zero is no bound.
	Max int64
	// PerCycle is the bound within one Cycle. Zero is no bound.
	PerCycle int64
	// Cycle is the stretch that PerCycle speaks of.
	Cycle Cycle
}

// IsZero reports whether l limits nothing and names no cycle. It makes a field tagged omitzero disappear from JSON.
func (l Limit) IsZero() bool { return l == Limit{} }

// Validate returns every fault of l, joined, each a [FieldError]: a negative bound, a faulty cycle ("cycle.every"), and
// PerCycle without Cycle.
func (l Limit) Validate() error {
	var faults Faults
	if l.Max < 0 {
		faults.Add("max", strconv.FormatInt(l.Max, 10), "must not be negative")
	}
	switch {
	case l.PerCycle < 0:
		faults.Add("per_cycle", strconv.FormatInt(l.PerCycle, 10), "must not be negative")
	case l.PerCycle > 0 && l.Cycle.IsZero():
		faults.Add("cycle", "", "must be set where per_cycle is")
	}
	faults.At("cycle", l.Cycle.Validate())
	return faults.Err()
}

// limitJSON is a Limit as it is written.
type limitJSON struct {
	Max      int64 `json:"max,omitzero"`
	PerCycle int64 `json:"per_cycle,omitzero"`
	Cycle    Cycle `json:"cycle,omitzero"`
}

// MarshalJSON writes l, zero fields left out: {"max":50,"per_cycle":10,"cycle":{"every":1,"unit":"day"}}.
// A unit that is none of the known ones is an error that matches [ErrInvalid].
func (l Limit) MarshalJSON() ([]byte, error) { return json.Marshal(limitJSON(l)) }

// UnmarshalJSON reads what MarshalJSON writes and replaces l whole. Unknown names, names given twice and values of another
// type are each a [FieldError], joined, and leave l as it was. It does not validate. A JSON null changes nothing.
func (l *Limit) UnmarshalJSON(data []byte) error {
	var in limitJSON
	null, err := unmarshalFields(data, map[string]any{"max": &in.Max, "per_cycle": &in.PerCycle, "cycle": &in.Cycle})
	if err != nil || null {
		return err
	}
	*l = Limit(in)
	return nil
}
