package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/guerdon-go/guerdon/store"
)

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
