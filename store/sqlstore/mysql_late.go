package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/guerdon-go/guerdon/store"
)

// An allowance is the time that a server has for a round trip with a COMMIT in it.
//
// A commit must not land after its caller was told that its outcome is unknown, and has looked for its causes: looking would settle
// nothing. But when a context ends the driver closes the connection and no more. A server that waits for a lock just then does not
// notice, goes on when it has the lock, and commits. So MariaDB, which is sent a COMMIT behind other statements, is told to break
// them off when the time is over; COMMIT itself it never does. And the answer is waited for, also when the context has ended.
type allowance struct {
	// most is what the server has, no more than the context's own time.
	most time.Duration
	// over is when the server cannot be at work any more, zero if it was not told.
	over time.Time
	// waiting ends when the context has ended and the answer should have come.
	waiting context.Context
	stop    context.CancelFunc
}

// answerMost is how long an answer may take to come when the server's time is over.
const answerMost = time.Second

// allow begins the time for statements of so many bytes. It must be stopped.
func allow(ctx context.Context, least time.Duration, size int) *allowance {
	a := &allowance{most: least + time.Duration(size)*time.Second/(256<<10)}
	if deadline, ok := ctx.Deadline(); ok {
		a.most = max(time.Millisecond, min(a.most, time.Until(deadline)))
	}
	a.over = time.Now().Add(a.most + time.Second/10) // for its way there
	due := a.over.Add(answerMost)
	waiting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, func() {
		t := time.NewTimer(time.Until(due))
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-waiting.Done():
		}
	})
	a.waiting, a.stop = waiting, func() {
		detach()
		cancel()
	}
	return a
}

// The time for few rows. The error of a statement that is broken off does not say whether that was before its COMMIT. For a unit
// alone [Store.settle] finds out; a script is given more time than a lock, so that it fails by the lock.
const (
	singleLeast = time.Second
	scriptLeast = 2 * time.Second
)

// within stands before a compound statement, for MariaDB. A lock that takes longer than a second is an error that leaves nothing
// unknown.
func (a *allowance) within() string {
	return fmt.Sprintf("SET STATEMENT lock_wait_timeout = LEAST(@@lock_wait_timeout, 1), innodb_lock_wait_timeout = LEAST(@@innodb_lock_wait_timeout, 1),"+
		" max_statement_time = %.3f FOR ", a.most.Seconds())
}

// answer is the error of a round trip of an allowance. Where there was no answer it comes when none of the server's doing is to come
// any more.
func (s *Store) answer(ctx context.Context, a *allowance, err error) error {
	if err == nil || mysqlNumber(err) != 0 || s.failure(err) != broken {
		return err
	}
	time.Sleep(time.Until(a.over))
	if ctx.Err() != nil && errors.Is(err, context.Canceled) { // waiting's
		return ctx.Err()
	}
	return err
}

// commitScript sends what waits in a script, and COMMIT.
func (s *Store) commitScript(ctx context.Context, c *script, server flavour) error {
	a := allow(ctx, scriptLeast, c.size)
	defer a.stop()
	if server == mariaDB {
		c.within = a.within()
	} else { // MySQL is sent COMMIT alone, and Galera's statement may not be interrupted while the cluster agrees on it
		a.over = time.Time{}
	}
	_, err := c.exec(a.waiting, &prepared{text: "COMMIT", once: true}, nil)
	if err == nil {
		err = c.flush(a.waiting)
	}
	return s.answer(ctx, a, err)
}

// errBrokenOff is the error of a unit that the server broke off and that is known not to hold.
var errBrokenOff = errors.New("the server broke the commit off")

// settle finds out what became of a unit whose statement was interrupted, before its COMMIT or right behind it. The user's version
// tells, unless it has moved.
func (s *Store) settle(ctx context.Context, conn *sql.Conn, u *store.Unit, err error) error {
	if mysqlNumber(err) == 0 || s.failure(err) != broken {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoMost)
	defer cancel()
	if version, loadErr := s.versionOf(ctx, onConn{conn}, u.User); loadErr == nil && version == u.Version {
		return fmt.Errorf("%w: %w", errBrokenOff, err)
	}
	return err
}

// versionOf reads a user's version, 0 if there is none.
func (s *Store) versionOf(ctx context.Context, on runner, user string) (version int64, err error) {
	p, args := s.build(shape{}, func(b *statement) {
		b.add("SELECT version FROM ")
		b.table(usersTable)
		b.add(" WHERE id = ")
		b.arg(text, user)
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&version); err != nil {
			return 0, err
		}
	}
	return version, rows.Err()
}
