package task

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/guerdon-go/guerdon/rule"
)

const (
	// LevelsMax is the most levels a task has.
	LevelsMax = 100
	// TimesMax is the most completions a period holds.
	TimesMax = 1_000_000
)

// Validate checks what the document alone can tell; whether the codes it names exist, and whether its rule and condition
// are sound, is checked when it is put. The result joins a [rule.FieldError] for every fault, or is nil.
func (g Group) Validate() error {
	var f rule.Faults
	f.Heading(rule.Heading{Code: g.Code, Title: g.Title, Note: g.Note, Extra: g.Extra, Revision: g.Revision})
	return f.Err()
}

// Validate checks what the document alone can tell: names and sizes, a window that ends after it starts, times
// and levels that fit the period, and what a derived task cannot have. Whether the codes it names exist, and whether its
// rule and condition are sound, is checked when it is put. The result joins a [rule.FieldError] for every fault, or is nil.
func (c Config) Validate() error {
	var f rule.Faults
	f.Heading(rule.Heading{Code: c.Code, Title: c.Title, Note: c.Note, Extra: c.Extra, Revision: c.Revision})
	if c.Group != "" {
		f.At("group", rule.CheckCode(c.Group))
	}
	if c.Period > rule.Unlimited {
		f.Add("period", c.Period.String(), "must be once, daily, weekly, monthly or unlimited")
	}
	f.At("window", c.Window.Validate())
	f.At("", c.Attrs.Validate()) // its paths begin with attrs
	c.checkTimes(&f)
	c.checkLevels(&f)
	if c.Derived() {
		c.checkDerived(&f)
	}
	return f.Err()
}

func (c Config) checkTimes(f *rule.Faults) {
	text := strconv.FormatInt(c.Times, 10)
	switch {
	case c.Times < 0 || c.Times > TimesMax:
		f.Addf("times", text, "must be 0 to %d", TimesMax)
	case c.Times > 0 && c.Period == rule.Unlimited:
		f.Add("times", text, "an unlimited task has no bound on completions")
	case c.Times > 1 && len(c.Levels) > 1:
		f.Add("times", text, "a task with several levels has one completion a period")
	}
}

func (c Config) checkLevels(f *rule.Faults) {
	if len(c.Levels) > LevelsMax {
		f.Addf("levels", strconv.Itoa(len(c.Levels)), "must be at most %d", LevelsMax)
		return
	}
	if len(c.Levels) > 1 && c.Period == rule.Unlimited {
		f.Add("levels", strconv.Itoa(len(c.Levels)), "an unlimited task has one level")
	}
	last := int64(0)
	for i, l := range c.Levels {
		if l <= last {
			f.Addf("levels["+strconv.Itoa(i)+"]", strconv.FormatInt(l, 10), "must be above %d", last)
		}
		last = max(last, l)
	}
}

func (c Config) checkDerived(f *rule.Faults) {
	const why = "a derived task has no events of its own"
	if c.Period == rule.Unlimited {
		f.Add("period", c.Period.String(), "a derived task is once, daily, weekly or monthly")
	}
	if c.Times > 1 {
		f.Add("times", strconv.FormatInt(c.Times, 10), "a derived task is done once in a period")
	}
	if len(c.Levels) > 0 {
		f.Add("levels", "", why)
	}
	if len(c.Attrs) > 0 {
		f.Add("attrs", "", why)
	}
	if c.Where != "" {
		f.Add("where", c.Where, why)
	}
}

// Canonical returns the event as it is stored: an absent time filled in with now and cut to the microsecond, the default
// growth, attributes of the kinds the schema declares, Meta compacted. timeGiven says that the event had a time. The
// error joins a [rule.FieldError] for every fault; the event then comes back as it was.
//
// Whether an event is valid depends on its task's schema alone.
func (e Event) Canonical(schema rule.Schema, now time.Time) (canonical Event, timeGiven bool, err error) {
	var f rule.Faults
	c := e
	f.At("id", rule.CheckID(e.ID))
	f.At("user", rule.CheckID(e.User))
	f.At("task", rule.CheckCode(e.Task))
	timeGiven = !e.Time.IsZero()
	if !timeGiven {
		c.Time = now
	}
	c.Time = c.Time.UTC().Truncate(time.Microsecond)
	c.Growth = e.growth()
	if e.Growth < 0 || e.Growth > GrowthMax {
		f.Addf("growth", strconv.FormatInt(e.Growth, 10), "must be 0 to %d", int64(GrowthMax))
	}
	attrs, err := schema.Canonical(e.Attrs)
	f.At("", err)
	c.Attrs = attrs
	meta, err := compactMeta(e.Meta)
	f.At("meta", err)
	c.Meta = meta
	if err := f.Err(); err != nil {
		return e, timeGiven, err
	}
	return c, timeGiven, nil
}

// growth is Growth with its default: 1, or 0 with Finish.
func (e Event) growth() int64 {
	if e.Growth == 0 && !e.Finish {
		return 1
	}
	return e.Growth
}

func compactMeta(meta json.RawMessage) (json.RawMessage, error) {
	switch {
	case len(meta) == 0:
		return nil, nil
	case len(meta) > MetaMax:
		return nil, &rule.FieldError{Reason: "must have at most " + strconv.Itoa(MetaMax) + " bytes, has " + strconv.Itoa(len(meta))}
	case !utf8.Valid(meta):
		return nil, &rule.FieldError{Reason: "must be valid UTF-8"}
	}
	var b bytes.Buffer
	if err := json.Compact(&b, meta); err != nil {
		return nil, &rule.FieldError{Value: string(meta), Reason: "must be valid JSON"}
	}
	return b.Bytes(), nil
}

// Differs compares an event with a stored one of the same user and ID, and names the first field whose content differs:
// "task", "time", "growth", "finish", "attrs.total" or "meta". Empty means that the event is a repeat. Times are compared
// only if both were given, attributes by value.
func (s Entry) Differs(e Event) string {
	was := s.Event
	switch {
	case was.Task != e.Task:
		return "task"
	case s.TimeGiven && !e.Time.IsZero() && !was.Time.Equal(e.Time.UTC().Truncate(time.Microsecond)):
		return "time"
	case was.Growth != e.growth():
		return "growth"
	case was.Finish != e.Finish:
		return "finish"
	}
	if name := differs(was.Attrs, e.Attrs); name != "" {
		return "attrs." + name
	}
	if meta, err := compactMeta(e.Meta); err != nil || !bytes.Equal(meta, was.Meta) {
		return "meta"
	}
	return ""
}

// differs names an attribute, the first in byte order, whose value is not the same.
func differs(was, is rule.Attrs) string {
	var names []string
	for n, v := range was {
		if w, ok := is[n]; !ok || !rule.EqualValue(w, v) {
			names = append(names, n)
		}
	}
	for n, v := range is {
		if _, ok := was[n]; !ok && !rule.EqualValue(v, nil) { // a nil slice is absent too
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return ""
	}
	first := names[0]
	for _, n := range names[1:] {
		first = min(first, n)
	}
	return first
}
