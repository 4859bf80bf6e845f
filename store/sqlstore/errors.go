package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/guerdon-go/guerdon/store"
)

var (
	// ErrNewer is returned where the tables are of a newer release than this library: its columns are not known here.
	ErrNewer = errors.New("the schema is newer than this release")
	// ErrNotMigrated is returned where tables are absent or older than this release: call [Store.Migrate] first. It is [Store.Docs]
	// that looks, which an engine calls before all else, and the Docs of a store in a transaction if it comes first. The transaction
	// is not spoilt by it. On SQLite [Store.Do] finds absent tables itself.
	ErrNotMigrated = errors.New("the schema is not migrated")
	// ErrRerun is matched by a [RerunError].
	ErrRerun = errors.New("the transaction must be run again")
)

// A RerunError says that a caller's transaction cannot go on: roll it back and run all of it again, as [Store.Do] does. A
// transaction may have to run again for errors of its own statements too, which [Store.Rerun] knows as well. A store in
// the transaction answers it after a deadlock, a serialization failure or a lock that took too long; if its snapshot is older than
// what was locked; if the connection was lost or the database has ended the transaction by itself; and if a call failed and what
// it had written could not be taken back. If the call's context ended in the middle of it, the error also matches context.Canceled or
// context.DeadlineExceeded.
type RerunError struct {
	// Err is what happened, as a rule the driver's error.
	Err error
}

// Error says so with the cause.
func (e *RerunError) Error() string { return fmt.Sprintf("%v: %v", ErrRerun, e.Err) }

// Unwrap leads to [ErrRerun] and to the cause.
func (e *RerunError) Unwrap() []error { return []error{ErrRerun, e.Err} }

// A failure is what an error of a driver means.
type failure int

const (
	// refused: the server answered with an error, and did nothing.
	refused failure = iota
	// conflict: others were in the way; the same again may succeed.
	conflict
	// unsent: the statement never reached the server.
	unsent
	// broken: the connection ended or the wait for it did, and what the server did is not known.
	broken
	// duplicate: a key is there already.
	duplicate
	// unfit: a value is not one of its column.
	unfit
)

// failure tells what an error means, beginning with what is the same for every driver.
func (s *Store) failure(err error) failure {
	var ours *store.Error
	if errors.As(err, &ours) || errors.Is(err, errSession) ||
		errors.Is(err, store.ErrCorrupt) || // which another try reads again
		errors.Is(err, errLocked) { // which was waited for
		return refused
	}
	if errors.Is(err, errBegin) && s.d.failure(err) == conflict {
		return conflict
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, errBegin) {
		return unsent // database/sql answers it for statements that were not sent
	}
	if errors.Is(err, sql.ErrTxDone) {
		return refused
	}
	return s.d.failure(err)
}

// errBegin marks an error of a transaction that never began.
var errBegin = errors.New("begin")

// late adds that the context is done to an error that would have been tried again, and marks it.
func late(ctx context.Context, err error) error {
	ended := ctx.Err()
	if ended == nil {
		return err
	}
	if !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	return overdue{err}
}

// overdue marks an error of a caller whose context has ended, which another run would not help.
type overdue struct{ error }

func (e overdue) Unwrap() error { return e.error }

// unknown marks an error of a COMMIT whose answer was lost.
func (s *Store) unknown(op string, err error) error {
	s.stats.lost.Add(1)
	s.log.Warn("sqlstore: an answer was lost", "op", op, "error", err)
	return fmt.Errorf("%w: %w", store.ErrUnknown, err)
}

// wrap gives an error of a driver its meaning in the contract. lost says that a write was sent whose answer would have said
// that it holds.
func (s *Store) wrap(op, id string, err error, lost bool) error {
	var ours *store.Error
	var again *RerunError
	if err == nil || errors.As(err, &ours) || errors.As(err, &again) {
		return err
	}
	switch s.failure(err) {
	case broken:
		if lost {
			err = s.unknown(op, err)
		}
	case duplicate:
		err = fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	case unfit:
		err = fmt.Errorf("%w: %w", store.ErrInvalid, err)
	case refused, conflict, unsent:
	}
	return &store.Error{Op: op, ID: id, Err: err}
}

// ended is the error of a call whose context is done before anything was sent.
func ended(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return &store.Error{Op: op, Err: err}
	}
	return nil
}
