package engine_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// Every shared counter holds as many as there are records that took from it, whatever was granted, rejected and kept, and
// whatever became of the budget meanwhile; and no budget is passed.
func TestBooks_S27_countersEqualTheRecordsThatTookThem(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := setup(t, task.Config{Code: "login", Period: rule.Unlimited})
		kept := rapid.Bool().Draw(rt, "keep rejected")
		docs := func(most int64) []engine.Document {
			day := rule.Cycle{Every: 1, Unit: rule.Day}
			return []engine.Document{
				reward.Config{Code: "A", Amount: ledger.Whole("points", 1), Rule: rule.Count("login", 1), Review: true, KeepRejected: kept,
					Budget: rule.Limit{Max: most, PerCycle: 4, Cycle: day}},
				reward.Config{Code: "B", Amount: ledger.Whole("points", 2), Rule: rule.Count("login", 2), Budget: rule.Limit{Max: most}},
			}
		}
		most := int64(6)
		b.put(docs(most)...)
		counters := map[string]int64{}
		rt.Repeat(map[string]func(*rapid.T){
			"login": func(t *rapid.T) {
				user := rapid.SampledFrom([]string{"lin", "mei", "bo"}).Draw(t, "user")
				b.doneAt(user, "login", b.clk.now.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "hours"))*time.Hour))
			},
			"day": func(*rapid.T) { b.clk.now = b.clk.now.Add(24 * time.Hour) },
			"budget": func(t *rapid.T) {
				most = int64(rapid.IntRange(1, 12).Draw(t, "most"))
				b.put(docs(most)...)
			},
			"review": func(t *rapid.T) {
				pass := rapid.Bool().Draw(t, "pass")
				for r, err := range b.Rewards(b.ctx, reward.Query{Status: []reward.Status{reward.Pending}, Limit: 1}) {
					if err != nil {
						t.Fatal(err)
					}
					if _, err := b.Review(b.ctx, engine.By{Actor: "ops"}, r.ID, pass); err != nil {
						t.Fatal(err)
					}
				}
			},
			"": func(t *rapid.T) {
				took := map[string]int64{}
				for _, code := range []string{"A", "B"} {
					for r, err := range b.Rewards(b.ctx, reward.Query{Reward: code}) {
						if err != nil {
							t.Fatal(err)
						}
						for _, c := range r.Taken.Counters {
							counters[c] = 0
							if r.Status != reward.Rejected || r.Terms.KeepRejected {
								took[c]++
							}
						}
					}
				}
				names := slices.Sorted(maps.Keys(counters))
				snap, err := b.st.Load(b.ctx, store.Request{Counters: names})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range names {
					if snap.Counters[c] != took[c] {
						t.Fatalf("counter %s holds %d, records took %d", c, snap.Counters[c], took[c])
					}
				}
			},
		})
		for _, user := range []string{"lin", "mei", "bo"} {
			b.books(user, "points")
		}
	})
}
