package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A Catalog is all documents as of one revision. It is immutable and safe for concurrent use; documents it hands out are
// copies of the caller's, but for slices, maps and raw JSON inside them, which must not be changed: the engine decides by them.
type Catalog struct{ c *compiled }

// Catalog returns the catalog as it stands now.
func (e *Engine) Catalog(ctx context.Context) (*Catalog, error) {
	c, err := e.fresh(ctx)
	if err != nil {
		return nil, err
	}
	return &Catalog{c}, nil
}

// Revision is that of the newest document, 0 for an empty catalog.
func (c *Catalog) Revision() int64 { return c.c.stamp.Revision }

// Calendar returns the calendar, with defaults filled in.
func (c *Catalog) Calendar() rule.Calendar { return c.c.Calendar }

// Periods returns the compiled calendar.
func (c *Catalog) Periods() *rule.Periods { return c.c.Periods }

// Asset finds an asset by its code.
func (c *Catalog) Asset(code string) (ledger.Asset, bool) {
	if a := c.c.Assets[code]; a != nil {
		return a.Config, true
	}
	return ledger.Asset{}, false
}

// Task finds a task by its code, drafts and retired ones too.
func (c *Catalog) Task(code string) (task.Config, bool) {
	if t := c.c.Tasks[code]; t != nil {
		return t.Config, true
	}
	return task.Config{}, false
}

// Reward finds a reward by its code, drafts and retired ones too.
func (c *Catalog) Reward(code string) (reward.Config, bool) {
	if r := c.c.Rewards[code]; r != nil {
		return r.Config, true
	}
	return reward.Config{}, false
}

// TaskGroup finds a task group by its code.
func (c *Catalog) TaskGroup(code string) (task.Group, bool) {
	if g := c.c.TaskGroups[code]; g != nil {
		return g.Config, true
	}
	return task.Group{}, false
}

// RewardGroup finds a reward group by its code.
func (c *Catalog) RewardGroup(code string) (reward.Group, bool) {
	if g := c.c.RewardGroups[code]; g != nil {
		return g.Config, true
	}
	return reward.Group{}, false
}

// Phase tells where a reward stands at an instant: retired, draft, paused, not started, running or expired. It is empty
// for an unknown code.
func (c *Catalog) Phase(code string, now time.Time) reward.Phase {
	if r := c.c.Rewards[code]; r != nil {
		return decide.Phase(r, now)
	}
	return ""
}

// Assets lists the assets by order and code.
func (c *Catalog) Assets() []ledger.Asset {
	list := make([]ledger.Asset, 0, len(c.c.Assets))
	for _, a := range c.c.Assets {
		list = append(list, a.Config)
	}
	slices.SortFunc(list, func(a, b ledger.Asset) int { return byOrder(a.Order, b.Order, a.Code, b.Code) })
	return list
}

// TaskGroups lists the task groups that are not retired, by order and code.
func (c *Catalog) TaskGroups() []task.Group {
	var list []task.Group
	for _, g := range c.c.TaskGroups {
		if g.Retired.IsZero() {
			list = append(list, g.Config)
		}
	}
	slices.SortFunc(list, func(a, b task.Group) int { return byOrder(a.Order, b.Order, a.Code, b.Code) })
	return list
}

// Tasks lists the tasks that are not retired, drafts too, by order and code.
func (c *Catalog) Tasks() []task.Config {
	var list []task.Config
	for _, t := range c.c.Tasks {
		if t.Retired.IsZero() {
			list = append(list, t.Config)
		}
	}
	slices.SortFunc(list, func(a, b task.Config) int { return byOrder(a.Order, b.Order, a.Code, b.Code) })
	return list
}

// RewardGroups lists the reward groups that are not retired, by order and code.
func (c *Catalog) RewardGroups() []reward.Group {
	var list []reward.Group
	for _, g := range c.c.RewardGroups {
		if g.Retired.IsZero() {
			list = append(list, g.Config)
		}
	}
	slices.SortFunc(list, func(a, b reward.Group) int { return byOrder(a.Order, b.Order, a.Code, b.Code) })
	return list
}

// Rewards lists the rewards that are not retired, drafts too, by order and code.
func (c *Catalog) Rewards() []reward.Config {
	var list []reward.Config
	for _, r := range c.c.Rewards {
		if r.Retired.IsZero() {
			list = append(list, r.Config)
		}
	}
	slices.SortFunc(list, func(a, b reward.Config) int { return byOrder(a.Order, b.Order, a.Code, b.Code) })
	return list
}

func byOrder(a, b int, code, other string) int {
	return cmp.Or(cmp.Compare(a, b), cmp.Compare(code, other))
}
