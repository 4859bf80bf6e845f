package sqlstore

import (
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/guerdon-go/guerdon/store"
)

// slotsMost is how many rows of a unit are written side by side at most.
const slotsMost = 24

// A slot is a row that most units of a batch have: the nth of a table. The slots of a batch are its rows side by side, as one wide row
// for each unit. They reach PostgreSQL as an array for each column that differs between units and as one value for each that
// does not, and meet the users once, where rows table by table would be an array for each column and a join for each table. It
// is what one would write by hand who knows the rows.
type slot struct {
	table, nth int
	strips     []strip // of the columns behind the user
	n          int     // units so far
	lacks      []bool  // by unit, nil if all have it
	varies     uint32  // which strips are arrays, by bit, and in lacking whether lacks is one
}

// lacking is the bit of slot.varies that is no column's.
const lacking = 1 << 31

// variety remembers which columns of a slot have differed between units of any batch. They are arrays from then on, so that there
// are not as many texts as there are coincidences: at most one more for each column, ever.
type variety [kinds][slotsMost]atomic.Uint32

// side puts the rows of a batch side by side, and reports whether units have few and much the same.
func (w *writing) side() (bool, error) {
	list, rows := make([]slot, 0, slotsMost), 0
	for u := range w.units {
		var nth [kinds]int
		for _, of := range [][]store.Row{w.units[u].Insert, w.units[u].Put} {
			for _, r := range of {
				at := tableOf(kindOf(r))
				if at < 0 {
					return false, &store.Error{Op: "commit", ID: w.units[u].User, Err: store.ErrUnsupported}
				}
				i := slices.IndexFunc(list, func(s slot) bool { return s.table == at && s.nth == nth[at] })
				if nth[at]++; i < 0 {
					if i = len(list); i == slotsMost {
						return false, nil
					}
					list = append(list, slot{table: at, nth: nth[at] - 1, strips: newStrips(tables[at].classes[1:])})
				}
				if err := list[i].add(u, r, len(w.units)); err != nil {
					return false, &store.Error{Op: "commit", ID: w.units[u].User, Err: err}
				}
				rows++
			}
		}
	}
	for i := range list {
		list[i].lack(len(w.units), len(w.units))
	}
	w.slots = list
	return len(list)*len(w.units) <= 3*rows, nil
}

// add takes in the row of a unit.
func (s *slot) add(unit int, r store.Row, units int) error {
	s.lack(unit, units)
	s.n++
	v := values{strips: s.strips}
	tables[s.table].write(r, &v)
	return v.err
}

// lack notes that the units before one have no row.
func (s *slot) lack(before, units int) {
	if s.n == before {
		return
	}
	if s.lacks == nil {
		s.lacks = make([]bool, units)
	}
	for u := s.n; u < before; u++ {
		s.lacks[u] = true
	}
	for i := range s.strips {
		s.strips[i].skip(before - s.n)
	}
	s.n = before
}

// settle finds out which columns are arrays: those that differ, or did in batches before.
func (s *slot) settle(seen *variety) {
	var varies uint32
	for i := range s.strips {
		if s.strips[i].varies() {
			varies |= 1 << i
		}
	}
	if s.lacks != nil {
		varies |= lacking
	}
	s.varies = seen[s.table][s.nth].Or(varies) | varies
	if s.varies&lacking != 0 && s.lacks == nil {
		s.lacks = make([]bool, s.n)
	}
}

// besideOthers hands over the slots of the units that passed: f has a row for each, with its user as c1.
func (b *statement) besideOthers(w *writing) {
	users := make([]string, len(w.units))
	for i := range w.units {
		users[i] = w.units[i].User
	}
	b.add(",\nf AS MATERIALIZED (SELECT r.* FROM unnest(")
	b.array(text, users)
	n := 1
	for i := range w.slots {
		s := &w.slots[i]
		if s.varies&lacking != 0 {
			b.add(", ")
			b.array(boolean, s.lacks)
			n++
		}
		n += b.arrays(s)
	}
	b.add(") AS r(")
	b.list(n, func(i int) { b.add("c", strconv.Itoa(i+1)) })
	b.add(") JOIN ok ON ok.id = r.c1)")
}

// arrays hands over the strips of a slot that are arrays, behind others, and tells how many.
func (b *statement) arrays(s *slot) (n int) {
	for j := range s.strips {
		if s.varies&(1<<j) != 0 {
			b.add(", ")
			b.array(s.strips[j].class, s.strips[j].array())
			n++
		}
	}
	return n
}

// writeSlots inserts the rows of slots, or replaces them.
func (b *statement) writeSlots(slots []slot) {
	column := 1
	for i := range slots {
		s, t := &slots[i], tables[slots[i].table]
		b.add(",\ns", strconv.Itoa(i), " AS (INSERT INTO ")
		b.table(t.name)
		b.add(" (")
		b.names(t.names...)
		b.add(") SELECT f.c1")
		where := column + 1
		if s.varies&lacking != 0 {
			column++
		}
		for j := range s.strips {
			class := s.strips[j].class
			if b.add(", "); s.varies&(1<<j) == 0 {
				b.arg(class, s.strips[j].one())
				b.add(written("", class))
			} else if column++; !b.mute {
				b.add(written("f.c"+strconv.Itoa(column), class))
			}
		}
		if b.add(" FROM f"); s.varies&lacking != 0 {
			b.add(" WHERE NOT f.c", strconv.Itoa(where))
		}
		if !t.once {
			b.replace(t.identity, t.others)
		}
		b.add(")")
	}
}
