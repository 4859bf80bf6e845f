package storetest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

// below is a whole index below the hooks.
func (h *hooked) below(q store.Query) []store.Row {
	var rows []store.Row
	for r, err := range h.Store.List(context.Background(), q) {
		if err == nil {
			rows = append(rows, r)
		}
	}
	return rows
}

func brokenLists() []brokenStore {
	return append([]brokenStore{
		{fails: "list/every index", how: "cause/task is empty", make: func(h *hooked) {
			h.eachList(func(q store.Query, rows []store.Row) []store.Row {
				if q.Index == store.IndexCauseTask && strings.HasPrefix(q.Prefix, "u\x00t\x00") {
					return nil
				}
				return rows
			})
		}},
		{fails: "list/order", how: "case does not count", make: func(h *hooked) {
			h.eachList(func(q store.Query, rows []store.Row) []store.Row {
				if q.Index == store.IndexRewardOpen {
					slices.SortStableFunc(rows, func(a, b store.Row) int {
						return strings.Compare(strings.ToLower(keyIn(q.Index, a)), strings.ToLower(keyIn(q.Index, b)))
					})
				}
				return rows
			})
		}},
		{fails: "list/entries move", how: "lapsed records stay open", make: func(h *hooked) {
			h.eachList(func(q store.Query, rows []store.Row) []store.Row {
				if q.Index == store.IndexRewardOpen {
					for _, r := range h.below(store.Query{Index: store.IndexRewardReward}) {
						if r.(*store.RewardRow).Status == reward.Lapsed {
							rows = append(rows, r)
						}
					}
				}
				return rows
			})
		}},
		{fails: "list/deleted rows", how: "stay", make: func(h *hooked) {
			var deleted []store.Row
			h.eachUnit(func(u *store.Unit) {
				for _, r := range h.below(store.Query{Index: store.IndexRewardReward}) {
					if slices.Contains(u.Delete, r.Key()) {
						deleted = append(deleted, r)
					}
				}
			})
			h.eachList(func(q store.Query, rows []store.Row) []store.Row { return append(rows, deleted...) })
		}},
		{fails: "list/left early", how: "keeps a connection", make: brokenPool},
		{fails: "list/store used inside", how: "a commit fails there", make: func(h *hooked) {
			var reading atomic.Int32
			h.list = func(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
				return func(yield func(store.Row, error) bool) {
					reading.Add(1)
					defer reading.Add(-1)
					h.Store.List(ctx, q)(yield)
				}
			}
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				if reading.Load() > 0 {
					return nil, errBroken
				}
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "list/read again", how: "empty", make: func(h *hooked) {
			h.list = func(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
				read := false
				return func(yield func(store.Row, error) bool) {
					if !read {
						read = true
						h.Store.List(ctx, q)(yield)
					}
				}
			}
		}},
		{fails: "list/unknown index", how: "empty", make: func(h *hooked) {
			h.list = func(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
				if q.Index.Kind() == "" {
					return func(func(store.Row, error) bool) {}
				}
				return h.Store.List(ctx, q)
			}
		}},
		{fails: "list/bounds in UTF-8", how: "what is not is cut out", make: func(h *hooked) {
			h.eachQuery(func(q *store.Query) { q.From, q.To = strings.ToValidUTF8(q.From, ""), strings.ToValidUTF8(q.To, "") })
		}},
		{fails: "context/list cancelled inside", how: "ends as if it were all", make: func(h *hooked) {
			h.list = func(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
				return func(yield func(store.Row, error) bool) {
					n := 0
					for r, err := range h.Store.List(ctx, q) {
						if err != nil && n > 0 || !yield(r, err) {
							return
						}
						n++
					}
				}
			}
		}},
	}, brokenRanges()...)
}

// brokenPool has ten connections, and a list that is left keeps its own.
func brokenPool(h *hooked) {
	var kept atomic.Int32
	h.list = func(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
		return func(yield func(store.Row, error) bool) {
			if kept.Load() >= 10 {
				yield(nil, errBroken)
				return
			}
			for r, err := range h.Store.List(ctx, q) {
				if !yield(r, err) {
					kept.Add(1)
					return
				}
			}
		}
	}
}

func brokenRanges() []brokenStore {
	return []brokenStore{
		{fails: "range/desc", how: "ignored", make: func(h *hooked) {
			h.eachQuery(func(q *store.Query) {
				if q.Limit == 0 && q.After+q.From+q.To == "" {
					q.Desc = false
				}
			})
		}},
		{fails: "range/limit", how: "one more", make: func(h *hooked) {
			h.eachQuery(func(q *store.Query) {
				if q.Limit > 0 {
					q.Limit++
				}
			})
		}},
		{fails: "range/after", how: "inclusive", make: func(h *hooked) {
			h.eachQuery(func(q *store.Query) {
				switch {
				case q.Limit == 0 || q.After == "":
				case q.Desc:
					q.To, q.After = q.After+"\x00", ""
				default:
					q.From, q.After = q.After, ""
				}
			})
		}},
		{fails: "range/after a row that left", how: "empty", make: func(h *hooked) {
			h.eachList(func(q store.Query, rows []store.Row) []store.Row {
				if q.After != "" && !slices.Contains(keysIn(q.Index, h.below(store.Query{Index: q.Index})), q.After) {
					return nil
				}
				return rows
			})
		}},
		{fails: "range/from and to", how: "To inclusive", make: func(h *hooked) {
			h.eachQuery(func(q *store.Query) {
				if q.To != "" {
					q.To += "\x00"
				}
			})
		}},
		{fails: "range/prefix", how: "an underscore stands for any character", make: func(h *hooked) {
			h.eachList(func(q store.Query, rows []store.Row) []store.Row {
				if !strings.Contains(q.Prefix, "_") {
					return rows
				}
				return slices.DeleteFunc(h.below(store.Query{Index: q.Index}), func(r store.Row) bool { return !like(keyIn(q.Index, r), q.Prefix) })
			})
		}},
	}
}

// like is what LIKE does with the pattern of a prefix.
func like(key, prefix string) bool {
	if len(key) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if prefix[i] != '_' && prefix[i] != key[i] {
			return false
		}
	}
	return true
}
