package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// seedDocs is the reward RS000910 of the Freelog seed: three days in a row, with two gates, a yuan each time.
func seedDocs() []engine.Document {
	seed := rule.All(
		rule.All(rule.Streak("TS000061", 3), rule.Count("TS000012", 1)),
		rule.Any(rule.Count("TS000013", 1), rule.Count("TS000014", 1)),
	)
	return []engine.Document{
		task.Config{Code: "TS000061", Period: rule.Daily}, task.Config{Code: "TS000012"}, task.Config{Code: "TS000013"}, task.Config{Code: "TS000014"},
		reward.Group{Code: "RG99999"},
		reward.Config{Code: "RS000910", Group: "RG99999", Amount: ledger.Whole("CNY", 1), Rule: seed,
			Window: rule.Window{Start: time.Date(2025, 11, 4, 1, 37, 0, 0, time.UTC), End: time.Date(2025, 12, 4, 2, 7, 0, 0, time.UTC)},
			Limit:  rule.Limit{Max: 50, PerCycle: 10, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}},
	}
}

func TestScenario1_threeDaysInARowWithGatesDoneBeforeTheWindow(t *testing.T) {
	b := setup(t, seedDocs()...)
	b.clk.now = b.at(1, 9, 0) // the window begins at 09:37
	b.did("lin", "TS000012")
	b.did("lin", "TS000013")
	b.did("lin", "TS000013") // done once: more changes nothing
	got := map[int]int{}
	for day := 1; day <= 13; day++ {
		b.day(day)
		if day == 7 {
			continue
		}
		if n := len(b.did("lin", "TS000061").Rewards); n > 0 {
			got[day] = n
		}
	}
	want(t, "records fell on days", got, "map[3:1 6:1 10:1 13:1]")
	want(t, "numbers", numbers(b.records("lin", "RS000910")), "[1 2 3 4]")
	want(t, "yuan", b.has("lin", "CNY"), "4")
	b.books("lin", "CNY")
}

func TestScenario1_aSignInBeforeTheWindowIsNoPartOfTheRun(t *testing.T) {
	b := setup(t, seedDocs()...)
	b.clk.now = b.at(1, 9, 36)
	for _, code := range []string{"TS000012", "TS000014", "TS000061"} {
		b.did("lin", code)
	}
	for day := 2; day <= 3; day++ {
		b.day(day)
		want(t, "records", len(b.did("lin", "TS000061").Rewards), 0)
	}
	b.day(4)
	want(t, "records on day 4", len(b.did("lin", "TS000061").Rewards), 1)
}

// punchDocs is the spring punch-card: a day counts with publishing, an exhibit and one of two shares.
func punchDocs() []engine.Document {
	return []engine.Document{
		task.Config{Code: "TS000801", Period: rule.Daily}, task.Config{Code: "TS000802", Period: rule.Daily},
		task.Config{Code: "TS000803", Period: rule.Daily}, task.Config{Code: "TS000804", Period: rule.Daily},
		task.Config{Code: "TS000805", Period: rule.Daily, Rule: rule.All(
			rule.All(rule.Count("TS000801", 1), rule.Count("TS000802", 1)),
			rule.Any(rule.Count("TS000803", 1), rule.Count("TS000804", 1)))},
	}
}

func TestScenario2_anyOf24OrdersPunchesOnce(t *testing.T) {
	b := setup(t, append(punchDocs(), each("punched", "TS000805"))...)
	codes := []string{"TS000801", "TS000802", "TS000803", "TS000804"}
	orders := 0
	var permute func(done, left []string)
	permute = func(done, left []string) {
		if len(left) > 0 {
			for i := range left {
				permute(append(slices.Clone(done), left[i]), append(slices.Clone(left[:i]), left[i+1:]...))
			}
			return
		}
		orders++
		user := fmt.Sprint("u", orders)
		for _, code := range done {
			b.did(user, code)
		}
		want(t, fmt.Sprint("punches in order ", done), len(b.records(user, "punched")), 1)
	}
	permute(nil, codes)
	want(t, "orders", orders, 24)
}

func TestScenario2_theMinuteOfTheDayDecides(t *testing.T) {
	b := setup(t, append(punchDocs(), each("punched", "TS000805"))...)
	b.did("no-exhibit", "TS000801")
	b.did("no-exhibit", "TS000803")
	want(t, "without an exhibit", len(b.records("no-exhibit", "punched")), 0)
	for user, late := range map[string]time.Time{"in-time": b.at(1, 23, 59), "too-late": b.at(2, 0, 1)} {
		b.day(1)
		b.did(user, "TS000801")
		b.did(user, "TS000804")
		b.clk.now = b.at(2, 0, 5)
		out := b.doneAt(user, "TS000802", late)
		want(t, user, len(out.Rewards), map[string]int{"in-time": 1, "too-late": 0}[user])
	}
	out := b.records("in-time", "punched")
	want(t, "records", len(out), 1)
}

// challengeDocs are punches and what they lead to: 7, 14 and 21 of them.
func challengeDocs() []engine.Document {
	docs := punchDocs()
	for i, n := range []int64{7, 14, 21} {
		docs = append(docs, task.Config{Code: fmt.Sprint("TS00080", 7+i), Rule: rule.Count("TS000805", n)},
			reward.Config{Code: fmt.Sprint("share", n), Amount: points(n), Rule: rule.Done(fmt.Sprint("TS00080", 7+i))})
	}
	return docs
}

func TestScenario3_sevenAndFourteenPunchesLeadToOneShareEach(t *testing.T) {
	b := setup(t, challengeDocs()...)
	got := map[int]string{}
	for day := 1; day <= 22; day++ {
		b.day(day)
		if day == 5 {
			continue // punches add up, they need not be in a row
		}
		var codes []string
		for _, code := range []string{"TS000801", "TS000802", "TS000803", "TS000804"} {
			for _, r := range b.did("lin", code).Rewards {
				codes = append(codes, r.ID.Reward)
			}
		}
		if codes != nil {
			got[day] = fmt.Sprint(codes)
		}
	}
	want(t, "shares", got, "map[8:[share7] 15:[share14] 22:[share21]]")
	want(t, "points", b.has("lin", "points"), "42")
}

func TestScenario4_capsOfADayAndOfALifetime(t *testing.T) {
	r := each("R", "order")
	r.Limit = rule.Limit{Max: 50, PerCycle: 10, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}
	b := setup(t, counter("order"), r)
	for day := 1; day <= 6; day++ {
		b.day(day)
		made, blocked := 0, map[reward.Reason]int{}
		for range 60 {
			out := b.did("lin", "order")
			made += len(out.Rewards)
			for _, x := range out.Blocked {
				blocked[x.Reason]++
			}
		}
		if day <= 5 {
			want(t, fmt.Sprint("records on day ", day), made, 10)
			continue
		}
		want(t, "records on day 6", made, 0)
		want(t, "blocks on day 6", blocked, "map[user_max:60]")
	}
	x := b.explain("lin", "R")
	want(t, "decided and granted", []int64{x.Decided, x.Granted}, "[360 50]")
	want(t, "blocked", x.Blocked, "[{user_cycle 200} {user_max 110}]") // the total is looked at before the cycle
}

func TestScenario4_aFortnightIsCountedFromTheWeekOfTheWindow(t *testing.T) {
	r := each("R", "order")
	r.Limit = rule.Limit{PerCycle: 1, Cycle: rule.Cycle{Every: 2, Unit: rule.Week}}
	b := setup(t, counter("order"))
	r.Window.Start = b.at(2, 15, 0) // a Wednesday: the anchor is Monday, 3 November
	b.put(r)
	got := []int{}
	for day := 3; day <= 45; day++ {
		b.day(day)
		out := b.did("lin", "order")
		if len(out.Rewards) > 0 {
			got = append(got, day)
		} else if out.Blocked[0].Reason != reward.UserCycle || out.Blocked[0].Until.Before(b.clk.now) {
			t.Errorf("day %d: blocked by %+v", day, out.Blocked[0])
		}
	}
	want(t, "records on days", got, "[3 14 28 42]") // Mondays 17 November, 1 and 15 December
}

func TestScenario5_aThousandAtOnceOnAQuotaOfAHundred(t *testing.T) {
	r := each("first100", "join")
	r.Budget = rule.Limit{Max: 100, PerCycle: 1000, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}
	second := each("daily60", "join")
	second.Budget = rule.Limit{Max: 1000, PerCycle: 60, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}
	b := setup(t, task.Config{Code: "join"}, r, second)
	engines := []*engine.Engine{b.Engine, b.another()}
	var wg sync.WaitGroup
	outs, errs := make([]engine.Outcome, 1000), make([]error, 1000)
	for i := range outs {
		wg.Go(func() {
			outs[i], errs[i] = engines[i%2].Record(b.ctx, task.Event{ID: "join", User: fmt.Sprint("u", i), Task: "join"})
		})
	}
	wg.Wait()
	got := map[string]int{}
	for i, out := range outs {
		if errs[i] != nil {
			t.Fatalf("user %d: %v", i, errs[i])
		}
		for _, r := range out.Rewards {
			got[r.ID.Reward]++
		}
		for _, x := range out.Blocked {
			got[string(x.Reason)]++
		}
	}
	want(t, "records and blocks", got, "map[budget_cycle:940 budget_max:900 daily60:60 first100:100]")
}

func TestScenario6_completeTwiceAtOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		ids  [2]string
	}{{"two IDs", [2]string{"a", "b"}}, {"one ID", [2]string{"a", "a"}}} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t, task.Config{Code: "sign-in", Period: rule.Daily}, each("R", "sign-in"))
			engines := []*engine.Engine{b.Engine, b.another()}
			for round := range 50 {
				user := fmt.Sprint("u", round)
				var wg sync.WaitGroup
				var outs [2]engine.Outcome
				var errs [2]error
				for i := range 2 {
					wg.Go(func() {
						outs[i], errs[i] = engines[i].Complete(b.ctx, task.Event{ID: c.ids[i], User: user, Task: "sign-in"})
					})
				}
				wg.Wait()
				made, replays, completed := 0, 0, 0
				for i := range 2 {
					var done *task.CompletedError
					switch {
					case errors.As(errs[i], &done):
						completed++
						if !done.Record.Finished || done.Record.Task != "sign-in" || !errors.Is(errs[i], task.ErrCompleted) {
							t.Errorf("ErrCompleted carries %+v", done.Record)
						}
					case errs[i] != nil:
						t.Fatal(errs[i])
					case outs[i].Replay:
						replays++
						want(t, "replayed rewards", numbers(outs[i].Rewards), "[1]")
					default:
						made += len(outs[i].Rewards)
					}
				}
				want(t, "made, replays, refused", []int{made, replays, completed},
					map[string][]int{"two IDs": {1, 0, 1}, "one ID": {1, 1, 0}}[c.name])
				want(t, "records", len(b.records(user, "R")), 1)
			}
		})
	}
}

func TestScenario7_exclusionByOneEventGoesByCode(t *testing.T) {
	first, second := each("A", "order"), each("B", "order")
	second.Excludes = []string{"A"}
	b := setup(t, counter("order"), first, second)
	for round := range 3 {
		out := b.did(fmt.Sprint("u", round), "order")
		want(t, "made", out.Rewards[0].ID.Reward, "A")
		want(t, "blocked", blocks(out.Blocked), "[B: excluded 1]")
		want(t, "by", out.Blocked[0].By, "A")
	}
}

func TestScenario8_reviewingABatchOfRecordsInDifferentStates(t *testing.T) {
	r := each("R", "order")
	r.Review, r.Claim = true, true
	b := setup(t, counter("order"), r)
	var ids []reward.ID
	for i := range 4 {
		ids = append(ids, b.did(fmt.Sprint("u", i), "order").Rewards[0].ID)
	}
	pass := func(id reward.ID) string {
		m, err := b.Review(b.ctx, ops, id, true)
		var status *reward.StatusError
		if errors.As(err, &status) {
			return "is " + string(status.Record.Status)
		}
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(m.Changed, " ", m.Record.Status)
	}
	b.Review(b.ctx, ops, ids[2], true)
	b.Review(b.ctx, ops, ids[3], true)
	b.Claim(b.ctx, ids[3])
	b.Deduct(b.ctx, ops, ids[3])
	verdicts := func() (list []string) {
		for _, id := range ids {
			list = append(list, pass(id))
		}
		return list
	}
	want(t, "first call", verdicts(), []string{"true claimable", "true claimable", "false claimable", "is deducted"})
	want(t, "second call", verdicts(), []string{"false claimable", "false claimable", "false claimable", "is deducted"})
	for i := range 4 {
		user := fmt.Sprint("u", i)
		want(t, "points of "+user, b.has(user, "points"), "0")
		b.books(user, "points")
	}
}

func TestScenario10_deductReinstateDeductTakesOnce(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	id := b.did("lin", "order").Rewards[0].ID
	step := func(eng *engine.Engine, call func(*engine.Engine) (reward.Moved, error), points string) {
		t.Helper()
		for _, changed := range []bool{true, false} { // each step twice, on an engine that remembers nothing
			m, err := call(eng)
			if err != nil || m.Changed != changed {
				t.Errorf("changed %v, want %v: %v", m.Changed, changed, err)
			}
			want(t, "points", b.has("lin", "points"), points)
		}
		out := b.record(task.Event{ID: "e1", User: "lin", Task: "order"})
		want(t, "a replay", []any{out.Replay, len(out.Rewards)}, "[true 1]")
	}
	deduct := func(e *engine.Engine) (reward.Moved, error) { return e.Deduct(b.ctx, ops, id) }
	reinstate := func(e *engine.Engine) (reward.Moved, error) { return e.Reinstate(b.ctx, ops, id) }
	step(b.Engine, deduct, "0")
	step(b.another(), reinstate, "5")
	step(b.another(), deduct, "0")
	record := b.records("lin", "R")[0]
	want(t, "record", []any{record.Status, record.Seq, len(record.Moves)}, "[deducted 4 4]")
	b.books("lin", "points")
}
