package sqlstore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/guerdon-go/guerdon/store"
)

// Load reads all it is asked for with one statement, and so as of one instant: the users' versions, the named rows of each
// table, pages, counters and the catalog's stamp. Thousands of rows take several; then each user is of one version, and the
// stamp of the last statement. See [store.Store].
func (s *Store) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	if err := s.checkLoad(ctx, r); err != nil {
		return store.Snapshot{}, err
	}
	var snap store.Snapshot
	err := s.again(ctx, true, func() (err error) {
		snap, err = s.load(ctx, pool{s}, r)
		return err
	})
	if err != nil {
		return store.Snapshot{}, s.wrap("load", "", err, false)
	}
	for name := range snap.Counters {
		if snap.Counters[name] > 0 && !s.known.has(name) {
			s.known.add(name)
		}
	}
	return snap, nil
}

func (s *Store) checkLoad(ctx context.Context, r store.Request) error {
	if err := ended(ctx, "load"); err != nil {
		return err
	}
	if err := store.CheckRequest(r); err != nil {
		return err
	}
	return s.Limits().CheckRequest(r)
}

// lookupsMost is how many rows and counters one statement names at most, so that its parameters stay below the driver's bound.
const lookupsMost = 4000

// pagesMost is how many pages. Each is a branch of the union, and SQLite takes 500 of them.
const pagesMost = 400

// load reads a request in as many statements as its size asks for, most in one. Users that are read in several are read again
// should their version have moved between.
func (s *Store) load(ctx context.Context, on runner, r store.Request) (store.Snapshot, error) {
	for range retries {
		l := newLoading(r)
		for l.more() {
			if err := s.loadSome(ctx, on, l); err != nil {
				return store.Snapshot{}, err
			}
		}
		if !l.moved {
			return l.snapshot()
		}
	}
	return store.Snapshot{}, errMoving
}

// errMoving is the error of a load of very many rows of one user who never stands still.
var errMoving = errors.New("the user moved under every try to read so many rows")

// A place is where a row goes: the state and the part that asked for it.
type place struct{ state, part int }

// A lookup is the rows of one table that are named.
type lookup struct {
	at    []place
	users []string
	keys  [][]any
}

// A paging is a page of an index of one user.
type paging struct {
	at place
	ix store.Index
	q  store.Query
}

// loading is a request on its way.
type loading struct {
	request store.Request
	states  []store.State
	seen    []bool          // whose version was read
	rows    [][][]store.Row // by state and part
	stamp   store.Stamp
	used    map[string]int64
	moved   bool

	next  place // what was not asked for yet, and the ID in it
	id    int
	later []string // counters
	begun bool

	// what the next statement reads
	users    []int // by state
	counters []string
	lookups  [kinds]lookup
	pages    []paging
	alike    []pages
	named    int
}

func newLoading(r store.Request) *loading {
	l := &loading{
		request: r, states: make([]store.State, len(r.Keys)), seen: make([]bool, len(r.Keys)), rows: make([][][]store.Row, len(r.Keys)),
		later: r.Counters,
	}
	for i, k := range r.Keys {
		l.states[i].User = k.User
		l.rows[i] = make([][]store.Row, len(k.Parts))
	}
	if len(r.Counters) > 0 {
		l.used = make(map[string]int64, len(r.Counters))
		for _, name := range r.Counters {
			l.used[name] = 0
		}
	}
	return l
}

// more takes up what the next statement reads. The first one is never without a statement: it reads the stamp.
func (l *loading) more() bool {
	if l.moved || l.begun && l.next.state >= len(l.states) && len(l.later) == 0 {
		return false
	}
	l.named = min(len(l.later), lookupsMost)
	l.counters, l.later = l.later[:l.named], l.later[l.named:]
	l.begun, l.users, l.pages = true, l.users[:0], nil
	l.lookups = [kinds]lookup{}
	for ; l.next.state < len(l.states); l.next.state, l.next.part = l.next.state+1, 0 {
		if l.named >= lookupsMost || len(l.users) >= lookupsMost {
			return true
		}
		l.users = append(l.users, l.next.state)
		parts := l.request.Keys[l.next.state].Parts
		for ; l.next.part < len(parts); l.next.part, l.id = l.next.part+1, 0 {
			if !l.take(&parts[l.next.part]) {
				return true
			}
		}
	}
	return true
}

// take adds a part to the next statement, and reports whether all of it found room.
func (l *loading) take(p *store.Part) bool {
	user := l.states[l.next.state].User
	if p.Index != "" {
		if len(l.pages) >= pagesMost {
			return false
		}
		prefix := p.Prefix
		if prefix == "" {
			prefix = store.UserPrefix(user)
		}
		if q := (store.Query{Index: p.Index, Prefix: prefix, After: p.After, Limit: p.Limit}); !q.Range().Empty {
			l.pages = append(l.pages, paging{l.next, p.Index, q})
		}
		return true
	}
	i := tableOf(p.Kind)
	into, t := &l.lookups[i], tables[i]
	for ; l.id < len(p.IDs); l.id++ {
		if l.named >= lookupsMost {
			return false
		}
		key, ok := t.parse(p.IDs[l.id])
		if !ok || slices.Contains(p.IDs[:l.id], p.IDs[l.id]) { // no row can have it, or it is read already
			continue
		}
		into.at, into.users, into.keys = append(into.at, l.next), append(into.users, user), append(into.keys, key)
		l.named++
	}
	return true
}

// snapshot puts what was read together.
func (l *loading) snapshot() (store.Snapshot, error) {
	for i := range l.states {
		n := 0
		for _, rows := range l.rows[i] {
			n += len(rows)
		}
		all := make([]store.Row, 0, n)
		for p, rows := range l.rows[i] {
			part := &l.request.Keys[i].Parts[p]
			if ix := part.Index; ix != "" { // a UNION has no order
				slices.SortFunc(rows, func(a, b store.Row) int { return strings.Compare(store.IndexKey(ix, a), store.IndexKey(ix, b)) })
			}
			if part.Limit > 0 { // which was rounded up
				rows = rows[:min(len(rows), part.Limit)]
			}
			all = append(all, rows...)
		}
		l.states[i].Rows = all
	}
	return store.Snapshot{Stamp: l.stamp, States: l.states, Counters: l.used}, nil
}

// The parts of a load's statement, as its first column says. A table's is its place after them, and a page's comes after those.
const (
	partCatalog = iota
	partUser
	partCounter
	partTable
	partPage = partTable + kinds
)

// loadSome runs one statement and takes in its rows.
func (s *Store) loadSome(ctx context.Context, on runner, l *loading) error {
	if list, few := s.sides(l); few {
		return s.loadRow(ctx, on, l, list)
	}
	p, args, width := s.loadStatement(l)
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	var part, tag int
	c := newCells(width)
	into := c.targets([]any{&part, &tag})
	for rows.Next() {
		if err := scan(rows, into...); err != nil {
			return err
		}
		c.rewind()
		if err := l.add(c, part, tag); err != nil {
			return err
		}
	}
	return rows.Err()
}

// add takes in a row.
func (l *loading) add(c *cells, part, tag int) error {
	switch {
	case part == partCatalog:
		stamp := store.Stamp{Revision: c.int()}
		c.hash(stamp.Hash[:])
		if stamp.Revision >= l.stamp.Revision { // of several statements the last: what is decided under one that moved is decided again
			l.stamp = stamp
		}
	case part == partUser:
		l.version(l.users[tag-1], c.int())
	case part == partCounter:
		l.used[c.text()] = c.int()
	case part < partPage:
		at := l.lookups[part-partTable].at[tag-1]
		l.put(at, tables[part-partTable].read(l.states[at.state].User, c))
	default:
		page := l.pages[l.alike[part-partPage].at[tag-1]]
		l.put(page.at, tables[tableOf(page.ix.Kind())].read(l.states[page.at.state].User, c))
	}
	if c.err != nil {
		return &store.Error{Op: "load", Err: c.err}
	}
	return nil
}

// version takes in a user's version, which must be the same in all statements that read the user.
func (l *loading) version(i int, version int64) {
	l.moved = l.moved || l.seen[i] && l.states[i].Version != version
	l.states[i].Version, l.seen[i] = version, true
}

func (l *loading) put(at place, r store.Row) {
	l.rows[at.state][at.part] = append(l.rows[at.state][at.part], r)
}
