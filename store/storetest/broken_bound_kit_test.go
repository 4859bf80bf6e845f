package storetest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/guerdon-go/guerdon/store"
)

// A watchedDB is a fake database with what a test puts before its methods, which knows what its open transactions have done.
type watchedDB struct {
	watchedStore
	fake    Transactions
	mu      sync.Mutex
	open    []*watchedTx // guarded by mu
	meeting meeting
	// begun alters each transaction as it begins.
	begun func(x *watchedTx)
}

// A watchedStore is a store, outside or in a transaction, and what is put before its methods.
type watchedStore struct {
	store.Store
	load   func(context.Context, store.Request) (store.Snapshot, error)
	commit func(context.Context, ...store.Unit) ([]store.Result, error)
	list   func(context.Context, store.Query) iter.Seq2[store.Row, error]
	put    func(context.Context, store.Stamp, ...store.Doc) (store.Stamp, error)
	docs   func(context.Context, int64) ([]store.Doc, store.Stamp, error)
	limits store.Limits
}

// A watchedTx is a transaction of it.
type watchedTx struct {
	watchedStore
	db *watchedDB
	// read and held are users that were loaded, held those for an update, or written. Guarded by db.mu, as what follows.
	read, held []string
	took       map[string]int64
	rows       []store.Row
	refused    bool
	wasPut     bool
	// ending is called before the transaction ends. An error rolls it back.
	ending func(keep bool) error
}

func watch(s store.Store) watchedStore {
	return watchedStore{Store: s, load: s.Load, commit: s.Commit, list: s.List, put: s.PutDocs, docs: s.Docs, limits: s.Limits()}
}

func (w *watchedStore) Limits() store.Limits { return w.limits }

func (w *watchedStore) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	return w.load(ctx, r)
}

func (w *watchedStore) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	return w.commit(ctx, units...)
}

func (w *watchedStore) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return w.list(ctx, q)
}

func (w *watchedStore) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	return w.put(ctx, old, docs...)
}

func (w *watchedStore) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	return w.docs(ctx, after)
}

func newWatchedDB(oneWriter bool) *watchedDB {
	fake := newFakeDB(oneWriter).transactions()
	return &watchedDB{fake: fake, watchedStore: watch(fake.Store), begun: func(*watchedTx) {}}
}

func (db *watchedDB) transactions() Transactions {
	return Transactions{Store: &db.watchedStore, OneWriter: db.fake.OneWriter, Begin: db.begin}
}

func (db *watchedDB) begin(ctx context.Context) (Transaction, error) {
	tx, err := db.fake.Begin(ctx)
	if err != nil {
		return tx, err
	}
	x := &watchedTx{watchedStore: watch(tx.Store), db: db, took: map[string]int64{}, ending: func(bool) error { return nil }}
	db.mu.Lock()
	db.open = append(db.open, x)
	db.mu.Unlock()
	db.begun(x)
	tx.Store = x
	commit, rollback := tx.Commit, tx.Rollback
	tx.Commit = func() error { return x.end(commit, rollback, true) }
	tx.Rollback = func() error { return x.end(rollback, rollback, false) }
	return tx, nil
}

func (x *watchedTx) end(end, rollback func() error, keep bool) error {
	err := x.ending(keep)
	x.db.mu.Lock()
	x.db.open = slices.DeleteFunc(x.db.open, func(o *watchedTx) bool { return o == x })
	x.db.mu.Unlock()
	if err != nil {
		end = rollback
	}
	if failed := end(); failed != nil {
		return failed
	}
	return err
}

// Load notes who was loaded before it calls what may wait.
func (x *watchedTx) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	x.db.mu.Lock()
	for _, k := range r.Keys {
		if r.ForUpdate {
			x.held = append(x.held, k.User)
		} else {
			x.read = append(x.read, k.User)
		}
	}
	x.db.mu.Unlock()
	return x.load(ctx, r)
}

// Commit notes what was written.
func (x *watchedTx) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	results, err := x.commit(ctx, units...)
	x.db.mu.Lock()
	defer x.db.mu.Unlock()
	for i, r := range results {
		x.refused = x.refused || !r.Written()
		if r.Written() {
			x.held, x.rows = append(x.held, units[i].User), append(x.rows, units[i].Put...)
			for _, t := range units[i].Take {
				x.took[t.Counter] += t.N
			}
		}
	}
	return results, err
}

// PutDocs notes that documents were put.
func (x *watchedTx) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	x.db.mu.Lock()
	x.wasPut = true
	x.db.mu.Unlock()
	return x.put(ctx, old, docs...)
}

// anyOpen reports whether f holds for an open transaction.
func (db *watchedDB) anyOpen(f func(x *watchedTx) bool) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.ContainsFunc(db.open, f)
}

// known reports whether a user is there, below what is altered.
func (db *watchedDB) known(user string) bool {
	snap, err := db.fake.Store.Load(context.Background(), store.Request{Keys: []store.Key{{User: user}}})
	return err == nil && snap.States[0].Version > 0
}

// afterOthers makes a transaction for which f holds end when what goes on beside it has.
func (x *watchedTx) afterOthers(f func() bool) {
	x.ending = func(bool) error {
		if f() {
			x.db.meeting.alone()
		}
		return nil
	}
}

// boundFailures runs a case on a database and gives what it found.
func boundFailures(t *testing.T, c boundCase, db *watchedDB) []string {
	r := &recorder{ctx: t.Context()}
	func() {
		defer func() {
			if p := recover(); p != nil && p != (stopped{}) {
				r.fail(fmt.Sprint("panic: ", p))
			}
		}()
		c.play(r, db.transactions(), db.meeting.change)
	}()
	return r.failures
}
