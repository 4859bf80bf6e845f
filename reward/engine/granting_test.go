package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

func (b *bench) pause(code string, policy reward.Policy) {
	b.t.Helper()
	if err := b.Pause(b.ctx, ops, code, policy); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) resume(code string) {
	b.t.Helper()
	if err := b.Resume(b.ctx, ops, code); err != nil {
		b.t.Fatal(err)
	}
}

// order lists the records an outcome made: "B1 B2 A1".
func order(out engine.Outcome) string {
	text := ""
	for i, r := range out.Rewards {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprint(r.ID.Reward, r.ID.N)
	}
	return text
}

func TestRecord_S14_priorityThenCodeThenNumber(t *testing.T) {
	b := setup(t, counter("order"), each("b", "order"), each("B", "order"), each("a", "order"))
	last := each("0", "order")
	last.Priority = -1
	first := each("z", "order")
	first.Priority = 9
	b.put(last, first)
	out := b.record(task.Event{User: "lin", Task: "order", Growth: 2})
	want(t, "order", order(out), "z1 z2 B1 B2 a1 a2 b1 b2 01 02")
}

func TestRecord_S14_oneEventDecidesAThousandMatches(t *testing.T) {
	r := each("R", "order")
	r.Amount = points(1)
	limited := r
	limited.Code, limited.Limit.Max = "limited", 3
	b := setup(t, counter("order"), r, limited)
	ev := task.Event{ID: "big", User: "lin", Task: "order", Growth: 2500}
	out := b.record(ev)
	want(t, "first", []any{len(out.Rewards), out.Due}, "[1003 3000]")
	want(t, "blocked", blocks(out.Blocked), "[limited: user_max 997]")
	want(t, "its repeat says the same", b.record(ev).Due, 3000)
	out = b.did("lin", "order")
	want(t, "the next decides the next thousand", []any{len(out.Rewards), out.Rewards[0].ID.N, out.Due}, "[1000 1001 1002]")
	out = b.did("lin", "order")
	want(t, "and the rest", []any{len(out.Rewards), out.Due}, "[502 0]")
	want(t, "blocked in all", b.explain("lin", "limited").Blocked, "[{user_max 2499}]")
	want(t, "points", b.has("lin", "points"), "2505")
}

func TestRecord_S14_whatDoesNotFitTheStoresUnitStaysDue(t *testing.T) {
	b := setup(t, counter("order"), each("A", "order"), each("B", "order"))
	b.st.limits = smallUnits
	out := b.record(task.Event{User: "lin", Task: "order", Growth: 40})
	want(t, "all are records or due", int64(len(out.Rewards))+out.Due, 80)
	if out.Due == 0 || len(out.Rewards) < 10 {
		t.Errorf("%d records and %d due of a unit of 64 rows", len(out.Rewards), out.Due)
	}
	for range 20 {
		out = b.did("lin", "order")
	}
	want(t, "in the end none is due", []any{out.Due, len(b.records("lin", "A")), len(b.records("lin", "B"))}, "[0 60 60]")
	b.books("lin", "points")
}

func TestRecord_S14_anIgnoredEventDecidesWhatIsDue(t *testing.T) {
	for _, why := range []task.Reason{task.Unmet, task.Outside, task.Completed, task.Retired} {
		t.Run(string(why), func(t *testing.T) {
			c := task.Config{Code: "t", Period: rule.Daily, Attrs: rule.Schema{"n": rule.Int}, Where: "n > 1"}
			r := each("R", "t")
			b := setup(t)
			r.Limit = rule.Limit{PerCycle: 1, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}
			c.Window.End = b.at(9, 0, 0)
			b.put(c, r)
			b.pause("R", reward.Hold)
			good := rule.Attrs{"n": 2}
			out := b.record(task.Event{User: "lin", Task: "t", Attrs: good, Meta: json.RawMessage(`1`)})
			want(t, "held", []any{len(out.Rewards), out.Due}, "[0 1]")
			b.resume("R")
			want(t, "the resume decides nothing", len(b.records("lin", "R")), 0)
			b.record(task.Event{ID: "e1", User: "lin", Task: "t", Attrs: good, Meta: json.RawMessage(`1`)})
			want(t, "nor does a replay", len(b.records("lin", "R")), 0)
			ev := task.Event{ID: "second", User: "lin", Task: "t", Attrs: good, Meta: json.RawMessage(`2`)}
			switch why {
			case task.Unmet:
				ev.Attrs = rule.Attrs{"n": 1}
			case task.Outside:
				b.day(9)
			case task.Retired:
				if err := b.Retire(b.ctx, ops, task.Config{Code: "t"}); err != nil {
					t.Fatal(err)
				}
			}
			out = b.record(ev)
			want(t, "ignored", out.Ignored, why)
			want(t, "decided", order(out), "R1")
			want(t, "with its own meta", []string{string(out.Rewards[0].Meta), out.Rewards[0].Event}, "[2 second]")
			want(t, "in its own cycle", len(b.explain("lin", "R").Next) > 0, true)
		})
	}
}

func TestRecord_S14_aWindowThatHasNotBegunDecidesNothing(t *testing.T) {
	b := setup(t, counter("order"), task.Config{Code: "gate"})
	r := reward.Config{Code: "R", Amount: points(1), Rule: rule.Done("gate"), Window: rule.Window{Start: b.at(2, 0, 0)}}
	b.put(r)
	out := b.did("lin", "gate")
	want(t, "before", []any{len(out.Rewards), out.Due}, "[0 0]")
	b.day(2)
	want(t, "an event of yesterday", len(b.doneAt("lin", "gate", b.at(1, 23, 0)).Rewards), 0)
	want(t, "an event of today", order(b.did("lin", "gate")), "R1")
}

func TestRecord_S14_aRewardPutLaterWaitsForAnEvent(t *testing.T) {
	b := setup(t, task.Config{Code: "gate"}, counter("order"))
	b.did("lin", "gate")
	b.put(reward.Config{Code: "R", Amount: points(1), Rule: rule.Done("gate")}, each("other", "order"))
	want(t, "shown as a match", b.explain("lin", "R").Matches, 1)
	want(t, "an event of another task", order(b.did("lin", "order")), "other1")
	out := b.did("lin", "gate")
	want(t, "an event of its task", []any{out.Ignored, order(out)}, "[completed R1]")
}

func TestRecord_S15_theFirstCheckThatFailsIsTheReason(t *testing.T) {
	b := setup(t)
	start := b.at(1, 0, 0)
	all := reward.Config{Code: "R", Group: "G", Amount: points(5), Rule: rule.Count("order", 1), Excludes: []string{"X"},
		Limit:  rule.Limit{Max: 1, PerCycle: 1, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}},
		Budget: rule.Limit{Max: 1, PerCycle: 1, Cycle: rule.Cycle{Every: 2, Unit: rule.Day}}, Window: rule.Window{Start: start}}
	x := each("X", "x")
	b.put(counter("order"), counter("x"), reward.Group{Code: "G", Cap: points(5)}, all, x)
	b.did("lin", "order")
	b.pause("R", reward.Drop)
	b.put(reward.Config{Code: "X", Amount: points(5), Rule: rule.Count("x", 1), Excludes: []string{}})
	steps := []struct {
		reason reward.Reason
		by     string
		until  time.Time
		lift   func()
	}{
		{reward.Paused, "", time.Time{}, func() { b.resume("R") }},
		{reward.UserMax, "", time.Time{}, func() { all.Limit.Max = 0; b.put(all) }},
		{reward.UserCycle, "", b.at(2, 0, 0), func() { all.Limit.PerCycle = 0; b.put(all) }},
		{reward.Capped, "G", time.Time{}, func() { b.put(reward.Group{Code: "G", Cap: points(100)}) }},
		{reward.BudgetCycle, "", b.at(3, 0, 0), func() { all.Budget.PerCycle = 0; b.put(all) }},
		{reward.BudgetMax, "", time.Time{}, func() { all.Budget.Max = 2; b.put(all) }},
	}
	for i, s := range steps {
		next := b.explain("lin", "R").Next
		want(t, "explained", []any{next[0].Reason, next[0].By, next[0].Until, len(next)}, []any{s.reason, s.by, s.until, len(steps) - i})
		out := b.did("lin", "order")
		want(t, "reason", []any{out.Blocked[0].Reason, out.Blocked[0].By, out.Blocked[0].Until, len(out.Rewards)}, []any{s.reason, s.by, s.until, 0})
		s.lift()
	}
	want(t, "nothing is in the way", len(b.explain("lin", "R").Next), 0)
	want(t, "numbers have gaps, and what was blocked is not revived", order(b.did("lin", "order")), "R8")
	b.did("zoe", "x")
	want(t, "excluded", blocks(b.did("zoe", "order").Blocked), "[R: excluded 1]")
	want(t, "blocks are counted", b.explain("lin", "R").Blocked, "[{paused 1} {user_max 1} {user_cycle 1} {cap 1} {budget_cycle 1} {budget_max 1}]")
}

func TestRecord_S15_aMatchBelongsToTheCycleOfItsEvent(t *testing.T) {
	r := each("R", "order")
	r.Limit = rule.Limit{PerCycle: 1, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}
	b := setup(t, counter("order"), r)
	b.day(3)
	for _, c := range []struct{ day, made int }{{3, 1}, {3, 0}, {2, 1}, {1, 1}, {2, 0}, {1, 0}} {
		want(t, fmt.Sprint("an event of day ", c.day), len(b.doneAt("lin", "order", b.at(c.day, 11, 59).Add(time.Minute)).Rewards), c.made)
	}
}

func TestRecord_S15_loweringABudgetTakesNothingBack(t *testing.T) {
	r := each("R", "order")
	b := setup(t, counter("order"), r)
	b.did("before", "order") // a budget counts the grants made while it is set
	r.Budget.Max = 5
	b.put(r)
	for i := range 3 {
		b.did(fmt.Sprint("u", i), "order")
	}
	r.Budget.Max = 2
	b.put(r)
	want(t, "below its use", blocks(b.did("u3", "order").Blocked), "[R: budget_max 1]")
	want(t, "nothing was taken back", b.has("u2", "points"), "5")
	r.Budget.Max = 4
	b.put(r)
	want(t, "raised by one", len(b.did("u4", "order").Rewards), 1)
	want(t, "and used up", blocks(b.did("u5", "order").Blocked), "[R: budget_max 1]")
}

func TestRecord_S15_aBudgetGivesAllItCan(t *testing.T) {
	r := each("R", "order")
	r.Budget.Max = 10
	b := setup(t, counter("order"), r)
	out := b.record(task.Event{User: "lin", Task: "order", Growth: 7})
	want(t, "seven of ten", len(out.Rewards), 7)
	out = b.record(task.Event{User: "zoe", Task: "order", Growth: 7})
	want(t, "three are left", []any{len(out.Rewards), blocks(out.Blocked)}, "[3 [R: budget_max 4]]")
	var events []task.Event
	for i := range 100 {
		events = append(events, task.Event{ID: "e", User: fmt.Sprint("u", i), Task: "order", Growth: 7})
	}
	r.Budget.Max = 100
	b.put(r)
	results, err := b.RecordBatch(b.ctx, events...)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, res := range results {
		made += len(res.Rewards)
		if res.Err != nil {
			t.Error(res.Err)
		}
	}
	want(t, "a batch takes exactly what is left", made, 90)
}

func TestRecord_S17_holdKeepsMatchesAndDropBlocksThem(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	b.pause("R", reward.Hold)
	b.did("lin", "order")
	out := b.did("lin", "order")
	want(t, "held", []any{out.Due, len(out.Blocked)}, "[2 0]")
	want(t, "explained", b.explain("lin", "R").Next[0].Reason, reward.Paused)
	want(t, "phase", b.explain("lin", "R").Phase, reward.PhasePaused)
	b.pause("R", reward.Drop)
	want(t, "dropped, with what still waits", blocks(b.did("lin", "order").Blocked), "[R: paused 3]")
	b.pause("R", reward.Hold)
	b.did("lin", "order")
	b.resume("R")
	want(t, "what was held comes, what was dropped does not", order(b.did("lin", "order")), "R4 R5")
}

func TestPause_S17_records_go_on(t *testing.T) {
	r := each("R", "order")
	r.Review, r.Claim = true, true
	b := setup(t, counter("order"), r)
	id := b.did("lin", "order").Rewards[0].ID
	b.pause("R", reward.Drop)
	for _, call := range []func() (reward.Moved, error){
		func() (reward.Moved, error) { return b.Review(b.ctx, ops, id, true) },
		func() (reward.Moved, error) { return b.Claim(b.ctx, id) },
		func() (reward.Moved, error) { return b.Deduct(b.ctx, ops, id) },
		func() (reward.Moved, error) { return b.Reinstate(b.ctx, ops, id) },
	} {
		if m, err := call(); err != nil || !m.Changed {
			t.Errorf("%+v, %v", m, err)
		}
	}
}

func TestPause_S17_isASwitch(t *testing.T) {
	order := counter("order")
	order.Attrs = rule.Schema{"total": rule.Decimal}
	from := reward.Config{Code: "F", Amount: points(0), AmountFrom: "floor(total)", Rule: rule.Count("order", 1)}
	b := setup(t, order, each("R", "order"), from)
	wantFaults(t, b.Pause(b.ctx, ops, "F", reward.Hold), "pause F: policy")
	wantFaults(t, b.Pause(b.ctx, ops, "R", "stop"), "policy")
	wantFaults(t, b.Pause(b.ctx, ops, "R", ""), "policy")
	b.pause("F", reward.Drop)
	for name, err := range map[string]error{"pause": b.Pause(b.ctx, ops, "none", reward.Hold), "resume": b.Resume(b.ctx, ops, "none")} {
		if !errors.Is(err, reward.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.pause("R", reward.Hold)
	before := b.revision()
	b.pause("R", reward.Hold)
	want(t, "pausing again changes nothing", b.revision(), before)
	edited := each("R", "order")
	edited.Title = "edited"
	b.put(edited)
	want(t, "an edit leaves it paused", b.explain("lin", "R").Phase, reward.PhasePaused)
	b.resume("R")
	before = b.revision()
	b.resume("R")
	want(t, "resuming again changes nothing", b.revision(), before)
}

func TestReward_S18_exclusionIsSymmetric(t *testing.T) {
	for _, lists := range []string{"A", "B"} {
		for _, first := range []string{"a", "b"} {
			t.Run(lists+" lists the other, "+first+" comes first", func(t *testing.T) {
				docs := map[string]reward.Config{"A": each("A", "a"), "B": each("B", "b")}
				listing := docs[lists]
				listing.Excludes = []string{map[string]string{"A": "B", "B": "A"}[lists]}
				listing.Review = true
				docs[lists] = listing
				b := setup(t, counter("a"), counter("b"), docs["A"], docs["B"])
				second := map[string]string{"a": "b", "b": "a"}[first]
				b.did("lin", first)
				out := b.did("lin", second)
				want(t, "the second", []any{len(out.Rewards), out.Blocked[0].Reason}, "[0 excluded]")
				want(t, "the first again", len(b.did("lin", first).Rewards), 1)
				want(t, "another user", len(b.did("zoe", second).Rewards), 1)
			})
		}
	}
}

func TestReward_S18_onlyARejectionFreesTheOther(t *testing.T) {
	a, x := each("A", "a"), each("B", "b")
	a.Excludes, a.Review, a.Claim, a.ClaimWithin = []string{"B"}, true, true, reward.Duration(time.Hour)
	a.KeepRejected = true
	b := setup(t, counter("a"), counter("b"), a, x)
	id := b.did("lin", "a").Rewards[0].ID
	blocked := func(when string) {
		t.Helper()
		want(t, when, blocks(b.did("lin", "b").Blocked), "[B: excluded 1]")
	}
	blocked("pending")
	b.Review(b.ctx, ops, id, true)
	blocked("claimable")
	b.clk.now = b.clk.now.Add(time.Hour)
	blocked("lapsed")
	other := b.did("zoe", "a").Rewards[0].ID
	b.Review(b.ctx, ops, other, false)
	want(t, "rejected, kept or not", order(b.did("zoe", "b")), "B1")
	want(t, "and now it is excluded itself", blocks(b.did("zoe", "a").Blocked), "[A: excluded 1]")
}

func TestReward_S18_atMost64ExcludeOne(t *testing.T) {
	var docs []engine.Document
	for i := range 65 {
		r := each(fmt.Sprintf("r%02d", i), "a")
		if i < 32 {
			r.Excludes = []string{"hub"}
		}
		docs = append(docs, r)
	}
	hub := each("hub", "a")
	for i := 32; i < 64; i++ {
		hub.Excludes = append(hub.Excludes, fmt.Sprintf("r%02d", i))
	}
	hub.Excludes = append(hub.Excludes, "r00", "r32") // counted once
	b := setup(t, append(docs, counter("a"), hub)...)
	last := each("r64", "a")
	last.Excludes = []string{"hub"}
	b.refuse([]string{"reward hub: excludes"}, last)
	last.Excludes = []string{"r64", "none"}
	b.refuse([]string{"reward r64: excludes"}, last)
}
