package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
)

// A fakeDB is a database with transactions, made of stores in memory: what was committed is a list of operations, and what
// is seen is a store that all of them were played on, those of the transaction last. It is slow, and small enough to be
// seen through. Rows are locked by name, as a server database does it; with one writer there is a single lock.
type fakeDB struct {
	oneWriter bool
	mu        sync.Mutex
	ended     *sync.Cond         // of mu; a transaction has ended, or somebody's context
	log       []fakeOp           // what was committed; guarded by mu
	locks     map[string]*fakeTx // who holds what; guarded by mu
	outside   played             // guarded by mu
}

// played is a store that the first operations of the log were played on, and then those of a transaction.
type played struct {
	*memory.Store
	ops int
}

// A fakeOp is units that were written, or documents that were put.
type fakeOp struct {
	units []store.Unit
	old   store.Stamp
	docs  []store.Doc
}

// A fakeTx is one transaction, and the store in it. The store outside is one that ends with each call.
type fakeTx struct {
	db     *fakeDB
	log    []fakeOp
	inside played
	bound  bool
	// hasty says that a user who is held is answered Moved.
	hasty bool
}

func newFakeDB(oneWriter bool) *fakeDB {
	db := &fakeDB{oneWriter: oneWriter, locks: make(map[string]*fakeTx)}
	db.ended = sync.NewCond(&db.mu)
	return db
}

func (db *fakeDB) transactions() Transactions {
	return Transactions{Store: fakeOutside{db}, OneWriter: db.oneWriter, Begin: func(ctx context.Context) (Transaction, error) {
		tx := &fakeTx{db: db, bound: true}
		db.mu.Lock()
		defer db.mu.Unlock()
		if db.oneWriter {
			if err := tx.lock(ctx, "all"); err != nil {
				return Transaction{}, err
			}
		}
		return Transaction{Store: tx, Commit: func() error { return tx.end(true) }, Rollback: func() error { return tx.end(false) }}, nil
	}}
}

// lock waits until names are this transaction's, one after the other. db.mu is held.
func (tx *fakeTx) lock(ctx context.Context, names ...string) error {
	stop := context.AfterFunc(ctx, func() {
		tx.db.mu.Lock()
		defer tx.db.mu.Unlock()
		tx.db.ended.Broadcast()
	})
	defer stop()
	for _, name := range names {
		if tx.db.oneWriter {
			name = "all"
		}
		for holder := tx.db.locks[name]; holder != nil && holder != tx; holder = tx.db.locks[name] {
			if err := ctx.Err(); err != nil {
				return err
			}
			tx.db.ended.Wait()
		}
		tx.db.locks[name] = tx
	}
	return ctx.Err()
}

// end gives up the locks, and keeps what was written or not.
func (tx *fakeTx) end(keep bool) error {
	tx.db.mu.Lock()
	defer tx.db.mu.Unlock()
	tx.finish(keep)
	return nil
}

// finish is end with db.mu held.
func (tx *fakeTx) finish(keep bool) {
	if keep {
		tx.db.log = append(tx.db.log, tx.log...)
	}
	if keep && !tx.bound {
		tx.db.outside.ops += len(tx.log) // it wrote on what is seen outside
	}
	tx.log = nil
	for name, holder := range tx.db.locks {
		if holder == tx {
			delete(tx.db.locks, name)
		}
	}
	tx.db.ended.Broadcast()
}

// sight is the store as the transaction sees it, to read and to write on. db.mu is held.
func (tx *fakeTx) sight() *memory.Store {
	seen := &tx.inside
	if !tx.bound {
		seen = &tx.db.outside
	}
	if seen.Store == nil || seen.ops != len(tx.db.log) {
		*seen = played{tx.play(), len(tx.db.log)}
	}
	return seen.Store
}

func (tx *fakeTx) play() *memory.Store {
	m, ctx := memory.New(), context.Background()
	for _, op := range slices.Concat(tx.db.log, tx.log) {
		results, err := m.Commit(ctx, op.units...)
		if len(op.docs) > 0 {
			_, err = m.PutDocs(ctx, op.old, op.docs...)
		}
		for _, r := range results {
			if err == nil && !r.Written() {
				err = fmt.Errorf("answered %+v", r)
			}
		}
		if err != nil {
			panic(fmt.Sprint("what was written once cannot be written again: ", err))
		}
	}
	return m
}

func (tx *fakeTx) Limits() store.Limits {
	return store.Limits{Units: 4, Rows: 200, RowsPerUnit: 64, Bound: tx.bound}
}

func (tx *fakeTx) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	if err := errors.Join(store.CheckRequest(r), tx.Limits().CheckRequest(r)); err != nil {
		return store.Snapshot{}, err
	}
	tx.db.mu.Lock()
	defer tx.db.mu.Unlock()
	for i := 0; tx.bound && r.ForUpdate && i < len(r.Keys); i++ {
		if err := tx.lock(ctx, "user "+r.Keys[i].User); err != nil {
			return store.Snapshot{}, &store.Error{Op: "load", Err: err}
		}
	}
	return tx.sight().Load(ctx, r)
}

func (tx *fakeTx) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	if err := errors.Join(store.Check(units...), tx.Limits().Check(units...)); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, &store.Error{Op: "commit", Err: err}
	}
	tx.db.mu.Lock()
	defer tx.db.mu.Unlock()
	results := make([]store.Result, len(units))
	var names, counters []string
	for i, u := range units {
		holder := tx.db.locks["user "+u.User]
		if results[i].Moved = tx.hasty && holder != nil && holder != tx; results[i].Moved {
			continue
		}
		names = append(names, "user "+u.User)
		for _, t := range u.Take {
			counters = append(counters, "counter "+t.Counter)
		}
	}
	slices.Sort(counters)
	err := tx.lock(ctx, append(names, counters...)...)
	if err != nil {
		err = &store.Error{Op: "commit", Err: err}
	} else {
		err = tx.write(ctx, units, results)
	}
	if !tx.bound {
		tx.finish(err == nil)
	}
	return results, err
}

// write fills in the results that are not there yet.
func (tx *fakeTx) write(ctx context.Context, units []store.Unit, results []store.Result) error {
	var free []store.Unit
	for i, u := range units {
		if !results[i].Moved {
			free = append(free, u)
		}
	}
	some, err := tx.sight().Commit(ctx, free...)
	if err != nil {
		return err
	}
	var op fakeOp
	for i, u := range units {
		if !results[i].Moved {
			results[i], some = some[0], some[1:]
			if results[i].Written() {
				op.units = append(op.units, copied(u))
			}
		}
	}
	tx.log = append(tx.log, op)
	return nil
}

// copied is a unit that shares nothing with its caller's.
func copied(u store.Unit) store.Unit {
	u.Insert, u.Put, u.Delete, u.Take = slices.Clone(u.Insert), slices.Clone(u.Put), slices.Clone(u.Delete), slices.Clone(u.Take)
	for _, rows := range [][]store.Row{u.Insert, u.Put} {
		for i, r := range rows {
			rows[i] = r.Clone()
		}
	}
	return u
}

func (tx *fakeTx) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		tx.db.mu.Lock()
		m := tx.sight() // a list may see what is written behind its back
		tx.db.mu.Unlock()
		m.List(ctx, q)(yield)
	}
}

func (tx *fakeTx) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	tx.db.mu.Lock()
	defer tx.db.mu.Unlock()
	return tx.sight().Docs(ctx, after)
}

func (tx *fakeTx) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
	tx.db.mu.Lock()
	defer tx.db.mu.Unlock()
	return tx.sight().DocAt(ctx, kind, code, revision)
}

func (tx *fakeTx) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	if err := store.CheckDocs(docs...); err != nil {
		return store.Stamp{}, err
	}
	tx.db.mu.Lock()
	defer tx.db.mu.Unlock()
	err := tx.lock(ctx, "catalog")
	var next store.Stamp
	if err != nil {
		err = &store.Error{Op: "put", Err: err}
	} else {
		next, err = tx.sight().PutDocs(ctx, old, docs...)
	}
	if err == nil {
		op := fakeOp{old: old, docs: slices.Clone(docs)}
		for i := range op.docs {
			op.docs[i].Body = slices.Clone(docs[i].Body)
		}
		tx.log = append(tx.log, op)
	}
	if !tx.bound {
		tx.finish(err == nil)
	}
	return next, err
}

// A fakeOutside is the store outside of transactions: each call is one of its own.
type fakeOutside struct{ db *fakeDB }

// once is the transaction of one call.
func (o fakeOutside) once() *fakeTx { return &fakeTx{db: o.db} }

func (o fakeOutside) Limits() store.Limits { return o.once().Limits() }

func (o fakeOutside) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	return o.once().Load(ctx, r)
}

func (o fakeOutside) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	tx := o.once()
	tx.hasty = len(units) > 1 && !o.db.oneWriter
	return tx.Commit(ctx, units...)
}

func (o fakeOutside) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return o.once().List(ctx, q)
}

func (o fakeOutside) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	return o.once().Docs(ctx, after)
}

func (o fakeOutside) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
	return o.once().DocAt(ctx, kind, code, revision)
}

func (o fakeOutside) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	return o.once().PutDocs(ctx, old, docs...)
}

// TestRunBound_passesAFakeDatabase shows that the cases can be kept, with one writer and with many.
func TestRunBound_passesAFakeDatabase(t *testing.T) {
	for name, oneWriter := range map[string]bool{"many writers": false, "one writer": true} {
		t.Run(name, func(t *testing.T) {
			RunBound(t, func(*testing.T) Transactions { return newFakeDB(oneWriter).transactions() })
		})
	}
	t.Run("outside", func(t *testing.T) {
		Run(t, func(*testing.T) store.Store { return newFakeDB(false).transactions().Store })
	})
}
