package sqlstore

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/guerdon-go/guerdon/store"
)

// rowMost is up to how many rows and counters of one user are read as one row of joins. More come as a union.
const rowMost = 12

// narrow reports whether what l has taken up is read as one row.
func (l *loading) narrow() bool {
	return len(l.users) == 1 && len(l.pages) == 0 && l.named+len(l.request.Counters) <= rowMost
}

// loadRow reads a few rows of one user side by side, as one row: the catalog's stamp, the user's version, and the columns of
// each row that is named, NULL where it is not there. It is what one would write by hand, and takes less than a union, which
// fills every row up to the widest table's columns.
func (s *Store) loadRow(ctx context.Context, on runner, l *loading) error {
	p, args := s.rowStatement(l)
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	var revision int64
	var version sql.NullInt64
	var hash []byte
	into := []any{&revision, &hash, &version}
	there := make([]sql.NullString, 0, rowMost)
	all := make([]*cells, 0, rowMost)
	for i := range l.lookups {
		for range l.lookups[i].at {
			c := newCells(tables[i].width)
			there, all = append(there, sql.NullString{}), append(all, c)
			into = c.targets(append(into, &there[len(there)-1]))
		}
	}
	used := make([]sql.NullInt64, len(l.request.Counters))
	for i := range used {
		into = append(into, &used[i])
	}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return &store.Error{Op: "load", Err: ErrNotMigrated}
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	if copy(l.stamp.Hash[:], hash) != len(l.stamp.Hash) {
		return &store.Error{Op: "load", Err: store.ErrCorrupt}
	}
	l.stamp.Revision = revision
	l.version(l.users[0], version.Int64)
	n := 0
	for i := range l.lookups {
		for _, at := range l.lookups[i].at {
			if there[n].Valid {
				l.put(at, tables[i].read(l.states[at.state].User, all[n]))
			}
			if all[n].err != nil {
				return &store.Error{Op: "load", ID: l.states[at.state].User, Err: all[n].err}
			}
			n++
		}
	}
	for i, name := range l.request.Counters {
		l.used[name] = used[i].Int64
	}
	return rows.Err()
}

func (s *Store) rowStatement(l *loading) (*prepared, []any) {
	of := shape{what: 'R', count: [12]uint16{uint16(len(l.request.Counters))}}
	for i := range l.lookups {
		of.count[1+i] = uint16(len(l.lookups[i].at))
	}
	return s.build(of, func(b *statement) {
		b.add("SELECT c.revision, c.hash, u.version")
		alias := 0
		for i, t := range tables {
			for range l.lookups[i].at {
				alias++
				b.sideBySide(t, "t"+strconv.Itoa(alias)+".")
			}
		}
		for i := range l.request.Counters {
			b.add(", n", strconv.Itoa(i), ".used")
		}
		b.add(" FROM ")
		b.table(catalogTable)
		b.add(" c")
		user := l.states[l.users[0]].User
		b.beside(usersTable, "u", "id")
		b.first(text, user)
		alias = 0
		for i, t := range tables {
			look := &l.lookups[i]
			for j := range look.at {
				alias++
				name := "t" + strconv.Itoa(alias)
				b.beside(t.name, name, userID)
				b.first(text, user)
				for k, c := range t.key {
					b.add(" AND ", name, ".")
					b.name(c.name)
					b.add(" = ")
					b.arg(c.class, look.keys[j][k])
				}
			}
		}
		for i, name := range l.request.Counters {
			b.beside(countersTable, "n"+strconv.Itoa(i), "name")
			b.arg(text, name)
		}
	})
}

// sideBySide writes the columns of a table lane by lane, after one that is never NULL where the row is there.
func (b *statement) sideBySide(t *table, alias string) {
	b.add(", ", alias, userID)
	b.lanes([lanes]int{}, t.columns, alias)
}

// beside joins the row of a table whose column has the value that follows, if there is one.
func (b *statement) beside(table, alias, column string) {
	b.add("\nLEFT JOIN ")
	b.table(table)
	b.add(" ", alias, " ON ", alias, ".")
	b.name(column)
	b.add(" = ")
}
