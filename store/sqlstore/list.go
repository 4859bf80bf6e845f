package sqlstore

import (
	"context"
	"iter"
	"strconv"

	"github.com/guerdon-go/guerdon/store"
)

// How many rows of a list are read at once: few at first, because many a list is left early, and twice as many each time.
const (
	pageFirst = 64
	pageMost  = 512
)

// List reads a page at a time and yields its rows when the page is closed, so that the loop's body has the pool to itself.
// See [store.Store].
func (s *Store) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return s.list(ctx, pool{s}, q, func(err error) error { return s.wrap("list", string(q.Index), err, false) })
}

// list gives errors of the database their meaning by wrap.
func (s *Store) list(ctx context.Context, on runner, q store.Query, wrap func(error) error) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		if err := store.CheckQuery(q); err != nil {
			yield(nil, err)
			return
		}
		q, left := q, q.Limit
		for size := pageFirst; ; size = min(2*size, pageMost) {
			if q.Limit = size; left > 0 {
				q.Limit = min(left, size)
			}
			rows, err := s.page(ctx, on, q)
			if err != nil {
				yield(nil, wrap(err))
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
			if len(rows) < q.Limit || left == len(rows) {
				return
			}
			if left > 0 {
				left -= len(rows)
			}
			q.After = store.IndexKey(q.Index, rows[len(rows)-1])
		}
	}
}

// page reads one page of a limit.
func (s *Store) page(ctx context.Context, on runner, q store.Query) (rows []store.Row, err error) {
	if err := ended(ctx, "list"); err != nil {
		return nil, err
	}
	if q.Range().Empty {
		return nil, nil
	}
	t := tables[tableOf(q.Index.Kind())]
	p, args := s.build(shape{}, func(b *statement) {
		b.add("SELECT t.")
		b.name(userID)
		b.lanes([lanes]int{}, t.columns, "t.")
		b.add(" FROM ")
		b.table(t.name)
		b.add(" t")
		b.page(q)
	})
	read := func() error {
		rows, err = s.rows(ctx, on, t, p, args)
		return err
	}
	if _, mine := on.(pool); mine {
		err = s.again(ctx, true, read)
	} else {
		err = read()
	}
	return rows[:min(len(rows), q.Limit)], err
}

// rows runs a statement that yields users and rows of one table.
func (s *Store) rows(ctx context.Context, on runner, t *table, p *prepared, args []any) ([]store.Row, error) {
	found, err := on.query(ctx, p, args)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list []store.Row
	var user string
	c := newCells(t.width)
	into := c.targets([]any{&user})
	for found.Next() {
		if err := scan(found, into...); err != nil {
			return nil, err
		}
		c.rewind()
		r := t.read(user, c)
		if c.err != nil {
			return nil, &store.Error{Op: "list", ID: user, Err: c.err}
		}
		list = append(list, r)
	}
	return list, found.Err()
}

// page writes the condition, the order and the limit of a page, behind the table. Its range is not empty. The limit is rounded up, so
// that there is not a text for each that callers think of, and it is no parameter, since plans depend on it.
func (b *statement) page(q store.Query) {
	ix, r := indexOf(q.Index), q.Range()
	if b.s.d.byIndex != nil {
		b.add(b.s.d.byIndex(b.s.opt.Prefix + ix.name))
	}
	and := " WHERE "
	if q.Index == store.IndexRewardOpen && b.s.d.open != "" {
		ix.only = b.s.d.open
	}
	if ix.only != "" {
		b.add(and, ix.only)
		and = " AND "
	}
	for i, v := range r.Equal {
		b.add(and)
		and = " AND "
		b.name(ix.columns[i].name)
		b.add(" = ")
		b.arg(ix.columns[i].class, v)
	}
	if values, ok := beyond(r.Low.Values, r.Equal); ok && (len(values) > 0 || r.Low.Strict) {
		b.add(and)
		and = " AND "
		b.behind(ix.columns[len(r.Equal):], values, r.Low.Strict, ">")
	}
	if r.High != nil {
		if values, ok := beyond(r.High.Values, r.Equal); ok && (len(values) > 0 || !r.High.Strict) {
			b.add(and)
			b.behind(ix.columns[len(r.Equal):], values, !r.High.Strict, "<")
		}
	}
	b.add(" ORDER BY ")
	b.list(len(ix.columns), func(i int) {
		b.name(ix.columns[i].name)
		if q.Desc {
			b.add(" DESC")
		}
	})
	if q.Limit > 0 {
		b.add(" LIMIT ", strconv.Itoa(b.s.rounded(q.Limit)))
	}
}

// beyond gives the values of a place after those that rows equal anyway. A place that differs in one of these says nothing more
// about the rows, because the range is not empty.
func beyond(values, equal []any) (rest []any, ok bool) {
	for i, v := range equal {
		if i >= len(values) || values[i] != v {
			return nil, false
		}
	}
	return values[len(equal):], true
}

// behind compares columns with values in turn: greater, or smaller, and unless strict equal. Without values nothing is.
func (b *statement) behind(columns []column, values []any, strict bool, op string) {
	equal := "="
	if strict {
		equal = ""
	}
	switch {
	case len(values) == 0:
		b.add("0 = 1")
	case b.s.d.tuples:
		b.add("(")
		b.list(len(values), func(i int) { b.name(columns[i].name) })
		b.add(") ", op, equal, " (")
		b.list(len(values), func(i int) { b.arg(columns[i].class, values[i]) })
		b.add(")")
	default: // the first column alone says where to begin; the rest is looked at row by row
		b.name(columns[0].name)
		b.add(" ", op, "= ")
		b.arg(columns[0].class, values[0])
		b.add(" AND ")
		b.inTurn(columns, values, op, equal)
	}
}

// inTurn spells a comparison of several columns out.
func (b *statement) inTurn(columns []column, values []any, op, equal string) {
	b.add("(")
	b.name(columns[0].name)
	if len(values) == 1 {
		b.add(" ", op, equal, " ")
		b.arg(columns[0].class, values[0])
	} else {
		b.add(" ", op, " ")
		b.arg(columns[0].class, values[0])
		b.add(" OR ")
		b.name(columns[0].name)
		b.add(" = ")
		b.arg(columns[0].class, values[0])
		b.add(" AND ")
		b.inTurn(columns[1:], values[1:], op, equal)
	}
	b.add(")")
}
