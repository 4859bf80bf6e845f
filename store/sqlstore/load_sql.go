package sqlstore

import (
	"math"
	"slices"
	"strconv"

	"github.com/guerdon-go/guerdon/store"
)

// loadStatement is the statement that reads what l has taken up, and how many columns of each lane it yields after the two
// that say what a row is.
func (s *Store) loadStatement(l *loading) (*prepared, []any, [lanes]int) {
	width := [lanes]int{integers: 1, blobs: 1}
	of := shape{what: 'L'}
	counters := l.counters
	if len(l.counters) > 0 {
		width[texts] = 1
		counters = s.padded(counters)
	}
	of.count[0], of.count[1] = s.form(len(l.users)), uint16(len(counters)) // which are parameters one by one, also where others are arrays
	for i, t := range tables {
		n := len(l.lookups[i].at)
		if of.count[2+i] = s.form(n); n > 0 {
			widen(&width, t.width)
		}
	}
	l.alike = s.alike(l.pages)
	for _, p := range l.pages {
		of = shape{}
		widen(&width, tables[tableOf(p.ix.Kind())].width)
	}
	p, args := s.build(of, func(b *statement) {
		b.add("SELECT 0, 0")
		b.lanes(width, []column{{"revision", integer}, {"hash", binary}}, "c.")
		b.add(" FROM ")
		b.table(catalogTable)
		b.add(" c")
		b.users(l, width)
		for i, t := range tables {
			if len(l.lookups[i].at) > 0 {
				b.branch(partTable+i, "k.tag", width, t.columns)
				b.lookup(t, &l.lookups[i])
			}
		}
		if len(counters) > 0 {
			b.branch(partCounter, "0", width, []column{{"name", text}, {"used", integer}})
			b.table(countersTable)
			b.add(" t WHERE t.name IN (")
			b.list(len(counters), func(i int) { b.arg(text, counters[i]) })
			b.add(")")
		}
		for i, p := range l.alike {
			t := tables[tableOf(p.ix.Kind())]
			if len(p.at) == 1 {
				b.branch(partPage+i, "1", width, t.columns)
				b.add("(SELECT * FROM ")
				b.table(t.name)
				b.page(l.pages[p.at[0]].q)
				b.add(") t")
				continue
			}
			b.branch(partPage+i, "k.tag", width, t.columns)
			b.unnest("k", p.classes, p.values)
			b.add(" CROSS JOIN LATERAL (SELECT * FROM ")
			b.table(t.name)
			b.add(p.text, ") t")
		}
	})
	return p, args, width
}

func widen(width *[lanes]int, by [lanes]int) {
	for i := range width {
		width[i] = max(width[i], by[i])
	}
}

// few is up to how many rows of a table have a text of their own. More are rounded up, or handed over as arrays.
const few = 4

// form is what a text depends on of a number of rows: the number, or what it is rounded up to.
func (s *Store) form(n int) uint16 {
	switch {
	case n <= few:
		return uint16(n)
	case s.d.arrays:
		return 1 << 15
	default:
		return uint16(s.rounded(n))
	}
}

// rounded is the next number of rows, or limit of them, that has a text. Texts that hold their values have one for each.
func (s *Store) rounded(n int) int {
	if n <= few || s.d.literal != nil || n > math.MaxInt/2 {
		return n
	}
	r := few
	for r < n {
		r *= 2
	}
	return r
}

// padded repeats the last name, which names nothing new, until the number of them has a text.
func (s *Store) padded(names []string) []string {
	for n := s.rounded(len(names)); len(names) < n; {
		names = append(slices.Clip(names), names[len(names)-1])
	}
	return names
}

// branch begins a branch of the union: what it is, the tag of its rows, and columns of t in their lanes.
func (b *statement) branch(part int, tag string, width [lanes]int, columns []column) {
	b.add("\nUNION ALL SELECT ", strconv.Itoa(part), ", ", tag)
	b.lanes(width, columns, "t.")
	b.add(" FROM ")
}

// lanes writes columns, each in the next place of its lane, and NULL where a lane has more.
func (b *statement) lanes(width [lanes]int, columns []column, of string) {
	if b.mute {
		return
	}
	d := b.s.d
	for l := range lanes {
		n := 0
		for _, c := range columns {
			if c.class.lane() == l {
				b.add(", ", d.read(of+d.quote+c.name+d.quote, c.class))
				n++
			}
		}
		for ; n < width[l]; n++ {
			b.add(", ", d.null[l])
		}
	}
}

// users reads the versions.
func (b *statement) users(l *loading, width [lanes]int) {
	if len(l.users) == 0 {
		return
	}
	b.branch(partUser, "k.tag", width, []column{{"version", integer}})
	keys := make([][]any, len(l.users))
	for i, at := range l.users {
		keys[i] = []any{l.states[at].User}
	}
	b.join(usersTable, []string{"id"}, []class{text}, keys)
}

// lookup joins the named rows of a table.
func (b *statement) lookup(t *table, l *lookup) {
	keys := make([][]any, len(l.at))
	for i := range keys {
		keys[i] = append([]any{l.users[i]}, l.keys[i]...)
	}
	b.join(t.name, t.identity, t.classes[:len(t.identity)], keys)
}

// join writes rows of a table t by the values of columns, each with the number of its values as k.tag, counted from 1.
func (b *statement) join(name string, columns []string, classes []class, keys [][]any) {
	if len(keys) == 1 {
		b.add("(SELECT 1 AS tag) k, ")
		b.table(name)
		b.add(" t WHERE ")
		for i, c := range columns {
			if i > 0 {
				b.add(" AND ")
			}
			b.add("t.")
			b.name(c)
			b.add(" = ")
			b.arg(classes[i], keys[0][i])
		}
		return
	}
	places := b.rows("k", classes, keys)
	if b.s.d.arrays {
		b.add(" CROSS JOIN ")
		b.lookedUp(name, "t", columns, func(i int) { b.add(places[i]) })
		return
	}
	b.add(b.s.d.joined)
	b.table(name)
	b.add(" t ON ")
	for i, c := range columns {
		if i > 0 {
			b.add(" AND ")
		}
		b.add("t.")
		b.name(c)
		b.add(" = ", places[i])
	}
}

// pages are pages of one index that differ in the values of their bounds alone, such as those of different users.
type pages struct {
	ix      store.Index
	at      []int   // which ones
	text    string  // of the page, with the values as columns of k
	classes []class // of these
	values  [][]any
}

// alike puts pages together that are read by one branch of the union. Where there are no arrays each is by itself. A branch a
// user is planned for a second and more where there are some hundreds, as when the events of many are counted again.
func (s *Store) alike(all []paging) []pages {
	list := make([]pages, 0, len(all))
	for i, p := range all {
		if !s.d.arrays {
			list = append(list, pages{ix: p.ix, at: []int{i}})
			continue
		}
		b := &statement{s: s, apart: &parameters{}}
		b.page(p.q)
		text := b.text.String()
		j := slices.IndexFunc(list, func(q pages) bool { return q.ix == p.ix && q.text == text })
		if j < 0 {
			j = len(list)
			list = append(list, pages{ix: p.ix, text: text, classes: b.apart.classes})
		}
		list[j].at, list[j].values = append(list[j].at, i), append(list[j].values, b.apart.values)
	}
	return list
}

// parameters are those of a statement, apart from it. It names them as columns of k.
type parameters struct {
	classes []class
	values  []any
}

func (p *parameters) take(c class, v any) string {
	p.classes, p.values = append(p.classes, c), append(p.values, v)
	return "k.c" + strconv.Itoa(len(p.values))
}
