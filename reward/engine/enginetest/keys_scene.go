package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// keyScene is an engine on a store, a clock that only the scene moves, and what was answered so far.
type keyScene struct {
	t       *testing.T
	ctx     context.Context
	e       *engine.Engine
	st      store.Store
	now     time.Time
	answers []string
}

// playKeys plays the scene and lists what was answered.
func playKeys(t *testing.T, st store.Store) []string {
	t.Helper()
	s := &keyScene{t: t, ctx: t.Context(), st: st, now: time.Date(2025, 11, 4, 1, 37, 0, 123456000, time.UTC)}
	var err error
	if s.e, err = engine.New(st, engine.Options{Now: func() time.Time { return s.now }}); err != nil {
		t.Fatal(err)
	}
	s.put()
	s.record()
	s.operate()
	s.look()
	s.lists()
	return s.answers
}

// say keeps an answer.
func (s *keyScene) say(what string, v any, err error) {
	b, marshal := json.MarshalIndent(v, "", " ")
	if marshal != nil {
		s.t.Fatal(marshal)
	}
	text := fmt.Sprintf("%s\n%s", what, b)
	if err != nil {
		text += "\n" + err.Error()
		if errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrCorrupt) {
			s.t.Error(text)
		}
	}
	s.answers = append(s.answers, text)
}

func (s *keyScene) put() {
	note := json.RawMessage(`{"标签":"热门 🔥","label":"a \u0000 \ud83d\ude00 <b>&amp;</b>","n":1.10}`)
	rev, err := s.e.Put(s.ctx, engine.By{Actor: "操作员 👩‍💻", Reason: "上线 – “quoted” 'single' \\ %"},
		ledger.Asset{Code: "CNY", Scale: 2}, ledger.Asset{Code: "cny", Scale: 2}, ledger.Asset{Code: "points"},
		task.Group{Code: "daily", Title: "每日任务 🎯", Order: 1}, task.Group{Code: "Daily", Title: "每日任務", Order: 1},
		task.Config{Code: "sign", Group: "daily", Title: "签到 ✅", Period: rule.Unlimited, Extra: note,
			Attrs: rule.Schema{"city": rule.String, "total": rule.Decimal, "tags": rule.Strings, "at": rule.Time, "vip": rule.Bool, "n": rule.Int}},
		task.Config{Code: "Sign", Title: "簽到", Period: rule.Unlimited, Attrs: rule.Schema{"city": rule.String}},
		task.Config{Code: "sign.in", Title: "e\u0301 é", Period: rule.Unlimited},
		reward.Group{Code: "g", Title: "奖励组 🎁", Cap: ledger.Whole("points", 12)},
		reward.Config{Code: "first", Group: "g", Title: "首签奖励 🥇", Amount: ledger.Whole("points", 5), Rule: rule.Count("sign", 1), Extra: note},
		reward.Config{Code: "First", Title: "首簽獎勵", Amount: s.amount("0.10 cny"), Rule: rule.Count("Sign", 1)},
		reward.Config{Code: "cities", Title: "城市收集", Amount: s.amount("1.50 CNY"), Rule: rule.Distinct("sign", "city", 2)},
		reward.Config{Code: "beijing", Title: "在北京", Amount: ledger.Whole("points", 1), Rule: rule.Count("sign", 1).Where(`city == "北京"`), Review: true},
		reward.Config{Code: "claim", Title: "领取", Amount: s.amount("2 CNY"), Rule: rule.Count("sign", 2), Claim: true, Budget: rule.Limit{Max: 40}},
	)
	if err != nil {
		s.t.Fatal(err)
	}
	s.say("put", rev, nil)
}

// amount reads a constant of the scene.
func (s *keyScene) amount(text string) ledger.Amount {
	a, err := ledger.Parse(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// record sends every user's events, under the IDs that the others have as names, singly and in batches, and twice.
func (s *keyScene) record() {
	all, cities := alikeNames(), alikeCities()
	for i, user := range all {
		s.now = s.now.Add(time.Duration(i%3) * 500 * time.Millisecond) // some have the same time
		ev := task.Event{ID: all[(i+7)%len(all)], User: user, Task: "sign", Attrs: rule.Attrs{
			"city": cities[i%len(cities)], "total": json.Number("12345678901234567890.0123456789"), "tags": []any{"甲", "a", "A", "a ", "👍"},
			"at": "2025-11-04T09:37:00.000001+08:00", "vip": i%2 == 0, "n": int64(i)},
			Meta: json.RawMessage(`{"来源":"小程序 📱","path":"a\\b\"c\u0001","big":123456789012345678901234567890}`)}
		out, err := s.e.Record(s.ctx, ev)
		s.say("record "+user, out, err)
		if i%5 == 0 {
			out, err = s.e.Record(s.ctx, ev)
			s.say("again "+user, out, err)
			ev.Attrs = rule.Attrs{"city": cities[i%len(cities)] + "市"}
			out, err = s.e.Record(s.ctx, ev)
			s.say("conflict "+user, out, err)
		}
	}
	for part := range slices.Chunk(all, 30) {
		var events []task.Event
		for i, user := range part {
			events = append(events, task.Event{ID: "batch", User: user, Task: "sign", Attrs: rule.Attrs{"city": cities[(i+1)%len(cities)]}},
				task.Event{ID: "Batch", User: user, Task: "Sign", Attrs: rule.Attrs{"city": user}},
				task.Event{ID: "batch ", User: user, Task: "sign.in"})
		}
		results, err := s.e.RecordBatch(s.ctx, events...)
		for i, r := range results {
			s.say("batch "+events[i].User, r.Outcome, r.Err)
		}
		s.say("batch", len(results), err)
	}
}

// operate moves records with requests and reasons that are names too.
func (s *keyScene) operate() {
	s.now = s.now.Add(time.Minute)
	all := alikeNames()
	for i, user := range all {
		by := engine.By{Actor: all[(i+1)%len(all)], Reason: "理由 " + all[(i+2)%len(all)], Request: all[(i+3)%len(all)]}
		if i%3 == 0 {
			moved, err := s.e.Deduct(s.ctx, by, reward.ID{User: user, Reward: "first", N: 1})
			s.say("deduct "+user, moved, err)
			moved, err = s.e.Deduct(s.ctx, by, reward.ID{User: user, Reward: "first", N: 1})
			s.say("deduct again "+user, moved, err)
		}
		if i%4 == 0 {
			moved, err := s.e.Review(s.ctx, by, reward.ID{User: user, Reward: "beijing", N: 1}, i%8 == 0)
			s.say("review "+user, moved, err)
		}
		if i%7 == 0 {
			moved, err := s.e.Claim(s.ctx, reward.ID{User: user, Reward: "claim", N: 1})
			s.say("claim "+user, moved, err)
		}
	}
}

// look reads what pages show.
func (s *keyScene) look() {
	cat, err := s.e.Catalog(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	s.say("catalog", []any{cat.Assets(), cat.TaskGroups(), cat.Tasks(), cat.RewardGroups(), cat.Rewards()}, nil)
	for _, user := range alikeNames() {
		board, err := s.e.Board(s.ctx, user)
		s.say("board "+user, board, err)
		x, err := s.e.Explain(s.ctx, user, "cities")
		s.say("explain "+user, x, err)
		balances, err := s.e.Balances(s.ctx, user)
		s.say("balances "+user, balances, err)
		for _, asset := range []string{"points", "CNY", "cny"} {
			for line, err := range s.e.Statement(s.ctx, user, asset) {
				s.say("statement "+user+" "+asset, line, err)
			}
		}
		s.rewards("of a user", reward.Query{User: user})
	}
	for _, code := range []string{"first", "First", "cities", "claim"} {
		s.rewards("of a reward", reward.Query{Reward: code})
	}
	s.rewards("open", reward.Query{Status: []reward.Status{reward.Pending, reward.Claimable}})
}

// rewards reads a list in one go and in pages of three.
func (s *keyScene) rewards(what string, q reward.Query) {
	for r, err := range s.e.Rewards(s.ctx, q) {
		s.say(what, r, err)
	}
	for q.Limit = 3; ; {
		n := 0
		for r, err := range s.e.Rewards(s.ctx, q) {
			if n++; err != nil {
				s.t.Fatal(err)
			}
			s.say(what+", in pages", r.ID, nil)
			q = q.Next(r)
		}
		if n < q.Limit {
			return
		}
	}
}

// lists reads the indexes themselves, both ways, and between names.
func (s *keyScene) lists() {
	for _, ix := range []store.Index{store.IndexCauseTask, store.IndexRewardUser, store.IndexRewardReward, store.IndexRewardOpen, store.IndexTransferAccount} {
		for _, desc := range []bool{false, true} {
			s.list(store.Query{Index: ix, Desc: desc})
		}
		if ix == store.IndexRewardReward || ix == store.IndexRewardOpen {
			continue
		}
		for i, user := range alikeNames() {
			s.list(store.Query{Index: ix, Prefix: store.UserPrefix(user)})
			s.list(store.Query{Index: ix, From: user, Limit: 3, Desc: i%2 == 0})
			s.list(store.Query{Index: ix, To: user, Limit: 3, Desc: i%2 == 0})
			s.list(store.Query{Index: ix, Prefix: string([]rune(user)[:1]), Limit: 5})
		}
	}
}

func (s *keyScene) list(q store.Query) {
	var found []string
	for row, err := range s.st.List(s.ctx, q) {
		if err != nil {
			found = append(found, err.Error())
			break
		}
		found = append(found, fmt.Sprintf("%q", store.IndexKey(q.Index, row)))
	}
	s.say(fmt.Sprintf("list %+v", q), found, nil)
}
