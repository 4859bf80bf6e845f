package catalog

import (
	"cmp"
	"maps"
	"slices"

	"github.com/guerdon-go/guerdon/rule"
)

// plan works out anew the plans of the tasks that the change reaches: every changed task, and every one that feeds a
// changed task or reward, now or before the change.
func (n *applier) plan() {
	stale := maps.Clone(n.tasks)
	for _, c := range []*Catalog{n.old, n.Catalog} {
		for code := range n.rewards {
			if r := c.Rewards[code]; r != nil {
				c.feeders(r.Config.Rule, stale)
			}
		}
		for code := range n.tasks {
			if t := c.Tasks[code]; t != nil {
				c.feeders(t.Config.Rule, stale)
			}
		}
	}
	for code := range stale {
		if t := n.Tasks[code]; t != nil {
			next := *t
			n.Tasks[code] = &next
		}
	}
	for code := range stale { // derived tasks in plans are those of this catalog
		if t := n.Tasks[code]; t != nil {
			t.Plan = n.planOf(t)
		}
	}
}

// feeders adds the tasks a rule reads, and those that feed them.
func (c *Catalog) feeders(r rule.Rule, into map[string]bool) {
	for _, code := range r.Tasks() {
		t := c.Tasks[code]
		into[code] = true
		if t != nil && t.Config.Derived() {
			c.feeders(t.Config.Rule, into)
		}
	}
}

// planOf works out what an event of a task concerns.
func (n *applier) planOf(t *Task) *Plan {
	p := &Plan{}
	tallies, records := map[string]*Task{}, map[string]*Task{}
	entitlements, caps, assets := map[string]bool{}, map[Cap]bool{}, map[string]bool{}
	codes, rewards := n.reached(t)
	for _, code := range codes {
		d := n.Tasks[code]
		p.Derived = append(p.Derived, d)
		tallies[code] = d
		if d.Config.Period == rule.Once {
			records[code] = d
		}
		n.reads(d.Program, tallies, records)
	}
	for _, code := range rewards {
		r := n.Rewards[code]
		p.Rewards = append(p.Rewards, r)
		if r.From != nil {
			p.Computed++
		}
		n.reads(r.Program, tallies, records)
		entitlements[code], assets[r.Asset.Code] = true, true
		for _, other := range r.Excludes {
			entitlements[other] = true
		}
		if r.Config.Group != "" {
			caps[Cap{r.Config.Group, r.Asset.Code}] = true
		}
	}
	n.tracks(t, p)
	if len(p.Tracks) > 0 {
		tallies[t.Config.Code] = t
	}
	slices.SortFunc(p.Rewards, func(a, b *Reward) int {
		return cmp.Or(cmp.Compare(b.Config.Priority, a.Config.Priority), cmp.Compare(a.Config.Code, b.Config.Code))
	})
	p.Tallies, p.Records = byCode(tallies), byCode(records)
	p.Entitlements, p.Assets = sorted(entitlements), sorted(assets)
	p.Caps = slices.SortedFunc(maps.Keys(caps), func(a, b Cap) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Asset, b.Asset)) })
	return p
}

// reached lists the live derived tasks a task feeds, each after those that feed it, and the live rewards that read any
// of them or the task itself.
func (n *applier) reached(t *Task) (derived, rewards []string) {
	seen, paid := map[string]bool{}, map[string]bool{}
	var visit func(code string)
	visit = func(code string) {
		for _, by := range n.uses[use{KindTask, code}] {
			if d := n.Tasks[by]; d != nil && d.reads(code) && d.Live() && !seen[by] {
				seen[by] = true
				visit(by)
				derived = append(derived, by) // after everything it feeds
			}
			if r := n.Rewards[by]; r != nil && r.Live() && !paid[by] && slices.Contains(r.Config.Rule.Tasks(), code) {
				paid[by] = true
				rewards = append(rewards, by)
			}
		}
	}
	visit(t.Config.Code)
	slices.Reverse(derived)
	return derived, rewards
}

// reads adds the tasks whose tallies and records a program reads.
func (n *applier) reads(p *rule.Program, tallies, records map[string]*Task) {
	for _, l := range p.Leaves() {
		code := l.Task.Code
		if l.Source == rule.FromRecord {
			records[code] = n.Tasks[code]
		}
		if l.Source == rule.FromPeriods || l.Track != nil {
			tallies[code] = n.Tasks[code]
		}
	}
}

// tracks gathers the tracks on a task's events, each once.
func (n *applier) tracks(t *Task, p *Plan) {
	at := map[rule.Key]int{}
	add := func(program *rule.Program) {
		for _, l := range program.Leaves() {
			if l.Track == nil || l.Track.Task != t.Config.Code {
				continue
			}
			i, ok := at[l.Track.Key]
			switch {
			case !ok:
				at[l.Track.Key] = len(p.Tracks)
				p.Tracks = append(p.Tracks, l.Track)
			case l.Track.Born < p.Tracks[i].Born: // the older one is complete for longer
				p.Tracks[i] = l.Track
			}
		}
	}
	for _, d := range p.Derived {
		add(d.Program)
	}
	for _, r := range p.Rewards {
		if r.From == nil { // each of its events is a match at once: nothing is kept
			add(r.Program)
		}
	}
	slices.SortFunc(p.Tracks, func(a, b *rule.Track) int { return cmp.Compare(a.Key, b.Key) })
	for _, tr := range p.Tracks {
		p.Born = max(p.Born, tr.Born)
	}
}

func byCode(set map[string]*Task) []*Task {
	var list []*Task
	for _, code := range slices.Sorted(maps.Keys(set)) {
		list = append(list, set[code])
	}
	return list
}
