package rule

import (
	"iter"
	"math/bits"
	"slices"
)

// Bits is a set of ordinals that lie close together: a bit each, from Base on. The zero Bits is empty.
type Bits struct {
	// Base is the ordinal of the first bit of the first word, a multiple of 64.
	Base int64 `json:"base"`
	// Words hold 64 ordinals each. The first and the last are not zero.
	Words []uint64 `json:"words,omitempty"`
}

// IsZero reports whether the set is empty.
func (b Bits) IsZero() bool { return len(b.Words) == 0 }

// Has reports whether n is in the set.
func (b Bits) Has(n int64) bool {
	i, bit := b.at(n)
	return i >= 0 && i < int64(len(b.Words)) && b.Words[i]&bit != 0
}

// Set adds n and reports whether it was not there before.
func (b *Bits) Set(n int64) bool {
	if len(b.Words) == 0 {
		b.Base = n &^ 63
	}
	i, bit := b.at(n)
	switch {
	case i < 0:
		b.Words = slices.Insert(b.Words, 0, make([]uint64, -i)...)
		b.Base += i * 64
		i = 0
	case i >= int64(len(b.Words)):
		b.Words = append(b.Words, make([]uint64, i-int64(len(b.Words))+1)...)
	}
	was := b.Words[i]&bit != 0
	b.Words[i] |= bit
	return !was
}

// All yields the ordinals in the set, rising.
func (b Bits) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i, w := range b.Words {
			for ; w != 0; w &= w - 1 {
				if !yield(b.Base + int64(i)*64 + int64(bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// Count is how many ordinals of lo to hi, both included, are in the set.
func (b Bits) Count(lo, hi int64) int64 {
	var n int64
	for i := range b.Words {
		n += int64(bits.OnesCount64(b.word(i, lo, hi)))
	}
	return n
}

// Runs sums floor(length / n) over the maximal runs of adjacent ordinals of lo to hi, both included.
func (b Bits) Runs(n, lo, hi int64) int64 {
	r := runs{n: n}
	for i := range b.Words {
		r.add(b.word(i, lo, hi))
	}
	return r.sum + r.open/n
}

// size is how many ordinals are in the set.
func (b *Bits) size() int64 {
	n := 0
	for _, w := range b.Words {
		n += bits.OnesCount64(w)
	}
	return int64(n)
}

// runs is Runs without bounds, which is what rules ask for again and again.
func (b *Bits) runs(n int64) int64 {
	if n == 1 {
		return b.size()
	}
	r := runs{n: n}
	for _, w := range b.Words {
		r.add(w)
	}
	return r.sum + r.open/n
}

// runs adds up floor(length / n) of runs, word by word.
type runs struct {
	n, sum int64
	open   int64 // the length so far of a run that may go on in the next word
}

func (r *runs) add(w uint64) {
	if w == ^uint64(0) {
		r.open += 64
		return
	}
	open, at := r.open, 0
	for { // w is the word from its bit number at on
		ones := bits.TrailingZeros64(^w)
		open, at = open+int64(ones), at+ones
		if at == 64 {
			r.open = open
			return
		}
		if open >= r.n {
			r.sum += open / r.n
		}
		open, w = 0, w>>ones
		if w == 0 {
			r.open = 0
			return
		}
		zeros := bits.TrailingZeros64(w)
		w, at = w>>zeros, at+zeros
	}
}

// Last is the length of the run of ordinals that ends at hi, not going below lo.
func (b Bits) Last(lo, hi int64) int64 {
	var n int64
	for hi >= lo && b.Has(hi) {
		n, hi = n+1, hi-1
	}
	return n
}

func (b Bits) at(n int64) (word int64, bit uint64) {
	d := n - b.Base
	return d >> 6, 1 << uint(d&63)
}

// word is the i-th word with the bits outside of lo to hi cleared.
func (b Bits) word(i int, lo, hi int64) uint64 {
	first := b.Base + int64(i)*64
	w := b.Words[i]
	if lo <= first && hi >= first+63 {
		return w
	}
	if lo > first+63 || hi < first {
		return 0
	}
	if lo > first {
		w &= ^uint64(0) << uint(lo-first)
	}
	if hi < first+63 {
		w &= ^uint64(0) >> uint(first+63-hi)
	}
	return w
}
