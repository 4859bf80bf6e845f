package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/store"
)

// A view is one reading call about one user.
type view struct {
	e    *Engine
	user string
	now  time.Time
	// need adds what the call shows. It may be called again for a newer catalog.
	need func(*compiled, *decide.Needs) error
	// rewards and tasks are the codes whose rules are explained.
	rewards, tasks []string
}

// load reads what the call shows, at one version of the user and under one catalog.
func (v *view) load(ctx context.Context) (*decide.State, *compiled, error) {
	cat, err := v.e.catalog(ctx)
	if err != nil {
		return nil, nil, err
	}
	for range rounds + 1 {
		n := &decide.Needs{}
		unknown := v.need(cat, n) // perhaps it was put by another process just now: the stamp tells
		s, stamp, err := v.look(ctx, cat, n, nil)
		if err != nil {
			return nil, nil, err
		}
		use, again, err := v.e.agree(ctx, cat, stamp)
		switch {
		case err != nil:
			return nil, nil, err
		case again:
			cat = use
			continue
		case unknown != nil:
			return nil, nil, unknown
		}
		missing := v.missing(cat, s)
		if len(missing) == 0 {
			return s, cat, nil
		}
		s, stamp, err = v.look(ctx, cat, n, missing)
		if err != nil {
			return nil, nil, err
		}
		if stamp.Revision <= cat.stamp.Revision {
			s.Prepare() // in this view only: nothing is committed
			return s, cat, nil
		}
	}
	return nil, nil, ErrCatalogMoving
}

// missing lists the tasks whose stored events must be counted again before the rules can be read.
func (v *view) missing(cat *compiled, s *decide.State) []string {
	var codes []string
	for _, code := range v.rewards {
		codes = append(codes, s.MissingFor(cat.Rewards[code].Program)...)
	}
	for _, code := range v.tasks {
		if p := cat.Tasks[code].Program; p != nil {
			codes = append(codes, s.MissingFor(p)...)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// look loads the parts, and the stored events of the tasks named.
func (v *view) look(ctx context.Context, cat *compiled, n *decide.Needs, histories []string) (*decide.State, store.Stamp, error) {
	n.Sort()
	key := store.Key{User: v.user, Parts: parts(n, nil)}
	for _, code := range histories {
		key.Parts = append(key.Parts, history(v.user, code))
	}
	snap, err := v.e.st.Load(ctx, store.Request{Keys: []store.Key{key}, Counters: n.Counters})
	if err != nil {
		return nil, store.Stamp{}, wrap(err)
	}
	s := decide.New(cat.Catalog, v.user, v.now)
	s.Counters = snap.Counters
	if len(histories) > 0 {
		s.History = eventsOf(snap.States[0].Rows, histories)
	}
	fill(s, snap.States[0].Rows, nil)
	return s, snap.Stamp, nil
}

// fresh returns the catalog as it stands in the store now.
func (e *Engine) fresh(ctx context.Context) (*compiled, error) {
	cat, err := e.catalog(ctx)
	if err != nil {
		return nil, err
	}
	snap, err := e.st.Load(ctx, store.Request{})
	if err != nil {
		return nil, wrap(err)
	}
	use, _, err := e.agree(ctx, cat, snap.Stamp)
	return use, err
}

// shownTasks lists the live tasks of groups, or all, by order and code.
func shownTasks(c *catalog.Catalog, groups []string) []string {
	var codes []string
	for code, t := range c.Tasks {
		if t.Live() && (len(groups) == 0 || slices.Contains(groups, t.Config.Group)) {
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.Tasks[a].Config.Order, c.Tasks[b].Config.Order), cmp.Compare(a, b))
	})
	return codes
}

// shownRewards lists the live rewards of groups, or all, by order and code.
func shownRewards(c *catalog.Catalog, groups []string) []string {
	var codes []string
	for code, r := range c.Rewards {
		if r.Live() && (len(groups) == 0 || slices.Contains(groups, r.Config.Group)) {
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.Rewards[a].Config.Order, c.Rewards[b].Config.Order), cmp.Compare(a, b))
	})
	return codes
}

func sortedAssets(c *catalog.Catalog) []string { return slices.Sorted(maps.Keys(c.Assets)) }
