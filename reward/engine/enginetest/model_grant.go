package enginetest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
)

// decideMax is how many matches of a reward one event decides.
const decideMax = 1000

// decide decides what an event makes due (S14), by priority and code.
func (m *model) decide(p *person, f *fact) {
	for _, r := range m.liveRewards() {
		start := r.config.Window.Start
		if !m.feeds(f.event.Task, r.config.Rule) || !start.IsZero() && f.event.Time.Before(start) {
			continue
		}
		due := max(0, m.due(p, r, f))
		if r.paused == reward.Hold {
			f.due += due
			continue
		}
		if due > decideMax {
			f.due += due - decideMax
			due = decideMax
		}
		m.decideAll(p, r, f, due)
	}
}

// due is how many matches wait. With AmountFrom an event is one match or none, and never waits (S16).
func (m *model) due(p *person, r *rewardDoc, f *fact) int64 {
	if r.config.AmountFrom == "" {
		return m.matches(p, r.config.Rule, r.place()) - p.decided[r.config.Code]
	}
	if slices.Contains(m.counted(p, r.config.Rule, r.place()), f) {
		return 1
	}
	return 0
}

func (m *model) decideAll(p *person, r *rewardDoc, f *fact, due int64) {
	code := r.config.Code
	var blocks []reward.Block
	for range due {
		p.decided[code]++
		amount, reasons := m.check(p, r, f.event.Time, f.event.Attrs)
		if len(reasons) == 0 {
			f.rewards = append(f.rewards, m.grant(p, r, f, amount))
			continue
		}
		if p.blocked[code] == nil {
			p.blocked[code] = map[reward.Reason]int64{}
		}
		b := reasons[0]
		p.blocked[code][b.Reason]++
		if i := slices.IndexFunc(blocks, func(o reward.Block) bool { return o.Reason == b.Reason }); i >= 0 {
			blocks[i].Count++
			continue
		}
		b.Count = 1
		blocks = append(blocks, b)
	}
	f.blocked = append(f.blocked, blocks...)
}

// check gives the amount of the next match, and every reason for which it makes no record, in the order of S15. Without
// attributes (nil is none known, not none there) a computed amount is not looked at.
func (m *model) check(p *person, r *rewardDoc, at time.Time, attrs rule.Attrs) (ledger.Amount, []reward.Block) {
	c := r.config
	var reasons []reward.Block
	block := func(reason reward.Reason, by string, until time.Time) {
		reasons = append(reasons, reward.Block{Reward: c.Code, Reason: reason, By: by, Until: until})
	}
	if r.paused != "" {
		block(reward.Paused, "", time.Time{})
	}
	for _, by := range m.excluders(p, r) {
		block(reward.Excluded, by, time.Time{})
	}
	amount := m.amount(r, attrs)
	if amount.Value.Sign() <= 0 {
		block(reward.Nothing, "", time.Time{})
	}
	until := func(c rule.Cycle) time.Time {
		return m.periods.CycleBounds(c, r.config.Window.Start, m.cycle(r, c, at)).End
	}
	if l := c.Limit; l.Max > 0 && m.userUse(p, c.Code, nil) >= l.Max {
		block(reward.UserMax, "", time.Time{})
	}
	if l := c.Limit; l.PerCycle > 0 {
		if n := m.cycle(r, l.Cycle, at); m.userUse(p, c.Code, &n) >= l.PerCycle {
			block(reward.UserCycle, "", until(l.Cycle))
		}
	}
	if g := m.groups[c.Group]; g.Cap.Asset == c.Amount.Asset {
		left := g.Cap.Value.Sub(m.capUse(p, g))
		switch {
		case left.Sign() <= 0 || g.CapBlocks && amount.Value.Cmp(left) > 0:
			block(reward.Capped, g.Code, time.Time{})
		default:
			amount.Value = decimal.Min(amount.Value, left)
		}
	}
	if b := c.Budget; b.PerCycle > 0 {
		if n := m.cycle(r, b.Cycle, at); m.budgetUse(c.Code, &n) >= b.PerCycle {
			block(reward.BudgetCycle, "", until(b.Cycle))
		}
	}
	if b := c.Budget; b.Max > 0 && m.budgetUse(c.Code, nil) >= b.Max {
		block(reward.BudgetMax, "", time.Time{})
	}
	return amount, reasons
}

// amount is what a match gives before the cap.
func (m *model) amount(r *rewardDoc, attrs rule.Attrs) ledger.Amount {
	a := r.config.Amount
	if r.config.AmountFrom == "" {
		return a
	}
	f := m.words.formulas[r.config.AmountFrom]
	v, ok := number(attrs[f.attr])
	if !ok {
		return a // zero
	}
	a.Value = f.of(v).RoundFloor(int32(m.assets[a.Asset].Scale))
	return a
}

// excluders are the rewards that keep this one out, by code (S18).
func (m *model) excluders(p *person, r *rewardDoc) []string {
	var codes []string
	for id, g := range p.records {
		other := m.rewards[id.Reward].config
		excludes := slices.Contains(other.Excludes, r.config.Code) || slices.Contains(r.config.Excludes, other.Code)
		if excludes && g.Status != reward.Rejected {
			codes = append(codes, id.Reward)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// holdsUse reports whether a record uses limit, budget and cap (S19).
func (g *granted) holdsUse() bool { return g.Status != reward.Rejected || g.Terms.KeepRejected }

// userUse is how many of a user's records use the limit, in all or in a cycle.
func (m *model) userUse(p *person, code string, cycle *int64) int64 {
	n := int64(0)
	for id, g := range p.records {
		if id.Reward == code && g.holdsUse() && (cycle == nil || g.cycled && g.cycle == *cycle) {
			n++
		}
	}
	return n
}

// budgetUse is how many records of all users were made while the budget was set and use it, in all or in a cycle.
func (m *model) budgetUse(code string, cycle *int64) int64 {
	n := int64(0)
	for _, p := range m.people {
		for id, g := range p.records {
			if id.Reward != code || !g.holdsUse() {
				continue
			}
			if cycle == nil && g.budget || cycle != nil && g.budgetCycle && g.shared == *cycle {
				n++
			}
		}
	}
	return n
}

// capUse is what a user has got that counts against a group's cap (S16).
func (m *model) capUse(p *person, g reward.Group) decimal.Decimal {
	var sum decimal.Decimal
	for _, r := range p.records {
		if r.group == g.Code && r.Amount.Asset == g.Cap.Asset && r.holdsUse() {
			sum = sum.Add(r.Amount.Value)
		}
	}
	return sum
}

func (m *model) cycle(r *rewardDoc, c rule.Cycle, at time.Time) int64 {
	return m.periods.Cycle(c, r.config.Window.Start, at)
}

// grant makes the record of the match that was just decided.
func (m *model) grant(p *person, r *rewardDoc, f *fact, amount ledger.Amount) reward.ID {
	c := r.config
	g := &granted{group: c.Group}
	g.Record = reward.Record{ID: reward.ID{User: p.name, Reward: c.Code, N: p.decided[c.Code]}, Amount: amount, Revision: m.revision,
		Event: f.event.ID, Meta: f.event.Meta, Time: m.now,
		Terms: reward.Terms{Claim: c.Claim, NoDeduct: c.NoDeduct, KeepRejected: c.KeepRejected, ClaimWithin: c.ClaimWithin}}
	if !c.Limit.Cycle.IsZero() {
		g.cycled, g.cycle = true, m.cycle(r, c.Limit.Cycle, f.event.Time)
	}
	g.budget, g.budgetCycle = c.Budget.Max > 0, c.Budget.PerCycle > 0
	if g.budgetCycle {
		g.shared = m.cycle(r, c.Budget.Cycle, f.event.Time)
	}
	p.records[g.ID] = g
	to := reward.Granted
	switch {
	case c.Review:
		to = reward.Pending
	case c.Claim:
		to = reward.Claimable
	}
	m.moveTo(p, g, to, engine0, call{op: "grant", id: g.ID})
	return g.ID
}
