package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

func TestReward_S10_aLeafOnADerivedTaskReadsItsPeriods(t *testing.T) {
	b := setup(t, both()...)
	r := reward.Config{Code: "window", Amount: points(1), Rule: rule.Count("both", 1), Window: rule.Window{Start: b.at(1, 12, 0), End: b.at(3, 0, 0)}}
	cut := r
	cut.Code, cut.Window.End = "cut", b.at(2, 12, 0)
	b.refuse([]string{"reward cut: rule.count"}, cut)
	b.did("lin", "a")
	b.did("lin", "b") // done before the window begins and before the reward is put, on a day that overlaps both
	b.put(r)
	b.clk.now = b.at(1, 13, 0)
	want(t, "day 1 counts", len(b.did("lin", "a").Rewards), 1)
	for day := 2; day <= 4; day++ {
		b.day(day)
		b.did("lin", "a")
		b.did("lin", "b")
	}
	want(t, "day 2 counts, 3 and 4 do not", numbers(b.records("lin", "window")), "[1 2]")
	late := r
	late.Code, late.Window = "late", rule.Window{}
	b.put(late)
	b.did("lin", "a")
	want(t, "of what was done before the put, the present day counts", numbers(b.records("lin", "late")), "[1]")
}

func TestReward_S10_runsAreClippedAtTheWindow(t *testing.T) {
	b := setup(t, task.Config{Code: "in", Period: rule.Daily}, counter("order"))
	w := rule.Window{Start: b.at(2, 0, 0), End: b.at(6, 0, 0)}
	b.put(reward.Config{Code: "run", Amount: points(1), Rule: rule.Streak("in", 2), Window: w},
		reward.Config{Code: "days", Amount: points(1), Rule: rule.Streak("order", 2), Window: w})
	for day := 1; day <= 8; day++ {
		b.day(day)
		b.did("lin", "in")
		b.did("lin", "order")
		b.did("lin", "order")
	}
	want(t, "days 2 to 5 make two", len(b.records("lin", "run")), 2)
	want(t, "and so on an unlimited task", len(b.records("lin", "days")), 2)
}

func TestReward_S10_sumsAndDistinctValues(t *testing.T) {
	order := counter("order")
	order.Attrs = rule.Schema{"total": rule.Decimal, "shop": rule.String}
	b := setup(t, order,
		reward.Config{Code: "sum", Amount: points(1), Rule: rule.Sum("order", "total", num("99.5"))},
		reward.Config{Code: "shops", Amount: points(1), Rule: rule.Distinct("order", "shop", 2)},
		reward.Config{Code: "large", Amount: points(1), Rule: rule.Count("order", 1).Where("total >= 100")})
	buy := func(total, shop string) string {
		out := b.record(task.Event{User: "lin", Task: "order", Attrs: rule.Attrs{"total": total, "shop": shop}})
		text := ""
		for _, r := range out.Rewards {
			text += fmt.Sprint(r.ID.Reward, r.ID.N, " ")
		}
		return text
	}
	for i, c := range []struct{ total, shop, want string }{
		{"99.49", "a", ""}, {"0.005", "a", ""}, {"0.005", "A", "shops1 sum1 "}, {"-50", "b", ""}, {"199.00", "c", "large1 shops2 sum2 sum3 "}, {"100", "c", "large2 sum4 "},
	} {
		want(t, fmt.Sprint("order ", i), buy(c.total, c.shop), c.want)
	}
}

func TestReward_S10_levelsOfATask(t *testing.T) {
	b := setup(t, task.Config{Code: "read", Period: rule.Daily, Levels: []int64{10, 30}},
		reward.Config{Code: "ten", Amount: points(1), Rule: rule.Count("read", 1).AtLevel(1)},
		reward.Config{Code: "thirty", Amount: points(1), Rule: rule.Streak("read", 2)})
	for day := 1; day <= 3; day++ {
		b.day(day)
		for _, growth := range []int64{9, 1, 19, int64(day / 2)} {
			b.record(task.Event{User: "lin", Task: "read", Growth: growth})
		}
	}
	want(t, "ten", len(b.records("lin", "ten")), 3)
	want(t, "thirty", len(b.records("lin", "thirty")), 1)
}

func TestReward_S10_aLeafFormsItsOwnCompletions(t *testing.T) {
	c := task.Config{Code: "read", Period: rule.Daily, Levels: []int64{10}, Attrs: rule.Schema{"book": rule.String}}
	b := setup(t, c)
	b.clk.now = b.at(1, 9, 0)
	b.record(task.Event{User: "lin", Task: "read", Growth: 8, Attrs: rule.Attrs{"book": "x"}})
	b.put(reward.Config{Code: "afternoon", Amount: points(1), Rule: rule.Count("read", 1), Window: rule.Window{Start: b.at(1, 12, 0)}},
		reward.Config{Code: "x", Amount: points(1), Rule: rule.Count("read", 1).Where(`book == "x"`)})
	b.clk.now = b.at(1, 13, 0)
	out := b.record(task.Event{User: "lin", Task: "read", Growth: 8, Attrs: rule.Attrs{"book": "x"}})
	want(t, "the task is done, the rewards have 8 of 10 each", []any{out.Tasks[0].Finished, len(out.Rewards)}, "[true 0]")
	out = b.record(task.Event{User: "lin", Task: "read", Growth: 2, Attrs: rule.Attrs{"book": "y"}})
	want(t, "what the task needs no more still counts", []any{out.Ignored, out.Rewards[0].ID.Reward, len(out.Rewards)}, "[completed afternoon 1]")
}

func TestReward_S12_matchesNeverFall(t *testing.T) {
	b := setup(t, append(both(), counter("c"), task.Config{Code: "g"},
		reward.Config{Code: "m", Amount: points(1), Rule: rule.AtLeast(2, rule.Count("a", 2), rule.Any(rule.Count("b", 1), rule.Streak("c", 2)), rule.Done("g"), rule.Count("both", 1))})...)
	b.day(3)
	last := int64(0)
	for i := range 60 {
		code := []string{"a", "c", "b", "a", "c", "g", "b"}[i%7]
		b.doneAt("lin", code, b.clk.now.Add(-time.Duration(i*73%70)*time.Hour))
		x := b.explain("lin", "m")
		if x.Matches < last || x.Decided != x.Matches {
			t.Errorf("after event %d: matches %d after %d, decided %d", i, x.Matches, last, x.Decided)
		}
		last = x.Matches
	}
	if last < 3 {
		t.Errorf("only %d matches", last)
	}
}

func TestReward_S12_aRuleOfGatesMatchesOnce(t *testing.T) {
	b := setup(t, counter("a"), task.Config{Code: "g"}, task.Config{Code: "h"},
		reward.Config{Code: "gates", Amount: points(1), Rule: rule.All(rule.Done("g"), rule.Done("h"))},
		reward.Config{Code: "any", Amount: points(1), Rule: rule.Any(rule.Done("g"), rule.Count("a", 2))})
	for range 6 {
		b.did("lin", "a")
	}
	want(t, "a root that can be open matches once from the start", numbers(b.records("lin", "any")), "[1]")
	b.did("lin", "g")
	want(t, "one gate", len(b.records("lin", "gates")), 0)
	b.did("lin", "h")
	b.did("lin", "h")
	want(t, "both gates", numbers(b.records("lin", "gates")), "[1]")
	want(t, "and still", numbers(b.records("lin", "any")), "[1]")
}

func TestReward_S10_aLeafKeepsTenThousandValues(t *testing.T) {
	order := counter("order")
	order.Attrs = rule.Schema{"shop": rule.Int}
	b := setup(t, order, reward.Config{Code: "R", Amount: points(1), Rule: rule.Distinct("order", "shop", 5001)},
		reward.Config{Code: "half", Amount: points(1), Rule: rule.Distinct("order", "shop", 5000)})
	var events []task.Event
	for i := range rule.DistinctMax + 2 {
		events = append(events, task.Event{ID: fmt.Sprint(i), User: "lin", Task: "order", Attrs: rule.Attrs{"shop": i}})
	}
	results, err := b.RecordBatch(b.ctx, events...)
	if err != nil || results[len(results)-1].Err != nil {
		t.Fatal(err, results[len(results)-1].Err)
	}
	x := b.explain("lin", "R")
	want(t, "further ones count nothing, and it says so", []any{x.Matches, x.Progress.Have, x.Progress.Full}, "[1 10000 true]")
	want(t, "matches of half", b.explain("lin", "half").Matches, 2)
}
