package sqlstore

import (
	"context"
	"errors"
)

// MySQL, MariaDB and Galera end a transaction by themselves, after a deadlock for one. A caller who goes on all the same writes
// each statement for good from then on, and a unit would stand without what the caller wrote before it. So each round trip that
// writes asks first whether the transaction is still there.
const (
	// stillThere fails as a deadlock does. Where a caller has no autocommit, statements are in a transaction without a beginning.
	stillThere = "IF @@in_transaction = 0 AND @@autocommit = 1 THEN SIGNAL SQLSTATE '40001'" +
		" SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'the transaction has ended before'; END IF"
	// MySQL does not tell. There a savepoint is set when users are locked, and is gone if the transaction is.
	setMark  = "SAVEPOINT guerdon_here"
	takeMark = "RELEASE SAVEPOINT guerdon_here"
)

// errEnded is why a transaction must run again that the server has ended.
var errEnded = errors.New("the transaction has ended before")

// script is where a call writes in the caller's transaction: on MySQL and MariaDB a [script] that makes sure of it.
func (t *bound) script(ctx context.Context) (runner, error) {
	if t.s.d.Dialect != MySQL {
		return t.on, nil
	}
	server, err := t.s.flavour(ctx, t.on)
	if err != nil {
		return nil, err
	}
	if server != plainMySQL {
		return &script{on: t.on, compound: true, guard: stillThere}, nil
	}
	if t.marked {
		if _, err := t.on.exec(ctx, &prepared{text: takeMark, once: true}, nil); err != nil {
			if mysqlNumber(err) == noSavepoint {
				err = &RerunError{Err: errEnded}
			}
			return nil, err
		}
	}
	if _, err := t.on.exec(ctx, &prepared{text: setMark, once: true}, nil); err != nil {
		return nil, err
	}
	t.marked = true
	return &script{on: t.on}, nil
}

// noSavepoint is the server's error for a savepoint that is not there.
const noSavepoint = 1305

// flush sends what a script still holds.
func flush(ctx context.Context, on runner) error {
	if c, is := on.(*script); is {
		return c.flush(ctx)
	}
	return nil
}
