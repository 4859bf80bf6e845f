package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
)

// write runs f, which writes in the caller's transaction: all of it or, with an error, nothing, since the caller may commit all the
// same. f calls mark before what must not be left in part; what no unit can be told by needs none, such as users at version 0.
// An error after which something may be left calls for another run, so that nobody commits.
func (t *bound) write(ctx context.Context, op string, f func(on runner, mark func() error) error) error {
	on, err := t.way(ctx)
	name := ""
	mark := func() error {
		if name != "" {
			return nil
		}
		name = "guerdon_" + strconv.FormatInt(t.s.savepoints.Add(1), 10)
		return say(ctx, on, "SAVEPOINT "+name)
	}
	if err == nil && t.s.d.oneWriter {
		err = mark() // SQLite ends a transaction whose statement it interrupts, and the savepoint with it: so that is noticed
	}
	if err == nil {
		err = f(on, mark)
	}
	if err == nil && name != "" {
		err = say(ctx, on, "RELEASE SAVEPOINT "+name)
	}
	if err == nil {
		err = flush(ctx, on)
	}
	if err != nil && name != "" {
		if left := t.undo(ctx, name); left != nil {
			return &RerunError{Err: fmt.Errorf("%w; what was written is not undone: %w", err, left)}
		}
	}
	return t.wrap(ctx, op, "", err)
}

// undo takes back what was written behind a savepoint, also where the caller has given up. A transaction that database/sql has
// ended holds nothing.
func (t *bound) undo(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoMost)
	defer cancel()
	err := say(ctx, t.on, "ROLLBACK TO SAVEPOINT "+name)
	if err == nil {
		err = say(ctx, t.on, "RELEASE SAVEPOINT "+name)
	}
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// way is where a call writes, once it is certain that the transaction is still there: a server that has ended it by itself would
// let each statement hold at once.
func (t *bound) way(ctx context.Context) (runner, error) {
	switch t.s.d.Dialect {
	case MySQL:
		return t.script(ctx)
	case SQLite:
		return t.on, t.begin(ctx)
	default:
		return t.on, nil // PostgreSQL does nothing more in a transaction that failed
	}
}

// begin is refused by SQLite within a transaction, and changes nothing there. It is waited for also where the caller has given
// up: a transaction of ours that nobody knows of would be taken for the caller's.
func (t *bound) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoMost)
	defer cancel()
	err := say(ctx, t.on, "BEGIN")
	if err == nil {
		return &RerunError{Err: errors.Join(errEnded, say(ctx, t.on, "ROLLBACK"))}
	}
	if code, ok := sqliteCode(err); ok && code == sqliteError {
		return nil
	}
	return err
}

// hold locks on PostgreSQL what a commit needs before its one statement: the names of users who may be made, and where counters
// may be made, which locks them, the users before these. Of several users those that others have locked are passed over.
func (t *bound) hold(ctx context.Context, w *writing) error {
	var users, made []string
	var versions []int64
	for _, u := range w.units {
		users, versions = append(users, u.User), append(versions, u.Version)
		if u.Version == 0 {
			made = append(made, u.User)
		}
	}
	if len(w.names) == 0 && len(made) == 0 {
		return nil
	}
	if len(w.names) == 0 {
		return t.lockNames(ctx, made)
	}
	of, order := shape{what: 'H'}, `id COLLATE "C"`
	if len(users) > 1 {
		of.what = 'h'
	}
	if len(made) > birthsByName { // see lockNames
		of.count[0], order = 1, "key"
	}
	p, args := t.s.build(of, func(b *statement) {
		b.add("WITH g AS (SELECT * FROM unnest(")
		b.array(text, users)
		b.add(", ")
		b.array(integer, versions)
		b.add(") AS g(id, version)),\nold AS MATERIALIZED (SELECT u.id FROM g JOIN ")
		b.table(usersTable)
		b.add(" u ON u.id = g.id ORDER BY u.id FOR UPDATE OF u")
		if len(users) > 1 {
			b.add(t.s.d.skipLocked)
		}
		b.add("),\nnew AS MATERIALIZED (SELECT pg_advisory_xact_lock(", birthClass, "n.key)::text AS held FROM (SELECT g.id, ", t.s.birthKey("g.id"), " AS key FROM g",
			" WHERE g.version = 0 AND NOT EXISTS (SELECT FROM ")
		b.table(usersTable)
		b.add(" u WHERE u.id = g.id) ORDER BY ", order, ") AS n)\nINSERT INTO ")
		b.table(countersTable)
		b.add(" (name, used, closed) SELECT c.name, 0, FALSE FROM unnest(")
		b.array(text, w.names)
		b.add(") AS c(name) WHERE (SELECT count(*) FROM old) + (SELECT count(held) FROM new) >= 0", ` ORDER BY c.name COLLATE "C"`)
		b.add(t.s.d.replaces("name"), "used = ", t.s.table(countersTable), ".used")
	})
	_, err := t.on.exec(ctx, p, args)
	return err
}

// bornBehind makes the counters of a commit in a caller's transaction, which locks them, when its users are locked.
func (s *Store) bornBehind(ctx context.Context, on runner, users []string, w *writing) error {
	if len(w.births) == 0 {
		return nil
	}
	if s.d.together { // else there is one writer. Rows would have to be waited for, so that there are none
		p, args := s.build(shape{}, func(b *statement) {
			b.add("SELECT count(*) INTO @guerdon_held FROM ")
			b.table(usersTable)
			b.add(s.d.byKey, " WHERE id IN (")
			b.list(len(users), func(i int) { b.arg(text, users[i]) })
			b.add(")", s.d.forUpdate)
			if len(users) > 1 {
				b.add(s.d.skipLocked)
			}
		})
		if _, err := on.exec(ctx, p, args); err != nil {
			return err
		}
	}
	return s.born(ctx, on, w.births)
}

// say runs a statement that has no parameters and is not kept.
func say(ctx context.Context, on runner, text string) error {
	_, err := on.exec(ctx, &prepared{text: text, once: true}, nil)
	return err
}
