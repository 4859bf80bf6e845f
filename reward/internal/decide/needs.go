package decide

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// Needs names what a decision reads of one user and of the shared counters. The zero Needs is empty.
type Needs struct {
	Tasks        map[TaskKey]bool
	Tallies      map[string]bool
	Values       map[TaskValue]bool
	Entitlements map[string]bool
	Records      map[RecordKey]bool
	Caps         map[string]bool
	Assets       map[string]bool
	Counters     map[string]bool
}

// NewNeeds returns a Needs to be added to.
func NewNeeds() *Needs {
	return &Needs{Tasks: map[TaskKey]bool{}, Tallies: map[string]bool{}, Values: map[TaskValue]bool{},
		Entitlements: map[string]bool{}, Records: map[RecordKey]bool{}, Caps: map[string]bool{}, Assets: map[string]bool{},
		Counters: map[string]bool{}}
}

// Event adds what an event needs. The event is canonical, and its task in the catalog.
func (n *Needs) Event(c *catalog.Catalog, e task.Event) {
	t := c.Tasks[e.Task]
	p := t.Plan
	n.Tasks[TaskKey{e.Task, period(c, t, e.Time)}] = true
	for _, r := range p.Records {
		n.Tasks[TaskKey{r.Config.Code, 0}] = true
	}
	for _, d := range p.Tallies {
		n.Tallies[d.Config.Code] = true
	}
	n.values(c, p, e)
	for _, code := range p.Entitlements {
		n.Entitlements[code] = true
	}
	for _, g := range p.Caps {
		n.Caps[g.Config.Code] = true
	}
	for _, code := range p.Assets {
		n.Assets[code] = true
	}
	for _, r := range p.Rewards {
		n.budget(c, r, e.Time)
	}
}

func (n *Needs) values(c *catalog.Catalog, p *catalog.Plan, e task.Event) {
	for _, tr := range p.Tracks {
		if tr.Form != rule.FormDistinct {
			continue
		}
		f := fact(e)
		if outer, ok := tr.Counts(c.Periods, f, nil); ok {
			if id, ok := tr.Value(f, outer); ok {
				n.Values[TaskValue{e.Task, id}] = true
			}
		}
	}
}

// budget adds the shared counters a grant at a time would take from.
func (n *Needs) budget(c *catalog.Catalog, r *catalog.Reward, at time.Time) {
	for _, u := range budgets(c, r, at) {
		n.Counters[u.counter] = true
	}
}

// Record adds what moving a reward record needs, given the record. It is loaded with it, because what else is needed
// follows from the reward alone: its entitlement, its group's cap and its asset.
func (n *Needs) Record(c *catalog.Catalog, id reward.ID) {
	n.Records[RecordKey{id.Reward, id.N}] = true
	n.Entitlements[id.Reward] = true
	if r := c.Rewards[id.Reward]; r != nil {
		n.Assets[r.Config.Amount.Asset] = true
		if r.Config.Group != "" {
			n.Caps[r.Config.Group] = true
		}
	}
}

// Reward adds what explaining a reward needs.
func (n *Needs) Reward(c *catalog.Catalog, r *catalog.Reward, now time.Time) {
	n.program(c, r.Program)
	n.Entitlements[r.Config.Code] = true
	for _, other := range r.Excludes {
		n.Entitlements[other] = true
	}
	if r.Cap != nil {
		n.Caps[r.Cap.Config.Code] = true
	}
	n.budget(c, r, now)
}

// Task adds what showing a task needs: its record of the present period and, for a derived one, what its rule reads.
func (n *Needs) Task(c *catalog.Catalog, t *catalog.Task, now time.Time) {
	n.Tasks[TaskKey{t.Config.Code, period(c, t, now)}] = true
	if t.Program != nil {
		n.program(c, t.Program)
	}
}

func (n *Needs) program(c *catalog.Catalog, p *rule.Program) {
	for _, l := range p.Leaves() {
		if l.Source == rule.FromRecord {
			n.Tasks[TaskKey{l.Task.Code, 0}] = true
		}
		if l.Source == rule.FromPeriods || l.Track != nil {
			n.Tallies[l.Task.Code] = true
			n.Tasks[TaskKey{l.Task.Code, 0}] = n.Tasks[TaskKey{l.Task.Code, 0}] || l.Task.Period.Unit() == 0
		}
	}
}

// Codes, TaskKeys and the others give the parts in order, so that equal needs make equal requests.

// TaskKeys lists the task records.
func (n *Needs) TaskKeys() []TaskKey {
	keys := slices.Collect(maps.Keys(n.Tasks))
	slices.SortFunc(keys, func(a, b TaskKey) int { return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Period, b.Period)) })
	return keys
}

// period is the period of a task that an instant falls into, 0 where it has none.
func period(c *catalog.Catalog, t *catalog.Task, at time.Time) int64 {
	if u := t.Unit(); u != 0 {
		return c.Periods.Ordinal(u, at)
	}
	return 0
}

// fact is a canonical event as tracks see it.
func fact(e task.Event) rule.Fact {
	return rule.Fact{Time: e.Time, Growth: e.Growth, Finish: e.Finish, Attrs: e.Attrs}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
