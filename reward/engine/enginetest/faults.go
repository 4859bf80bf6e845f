package enginetest

import (
	"context"
	"errors"
	"iter"

	"github.com/guerdon-go/guerdon/store"
)

// A fault is what goes wrong with a storage call.
type fault int

const (
	fine fault = iota
	// fail: nothing was done.
	fail
	// lose: it was done, and the answer got lost.
	lose
	// tear: of several units only the first was written, and the answer got lost.
	tear
)

var errInjected = errors.New("injected fault")

// wrapped is a store whose calls are looked at, and may go wrong. Reads that get lost are reads that fail.
type wrapped struct {
	store.Store
	// next says what becomes of a call of an operation. It runs before the call.
	next func(op string) fault
	// limits, where set, are less than the store's.
	limits *store.Limits
}

// Limits are the store's, or less.
func (w *wrapped) Limits() store.Limits {
	if w.limits != nil {
		l, of := *w.limits, w.Store.Limits()
		return store.Limits{Units: min(l.Units, of.Units), Rows: min(l.Rows, of.Rows), RowsPerUnit: min(l.RowsPerUnit, of.RowsPerUnit), Bound: of.Bound}
	}
	return w.Store.Limits()
}

// Unwrap leads to the store.
func (w *wrapped) Unwrap() store.Store { return w.Store }

func allFine(string) fault { return fine }

func injected(op string, f fault) error {
	err := errInjected
	if f != fail {
		err = errors.Join(store.ErrUnknown, errInjected)
	}
	return &store.Error{Op: op, Err: err}
}

// Load fails, or loads.
func (w *wrapped) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	if f := w.next("load"); f != fine {
		return store.Snapshot{}, injected("load", fail)
	}
	return w.Store.Load(ctx, r)
}

// Commit fails, or commits and may say nothing of it.
func (w *wrapped) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	f := w.next("commit")
	switch {
	case f == fail:
		return nil, injected("commit", f)
	case f == tear && len(units) > 1:
		units = units[:1]
	}
	results, err := w.Store.Commit(ctx, units...)
	if f != fine && err == nil {
		return nil, injected("commit", f)
	}
	return results, err
}

// Docs fails, or reads.
func (w *wrapped) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	if f := w.next("docs"); f != fine {
		return nil, store.Stamp{}, injected("docs", fail)
	}
	return w.Store.Docs(ctx, after)
}

// DocAt fails, or reads.
func (w *wrapped) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
	if f := w.next("docat"); f != fine {
		return store.Doc{}, injected("docs", fail)
	}
	return w.Store.DocAt(ctx, kind, code, revision)
}

// PutDocs fails, or writes and may say nothing of it.
func (w *wrapped) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	f := w.next("put")
	if f == fail {
		return store.Stamp{}, injected("put", f)
	}
	stamp, err := w.Store.PutDocs(ctx, old, docs...)
	if f != fine && err == nil {
		return store.Stamp{}, injected("put", f)
	}
	return stamp, err
}

// List fails at once, or lists.
func (w *wrapped) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	if f := w.next("list"); f != fine {
		return func(yield func(store.Row, error) bool) { yield(nil, injected("list", fail)) }
	}
	return w.Store.List(ctx, q)
}
