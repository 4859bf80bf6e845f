package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// buying is an unlimited task with a total, and a reward of a point a yuan.
func buying(edit func(*reward.Config)) []engine.Document {
	order := counter("order")
	order.Attrs = rule.Schema{"total": rule.Decimal, "n": rule.Int}
	r := reward.Config{Code: "R", Amount: points(0), AmountFrom: "floor(total)", Rule: rule.Count("order", 1)}
	if edit != nil {
		edit(&r)
	}
	return []engine.Document{order, r}
}

func buy(user, total string) task.Event {
	ev := task.Event{User: user, Task: "order"}
	if total != "" {
		ev.Attrs = rule.Attrs{"total": total}
	}
	return ev
}

func TestReward_S16_amountsAreComputedAndCutToTheScale(t *testing.T) {
	cny := func(from string) func(*reward.Config) {
		return func(r *reward.Config) { r.Amount, r.AmountFrom = ledger.Whole("CNY", 0), from }
	}
	for _, c := range []struct {
		name  string
		edit  func(*reward.Config)
		total string
		want  string // an amount, or the reason of the block
	}{
		{"a point a yuan", nil, "99.99", "99 points"},
		{"cut to the scale without floor", func(r *reward.Config) { r.AmountFrom = "total" }, "99.99", "99 points"},
		{"three per cent", cny("total * 0.03"), "33.33", "0.99 CNY"},
		{"a maximum", cny("min(total * 0.5, 10)"), "33.33", "10 CNY"},
		{"a minimum", cny("max(total - 100, 0.01)"), "33.33", "0.01 CNY"},
		{"less than the scale", nil, "0.99", "nothing"},
		{"zero", nil, "0", "nothing"},
		{"below zero", nil, "-5", "nothing"},
		{"absent", nil, "", "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t, buying(c.edit)...)
			out := b.record(buy("lin", c.total))
			got := ""
			for _, r := range out.Rewards {
				got = r.Amount.String()
			}
			for _, x := range out.Blocked {
				got = string(x.Reason)
			}
			want(t, "amount", got, c.want)
		})
	}
}

func TestReward_S16_eachEventIsOneMatchWhateverItsGrowth(t *testing.T) {
	b := setup(t, buying(nil)...)
	ev := buy("lin", "7")
	ev.Growth = 5
	want(t, "records", amounts(b.record(ev).Rewards), "[7 points]")
	ev = buy("lin", "8")
	ev.Finish = true // no growth at all
	want(t, "records", amounts(b.record(ev).Rewards), "[8 points]")
	want(t, "nothing counts as a match that was decided", blocks(b.record(buy("lin", "")).Blocked), "[R: nothing 1]")
	want(t, "numbers", numbers(b.record(buy("lin", "9")).Rewards), "[4]")
}

func TestReward_S16_aConditionSelectsAndAMovedEndCountsNoEarlierOne(t *testing.T) {
	b := setup(t)
	docs := func(end time.Time) []engine.Document {
		return buying(func(r *reward.Config) {
			r.Rule, r.Window.End = rule.Count("order", 1).Where("total >= 10"), end
		})
	}
	b.put(docs(b.at(2, 0, 0))...)
	want(t, "below", len(b.record(buy("lin", "9")).Rewards)+len(b.record(buy("lin", "")).Blocked), 0)
	want(t, "at least", amounts(b.record(buy("lin", "10")).Rewards), "[10 points]")
	b.day(3)
	want(t, "after the end", len(b.record(buy("lin", "50")).Rewards), 0)
	b.put(docs(b.at(5, 0, 0))...)
	want(t, "only what comes", amounts(b.record(buy("lin", "20")).Rewards), "[20 points]")
	want(t, "decided", b.explain("lin", "R").Decided, 2)
}

func TestPut_S16_whereAmountFromIsRefused(t *testing.T) {
	b := setup(t, task.Config{Code: "daily", Period: rule.Daily}, task.Config{Code: "ten", Period: rule.Unlimited, Levels: []int64{10}})
	for _, c := range []struct {
		name string
		path string
		edit func(*reward.Config)
	}{
		{"two orders", "reward R: rule", func(r *reward.Config) { r.Rule = rule.Count("order", 2) }},
		{"a tree", "reward R: rule", func(r *reward.Config) { r.Rule = rule.All(rule.Count("order", 1)) }},
		{"a daily task", "reward R: rule", func(r *reward.Config) { r.Rule = rule.Count("daily", 1) }},
		{"a target above 1", "reward R: rule", func(r *reward.Config) { r.Rule = rule.Count("ten", 1) }},
		{"an amount besides", "reward R: amount", func(r *reward.Config) { r.Amount = points(1) }},
		{"no asset", "reward R: amount", func(r *reward.Config) { r.Amount = ledger.Amount{} }},
		{"division", "reward R: amount_from", func(r *reward.Config) { r.AmountFrom = "total / 2" }},
		{"an attribute that is not declared", "reward R: amount_from", func(r *reward.Config) { r.AmountFrom = "price" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := *b
			b.t = t
			b.refuse([]string{c.path}, buying(c.edit)...)
		})
	}
}

func TestReward_S16_theCapCutsTheLastGrant(t *testing.T) {
	group := reward.Group{Code: "G", Cap: points(999)}
	r := reward.Config{Code: "R", Group: "G", Amount: points(100), Rule: rule.Count("order", 1)}
	other := reward.Config{Code: "S", Group: "G", Amount: points(95), Rule: rule.Count("other", 1)}
	money := reward.Config{Code: "M", Group: "G", Amount: ledger.Whole("CNY", 1000), Rule: rule.Count("other", 1)}
	b := setup(t, counter("order"), counter("other"), group, r, other, money)
	b.record(task.Event{User: "lin", Task: "order", Growth: 9})
	out := b.did("lin", "other")
	want(t, "995, and another asset is not counted", amounts(out.Rewards), "[1000 CNY 95 points]")
	want(t, "explained", b.explain("lin", "R").Amount, "4 points")
	want(t, "cut", amounts(b.did("lin", "order").Rewards), "[4 points]")
	out = b.did("lin", "order")
	want(t, "nothing left", []any{blocks(out.Blocked), out.Blocked[0].By}, "[[R: cap 1] G]")
	want(t, "another user", len(b.did("zoe", "order").Rewards), 1)
	want(t, "points", b.has("lin", "points"), "999")
	b.put(reward.Group{Code: "G", Cap: points(1000), CapBlocks: true})
	want(t, "what would pass it is blocked", blocks(b.did("lin", "order").Blocked), "[R: cap 1]")
}

func TestReward_S16_whatCountsAgainstTheCap(t *testing.T) {
	r := reward.Config{Code: "R", Group: "G", Amount: points(60), Rule: rule.Count("order", 1), Review: true, Claim: true, ClaimWithin: reward.Duration(time.Hour)}
	b := setup(t, counter("order"), reward.Group{Code: "G", Cap: points(100), CapBlocks: true}, r)
	id := b.did("lin", "order").Rewards[0].ID
	full := func(when string) {
		t.Helper()
		want(t, when, blocks(b.did("lin", "order").Blocked), "[R: cap 1]")
	}
	full("pending")
	b.Review(b.ctx, ops, id, true)
	full("claimable")
	b.Claim(b.ctx, id)
	full("granted")
	b.Deduct(b.ctx, ops, id)
	full("deducted")
	b.clk.now = b.clk.now.Add(time.Hour)
	lapsing := b.did("zoe", "order").Rewards[0].ID
	b.Review(b.ctx, ops, lapsing, true)
	b.clk.now = b.clk.now.Add(time.Hour)
	want(t, "lapsed", blocks(b.did("zoe", "order").Blocked), "[R: cap 1]")
	rejected := b.did("ann", "order").Rewards[0].ID
	b.Review(b.ctx, ops, rejected, false)
	want(t, "rejected counts no more", len(b.did("ann", "order").Rewards), 1)
}

func TestReward_S16_aCutRecordGivesBackWhatItTook(t *testing.T) {
	r := reward.Config{Code: "R", Group: "G", Amount: points(60), Rule: rule.Count("order", 1), Review: true}
	b := setup(t, counter("order"), reward.Group{Code: "G", Cap: points(100)}, r)
	b.did("lin", "order")
	cut := b.did("lin", "order").Rewards[0]
	want(t, "cut", cut.Amount, "40 points")
	b.Review(b.ctx, ops, cut.ID, false)
	want(t, "and again", amounts(b.did("lin", "order").Rewards), "[40 points]")
}

func TestReward_S16_aCapOnComputedAmounts(t *testing.T) {
	b := setup(t, append([]engine.Document{reward.Group{Code: "G", Cap: points(100)}}, buying(func(r *reward.Config) { r.Group = "G" })...)...)
	want(t, "within", amounts(b.record(buy("lin", "70")).Rewards), "[70 points]")
	want(t, "cut", amounts(b.record(buy("lin", "70.5")).Rewards), "[30 points]")
	want(t, "nothing comes before the cap", blocks(b.record(buy("lin", "0.5")).Blocked), "[R: nothing 1]")
	want(t, "used up", blocks(b.record(buy("lin", "70")).Blocked), "[R: cap 1]")
}

func TestPut_S23_finerAmountsAreRefused(t *testing.T) {
	b := setup(t, counter("order"))
	fine := func(asset, value string) reward.Config {
		return reward.Config{Code: "R", Amount: ledger.Amount{Asset: asset, Value: num(value)}, Rule: rule.Count("order", 1)}
	}
	b.refuse([]string{"reward R: amount"}, fine("CNY", "0.001"))
	b.refuse([]string{"reward R: amount"}, fine("points", "0.5"))
	b.refuse([]string{"reward R: amount"}, fine("points", "0"))
	b.refuse([]string{"reward R: amount"}, fine("points", "1e21"))
	b.refuse([]string{"reward R: amount"}, reward.Config{Code: "R", Amount: ledger.Amount{Asset: "points", Value: decimal.New(1, 1_000_000_000)}, Rule: rule.Count("order", 1)})
	b.refuse([]string{"reward_group G: cap"}, reward.Group{Code: "G", Cap: ledger.Amount{Asset: "points", Value: num("1.5")}})
	b.put(fine("CNY", "0.010"))
	want(t, "exact", amounts(b.did("lin", "order").Rewards), "[0.01 CNY]")
	b.refuse([]string{"asset CNY: scale"}, ledger.Asset{Code: "CNY", Scale: 3})
}

func TestRecord_S24_whatTheLedgerCannotHoldIsRefusedWhole(t *testing.T) {
	huge := ledger.Amount{Asset: "points", Value: num("99999999999999999999")}
	b := setup(t, counter("order"), reward.Config{Code: "R", Amount: huge, Rule: rule.Count("order", 1)}, counter("other"), each("S", "other"))
	b.did("lin", "order")
	b.unmoved("lin", func() {
		_, err := b.Record(b.ctx, task.Event{ID: "more", User: "lin", Task: "order"})
		if !errors.Is(err, ledger.ErrOverflow) {
			t.Errorf("got %v", err)
		}
	})
	results, err := b.RecordBatch(b.ctx, task.Event{ID: "x", User: "zoe", Task: "other"}, task.Event{ID: "y", User: "zoe", Task: "order"},
		task.Event{ID: "z", User: "zoe", Task: "other"}, task.Event{ID: "w", User: "ann", Task: "other"})
	if err != nil {
		t.Fatal(err)
	}
	for i, overflows := range []bool{false, true, false, false} {
		want(t, "item", errors.Is(results[i].Err, ledger.ErrOverflow), overflows)
	}
	want(t, "the others of the batch", []string{b.has("zoe", "points"), b.has("ann", "points")}, "[10 5]")
	b.books("zoe", "points")
}
