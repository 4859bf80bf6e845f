package rule

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// A Program is a compiled rule: its leaves with what each reads, and a flat form that is evaluated without allocating.
// It is immutable and safe for concurrent use. The zero Program never matches.
type Program struct {
	rule    Rule
	leaves  []Leaf
	code    []instr
	depth   int  // the most values the code has on its stack at once
	bounded bool // at least one leaf has to be counted before the root can match
	periods *Periods
}

// A Source says where a leaf finds what it counts.
type Source uint8

// The sources of a leaf.
const (
	// FromEvents: the leaf forms its own completions, kept in the tally of its Track.
	FromEvents Source = iota + 1
	// FromPeriods: the leaf counts finished periods of a derived task.
	FromPeriods
	// FromRecord: the leaf is a gate, open once the task's record says so.
	FromRecord
)

// A Leaf is a leaf of a compiled rule.
type Leaf struct {
	// Rule is the leaf as it stands in the tree, and Path where.
	Rule Rule
	Path string
	// Task is what it reads, and Source how.
	Task   Task
	Source Source
	// Level is the level that makes a completion.
	Level int
	// Track is what must be kept for it: always for FromEvents, never for FromPeriods, and for a gate only where the
	// task's record may not be able to tell.
	Track *Track

	n      int64
	lo, hi int64     // FromPeriods: the periods it may read
	end    time.Time // FromRecord: events at or after it do not count
}

// An Input is what a leaf found for one user. The zero Input is a leaf that found nothing.
type Input struct {
	// Cell is that of the leaf's track (FromEvents) or of the derived task's periods (FromPeriods). It may be nil.
	Cell *Cell
	// Lo and Hi are the periods to read, both included (FromPeriods); see [Program.Periods].
	Lo, Hi int64
	// Open says that a gate is open (FromRecord); see [Leaf.Opens].
	Open bool
}

// instr is one step of the flat form. Leaves push a value; nodes replace their arguments by one. All that most leaves need
// to be read stands in it, so that evaluating a rule touches the code, the inputs and their cells, and little else.
type instr struct {
	step step
	args int32 // of a node
	leaf int32 // of a leaf
	n    int64 // the N of a leaf, the K of an AtLeast
}

// A step says what an instr does: how a leaf is read, or how a node joins its children.
type step uint8

const (
	stepAll step = iota + 1
	stepAny
	stepAtLeast
	stepGate      // open or not
	stepDone      // periods that are done
	stepRuns      // runs of them
	stepDoneIn    // the same between Lo and Hi
	stepRunsIn    //
	stepSum       // the sum of an attribute
	stepCompleted // what the track counts
)

// Rule returns the tree the program was compiled from.
func (p *Program) Rule() Rule { return p.rule }

// Leaves lists the leaves in the order in which inputs are given. The slice must not be changed.
func (p *Program) Leaves() []Leaf { return p.leaves }

// Gated reports whether the root can be open without end, so that it matches once at most.
func (p *Program) Gated() bool { return len(p.leaves) > 0 && !p.bounded }

// Periods returns which periods of its derived task a FromPeriods leaf reads. outer is the period of the derived task the
// rule stands in, or the zero Window elsewhere.
func (p *Program) Periods(l *Leaf, outer Window) (lo, hi int64) {
	lo, hi = l.lo, l.hi
	unit := l.Task.Period.Unit()
	if !outer.Start.IsZero() {
		lo = max(lo, p.periods.Ordinal(unit, outer.Start))
	}
	if !outer.End.IsZero() {
		hi = min(hi, p.periods.Ordinal(unit, outer.End.Add(-time.Microsecond)))
	}
	return lo, hi
}

// Opens reports whether a gate is open, going by the sums and the earliest and latest event of its task's record, for a
// rule whose period ends at end (zero: no end but the window's). known is false where these cannot tell, because some
// events lie past the end: then the cell of the leaf's Track does; see [Leaf.Reached].
func (l *Leaf) Opens(sum, finishes int64, first, last, end time.Time) (open, known bool) {
	if end.IsZero() || !l.end.IsZero() && l.end.Before(end) {
		end = l.end
	}
	switch {
	case l.Task.Target.Level(sum, finishes) < l.Level:
		return false, true
	case end.IsZero() || last.Before(end):
		return true, true
	case !first.Before(end):
		return false, true
	case len(l.Task.Target.Levels) == 1 && l.Task.Target.Levels[0] == 1:
		return true, true
	default:
		return false, false
	}
}

// Reached reports whether the cell of a gate's track opens it.
func (l *Leaf) Reached(c *Cell) bool {
	return c != nil && l.Task.Target.Level(c.Sum, c.Finishes) >= l.Level
}

// stackMax is the depth of stack that programs of ordinary size need.
const stackMax = 16

// Matches is how often the rule matches, given one input for each leaf in the order of Leaves. Missing inputs count
// nothing. It allocates nothing.
func (p *Program) Matches(in []Input) int64 {
	v := p.eval(in, nil)
	if !p.bounded {
		return min(v, 1)
	}
	return v
}

// eval is the value of the root. Where room is given, it holds the values of the leaves.
func (p *Program) eval(in []Input, room []int64) int64 {
	switch {
	case len(p.code) == 0:
		return 0
	case p.depth > stackMax:
		return p.evalWide(in, room)
	}
	var stack [stackMax]int64
	return p.evalOn(stack[:], in, room)
}

// evalWide is eval with a stack for the largest tree there may be, which takes longer to clear.
func (p *Program) evalWide(in []Input, room []int64) int64 {
	var stack [ruleNodesMax]int64
	return p.evalOn(stack[:], in, room)
}

func (p *Program) evalOn(stack []int64, in []Input, room []int64) int64 {
	top := 0
	for i := range p.code {
		c := &p.code[i]
		v := int64(0)
		switch {
		case c.step <= stepAtLeast:
			args := stack[top-int(c.args) : top]
			top -= len(args)
			v = combine(c.step, c.n, args)
		case room != nil:
			v = room[c.leaf]
		case int(c.leaf) >= len(in):
		case c.step != stepGate:
			v = p.value(c, &in[c.leaf])
		case in[c.leaf].Open:
			v = Unbounded
		}
		stack[top] = v
		top++
	}
	return stack[0]
}

// combine is the value of a node from those of its children, whose order it may change.
func combine(s step, k int64, args []int64) int64 {
	v := args[0]
	switch s {
	case stepAll:
		for _, a := range args[1:] {
			v = min(v, a)
		}
		return v
	case stepAny:
		for _, a := range args[1:] {
			v = AddCapped(v, a)
		}
		return v
	}
	return atLeast(k, args)
}

// atLeast is the largest t with sum(min(c_i, t)) >= k*t: how many disjoint groups of k the values form. With the
// children sorted, leaving out the j largest bounds t by the rest shared among k-j places; the tightest bound is t.
func atLeast(k int64, c []int64) int64 {
	slices.Sort(c)
	t := int64(Unbounded)
	n := len(c)
	for j := int64(0); j < k; j++ {
		if c[n-1-int(j)] == Unbounded {
			continue // an open child fills its place in every group
		}
		var hi, lo, carry uint64 // the sum, which may pass 64 bits
		for _, v := range c[:n-int(j)] {
			lo, carry = bits.Add64(lo, uint64(v), 0)
			hi += carry
		}
		if places := uint64(k - j); hi < places { // else the bound is above any number there is
			q, _ := bits.Div64(hi, lo, places)
			t = int64(min(uint64(t), q))
		}
	}
	return t
}

// value is the matches of a leaf.
func (p *Program) value(c *instr, in *Input) int64 {
	if c.step == stepGate {
		if in.Open {
			return Unbounded
		}
		return 0
	}
	cell := in.Cell
	if cell == nil {
		return 0
	}
	n := int64(0)
	switch c.step {
	case stepRuns:
		return cell.Done.runs(c.n)
	case stepRunsIn:
		return cell.Done.Runs(c.n, in.Lo, in.Hi)
	case stepSum:
		return wholes(cell.Total, p.leaves[c.leaf].Rule.Total)
	case stepDone:
		n = cell.Done.size()
	case stepDoneIn:
		n = cell.Done.Count(in.Lo, in.Hi)
	default:
		n = p.leaves[c.leaf].Track.completions(cell)
	}
	if c.n == 1 {
		return n
	}
	return n / c.n
}

// leafValue is the matches of the i-th leaf.
func (p *Program) leafValue(i int, in *Input) int64 {
	l := &p.leaves[i]
	return p.value(&instr{step: l.step(), leaf: int32(i), n: l.n}, in)
}

// step says how a leaf is read.
func (l *Leaf) step() step {
	streak := l.Rule.Op == OpStreak
	switch {
	case l.Source == FromRecord:
		return stepGate
	case l.Source == FromPeriods && streak:
		return stepRunsIn
	case l.Source == FromPeriods:
		return stepDoneIn
	case streak:
		return stepRuns
	case l.Rule.Op == OpSum:
		return stepSum
	case l.Track != nil && l.Track.Form == FormDone:
		return stepDone
	default:
		return stepCompleted
	}
}

// nodeStep is the step of an operator that is no leaf.
func nodeStep(op Op) step {
	switch op {
	case OpAll:
		return stepAll
	case OpAny:
		return stepAny
	}
	return stepAtLeast
}

// wholes is floor(sum / total), exact, and at most the largest int64. Sums that fit in 18 digits are divided as integers, without allocating.
func wholes(sum, total decimal.Decimal) int64 {
	if sum.Sign() <= 0 {
		return 0
	}
	if sum.NumDigits() <= 18 && total.NumDigits() <= 18 {
		if q, ok := divide(uint64(sum.CoefficientInt64()), uint64(total.CoefficientInt64()), int64(sum.Exponent())-int64(total.Exponent())); ok {
			return q
		}
	}
	q, _ := sum.QuoRem(total, 0)
	whole := q.BigInt()
	if !whole.IsInt64() {
		return math.MaxInt64
	}
	return whole.Int64()
}

// divide is floor(a * 10^exp / b), where it can be worked out in 128 bits.
func divide(a, b uint64, exp int64) (int64, bool) {
	if exp < -18 || exp > 18 {
		return 0, false
	}
	scale := uint64(1)
	for range max(exp, -exp) {
		scale *= 10
	}
	var hi, lo, by uint64
	if exp >= 0 {
		hi, lo = bits.Mul64(a, scale)
		by = b
	} else {
		over, low := bits.Mul64(b, scale)
		if over != 0 {
			return 0, true // a has 18 digits, the divisor more
		}
		lo, by = a, low
	}
	if hi >= by {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, by)
	return int64(min(q, math.MaxInt64)), true
}

// open reports whether the root can be without bound (S12).
func (p *Program) open() bool {
	room := make([]int64, len(p.leaves))
	for i := range p.leaves {
		if p.leaves[i].Source == FromRecord {
			room[i] = Unbounded
		}
	}
	return p.eval(nil, room) == Unbounded
}

// intersect is the part two windows share. It may end before it starts.
func (w Window) intersect(v Window) Window {
	if w.Start.IsZero() || v.Start.After(w.Start) {
		w.Start = v.Start
	}
	if w.End.IsZero() || !v.End.IsZero() && v.End.Before(w.End) {
		w.End = v.End
	}
	return w
}
