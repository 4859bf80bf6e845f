package decide

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// An Explanation says where a user stands with a reward; see engine.Explanation, which has the same fields.
type Explanation struct {
	User             string
	Reward           reward.Config
	Phase            reward.Phase
	Progress         rule.Progress
	Matches, Decided int64
	Granted          int64
	Blocked          []reward.BlockCount
	Next             []reward.Block
	Amount           ledger.Amount
}

// Explain works out an explanation by the same functions that decide.
func (s *State) Explain(r *catalog.Reward) Explanation {
	ent := s.entitlement(r.Config.Code)
	x := Explanation{User: s.User, Reward: r.Config, Phase: Phase(r, s.Now), Decided: ent.Decided, Matches: ent.Decided,
		Granted: ent.Used, Blocked: ent.Blocked}
	in := s.read(r.Program, 0, rule.Window{})
	if r.From == nil {
		x.Matches = r.Program.Matches(in)
	}
	x.Progress = s.progress(r.Program, in, x)
	x.Next, x.Amount = s.next(r, &ent)
	return x
}

// progress explains the rule for the match after all that were decided. A reward whose amounts are computed keeps no
// tally: its leaf has what was decided.
func (s *State) progress(p *rule.Program, in []rule.Input, x Explanation) rule.Progress {
	next := rule.AddCapped(max(x.Matches, x.Decided), 1)
	if p.Gated() {
		next = 1
	}
	g := p.Progress(in, next, s.today)
	if x.Reward.AmountFrom != "" {
		g.Have = decimal.NewFromInt(x.Decided)
		g.Met = false
	}
	return g
}

// today is the period of a unit that holds the clock.
func (s *State) today(u rule.Unit) int64 { return s.Catalog.Periods.Ordinal(u, s.Now) }

// next lists all reasons for which a match decided now would make no record, and what it would give.
func (s *State) next(r *catalog.Reward, ent *reward.Entitlement) ([]reward.Block, ledger.Amount) {
	var blocks []reward.Block
	add := func(reason reward.Reason, by string, until time.Time) {
		blocks = append(blocks, reward.Block{Reward: r.Config.Code, Reason: reason, By: by, Until: until, Count: 1})
	}
	if r.Paused != "" {
		add(reward.Paused, "", time.Time{})
	}
	for _, other := range r.Excludes {
		if e := s.Entitlements[other]; e != nil && e.Live > 0 {
			add(reward.Excluded, other, time.Time{})
		}
	}
	l, periods, anchor := r.Config.Limit, s.Catalog.Periods, r.Config.Window.Start
	if l.Max > 0 && ent.Used >= l.Max {
		add(reward.UserMax, "", time.Time{})
	}
	if l.PerCycle > 0 {
		n := periods.Cycle(l.Cycle, anchor, s.Now)
		if used(ent.Cycles, n) >= l.PerCycle {
			add(reward.UserCycle, "", periods.CycleBounds(l.Cycle, anchor, n).End)
		}
	}
	amount := r.Config.Amount
	if r.From != nil {
		amount = ledger.Amount{}
	}
	if r.Cap != nil {
		want := amount
		if r.From != nil { // any amount: what matters is whether something is left
			want = r.Cap.Config.Cap
		}
		cut, ok := s.capped(r, want)
		if !ok && (r.From == nil || s.exhausted(r)) {
			add(reward.Capped, r.Cap.Config.Code, time.Time{})
		}
		if r.From == nil && ok {
			amount = cut
		}
	}
	for _, u := range budgets(s.Catalog, r, s.Now) {
		if s.left(u.counter, u.max) < 1 {
			add(u.reason, "", u.until)
		}
	}
	return blocks, amount
}

// exhausted reports whether nothing is left of a group's cap.
func (s *State) exhausted(r *catalog.Reward) bool {
	return r.Cap.Config.Cap.Value.LessThanOrEqual(s.Caps[CapKey{r.Config.Group, r.Asset.Code}])
}

// Phase is where a reward stands at an instant.
func Phase(r *catalog.Reward, now time.Time) reward.Phase {
	if !r.Retired.IsZero() {
		return reward.PhaseRetired
	}
	return r.Config.Phase(now, r.Paused != "")
}

// A TaskStatus is a task as a page shows it; see engine.TaskStatus, which has the same fields.
type TaskStatus struct {
	Config   task.Config
	Record   task.Record
	Period   rule.Window
	Open     bool
	Progress *rule.Progress
}

// Task works out how a task stands now.
func (s *State) Task(t *catalog.Task) TaskStatus {
	now := period(s.Catalog, t, s.Now)
	st := TaskStatus{Config: t.Config, Record: s.record(t, now), Period: t.Config.Window}
	if u := t.Unit(); u != 0 {
		st.Period = s.Catalog.Periods.Bounds(u, now)
	}
	st.Open = t.Live() && t.Config.Window.Contains(s.Now) && !st.Record.Finished
	if t.Program != nil {
		bounds := rule.Window{}
		if t.Unit() != 0 {
			bounds = st.Period
		}
		g := t.Program.Progress(s.read(t.Program, now, bounds), 1, s.today)
		st.Progress = &g
	}
	return st
}
