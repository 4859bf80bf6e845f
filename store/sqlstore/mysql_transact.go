package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// A script runs statements in a transaction, in as few round trips as the server allows: on MariaDB what yields no rows waits
// for what does, or for the end, and then goes in one compound statement. A statement of a script that fails ends it: none after
// it is run.
//
// What yields rows is never part of a compound statement. On Galera a transaction may be ended from outside at any time, and
// once a compound statement has sent rows its server (MariaDB 10.11) has nowhere to report that: the client waits for ever, or
// goes on in a transaction that is not there, and a budget was passed. Behind its COMMIT rows are not safe either: now and then
// they come without the columns before them, and the driver panics.
type script struct {
	on runner
	// compound says that the server takes several statements at once.
	compound bool
	// mine says that the transaction is the store's own.
	mine bool
	// guard is a statement before those of each round trip.
	guard string
	// within stands before a compound statement.
	within  string
	waiting []string
	size    int
	// sent says that the connection may not be as it was, so that it goes back to the pool with a ROLLBACK. A level that was set for
	// the next transaction is gone with it too.
	sent bool
}

// scriptMost is how many bytes wait at most. A server takes 16 MB.
const scriptMost = 4 << 20

func (c *script) exec(ctx context.Context, p *prepared, _ []any) (int64, error) {
	if !c.compound {
		return c.on.exec(ctx, p, nil)
	}
	c.waiting, c.size = append(c.waiting, p.text), c.size+len(p.text)
	if c.size > scriptMost {
		return 0, c.flush(ctx)
	}
	return 0, nil
}

func (c *script) query(ctx context.Context, p *prepared, _ []any) (Rows, error) {
	if err := c.flush(ctx); err != nil {
		return nil, err
	}
	return c.on.query(ctx, p, nil)
}

// flush sends what waits.
func (c *script) flush(ctx context.Context) error {
	if len(c.waiting) == 0 {
		return nil
	}
	list := c.waiting
	c.waiting, c.size = nil, 0
	_, err := c.send(ctx, list...)
	return err
}

// send runs statements in one round trip, behind the guard, and tells how many rows they changed together.
func (c *script) send(ctx context.Context, list ...string) (int64, error) {
	if c.guard != "" {
		list = append([]string{c.guard}, list...)
	}
	text := list[0]
	if len(list) > 1 {
		text = c.within + "BEGIN NOT ATOMIC\n" + strings.Join(list, ";\n") + ";\nEND"
	}
	c.sent = true
	return c.on.exec(ctx, &prepared{text: text, once: true}, nil)
}

// counted runs a statement whose number of rows is asked for.
func counted(ctx context.Context, on runner, p *prepared, args []any) (int64, error) {
	c, is := on.(*script)
	if !is || !c.compound {
		return on.exec(ctx, p, args)
	}
	if err := c.flush(ctx); err != nil {
		return 0, err
	}
	return c.send(ctx, p.text)
}

// The transaction of a commit sees what others have not committed yet, so that it passes over users they are making instead of
// waiting for them; see [Store.bornElsewhere]. All else it reads it locks. At this level, as at READ COMMITTED, no gap between
// keys is locked, which would keep other users from being made.
const mysqlIsolation = "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"

// transactMySQL is transact on MySQL and MariaDB, where f runs on a script.
func (s *Store) transactMySQL(ctx context.Context, f func(on runner) error) error {
	server, err := s.flavour(ctx, pool{s})
	if err != nil {
		return fmt.Errorf("%w: %w", errBegin, err)
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errBegin, err)
	}
	defer conn.Close() // it goes back to the pool
	on := onConn{conn}
	c := &script{on: on, compound: server != plainMySQL, mine: true, sent: server == plainMySQL}
	committing := false
	err = func() error {
		for _, begin := range []string{mysqlIsolation, "START TRANSACTION"} {
			if _, err := c.exec(ctx, &prepared{text: begin, once: true}, nil); err != nil {
				return err
			}
		}
		if err := f(c); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		committing = true
		return s.commitScript(ctx, c, server)
	}()
	if err == nil {
		return nil
	}
	kind := s.failure(err)
	if c.sent {
		undo(ctx, conn, "ROLLBACK")
	}
	if kind == broken && !committing {
		err = fmt.Errorf("%w: %w", errBegin, err) // a transaction without its COMMIT holds nothing
	}
	return err
}

// undoMost is how long the end of a transaction that failed may take.
const undoMost = 5 * time.Second

// undo ends a transaction by a statement, also where the caller has given up, and gives up the connection if that fails: one that
// is still in a transaction must not go back to the pool.
func undo(ctx context.Context, conn *sql.Conn, statement string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoMost)
	defer cancel()
	if _, err := conn.ExecContext(ctx, statement); err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}
