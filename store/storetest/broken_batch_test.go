package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/guerdon-go/guerdon/store"
)

// The case of batches is found to fail by itself, because whatever breaks a row breaks it too.
func TestBatchCases_findRowsThatAreMixedUp(t *testing.T) {
	for _, c := range batchCases() {
		if found := failures(t, c, func() store.Store { return mixingUp() }); len(found) == 0 {
			t.Errorf("%q does not find a store that gives a record the Meta of another user's", c.name)
		}
	}
}

// mixingUp is a store that gives records without Meta in a batch what the user before has.
func mixingUp() *hooked {
	h := newHooked()
	h.limits = store.Limits{Units: 100, Rows: 10_000, RowsPerUnit: 1000}
	h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
		var meta []byte
		units = slices.Clone(units)
		for i := range units {
			units[i].Put = slices.Clone(units[i].Put)
			for j, r := range units[i].Put {
				record, is := r.(*store.RewardRow)
				switch {
				case !is:
				case len(record.Meta) > 0:
					meta = record.Meta
				case meta != nil && len(units) > 3:
					c := *record
					c.Meta = meta
					units[i].Put[j] = &c
				}
			}
		}
		return h.Store.Commit(ctx, units...)
	}
	return h
}
