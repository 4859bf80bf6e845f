package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// Records are made at whole microseconds, and bounds need not be any.
func TestRewards_S2_boundsBelowAMicrosecondHoldWhatLiesBetweenThem(t *testing.T) {
	for name, instant := range map[string]time.Duration{"now": 0, "before 1970": -80 * 365 * 24 * time.Hour} {
		b := setup(t, counter("order"))
		r := each("R", "order")
		r.Review = true
		b.clk.now = b.clk.now.Add(instant)
		b.put(r)
		b.did("u", "order")
		at := b.records("u", "R")[0].Time
		for _, query := range []reward.Query{{User: "u"}, {Reward: "R"}, {Status: []reward.Status{reward.Pending}}} {
			for _, start := range []time.Duration{-1000, -1, 0, 1} {
				for _, end := range []time.Duration{-1, 0, 1, 1000} {
					if query.Time = (rule.Window{Start: at.Add(start), End: at.Add(end)}); start >= end {
						continue
					}
					n := 0
					for _, err := range b.Rewards(b.ctx, query) {
						if err != nil {
							t.Fatal(err)
						}
						n++
					}
					want(t, fmt.Sprint(name, ": from ", start, " to ", end), n == 1, start <= 0 && end > 0)
				}
			}
		}
	}
}

func TestRewards_pagesAreStableAndNewestFirst(t *testing.T) {
	r := each("R", "order")
	r.Review = true
	b := setup(t, counter("order"), r, each("S", "order"))
	for day := 1; day <= 5; day++ {
		b.day(day)
		for u := range 3 {
			b.did(fmt.Sprint("u", u), "order")
		}
	}
	b.Review(b.ctx, ops, reward.ID{User: "u1", Reward: "R", N: 2}, true)
	for _, c := range []struct {
		name  string
		query reward.Query
		want  int
	}{
		{"of a user", reward.Query{User: "u1"}, 10},
		{"of a reward", reward.Query{Reward: "R"}, 15},
		{"of both", reward.Query{User: "u1", Reward: "R"}, 5},
		{"what waits", reward.Query{Status: []reward.Status{reward.Pending, reward.Claimable}}, 14},
		{"granted of a reward", reward.Query{Reward: "R", Status: []reward.Status{reward.Granted}}, 1},
		{"of two days", reward.Query{Reward: "S", Time: rule.Window{Start: b.at(2, 12, 0), End: b.at(4, 12, 0)}}, 6},
		{"of nobody", reward.Query{User: "zoe"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := func(q reward.Query) (ids []string, last reward.Record) {
				for r, err := range b.Rewards(b.ctx, q) {
					if err != nil {
						t.Fatal(err)
					}
					if last.ID != (reward.ID{}) && r.Time.After(last.Time) {
						t.Errorf("%s comes after %s", r.ID, last.ID)
					}
					ids, last = append(ids, r.ID.String()), r
				}
				return ids, last
			}
			all, _ := list(c.query)
			want(t, "records", len(all), c.want)
			var paged []string
			q := c.query
			q.Limit = 4
			for {
				ids, last := list(q)
				if paged = append(paged, ids...); len(ids) < q.Limit {
					break
				}
				text, err := q.Next(last).After.MarshalText()
				if err != nil {
					t.Fatal(err)
				}
				q.After = reward.Cursor{}
				if err := q.After.UnmarshalText(text); err != nil {
					t.Fatal(err)
				}
			}
			want(t, "page by page", paged, all)
		})
	}
}

func TestRewards_faultsEndTheList(t *testing.T) {
	b := setup(t)
	for path, q := range map[string]reward.Query{
		"": {}, "user": {User: long(129)}, "reward": {Reward: "a b"}, "status": {User: "u", Status: []reward.Status{"paid"}},
		"limit": {User: "u", Limit: -1}, "time.end": {User: "u", Time: rule.Window{Start: b.at(2, 0, 0), End: b.at(1, 0, 0)}},
	} {
		n := 0
		for _, err := range b.Rewards(b.ctx, q) {
			n++
			wantFaults(t, err, path)
		}
		want(t, "answers", n, 1)
	}
	for _, err := range b.Statement(b.ctx, "", "a b") {
		wantFaults(t, err, "user", "asset")
	}
	_, err := b.Balances(b.ctx, "")
	wantFaults(t, err, "user")
	_, err = b.Board(b.ctx, "")
	wantFaults(t, err, "user")
	_, err = b.Explain(b.ctx, "", "R")
	wantFaults(t, err, "user")
	_, err = b.Explain(b.ctx, "lin", "R")
	want(t, "an unknown reward", errors.Is(err, reward.ErrUnknown), true)
}

func TestPages_ofAUserNeverSeen(t *testing.T) {
	b := setup(t, append(seedDocs(), each("R", "TS000012"))...)
	x := b.explain("new", "RS000910")
	want(t, "explained", []any{x.Matches, x.Decided, x.Progress.Met, len(x.Next), x.Amount}, "[0 0 false 0 1 CNY]")
	balances, err := b.Balances(b.ctx, "new")
	want(t, "balances", []any{len(balances), err}, "[0 <nil>]")
	board, err := b.Board(b.ctx, "new")
	want(t, "board", []any{len(board.Tasks), len(board.Rewards), len(board.Balances), err}, "[4 2 0 <nil>]")
}

func TestBoard_groupsSelectTheirOwn(t *testing.T) {
	grouped, other := counter("grouped"), counter("other")
	grouped.Group = "T"
	r := each("GROUPED", "grouped")
	r.Group = "G"
	b := setup(t, task.Group{Code: "T"}, reward.Group{Code: "G"}, grouped, other, r, each("OTHER", "other"))
	for _, c := range []struct {
		name   string
		groups []string
		want   string
	}{
		{"no groups show all", nil, "[grouped other GROUPED OTHER]"},
		{"those of tasks and of rewards", []string{"T", "G"}, "[grouped GROUPED]"},
		{"the empty code stands for those in none", []string{""}, "[other OTHER]"},
		{"and may stand beside others", []string{"", "G"}, "[other GROUPED OTHER]"},
		{"a code that no group has", []string{"X"}, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			board, err := b.Board(b.ctx, "lin", c.groups...)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, s := range board.Tasks {
				codes = append(codes, s.Config.Code)
			}
			for _, x := range board.Rewards {
				codes = append(codes, x.Reward.Code)
			}
			want(t, "shown", codes, c.want)
		})
	}
}

func TestExplain_saysWhatIsMissing(t *testing.T) {
	b := setup(t, seedDocs()...)
	b.did("lin", "TS000012")
	for day := 1; day <= 2; day++ {
		b.day(day)
		b.did("lin", "TS000061")
	}
	g := b.explain("lin", "RS000910").Progress
	leaf := func(i, j int) string {
		p := g.Of[i].Of[j]
		return fmt.Sprint(p.Have, "/", p.Need, " ", p.Met)
	}
	want(t, "leaves", []string{leaf(0, 0), leaf(0, 1), leaf(1, 0), leaf(1, 1)}, "[2/3 false 1/1 true 0/1 false 0/1 false]")
}

func TestStatement_S27_everyLineFollowsFromTheOneBefore(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"), reward.Config{Code: "Y", Amount: ledger.Amount{Asset: "CNY", Value: num("0.01")}, Rule: rule.Count("order", 2)})
	for range 4 {
		b.did("lin", "order")
	}
	b.Deduct(b.ctx, ops, reward.ID{User: "lin", Reward: "Y", N: 1})
	for asset, lines := range map[string]int{"points": 4, "CNY": 3, "gold": 0} {
		n, before := 0, ledger.Whole(asset, 0)
		for l, err := range b.Statement(b.ctx, "lin", asset) {
			if err != nil {
				t.Fatal(err)
			}
			after, err := before.Add(l.Change)
			if n++; err != nil || !after.Equal(l.After) {
				t.Errorf("%s: %s and %s make %s", asset, before, l.Change, l.After)
			}
			before = l.After
		}
		want(t, asset, n, lines)
	}
	b.books("lin", "points", "CNY")
}

// A catalog finds what was put by its code, tells where a reward stands, and has nothing for a code that nobody put.
func TestCatalog_findsDocumentsByCode(t *testing.T) {
	b := setup(t, append(seedDocs(), task.Group{Code: "G00006", Title: "每日登录任务"})...)
	c, err := b.Catalog(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	asset, ok := c.Asset("CNY")
	want(t, "asset", []any{asset.Scale, ok}, "[2 true]")
	tasks, ok := c.TaskGroup("G00006")
	want(t, "task group", []any{tasks.Title, ok}, "[每日登录任务 true]")
	rewards, ok := c.RewardGroup("RG99999")
	want(t, "reward group", []any{rewards.Code, ok}, "[RG99999 true]")
	start := time.Date(2025, 11, 4, 1, 37, 0, 0, time.UTC)
	want(t, "before its start", c.Phase("RS000910", start.Add(-time.Microsecond)), reward.PhaseNotStarted)
	want(t, "at its start", c.Phase("RS000910", start), reward.PhaseRunning)
	_, ok = c.Asset("none")
	want(t, "an unknown asset", ok, false)
	_, ok = c.TaskGroup("none")
	want(t, "an unknown task group", ok, false)
	_, ok = c.RewardGroup("none")
	want(t, "an unknown reward group", ok, false)
	want(t, "an unknown reward's phase", c.Phase("none", start), "")
}

func TestNew_needsAStore(t *testing.T) {
	if _, err := engine.New(nil, engine.Options{}); err == nil {
		t.Error("an engine without a store")
	}
}
