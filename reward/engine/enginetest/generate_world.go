package enginetest

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// users are few, so that they meet often.
var users = []string{"ann", "bob", "cy"}

// A world is a catalog and the instant it starts at, drawn so that an engine takes it.
type world struct {
	start    time.Time
	calendar rule.Calendar
	periods  *rule.Periods
	words    words
	assets   []ledger.Asset
	groups   []reward.Group
	tasks    []task.Config
	rewards  []reward.Config
	// late are the codes that are put after others were used.
	late map[string]bool
	// plain leaves out all that makes the matches of a set of events depend on more than the set, and what is granted on
	// more than the matches.
	plain bool
}

func drawWorld(t *rapid.T, plain bool) *world {
	w := &world{words: newWords(), late: map[string]bool{}, plain: plain}
	w.drawCalendar(t)
	w.assets = []ledger.Asset{{Code: "points"}, {Code: "CNY", Scale: 2}}
	if !plain && chance(t, 60, "capped") {
		w.groups = append(w.groups, reward.Group{Code: "g", Cap: ledger.Whole("points", between64(t, 3, 12, "cap")),
			CapBlocks: coin(t, "cap blocks")})
	}
	for i := range between(t, 2, 4, "tasks") {
		w.tasks = append(w.tasks, w.drawTask(t, fmt.Sprintf("t%d", i), i == 0))
	}
	for i := range between(t, 0, 3, "derived") {
		w.drawDerived(t, fmt.Sprintf("d%d", i))
	}
	for i := range between(t, 1, 5, "rewards") {
		w.drawReward(t, fmt.Sprintf("r%d", i))
	}
	return w
}

// drawCalendar draws a zone, and a start shortly before that zone's clock does something: summer time, a month's end.
func (w *world) drawCalendar(t *rapid.T) {
	w.calendar = rule.Calendar{
		Zone:     pick(t, []string{"Asia/Shanghai", "America/New_York"}, "zone"),
		FirstDay: pick(t, []string{"", "sunday"}, "first day"),
		DayStart: pick(t, []int{0, 0, 5}, "day start"),
		Lateness: pick(t, []time.Duration{0, 20 * time.Hour, 10 * 24 * time.Hour}, "lateness"),
	}
	if w.plain {
		w.calendar.Lateness = 20 * 24 * time.Hour
	}
	w.periods, _ = w.calendar.Periods()
	w.start = pick(t, []time.Time{
		time.Date(2026, 3, 6, 17, 0, 0, 0, time.UTC),
		time.Date(2026, 10, 30, 3, 0, 0, 0, time.UTC),
		time.Date(2026, 1, 28, 15, 59, 0, 0, time.UTC),
	}, "start")
}

// drawWindow draws a window that the days after the start overlap. Its ends may split a period.
func (w *world) drawWindow(t *rapid.T) rule.Window {
	var v rule.Window
	if chance(t, 40, "has start") {
		v.Start = w.drawBound(t, -6, 2)
	}
	if chance(t, 50, "has end") {
		v.End = w.drawBound(t, 5, 12)
	}
	return v
}

// drawBound draws an instant some days after the start: a day's start, or any hour.
func (w *world) drawBound(t *rapid.T, from, to int) time.Time {
	at := w.start.Add(time.Duration(between(t, from*24, to*24, "hours")) * time.Hour)
	if coin(t, "at a day") {
		return w.periods.Bounds(rule.Day, w.periods.Ordinal(rule.Day, at)).Start
	}
	return at
}

func attrs() rule.Schema {
	return rule.Schema{"total": rule.Decimal, "qty": rule.Int, "city": rule.String, "vip": rule.Bool}
}

// drawTask draws a task with events. The simple one is unlimited, so that every kind of leaf finds one.
func (w *world) drawTask(t *rapid.T, code string, simple bool) task.Config {
	c := task.Config{Code: code, Attrs: attrs(), Period: rule.Unlimited}
	if simple {
		return c
	}
	c.Period = pick(t, []rule.Period{rule.Once, rule.Once, rule.Daily, rule.Daily, rule.Weekly, rule.Monthly, rule.Unlimited}, "period")
	switch {
	case c.Period == rule.Unlimited:
		if coin(t, "target") {
			c.Levels = []int64{between64(t, 2, 4, "target")}
		}
	case chance(t, 30, "levels"):
		c.Levels = pick(t, [][]int64{{2, 4}, {1, 3, 5}, {3, 4}}, "levels")
	default:
		c.Times = pick(t, []int64{0, 1, 2, 3}, "times")
		if chance(t, 30, "target") {
			c.Levels = []int64{between64(t, 2, 3, "target")}
		}
	}
	if chance(t, 35, "window") {
		c.Window = w.drawWindow(t)
	}
	if chance(t, 20, "where") {
		c.Where = w.drawCond(t)
	}
	if !w.plain && chance(t, 8, "draft") {
		c.Draft = true
	}
	return c
}

// drawDerived draws a task with a rule, if the tasks so far leave one.
func (w *world) drawDerived(t *rapid.T, code string) {
	c := task.Config{Code: code, Period: pick(t, []rule.Period{rule.Once, rule.Daily, rule.Daily, rule.Weekly, rule.Monthly}, "period")}
	if chance(t, 30, "window") {
		c.Window = w.drawWindow(t)
	}
	if !w.plain && chance(t, 6, "draft") {
		c.Draft = true
	}
	g := ruleGenerator{world: w, window: c.Window, derived: true, period: c.Period, draft: c.Draft}
	r, ok := g.draw(t)
	if !ok {
		return
	}
	c.Rule = r
	w.lateIf(t, code, r)
	w.tasks = append(w.tasks, c)
}

// lateIf puts a document later, at random or because something its rule reads is.
func (w *world) lateIf(t *rapid.T, code string, r rule.Rule) {
	late := !w.plain && chance(t, 20, "late")
	for _, read := range r.Tasks() {
		late = late || w.late[read]
	}
	w.late[code] = late
}

func (w *world) drawReward(t *rapid.T, code string) {
	c := reward.Config{Code: code, Amount: ledger.Whole("points", between64(t, 1, 4, "amount"))}
	if chance(t, 30, "yuan") {
		c.Amount = ledger.Amount{Asset: "CNY", Value: decimal.New(between64(t, 1, 500, "cents"), -2)}
	}
	if chance(t, 50, "window") {
		c.Window = w.drawWindow(t)
	}
	if !w.plain && chance(t, 12, "draft") {
		c.Draft = true
	}
	g := ruleGenerator{world: w, window: c.Window, draft: c.Draft}
	if !w.plain && chance(t, 15, "amount from") {
		f := pick(t, formulas(), "formula")
		w.words.formulas[f.text] = f
		c.AmountFrom, c.Amount.Value = f.text, decimal.Decimal{}
		c.Rule = rule.Count("t0", 1)
		if coin(t, "where") {
			c.Rule = c.Rule.Where(w.drawCond(t))
		}
	} else {
		r, ok := g.draw(t)
		if !ok {
			return
		}
		c.Rule = r
	}
	if !w.plain {
		w.drawTerms(t, &c)
	}
	w.lateIf(t, code, c.Rule)
	w.rewards = append(w.rewards, c)
}

// drawTerms draws bounds, exclusions, and how records are paid.
func (w *world) drawTerms(t *rapid.T, c *reward.Config) {
	c.Limit, c.Budget = drawLimit(t, "limit", 4), drawLimit(t, "budget", 6)
	if len(w.groups) > 0 && chance(t, 60, "grouped") {
		c.Group = "g"
	}
	c.Priority = between(t, 0, 2, "priority")
	for _, other := range w.rewards {
		if chance(t, 12, "excludes") && (c.Draft || w.late[c.Code] || !w.late[other.Code]) {
			c.Excludes = append(c.Excludes, other.Code)
		}
	}
	drawPaying(t, c)
}

func drawPaying(t *rapid.T, c *reward.Config) {
	c.Review, c.Claim = chance(t, 45, "review"), chance(t, 35, "claim")
	c.NoDeduct = chance(t, 15, "no deduct")
	c.KeepRejected = c.Review && chance(t, 30, "keep rejected")
	c.ClaimWithin = 0
	if c.Claim && coin(t, "claim within") {
		c.ClaimWithin = reward.Duration(time.Duration(between(t, 1, 40, "hours")) * time.Hour)
	}
}

func drawLimit(t *rapid.T, label string, most int64) rule.Limit {
	var l rule.Limit
	if chance(t, 30, label+" in all") {
		l.Max = between64(t, 1, most, label)
	}
	if chance(t, 45, label+" a cycle") {
		l.PerCycle = between64(t, 1, 3, label)
		l.Cycle = rule.Cycle{Every: between64(t, 1, 3, "every"),
			Unit: pick(t, []rule.Unit{rule.Day, rule.Day, rule.Week, rule.Month}, "unit")}
	}
	return l
}

// documents are those put first, and those put later, each after what it names.
func (w *world) documents() (first, later []engine.Document) {
	first = append(first, w.calendar)
	for _, a := range w.assets {
		first = append(first, a)
	}
	for _, g := range w.groups {
		first = append(first, g)
	}
	add := func(code string, d engine.Document) {
		if w.late[code] {
			later = append(later, d)
		} else {
			first = append(first, d)
		}
	}
	for _, c := range w.tasks {
		add(c.Code, c)
	}
	for _, c := range w.rewards {
		add(c.Code, c)
	}
	return first, later
}
