package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
)

// Rewards yields the records a query selects, newest first, as they read now. It may lag behind what other processes just
// wrote. Any call may be made inside the loop. An error ends it; a faulty query is a [rule.FieldError] for each fault, at
// once. The sequence may be ranged over again, and reads again.
func (e *Engine) Rewards(ctx context.Context, q reward.Query) iter.Seq2[reward.Record, error] {
	return func(yield func(reward.Record, error) bool) {
		if err := q.Validate(); err != nil {
			yield(reward.Record{}, err)
			return
		}
		now, n := e.now(), 0
		for row, err := range e.st.List(ctx, listQuery(q)) {
			if err != nil {
				yield(reward.Record{}, wrap(err))
				return
			}
			r, ok := row.(*store.RewardRow)
			if !ok {
				continue
			}
			record := r.Record.At(now)
			if !selects(q, record) {
				continue
			}
			if !yield(record, nil) {
				return
			}
			if n++; q.Limit > 0 && n >= q.Limit {
				return
			}
		}
	}
}

// selects holds a record against the parts of a query that its index does not.
func selects(q reward.Query, r reward.Record) bool {
	return (q.User == "" || r.ID.User == q.User) && (q.Reward == "" || r.ID.Reward == q.Reward) &&
		(len(q.Status) == 0 || slices.Contains(q.Status, r.Status)) && q.Time.Contains(r.Time)
}

// listQuery picks the index that serves a query best.
func listQuery(q reward.Query) store.Query {
	l := store.Query{Desc: true}
	from := func(t time.Time) string { return store.RewardOpenFrom(t) }
	switch {
	case q.User != "":
		l.Index, l.Prefix = store.IndexRewardUser, store.UserPrefix(q.User)
		from = func(t time.Time) string { return store.RewardUserFrom(q.User, t) }
	case q.Reward != "":
		l.Index, l.Prefix = store.IndexRewardReward, store.RewardRewardPrefix(q.Reward)
		from = func(t time.Time) string { return store.RewardRewardFrom(q.Reward, t) }
	default:
		l.Index = store.IndexRewardOpen
	}
	if len(q.Status) == 0 && (q.User == "" || q.Reward == "") { // nothing of it is passed over
		l.Limit = q.Limit
	}
	if !q.Time.Start.IsZero() {
		l.From = from(nextMicro(q.Time.Start))
	}
	if !q.Time.End.IsZero() {
		l.To = from(nextMicro(q.Time.End))
	}
	if !q.After.IsZero() {
		at, id := q.After.Position()
		l.After = store.RewardKey(l.Index, id, at)
	}
	return l
}

// nextMicro is the first microsecond that is not before an instant: records are made at whole ones, and keys are cut down to them.
func nextMicro(t time.Time) time.Time { return t.Add(time.Microsecond - 1).Truncate(time.Microsecond) }

// Balances returns the balances of all of a user's accounts, by asset: what is available, and what was issued to them
// (which is never positive: the two of an asset add up to zero). A user never seen has none; an ID that can be no user's is
// a [rule.FieldError].
func (e *Engine) Balances(ctx context.Context, user string) ([]ledger.Balance, error) {
	if err := checkUser(user); err != nil {
		return nil, err
	}
	v := view{e: e, user: user, now: e.now()}
	v.need = func(cat *compiled, n *decide.Needs) error {
		n.Assets = sortedAssets(cat.Catalog)
		return nil
	}
	s, _, err := v.load(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]ledger.Balance, 0, len(s.Balances))
	for _, balance := range s.Balances {
		list = append(list, *balance)
	}
	slices.SortFunc(list, func(a, b ledger.Balance) int {
		return cmp.Or(cmp.Compare(a.Account.Asset, b.Account.Asset), cmp.Compare(a.Account.Kind, b.Account.Kind))
	})
	return list, nil
}

// Statement yields a user's transfers of an asset that touched what is available, oldest first, each with what was
// available after it. There are none of a user or an asset never seen. It may lag behind what other processes just wrote.
// An error ends it; an ID or code that can be none is a [rule.FieldError].
func (e *Engine) Statement(ctx context.Context, user, asset string) iter.Seq2[ledger.Line, error] {
	return func(yield func(ledger.Line, error) bool) {
		var f rule.Faults
		f.At("user", rule.CheckID(user))
		f.At("asset", rule.CheckCode(asset))
		if err := f.Err(); err != nil {
			yield(ledger.Line{}, err)
			return
		}
		q := store.Query{Index: store.IndexTransferAccount, Prefix: store.TransferAccountPrefix(user, asset)}
		for row, err := range e.st.List(ctx, q) {
			if err != nil {
				yield(ledger.Line{}, wrap(err))
				return
			}
			t, ok := row.(*store.TransferRow)
			if !ok {
				continue
			}
			if !yield(ledger.Line{Transfer: t.Transfer, Change: t.Change(ledger.Available), After: t.After}, nil) {
				return
			}
		}
	}
}

// Explain answers why a user did or did not get a reward: the rule with have and need of each node, what was decided,
// and what would block the next match. It changes nothing. An unknown reward is [reward.ErrUnknown]; a user never seen has
// done nothing yet; an ID that can be no user's is a [rule.FieldError].
func (e *Engine) Explain(ctx context.Context, user, code string) (Explanation, error) {
	if err := checkUser(user); err != nil {
		return Explanation{}, err
	}
	v := view{e: e, user: user, now: e.now(), rewards: []string{code}}
	v.need = func(cat *compiled, n *decide.Needs) error {
		r := cat.Rewards[code]
		if r == nil {
			return fmt.Errorf("reward %q: %w", code, reward.ErrUnknown)
		}
		n.Reward(cat.Catalog, r, v.now)
		return nil
	}
	s, cat, err := v.load(ctx)
	if err != nil {
		return Explanation{}, err
	}
	return Explanation(s.Explain(cat.Rewards[code])), nil
}

// Board answers everything a page about one user shows, read at one instant: tasks with the record of the present period,
// rewards with their explanation, and balances. Drafts and retired documents are left out. With groups, only tasks and
// rewards of these groups are shown: the empty code stands for those that are in no group, and a code that no group has shows
// nothing. It changes nothing. A user never seen has a board with nothing done; an ID that can be no user's is a
// [rule.FieldError].
func (e *Engine) Board(ctx context.Context, user string, groups ...string) (Board, error) {
	if err := checkUser(user); err != nil {
		return Board{}, err
	}
	v := view{e: e, user: user, now: e.now()}
	v.need = func(cat *compiled, n *decide.Needs) error {
		v.tasks, v.rewards = shownTasks(cat.Catalog, groups), shownRewards(cat.Catalog, groups)
		for _, code := range v.tasks {
			n.Task(cat.Catalog, cat.Tasks[code], v.now)
		}
		for _, code := range v.rewards {
			n.Reward(cat.Catalog, cat.Rewards[code], v.now)
		}
		n.Assets = sortedAssets(cat.Catalog)
		return nil
	}
	s, cat, err := v.load(ctx)
	if err != nil {
		return Board{}, err
	}
	b := Board{User: user, Time: v.now}
	for _, code := range v.tasks {
		b.Tasks = append(b.Tasks, TaskStatus(s.Task(cat.Tasks[code])))
	}
	for _, code := range v.rewards {
		b.Rewards = append(b.Rewards, Explanation(s.Explain(cat.Rewards[code])))
	}
	for _, asset := range sortedAssets(cat.Catalog) {
		if balance, ok := s.Balances[decide.BalanceKey{Kind: ledger.Available, Asset: asset}]; ok {
			b.Balances = append(b.Balances, balance.Amount())
		}
	}
	return b, nil
}

func checkUser(user string) error {
	var f rule.Faults
	f.At("user", rule.CheckID(user))
	return f.Err()
}
