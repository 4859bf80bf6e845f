package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
)

// A workspace is the memory in which the events of one user are decided: the state, and the rows of the unit it ends in.
// It is used again for other users, because most of what a decision allocates would be garbage when the call returns.
// Nothing a caller is answered points into it.
type workspace struct {
	needs    decide.Needs
	ids      []string // of the causes looked up
	all      []string // IDs of all rows looked up
	parts    []store.Part
	state    *decide.State
	scratch  rule.Scratch
	causes   []*store.CauseRow
	rows     rowSpace
	decision decision
}

// space returns a workspace.
func (s *shared) space() *workspace {
	if w, ok := s.spaces.Get().(*workspace); ok {
		return w
	}
	w := &workspace{state: decide.New(nil, "", time.Time{})}
	w.state.Scratch = &w.scratch
	return w
}

// free lets a job's workspace be used again.
func (s *shared) free(j *job) {
	w := j.space
	if j.space = nil; w == nil || !w.small() {
		return
	}
	w.state.Reset(nil, "", time.Time{})
	clear(w.causes[:cap(w.causes)])
	clear(w.decision.causes[:cap(w.decision.causes)])
	clear(w.decision.results[:cap(w.decision.results)])
	w.decision = decision{causes: w.decision.causes[:0], results: w.decision.results[:0]}
	clear(w.all[:cap(w.all)])
	w.rows.clear()
	s.spaces.Put(w)
}

// small reports whether a workspace is worth keeping for another user: all of it is cleared each time, so a recount of a long
// history, or a large batch, would slow down every event after it.
func (w *workspace) small() bool {
	const most = 64
	return w.state.Small() && cap(w.causes) <= most && cap(w.decision.results) <= most
}

// rowSpace is the rows of a unit. Those of a kind lie together, and the unit points to them.
type rowSpace struct {
	insert, put  []store.Row
	transfers    []store.TransferRow
	tasks        []store.TaskRow
	tallies      []store.TallyRow
	values       []store.ValueRow
	entitlements []store.EntitlementRow
	rewards      []store.RewardRow
	caps         []store.CapRow
	balances     []store.BalanceRow
	takes        []store.Take
}

// clear lets go of what the rows point to and keeps their memory.
func (b *rowSpace) clear() {
	clear(b.insert)
	clear(b.put)
	clear(b.transfers)
	clear(b.tasks)
	clear(b.tallies)
	clear(b.entitlements)
	clear(b.rewards)
	clear(b.caps)
	clear(b.balances)
}

// unit turns what decisions changed into what is committed, with the causes of it. It holds until the next call.
func (b *rowSpace) unit(user string, version int64, c decide.Changes, causes []*store.CauseRow) store.Unit {
	b.insert, b.put = b.insert[:0], b.put[:0]
	for _, r := range causes {
		b.insert = append(b.insert, r)
	}
	b.transfers = slices.Grow(b.transfers[:0], len(c.Transfers))
	for _, t := range c.Transfers {
		b.transfers = append(b.transfers, store.TransferRow{Transfer: t.Transfer, Seq: t.Seq, After: t.After})
		b.insert = append(b.insert, &b.transfers[len(b.transfers)-1])
	}
	b.tasks = slices.Grow(b.tasks[:0], len(c.Tasks))
	for _, r := range c.Tasks {
		b.tasks = append(b.tasks, store.TaskRow{Record: *r})
		b.put = append(b.put, &b.tasks[len(b.tasks)-1])
	}
	b.tallies = slices.Grow(b.tallies[:0], len(c.Tallies))
	for _, t := range c.Tallies {
		b.tallies = append(b.tallies, store.TallyRow{User: user, Task: t.Task, Revision: t.Revision, Tally: t.Tally.Tally})
		b.put = append(b.put, &b.tallies[len(b.tallies)-1])
	}
	b.values = slices.Grow(b.values[:0], len(c.Values))
	for _, v := range c.Values {
		b.values = append(b.values, store.ValueRow{User: user, Task: v.Task, Leaf: v.Key, Outer: v.Outer, Hash: v.Hash})
		b.put = append(b.put, &b.values[len(b.values)-1])
	}
	b.rest(c)
	return store.Unit{User: user, Version: version, Insert: b.insert, Put: b.put, Take: b.takes}
}

// rest adds what rewards changed.
func (b *rowSpace) rest(c decide.Changes) {
	b.entitlements = slices.Grow(b.entitlements[:0], len(c.Entitlements))
	for _, e := range c.Entitlements {
		b.entitlements = append(b.entitlements, store.EntitlementRow{Entitlement: *e})
		b.put = append(b.put, &b.entitlements[len(b.entitlements)-1])
	}
	b.rewards = slices.Grow(b.rewards[:0], len(c.Records))
	for _, r := range c.Records {
		b.rewards = append(b.rewards, store.RewardRow{Record: *r})
		b.put = append(b.put, &b.rewards[len(b.rewards)-1])
	}
	b.caps = slices.Grow(b.caps[:0], len(c.Caps))
	for _, use := range c.Caps {
		b.caps = append(b.caps, store.CapRow{CapUse: use})
		b.put = append(b.put, &b.caps[len(b.caps)-1])
	}
	b.balances = slices.Grow(b.balances[:0], len(c.Balances))
	for _, r := range c.Balances {
		b.balances = append(b.balances, store.BalanceRow{Balance: *r})
		b.put = append(b.put, &b.balances[len(b.balances)-1])
	}
	b.takes = b.takes[:0]
	for _, t := range c.Takes {
		b.takes = append(b.takes, store.Take{Counter: t.Counter, N: t.N, Max: t.Max})
	}
	slices.SortFunc(b.takes, func(a, b store.Take) int { return cmp.Compare(a.Counter, b.Counter) })
}
