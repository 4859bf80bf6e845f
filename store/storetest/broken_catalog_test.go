package storetest

import (
	"context"
	"math"
	"sync"
	"unicode/utf8"

	"github.com/guerdon-go/guerdon/store"
)

func brokenCatalogs() []brokenStore {
	return []brokenStore{
		{fails: "catalog/empty", how: "revision 1", make: func(h *hooked) {
			h.docs = func(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
				docs, stamp, err := h.Store.Docs(ctx, after)
				stamp.Revision = max(1, stamp.Revision)
				return docs, stamp, err
			}
		}},
		{fails: "catalog/put", how: "documents without their revision", make: func(h *hooked) {
			h.docs = func(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
				docs, stamp, err := h.Store.Docs(ctx, after)
				for i := range docs {
					docs[i].Revision = 0
				}
				return docs, stamp, err
			}
		}},
		{fails: "catalog/put nothing", how: "a new revision", make: func(h *hooked) {
			h.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
				stamp, err := h.Store.PutDocs(ctx, old, docs...)
				if len(docs) == 0 {
					stamp.Revision++
				}
				return stamp, err
			}
		}},
		{fails: "catalog/stale", how: "hashes are not compared", make: func(h *hooked) {
			h.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
				if _, now, err := h.Store.Docs(context.Background(), math.MaxInt64); err == nil && now.Revision == old.Revision {
					old = now
				}
				return h.Store.PutDocs(ctx, old, docs...)
			}
		}},
		{fails: "catalog/chained", how: "the hash is of the last put", make: brokenChain},
		{fails: "catalog/docs after", how: "inclusive", make: func(h *hooked) {
			h.docs = func(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
				if after > 0 {
					after--
				}
				return h.Store.Docs(ctx, after)
			}
		}},
		{fails: "catalog/docs after any number", how: "the one after the greatest is the least", make: func(h *hooked) {
			h.docs = func(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
				if after == math.MaxInt64 {
					after = 0
				}
				return h.Store.Docs(ctx, after)
			}
		}},
		{fails: "catalog/doc at", how: "always the newest", make: func(h *hooked) {
			h.docAt = func(ctx context.Context, kind store.DocKind, code string, _ int64) (store.Doc, error) {
				return h.Store.DocAt(ctx, kind, code, math.MaxInt64)
			}
		}},
		{fails: "catalog/no such name", how: "an error of the database", make: func(h *hooked) {
			h.docAt = func(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
				if !utf8.ValidString(code) {
					return store.Doc{}, errBroken
				}
				return h.Store.DocAt(ctx, kind, code, revision)
			}
		}},
		{fails: "catalog/invalid", how: "the last of two counts", make: func(h *hooked) {
			h.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
				if len(docs) == 2 && docs[0].Kind == docs[1].Kind && docs[0].Code == docs[1].Code {
					docs = docs[1:]
				}
				return h.Store.PutDocs(ctx, old, docs...)
			}
		}},
		{fails: "catalog/ownership", how: "a body is handed out twice", make: func(h *hooked) {
			var first store.Doc
			h.docAt = func(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
				d, err := h.Store.DocAt(ctx, kind, code, revision)
				if err == nil && d.Code == first.Code && d.Revision == first.Revision && d.Kind == first.Kind {
					return first, nil
				}
				first = d
				return d, err
			}
		}},
		{fails: "context/cancelled", how: "a commit goes on", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				return h.Store.Commit(context.WithoutCancel(ctx), units...)
			}
		}},
	}
}

// brokenChain shows stamps whose hash is that of the documents put last.
func brokenChain(h *hooked) {
	var mu sync.Mutex
	shown := map[store.Stamp]store.Stamp{{}: {}} // by the one below
	below := map[store.Stamp]store.Stamp{{}: {}}
	h.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
		mu.Lock()
		defer mu.Unlock()
		under, ok := below[old]
		if !ok {
			return store.Stamp{}, &store.Error{Op: "put", Err: store.ErrStale}
		}
		stamp, err := h.Store.PutDocs(ctx, under, docs...)
		if err != nil || len(docs) == 0 {
			return old, err
		}
		shown[stamp] = store.Stamp{Revision: old.Revision}.Next(docs...)
		below[shown[stamp]] = stamp
		return shown[stamp], nil
	}
	h.docs = func(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
		docs, stamp, err := h.Store.Docs(ctx, after)
		mu.Lock()
		defer mu.Unlock()
		return docs, shown[stamp], err
	}
}
