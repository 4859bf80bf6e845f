package main

import (
	"context"
	"errors"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/store"
)

// halves measures the two halves of an event apart: what is read, and what is written, beside the read and the write by hand.
// The store reads and writes the rows that the engine had it read and write.
func halves(w *world, h *byHand) []line {
	parts := func(user, event string) store.Key {
		return store.Key{User: user, Parts: []store.Part{
			{Kind: store.KindCause, IDs: []string{store.CauseID(store.CauseEvent, event)}},
			{Kind: store.KindTask, IDs: []string{store.TaskRowID("order", 0)}},
			{Kind: store.KindTally, IDs: []string{store.TallyRowID("order")}},
			{Kind: store.KindEntitlement, IDs: []string{store.EntitlementRowID("RS1")}},
			{Kind: store.KindBalance, IDs: []string{store.BalanceRowID(ledger.Available, "points"), store.BalanceRowID(ledger.Issued, "points")}},
		}}
	}
	return []line{{"the read alone", 1, []contender{
		{"by hand", func(ctx context.Context, client int, n int64) (int, error) {
			ev := w.event(w.spread(client, n), "order")
			_, err := scan(h.read.QueryRowContext(ctx, ev.User, ev.ID).Scan)
			return 1, err
		}},
		{"store", func(ctx context.Context, client int, n int64) (int, error) {
			ev := w.event(w.spread(client, n), "order")
			snap, err := w.st.Load(ctx, store.Request{ForUpdate: true, Keys: []store.Key{parts(ev.User, ev.ID)}})
			if err == nil && len(snap.States[0].Rows) != 5 {
				err = errors.New("rows are missing")
			}
			return 1, err
		}},
	}, "0.8"}}
}
