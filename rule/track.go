package rule

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// DistinctMax is how many different values a leaf counts for one user. Further ones count nothing.
const DistinctMax = 10_000

// A Form says how a track counts, and so which fields of its cells are used.
type Form uint8

// The forms of a track.
const (
	// FormGrowth adds up growth and finishes, without periods.
	FormGrowth Form = iota + 1
	// FormDone marks the periods that have a completion.
	FormDone
	// FormTimes counts completions where a period has room for several.
	FormTimes
	// FormSum adds up an attribute.
	FormSum
	// FormDistinct counts the different values of an attribute.
	FormDistinct
)

// A Track is what must be kept for a leaf: of which events, in which form. Leaves that ask for the same share one.
// A Track is immutable and safe for concurrent use.
type Track struct {
	// Key identifies the track in stored tallies. It is derived from everything below but Born.
	Key Key
	// Task is the code of the task whose events it counts.
	Task string
	// Form says how.
	Form Form
	// Span is when its events lie.
	Span Window
	// Outer is the period of the derived task it serves: a cell for each. Once for all others.
	Outer Period
	// Inner is the unit of the periods in its cells, 0 for a single one.
	Inner Unit
	// Target and Level say what makes a completion of a period.
	Target Target
	Level  int
	// Attr is the attribute of FormSum and FormDistinct.
	Attr string
	// Where is the condition on its events, nil for none.
	Where *Condition
	// Since is the catalog revision from which events count. It is 0 for gates, which count all.
	Since int64
	// Born is the catalog revision that brought the track about.
	Born int64
}

// A Fact is an accepted event as tracks see it: growth and finish after their defaults, attributes in canonical form.
type Fact struct {
	Time   time.Time
	Growth int64
	Finish bool
	Attrs  Attrs
}

// A ValueID names a value counted by a FormDistinct track.
type ValueID struct {
	Key   Key
	Outer int64
	// Hash is the first half of a SHA-256 over the value with its type.
	Hash [16]byte
}

// Values is the set of values that were counted before.
type Values interface {
	// Insert adds a value and reports whether it was not there.
	Insert(ValueID) bool
}

// seal works out the key.
func (tr *Track) seal() {
	var b strings.Builder
	part := func(s string) { b.WriteString(strconv.Itoa(len(s)) + ":" + s) }
	num := func(n int64) { part(strconv.FormatInt(n, 10)) }
	part(tr.Task)
	num(int64(tr.Form))
	for _, t := range []time.Time{tr.Span.Start, tr.Span.End} {
		if t.IsZero() {
			part("")
			continue
		}
		num(t.UnixMicro())
	}
	num(int64(tr.Outer))
	num(int64(tr.Inner))
	for _, l := range tr.Target.Levels {
		num(l)
	}
	part("times")
	num(tr.Target.Times)
	num(int64(tr.Level))
	part(tr.Attr)
	if tr.Where != nil {
		part(tr.Where.String())
	}
	part("since")
	num(tr.Since)
	sum := sha256.Sum256([]byte(b.String()))
	tr.Key = max(1, Key(binary.BigEndian.Uint64(sum[:8])))
}

// Counts reports whether an event belongs to the track, and to which outer period.
func (tr *Track) Counts(p *Periods, f Fact, sc *Scratch) (outer int64, ok bool) {
	if !tr.Span.Contains(f.Time) || tr.Where != nil && !tr.Where.Match(sc, f.Attrs) {
		return 0, false
	}
	if u := tr.Outer.Unit(); u != 0 {
		outer = p.Ordinal(u, f.Time)
	}
	return outer, true
}

// Value is the value of an event that a FormDistinct track would count in an outer period. ok is false for every other
// form and when the attribute is absent.
func (tr *Track) Value(f Fact, outer int64) (id ValueID, ok bool) {
	if tr.Form != FormDistinct {
		return ValueID{}, false
	}
	v, ok := f.Attrs[tr.Attr]
	if !ok {
		return ValueID{}, false
	}
	sum := sha256.Sum256(AppendValue(nil, v))
	id = ValueID{Key: tr.Key, Outer: outer}
	copy(id.Hash[:], sum[:])
	return id, true
}

// Add counts an event in the tally if it belongs to the track, and reports whether the tally changed.
func (tr *Track) Add(t *Tally, p *Periods, f Fact, sc *Scratch, values Values) bool {
	outer, ok := tr.Counts(p, f, sc)
	if !ok {
		return false
	}
	switch tr.Form {
	case FormGrowth:
		c := t.grow(tr.Key, outer)
		c.Sum = AddCapped(c.Sum, f.Growth)
		c.Finishes = AddCapped(c.Finishes, f.finishes())
		return true
	case FormDone:
		return tr.mark(t, outer, tr.period(p, f.Time), f)
	case FormTimes:
		c := t.grow(tr.Key, outer)
		c.add(c.open(tr.period(p, f.Time)), f)
		return true
	case FormSum:
		v := numeric(f.Attrs[tr.Attr])
		if v.Sign() <= 0 {
			return false
		}
		c := t.grow(tr.Key, outer)
		c.Total = c.Total.Add(v)
		return true
	case FormDistinct:
		id, ok := tr.Value(f, outer)
		if c := t.Cell(tr.Key, outer); !ok || c != nil && c.Count >= DistinctMax || !values.Insert(id) {
			return false
		}
		t.grow(tr.Key, outer).Count++
		return true
	}
	return false
}

// mark adds an event to a period that may become done by it. A period that is done already takes nothing more.
func (tr *Track) mark(t *Tally, outer, period int64, f Fact) bool {
	c := t.grow(tr.Key, outer)
	if c.Done.Has(period) {
		return false
	}
	if tr.reached(f.Growth, f.finishes()) { // most tasks: one event does it
		c.Done.Set(period)
		c.drop(period)
		return true
	}
	i := c.open(period)
	c.add(i, f)
	if tr.reached(c.Open[i].Sum, c.Open[i].Finishes) {
		c.Done.Set(period)
		c.drop(period)
	}
	return true
}

// reached says whether growth and finishes make the level that counts.
func (tr *Track) reached(sum, finishes int64) bool {
	return tr.Target.Level(sum, finishes) >= tr.Level
}

func (tr *Track) period(p *Periods, t time.Time) int64 {
	if tr.Inner == 0 {
		return 0
	}
	return p.Ordinal(tr.Inner, t)
}

// Fold lets go of what no event can change any more: growth of periods that ended before the horizon, and cells of outer
// periods that did. What it keeps of them gives the same matches.
func (tr *Track) Fold(t *Tally, p *Periods, horizon time.Time) {
	if u := tr.Outer.Unit(); u != 0 {
		ended := p.Ordinal(u, horizon)
		t.Cells = slices.DeleteFunc(t.Cells, func(c Cell) bool { return c.Key == tr.Key && c.Outer < ended })
		return
	}
	c := t.Cell(tr.Key, 0)
	if c == nil || tr.Inner == 0 || len(c.Open) == 0 {
		return
	}
	ended := p.Ordinal(tr.Inner, horizon)
	n := 0
	for n < len(c.Open) && c.Open[n].Period < ended {
		if tr.Form == FormTimes {
			c.Count = AddCapped(c.Count, tr.Target.Completions(c.Open[n].Sum, c.Open[n].Finishes))
		}
		n++
	}
	if c.Open = slices.Delete(c.Open, 0, n); c.isEmpty() {
		t.Cells = slices.DeleteFunc(t.Cells, func(c Cell) bool { return c.Key == tr.Key })
	}
}

// completions is what a cell of the track counts, before it is divided by a leaf's N.
func (tr *Track) completions(c *Cell) int64 {
	if c == nil {
		return 0
	}
	switch tr.Form {
	case FormGrowth:
		return tr.Target.Completions(c.Sum, c.Finishes)
	case FormDone:
		return c.Done.Count(minOrdinal, maxOrdinal)
	case FormTimes:
		n := c.Count
		for _, o := range c.Open {
			n = AddCapped(n, tr.Target.Completions(o.Sum, o.Finishes))
		}
		return n
	case FormDistinct:
		return c.Count
	}
	return 0
}

func (c *Cell) add(i int, f Fact) {
	c.Open[i].Sum = AddCapped(c.Open[i].Sum, f.Growth)
	c.Open[i].Finishes = AddCapped(c.Open[i].Finishes, f.finishes())
}

func (c *Cell) drop(period int64) {
	c.Open = slices.DeleteFunc(c.Open, func(o Open) bool { return o.Period == period })
}

func (f Fact) finishes() int64 {
	if f.Finish {
		return 1
	}
	return 0
}

// numeric reads a numeric attribute; absent ones and others are 0.
func numeric(v any) decimal.Decimal {
	switch n := v.(type) {
	case int64:
		return decimal.NewFromInt(n)
	case decimal.Decimal:
		return n
	}
	return decimal.Decimal{}
}

// AppendValue appends a canonical value with its type to b, so that equal bytes mean equal values: 1.50 and 1.5 are the same
// decimal, 1 and "1" differ.
func AppendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		b = append(append(b, 's'), v...)
	case bool:
		b = strconv.AppendBool(append(b, 'b'), v)
	case int64:
		b = strconv.AppendInt(append(b, 'i'), v, 10)
	case decimal.Decimal:
		b = append(append(b, 'd'), v.String()...) // without trailing zeros
	case time.Time:
		b = strconv.AppendInt(append(b, 't'), v.UnixMicro(), 10)
	case []string:
		b = append(b, 'l')
		for _, s := range v {
			b = append(append(strconv.AppendInt(b, int64(len(s)), 10), ':'), s...)
		}
	}
	return b
}

const (
	minOrdinal = -1 << 62
	maxOrdinal = 1<<62 - 1
)
