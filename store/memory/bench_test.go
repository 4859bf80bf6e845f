package memory_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// BenchmarkLoadCommit measures what an event costs a store: six rows read, an event, a task record, a tally, an
// entitlement, a reward record and its transfer written, over 1,000 users.
func BenchmarkLoadCommit(b *testing.B) {
	ctx := context.Background()
	s := memory.New()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	users := make([]string, 1000)
	versions := make([]int64, len(users))
	for i := range users {
		users[i] = fmt.Sprintf("user-%04d", i)
	}
	ids := make([]string, 0, b.N)
	for i := range 1_000_000 {
		ids = append(ids, fmt.Sprintf("order-%d", i))
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; b.Loop(); n++ {
		i := n % len(users)
		user, version := users[i], versions[i]
		seq := version + 1
		id := ids[n%len(ids)]
		req := store.Request{ForUpdate: true, Keys: []store.Key{{User: user, Parts: []store.Part{
			{Kind: store.KindCause, IDs: []string{store.CauseID(store.CauseEvent, id)}},
			{Kind: store.KindTask, IDs: []string{store.TaskRowID("order", 0)}},
			{Kind: store.KindTally, IDs: []string{store.TallyRowID("order")}},
			{Kind: store.KindEntitlement, IDs: []string{store.EntitlementRowID("RS1")}},
			{Kind: store.KindReward, IDs: []string{store.RewardRowID("RS1", seq-1)}},
			{Kind: store.KindBalance, IDs: []string{store.BalanceRowID("available", "CNY")}},
		}}}}
		snap, err := s.Load(ctx, req)
		if err != nil {
			b.Fatal(err)
		}
		rid := reward.ID{User: user, Reward: "RS1", N: seq}
		res, err := s.Commit(ctx, store.Unit{
			User: user, Version: snap.States[0].Version,
			Insert: []store.Row{
				&store.CauseRow{User: user, Type: store.CauseEvent, ID: id, Time: now, Event: &task.Entry{
					Event: task.Event{ID: id, User: user, Task: "order", Time: now, Growth: 1}, Seq: seq,
				}},
				&store.TransferRow{Transfer: ledger.Transfer{ID: ledger.TransferID{User: user, Cause: store.MoveCauseID("RS1", seq, 1)},
					Amount: ledger.Amount{Asset: "CNY"}, Time: now}, Seq: seq},
			},
			Put: []store.Row{
				&store.TaskRow{Record: task.Record{User: user, Task: "order", Created: now, Updated: now}},
				&store.TallyRow{User: user, Task: "order", Tally: rule.Tally{Cells: []rule.Cell{{Key: 7, Sum: 3}}}},
				&store.EntitlementRow{Entitlement: reward.Entitlement{User: user, Reward: "RS1", Decided: seq}},
				&store.RewardRow{Record: reward.Record{ID: rid, Status: reward.Granted, Time: now, Moves: []reward.Move{{Seq: 1, Time: now}}}},
				&store.BalanceRow{Balance: ledger.Balance{Account: ledger.Account{User: user, Kind: "available", Asset: "CNY"}, Seq: seq}},
			},
		})
		if err != nil || !res[0].Written() {
			b.Fatal(res, err)
		}
		versions[i]++
	}
}
