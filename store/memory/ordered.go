package memory

import (
	"slices"
	"strings"

	"github.com/guerdon-go/guerdon/store"
)

// blockMax is how many entries a block of an [ordered] has at most. Larger blocks cost more to insert into, smaller ones
// make more blocks to search.
const blockMax = 256

// An ordered holds entries by key, sorted byte by byte, in blocks of at most blockMax: an insertion moves a part of one
// block, however many entries there are. Keys that arrive in order fill the blocks. The zero ordered is empty.
type ordered struct{ blocks [][]entry }

type entry struct {
	key string
	row store.Row
}

// find gives the place of the first entry with a key not below key: its block, or len(blocks), and its place there.
func (o *ordered) find(key string) (block, at int, found bool) {
	lo, hi := 0, len(o.blocks)
	for lo < hi { // the first block whose last key is not below key
		mid := int(uint(lo+hi) >> 1)
		if b := o.blocks[mid]; b[len(b)-1].key < key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(o.blocks) {
		return lo, 0, false
	}
	at, found = slices.BinarySearchFunc(o.blocks[lo], key, func(e entry, k string) int { return strings.Compare(e.key, k) })
	return lo, at, found
}

// set puts a row under a key, in place of the one that is there.
func (o *ordered) set(key string, row store.Row) {
	i, at, found := o.find(key)
	switch {
	case found:
		o.blocks[i][at].row = row
		return
	case i == len(o.blocks) && i > 0 && len(o.blocks[i-1]) < blockMax: // after all others
		o.blocks[i-1] = append(o.blocks[i-1], entry{key, row})
		return
	case i == len(o.blocks):
		o.blocks = append(o.blocks, []entry{{key, row}})
		return
	case len(o.blocks[i]) == blockMax:
		half := slices.Clone(o.blocks[i][blockMax/2:])
		clear(o.blocks[i][blockMax/2:])
		o.blocks[i] = o.blocks[i][:blockMax/2]
		o.blocks = slices.Insert(o.blocks, i+1, half)
		if at > blockMax/2 {
			i, at = i+1, at-blockMax/2
		}
	}
	o.blocks[i] = slices.Insert(o.blocks[i], at, entry{key, row})
}

// del takes a key out, if it is there.
func (o *ordered) del(key string) {
	i, at, found := o.find(key)
	if !found {
		return
	}
	o.blocks[i] = slices.Delete(o.blocks[i], at, at+1)
	if len(o.blocks[i]) == 0 {
		o.blocks = slices.Delete(o.blocks, i, i+1)
	}
}

// rows appends the rows of a range, at most limit of them unless it is 0.
func (o *ordered) rows(rows []store.Row, r keyRange, limit int) []store.Row {
	o.walk(r, func(e entry) bool {
		rows = append(rows, e.row)
		limit--
		return limit != 0
	})
	return rows
}

// walk calls f with the entries of a range in the direction of the range, until f returns false.
func (o *ordered) walk(r keyRange, f func(entry) bool) {
	if r.desc {
		o.walkDown(r, f)
		return
	}
	i, at, _ := o.find(r.lo)
	for ; i < len(o.blocks); i, at = i+1, 0 {
		for _, e := range o.blocks[i][at:] {
			if r.bounded && e.key >= r.hi || !f(e) {
				return
			}
		}
	}
}

func (o *ordered) walkDown(r keyRange, f func(entry) bool) {
	i, at := len(o.blocks), 0
	if r.bounded {
		i, at, _ = o.find(r.hi)
	}
	for i >= 0 { // entries before at in block i come next
		for at > 0 {
			at--
			if e := o.blocks[i][at]; e.key < r.lo || !f(e) {
				return
			}
		}
		if i--; i >= 0 {
			at = len(o.blocks[i])
		}
	}
}

// A keyRange is the keys from lo on and, if bounded, before hi.
type keyRange struct {
	lo, hi  string
	bounded bool
	desc    bool
}

// rangeOf is the range of keys a query asks for.
func rangeOf(q store.Query) keyRange {
	r := keyRange{lo: max(q.From, q.Prefix), desc: q.Desc}
	r.below(prefixEnd(q.Prefix))
	r.below(q.To)
	if q.After != "" {
		r.after(q.After)
	}
	return r
}

// below bounds the range by a key, unless it is empty.
func (r *keyRange) below(hi string) {
	if hi != "" && (!r.bounded || hi < r.hi) {
		r.hi, r.bounded = hi, true
	}
}

// after leaves what comes after a key in the direction of the range.
func (r *keyRange) after(key string) {
	if r.desc {
		r.below(key)
		return
	}
	r.lo = max(r.lo, key+"\x00") // the first key after it
}

// prefixEnd is the first key after all that start with a prefix, or empty if there is none.
func prefixEnd(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}
