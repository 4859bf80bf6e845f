package rule_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

// A trackCase is a leaf and where it stands.
type trackCase struct {
	leaf  rule.Rule
	scope rule.Scope
}

// A modelCond is a condition with its meaning said again.
type modelCond struct {
	src   string
	holds func(rule.Attrs) bool
}

func modelConds() []modelCond {
	n := func(a rule.Attrs) (int64, bool) { v, ok := a["n"].(int64); return v, ok }
	return []modelCond{
		{"", func(rule.Attrs) bool { return true }},
		{"n >= 2", func(a rule.Attrs) bool { v, ok := n(a); return ok && v >= 2 }},
		{"not (n >= 2)", func(a rule.Attrs) bool { v, ok := n(a); return ok && v < 2 }},
		{"has(s) or n == 1", func(a rule.Attrs) bool { v, ok := n(a); return a["s"] != nil || ok && v == 1 }},
	}
}

// trackCases lists every leaf that forms its own completions, of every task, in every place it compiles in.
func trackCases() []trackCase {
	scopes := []rule.Scope{{}, within(span(2, 16)), within(rule.Window{Start: days(2, 9), End: days(16, 7)}),
		every(rule.Once), every(rule.Daily), every(rule.Weekly), every(rule.Monthly), {Window: rule.Window{Start: days(3, 9)}, Derived: true, Period: rule.Weekly}}
	var leaves []rule.Rule
	for _, task := range []string{"free", "free5", "daily", "daily5", "daily-levels", "twice", "weekly", "monthly", "once-twice"} {
		for level := range 4 {
			for n := range int64(3) {
				leaves = append(leaves, rule.Count(task, n+1).AtLevel(level), rule.Streak(task, n+1).AtLevel(level))
			}
		}
	}
	leaves = append(leaves, rule.Sum("free", "n", dec("2.5")), rule.Sum("free", "d", dec("1.25")), rule.Distinct("free", "s", 1), rule.Distinct("free", "n", 2), rule.Distinct("free", "d", 2))
	var cases []trackCase
	for _, scope := range scopes {
		for _, leaf := range leaves {
			if _, err := rule.Compile(leaf, scope, utcPeriods(), fixtureTask); err == nil {
				cases = append(cases, trackCase{leaf, scope})
			}
		}
	}
	return cases
}

// valueSet is what was counted of attributes.
type valueSet map[rule.ValueID]bool

func (s valueSet) Insert(id rule.ValueID) bool {
	was := s[id]
	s[id] = true
	return !was
}

func drawFact(t *rapid.T) rule.Fact {
	f := rule.Fact{Time: days(rapid.IntRange(-1, 20).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour")), Attrs: rule.Attrs{}}
	f.Finish = rapid.IntRange(0, 4).Draw(t, "finish") == 0
	f.Growth = rapid.Int64Range(0, 4).Draw(t, "growth")
	if !f.Finish {
		f.Growth++
	}
	if rapid.Bool().Draw(t, "has n") {
		f.Attrs["n"] = rapid.Int64Range(-1, 3).Draw(t, "n")
	}
	if rapid.Bool().Draw(t, "has s") {
		f.Attrs["s"] = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "s")
	}
	if rapid.Bool().Draw(t, "has d") {
		f.Attrs["d"] = rapid.SampledFrom([]decimal.Decimal{dec("-3"), dec("0"), dec("0.75"), dec("1.25"), dec("100")}).Draw(t, "d")
	}
	return f
}

// recount works out a leaf's matches from a list of events by the words of S7 and S10, in one outer period.
func recount(p *rule.Periods, c trackCase, cond modelCond, facts []rule.Fact, outer int64) int64 {
	task, _ := fixtureTask(c.leaf.Task)
	unit := task.Period.Unit()
	if task.Period == rule.Unlimited && c.leaf.Op == rule.OpStreak {
		unit = rule.Day
	}
	type period struct{ growth, finishes int64 }
	periods, values, total := map[int64]*period{}, map[string]bool{}, decimal.Decimal{}
	for _, f := range facts {
		if !c.scope.Window.Contains(f.Time) || !cond.holds(f.Attrs) || outerOf(p, c.scope, f.Time) != outer {
			continue
		}
		o := p.Ordinal(unit, f.Time)
		if periods[o] == nil {
			periods[o] = &period{}
		}
		periods[o].growth += f.Growth
		if f.Finish {
			periods[o].finishes++
		}
		if v := f.Attrs[c.leaf.Attr]; v != nil {
			values[fmt.Sprint(v)] = true
			if c.leaf.Op == rule.OpSum && dec(fmt.Sprint(v)).Sign() > 0 {
				total = total.Add(dec(fmt.Sprint(v)))
			}
		}
	}
	level := c.leaf.Level
	if level == 0 {
		level = len(task.Target.Levels)
	}
	sum, done := int64(0), map[int64]bool{}
	for o, e := range periods {
		if len(task.Target.Levels) == 1 {
			sum += min(task.Target.Times, e.growth/task.Target.Levels[0]+e.finishes)
		} else if task.Target.Level(e.growth, e.finishes) >= level {
			sum++
		}
		done[o] = task.Target.Level(e.growth, e.finishes) >= level
	}
	switch c.leaf.Op {
	case rule.OpSum:
		return total.Div(c.leaf.Total).Floor().IntPart()
	case rule.OpDistinct:
		return int64(len(values)) / c.leaf.N
	case rule.OpStreak:
		matches := int64(0)
		for o := range done {
			if !done[o] || done[o-1] {
				continue
			}
			run := int64(0)
			for done[o+run] {
				run++
			}
			matches += run / c.leaf.N
		}
		return matches
	}
	return sum / c.leaf.N
}

func outerOf(p *rule.Periods, s rule.Scope, t time.Time) int64 {
	if !s.Derived {
		return 0
	}
	return p.Ordinal(s.Period.Unit(), t)
}

func matchesOf(p *rule.Program, tally *rule.Tally, outer int64) int64 {
	return p.Matches([]rule.Input{{Cell: tally.Cell(p.Leaves()[0].Track.Key, outer)}})
}

func modelPeriods(t testing.TB) *rule.Periods {
	p, err := rule.Calendar{Zone: "Europe/Berlin", DayStart: 4}.Periods()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// For every leaf in every place, whatever the order of events: matches in each outer period equal a recount over the
// events so far, never fall when one is added, the tally at the end is the same as in another order, and a fold changes
// nothing as long as later events lie at its horizon or after.
func TestTrack_S13_aTallyEqualsARecount(t *testing.T) {
	periods, cases, conds := modelPeriods(t), trackCases(), modelConds()
	rapid.Check(t, func(t *rapid.T) {
		c := cases[rapid.IntRange(0, len(cases)-1).Draw(t, "case")]
		cond := rapid.SampledFrom(conds).Draw(t, "where")
		c.leaf = c.leaf.Where(cond.src)
		p, err := rule.Compile(c.leaf, c.scope, periods, fixtureTask)
		if err != nil {
			t.Fatal(err)
		}
		facts := rapid.SliceOfN(rapid.Custom(drawFact), 1, 30).Draw(t, "events")
		track := p.Leaves()[0].Track
		var one, other rule.Tally
		var sc rule.Scratch
		seen := valueSet{}
		before := map[int64]int64{}
		for i, f := range facts {
			changed := fmt.Sprint(one)
			if track.Add(&one, periods, f, &sc, seen) != (changed != fmt.Sprint(one)) {
				t.Fatalf("Add says otherwise than the tally: %s, now %v", changed, one)
			}
			outer := outerOf(periods, c.scope, f.Time)
			got, want := matchesOf(p, &one, outer), recount(periods, c, cond, facts[:i+1], outer)
			if got != want {
				t.Fatalf("%+v: %d matches after %d events, want %d\n%+v", c, got, i+1, want, one)
			}
			if got < before[outer] {
				t.Fatalf("%+v: matches fell from %d to %d", c, before[outer], got)
			}
			before[outer] = got
		}
		again := valueSet{}
		for _, f := range rapid.Permutation(facts).Draw(t, "order") {
			track.Add(&other, periods, f, &sc, again)
		}
		if a, b := asJSON(t, one), asJSON(t, other); a != b {
			t.Fatalf("%+v: another order gives\n%s\nand not\n%s", c, b, a)
		}
		folded(t, p, c, cond, periods, facts)
	})
}

// folded adds events in the order they happened, with some disorder, and folds on the way.
func folded(t *rapid.T, p *rule.Program, c trackCase, cond modelCond, periods *rule.Periods, facts []rule.Fact) {
	facts = slices.Clone(facts)
	slices.SortFunc(facts, func(a, b rule.Fact) int { return a.Time.Compare(b.Time) })
	for i := 1; i < len(facts); i++ {
		if rapid.IntRange(0, 3).Draw(t, "late") == 0 {
			facts[i-1], facts[i] = facts[i], facts[i-1]
		}
	}
	track := p.Leaves()[0].Track
	var tally rule.Tally
	var sc rule.Scratch
	seen := valueSet{}
	for i, f := range facts {
		track.Add(&tally, periods, f, &sc, seen)
		if i+1 < len(facts) && rapid.Bool().Draw(t, "fold") {
			next := facts[i+1].Time
			for _, later := range facts[i+1:] {
				if later.Time.Before(next) {
					next = later.Time
				}
			}
			track.Fold(&tally, periods, next.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, "before"))*time.Hour))
		}
		outer := outerOf(periods, c.scope, f.Time)
		if i+1 < len(facts) {
			outer = outerOf(periods, c.scope, facts[i+1].Time)
		}
		if got, want := matchesOf(p, &tally, outer), recount(periods, c, cond, facts[:i+1], outer); got != want {
			t.Fatalf("%+v: %d matches after a fold, want %d\n%+v", c, got, want, tally)
		}
	}
	track.Fold(&tally, periods, days(1000, 0))
	for _, cell := range tally.Cells {
		if track.Inner != 0 && len(cell.Open) > 0 || cell.Outer != 0 {
			t.Fatalf("left after everything is over: %+v", cell)
		}
	}
}

func asJSON(t interface{ Fatal(...any) }, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A gate is open exactly if the events of its task before the end of what reads it make its level, going by the sums of the
// task's record and, where those cannot tell, by its track; so it never closes when an event is added.
func TestLeaf_Opens_S11_equalsARecount(t *testing.T) {
	periods := modelPeriods(t)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"once", "once-levels"}).Draw(t, "task")
		task, _ := fixtureTask(name)
		level := rapid.IntRange(1, len(task.Target.Levels)).Draw(t, "level")
		window := rapid.SampledFrom([]rule.Window{{}, span(3, 9), {End: days(9, 0)}}).Draw(t, "window")
		p, err := rule.Compile(rule.Done(name).AtLevel(level), within(window), periods, fixtureTask)
		if err != nil {
			t.Fatal(err)
		}
		leaf := &p.Leaves()[0]
		var sum, finishes, sumBefore, finishesBefore int64
		var first, last time.Time
		var tally rule.Tally
		var sc rule.Scratch
		wasOpen := false
		for _, f := range rapid.SliceOfN(rapid.Custom(drawFact), 1, 8).Draw(t, "events") {
			finish := int64(0)
			if f.Finish {
				finish = 1
			}
			sum, finishes = sum+f.Growth, finishes+finish
			if window.End.IsZero() || f.Time.Before(window.End) {
				sumBefore, finishesBefore = sumBefore+f.Growth, finishesBefore+finish
			}
			if first.IsZero() || f.Time.Before(first) {
				first = f.Time
			}
			if f.Time.After(last) {
				last = f.Time
			}
			if leaf.Track != nil {
				leaf.Track.Add(&tally, periods, f, &sc, nil)
			}
			open, known := leaf.Opens(sum, finishes, first, last, time.Time{})
			if !known {
				open = leaf.Reached(tally.Cell(leaf.Track.Key, 0))
			}
			if want := task.Target.Level(sumBefore, finishesBefore) >= level; open != want {
				t.Fatalf("open is %v (known %v), want %v", open, known, want)
			}
			if wasOpen && !open {
				t.Fatal("the gate closed")
			}
			wasOpen = open
		}
	})
}
