package rule

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// A Key identifies a [Track] in stored tallies: the same for the same leaf in every process and release.
type Key uint64

// PeriodsKey is the key of the cell that holds the completed periods of a derived task.
const PeriodsKey Key = 0

// MarshalText gives 16 hexadecimal digits in lower case.
func (k Key) MarshalText() ([]byte, error) {
	s := strconv.FormatUint(uint64(k), 16)
	return []byte("0000000000000000"[len(s):] + s), nil
}

// UnmarshalText takes what MarshalText gives, in lower case alone. Other text is a [FieldError] and leaves k as it was.
func (k *Key) UnmarshalText(b []byte) error {
	v, err := strconv.ParseUint(string(b), 16, 64)
	if err != nil || len(b) != 16 || bytes.ContainsAny(b, "ABCDEF") {
		return &FieldError{Value: clip(string(b), valueMax), Reason: "not a key of 16 hexadecimal digits"}
	}
	*k = Key(v)
	return nil
}

// A Tally is what the leaves on one task of one user have counted so far. Every part of it is formed by operations that
// do not mind their order (bits that are set, sums that stop at a bound, set sizes), so it depends on which events were
// added and not on when they arrived. The zero Tally is empty.
type Tally struct {
	// Cells are sorted by Key and Outer; a cell that counts nothing is left out.
	Cells []Cell `json:"cells,omitempty"`
}

// A Cell is the state of one track in one outer period. Its form says which of the fields are used.
type Cell struct {
	Key Key `json:"key"`
	// Outer is the period of the derived task the cell belongs to, 0 for rewards and tasks done once.
	Outer int64 `json:"outer,omitempty"`
	// Sum and Finishes are growth and finishes of a leaf that counts without periods.
	Sum      int64 `json:"sum,omitempty"`
	Finishes int64 `json:"finishes,omitempty"`
	// Count is the completions of periods no event can belong to any more, or the size of a set of values.
	Count int64 `json:"count,omitempty"`
	// Done are the periods with a completion.
	Done Bits `json:"done,omitzero"`
	// Open are the periods whose growth may still matter, sorted.
	Open []Open `json:"open,omitempty"`
	// Total is the sum of an attribute.
	Total decimal.Decimal `json:"total,omitzero"`
}

// Open is the growth and the finishes in a period that is not finished yet.
type Open struct {
	Period   int64 `json:"period"`
	Sum      int64 `json:"sum,omitempty"`
	Finishes int64 `json:"finishes,omitempty"`
}

// Cell returns the cell of a key and outer period, or nil when nothing was counted. The pointer is into the tally.
func (t *Tally) Cell(k Key, outer int64) *Cell {
	if i, ok := t.find(k, outer); ok {
		return &t.Cells[i]
	}
	return nil
}

// grow returns the cell of a key and outer period, made empty if it is not there.
func (t *Tally) grow(k Key, outer int64) *Cell {
	i, ok := t.find(k, outer)
	if !ok {
		t.Cells = slices.Insert(t.Cells, i, Cell{Key: k, Outer: outer})
	}
	return &t.Cells[i]
}

func (t *Tally) find(k Key, outer int64) (int, bool) {
	return slices.BinarySearchFunc(t.Cells, Cell{Key: k, Outer: outer}, compareCells)
}

func compareCells(a, b Cell) int {
	if c := cmp.Compare(a.Key, b.Key); c != 0 {
		return c
	}
	return cmp.Compare(a.Outer, b.Outer)
}

// Clone returns a copy that shares nothing with t.
func (t Tally) Clone() Tally {
	c := Tally{Cells: slices.Clone(t.Cells)}
	for i := range c.Cells {
		c.Cells[i].Done.Words = slices.Clone(c.Cells[i].Done.Words)
		c.Cells[i].Open = slices.Clone(c.Cells[i].Open)
	}
	return c
}

// open returns the index of a period in Open, made empty if it is not there.
func (c *Cell) open(period int64) int {
	i, ok := slices.BinarySearchFunc(c.Open, period, func(o Open, p int64) int { return cmp.Compare(o.Period, p) })
	if !ok {
		c.Open = slices.Insert(c.Open, i, Open{Period: period})
	}
	return i
}

// isEmpty reports whether the cell counts nothing and can be left out.
func (c *Cell) isEmpty() bool {
	return c.Sum == 0 && c.Finishes == 0 && c.Count == 0 && len(c.Done.Words) == 0 && len(c.Open) == 0 && c.Total.IsZero()
}

// Finish marks a period of a derived task as done.
func (t *Tally) Finish(period int64) { t.grow(PeriodsKey, 0).Done.Set(period) }

// Seed sets what a gate's track has counted before it was there, from its task's record.
func (t *Tally) Seed(tr *Track, sum, finishes int64) {
	c := t.grow(tr.Key, 0)
	c.Sum, c.Finishes = sum, finishes
}
