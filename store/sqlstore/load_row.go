package sqlstore

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/guerdon-go/guerdon/store"
)

// rowMost is up to how many rows and counters of one user are read as one row of joins. More come as a union.
const rowMost = 12

// A side is a row that is read beside others, of each user: which of the user's rows of a table. A user may have none.
type side struct {
	table int
	keys  [][]any // by user, nil for none
	at    []place
	key   slot // the keys of several users, column by column
}

// sides puts what l has taken up side by side, and reports whether it is little enough. Of several users only databases with arrays
// read so.
func (s *Store) sides(l *loading) ([]side, bool) {
	n := len(l.users)
	if n == 0 || n > 1 && !s.d.arrays || len(l.pages) > 0 || len(l.counters) > rowMost {
		return nil, false
	}
	list := make([]side, 0, rowMost)
	for i := range l.lookups {
		look, first, at, nth := &l.lookups[i], len(list), 0, 0
		for j := range look.at {
			// Lookups come user by user.
			for look.at[j].state != l.users[at] {
				at, nth = at+1, 0
			}
			if first+nth == len(list) {
				if len(list)+len(l.counters) >= rowMost {
					return nil, false
				}
				list = append(list, side{table: i, keys: make([][]any, n), at: make([]place, n), key: slot{table: i, nth: nth}})
			}
			list[first+nth].keys[at], list[first+nth].at[at] = look.keys[j], look.at[j]
			nth++
		}
	}
	return list, true
}

// loadRow reads a few rows of each user side by side, as one row a user: the catalog's stamp, the user's version, and the columns
// of each row that is named, NULL where it is not there. It is what one would write by hand, and takes less than a union, which
// fills every row up to the widest table's columns.
func (s *Store) loadRow(ctx context.Context, on runner, l *loading, list []side) error {
	p, args := s.rowStatement(l, list)
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	var at, revision int64
	var version sql.NullInt64
	var hash []byte
	into := []any{&at, &revision, &hash, &version}
	there, all := make([]sql.NullString, len(list)), make([]*cells, len(list))
	for i := range list {
		all[i] = newCells(tables[list[i].table].width)
		into = all[i].targets(append(into, &there[i]))
	}
	used := make([]sql.NullInt64, len(l.counters))
	for i := range used {
		into = append(into, &used[i])
	}
	n := 0
	for ; rows.Next(); n++ {
		if err := scan(rows, into...); err != nil {
			return err
		}
		if copy(l.stamp.Hash[:], hash) != len(l.stamp.Hash) {
			return &store.Error{Op: "load", Err: store.ErrCorrupt}
		}
		l.stamp.Revision = revision
		state := l.users[at-1]
		l.version(state, version.Int64)
		for i := range list {
			if all[i].rewind(); !there[i].Valid {
				continue
			}
			l.put(list[i].at[at-1], tables[list[i].table].read(l.states[state].User, all[i]))
			if all[i].err != nil {
				return &store.Error{Op: "load", ID: l.states[state].User, Err: all[i].err}
			}
		}
	}
	for i, name := range l.counters {
		l.used[name] = used[i].Int64
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n != len(l.users) {
		return &store.Error{Op: "load", Err: ErrNotMigrated} // without its one row in the catalog
	}
	return nil
}

func (s *Store) rowStatement(l *loading, list []side) (*prepared, []any) {
	single := len(l.users) == 1
	of := shape{what: 'r', count: [12]uint16{uint16(len(l.counters))}}
	if single {
		of.what = 'R'
	}
	for i := range list {
		of.count[1+list[i].table]++
		if !single {
			list[i].settle(&s.lookups)
			of.varies[i] = list[i].key.varies
		}
	}
	return s.build(of, func(b *statement) {
		if b.add("SELECT "); single {
			b.add("1")
		} else {
			b.add("k.tag")
		}
		b.add(", c.revision, c.hash, u.version")
		for i := range list {
			name := "t" + strconv.Itoa(i) + "."
			b.add(", ", name, userID)
			b.lanes([lanes]int{}, tables[list[i].table].columns, name)
		}
		for i := range l.counters {
			b.add(", n", strconv.Itoa(i), ".used")
		}
		b.add(" FROM (SELECT revision, hash FROM ") // one row, which planners may not know
		b.table(catalogTable)
		b.add(" LIMIT 1) c")
		if single {
			b.besideOne(l.states[l.users[0]].User, list)
		} else {
			b.besideMany(l, list)
		}
		for i, name := range l.counters {
			b.beside(countersTable, "n"+strconv.Itoa(i), "name")
			b.arg(text, name)
		}
	})
}

// besideOne joins the rows of one user.
func (b *statement) besideOne(user string, list []side) {
	b.beside(usersTable, "u", "id")
	b.first(text, user)
	for i, s := range list {
		t, name := tables[s.table], "t"+strconv.Itoa(i)
		b.beside(t.name, name, userID)
		b.first(text, user)
		for j, c := range t.key {
			b.add(" AND ", name, ".")
			b.name(c.name)
			b.add(" = ")
			b.arg(c.class, s.keys[0][j])
		}
	}
}

// settle puts the keys of several users column by column: those that differ come as arrays, and the others as one value.
func (s *side) settle(seen *variety) {
	key := tables[s.table].key
	s.key.strips = make([]strip, len(key))
	for j, c := range key {
		s.key.strips[j].class = c.class
	}
	for _, values := range s.keys {
		for j := range key {
			if values == nil {
				s.key.strips[j].addNull() // which equals nothing
			} else {
				s.key.strips[j].add(values[j])
			}
		}
	}
	s.key.settle(seen)
}

// besideMany joins the rows of several users.
func (b *statement) besideMany(l *loading, list []side) {
	users := make([]string, len(l.users))
	for i, at := range l.users {
		users[i] = l.states[at].User
	}
	b.add(" CROSS JOIN unnest(")
	b.array(text, users)
	n := 1
	for i := range list {
		n += b.arrays(&list[i].key)
	}
	b.add(") WITH ORDINALITY AS k(")
	b.list(n, func(i int) { b.add("c", strconv.Itoa(i+1)) })
	b.add(", tag)\nLEFT JOIN ")
	b.lookedUp(usersTable, "u", []string{"id"}, func(int) { b.add("k.c1") })
	b.add(" ON TRUE")
	column := 1
	for i := range list {
		t, key := tables[list[i].table], &list[i].key
		b.add("\nLEFT JOIN ")
		b.lookedUp(t.name, "t"+strconv.Itoa(i), t.identity, func(j int) {
			switch {
			case j == 0:
				b.add("k.c1")
			case key.varies&(1<<(j-1)) == 0:
				b.arg(key.strips[j-1].class, key.strips[j-1].one())
			default:
				column++
				b.add("k.c", strconv.Itoa(column))
			}
		})
		b.add(" ON TRUE")
	}
}

// lookedUp is the row of a table whose columns have values, as a subquery that PostgreSQL cannot make part of the join around it: so
// rows are looked up one by one. It keeps plans, also those it made when the table was new and next to empty, and for such a table
// a join would read all of it.
func (b *statement) lookedUp(table, alias string, columns []string, value func(i int)) {
	b.add("LATERAL (SELECT * FROM ")
	b.table(table)
	b.add(" WHERE ")
	for i, c := range columns {
		if i > 0 {
			b.add(" AND ")
		}
		b.name(c)
		b.add(" = ")
		value(i)
	}
	b.add(" OFFSET 0) ", alias)
}

// beside joins the row of a table whose column has the value that follows, if there is one.
func (b *statement) beside(table, alias, column string) {
	b.add("\nLEFT JOIN ")
	b.table(table)
	b.add(" ", alias, " ON ", alias, ".")
	b.name(column)
	b.add(" = ")
}
