package main

import (
	"context"
	"fmt"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// table measures a server and prints its lines.
func (m *measuring) table(ctx context.Context) error {
	w, err := newWorld(ctx, m.server, m.users)
	if err != nil {
		return err
	}
	defer w.done()
	h, err := newByHand(ctx, w, m.server)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n\n| %s | clients | | events/s | ratio | target |\n|---|---|---|---|---|---|\n", m.server.Name, "events")
	for _, l := range m.lines(w, h) {
		if err := m.run(ctx, l); err != nil {
			return err
		}
	}
	stats := w.st.Stats()
	fmt.Printf("\nretries %d, lost answers %d\n\n", stats.Retries, stats.Lost)
	return nil
}

func (m *measuring) lines(w *world, h *byHand) []line {
	var lines []line
	single, batch := h.single, h.batches
	if m.server.Dialect != sqlstore.PostgreSQL {
		single, batch = h.singleSteps, h.batchSteps
	}
	hand := contender{"by hand", single(w.spread)}
	for _, clients := range []int{1, 8, 32} {
		lines = append(lines, line{"one by one", clients, []contender{
			hand, {"alone", w.single(w.alone, "order", w.spread)}, {"shared", w.single(w.shared, "order", w.spread)},
		}, "0.8"})
	}
	lines = append(lines,
		line{"batches of 100 users", 1, []contender{{"by hand", batch}, {"alone", w.batches(w.alone)}}, "0.7"},
		line{"batches of 100 users", 8, []contender{{"by hand", batch}, {"alone", w.batches(w.alone)}, {"shared", w.batches(w.shared)}}, "0.7"},
	)
	one := func(int, int64) int { return 0 }
	for _, clients := range []int{1, 8, 32} {
		lines = append(lines, line{"one hot user", clients, []contender{
			{"by hand", single(one)}, {"shared", w.single(w.shared, "order", one)},
		}, ""})
	}
	for _, clients := range []int{8, 32} {
		lines = append(lines, line{"one hot budget", clients, []contender{
			{"alone", w.single(w.alone, "hot", w.spread)}, {"shared", w.single(w.shared, "hot", w.spread)},
		}, ""})
	}
	return lines
}
