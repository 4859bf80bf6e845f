package storetest

import (
	"context"
	"errors"

	"github.com/guerdon-go/guerdon/store"
)

func brokenErrors() []brokenStore {
	return []brokenStore{
		{fails: "error/refused", how: "a bare sentinel", make: func(h *hooked) {
			h.docAt = func(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
				d, err := h.Store.DocAt(ctx, kind, code, revision)
				if errors.Is(err, store.ErrNotFound) {
					err = store.ErrNotFound
				}
				return d, err
			}
		}},
		{fails: "error/refused", how: "another operation", make: func(h *hooked) {
			h.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
				stamp, err := h.Store.PutDocs(ctx, old, docs...)
				if errors.Is(err, store.ErrStale) {
					err = &store.Error{Op: "commit", Err: store.ErrStale}
				}
				return stamp, err
			}
		}},
		{fails: "error/cancelled", how: "the bare error of a context", make: func(h *hooked) {
			h.docs = func(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
				if err := ctx.Err(); err != nil {
					return nil, store.Stamp{}, err
				}
				return h.Store.Docs(ctx, after)
			}
		}},
		{fails: "error/corrupt", how: "a bare sentinel", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				results, err := h.Store.Commit(ctx, units...)
				if errors.Is(err, store.ErrCorrupt) {
					err = store.ErrCorrupt
				}
				return results, err
			}
		}},
	}
}
