package enginetest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// edit puts a document with what may change of it at any time (S21), or ends its draft.
func (g *game) edit(t *rapid.T) {
	switch between(t, 0, 4, "edit") {
	case 0:
		g.editTask(t)
	case 1:
		g.editGroup(t)
	default:
		g.editReward(t)
	}
}

func (g *game) editReward(t *rapid.T) {
	c := g.drawReward(t).config
	if c.Draft {
		g.endDraft(t, c)
		return
	}
	if skew := g.world.periods.Calendar().Skew; c.Window.Start.After(g.model.now.Add(skew)) && coin(t, "anew") {
		g.putAnew(t, c)
		return
	}
	switch between(t, 0, 5, "what") {
	case 0:
		c.Window.End = g.drawEnd(t, c.Window, c.Rule)
	case 1:
		c.Limit.Max = between64(t, 0, 5, "max")
		if !c.Limit.Cycle.IsZero() {
			c.Limit.PerCycle = between64(t, 0, 3, "per cycle")
		}
	case 2:
		c.Budget.Max = between64(t, 0, 8, "max")
		if !c.Budget.Cycle.IsZero() {
			c.Budget.PerCycle = between64(t, 0, 3, "per cycle")
		}
	case 3:
		if c.AmountFrom == "" {
			c.Amount = ledger.Amount{Asset: c.Amount.Asset, Value: decimal.NewFromInt(between64(t, 1, 9, "amount"))}
		}
		c.Priority = between(t, 0, 2, "priority")
	case 4:
		drawPaying(t, &c)
	case 5:
		c.Excludes = nil
		for _, code := range g.putRewards() {
			if code != c.Code && chance(t, 25, "excludes") {
				c.Excludes = append(c.Excludes, code)
			}
		}
	}
	if g.put(t, c) {
		g.edited[c.Code] = true
	}
}

// putAnew changes what is fixed later: the window has not begun.
func (g *game) putAnew(t *rapid.T, c reward.Config) {
	if coin(t, "rule") && c.AmountFrom == "" {
		if r, ok := (ruleGenerator{world: g.world, window: c.Window}).draw(t); ok && g.known(r) {
			c.Rule = r
		}
	}
	c.Limit, c.Budget = drawLimit(t, "limit", 4), drawLimit(t, "budget", 6)
	if coin(t, "start") {
		start := g.world.drawBound(t, 0, 3)
		if start.After(g.model.now) && (c.Window.End.IsZero() || start.Before(c.Window.End)) {
			c.Window.Start = start
		}
	}
	if g.put(t, c) {
		g.edited[c.Code] = true
	}
}

// known reports whether the tasks a rule reads were put, and count.
func (g *game) known(r rule.Rule) bool {
	for _, code := range r.Tasks() {
		if d := g.model.tasks[code]; d == nil || !d.live() {
			return false
		}
	}
	return true
}

func (g *game) putRewards() []string {
	var codes []string
	for code := range g.model.rewards {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// endDraft lets a reward count, with the tasks it reads.
func (g *game) endDraft(t *rapid.T, c reward.Config) {
	docs := g.drafts(c.Rule, nil)
	c.Draft = false
	c.Limit = drawLimit(t, "limit", 4) // a draft may change freely
	g.put(t, append(docs, c)...)
}

// drafts are the drafts a rule reads, directly or through others, no drafts any more, after those given.
func (g *game) drafts(r rule.Rule, docs []engine.Document) []engine.Document {
	for _, code := range r.Tasks() {
		d := g.model.tasks[code].config
		d.Draft = false
		same := func(o engine.Document) bool { return o.(task.Config).Code == code }
		if !g.model.tasks[code].config.Draft || slices.ContainsFunc(docs, same) {
			continue
		}
		docs = append(g.drafts(d.Rule, docs), d)
	}
	return docs
}

// drawEnd draws another end for a window: none, where it may split a period, or where whole ones end.
func (g *game) drawEnd(t *rapid.T, w rule.Window, r rule.Rule) (end time.Time) {
	if chance(t, 25, "open") {
		return end
	}
	unit := rule.Day
	for _, code := range r.Tasks() {
		if c := g.model.tasks[code].config; c.Derived() {
			unit = max(unit, c.Period.Unit())
		}
	}
	at := g.world.drawBound(t, -2, 14)
	if unit != rule.Day || chance(t, 60, "whole") {
		at = g.world.periods.Bounds(unit, g.world.periods.Ordinal(unit, at)).End
	}
	if !w.Start.IsZero() && !at.After(w.Start) {
		return w.End
	}
	return at
}

func (g *game) editTask(t *rapid.T) {
	doc := g.model.tasks[pick(t, g.world.tasks, "task").Code]
	if doc == nil || doc.retired {
		t.Skip("not put")
	}
	c := doc.config
	switch {
	case c.Draft:
		c.Draft = false
		g.put(t, append(g.drafts(c.Rule, nil), c)...)
		return
	case c.Derived() || coin(t, "window"):
		c.Window.End = g.drawEnd(t, c.Window, c.Rule)
	default:
		c.Where = ""
		if coin(t, "where") {
			c.Where = g.world.drawCond(t)
		}
	}
	g.put(t, c)
}

// editGroup moves a cap.
func (g *game) editGroup(t *rapid.T) {
	group, ok := g.model.groups["g"]
	if !ok {
		t.Skip("no group")
	}
	group.Cap = ledger.Whole(group.Cap.Asset, between64(t, 3, 20, "cap"))
	group.CapBlocks = coin(t, "cap blocks")
	g.put(t, group)
}
