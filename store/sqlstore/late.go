package sqlstore

import (
	"context"
	"errors"
	"time"
)

// An allowance is the time that a server has for a round trip with a COMMIT in it.
//
// A commit must not land after its caller was told that its outcome is unknown, and has looked for its causes: looking would settle
// nothing. But when a context ends the driver closes the connection and no more, or asks the server to break off when it is too late.
// A server that waits for a lock just then does not notice, goes on when it has the lock, and commits. So PostgreSQL, where a statement
// is its own transaction, and MariaDB, which is sent a COMMIT behind other statements, are told to break off what waits when the time is
// over; COMMIT itself they never do. And the answer is waited for, also when the context has ended.
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
	a.waiting, a.stop = linger(ctx, func() time.Time { return due })
	return a
}

// linger is a context that ends when ctx has ended and that time has come.
func linger(ctx context.Context, until func() time.Time) (context.Context, context.CancelFunc) {
	if ctx.Done() == nil {
		return ctx, func() {}
	}
	waiting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, func() {
		t := time.NewTimer(time.Until(until()))
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-waiting.Done():
		}
	})
	return waiting, func() {
		detach()
		cancel()
	}
}

// answer is the error of a round trip of an allowance. Where there was no answer it comes when none of the server's doing is to come
// any more.
func (s *Store) answer(ctx context.Context, a *allowance, err error) error {
	var coded interface{ SQLState() string }
	if err == nil || mysqlNumber(err) != 0 || errors.As(err, &coded) || s.failure(err) != broken { // a code is an answer
		return err
	}
	time.Sleep(time.Until(a.over))
	if ctx.Err() != nil && errors.Is(err, context.Canceled) { // waiting's
		return ctx.Err()
	}
	return err
}
