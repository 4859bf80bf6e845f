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
	fmt.Printf("%s\n\n| %s | clients | | events/s | ratio | target | own µs an event |\n|---|---|---|---|---|---|---|\n", m.server.Name, "events")
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
	hand := func(do func(context.Context, int, int64) (int, error)) contender {
		return contender{name: "by hand", do: do}
	}
	alone := func(target float64, do func(context.Context, int, int64) (int, error)) contender {
		return contender{"alone", do, m.postgresql(target)}
	}
	shared := func(target float64, do func(context.Context, int, int64) (int, error)) contender {
		return contender{"shared", do, m.postgresql(target)}
	}
	var lines []line
	for _, clients := range []int{1, 8, 32} {
		sharing := 0.8
		if clients == 32 {
			sharing = 1.5
		}
		lines = append(lines, line{"one by one", clients, []contender{
			hand(h.one(w.spread)), alone(0.8, w.single(w.alone, "order", w.spread)), shared(sharing, w.single(w.shared, "order", w.spread)),
		}})
	}
	lines = append(lines,
		line{"batches of 100 users", 1, []contender{hand(h.hundred), alone(0.7, w.batches(w.alone))}},
		line{"batches of 100 users", 8, []contender{hand(h.hundred), alone(0.7, w.batches(w.alone)), shared(0.7, w.batches(w.shared))}},
	)
	one := func(int, int64) int { return 0 }
	for _, clients := range []int{1, 8, 32} {
		lines = append(lines, line{"one hot user", clients, []contender{hand(h.one(one)), shared(0, w.single(w.shared, "order", one))}})
	}
	for _, clients := range []int{8, 32} {
		lines = append(lines, line{"one hot budget", clients, []contender{
			hand(h.hot(w.spread)), alone(0, w.single(w.alone, "hot", w.spread)), shared(0, w.single(w.shared, "hot", w.spread)),
		}})
	}
	return lines
}

// postgresql is a target, which is what the design asks of PostgreSQL, and of no other.
func (m *measuring) postgresql(target float64) float64 {
	if m.server.Dialect != sqlstore.PostgreSQL {
		return 0
	}
	return target
}
