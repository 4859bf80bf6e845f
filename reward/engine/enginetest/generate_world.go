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

// chance is true so often in a hundred. It shrinks to false.
func chance(t *rapid.T, percent int, label string) bool {
	return rapid.IntRange(0, 99).Draw(t, label) >= 100-percent
}

func drawWorld(t *rapid.T, plain bool) *world {
	w := &world{words: newWords(), late: map[string]bool{}, plain: plain}
	w.drawCalendar(t)
	w.assets = []ledger.Asset{{Code: "points"}, {Code: "CNY", Scale: 2}}
	if !plain && chance(t, 60, "capped") {
		w.groups = append(w.groups, reward.Group{Code: "g", Cap: ledger.Whole("points", rapid.Int64Range(3, 12).Draw(t, "cap")),
			CapBlocks: rapid.Bool().Draw(t, "cap blocks")})
	}
	for i := range rapid.IntRange(3, 5).Draw(t, "tasks") {
		w.tasks = append(w.tasks, w.drawTask(t, fmt.Sprintf("t%d", i), i == 0))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "derived") {
		w.drawDerived(t, fmt.Sprintf("d%d", i))
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "rewards") {
		w.drawReward(t, fmt.Sprintf("r%d", i))
	}
	return w
}

// drawCalendar draws a zone, and a start shortly before that zone's clock does something: summer time, a month's end.
func (w *world) drawCalendar(t *rapid.T) {
	w.calendar = rule.Calendar{
		Zone:     rapid.SampledFrom([]string{"Asia/Shanghai", "America/New_York"}).Draw(t, "zone"),
		FirstDay: rapid.SampledFrom([]string{"", "sunday"}).Draw(t, "first day"),
		DayStart: rapid.SampledFrom([]int{0, 0, 5}).Draw(t, "day start"),
		Lateness: rapid.SampledFrom([]time.Duration{0, 20 * time.Hour, 10 * 24 * time.Hour}).Draw(t, "lateness"),
	}
	if w.plain {
		w.calendar.Lateness = 20 * 24 * time.Hour
	}
	w.periods, _ = w.calendar.Periods()
	w.start = rapid.SampledFrom([]time.Time{
		time.Date(2026, 3, 6, 17, 0, 0, 0, time.UTC),
		time.Date(2026, 10, 30, 3, 0, 0, 0, time.UTC),
		time.Date(2026, 1, 28, 15, 59, 0, 0, time.UTC),
	}).Draw(t, "start")
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
	at := w.start.Add(time.Duration(rapid.IntRange(from*24, to*24).Draw(t, "hours")) * time.Hour)
	if rapid.Bool().Draw(t, "at a day") {
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
	c.Period = rapid.SampledFrom([]rule.Period{rule.Once, rule.Once, rule.Daily, rule.Daily, rule.Weekly, rule.Monthly, rule.Unlimited}).Draw(t, "period")
	switch {
	case c.Period == rule.Unlimited:
		if rapid.Bool().Draw(t, "target") {
			c.Levels = []int64{rapid.Int64Range(2, 4).Draw(t, "target")}
		}
	case chance(t, 30, "levels"):
		c.Levels = rapid.SampledFrom([][]int64{{2, 4}, {1, 3, 5}, {3, 4}}).Draw(t, "levels")
	default:
		c.Times = rapid.SampledFrom([]int64{0, 1, 2, 3}).Draw(t, "times")
		if chance(t, 30, "target") {
			c.Levels = []int64{rapid.Int64Range(2, 3).Draw(t, "target")}
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
	c := task.Config{Code: code, Period: rapid.SampledFrom([]rule.Period{rule.Once, rule.Daily, rule.Daily, rule.Weekly, rule.Monthly}).Draw(t, "period")}
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
	c := reward.Config{Code: code, Amount: ledger.Whole("points", rapid.Int64Range(1, 4).Draw(t, "amount"))}
	if chance(t, 30, "yuan") {
		c.Amount = ledger.Amount{Asset: "CNY", Value: decimal.New(rapid.Int64Range(1, 500).Draw(t, "cents"), -2)}
	}
	if chance(t, 50, "window") {
		c.Window = w.drawWindow(t)
	}
	if !w.plain && chance(t, 12, "draft") {
		c.Draft = true
	}
	g := ruleGenerator{world: w, window: c.Window, draft: c.Draft}
	if !w.plain && chance(t, 15, "amount from") {
		f := rapid.SampledFrom(formulas()).Draw(t, "formula")
		w.words.formulas[f.text] = f
		c.AmountFrom, c.Amount.Value = f.text, decimal.Decimal{}
		c.Rule = rule.Count("t0", 1)
		if rapid.Bool().Draw(t, "where") {
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
	c.Priority = rapid.IntRange(0, 2).Draw(t, "priority")
	for _, other := range w.rewards {
		if chance(t, 12, "excludes") && (c.Draft || w.late[c.Code] || !w.late[other.Code]) {
			c.Excludes = append(c.Excludes, other.Code)
		}
	}
	drawPaying(t, c)
}

func drawPaying(t *rapid.T, c *reward.Config) {
	c.Review, c.Claim = chance(t, 35, "review"), chance(t, 35, "claim")
	c.NoDeduct = chance(t, 15, "no deduct")
	c.KeepRejected = c.Review && chance(t, 30, "keep rejected")
	c.ClaimWithin = 0
	if c.Claim && rapid.Bool().Draw(t, "claim within") {
		c.ClaimWithin = reward.Duration(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
	}
}

func drawLimit(t *rapid.T, label string, most int64) rule.Limit {
	var l rule.Limit
	if chance(t, 30, label+" in all") {
		l.Max = rapid.Int64Range(1, most).Draw(t, label)
	}
	if chance(t, 35, label+" a cycle") {
		l.PerCycle = rapid.Int64Range(1, 3).Draw(t, label)
		l.Cycle = rule.Cycle{Every: rapid.Int64Range(1, 3).Draw(t, "every"),
			Unit: rapid.SampledFrom([]rule.Unit{rule.Day, rule.Day, rule.Week, rule.Month}).Draw(t, "unit")}
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
