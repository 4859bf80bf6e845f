package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/guerdon-go/guerdon/store"
)

// errorCases are about what an error is; which one it is the cases of each method ask.
func errorCases() []testCase {
	return []testCase{
		{name: "error/refused", clause: "Errors", run: errorRefused,
			sentence: "An error is an *Error with the operation, and leads to one of the sentinels where the contract has one."},
		{name: "error/cancelled", clause: "Errors", run: errorCancelled,
			sentence: "The error of a call whose context is done is an *Error with the operation, and leads to the context's."},
		{name: "error/corrupt", clause: "Errors", run: errorCorrupt, raises: true,
			sentence: "ErrCorrupt comes in an *Error with the operation."},
	}
}

// explained wants an error that leads to a sentinel to do so in an *Error of the operation.
func (e *env) explained(op string, err, sentinel error) {
	e.Helper()
	var detail *store.Error
	if errors.Is(err, sentinel) && (!errors.As(err, &detail) || detail.Op != op || !errors.Is(detail, sentinel)) {
		e.Errorf("%s: %T (%v), want an *Error with that Op which leads to %v", op, err, err, sentinel)
	}
}

// listError is the error that ends a list.
func (e *env) listError(ctx context.Context, q store.Query) (err error) {
	for _, err = range e.store().List(ctx, q) {
	}
	return err
}

func errorRefused(e *env) {
	ctx, s := e.Context(), e.store()
	many := make([]store.Key, s.Limits().Units+1)
	for i := range many {
		many[i].User = fmt.Sprintf("u%09d", i)
	}
	for want, r := range map[error]store.Request{
		store.ErrTooLarge:    {Keys: many},
		store.ErrInvalid:     {Keys: []store.Key{{}}},
		store.ErrUnsupported: {Keys: []store.Key{{User: "u", Parts: []store.Part{{Kind: "later", IDs: []string{"1"}}}}}},
	} {
		_, err := s.Load(ctx, r)
		e.explained("load", err, want)
	}
	large := unit("u", 0, "1")
	for i := range int64(s.Limits().RowsPerUnit) {
		large.Delete = append(large.Delete, store.RowKey{Kind: store.KindTask, User: "u", ID: store.TaskRowID("t", i)})
	}
	for want, u := range map[error]store.Unit{
		store.ErrTooLarge:    large,
		store.ErrInvalid:     {User: "u"},
		store.ErrUnsupported: unit("u", 0, "1", unknownRow{record("u", "t", 1)}),
	} {
		_, err := s.Commit(ctx, u)
		e.explained("commit", err, want)
	}
	e.explained("list", e.listError(ctx, store.Query{Index: "no/such"}), store.ErrUnsupported)
	e.explained("list", e.listError(ctx, store.Query{Index: store.IndexRewardOpen, Limit: -1}), store.ErrInvalid)
	_, err := s.DocAt(ctx, "task", "t", 1)
	e.explained("docs", err, store.ErrNotFound)
	_, err = s.PutDocs(ctx, store.Stamp{Revision: 1}, doc("t", "1"))
	e.explained("put", err, store.ErrStale)
	_, err = s.PutDocs(ctx, store.Stamp{}, doc("", "1"))
	e.explained("put", err, store.ErrInvalid)
}

func errorCancelled(e *env) {
	ctx, cancel := context.WithCancel(e.Context())
	cancel()
	s := e.store()
	_, err := s.Load(ctx, store.Request{Keys: []store.Key{{User: "u"}}})
	e.explained("load", err, context.Canceled)
	_, err = s.Commit(ctx, unit("u", 0, "1"))
	e.explained("commit", err, context.Canceled)
	e.explained("list", e.listError(ctx, store.Query{Index: store.IndexRewardOpen}), context.Canceled)
	_, _, err = s.Docs(ctx, 0)
	e.explained("docs", err, context.Canceled)
	_, err = s.DocAt(ctx, "task", "t", 1)
	e.explained("docs", err, context.Canceled)
	_, err = s.PutDocs(ctx, store.Stamp{}, doc("t", "1"))
	e.explained("put", err, context.Canceled)
}

func errorCorrupt(e *env) {
	e.write(unit("u", 0, "1"))
	_, err := e.store().Commit(e.Context(), unit("u", e.version("u"), "1"))
	e.explained("commit", err, store.ErrCorrupt)
}
