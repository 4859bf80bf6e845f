package enginetest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A ruleGenerator draws rules that fit the place they stand in (S8 to S12).
type ruleGenerator struct {
	*world
	window  rule.Window
	derived bool
	period  rule.Period
	// draft says that what holds the rule is a draft, and so may read drafts.
	draft bool
}

// draw draws a tree. ok is false where no task fits.
func (g ruleGenerator) draw(t *rapid.T) (rule.Rule, bool) {
	fit := g.fitting(true)
	if len(fit) == 0 {
		return rule.Rule{}, false
	}
	r := g.node(t, fit, 2)
	if g.derived && g.period != rule.Once && g.open(r) {
		// One leaf that is counted in the period keeps it from being done in every one.
		counted := g.fitting(false)
		if len(counted) == 0 {
			return rule.Rule{}, false
		}
		r = rule.All(r, g.leaf(t, counted))
	}
	return r, true
}

func (g ruleGenerator) node(t *rapid.T, fit []task.Config, depth int) rule.Rule {
	if depth == 0 || chance(t, 60, "leaf") {
		return g.leaf(t, fit)
	}
	var of []rule.Rule
	for range between(t, 1, 2+depth/2, "children") {
		of = append(of, g.node(t, fit, depth-1))
	}
	switch between(t, 0, 2, "node") {
	case 0:
		return rule.All(of...)
	case 1:
		return rule.Any(of...)
	}
	return rule.AtLeast(between64(t, 1, int64(len(of)), "k"), of...)
}

// open is model.open for the tasks drawn so far.
func (g ruleGenerator) open(r rule.Rule) bool {
	m := model{tasks: map[string]*taskDoc{}}
	for _, c := range g.tasks {
		m.tasks[c.Code] = &taskDoc{config: c}
	}
	return m.open(r)
}

// fitting are the tasks the rule may read, with or without gates.
func (g ruleGenerator) fitting(gates bool) []task.Config {
	periodic := g.derived && g.period != rule.Once
	return slices.DeleteFunc(slices.Clone(g.tasks), func(c task.Config) bool {
		switch {
		case c.Draft && !g.draft:
			return true
		case gate(c) && periodic:
			return !gates || c.Derived() || !slices.Equal(levelsOf(c), []int64{1}) || !g.meets(c)
		case gate(c) && c.Derived():
			end := g.window.End
			return !gates || !end.IsZero() && (c.Window.End.IsZero() || c.Window.End.After(end))
		case gate(c):
			return !gates
		case periodic && !g.nests(c.Period):
			return true
		case c.Derived():
			return !g.whole(c) || !g.meets(c)
		}
		return !g.meets(c)
	})
}

// meets reports whether the windows share some days.
func (g ruleGenerator) meets(c task.Config) bool { return g.window.Overlaps(c.Window) }

func (g ruleGenerator) nests(p rule.Period) bool {
	return p == rule.Unlimited || p == g.period || p == rule.Daily && (g.period == rule.Weekly || g.period == rule.Monthly)
}

// whole reports whether the window ends where a period of a derived task does, or not before its window (S10).
func (g ruleGenerator) whole(c task.Config) bool {
	end := g.window.End
	if end.IsZero() || !c.Window.End.IsZero() && !c.Window.End.After(end) {
		return true
	}
	u := c.Period.Unit()
	return g.periods.Bounds(u, g.periods.Ordinal(u, end.Add(-time.Microsecond))).End.Equal(end)
}

// room is how many periods of a task surely fit into the place.
func (g ruleGenerator) room(c task.Config) int64 {
	u := c.Period.Unit()
	if c.Period == rule.Unlimited {
		u = rule.Day
	}
	switch {
	case u == 0:
		return 1
	case g.derived && g.period != rule.Once:
		if g.period.Unit() == u {
			return 1
		}
		return 3
	case u == rule.Day:
		return 3
	case g.window.End.IsZero() && c.Window.End.IsZero():
		return 2
	}
	return 1
}

func (g ruleGenerator) leaf(t *rapid.T, fit []task.Config) rule.Rule {
	c := pick(t, fit, "task")
	room := g.room(c)
	n := func(most int64) int64 { return between64(t, 1, max(1, min(3, most)), "n") }
	level := func(r rule.Rule) rule.Rule {
		if levels := len(levelsOf(c)); levels > 1 && coin(t, "leveled") {
			return r.AtLevel(between(t, 1, levels, "level"))
		}
		return r
	}
	if gate(c) {
		r := []rule.Rule{rule.Done(c.Code), rule.Count(c.Code, 1), rule.Streak(c.Code, 1)}[between(t, 0, 2, "gate")]
		if c.Derived() {
			return r
		}
		return level(r)
	}
	var r rule.Rule
	switch kind := between(t, 0, 5, "kind"); {
	case c.Period == rule.Unlimited && len(c.Levels) == 0 && kind == 4:
		r = rule.Sum(c.Code, pick(t, []string{"total", "qty"}, "attr"),
			pick(t, []decimal.Decimal{decimal.New(15, -1), decimal.New(4, 0), decimal.New(11, 0)}, "sum"))
	case c.Period == rule.Unlimited && len(c.Levels) == 0 && kind == 5:
		r = rule.Distinct(c.Code, pick(t, []string{"total", "qty", "city", "vip"}, "attr"), n(3))
	case kind == 3:
		r = level(rule.Streak(c.Code, n(room)))
	default:
		most := room * max(1, c.Times)
		if c.Period == rule.Unlimited {
			most = 3
		}
		r = level(rule.Count(c.Code, n(most)))
	}
	if !c.Derived() && chance(t, 30, "where") {
		r = r.Where(g.drawCond(t))
	}
	return r
}

// drawCond draws a condition, and gives its text.
func (w *world) drawCond(t *rapid.T) string {
	c := drawCond(t, 2)
	text := c.String()
	w.words.conds[text] = c
	return text
}

func drawCond(t *rapid.T, depth int) cond {
	if depth > 0 && chance(t, 50, "compound") {
		op := pick(t, []string{"and", "or", "not"}, "op")
		c := cond{op: op, of: []cond{drawCond(t, depth-1)}}
		if op != "not" {
			c.of = append(c.of, drawCond(t, depth-1))
		}
		return c
	}
	compared := []string{"==", "!=", "<", "<=", ">", ">="}
	switch between(t, 0, 5, "of") {
	case 0:
		return cond{op: "bare", attr: "vip"}
	case 1:
		return cond{op: "has", attr: pick(t, []string{"total", "qty", "city", "vip"}, "attr")}
	case 2:
		return cond{op: pick(t, compared, "op"), attr: "total", than: []any{pick(t, totals(), "total")}}
	case 3:
		return cond{op: pick(t, compared, "op"), attr: "qty", than: []any{between64(t, 0, 3, "qty")}}
	case 4:
		return cond{op: "in", attr: "qty", than: []any{int64(1), between64(t, 2, 4, "qty")}}
	}
	if coin(t, "in") {
		return cond{op: "in", attr: "city", than: []any{"bj", pick(t, cities(), "city")}}
	}
	return cond{op: pick(t, []string{"==", "!=", "<"}, "op"), attr: "city", than: []any{pick(t, cities(), "city")}}
}

func totals() []decimal.Decimal {
	return []decimal.Decimal{decimal.New(-2, 0), decimal.New(0, 0), decimal.New(15, -1), decimal.New(299, -2), decimal.New(3, 0), decimal.New(10, 0)}
}

func cities() []string { return []string{"bj", "sh", "Sh"} }
