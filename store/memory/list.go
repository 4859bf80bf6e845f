package memory

import (
	"container/heap"
	"context"
	"iter"
	"strings"

	"github.com/guerdon-go/guerdon/store"
)

// List yields the rows of an index in the order of its keys. See [store.Store]. It reads a few rows of each part of the
// store at a time and merges them, so a row that is committed while the list is read is seen or not.
func (s *Store) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		if err := store.CheckQuery(q); err != nil {
			yield(nil, err)
			return
		}
		m := merge{desc: q.Desc}
		for _, src := range s.sources(q) {
			if err := ctx.Err(); err != nil {
				yield(nil, &store.Error{Op: "list", ID: string(q.Index), Err: err})
				return
			}
			if src.fill() {
				m.sources = append(m.sources, src)
			}
		}
		heap.Init(&m)
		for n := 0; len(m.sources) > 0 && (q.Limit == 0 || n < q.Limit); n++ {
			if err := ctx.Err(); err != nil {
				yield(nil, &store.Error{Op: "list", ID: string(q.Index), Err: err})
				return
			}
			if !yield(m.next().Clone(), nil) {
				return
			}
		}
	}
}

// sources are the parts of the store that hold entries of a query, each in order.
func (s *Store) sources(q store.Query) []*source {
	r := rangeOf(q)
	if q.Index.ByUser() {
		if name, _, whole := strings.Cut(q.Prefix, "\x00"); whole {
			return []*source{{shard: s.shard(name), user: name, index: q.Index, left: r, batch: batchSize(q.Limit, 1)}}
		}
	}
	all := make([]*source, len(s.shards))
	for i := range s.shards {
		all[i] = &source{shard: &s.shards[i], index: q.Index, left: r, batch: batchSize(q.Limit, len(s.shards))}
	}
	return all
}

// batchSize is how many entries are read at once from each of some parts, for a page of limit rows.
func batchSize(limit, parts int) int {
	const batchMax = 256
	if limit == 0 {
		return batchMax
	}
	return min(batchMax, limit, limit/parts*2+4)
}

// A source reads the entries of one part in batches, with the part's lock held for a batch at a time.
type source struct {
	shard *shard
	user  string // the only one to read, or empty
	index store.Index
	left  keyRange // what was not read yet
	batch int
	buf   []entry // what was read and not yielded; never empty once in a merge
	room  []entry // where buf lies
}

// fill reads the next batch and reports whether there was anything.
func (s *source) fill() bool {
	s.buf = s.room[:0]
	add := func(e entry) bool {
		s.buf = append(s.buf, e)
		return len(s.buf) < s.batch
	}
	s.shard.mu.Lock()
	switch {
	case s.user != "":
		if u := s.shard.users[s.user]; u != nil {
			u.index(s.index).walk(s.left, add)
		}
	case s.index.ByUser():
		s.walkUsers(add)
	default:
		s.shard.index(s.index).walk(s.left, add)
	}
	s.shard.mu.Unlock()
	if len(s.buf) == 0 {
		return false
	}
	s.room = s.buf
	s.left.after(s.buf[len(s.buf)-1].key)
	return true
}

// walkUsers walks an index that begins with the user through all users of the shard. Users sort as their keys do, since
// the byte after them is the smallest.
func (s *source) walkUsers(add func(entry) bool) {
	names := keyRange{desc: s.left.desc}
	names.lo, _, _ = strings.Cut(s.left.lo, "\x00")
	if s.left.bounded {
		hi, _, _ := strings.Cut(s.left.hi, "\x00")
		names.below(hi + "\x00") // hi itself may have keys before the bound
	}
	s.shard.names.walk(names, func(name entry) bool {
		more := true
		s.shard.users[name.key].index(s.index).walk(s.left, func(e entry) bool {
			more = add(e)
			return more
		})
		return more
	})
}

// A merge gives the entries of several sources in order. It is a heap by the first entry of each.
type merge struct {
	sources []*source
	desc    bool
}

// next takes the first entry of all.
func (m *merge) next() store.Row {
	src := m.sources[0]
	row := src.buf[0].row
	if src.buf = src.buf[1:]; len(src.buf) > 0 || src.fill() {
		heap.Fix(m, 0)
	} else {
		heap.Pop(m)
	}
	return row
}

// Len, Less, Swap, Push and Pop make it a heap.
func (m *merge) Len() int { return len(m.sources) }

func (m *merge) Less(i, j int) bool {
	a, b := m.sources[i].buf[0].key, m.sources[j].buf[0].key
	if m.desc {
		return a > b
	}
	return a < b
}

func (m *merge) Swap(i, j int) { m.sources[i], m.sources[j] = m.sources[j], m.sources[i] }

func (m *merge) Push(x any) { m.sources = append(m.sources, x.(*source)) }

func (m *merge) Pop() any {
	last := m.sources[len(m.sources)-1]
	m.sources = m.sources[:len(m.sources)-1]
	return last
}
