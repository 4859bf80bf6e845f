package storetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/store"
)

func brokenLoads() []brokenStore {
	return []brokenStore{
		{fails: "load/a user never seen", how: "reading for a commit makes the user", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				snap, err := h.Store.Load(ctx, r)
				for i := range snap.States {
					if r.ForUpdate {
						snap.States[i].Version++
					}
				}
				return snap, err
			}
		}},
		{fails: "load/states in the order of keys", how: "reversed", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				snap, err := h.Store.Load(ctx, r)
				slices.Reverse(snap.States)
				return snap, err
			}
		}},
		{fails: "load/rows that are not there", how: "nil in their place", make: func(h *hooked) {
			h.eachState(func(k store.Key, st *store.State) {
				for _, p := range k.Parts {
					if slices.Contains(p.IDs, store.TaskRowID("gone", 0)) {
						st.Rows = append(st.Rows, nil)
					}
				}
			})
		}},
		{fails: "load/rows in the order of parts", how: "by kind", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				for i, k := range r.Keys {
					parts := slices.Clone(k.Parts)
					slices.SortStableFunc(parts, func(a, b store.Part) int { return cmp.Compare(a.Kind, b.Kind) })
					r.Keys = slices.Clone(r.Keys)
					r.Keys[i].Parts = parts
				}
				return h.Store.Load(ctx, r)
			}
		}},
		{fails: "load/many counters", how: "their number wraps", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				r.Counters = r.Counters[:uint16(len(r.Counters))]
				return h.Store.Load(ctx, r)
			}
		}},
		{fails: "load/counters", how: "zero ones left out", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				snap, err := h.Store.Load(ctx, r)
				for name, used := range snap.Counters {
					if used == 0 {
						delete(snap.Counters, name)
					}
				}
				return snap, err
			}
		}},
		{fails: "load/stamp", how: "always zero", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				snap, err := h.Store.Load(ctx, r)
				snap.Stamp = store.Stamp{}
				return snap, err
			}
		}},
		{fails: "load/too many keys", how: "no limit", make: func(h *hooked) { h.laxLoad = true }},
		{fails: "load/unknown kind", how: "left out", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				r.Keys = slices.Clone(r.Keys)
				for i := range r.Keys {
					r.Keys[i].Parts = slices.DeleteFunc(slices.Clone(r.Keys[i].Parts), func(p store.Part) bool {
						return p.Index == "" && !slices.Contains(store.Kinds(), p.Kind)
					})
				}
				return h.Store.Load(ctx, r)
			}
		}},
		{fails: "load/invalid request", how: "users put in order", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				r.Keys = slices.Clone(r.Keys)
				slices.SortFunc(r.Keys, func(a, b store.Key) int { return cmp.Compare(a.User, b.User) })
				return h.Store.Load(ctx, r)
			}
		}},
		{fails: "load/bounds in UTF-8", how: "what is not is cut out", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				p.Prefix, p.After = strings.ToValidUTF8(p.Prefix, ""), strings.ToValidUTF8(p.After, "")
			})
		}},
		{fails: "load page/order", how: "newest first", make: func(h *hooked) {
			h.eachState(func(k store.Key, st *store.State) {
				if len(k.Parts) == 1 && taskPage(k.Parts[0]) && k.User == "u" {
					slices.Reverse(st.Rows)
				}
			})
		}},
		{fails: "load page/after", how: "ignored", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				if utf8.ValidString(p.After) && strings.HasPrefix(p.Prefix, "u\x00") {
					p.After = ""
				}
			})
		}},
		{fails: "load page/after what Prefix has", how: "After says nothing then", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				if p.After > p.Prefix && !strings.HasPrefix(p.After, p.Prefix) {
					p.After = ""
				}
			})
		}},
		{fails: "load page/limit", how: "ignored", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				if strings.HasPrefix(p.Prefix, "u\x00") {
					p.Limit = 0
				}
			})
		}},
		{fails: "load page/prefix", how: "its last part ignored", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				if parts := strings.SplitN(p.Prefix, "\x00", 3); len(parts) == 3 {
					p.Prefix = parts[0] + "\x00" + parts[1] + "\x00"
				}
			})
		}},
		{fails: "load page/same version", how: "one commit behind", make: func(h *hooked) {
			h.eachState(func(k store.Key, st *store.State) {
				if n := len(st.Rows); len(k.Parts) == 1 && taskPage(k.Parts[0]) && n > 0 && n <= 3 {
					st.Rows = st.Rows[:n-1]
				}
			})
		}},
	}
}

// taskPage reports whether a part is all events of a task.
func taskPage(p store.Part) bool {
	return p.After == "" && p.Limit == 0 && strings.Count(p.Prefix, "\x00") == 2 && strings.HasSuffix(p.Prefix, "\x00")
}

func brokenRows() []brokenStore {
	forgets := func(kind, what string, f func(store.Row)) brokenStore {
		return brokenStore{fails: "rows/" + kind, how: what + " forgotten", make: func(h *hooked) { h.eachRow(f) }}
	}
	return []brokenStore{
		forgets("cause", "Due", func(r store.Row) { set(r, func(r *store.CauseRow) { r.Due = 0 }) }),
		forgets("task", "Level", func(r store.Row) { set(r, func(r *store.TaskRow) { r.Level = 0 }) }),
		forgets("tally", "Revision", func(r store.Row) { set(r, func(r *store.TallyRow) { r.Revision = 0 }) }),
		forgets("value", "Outer", func(r store.Row) { set(r, func(r *store.ValueRow) { r.Outer = 0 }) }),
		forgets("entitlement", "Live", func(r store.Row) { set(r, func(r *store.EntitlementRow) { r.Live = 0 }) }),
		forgets("reward", "Deadline", func(r store.Row) {
			set(r, func(r *store.RewardRow) {
				if r.Deadline.Year() == sampleTime(0).Year() {
					r.Deadline = time.Time{}
				}
			})
		}),
		forgets("cap", "the group's case", func(r store.Row) { set(r, func(r *store.CapRow) { r.Group = strings.ToLower(r.Group) }) }),
		forgets("transfer", "Reason", func(r store.Row) {
			set(r, func(r *store.TransferRow) {
				if r.Reason == sampleText && r.ID.Leg == 1 {
					r.Reason = ""
				}
			})
		}),
		forgets("balance", "Seq", func(r store.Row) { set(r, func(r *store.BalanceRow) { r.Seq = 0 }) }),
		{fails: "rows/instants", how: "in another zone", make: func(h *hooked) {
			h.eachRow(func(r store.Row) {
				set(r, func(r *store.TaskRow) { r.Created = r.Created.In(time.FixedZone("", 3600)) })
			})
		}},
		{fails: "rows/decimals", how: "through a float", make: func(h *hooked) {
			h.eachRow(func(r store.Row) {
				set(r, func(r *store.CapRow) {
					if r.Used.Value.NumDigits() <= 38 {
						r.Used.Value = decimal.NewFromFloat(r.Used.Value.InexactFloat64())
					}
				})
			})
		}},
		{fails: "rows/changed after they were handed over", how: "rows of the caller's are kept", make: brokenKeeps},
		{fails: "rows/changed after they were received", how: "rows are handed out twice", make: brokenShares},
		{fails: "keys/users", how: "trailing spaces are cut", make: func(h *hooked) {
			h.eachState(func(k store.Key, st *store.State) {
				if st.Version == 0 {
					st.Version = max(0, h.version(strings.TrimRight(k.User, " ")))
				}
			})
		}},
		{fails: "keys/ids", how: "found in lower case too", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				if p.Kind == store.KindCause && len(p.IDs) == 1 && strings.ToLower(p.IDs[0]) != p.IDs[0] {
					p.IDs = []string{p.IDs[0], strings.ToLower(p.IDs[0])}
				}
			})
		}},
		{fails: "keys/documents", how: "trailing spaces are cut", make: func(h *hooked) {
			h.docAt = func(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
				return h.Store.DocAt(ctx, kind, strings.TrimRight(code, " "), revision)
			}
		}},
	}
}

// set changes a row of one type.
func set[T any](r store.Row, f func(*T)) {
	if t, ok := r.(any).(*T); ok {
		f(t)
	}
}

// brokenKeeps reads back the rows its caller handed over.
func brokenKeeps(h *hooked) {
	var mu sync.Mutex
	kept := make(map[store.RowKey]store.Row)
	h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
		results, err := h.Store.Commit(ctx, units...)
		mu.Lock()
		defer mu.Unlock()
		for i, r := range results {
			for _, row := range slices.Concat(units[i].Insert, units[i].Put) {
				if r.Written() {
					kept[row.Key()] = row
				}
			}
		}
		return results, err
	}
	h.eachState(func(_ store.Key, st *store.State) {
		mu.Lock()
		defer mu.Unlock()
		for i, r := range st.Rows {
			if row := kept[r.Key()]; row != nil {
				if t, ok := r.(*store.TaskRow); ok && t.Sum != row.(*store.TaskRow).Sum {
					continue // another commit landed in between
				}
				st.Rows[i] = row.Clone()
			}
		}
	})
}

// brokenShares hands out the same rows until the next commit.
func brokenShares(h *hooked) {
	var mu sync.Mutex
	cache := make(map[store.RowKey]store.Row)
	h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		clear(cache)
		return h.Store.Commit(ctx, units...)
	}
	h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
		mu.Lock()
		defer mu.Unlock()
		snap, err := h.Store.Load(ctx, r)
		for _, st := range snap.States {
			for i, row := range st.Rows {
				if had := cache[row.Key()]; had != nil {
					st.Rows[i] = had
				}
				cache[row.Key()] = st.Rows[i]
			}
		}
		return snap, err
	}
}

var errBroken = errors.New("broken")
