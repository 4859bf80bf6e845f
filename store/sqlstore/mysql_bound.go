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
	// probe is for MySQL, which does not tell: it is refused in a transaction and does nothing else. A savepoint would not do. One
	// of the caller's takes it along when it is rolled back to, and goes with it when it is released.
	probe = "SET TRANSACTION READ WRITE"
	// underWay is the server's error for a probe in a transaction.
	underWay = 1568
)

// errEnded is why a transaction must run again that the server has ended.
var errEnded = errors.New("the transaction has ended before")

// script is where a call writes in the caller's transaction: a [script] that makes sure of it.
func (t *bound) script(ctx context.Context) (runner, error) {
	server, err := t.s.flavour(ctx, t.on)
	if err != nil {
		return nil, err
	}
	if server != plainMySQL {
		return &script{on: t.on, compound: true, guard: stillThere}, nil
	}
	if err := t.probe(ctx); err != nil {
		return nil, err
	}
	t.begun = true
	return &script{on: t.on}, nil
}

// probe finds out whether the transaction is still there. Without autocommit one begins with its first statement, which may be ours.
func (t *bound) probe(ctx context.Context) error {
	err := say(ctx, t.on, probe)
	switch {
	case mysqlNumber(err) == underWay:
		return nil
	case err != nil:
		return err
	case t.begun:
		return &RerunError{Err: errEnded}
	}
	rows, err := t.on.query(ctx, &prepared{text: "SELECT @@autocommit", once: true}, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	autocommit := true
	if rows.Next() {
		if err := rows.Scan(&autocommit); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if autocommit {
		return &RerunError{Err: errEnded}
	}
	return nil
}

// flush sends what a script still holds.
func flush(ctx context.Context, on runner) error {
	if c, is := on.(*script); is {
		return c.flush(ctx)
	}
	return nil
}
