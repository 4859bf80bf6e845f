package decide

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// rowsAGrant is the most rows that one grant adds to a unit: the record, its transfer, the entitlement, the cap, two
// balances and two counters.
const rowsAGrant = 8

// ErrTooLarge is returned for an event that must write more rows than the store takes for one.
var ErrTooLarge = errors.New("more rows than the store takes for one event")

// decide settles the matches that are due (S14): those of every reward whose rule reads the event's task and whose window
// has begun at its time, in the plan's order, each reward seeing what the ones before it did.
func (s *State) decide(t *catalog.Task, e task.Event, accepted bool, out *Outcome, cause *Cause) error {
	computed := t.Plan.Computed // those still to come: what others leave due must not take their room
	for _, r := range t.Plan.Rewards {
		if r.From != nil {
			computed--
		}
		if start := r.Config.Window.Start; !start.IsZero() && e.Time.Before(start) {
			continue
		}
		ent := s.entitlement(r.Config.Code)
		matches := ent.Decided
		if r.From == nil {
			matches = r.Program.Matches(s.read(r.Program, 0, rule.Window{}))
		} else if accepted && s.counts(r, e) {
			matches++
		}
		if matches <= ent.Decided {
			continue
		}
		room := s.Rows - rowsAGrant*computed
		if err := s.settle(r, ent, matches-ent.Decided, room, e, out, cause); err != nil {
			return err
		}
	}
	return nil
}

// counts reports whether an accepted event is a match of a reward whose amounts are computed (S16).
func (s *State) counts(r *catalog.Reward, e task.Event) bool {
	_, ok := r.Program.Leaves()[0].Track.Counts(s.Catalog.Periods, fact(e), s.Scratch)
	return ok
}

// settle decides due matches of a reward: as many as one event may and as leave the unit within room rows. The rest stays due.
func (s *State) settle(r *catalog.Reward, ent reward.Entitlement, due int64, room int, e task.Event, out *Outcome, cause *Cause) error {
	if r.Paused == reward.Hold {
		out.Due = rule.AddCapped(out.Due, due)
		return nil
	}
	batch := min(due, DecidedMax)
	first, granted := ent.Decided+1, int64(0)
	for granted < batch && s.rows()+rowsAGrant <= room {
		g, block := s.check(r, &ent, e)
		if block.Reason != "" {
			block.Count = batch - granted // a blocked match uses nothing, so the next one meets the same
			ent.Decided += block.Count
			ent.Blocked = addBlock(ent.Blocked, block.Reason, block.Count)
			out.Blocked = append(out.Blocked, block)
			due -= block.Count
			break
		}
		if len(cause.Grants) == 0 || cause.Grants[len(cause.Grants)-1].Reward != r.Config.Code {
			cause.Grants = append(cause.Grants, Grants{Reward: r.Config.Code, First: first})
		}
		record, err := s.grant(r, &ent, g, e)
		if err != nil {
			return err
		}
		cause.Grants[len(cause.Grants)-1].Count++
		out.Rewards = append(out.Rewards, record)
		granted++
	}
	s.cramped = s.cramped || ent.Decided < first-1+batch
	if r.From != nil && ent.Decided < first { // its match is decided with its event or never
		return fmt.Errorf("reward %q: %w", r.Config.Code, ErrTooLarge)
	}
	out.Due = rule.AddCapped(out.Due, due-granted)
	if ent.Decided >= first {
		ent.Cycles = s.current(r, ent.Cycles)
		s.putEntitlement(ent)
	}
	return nil
}

// A grant is what a match that passed the checks uses.
type grant struct {
	amount ledger.Amount
	cycle  int64
	cycled bool
	budget []budgetUse
}

// budgetUse is a shared counter a grant takes one from.
type budgetUse struct {
	counter string
	max     int64
	reason  reward.Reason
	until   time.Time
}

// budgets lists the counters of a reward's budget at a time: of the cycle, then of the whole (S15).
func budgets(c *catalog.Catalog, r *catalog.Reward, at time.Time) []budgetUse {
	b := r.Config.Budget
	if b.Max == 0 && b.PerCycle == 0 {
		return nil
	}
	var uses []budgetUse
	if b.PerCycle > 0 {
		n := c.Periods.Cycle(b.Cycle, r.Config.Window.Start, at)
		name := "budget/" + r.Config.Code + "/" + strconv.FormatInt(b.Cycle.Every, 10) + b.Cycle.Unit.String() + "/" + strconv.FormatInt(n, 10)
		uses = append(uses, budgetUse{name, b.PerCycle, reward.BudgetCycle, c.Periods.CycleBounds(b.Cycle, r.Config.Window.Start, n).End})
	}
	if b.Max > 0 {
		uses = append(uses, budgetUse{"budget/" + r.Config.Code, b.Max, reward.BudgetMax, time.Time{}})
	}
	return uses
}

// check holds one match against the checks of S15, in their order. The first that fails is the block's reason.
func (s *State) check(r *catalog.Reward, ent *reward.Entitlement, e task.Event) (grant, reward.Block) {
	g := grant{amount: r.Config.Amount}
	block := func(reason reward.Reason, by string, until time.Time) (grant, reward.Block) {
		return grant{}, reward.Block{Reward: r.Config.Code, Reason: reason, By: by, Until: until}
	}
	if r.Paused == reward.Drop {
		return block(reward.Paused, "", time.Time{})
	}
	if by := s.excluder(r); by != "" {
		return block(reward.Excluded, by, time.Time{})
	}
	if r.From != nil {
		amount, ok := s.computed(r, e)
		if !ok {
			return block(reward.Nothing, "", time.Time{})
		}
		g.amount = amount
	}
	if l := r.Config.Limit; l.Max > 0 && ent.Used >= l.Max {
		return block(reward.UserMax, "", time.Time{})
	}
	if l := r.Config.Limit; l.Cycle.Every > 0 {
		g.cycle, g.cycled = s.Catalog.Periods.Cycle(l.Cycle, r.Config.Window.Start, e.Time), true
		if l.PerCycle > 0 && used(ent.Cycles, g.cycle) >= l.PerCycle {
			return block(reward.UserCycle, "", s.Catalog.Periods.CycleBounds(l.Cycle, r.Config.Window.Start, g.cycle).End)
		}
	}
	amount, ok := s.capped(r, g.amount)
	if !ok {
		return block(reward.Capped, r.Cap.Config.Code, time.Time{})
	}
	g.amount = amount
	g.budget = budgets(s.Catalog, r, e.Time)
	for _, u := range g.budget {
		if s.left(u.counter, u.max) < 1 {
			return block(u.reason, "", u.until)
		}
	}
	return g, reward.Block{}
}

// excluder names the first reward, by code, of which the user holds a record that excludes this one (S18).
func (s *State) excluder(r *catalog.Reward) string {
	for _, other := range r.Excludes {
		if e := s.Entitlements[other]; e != nil && e.Live > 0 {
			return other
		}
	}
	return ""
}

// computed is the amount an event gives, cut down to the asset's scale (S16).
func (s *State) computed(r *catalog.Reward, e task.Event) (ledger.Amount, bool) {
	v, ok := r.From.Eval(s.Scratch, e.Attrs)
	if !ok {
		return ledger.Amount{}, false
	}
	a, err := ledger.Amount{Asset: r.Asset.Code, Value: v}.Floor(r.Asset.Scale)
	return a, err == nil && a.Sign() > 0
}

// capped cuts an amount to what is left of the group's cap. ok is false where nothing is, or where the cap blocks.
func (s *State) capped(r *catalog.Reward, a ledger.Amount) (cut ledger.Amount, ok bool) {
	if r.Cap == nil {
		return a, true
	}
	left := r.Cap.Config.Cap.Value.Sub(s.Caps[CapKey{r.Config.Group, r.Asset.Code}])
	switch {
	case left.Sign() <= 0:
		return a, false
	case left.GreaterThanOrEqual(a.Value):
		return a, true
	case r.Cap.Config.CapBlocks:
		return a, false
	}
	a.Value = left
	return a, true
}

// grant makes a record and everything that follows from it.
func (s *State) grant(r *catalog.Reward, ent *reward.Entitlement, g grant, e task.Event) (reward.Record, error) {
	ent.Decided, ent.Used, ent.Live = ent.Decided+1, ent.Used+1, ent.Live+1
	if g.cycled {
		ent.Cycles = use(ent.Cycles, g.cycle, 1)
	}
	c := r.Config
	record := reward.Record{ID: reward.ID{User: s.User, Reward: c.Code, N: ent.Decided}, Amount: g.amount,
		Revision: s.Catalog.Revision, Event: e.ID, Meta: e.Meta, Time: s.Now,
		Terms: reward.Terms{Claim: c.Claim, NoDeduct: c.NoDeduct, KeepRejected: c.KeepRejected, ClaimWithin: c.ClaimWithin},
		Taken: reward.Taken{Cycle: g.cycle, Cycled: g.cycled}}
	for _, u := range g.budget {
		s.take(u.counter, 1, u.max)
		record.Taken.Counters = append(record.Taken.Counters, u.counter)
	}
	if c.Group != "" { // also while the group has no cap: one that is set later counts all records (S16)
		k := CapKey{c.Group, g.amount.Asset}
		s.putCap(k, s.Caps[k].Add(g.amount.Value))
		record.Taken.Cap = c.Group
	}
	status := reward.Granted
	switch {
	case c.Review:
		status = reward.Pending
	case c.Claim:
		status = reward.Claimable
	}
	return s.move(record, status, move{})
}

// current drops the use of cycles that ended so long ago that no event can belong to them any more.
func (s *State) current(r *catalog.Reward, cycles []reward.CycleUse) []reward.CycleUse {
	l := r.Config.Limit
	if l.Cycle.Every == 0 || len(cycles) == 0 {
		return cycles
	}
	horizon := s.Catalog.Periods.Horizon(s.Now).Add(-foldMargin)
	oldest := s.Catalog.Periods.Cycle(l.Cycle, r.Config.Window.Start, horizon)
	return slices.DeleteFunc(cycles, func(c reward.CycleUse) bool { return c.Cycle < oldest })
}

func used(cycles []reward.CycleUse, cycle int64) int64 {
	for _, c := range cycles {
		if c.Cycle == cycle {
			return c.Used
		}
	}
	return 0
}

// use adds to the use of a cycle. A cycle that was dropped takes nothing back.
func use(cycles []reward.CycleUse, cycle, n int64) []reward.CycleUse {
	i, ok := slices.BinarySearchFunc(cycles, cycle, func(c reward.CycleUse, n int64) int { return int(max(-1, min(1, c.Cycle-n))) })
	switch {
	case ok:
		cycles[i].Used = max(0, cycles[i].Used+n)
	case n > 0:
		cycles = slices.Insert(cycles, i, reward.CycleUse{Cycle: cycle, Used: n})
	}
	return cycles
}

// addBlock counts matches that one reason blocked, and keeps the counts in the order of the checks.
func addBlock(counts []reward.BlockCount, reason reward.Reason, n int64) []reward.BlockCount {
	for i := range counts {
		if counts[i].Reason == reason {
			counts[i].Count = rule.AddCapped(counts[i].Count, n)
			return counts
		}
	}
	counts = append(counts, reward.BlockCount{Reason: reason, Count: n})
	rank := reward.Reasons()
	slices.SortFunc(counts, func(a, b reward.BlockCount) int { return slices.Index(rank, a.Reason) - slices.Index(rank, b.Reason) })
	return counts
}
