package enginetest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// unbounded is more matches than any test makes.
const unbounded = int64(1) << 40

// A place is where a rule stands: a reward's, or a derived task's in one of its periods.
type place struct {
	window rule.Window
	since  int64
	put    time.Time
	// unit and outer are a derived task's period. unit is 0 for rewards and for tasks done once.
	unit  rule.Unit
	outer int64
}

func (r *rewardDoc) place() place {
	return place{window: r.config.Window, since: r.since, put: r.put}
}

func (t *taskDoc) place(period int64) place {
	return place{window: t.config.Window, since: t.since, put: t.put, unit: t.config.Period.Unit(), outer: period}
}

// holds reports whether the place counts events of an instant.
func (m *model) holds(at place, t time.Time) bool {
	return at.window.Contains(t) && (at.unit == 0 || m.periods.Ordinal(at.unit, t) == at.outer)
}

// matches is how often a rule matches (S12).
func (m *model) matches(p *person, r rule.Rule, at place) int64 {
	if r.IsZero() {
		return 0
	}
	n := m.value(p, r, at)
	if m.open(r) {
		n = min(n, 1)
	}
	return n
}

// open reports whether a node can be unbounded.
func (m *model) open(r rule.Rule) bool {
	can := int64(0)
	for _, c := range r.Of {
		if m.open(c) {
			can++
		}
	}
	switch r.Op {
	case rule.OpAll:
		return can == int64(len(r.Of))
	case rule.OpAny:
		return can > 0
	case rule.OpAtLeast:
		return can >= r.K
	}
	return gate(m.tasks[r.Task].config)
}

// gate reports whether leaves on a task are gates (S11).
func gate(c task.Config) bool { return c.Period == rule.Once && c.Times <= 1 }

func (m *model) value(p *person, r rule.Rule, at place) int64 {
	var of []int64
	for _, c := range r.Of {
		of = append(of, m.value(p, c, at))
	}
	switch r.Op {
	case rule.OpAll:
		return slices.Min(of)
	case rule.OpAny:
		return atLeast(1, of)
	case rule.OpAtLeast:
		return atLeast(r.K, of)
	}
	return m.leaf(p, r, at)
}

// atLeast looks for the largest t for which k t can be taken, no child giving more than t.
func atLeast(k int64, of []int64) int64 {
	without := int64(0)
	for _, c := range of {
		if c >= unbounded {
			without++
		}
	}
	if without >= k {
		return unbounded
	}
	for t := int64(1); ; t++ {
		sum := int64(0)
		for _, c := range of {
			sum += min(c, t)
		}
		if sum < k*t {
			return t - 1
		}
	}
}

func (m *model) leaf(p *person, r rule.Rule, at place) int64 {
	t := m.tasks[r.Task]
	switch {
	case gate(t.config):
		if m.satisfied(p, r, t, at) {
			return unbounded
		}
		return 0
	case t.config.Derived():
		periods := m.donePeriods(p, t, at)
		if r.Op == rule.OpStreak {
			return streaks(periods, r.N)
		}
		return int64(len(periods)) / r.N
	}
	facts := m.counted(p, r, at)
	switch r.Op {
	case rule.OpSum:
		return sum(facts, r.Attr, r.Total)
	case rule.OpDistinct:
		return distinct(facts, r.Attr) / r.N
	case rule.OpStreak:
		unit := t.config.Period.Unit()
		if t.config.Period == rule.Unlimited {
			unit = rule.Day
		}
		var done []int64
		for period, n := range m.byPeriod(t.config, r.Level, unit, facts) {
			if n > 0 {
				done = append(done, period)
			}
		}
		return streaks(done, r.N)
	}
	total := int64(0)
	for _, n := range m.byPeriod(t.config, r.Level, t.config.Period.Unit(), facts) {
		total += n
	}
	return total / r.N
}

// satisfied reports whether a gate is open: by every accepted event before the end, whenever it was put (S11).
func (m *model) satisfied(p *person, r rule.Rule, t *taskDoc, at place) bool {
	if t.config.Derived() {
		_, ok := p.done[taskPeriod{r.Task, 0}]
		return ok
	}
	end := at.window.End
	if at.unit != 0 {
		if e := m.periods.Bounds(at.unit, at.outer).End; end.IsZero() || e.Before(end) {
			end = e
		}
	}
	var facts []*fact
	for _, f := range p.events {
		if f.accepted && f.event.Task == r.Task && (end.IsZero() || f.event.Time.Before(end)) {
			facts = append(facts, f)
		}
	}
	return m.byPeriod(t.config, r.Level, 0, facts)[0] > 0
}

// counted are the events a leaf counts (S10).
func (m *model) counted(p *person, r rule.Rule, at place) []*fact {
	var facts []*fact
	for _, f := range p.events {
		if f.accepted && f.event.Task == r.Task && f.revision >= at.since && m.holds(at, f.event.Time) && m.words.match(r.Cond, f.event.Attrs) {
			facts = append(facts, f)
		}
	}
	return facts
}

// byPeriod is the completions of each period that events fall into. Level 0 is the last.
func (m *model) byPeriod(c task.Config, level int, unit rule.Unit, facts []*fact) map[int64]int64 {
	if level == 0 {
		level = len(levelsOf(c))
	}
	growth, finishes := map[int64]int64{}, map[int64]int64{}
	for _, f := range facts {
		period := int64(0)
		if unit != 0 {
			period = m.periods.Ordinal(unit, f.event.Time)
		}
		growth[period] += f.event.Growth
		if f.event.Finish {
			finishes[period]++
		}
	}
	done := map[int64]int64{}
	for period := range growth {
		done[period] = completions(c, level, growth[period], finishes[period])
	}
	return done
}

// donePeriods are the finished periods of a derived task that a place reads (S8, S10).
func (m *model) donePeriods(p *person, t *taskDoc, at place) []int64 {
	unit := t.config.Period.Unit()
	var periods []int64
	for key := range p.done {
		if key.task != t.config.Code {
			continue
		}
		span := m.periods.Bounds(unit, key.period)
		if span.Overlaps(at.window) && span.End.After(at.put) &&
			(at.unit == 0 || span.Overlaps(m.periods.Bounds(at.unit, at.outer))) {
			periods = append(periods, key.period)
		}
	}
	return periods
}

// streaks sums floor(run / n) over the maximal runs of adjacent periods.
func streaks(periods []int64, n int64) int64 {
	slices.Sort(periods)
	total, run := int64(0), int64(0)
	for i, period := range periods {
		if i > 0 && period != periods[i-1]+1 {
			run = 0
		}
		run++
		if run%n == 0 {
			total++
		}
	}
	return total
}

func sum(facts []*fact, attr string, total decimal.Decimal) int64 {
	var have decimal.Decimal
	for _, f := range facts {
		if v, ok := number(f.event.Attrs[attr]); ok && v.Sign() > 0 {
			have = have.Add(v)
		}
	}
	n := int64(0)
	for have.Cmp(total) >= 0 {
		have = have.Sub(total)
		n++
	}
	return n
}

func distinct(facts []*fact, attr string) int64 {
	seen := map[string]bool{}
	for _, f := range facts {
		if v, ok := f.event.Attrs[attr]; ok {
			seen[text(v)] = true
		}
	}
	return int64(len(seen))
}
