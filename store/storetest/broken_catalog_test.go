package storetest

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

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
				return h.Store.Docs(ctx, after-1)
			}
		}},
		{fails: "catalog/doc at", how: "always the newest", make: func(h *hooked) {
			h.docAt = func(ctx context.Context, kind store.DocKind, code string, _ int64) (store.Doc, error) {
				return h.Store.DocAt(ctx, kind, code, math.MaxInt64)
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
			return store.Stamp{}, store.ErrStale
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

// linger lets other goroutines meet this one.
func linger() {
	for range 200 {
		runtime.Gosched()
	}
}

func brokenRaces() []brokenStore {
	return []brokenStore{
		{fails: "race/one user", how: "versions are compared before the commit", racy: true, make: func(h *hooked) {
			h.eachUnit(func(u *store.Unit) {
				if v := h.version(u.User); v == u.Version && len(u.Put)+len(u.Take) == 0 {
					linger()
					u.Version = h.version(u.User)
				}
			})
		}},
		{fails: "race/one counter", how: "the bound is compared before the commit", racy: true, make: func(h *hooked) {
			h.eachTake(func(t *store.Take) {
				if used := h.used(t.Counter); t.N == 1 && used < t.Max {
					linger()
					t.Max = max(t.Max, h.used(t.Counter)+1)
				}
			})
		}},
		{fails: "race/crossing counters", how: "counters are locked as they are named", racy: true, make: func(h *hooked) {
			var forward, backward atomic.Int32
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				if len(units) == 1 && len(units[0].Take) == 2 {
					mine, other := &forward, &backward
					if units[0].Take[0].Counter > units[0].Take[1].Counter {
						mine, other = other, mine
					}
					mine.Add(1)
					defer mine.Add(-1)
					linger()
					if other.Load() > 0 {
						return nil, errBroken
					}
				}
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "race/one catalog", how: "stamps are compared before the put", racy: true, make: func(h *hooked) {
			h.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
				if _, now, err := h.Store.Docs(ctx, 0); err == nil && now == old {
					linger()
					_, old, _ = h.Store.Docs(ctx, 0)
				}
				return h.Store.PutDocs(ctx, old, docs...)
			}
		}},
		{fails: "race/one version", how: "each part is read by itself", racy: true, make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				snap, err := h.Store.Load(ctx, r)
				for i := range snap.States {
					if k := r.Keys[i]; len(k.Parts) == 2 {
						for n := 0; n < 2000 && h.version(k.User) == snap.States[i].Version; n++ {
							runtime.Gosched()
						}
						k.Parts = slices.Clone(k.Parts[1:])
						later, _ := h.Store.Load(ctx, store.Request{Keys: []store.Key{k}})
						if rows := snap.States[i].Rows; len(rows) == 2 && len(later.States) == 1 && len(later.States[0].Rows) == 1 {
							rows[1] = later.States[0].Rows[0]
						}
					}
				}
				return snap, err
			}
		}},
	}
}
