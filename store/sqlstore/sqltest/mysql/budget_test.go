package mysql

import (
	"testing"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// A transaction that reads as of its first statement reads counters as of then too, without a lock: a budget that was used up then
// may have been given back since. That it is exhausted is for the counter itself to say, as a blocked match stays blocked for good.
func TestBound_grantsFromABudgetThatWasGivenBackSinceItsSnapshot(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		db, st, eng := shop(t, server)
		if _, err := eng.Put(t.Context(), engine.By{}, reward.Config{Code: "rare", Amount: ledger.Whole("points", 1), Rule: rule.Count("order", 1),
			Review: true, Budget: rule.Limit{Max: 1}}); err != nil {
			t.Fatal(err)
		}
		record := func(eng *engine.Engine, user string) (records, blocks int) {
			t.Helper()
			out, err := eng.Record(t.Context(), task.Event{ID: "1", User: user, Task: "order"})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range out.Rewards {
				if r.ID.Reward == "rare" {
					records++
				}
			}
			return records, len(out.Blocked)
		}
		if records, blocks := record(eng, "first"); records != 1 || blocks != 0 {
			t.Fatalf("the first has %d records and %d blocks", records, blocks)
		}
		tx, err := db.BeginTx(t.Context(), nil) // REPEATABLE READ, as these servers' own are
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		bound := eng.With(st.In(tx))
		if _, err := bound.Balances(t.Context(), "first"); err != nil { // the first statement
			t.Fatal(err)
		}
		if _, err := eng.Review(t.Context(), engine.By{Request: "no"}, reward.ID{User: "first", Reward: "rare", N: 1}, false); err != nil {
			t.Fatal(err)
		}
		if records, blocks := record(bound, "second"); records != 1 || blocks != 0 {
			t.Errorf("of a budget that was given back the second has %d records and %d blocks", records, blocks)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if records, blocks := record(eng, "third"); records != 0 || blocks != 1 {
			t.Errorf("of a budget of one that is used up again the third has %d records and %d blocks", records, blocks)
		}
	})
}
