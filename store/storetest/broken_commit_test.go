package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/guerdon-go/guerdon/store"
)

// ghost commits takes as a user of its own.
func (h *hooked) ghost(take ...store.Take) {
	v := h.version("~ghost")
	_, _ = h.Store.Commit(context.Background(), takes("~ghost", v, fmt.Sprint(v), take...))
}

// oneByOne commits units singly; then may change each answer and say that no more is applied. After an error in between it
// says, if honest, that its outcome is unknown.
func (h *hooked) oneByOne(honest bool, then func(r store.Result, done *bool) store.Result) {
	h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
		if err := store.Check(units...); err != nil {
			return nil, err
		}
		done := false
		var results []store.Result
		for _, u := range units {
			var r store.Result
			if !done {
				one, err := h.Store.Commit(ctx, u)
				if err != nil && honest && len(results) > 0 {
					return nil, errors.Join(store.ErrUnknown, err)
				} else if err != nil {
					return nil, err
				}
				r = one[0]
			}
			results = append(results, then(r, &done))
		}
		return results, ctx.Err()
	}
}

func isThere(h *hooked, key store.RowKey) bool {
	snap, err := h.Store.Load(context.Background(), store.Request{Keys: []store.Key{{User: key.User, Parts: []store.Part{{Kind: key.Kind, IDs: []string{key.ID}}}}}})
	return err == nil && len(snap.States[0].Rows) > 0
}

func brokenCommits() []brokenStore {
	return append([]brokenStore{
		{fails: "commit/version", how: "a cause alone counts twice", make: func(h *hooked) {
			h.eachResult(func(u store.Unit, r *store.Result) {
				if r.Written() && len(u.Put)+len(u.Take) == 0 {
					v := h.version(u.User)
					_, _ = h.Store.Commit(context.Background(), unit(u.User, v, fmt.Sprint("bump", v)))
				}
			})
		}},
		{fails: "commit/put", how: "only creates", make: func(h *hooked) {
			h.eachUnit(func(u *store.Unit) {
				u.Put = slices.DeleteFunc(u.Put, func(r store.Row) bool {
					t, ok := r.(*store.TaskRow)
					return ok && t.Task == "t" && isThere(h, r.Key())
				})
			})
		}},
		{fails: "commit/delete", how: "ignored", make: func(h *hooked) {
			h.eachUnit(func(u *store.Unit) {
				u.Delete = slices.DeleteFunc(u.Delete, func(k store.RowKey) bool { return k.Kind == store.KindTask })
			})
		}},
		{fails: "commit/delete of an absent row", how: "an error", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				for _, u := range units {
					for _, key := range u.Delete {
						if key.ID == record("u", "never", 0).Key().ID && u.Version == h.version(u.User) && !isThere(h, key) {
							return nil, errBroken
						}
					}
				}
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "commit/several users", how: "the rest is forgotten after one that moved", make: func(h *hooked) {
			h.oneByOne(true, func(r store.Result, done *bool) store.Result {
				*done = *done || r.Moved
				return r
			})
		}},
		{fails: "commit/no units", how: "an error", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				if len(units) == 0 {
					return nil, errBroken
				}
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "commit/64 rows", how: "at most 32", make: func(h *hooked) { h.limits.RowsPerUnit = 32 }},
		{fails: "commit/too large", how: "no limit", make: func(h *hooked) { h.laxCommit = true }},
	}, brokenRefusals()...)
}

func brokenRefusals() []brokenStore {
	return []brokenStore{
		{fails: "refusal/moved", how: "takes all the same", make: func(h *hooked) {
			h.eachResult(func(u store.Unit, r *store.Result) {
				if r.Moved && len(u.Take) > 0 {
					h.ghost(u.Take...)
				}
			})
		}},
		{fails: "refusal/exhausted writes nothing", how: "writes its rows", make: func(h *hooked) {
			h.eachResult(func(u store.Unit, r *store.Result) {
				if len(r.Exhausted) > 0 && len(u.Put) > 0 {
					u.Take = nil
					_, _ = h.Store.Commit(context.Background(), u)
				}
			})
		}},
		{fails: "refusal/exhausted takes nothing", how: "takes from the others", make: func(h *hooked) {
			h.eachResult(func(u store.Unit, r *store.Result) {
				for _, k := range u.Take {
					if _, refused := r.Exhausted[k.Counter]; len(r.Exhausted) > 0 && !refused && k.N > 0 {
						h.ghost(k)
					}
				}
			})
		}},
		{fails: "refusal/hinders no other", how: "stops at the first exhausted one", make: func(h *hooked) {
			h.oneByOne(true, func(r store.Result, done *bool) store.Result {
				if *done {
					return store.Result{Moved: true}
				}
				*done = len(r.Exhausted) > 0
				return r
			})
		}},
		{fails: "refusal/moved before exhausted", how: "both", make: func(h *hooked) {
			h.eachResult(func(u store.Unit, r *store.Result) {
				if r.Moved && len(u.Take) > 0 {
					r.Exhausted = map[string]int64{u.Take[0].Counter: 0}
				}
			})
		}},
		{fails: "refusal/inserted twice", how: "passed over", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				results, err := h.Store.Commit(ctx, units...)
				if errors.Is(err, store.ErrCorrupt) && len(units) == 1 {
					return make([]store.Result, 1), nil
				}
				return results, err
			}
		}},
		{fails: "refusal/inserted twice among others", how: "those before it are written", make: func(h *hooked) {
			h.oneByOne(false, func(r store.Result, _ *bool) store.Result { return r })
		}},
		{fails: "refusal/repeat of an old unit", how: "causes are compared before versions", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				results, err := h.Store.Commit(ctx, units...)
				if err == nil && len(units) == 1 && results[0].Moved && isThere(h, units[0].Insert[0].Key()) {
					return nil, store.ErrCorrupt
				}
				return results, err
			}
		}},
		{fails: "refusal/invalid", how: "users put in order", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				units = slices.Clone(units)
				slices.SortFunc(units, func(a, b store.Unit) int { return cmp.Compare(a.User, b.User) })
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "refusal/invalid content", how: "an event is put right", make: func(h *hooked) {
			h.eachUnit(func(u *store.Unit) {
				for i, r := range u.Insert {
					set(r.Clone(), func(c *store.CauseRow) {
						if c.Event != nil {
							c.Event.Event.User, c.Event.Event.ID = c.User, c.ID
						}
						u.Insert[i] = c
					})
				}
			})
		}},
		{fails: "refusal/unknown kind", how: "left out", make: func(h *hooked) {
			h.eachUnit(func(u *store.Unit) {
				u.Put = slices.DeleteFunc(u.Put, func(r store.Row) bool { _, later := r.(unknownRow); return later })
			})
		}},
	}
}

func brokenCounters() []brokenStore {
	return []brokenStore{
		{fails: "keys/counters", how: "in lower case", make: func(h *hooked) {
			h.eachTake(func(t *store.Take) { t.Counter = strings.ToLower(t.Counter) })
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				names := r.Counters
				r.Counters = nil
				for _, n := range names {
					r.Counters = append(r.Counters, strings.ToLower(n))
				}
				snap, err := h.Store.Load(ctx, r)
				for _, n := range names {
					snap.Counters[n] = snap.Counters[strings.ToLower(n)]
				}
				return snap, err
			}
		}},
		{fails: "counter/bound", how: "a large first take is not compared", make: func(h *hooked) {
			h.eachTake(func(t *store.Take) {
				if t.N > 10 && h.used(t.Counter) == 0 {
					t.Max = math.MaxInt64
				}
			})
		}},
		{fails: "counter/what it could give", how: "always 0", make: func(h *hooked) {
			h.eachResult(func(_ store.Unit, r *store.Result) {
				for name := range r.Exhausted {
					r.Exhausted[name] = 0
				}
			})
		}},
		{fails: "counter/giving back", how: "refused by Max", make: func(h *hooked) {
			h.refuse(func(t store.Take) bool { return t.N < 0 && h.used(t.Counter)+t.N > t.Max })
		}},
		{fails: "counter/below zero", how: "stops at zero", make: func(h *hooked) {
			h.eachTake(func(t *store.Take) { t.N = max(t.N, -h.used(t.Counter)) })
		}},
		{fails: "counter/close", how: "ignored along with a take", make: func(h *hooked) {
			h.eachTake(func(t *store.Take) { t.Close = t.Close && t.N == 0 })
		}},
		{fails: "counter/giving back after close", how: "refused", make: func(h *hooked) {
			closed := make(map[string]bool)
			h.refuse(func(t store.Take) bool {
				if t.Close {
					closed[t.Counter] = true
				}
				return t.N < 0 && closed[t.Counter]
			})
		}},
		{fails: "counter/refused close", how: "closes all the same", make: func(h *hooked) {
			h.eachResult(func(u store.Unit, r *store.Result) {
				for _, k := range u.Take {
					if k.Close && len(r.Exhausted) > 0 {
						h.ghost(store.Take{Counter: k.Counter, Close: true})
					}
				}
			})
		}},
		{fails: "counter/large", how: "overflows", make: func(h *hooked) {
			h.eachTake(func(t *store.Take) {
				if used := h.used(t.Counter); t.N > 0 && used > math.MaxInt64-t.N {
					t.N = 0
				}
			})
		}},
		{fails: "counter/several users of one call", how: "only the first unit takes", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				units = slices.Clone(units)
				for i := 1; i < len(units); i++ {
					if !slices.ContainsFunc(units[i].Take, func(t store.Take) bool { return t.Max == 0 }) {
						units[i].Take = nil
					}
				}
				return h.Store.Commit(ctx, units...)
			}
		}},
	}
}

// refuse answers Exhausted for a single unit with such a take.
func (h *hooked) refuse(which func(t store.Take) bool) {
	h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
		for _, u := range units {
			for _, t := range u.Take {
				if len(units) == 1 && which(t) {
					return []store.Result{{Exhausted: map[string]int64{t.Counter: 0}}}, nil
				}
			}
		}
		return h.Store.Commit(ctx, units...)
	}
}
