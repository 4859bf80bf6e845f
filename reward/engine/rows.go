package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// wrap gives a store's error its meaning for the engine's callers and keeps it reachable.
func wrap(err error) error {
	if errors.Is(err, store.ErrTooLarge) {
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return err
}

// parts names the rows that a decision needs and the causes it looks up.
func parts(n *decide.Needs, causes []string) []store.Part {
	list, _ := appendParts(nil, nil, n, causes)
	return list
}

// appendParts is parts in memory that is used again: list for the parts, all for their IDs.
func appendParts(list []store.Part, all []string, n *decide.Needs, causes []string) ([]store.Part, []string) {
	all = slices.Grow(all, len(causes)+len(n.Tasks)+len(n.Tallies)+len(n.Values)+len(n.Entitlements)+len(n.Records)+len(n.Caps)+2*len(n.Assets))
	add := func(kind store.Kind, count int, id func(i int) string) {
		if count == 0 {
			return
		}
		first := len(all)
		for i := range count {
			all = append(all, id(i))
		}
		list = append(list, store.Part{Kind: kind, IDs: all[first:len(all):len(all)]})
	}
	add(store.KindCause, len(causes), func(i int) string { return causes[i] })
	add(store.KindTask, len(n.Tasks), func(i int) string { return store.TaskRowID(n.Tasks[i].Task, n.Tasks[i].Period) })
	add(store.KindTally, len(n.Tallies), func(i int) string { return store.TallyRowID(n.Tallies[i]) })
	add(store.KindValue, len(n.Values), func(i int) string {
		v := &n.Values[i]
		return store.ValueRowID(v.Task, v.Key, v.Outer, v.Hash)
	})
	add(store.KindEntitlement, len(n.Entitlements), func(i int) string { return store.EntitlementRowID(n.Entitlements[i]) })
	add(store.KindReward, len(n.Records), func(i int) string { return store.RewardRowID(n.Records[i].Reward, n.Records[i].N) })
	add(store.KindCap, len(n.Caps), func(i int) string { return store.CapRowID(n.Caps[i].Group, n.Caps[i].Asset) })
	add(store.KindBalance, 2*len(n.Assets), func(i int) string {
		return store.BalanceRowID([]ledger.AccountKind{ledger.Available, ledger.Issued}[i%2], n.Assets[i/2])
	})
	return list, all
}

// fill puts loaded rows into a state, and appends the causes among them to causes.
func fill(s *decide.State, rows []store.Row, causes []*store.CauseRow) []*store.CauseRow {
	for _, r := range rows {
		switch r := r.(type) {
		case *store.CauseRow:
			causes = append(causes, r)
		case *store.TaskRow:
			s.Tasks[decide.TaskKey{Task: r.Task, Period: r.Period}] = &r.Record
		case *store.TallyRow:
			s.Tallies[r.Task] = decide.Tally{Revision: r.Revision, Tally: r.Tally}
		case *store.ValueRow:
			s.Values[rule.ValueID{Key: r.Leaf, Outer: r.Outer, Hash: r.Hash}] = true
		case *store.EntitlementRow:
			s.Entitlements[r.Reward] = &r.Entitlement
		case *store.RewardRow:
			s.Records[decide.RecordKey{Reward: r.ID.Reward, N: r.ID.N}] = &r.Record
		case *store.CapRow:
			s.Caps[decide.CapKey{Group: r.Group, Asset: r.Used.Asset}] = r.Used.Value
		case *store.BalanceRow:
			s.Balances[decide.BalanceKey{Kind: r.Account.Kind, Asset: r.Account.Asset}] = &r.Balance
		}
	}
	return causes
}

// size is how many rows a unit has, in the sense of store.Limits.
func size(u store.Unit) int { return len(u.Insert) + len(u.Put) + len(u.Delete) + len(u.Take) }

// eventRow is the cause of an event.
func eventRow(c *decide.Cause) *store.CauseRow {
	both := &struct {
		row   store.CauseRow
		entry task.Entry
	}{entry: c.Entry}
	r := &both.row
	*r = store.CauseRow{User: c.Entry.Event.User, Type: store.CauseEvent, ID: c.Entry.Event.ID, Hash: contentHash(c.Entry.Event),
		Time: c.Entry.Arrived, Revision: c.Entry.Revision, Event: &both.entry, Blocked: c.Blocked, Due: c.Due}
	for _, k := range c.Tasks {
		r.Tasks = append(r.Tasks, store.TaskID{Task: k.Task, Period: k.Period})
	}
	for _, g := range c.Grants {
		r.Grants = append(r.Grants, store.Grants(g))
	}
	return r
}

// eventCause reads the cause of an event back.
func eventCause(r *store.CauseRow) decide.Cause {
	c := decide.Cause{Entry: *r.Event, Blocked: r.Blocked, Due: r.Due}
	for _, k := range r.Tasks {
		c.Tasks = append(c.Tasks, decide.TaskKey{Task: k.Task, Period: k.Period})
	}
	for _, g := range r.Grants {
		c.Grants = append(c.Grants, decide.Grants(g))
	}
	return c
}

// eventsOf collects the stored events of tasks from loaded rows.
func eventsOf(rows []store.Row, tasks []string) map[string][]task.Entry {
	h := map[string][]task.Entry{}
	for _, code := range tasks {
		h[code] = []task.Entry{}
	}
	seen := map[string]bool{} // an event may be loaded by its ID and in a page
	for _, r := range rows {
		c, ok := r.(*store.CauseRow)
		if !ok || c.Event == nil || seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		if list, ok := h[c.Event.Event.Task]; ok {
			h[c.Event.Event.Task] = append(list, *c.Event)
		}
	}
	return h
}
