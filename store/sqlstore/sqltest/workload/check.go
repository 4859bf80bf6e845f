package workload

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

// Check reads everything a plan has left in a store and fails the test unless every event was counted once, every grant paid
// once, budgets are exact and, where there was demand for all of them, used up, and the books are even.
func (p Plan) Check(t testing.TB, st store.Store) {
	t.Helper()
	faults := p.Faults(t.Context(), st)
	for i, f := range faults {
		if i == 20 {
			t.Errorf("and %d more", len(faults)-i)
			break
		}
		t.Error(f)
	}
}

// Faults lists what is wrong with the end state.
func (p Plan) Faults(ctx context.Context, st store.Store) []string {
	c := &check{plan: p, taken: map[string]int64{}, records: map[string]int64{}}
	users := make([]string, p.Users)
	for i := range users {
		users[i] = p.User(i)
	}
	slices.Sort(users)
	for some := range slices.Chunk(users, 100) {
		snap, err := st.Load(ctx, request(some))
		if err != nil {
			return []string{err.Error()}
		}
		for i := range snap.States {
			c.user(&snap.States[i])
		}
	}
	c.counters(ctx, st)
	c.lists(ctx, st)
	return c.faults
}

// request reads all rows of users.
func request(users []string) store.Request {
	var r store.Request
	for _, u := range users {
		r.Keys = append(r.Keys, store.Key{User: u, Parts: []store.Part{
			{Kind: store.KindCause, Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix(u, Play)},
			{Kind: store.KindReward, Index: store.IndexRewardUser, Prefix: store.UserPrefix(u)},
			{Kind: store.KindTransfer, Index: store.IndexTransferAccount, Prefix: store.UserPrefix(u)},
			{Kind: store.KindTask, IDs: []string{store.TaskRowID(Play, 0)}},
			{Kind: store.KindTally, IDs: []string{store.TallyRowID(Play)}},
			{Kind: store.KindEntitlement, IDs: []string{Capped, Each, Fifth, Kinds, Scant, Scarce}},
			{Kind: store.KindCap, IDs: []string{store.CapRowID("group", "points")}},
			{Kind: store.KindBalance, IDs: []string{
				store.BalanceRowID(ledger.Available, "CNY"), store.BalanceRowID(ledger.Available, "points"),
				store.BalanceRowID(ledger.Issued, "CNY"), store.BalanceRowID(ledger.Issued, "points"),
			}},
		}})
	}
	return r
}

// check is what was found so far.
type check struct {
	plan    Plan
	faults  []string
	taken   map[string]int64 // by counter, what records say they took
	records map[string]int64 // by reward
}

func (c *check) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// equal compares a count.
func (c *check) equal(what string, have, want int64) {
	if have != want {
		c.fault("%s: %d, want %d", what, have, want)
	}
}

// held is what the rows of one user say, row by row.
type held struct {
	events    map[string]int       // by ID
	granted   map[reward.ID]string // what causes say they made, and which of them
	records   []reward.Record
	transfers []ledger.Transfer
	balances  []ledger.Balance
	sum       int64 // of the task's record
	completed int64
	decided   map[string]int64
	used      map[string]int64
	capped    decimal.Decimal
}

// user checks the rows of one user against each other and against the plan.
func (c *check) user(state *store.State) {
	h := read(c, state)
	user, n := state.User, int64(c.plan.Events)
	c.equal(user+": events", int64(len(h.events)), n)
	for id, times := range h.events {
		if times != 1 {
			c.fault("%s: event %s is there %d times", user, id, times)
		}
	}
	c.equal(user+": growth of the task's record", h.sum, n)
	c.equal(user+": completions of the task's record", h.completed, n)
	c.grants(user, h)
	want := map[string]int64{Scarce: n, Scant: n, Fifth: n / 5}
	if !c.plan.Plain {
		want[Each], want[Kinds], want[Capped] = n, min(n, kinds)/3, n
		c.equal(user+": records of "+Each, count(h.records, Each), n)
		c.equal(user+": records of "+Kinds, count(h.records, Kinds), min(n, kinds)/3)
		c.equal(user+": records of "+Capped, count(h.records, Capped), min(n, capMost))
		if !h.capped.Equal(decimal.NewFromInt(min(n, capMost))) {
			c.fault("%s: %s of the cap are used", user, h.capped)
		}
	}
	for code, matches := range want {
		c.equal(user+": decided matches of "+code, h.decided[code], matches)
		c.equal(user+": use of "+code, h.used[code], count(h.records, code))
	}
	if err := ledger.Audit(slices.Values(h.transfers), h.balances); err != nil {
		c.fault("%s: %v", user, err)
	}
}

// grants compares records with the causes that made them and the transfers that paid them.
func (c *check) grants(user string, h *held) {
	paid := map[string]int{} // by cause of the transfer
	sums := map[string]decimal.Decimal{}
	for _, tr := range h.transfers {
		paid[tr.ID.Cause]++
		sums[tr.Amount.Asset] = sums[tr.Amount.Asset].Add(tr.Amount.Value)
	}
	for _, r := range h.records {
		c.records[r.ID.Reward]++
		for _, name := range r.Taken.Counters {
			c.taken[name]++
		}
		if event, ok := h.granted[r.ID]; !ok || event != r.Event {
			c.fault("%s was made by event %q, and the causes say by %q", r.ID, r.Event, event)
		}
		if n := paid[fmt.Sprintf("%s.%d#1", r.ID.Reward, r.ID.N)]; n != 1 {
			c.fault("%s was paid %d times", r.ID, n)
		}
		sums[r.Amount.Asset] = sums[r.Amount.Asset].Sub(r.Amount.Value)
	}
	c.equal(user+": transfers", int64(len(h.transfers)), int64(len(h.records)))
	c.equal(user+": records that causes made", int64(len(h.granted)), int64(len(h.records)))
	for asset, sum := range sums {
		if !sum.IsZero() {
			c.fault("%s: %s %s more was transferred than granted", user, sum, asset)
		}
	}
}

func count(records []reward.Record, code string) (n int64) {
	for _, r := range records {
		if r.ID.Reward == code && r.Status == reward.Granted {
			n++
		}
	}
	return n
}

func read(c *check, state *store.State) *held {
	h := &held{events: map[string]int{}, granted: map[reward.ID]string{}, decided: map[string]int64{}, used: map[string]int64{}}
	for _, row := range state.Rows {
		switch r := row.(type) {
		case *store.CauseRow:
			h.events[r.ID]++
			for _, g := range r.Grants {
				for n := g.First; n < g.First+g.Count; n++ {
					id := reward.ID{User: state.User, Reward: g.Reward, N: n}
					if _, twice := h.granted[id]; twice {
						c.fault("%s was made by two events", id)
					}
					h.granted[id] = r.ID
				}
			}
		case *store.RewardRow:
			h.records = append(h.records, r.Record)
		case *store.TransferRow:
			h.transfers = append(h.transfers, r.Transfer)
		case *store.BalanceRow:
			h.balances = append(h.balances, r.Balance)
		case *store.TaskRow:
			h.sum, h.completed = r.Sum, r.Times
		case *store.EntitlementRow:
			h.decided[r.Reward], h.used[r.Reward] = r.Decided, r.Used
		case *store.CapRow:
			h.capped = r.Used.Value
		}
	}
	return h
}

// counters compares counters with the records that took from them, and the records with the budgets.
func (c *check) counters(ctx context.Context, st store.Store) {
	var names []string
	for name := range c.taken {
		names = append(names, name)
	}
	slices.Sort(names)
	snap, err := st.Load(ctx, store.Request{Counters: names})
	if err != nil {
		c.fault("%v", err)
		return
	}
	for _, name := range names {
		c.equal("counter "+name, snap.Counters[name], c.taken[name])
	}
	users, events := int64(c.plan.Users), int64(c.plan.Events)
	c.equal("records of "+Scarce, c.records[Scarce], bounded(users*events, c.plan.ScarceMax))
	c.equal("records of "+Scant, c.records[Scant], bounded(users*events, c.plan.ScarceMax))
	c.equal("records of "+Fifth, c.records[Fifth], bounded(users*(events/5), c.plan.FifthMax))
}

func bounded(demand, budget int64) int64 {
	if budget == 0 {
		return demand
	}
	return min(demand, budget)
}

// lists compares what a list over all users yields with what the users' own rows are.
func (c *check) lists(ctx context.Context, st store.Store) {
	for _, code := range []string{Scarce, Scant, Fifth} {
		n := int64(0)
		last := ""
		for row, err := range st.List(ctx, store.Query{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix(code)}) {
			if err != nil {
				c.fault("%v", err)
				return
			}
			key := store.IndexKey(store.IndexRewardReward, row)
			if key <= last {
				c.fault("the list of %s is out of order", code)
			}
			last = key
			n++
		}
		c.equal("listed records of "+code, n, c.records[code])
	}
}
