package memory_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/storetest"
	"github.com/guerdon-go/guerdon/task"
)

// TestCommit_aRowPutAgainSharesNothing holds that what was loaded before a row is put again stays as it was, and that what
// the caller does to its row afterwards does not reach the store, for rows with slices and without.
func TestCommit_aRowPutAgainSharesNothing(t *testing.T) {
	tally := func(sum int64) *store.TallyRow {
		return &store.TallyRow{User: "u", Task: "one", Tally: rule.Tally{Cells: []rule.Cell{{Key: 1, Sum: sum}}}}
	}
	grants := func(used int64) *store.EntitlementRow {
		return &store.EntitlementRow{Entitlement: reward.Entitlement{User: "u", Reward: "r", Cycles: []reward.CycleUse{{Used: used}}}}
	}
	var puts [3][]store.Row // the same keys each time
	for i := range puts {
		n := int64(i + 1)
		puts[i] = []store.Row{tally(n), grants(n), &store.TaskRow{Record: task.Record{User: "u", Task: "t", Sum: n}}}
		for _, r := range storetest.Samples("u") {
			if kind := r.Key().Kind; kind != store.KindCause && kind != store.KindTransfer {
				puts[i] = append(puts[i], r)
			}
		}
	}
	key := store.Key{User: "u"}
	for _, r := range puts[0] {
		key.Parts = append(key.Parts, store.Part{Kind: r.Key().Kind, IDs: []string{r.Key().ID}})
	}
	s := memory.New()
	var loaded, want [3][]store.Row
	for i, put := range puts {
		u := store.Unit{User: "u", Version: int64(i), Put: put,
			Insert: []store.Row{&store.CauseRow{User: "u", Type: store.CauseEvent, ID: strconv.Itoa(i)}}}
		if results, err := s.Commit(t.Context(), u); err != nil || !results[0].Written() {
			t.Fatal(results, err)
		}
		for _, r := range put {
			want[i] = append(want[i], r.Clone())
		}
		put[0].(*store.TallyRow).Tally.Cells[0].Sum = -1
		put[1].(*store.EntitlementRow).Cycles[0].Used = -1
		put[2].(*store.TaskRow).Sum = -1
		snap, err := s.Load(t.Context(), store.Request{Keys: []store.Key{key}})
		if err != nil {
			t.Fatal(err)
		}
		loaded[i] = snap.States[0].Rows
	}
	if diff := cmp.Diff(want, loaded); diff != "" {
		t.Error(diff)
	}
}
