package decide

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// Needs names what a decision reads of one user and of the shared counters. The zero Needs is empty. Names may stand in it
// twice until [Needs.Sort].
type Needs struct {
	Tasks        []TaskKey
	Tallies      []string
	Values       []TaskValue
	Entitlements []string
	Records      []RecordKey
	Caps         []CapKey
	Assets       []string
	Counters     []string
}

// Reset empties the Needs and keeps its memory.
func (n *Needs) Reset() {
	*n = Needs{n.Tasks[:0], n.Tallies[:0], n.Values[:0], n.Entitlements[:0], n.Records[:0], n.Caps[:0], n.Assets[:0], n.Counters[:0]}
}

// Sort puts every list in order and drops what stands in it twice, so that equal needs make equal requests.
func (n *Needs) Sort() {
	for _, list := range []*[]string{&n.Tallies, &n.Entitlements, &n.Assets, &n.Counters} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	slices.SortFunc(n.Tasks, func(a, b TaskKey) int { return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Period, b.Period)) })
	n.Tasks = slices.Compact(n.Tasks)
	slices.SortFunc(n.Records, func(a, b RecordKey) int { return cmp.Or(cmp.Compare(a.Reward, b.Reward), cmp.Compare(a.N, b.N)) })
	n.Records = slices.Compact(n.Records)
	slices.SortFunc(n.Caps, func(a, b CapKey) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Asset, b.Asset)) })
	n.Caps = slices.Compact(n.Caps)
	slices.SortFunc(n.Values, compareValues)
	n.Values = slices.Compact(n.Values)
}

func compareValues(a, b TaskValue) int {
	return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Outer, b.Outer), bytes.Compare(a.Hash[:], b.Hash[:]))
}

// Event adds what an event needs. The event is canonical, and its task in the catalog.
func (n *Needs) Event(c *catalog.Catalog, e task.Event) {
	t := c.Tasks[e.Task]
	p := t.Plan
	n.Tasks = append(n.Tasks, TaskKey{e.Task, period(c, t, e.Time)})
	for _, r := range p.Records {
		n.Tasks = append(n.Tasks, TaskKey{r.Config.Code, 0})
	}
	for _, d := range p.Tallies {
		n.Tallies = append(n.Tallies, d.Config.Code)
	}
	n.values(c, p, e)
	n.Entitlements = append(n.Entitlements, p.Entitlements...)
	for _, c := range p.Caps {
		n.Caps = append(n.Caps, CapKey(c))
	}
	n.Assets = append(n.Assets, p.Assets...)
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
				n.Values = append(n.Values, TaskValue{e.Task, id})
			}
		}
	}
}

// budget adds the shared counters a grant at a time would take from.
func (n *Needs) budget(c *catalog.Catalog, r *catalog.Reward, at time.Time) {
	for _, u := range budgets(c, r, at) {
		n.Counters = append(n.Counters, u.counter)
	}
}

// Record adds what moving a reward record needs, given the record. It is loaded with it, because what else is needed
// follows from the reward alone: its entitlement, its group's cap and its asset.
func (n *Needs) Record(c *catalog.Catalog, id reward.ID) {
	n.Records = append(n.Records, RecordKey{id.Reward, id.N})
	n.Entitlements = append(n.Entitlements, id.Reward)
	if r := c.Rewards[id.Reward]; r != nil {
		n.Assets = append(n.Assets, r.Config.Amount.Asset)
		if r.Config.Group != "" {
			n.Caps = append(n.Caps, CapKey{r.Config.Group, r.Config.Amount.Asset})
		}
	}
}

// Reward adds what explaining a reward needs.
func (n *Needs) Reward(c *catalog.Catalog, r *catalog.Reward, now time.Time) {
	n.program(c, r.Program)
	n.Entitlements = append(n.Entitlements, r.Config.Code)
	n.Entitlements = append(n.Entitlements, r.Excludes...)
	if r.Cap != nil {
		n.Caps = append(n.Caps, CapKey{r.Config.Group, r.Asset.Code})
	}
	n.budget(c, r, now)
}

// Task adds what showing a task needs: its record of the present period and, for a derived one, what its rule reads.
func (n *Needs) Task(c *catalog.Catalog, t *catalog.Task, now time.Time) {
	n.Tasks = append(n.Tasks, TaskKey{t.Config.Code, period(c, t, now)})
	if t.Program != nil {
		n.program(c, t.Program)
	}
}

func (n *Needs) program(c *catalog.Catalog, p *rule.Program) {
	for _, l := range p.Leaves() {
		if l.Source == rule.FromRecord {
			n.Tasks = append(n.Tasks, TaskKey{l.Task.Code, 0})
		}
		if l.Source == rule.FromPeriods || l.Track != nil {
			n.Tallies = append(n.Tallies, l.Task.Code)
		}
	}
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
