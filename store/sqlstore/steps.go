package sqlstore

import (
	"context"
	"slices"
	"strings"

	"github.com/guerdon-go/guerdon/store"
)

// steps commits units with a statement for each table, in a transaction that is under way. Nothing is written before it is
// certain that it may be, so that a refusal leaves nothing to undo, in a caller's transaction neither: the users are locked
// and compared, then the counters, and then the rows of the units that passed are written.
func (s *Store) steps(ctx context.Context, on runner, w *writing) ([]store.Result, error) {
	results := make([]store.Result, len(w.units))
	gate := s.gate
	if w.alone(on) {
		gate = s.moveAlone
	}
	if err := gate(ctx, on, w, results); err != nil {
		return nil, err
	}
	for i, t := range tables {
		rows := make([][]any, 0, len(w.rows[i]))
		for j, row := range w.rows[i] {
			if results[w.unit[i][j]].Written() {
				rows = append(rows, row)
			}
		}
		if err := s.writeRows(ctx, on, t, rows); err != nil {
			return nil, err
		}
		for j, key := range w.deletes[i] {
			if results[w.deleteUnit[i][j]].Written() {
				if err := s.deleteRow(ctx, on, t, key); err != nil {
					return nil, err
				}
			}
		}
	}
	return results, nil
}

// gate locks the users and what they take from, and moves the versions of those whose units pass.
func (s *Store) gate(ctx context.Context, on runner, w *writing, results []store.Result) error {
	if err := s.moveUsers(ctx, on, w, results); err != nil {
		return err
	}
	if err := s.checkCounters(ctx, on, w, results); err != nil {
		return err
	}
	if !slices.ContainsFunc(results, store.Result.Written) {
		return nil
	}
	if w.mark != nil {
		if err := w.mark(); err != nil {
			return err
		}
	}
	if err := s.takeCounters(ctx, on, w); err != nil {
		return err
	}
	return s.raise(ctx, on, w, results)
}

// alone reports whether a statement that moves the version, if it holds, is all that gates a unit: that of one user who was seen before
// and takes nothing, in a transaction of the store's own. Where statements wait to be sent together it would have to be sent at once.
func (w *writing) alone(on runner) bool {
	c, is := on.(*script)
	return len(w.units) == 1 && w.units[0].Version > 0 && len(w.takes) == 0 && w.mark == nil && !(is && c.compound)
}

// moveAlone compares and moves the version of the only user.
func (s *Store) moveAlone(ctx context.Context, on runner, w *writing, results []store.Result) error {
	p, args := s.build(shape{what: 'm'}, func(b *statement) {
		b.add("UPDATE ")
		b.table(usersTable)
		b.add(" SET version = version + 1 WHERE id = ")
		b.arg(text, w.units[0].User)
		b.add(" AND version = ")
		b.arg(integer, w.units[0].Version)
	})
	n, err := counted(ctx, on, p, args)
	results[0].Moved = n != 1
	return err
}

// moveUsers locks the users and compares their versions. Those that others have locked are passed over if there are several.
func (s *Store) moveUsers(ctx context.Context, on runner, w *writing, results []store.Result) error {
	var born [][]any
	var users []string
	for i := range w.units {
		results[i].Moved = true
		users = append(users, w.units[i].User)
		if w.units[i].Version == 0 {
			born = append(born, []any{w.units[i].User})
		}
	}
	several := len(users) > 1
	var err error
	if c, mine := on.(*script); mine && c.mine && several {
		err = s.bornElsewhere(ctx, on, born)
	} else {
		err = s.bornUsers(ctx, on, born)
	}
	if err == nil {
		err = s.bornBehind(ctx, on, users, w)
	}
	if err != nil {
		return err
	}
	var versions map[string]int64
	if s.d.together {
		versions, w.held, err = s.lockAll(ctx, on, users, w.names, several)
	} else {
		w.held = make(map[string]*counter, len(w.names))
		versions, err = s.lockUsers(ctx, on, users, several)
	}
	if err != nil {
		return err
	}
	for i := range w.units {
		version, there := versions[w.units[i].User]
		results[i].Moved = !there || version != w.units[i].Version
	}
	return nil
}

// bornUsers makes users that are not there yet, at version 0. Where one transaction alone may write, it begins to with this
// statement, also when there is nobody to make: a transaction that has read cannot always go on to write.
func (s *Store) bornUsers(ctx context.Context, on runner, users [][]any) error {
	if len(users) == 0 {
		if !s.d.oneWriter {
			return nil
		}
		p, args := s.build(shape{what: 'W'}, func(b *statement) {
			b.add("UPDATE ")
			b.table(usersTable)
			b.add(" SET version = version WHERE id = ''")
		})
		_, err := on.exec(ctx, p, args)
		return err
	}
	p, args := s.build(s.shapeOf('B', len(users)), func(b *statement) {
		b.add("INSERT INTO ")
		b.table(usersTable)
		b.add(" (id, version) VALUES ")
		b.list(len(users), func(i int) {
			b.add("(")
			b.arg(text, users[i][0])
			b.add(", 0)")
		})
		if s.d.arrays { // who is there is locked next, in the order of their names
			b.add(" ON CONFLICT (id) DO NOTHING")
			return
		}
		b.add(s.d.replaces("id"), "version = ", s.table(usersTable), ".version")
	})
	_, err := on.exec(ctx, p, args)
	return err
}

// lockUsers reads the versions of users, and locks them in the order of their IDs where the database locks rows.
func (s *Store) lockUsers(ctx context.Context, on runner, users []string, skip bool) (map[string]int64, error) {
	names := s.padded(users)
	of := shape{what: 'U', count: [12]uint16{uint16(len(names))}}
	if skip {
		of.what = 'S'
	}
	p, args := s.build(of, func(b *statement) {
		b.add("SELECT id, version FROM ")
		b.table(usersTable)
		b.add(s.d.byKey, " WHERE id IN (")
		b.list(len(names), func(i int) { b.arg(text, names[i]) })
		b.add(") ORDER BY id", s.d.forUpdate)
		if skip {
			b.add(s.d.skipLocked)
		}
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	versions := make(map[string]int64, len(users))
	for rows.Next() {
		var user string
		var version int64
		if err := rows.Scan(&user, &version); err != nil {
			return nil, err
		}
		versions[user] = version
	}
	return versions, rows.Err()
}

// raise moves the versions of the users on whose units passed.
func (s *Store) raise(ctx context.Context, on runner, w *writing, results []store.Result) error {
	var users []string
	for i := range w.units {
		if results[i].Written() {
			users = append(users, w.units[i].User)
		}
	}
	if len(users) == 0 {
		return nil
	}
	users = s.padded(users)
	p, args := s.build(s.shapeOf('V', len(users)), func(b *statement) {
		b.add("UPDATE ")
		b.table(usersTable)
		b.add(s.d.byKey, " SET version = version + 1 WHERE id IN (")
		b.list(len(users), func(i int) { b.arg(text, users[i]) })
		b.add(")")
	})
	_, err := on.exec(ctx, p, args)
	return err
}

// writeRows inserts rows of a table, or replaces them, as many at once as the database takes.
func (s *Store) writeRows(ctx context.Context, on runner, t *table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	for len(rows) > 0 {
		some := s.fitting(rows)
		rows = rows[len(some):]
		p, args := s.build(s.shapeOf(byte(tableOf(t.kind)), len(some)), func(b *statement) {
			b.insert(t.name, t.names, len(some), func(i int) { b.row(t.classes, some, i) })
			if !t.once {
				b.replace(t.identity, t.others)
			}
		})
		if _, err := on.exec(ctx, p, args); err != nil {
			return err
		}
	}
	return nil
}

// fitting gives as many of the first rows as one statement takes, by their parameters, or by their size where it holds the values.
func (s *Store) fitting(rows [][]any) [][]any {
	most := min(len(rows), s.d.parameters/len(rows[0]))
	if s.d.literal == nil {
		return rows[:most]
	}
	size := 0
	for i, row := range rows[:most] {
		for _, v := range row {
			switch v := v.(type) {
			case string:
				size += len(v)
			case []byte:
				size += len(v)
			}
		}
		if size > literalMost && i > 0 {
			return rows[:i]
		}
	}
	return rows[:most]
}

// literalMost is how many bytes of values a statement holds. Written out they are twice as many.
const literalMost = 1 << 20

// insert writes rows of a table.
func (b *statement) insert(name string, columns []string, n int, row func(i int)) {
	b.add("INSERT INTO ")
	b.table(name)
	b.add(" (")
	b.names(columns...)
	b.add(") VALUES ")
	b.list(n, func(i int) {
		b.add("(")
		row(i)
		b.add(")")
	})
}

// replace says what becomes of a row that is there: its other columns are replaced, if it has any.
func (b *statement) replace(key, rest []string) {
	if b.mute {
		return
	}
	if len(rest) == 0 {
		rest = key[:1]
	}
	q := b.s.d.quote
	b.add(b.s.d.replaces(q + strings.Join(key, q+", "+q) + q))
	b.list(len(rest), func(i int) {
		b.name(rest[i])
		b.add(" = ", b.s.d.replaced(q+rest[i]+q))
	})
}

func (s *Store) deleteRow(ctx context.Context, on runner, t *table, key []any) error {
	p, args := s.build(shape{what: 'D', count: [12]uint16{uint16(tableOf(t.kind))}}, func(b *statement) {
		b.add("DELETE FROM ")
		b.table(t.name)
		b.add(" WHERE ")
		b.name(userID)
		b.add(" = ")
		b.arg(text, key[0])
		for i, c := range t.key {
			b.add(" AND ")
			b.name(c.name)
			b.add(" = ")
			b.arg(c.class, key[i+1])
		}
	})
	_, err := on.exec(ctx, p, args)
	return err
}

// keptRows is up to how many rows a statement has to be kept. Larger ones come in too many sizes.
const keptRows = 16

// shapeOf is the shape of a statement about n rows.
func (s *Store) shapeOf(what byte, n int) shape {
	if n > keptRows {
		return shape{}
	}
	return shape{what: what, count: [12]uint16{uint16(n)}}
}
