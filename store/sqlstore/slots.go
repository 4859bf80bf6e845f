package sqlstore

import (
	"bytes"
	"strconv"
	"sync/atomic"
)

// slotsMost is how many rows of a unit are written side by side at most.
const slotsMost = 24

// A slot is a row that units of a batch have: the nth of a table. The slots of a batch are its rows side by side, as one wide row
// for each unit. They reach PostgreSQL as an array for each column that differs between units and as one value for each that
// does not, and meet the users once, where rows table by table would be an array for each column and a join for each table. It
// is what one would write by hand who knows the rows.
type slot struct {
	table, nth int
	rows       [][]any // by unit. One that has no such row has somebody else's.
	lacks      []bool  // by unit, nil if all have it
	varies     uint32  // which columns do, by bit, and in lacking whether all units have it
}

// lacking is the bit of slot.varies that is no column's.
const lacking = 1 << 31

// variety remembers which columns of a slot have differed between units of any batch. They are arrays from then on, so that there
// are not as many texts as there are coincidences: at most one more for each column, ever.
type variety [kinds][slotsMost]atomic.Uint32

// slots puts the rows of a batch side by side, if units have few and much the same.
func (w *writing) slots() []slot {
	list, rows := make([]slot, 0, slotsMost), 0
	for i := range w.rows {
		first, nth, unit := len(list), 0, -1
		for j, row := range w.rows[i] { // unit by unit
			if u := w.unit[i][j]; u != unit {
				unit, nth = u, 0
			}
			if first+nth == len(list) {
				if len(list) == slotsMost {
					return nil
				}
				list = append(list, slot{table: i, nth: nth, rows: make([][]any, len(w.units))})
			}
			list[first+nth].rows[unit] = row
			nth++
		}
		rows += len(w.rows[i])
	}
	if len(w.units) < few || len(list)*len(w.units) > 3*rows {
		return nil
	}
	for i := range list {
		list[i].fill()
	}
	return list
}

// fill notes which units have no row, and gives them one that is there: it is not written, and makes no column differ.
func (s *slot) fill() {
	var some []any
	for _, row := range s.rows {
		if row != nil {
			some = row
			break
		}
	}
	for i, row := range s.rows {
		if row != nil {
			continue
		}
		if s.lacks == nil {
			s.lacks = make([]bool, len(s.rows))
		}
		s.rows[i], s.lacks[i] = some, true
	}
}

// compare finds out which columns differ, or did in batches before.
func (s *slot) compare(seen *variety) {
	was := &seen[s.table][s.nth]
	varies := was.Load()
	if s.lacks != nil {
		varies |= lacking
	}
	for c := 1; c < len(s.rows[0]); c++ {
		for i := 1; i < len(s.rows) && varies&(1<<c) == 0; i++ {
			if !same(s.rows[i][c], s.rows[0][c]) {
				varies |= 1 << c
			}
		}
	}
	was.Or(varies)
	s.varies = varies
}

// same compares two values of a column.
func same(a, b any) bool {
	x, bytesX := a.([]byte)
	y, bytesY := b.([]byte)
	if bytesX || bytesY {
		return bytesX && bytesY && bytes.Equal(x, y)
	}
	return a == b
}

// besideOthers hands over the slots of the units that passed: f has a row for each, with its user as c1.
func (b *statement) besideOthers(w *writing, slots []slot) {
	users := make([]string, len(w.units))
	for i := range w.units {
		users[i] = w.units[i].User
	}
	b.add(",\nf AS MATERIALIZED (SELECT r.* FROM unnest(")
	b.array(text, users)
	n := 1
	for i := range slots {
		s, classes := &slots[i], tables[slots[i].table].classes
		if s.varies&lacking != 0 {
			lacks := s.lacks
			if lacks == nil {
				lacks = make([]bool, len(w.units))
			}
			b.add(", ")
			b.array(boolean, lacks)
			n++
		}
		for c := 1; c < len(classes); c++ {
			if s.varies&(1<<c) != 0 {
				b.add(", ")
				b.array(classes[c], arrayOf(classes[c], s.rows, c))
				n++
			}
		}
	}
	b.add(") AS r(")
	b.list(n, func(i int) { b.add("c", strconv.Itoa(i+1)) })
	b.add(") JOIN ok ON ok.id = r.c1)")
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
		for c := 1; c < len(t.classes); c++ {
			if b.add(", "); s.varies&(1<<c) == 0 {
				b.arg(t.classes[c], s.rows[0][c])
				b.add(written("", t.classes[c]))
				continue
			}
			if column++; !b.mute {
				b.add(written("f.c"+strconv.Itoa(column), t.classes[c]))
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
