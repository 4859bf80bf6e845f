package engine

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/store"
)

var (
	// ErrUnknown is matched by an error after which the call may have taken effect, because the store's answer was lost.
	// Repeat it with the same ID, or the same Request: it answers as if nothing had happened. It is [store.ErrUnknown], so
	// that the error of a transaction around bound calls, whose commit was lost, is matched alike.
	ErrUnknown = store.ErrUnknown
	// ErrBusy is returned when a user's data or a shared counter moved under every try. Nothing was recorded; try again.
	ErrBusy = errors.New("too busy")
	// ErrCatalogMoving is returned when the catalog moved under every try and only an older one could be read.
	// Nothing was recorded; try again.
	ErrCatalogMoving = errors.New("the catalog keeps moving")
	// ErrTooLarge is returned for an event that must write more than the store takes for one: so many derived tasks or
	// computed rewards read its task. Nothing was recorded, and the same event fails again until fewer do.
	ErrTooLarge = decide.ErrTooLarge
	// ErrStale is returned by Put for a document that changed since the Revision it carries. Nothing was written.
	ErrStale = catalog.ErrStale
)

// Options adjust an Engine. The zero Options are ready to use.
type Options struct {
	// Now is the engine's clock. It is read once an operation and cut to the microsecond.
	//
	// Defaults to time.Now.
	Now func() time.Time
	// Logger takes what an operator may want to know: catalogs loaded, answers lost, tries that ran out.
	//
	// Defaults to discarding everything.
	Logger *slog.Logger
	// Alone lets each call load and commit by itself, with its own context and nobody else's events. Otherwise calls that
	// meet share; see Concurrency in the package documentation. What is decided is the same, but calls about one user then
	// collide, as those of several processes do: they are tried again, and where many meet the answer may be [ErrBusy].
	//
	// Defaults to sharing.
	Alone bool
}

// An Engine answers every call an application makes. It keeps nothing but compiled catalogs and the calls under way; all
// else is in its store, so any number of engines in any number of processes may share one. It is safe for use by several
// goroutines at once, unless its store is bound to a transaction.
type Engine struct {
	st     store.Store
	shared *shared
}

// shared is what an engine and those made of it by With have in common.
type shared struct {
	now      func() time.Time
	log      *slog.Logger
	catalogs catalogs
	spaces   sync.Pool // of *workspace
	alone    bool      // nobody is in the queue
	queue    queue
}

// New returns an engine over a store. It reads nothing yet and starts nothing. The only error is that of a nil store.
func New(st store.Store, opt Options) (*Engine, error) {
	if st == nil {
		return nil, errors.New("engine: no store")
	}
	s := &shared{now: opt.Now, log: opt.Logger, alone: opt.Alone}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.catalogs.init()
	s.queue.init(st.Limits().OneWriter)
	return &Engine{st: st, shared: s}, nil
}

// With returns the same engine on another view of its store, such as one bound to a transaction. Both share compiled
// catalogs. What the other engine answers holds only once its transaction is committed. The store must hold the same
// rows as the first: a nil one, or one of other data, is not noticed here.
func (e *Engine) With(st store.Store) *Engine { return &Engine{st: st, shared: e.shared} }

// now reads the clock.
func (e *Engine) now() time.Time { return e.shared.now().UTC().Truncate(time.Microsecond) }

// tries is how often an operation is decided anew because something moved, before it answers ErrBusy. Callers of one process
// wait for each other in turn, if they share; these are for those of other processes. Whoever has just written a user is quickest
// to write it again: of four processes at once on one user 48 of 2,000 events were not written in 40 tries, on a MySQL that took
// 5 ms for each. With pauses of up to 6 ms these take half a second and more.
const tries = 200

// pause waits before the n-th try, counted from 1: not at all the first time, then a random while that doubles in
// length, up to about 6 ms.
func pause(ctx context.Context, n int) error {
	if n <= 1 {
		return ctx.Err()
	}
	wait := time.Duration(rand.Int64N(int64(200*time.Microsecond) << min(n, 5)))
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
