package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
)

func brokenExtremes() []brokenStore {
	return []brokenStore{
		{fails: "load/named twice", how: "comes twice", make: func(h *hooked) {
			h.eachState(func(k store.Key, st *store.State) {
				if len(k.Parts) == 1 && len(k.Parts[0].IDs) > 1 && len(st.Rows) > 0 && k.Parts[0].IDs[0] == k.Parts[0].IDs[len(k.Parts[0].IDs)-1] {
					st.Rows = append(st.Rows, st.Rows[0].Clone())
				}
			})
		}},
		{fails: "load/no IDs", how: "all of the kind", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				if p.Index == "" && len(p.IDs) == 0 {
					p.IDs = []string{store.TaskRowID("t", 0)}
				}
			})
		}},
		{fails: "load/IDs of no row", how: "numbers are read in either case", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				p.IDs = slices.Clone(p.IDs)
				for i, id := range p.IDs {
					parts := strings.Split(id, "\x00")
					for j, part := range parts {
						if len(part) >= 16 && strings.Trim(part, "0123456789ABCDEF") == "" {
							parts[j] = strings.ToLower(part)
						}
					}
					p.IDs[i] = strings.Join(parts, "\x00")
				}
			})
		}},
		{fails: "commit/delete of IDs of no row", how: "an error", make: func(h *hooked) {
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				for _, u := range units {
					for _, key := range u.Delete {
						if key.Kind == store.KindBalance && !isThere(h, key) {
							return nil, errBroken
						}
					}
				}
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "keys/far apart", how: "sorted as UTF-16", make: func(h *hooked) {
			h.eachList(func(q store.Query, rows []store.Row) []store.Row {
				if q.Index == store.IndexTransferAccount {
					slices.SortStableFunc(rows, func(a, b store.Row) int {
						return slices.Compare(utf16.Encode([]rune(keyIn(q.Index, a))), utf16.Encode([]rune(keyIn(q.Index, b))))
					})
				}
				return rows
			})
		}},
		{fails: "keys/pages", how: "case does not count", make: func(h *hooked) {
			h.eachState(func(k store.Key, st *store.State) {
				if len(k.Parts) == 1 && taskPage(k.Parts[0]) {
					slices.SortStableFunc(st.Rows, func(a, b store.Row) int {
						return strings.Compare(strings.ToLower(keyIn(store.IndexCauseTask, a)), strings.ToLower(keyIn(store.IndexCauseTask, b)))
					})
				}
			})
		}},
		{fails: "keys/longest", how: "255 bytes of an ID", make: func(h *hooked) {
			h.eachPart(func(p *store.Part) {
				p.IDs = slices.Clone(p.IDs)
				for i, id := range p.IDs {
					p.IDs[i] = id[:min(len(id), 255)]
				}
			})
		}},
		{fails: "rows/meta", how: "fields are sorted", make: func(h *hooked) {
			h.eachRow(func(r store.Row) { set(r, func(r *store.RewardRow) { r.Meta = sortedFields(r.Meta) }) })
		}},
		{fails: "rows/longest texts", how: "255 bytes of a reason", make: func(h *hooked) {
			h.eachRow(func(r store.Row) {
				set(r, func(r *store.RewardRow) {
					for i := range r.Moves {
						r.Moves[i].Reason = r.Moves[i].Reason[:min(len(r.Moves[i].Reason), 255)]
					}
				})
			})
		}},
		{fails: "rows/texts of no row", how: "an ID is cut at NUL", make: func(h *hooked) {
			h.eachUnit(func(u *store.Unit) {
				for i, r := range u.Insert {
					u.Insert[i] = r.Clone()
					set(u.Insert[i], func(r *store.CauseRow) {
						if r.ID, _, _ = strings.Cut(r.ID, "\x00"); r.Event != nil {
							r.Event.Event.ID, _, _ = strings.Cut(r.Event.Event.ID, "\x00")
						}
					})
				}
			})
		}},
		{fails: "rows/nearly empty", how: "slices without elements", make: func(h *hooked) {
			h.eachRow(func(r store.Row) {
				set(r, func(r *store.TallyRow) {
					if r.Tally.Cells == nil {
						r.Tally.Cells = []rule.Cell{}
					}
				})
			})
		}},
		{fails: "rows/first and last instants", how: "no arrivals in the year 999", make: func(h *hooked) {
			h.eachRow(func(r store.Row) {
				set(r, func(r *store.CauseRow) {
					if r.Event != nil && r.Event.Arrived.Year() == 999 {
						r.Event.Arrived = time.Time{}
					}
				})
			})
		}},
		{fails: "rows/instants of other zones", how: "a zone's seconds are cut", make: func(h *hooked) {
			h.eachUnit(func(u *store.Unit) {
				for i := range u.Insert {
					set(u.Insert[i], func(r *store.CauseRow) {
						c := *r
						c.Blocked = slices.Clone(r.Blocked)
						for j := range c.Blocked {
							_, offset := c.Blocked[j].Until.Zone()
							c.Blocked[j].Until = c.Blocked[j].Until.Add(time.Duration(offset%60) * time.Second)
						}
						u.Insert[i] = &c
					})
				}
			})
		}},
		{fails: "rows/sums", how: "20 digits", make: func(h *hooked) {
			most := decimal.New(1, 20)
			h.eachRow(func(r store.Row) {
				set(r, func(r *store.CapRow) {
					if r.Used.Value.GreaterThan(most) {
						r.Used.Value = most
					}
				})
			})
		}},
		{fails: "catalog/bodies", how: "65,535 bytes", make: func(h *hooked) {
			h.docAt = func(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
				d, err := h.Store.DocAt(ctx, kind, code, revision)
				d.Body = d.Body[:min(len(d.Body), 1<<16-1)]
				return d, err
			}
		}},
	}
}

// sortedFields is an object with its fields sorted, each once, and its digits kept.
func sortedFields(meta json.RawMessage) json.RawMessage {
	var fields map[string]any
	dec := json.NewDecoder(bytes.NewReader(meta))
	dec.UseNumber()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if dec.Decode(&fields) != nil || fields == nil || enc.Encode(fields) != nil {
		return meta
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
