package memory_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// TestIndex_isTheSameWheneverItWasFirstRead holds that a store whose indexes are read before each of some commits lists what
// a store lists whose indexes are read after all of them.
func TestIndex_isTheSameWheneverItWasFirstRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		early, late := memory.New(), memory.New()
		versions := map[string]int64{}
		for range rapid.IntRange(1, 30).Draw(t, "commits") {
			if rapid.Bool().Draw(t, "read") {
				listAll(t, early)
			}
			u := drawUnit(t, versions)
			for _, s := range []store.Store{early, late} {
				if results, err := s.Commit(t.Context(), u); err != nil || !results[0].Written() {
					t.Fatal(results, err)
				}
			}
		}
		if diff := cmp.Diff(listAll(t, late), listAll(t, early)); diff != "" {
			t.Errorf("read late (-) and early (+):\n%s", diff)
		}
	})
}

// drawUnit draws a unit of one of three users: an event, a transfer, and reward records made, moved or deleted.
func drawUnit(t *rapid.T, versions map[string]int64) store.Unit {
	user := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "user")
	version := versions[user]
	versions[user]++
	id := string(rune('A' + version))
	u := store.Unit{User: user, Version: version, Insert: []store.Row{
		&store.CauseRow{User: user, Type: store.CauseEvent, ID: id, Event: &task.Entry{
			Event: task.Event{ID: id, User: user, Task: "t"}, Seq: version}},
		&store.TransferRow{Transfer: ledger.Transfer{ID: ledger.TransferID{User: user, Cause: id}}, Seq: rapid.Int64Range(0, 1).Draw(t, "seq") * version},
	}}
	for n := range int64(3) {
		switch rapid.IntRange(0, 3).Draw(t, "record") {
		case 0:
			u.Delete = append(u.Delete, store.RowKey{Kind: store.KindReward, User: user, ID: store.RewardRowID("r", n)})
		case 1, 2:
			u.Put = append(u.Put, &store.RewardRow{Record: reward.Record{
				ID: reward.ID{User: user, Reward: "r", N: n}, Seq: version,
				Status: rapid.SampledFrom([]reward.Status{reward.Pending, reward.Claimable, reward.Granted}).Draw(t, "status"),
				Time:   time.Unix(rapid.Int64Range(0, 2).Draw(t, "time"), 0),
			}})
		}
	}
	return u
}

// listAll lists every index.
func listAll(t *rapid.T, s store.Store) map[store.Index][]store.Row {
	all := map[store.Index][]store.Row{}
	for _, ix := range store.Indexes() {
		for r, err := range s.List(t.Context(), store.Query{Index: ix}) {
			if err != nil {
				t.Fatal(err)
			}
			all[ix] = append(all[ix], r)
		}
	}
	return all
}
