package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/store"
)

// compiled is a catalog with the stamp of the documents it was compiled from.
type compiled struct {
	stamp store.Stamp
	bound bool // it was read inside of a transaction, which may come to nothing
	*catalog.Catalog
}

// serves reports whether a reader of a stamp may decide with a catalog. One that is newer than what was read, as from a
// replica, was committed. But where it was read inside of a transaction it may be of no other's history: then the stamps
// must be equal.
func (c *compiled) serves(stamp store.Stamp) bool {
	return c.stamp == stamp || !c.bound && c.stamp.Revision > stamp.Revision
}

// catalogs keeps compiled catalogs. The newest one read outside of transactions is at hand; those read inside of them
// are kept by stamp, because a stamp that was rolled back never appears again.
type catalogs struct {
	newest atomic.Pointer[compiled]
	// recent is what the last reader inside of a transaction decided with: the next one most likely reads the same stamp.
	recent atomic.Pointer[compiled]
	// turn holds one token: who has it may load. The others wait for it and then find the work done, or that it failed.
	turn chan struct{}
	// failed is the error of the last load, nil after one that went well. A pointer is of one load: another tells who waited
	// that there was a load meanwhile.
	failed atomic.Pointer[error]

	mu    sync.Mutex
	bound []*compiled // guarded by mu; the latest last, at most boundMax
}

// boundMax is how many catalogs of open transactions are kept.
const boundMax = 4

func (c *catalogs) init() { c.turn = make(chan struct{}, 1) }

// at returns the compiled catalog that a reader of a stamp decides with, or nil if it is not at hand.
func (c *catalogs) at(stamp store.Stamp, bound bool) *compiled {
	if newest := c.newest.Load(); newest != nil && newest.serves(stamp) {
		return newest
	}
	if bound {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, k := range c.bound {
			if k.serves(stamp) {
				return k
			}
		}
	}
	return nil
}

// catalog returns the compiled catalog to begin with, loading the first. What is then read tells whether it serves.
func (e *Engine) catalog(ctx context.Context) (*compiled, error) {
	c := &e.shared.catalogs
	newest := c.newest.Load()
	if e.st.Limits().Bound {
		if k := c.recent.Load(); k != nil && (newest == nil || k.stamp.Revision > newest.stamp.Revision) {
			return k, nil
		}
	}
	if newest != nil {
		return newest, nil
	}
	return e.reload(ctx, nil)
}

// reload loads the documents that changed, once for all who wait. A nil stamp asks for any catalog; another, for one that
// a reader of that stamp may decide with. A load that failed fails all who waited for it: one after the other they would wait for
// a store that is down as often as there are callers. But where it was the context of who loaded that ended, the next tries.
func (e *Engine) reload(ctx context.Context, want *store.Stamp) (*compiled, error) {
	c := &e.shared.catalogs
	if e.st.Limits().Bound { // it sees documents nobody else does, and must not make others wait for its database
		return e.reloadBound(ctx, want)
	}
	before := c.failed.Load()
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if newest := c.newest.Load(); newest != nil && (want == nil || newest.serves(*want)) {
		return newest, nil
	}
	if failed := c.failed.Load(); failed != nil && failed != before {
		return nil, *failed
	}
	k, err := e.load(ctx, want)
	if err != nil {
		if ctx.Err() == nil && !overdue(ctx) {
			c.failed.Store(&err)
		}
		return nil, err
	}
	c.failed.Store(nil)
	c.newest.Store(k)
	return k, nil
}

// overdue reports whether a context's time is over, which what goes by its deadline may find before it says so itself.
func overdue(ctx context.Context) bool {
	deadline, limited := ctx.Deadline()
	return limited && !time.Now().Before(deadline)
}

// reloadBound is reload inside of a transaction.
func (e *Engine) reloadBound(ctx context.Context, want *store.Stamp) (*compiled, error) {
	c := &e.shared.catalogs
	k, err := e.load(ctx, want)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bound = append(c.bound, k)
	if len(c.bound) > boundMax {
		c.bound = c.bound[1:]
	}
	return k, nil
}

// An ofCatalog is an error of the catalog, which is about nobody's rows, whatever it matches.
type ofCatalog struct{ error }

func (e ofCatalog) Unwrap() error { return e.error }

// load is read with its errors marked.
func (e *Engine) load(ctx context.Context, want *store.Stamp) (*compiled, error) {
	k, err := e.read(ctx, want)
	if err != nil {
		return nil, ofCatalog{err}
	}
	return k, nil
}

// read reads what changed since the newest compiled catalog, or everything where that is of another history.
func (e *Engine) read(ctx context.Context, want *store.Stamp) (*compiled, error) {
	base := e.shared.catalogs.newest.Load()
	if base == nil || want != nil && want.Revision <= base.stamp.Revision {
		empty, err := catalog.Empty()
		if err != nil {
			return nil, err
		}
		base = &compiled{Catalog: empty}
	}
	docs, stamp, err := e.st.Docs(ctx, base.stamp.Revision)
	if err != nil {
		return nil, wrap(err)
	}
	stored := make([]catalog.Stored, 0, len(docs))
	for _, d := range docs {
		s, err := catalog.Decode(string(d.Kind), d.Revision, d.Body)
		if err != nil {
			return nil, fmt.Errorf("engine: document %s %s: %w", d.Kind, d.Code, unreadable(err))
		}
		stored = append(stored, s)
	}
	next, err := base.Apply(stamp.Revision, stored...)
	if err != nil {
		return nil, fmt.Errorf("engine: catalog at revision %d: %w", stamp.Revision, unreadable(err))
	}
	e.shared.log.DebugContext(ctx, "catalog loaded", "revision", stamp.Revision)
	return &compiled{stamp, e.st.Limits().Bound, next}, nil
}

// unreadable gives a fault of stored documents the meaning that the store's own would have. What it is can be read and not matched:
// no caller may take it for a fault of what was given.
func unreadable(err error) error {
	is := store.ErrCorrupt
	if errors.Is(err, catalog.ErrFormat) {
		is = store.ErrUnsupported
	}
	return fmt.Errorf("%w: %v", is, err)
}

// agree returns the catalog to decide with after a Load that read stamp with have. again says that what was loaded was
// loaded for another catalog, and must be loaded once more.
func (e *Engine) agree(ctx context.Context, have *compiled, stamp store.Stamp) (use *compiled, again bool, err error) {
	c, bound := &e.shared.catalogs, e.st.Limits().Bound
	if use = have; !have.serves(stamp) {
		if use = c.at(stamp, bound); use == nil {
			if use, err = e.reload(ctx, &stamp); err != nil {
				return nil, false, err
			}
		}
	}
	if bound && c.recent.Load() != use {
		c.recent.Store(use)
	}
	return use, use != have, nil
}
