package rule

import (
	"github.com/shopspring/decimal"
)

// Progress explains a rule for one user: how far each node is towards the next match.
type Progress struct {
	// Rule is the node.
	Rule Rule `json:"rule"`
	// Have and Need are completions, adjacent periods, different values or a sum for a leaf, and matches for a node.
	// Need is what the next match takes, counted from the start: after two matches of Count(task, 5) it is 15.
	Have decimal.Decimal `json:"have"`
	Need decimal.Decimal `json:"need"`
	// Met says that the node does its part for the next match.
	Met bool `json:"met"`
	// Full says that a leaf of different values has as many as it keeps, and counts no more.
	Full bool `json:"full,omitempty"`
	// Of are the children.
	Of []Progress `json:"of,omitempty"`
}

// Progress explains what match number next takes (1 for the first), given the inputs of the leaves as for
// [Program.Matches]. today is the ordinal, in each leaf's own unit, of the period that has not ended: a streak that
// reaches it or the one before still grows.
func (p *Program) Progress(in []Input, next int64, today func(Unit) int64) Progress {
	if p.rule.IsZero() {
		return Progress{Need: decimal.NewFromInt(next)}
	}
	if p.Gated() {
		next = 1
	}
	e := explainer{p: p, in: in, today: today}
	return e.node(p.rule, next)
}

type explainer struct {
	p     *Program
	in    []Input
	today func(Unit) int64
	leaf  int
}

// node explains a node that has to match target times.
func (e *explainer) node(r Rule, target int64) Progress {
	if r.isLeaf() {
		e.leaf++
		return e.leafAt(e.leaf-1, target)
	}
	first := e.leaf
	values := make([]int64, len(r.Of))
	for i, c := range r.Of {
		values[i] = e.value(c)
	}
	have := combine(nodeStep(r.Op), r.K, append([]int64(nil), values...))
	shown := have
	if have == Unbounded { // open gates have enough of everything
		shown = target
	}
	g := Progress{Rule: r, Have: count(shown), Need: count(target), Met: have >= target}
	e.leaf = first
	for i, c := range r.Of {
		want := target
		if r.Op == OpAny { // one more of any child makes one more of the whole
			want = max(1, AddCapped(values[i], max(0, target-have)))
			if have >= target {
				want = max(1, min(values[i], target))
			}
		}
		g.Of = append(g.Of, e.node(c, want))
	}
	return g
}

// value is the matches of a subtree, and moves past its leaves.
func (e *explainer) value(r Rule) int64 {
	if r.isLeaf() {
		i := e.leaf
		e.leaf++
		if i >= len(e.in) {
			return 0
		}
		return e.p.leafValue(i, &e.in[i])
	}
	values := make([]int64, len(r.Of))
	for i, c := range r.Of {
		values[i] = e.value(c)
	}
	return combine(nodeStep(r.Op), r.K, values)
}

func (e *explainer) leafAt(i int, target int64) Progress {
	l := &e.p.leaves[i]
	in := Input{}
	if i < len(e.in) {
		in = e.in[i]
	}
	matches := e.p.leafValue(i, &in)
	g := Progress{Rule: l.Rule, Met: matches >= target, Need: count(l.n).Mul(count(target))}
	switch {
	case l.Source == FromRecord:
		g.Need = count(1)
		if in.Open {
			g.Have = count(1)
		}
	case l.Rule.Op == OpSum:
		g.Need = l.Rule.Total.Mul(count(target))
		if in.Cell != nil {
			g.Have = in.Cell.Total
		}
	case l.Rule.Op == OpStreak:
		g.Have = count(matches).Mul(count(l.n)).Add(count(e.running(l, &in)))
	case l.Source == FromPeriods:
		if in.Cell != nil {
			g.Have = count(in.Cell.Done.Count(in.Lo, in.Hi))
		}
	default:
		g.Have = count(l.Track.completions(in.Cell))
		g.Full = l.Rule.Op == OpDistinct && in.Cell != nil && in.Cell.Count >= DistinctMax
	}
	return g
}

// running is what the streak that still grows has towards its next match.
func (e *explainer) running(l *Leaf, in *Input) int64 {
	if in.Cell == nil {
		return 0
	}
	lo, hi, unit := int64(minOrdinal), int64(maxOrdinal), l.Task.Period.Unit()
	if l.Source == FromPeriods {
		lo, hi = in.Lo, in.Hi
	}
	if l.Source == FromEvents {
		unit = l.Track.Inner
	}
	if unit == 0 {
		return 0
	}
	// An event may be dated a little ahead, and so into the next period. A streak that ended before yesterday is broken.
	now := e.today(unit)
	for end := now + 1; end >= now-1; end-- {
		if end <= hi && in.Cell.Done.Has(end) {
			return in.Cell.Done.Last(lo, end) % l.n
		}
	}
	return 0
}

func count(n int64) decimal.Decimal { return decimal.NewFromInt(n) }
