package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/guerdon-go/guerdon/store"
)

// transact runs f in a transaction of the store's own. An error of its COMMIT says that what f did may hold or not; any other
// error, that it does not.
func (s *Store) transact(ctx context.Context, f func(on runner) error) error {
	if err := s.prepareWanted(ctx); err != nil {
		return fmt.Errorf("%w: %w", errBegin, err)
	}
	leave, err := s.writer.take(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if s.d.Dialect == MySQL {
		return s.transactMySQL(ctx, f)
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errBegin, err)
	}
	defer conn.Close() // it goes back to the pool
	whole := ctx
	if s.d.arrays { // a server, of whose COMMIT an answer must come
		var stop context.CancelFunc
		whole, stop = linger(ctx, func() time.Time { return time.Now().Add(answerMost) })
		defer stop()
	}
	tx, err := conn.BeginTx(whole, s.d.isolation)
	if err != nil {
		return fmt.Errorf("%w: %w", errBegin, err)
	}
	defer tx.Rollback() // after a commit it does nothing, and what fails to roll back is gone with its connection
	if err := f(inTx{tx, s}); err != nil {
		return s.uncommitted(ctx, err)
	}
	if err := ctx.Err(); err != nil {
		return s.uncommitted(ctx, err)
	}
	return tx.Commit()
}

// uncommitted marks an error after which it does not matter what the database did, because a transaction without its COMMIT
// holds nothing. What ended with the context says so: database/sql calls it a transaction that is done.
func (s *Store) uncommitted(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		err = ctx.Err()
	}
	if s.failure(err) == broken {
		err = fmt.Errorf("%w: %w", errBegin, err)
	}
	return err
}

// In returns a store that lives in a transaction of the caller's: what it writes holds when the caller commits. The transaction
// may be of any pool on the same database. The store is for one goroutine and repeats nothing by itself; where the whole transaction
// must be run again it answers a [*RerunError]. It locks the users it loads for a commit, in the order of their IDs. Savepoints of
// the caller's may stand around its calls. A nil transaction panics when the store is used.
func (s *Store) In(tx *sql.Tx) store.Store { return &bound{s: s, on: inTx{tx: tx}} }

// InTx is [Store.In] for a transaction that is no *sql.Tx.
func (s *Store) InTx(tx Tx) store.Store { return &bound{s: s, on: inForeign{tx}} }

// doTries is how often Do runs its function at most.
const doTries = 10

// Do runs f in a transaction and commits it. It runs f again, from its start and in a new transaction, where the database wants that
// (a deadlock, a serialization failure, a busy database), and if f returns a [*RerunError] of a store in the transaction: ten times
// in all, as long as ctx lasts. Then it returns the last error, with that of ctx if it has ended. What f does outside of the
// transaction may so be done several times.
//
// Any other error of f is returned as it is after one run, and nothing holds then. So is a RerunError that matches context.Canceled
// or context.DeadlineExceeded: f has run out of time. If the commit itself fails with an error that matches [store.ErrUnknown],
// all of it holds or nothing.
//
// On MySQL and MariaDB the transaction is READ COMMITTED, whatever the sessions are by default: at REPEATABLE READ one of two
// about a user would have to run again whenever they meet. On PostgreSQL it is of the level that sessions have by default, which is
// READ COMMITTED unless you ask for more. At this level each statement of f reads what was committed before it: lock what f reads
// and decides by, or write it as pay in the README does. For a stricter one begin the transaction yourself and use [Store.In].
//
// f must not use the pool: an unbound call would wait for a connection, or for a lock, that its own transaction holds.
func (s *Store) Do(ctx context.Context, f func(tx *sql.Tx) error) error {
	for try := 0; ; try++ {
		sent, err := s.do(ctx, f)
		switch {
		case err == nil:
			return nil
		case s.Rerun(err), sent && s.failure(err) == conflict: // COMMIT's error is the driver's, also where it is of another type
		case sent && s.failure(err) == broken:
			return &store.Error{Op: "do", Err: s.unknown("do", err)}
		default:
			return err
		}
		if try+1 >= doTries || ctx.Err() != nil {
			return late(ctx, err)
		}
		s.stats.retries.Add(1)
		s.log.DebugContext(ctx, "sqlstore: do again", "try", try+1, "error", err)
		if wait(ctx, try) != nil {
			return late(ctx, err)
		}
	}
}

// do runs f once. sent says that the error is of a COMMIT that was sent.
func (s *Store) do(ctx context.Context, f func(tx *sql.Tx) error) (sent bool, err error) {
	leave, err := s.writer.take(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	tx, err := s.db.BeginTx(ctx, s.d.callers)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errBegin, err)
	}
	defer tx.Rollback() // as in transact
	if s.d.oneWriter {
		if err := s.bornUsers(ctx, inTx{tx: tx}, nil); err != nil {
			if code, ok := sqliteCode(err); ok && code == sqliteError { // no such table
				err = s.unmigrated(err)
			}
			return false, s.uncommitted(ctx, err)
		}
		s.meetDriver(ctx, tx)
	}
	if err := f(tx); err != nil {
		return false, err
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// Rerun reports whether a transaction that ended with an error is to be run again from its start. It is what [Store.Do] decides by,
// for a transaction that you begin yourself: ask it about each error that makes you roll back, of a store in the transaction (a
// [*RerunError]) or of a statement of your own, and about the error of COMMIT. It knows a deadlock, a serialization failure, a
// lock that took too long, a busy database and what was never sent, also within errors of yours.
//
// False are nil, an error of a context that has ended, what another run would not make better, and a connection that was lost. If
// that was at COMMIT, all of the transaction holds or nothing, and nobody knows which. Running it again tells, where its own rows
// have IDs as events have: what was recorded counts once under its ID, and is answered as it was the first time.
//
// It is safe for use by several goroutines at once.
func (s *Store) Rerun(err error) bool {
	if err == nil {
		return false
	}
	kind := s.failureOf(err)
	return kind == conflict || kind == unsent
}

// failureOf tells what an error that ended a caller's transaction means. It may be an error of the database, of a store in the
// transaction, or the caller's own, which is none of ours whatever methods it has.
func (s *Store) failureOf(err error) failure {
	switch {
	case errors.As(err, new(overdue)):
		return refused
	case errors.Is(err, errBegin): // a connection may have its own time to be made in
		return s.failure(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return refused // the caller's own context ended, and would again
	case errors.Is(err, ErrRerun):
		return conflict
	}
	kind := s.failure(err)
	if like := s.driver.Load(); like != nil && kind != unsent && !errors.As(err, new(*store.Error)) {
		if err = findType(err, *like); err == nil {
			return refused
		}
		kind = s.d.failure(err)
	}
	return kind
}
