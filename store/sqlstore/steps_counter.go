package sqlstore

import (
	"context"
	"slices"

	"github.com/guerdon-go/guerdon/store"
)

// A counter is one as it was locked, with what units have taken since.
type counter struct {
	used            int64
	closed, changed bool
}

// checkCounters locks the counters that units take from, and decides unit by unit which they can serve.
func (s *Store) checkCounters(ctx context.Context, on runner, w *writing, results []store.Result) error {
	var names []string
	for _, t := range w.takes {
		if !results[t.unit].Moved {
			names = append(names, t.Counter)
		}
	}
	if len(names) == 0 {
		return nil
	}
	names = slices.Compact(names) // takes are sorted by counter
	if !s.d.together {
		for some := range slices.Chunk(names, lookupsMost) {
			if err := s.lockCounters(ctx, on, some, w.held); err != nil {
				return err
			}
		}
	}
	for i := range w.units {
		if !results[i].Moved {
			s.takeUnit(&w.units[i], &results[i], w.held)
		}
	}
	return nil
}

// takeCounters writes what is taken.
func (s *Store) takeCounters(ctx context.Context, on runner, w *writing) error {
	var changed []string
	for _, name := range w.names {
		if c := w.held[name]; c != nil && c.changed {
			changed = append(changed, name)
		}
	}
	for some := range slices.Chunk(changed, s.d.parameters/3) {
		p, args := s.build(s.shapeOf('T', len(some)), func(b *statement) {
			b.insert(countersTable, []string{"name", "used", "closed"}, len(some), func(i int) {
				c := w.held[some[i]]
				b.arg(text, some[i])
				b.add(", ")
				b.arg(integer, c.used)
				b.add(", ")
				b.arg(boolean, c.closed)
			})
			b.replace([]string{"name"}, []string{"used", "closed"})
		})
		if _, err := on.exec(ctx, p, args); err != nil {
			return err
		}
	}
	return nil
}

// takeUnit takes what a unit asks for from all its counters, or from none.
func (s *Store) takeUnit(u *store.Unit, r *store.Result, counters map[string]*counter) {
	for _, t := range u.Take {
		c := counters[t.Counter]
		switch {
		case c == nil: // it was there once, and is no more: somebody has put an older state of the database back
			s.known.remove(t.Counter)
			*r = store.Result{Moved: true}
			return
		case t.N > 0 && (c.closed || t.N > t.Max-c.used), t.N < 0 && t.N < -c.used:
			exhausted(r, take{Take: t}, c.used, c.closed)
		}
	}
	if !r.Written() {
		return
	}
	for _, t := range u.Take {
		c := counters[t.Counter]
		c.used, c.closed, c.changed = c.used+t.N, c.closed || t.Close, true
	}
}

// lockCounters locks counters in the order of their names, and reads them.
func (s *Store) lockCounters(ctx context.Context, on runner, names []string, into map[string]*counter) error {
	padded := s.padded(names)
	p, args := s.build(s.shapeOf('N', len(padded)), func(b *statement) {
		b.add("SELECT name, used, closed FROM ")
		b.table(countersTable)
		b.add(s.d.byKey, " WHERE name IN (")
		b.list(len(padded), func(i int) { b.arg(text, padded[i]) })
		b.add(") ORDER BY name", s.d.forUpdate)
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var c counter
		if err := rows.Scan(&name, &c.used, &c.closed); err != nil {
			return err
		}
		into[name] = &c
	}
	return rows.Err()
}
