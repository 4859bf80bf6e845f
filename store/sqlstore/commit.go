package sqlstore

import (
	"cmp"
	"context"
	"slices"

	"github.com/guerdon-go/guerdon/store"
)

// Commit writes units: with one statement where the database can, else in one transaction. Where others were in the way of every
// try, all units are Moved: nothing was written, and the caller decides anew. See [store.Store].
func (s *Store) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	w, err := s.writing(ctx, units)
	if err != nil || len(units) == 0 {
		return nil, err
	}
	w.haste = birthPatience
	if err := s.bear(ctx, w); err != nil {
		if s.failure(err) == conflict && ctx.Err() == nil {
			return moved(units), nil
		}
		return nil, s.wrap("commit", w.id(), err, false)
	}
	var results []store.Result
	first := true
	err = s.again(ctx, false, func() (err error) {
		results, err = s.commitOnce(ctx, w, first)
		first = false
		return err
	})
	switch {
	case err == nil:
		return results, nil
	case s.failure(err) == conflict && ctx.Err() == nil:
		return moved(units), nil
	default:
		return nil, s.wrap("commit", w.id(), err, true)
	}
}

// moved answers that all units are.
func moved(units []store.Unit) []store.Result {
	results := make([]store.Result, len(units))
	for i := range results {
		results[i].Moved = true
	}
	return results
}

// commitOnce tries once, in a way that leaves nothing behind should it fail with a conflict. Unless it is the first try a single
// statement runs in a transaction, which is READ COMMITTED also where the session's own are not and fail whenever somebody else was
// quicker.
func (s *Store) commitOnce(ctx context.Context, w *writing, first bool) ([]store.Result, error) {
	if s.d.arrays && first {
		return s.atOnce(ctx, w)
	}
	if s.d.Dialect == MySQL && len(w.units) == 1 {
		if results, ok, err := s.commitSingle(ctx, w); ok || err != nil {
			return results, err
		}
	}
	var results []store.Result
	err := s.transact(ctx, func(on runner) (err error) {
		if s.d.arrays {
			results, err = s.gated(ctx, on, w)
		} else {
			results, err = s.steps(ctx, on, w)
		}
		return err
	})
	return results, err
}

// A writing is units on their way, with their rows as values: table by table, or side by side.
type writing struct {
	units []store.Unit
	rows  [kinds][][]any // each with the number of its unit, the user, the key and the rest
	// unit is whose each row is, beside rows.
	unit [kinds][]int
	// slots are the rows of a batch instead, where they are written side by side.
	slots []slot
	// deletes are users and keys, and deleteUnit whose they are.
	deletes    [kinds][][]any
	deleteUnit [kinds][]int
	takes      []take
	names      []string // of the counters, sorted and distinct
	// held are the counters as a try has locked them.
	held map[string]*counter
	// births are counters to make in a caller's transaction.
	births []string
	// patience and haste say how long PostgreSQL waits for a lock, and for whoever makes the same user; nil leaves that as it is.
	patience, haste any
	// mark is called before units are written, in a caller's transaction; see [bound.write].
	mark func() error
}

// A take is one of a unit's.
type take struct {
	store.Take
	unit int
}

// id names the user of a single unit.
func (w *writing) id() string {
	if len(w.units) == 1 {
		return w.units[0].User
	}
	return ""
}

// writing checks units and puts their rows by table.
func (s *Store) writing(ctx context.Context, units []store.Unit) (*writing, error) {
	if err := ended(ctx, "commit"); err != nil {
		return nil, err
	}
	if err := store.Check(units...); err != nil {
		return nil, err
	}
	if err := s.Limits().Check(units...); err != nil {
		return nil, err
	}
	w := &writing{units: units}
	beside := false
	if s.d.arrays && len(units) >= few {
		var err error
		if beside, err = w.side(); err != nil {
			return nil, err
		}
	}
	for i := range units {
		if !beside {
			if err := w.list(i); err != nil {
				return nil, &store.Error{Op: "commit", ID: units[i].User, Err: err}
			}
		}
		for _, key := range units[i].Delete {
			w.delete(i, key)
		}
		for _, t := range units[i].Take {
			w.takes = append(w.takes, take{t, i})
			w.names = append(w.names, t.Counter)
		}
	}
	slices.SortStableFunc(w.takes, func(a, b take) int { return cmp.Compare(a.Counter, b.Counter) })
	slices.Sort(w.names)
	w.names = slices.Compact(w.names)
	return w, nil
}

// list takes up the rows of a unit, table by table.
func (w *writing) list(unit int) error {
	w.slots = nil
	for _, list := range [][]store.Row{w.units[unit].Insert, w.units[unit].Put} {
		for _, r := range list {
			if err := w.add(unit, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writing) add(unit int, r store.Row) error {
	at := tableOf(kindOf(r))
	if at < 0 {
		return store.ErrUnsupported
	}
	t := tables[at]
	v := values{list: make([]any, 0, 1+len(t.key)+len(t.rest))}
	v.text(w.units[unit].User)
	t.write(r, &v)
	if v.err != nil {
		return v.err
	}
	w.rows[at], w.unit[at] = append(w.rows[at], v.list), append(w.unit[at], unit)
	return nil
}

// delete takes up a key to delete. One that no row can have deletes none.
func (w *writing) delete(unit int, key store.RowKey) {
	i := tableOf(key.Kind)
	if parts, ok := tables[i].parse(key.ID); ok {
		w.deletes[i] = append(w.deletes[i], append([]any{w.units[unit].User}, parts...))
		w.deleteUnit[i] = append(w.deleteUnit[i], unit)
	}
}

// bear makes sure that the counters of units exist, so that a commit may lock them: once for each counter in the life of a
// store. They are born at zero, in a statement of their own, which is no part of any unit.
func (s *Store) bear(ctx context.Context, w *writing) error {
	unknown := slices.DeleteFunc(slices.Clone(w.names), s.known.has)
	if len(unknown) == 0 {
		return nil
	}
	alone := !s.d.oneWriter // where all writers wait in turn, so does this one
	err := s.again(ctx, true, func() error {
		if alone {
			alone = false
			return s.born(ctx, pool{s}, unknown)
		}
		return s.transact(ctx, func(on runner) error { return s.born(ctx, on, unknown) })
	})
	if err == nil {
		s.known.add(unknown...)
	}
	return err
}

// born inserts counters that are not there yet.
func (s *Store) born(ctx context.Context, on runner, names []string) error {
	for some := range slices.Chunk(names, 1000) {
		p, args := s.build(shape{}, func(b *statement) {
			b.insert(countersTable, []string{"name", "used", "closed"}, len(some), func(i int) {
				b.arg(text, some[i])
				b.add(", 0, ", s.d.no)
			})
			b.add(s.d.replaces("name"), "used = ", s.table(countersTable), ".used")
		})
		if _, err := on.exec(ctx, p, args); err != nil {
			return err
		}
	}
	return nil
}

// exhausted says what a counter that refused a take could still give.
func exhausted(r *store.Result, t take, used int64, closed bool) {
	if r.Exhausted == nil {
		r.Exhausted = make(map[string]int64)
	}
	left := max(0, max(0, t.Max)-used)
	if closed {
		left = 0
	}
	r.Exhausted[t.Counter] = left
}
