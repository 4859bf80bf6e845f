package sqlstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/guerdon-go/guerdon/store"
)

// lockPatience is how long a statement that is a transaction of its own waits for a lock. If its caller gave up and the server went on
// waiting it would write once it had the lock, behind the back of whoever looks for its causes meanwhile. So it does not wait long, and
// its answer is waited for. The next try is a transaction, which writes nothing without its COMMIT and may wait.
const lockPatience = 300 * time.Millisecond

// locksMost is how long it waits for all its locks.
const locksMost = time.Second

// atOnce commits with one statement that is its own transaction. Where there is no connection for it, or none in time, nothing was sent.
func (s *Store) atOnce(ctx context.Context, w *writing) ([]store.Result, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBegin, err)
	}
	defer conn.Close()                       // it goes back to the pool
	locks := time.Duration(2 + len(w.names)) // the user, the birth
	a := allow(ctx, min(locks*lockPatience, locksMost), w.size())
	defer a.stop()
	w.patience = strconv.FormatInt(max(1, min(lockPatience, a.most/locks).Milliseconds()), 10)
	results, err := s.gated(a.waiting, onConn{conn}, w)
	w.patience = nil
	return results, s.answer(ctx, a, err)
}

// size is about how many bytes the rows have.
func (w *writing) size() int {
	const each = 500
	n := 0
	for i := range w.units {
		n += len(w.units[i].Insert) + len(w.units[i].Put)
	}
	return n * each
}
