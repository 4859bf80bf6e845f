package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
)

// savepoints numbers the savepoints of all stores, so that none is ever taken for another one, or for the caller's.
var savepoints atomic.Int64

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
		name = "guerdon_" + strconv.FormatInt(savepoints.Add(1), 10)
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

// say runs a statement that has no parameters and is not kept.
func say(ctx context.Context, on runner, text string) error {
	_, err := on.exec(ctx, &prepared{text: text, once: true}, nil)
	return err
}
