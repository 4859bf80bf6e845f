package sqlstore

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// turns let writers begin one after the other, in the order in which they came, where the database takes one alone. It has no queue
// itself: who asks it again and again holds a connection meanwhile, and some are unlucky for seconds. Nil turns are always free.
type turns struct {
	// head is who is next: it alone waits for the turn with a timer, so that the others keep their order.
	head chan struct{}
	held chan struct{}
	made time.Time
	// since is when the turn was taken, counted from made, so that no clock that is set matters; -1 while it is nobody's.
	since atomic.Int64
}

func newTurns() *turns {
	w := &turns{held: make(chan struct{}, 1), head: make(chan struct{}, 1), made: time.Now()}
	w.since.Store(-1)
	return w
}

// turnMost is how long others wait for somebody whose turn it is.
const turnMost = time.Second

// take waits for the turn, and gives what ends it. Who has it for long may be waiting for the very one who waits here, as a function
// of [Store.Do] does that writes through the pool. So nobody waits for ever: the others then go on without a turn and ask the
// database, as writers of another process do.
func (w *turns) take(ctx context.Context) (leave func(), err error) {
	if w == nil {
		return func() {}, nil
	}
	select {
	case w.head <- struct{}{}:
		defer func() { <-w.head }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", errBegin, ctx.Err())
	}
	for {
		select { // before a timer is made
		case w.held <- struct{}{}:
			return w.mine(), nil
		default:
		}
		left := turnMost
		if since := w.since.Load(); since >= 0 {
			left -= time.Since(w.made) - time.Duration(since)
		}
		if left <= 0 {
			return func() {}, nil
		}
		late := time.NewTimer(left)
		select {
		case w.held <- struct{}{}:
			late.Stop()
			return w.mine(), nil
		case <-ctx.Done():
			late.Stop()
			return nil, fmt.Errorf("%w: %w", errBegin, ctx.Err())
		case <-late.C: // by now it may be the turn of somebody else, who has just begun
		}
	}
}

func (w *turns) mine() (leave func()) {
	w.since.Store(int64(time.Since(w.made)))
	return func() {
		w.since.Store(-1)
		<-w.held
	}
}
