package enginetest

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
)

// query lists records by some of what a query may ask, in pages, and wants what a filter over all records gives.
func (g *game) query(t *rapid.T) {
	q := reward.Query{}
	switch between(t, 0, 2, "of") {
	case 0:
		q.User = pick(t, users, "user")
	case 1:
		q.Reward = g.drawReward(t).config.Code
	default:
		q.Status = []reward.Status{reward.Pending, reward.Claimable}
	}
	if len(q.Status) == 0 && coin(t, "status") {
		q.Status = []reward.Status{pick(t, []reward.Status{reward.Pending, reward.Claimable, reward.Granted, reward.Rejected,
			reward.Deducted, reward.Lapsed}, "status")}
	}
	if chance(t, 30, "since") {
		q.Time.Start = g.model.now.Add(-time.Duration(between(t, 0, 72, "hours")) * time.Hour)
	}
	if chance(t, 30, "until") {
		q.Time.End = g.model.now.Add(-time.Duration(between(t, 0, 72, "hours")) * time.Hour)
	}
	if !q.Time.Start.IsZero() && !q.Time.End.IsZero() && !q.Time.Start.Before(q.Time.End) {
		q.Time = rule.Window{}
	}
	want := g.filter(q)
	q.Limit = between(t, 0, 3, "limit")
	g.note("query %+v", q)
	var got []reward.Record
	for {
		page := collect(t, g.engine().Rewards(t.Context(), q))
		got = append(got, page...)
		if q.Limit == 0 || len(page) < q.Limit {
			break
		}
		q = q.Next(page[len(page)-1])
	}
	if d := cmp.Diff(want, got, options()); d != "" {
		g.fatal(t, "records (-model +engine):\n%s", d)
	}
}

// filter is what a query yields, without its limit.
func (g *game) filter(q reward.Query) []reward.Record {
	var all []reward.Record
	for _, id := range g.recordIDs() {
		r := g.model.present(g.model.people[id.User].records[id])
		if (q.User == "" || q.User == id.User) && (q.Reward == "" || q.Reward == id.Reward) &&
			(len(q.Status) == 0 || slices.Contains(q.Status, r.Status)) && q.Time.Contains(r.Time) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, newestFirst)
	return all
}
