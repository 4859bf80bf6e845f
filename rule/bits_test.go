package rule_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

// Bits answers like a map of ordinals: Set, All, Has, Count, Runs and Last, in any range, for ordinals far apart and below zero;
// and a set has one form, whatever the order it was filled in.
func TestBits_S13_answersLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ordinal := rapid.OneOf(rapid.Int64Range(-5, 12), rapid.Int64Range(-140, 140), rapid.SampledFrom([]int64{-719162, -64, -1, 63, 64, 20000, 2932896}))
		set := rapid.SliceOfN(ordinal, 0, 200).Draw(t, "set")
		model, bits := map[int64]bool{}, rule.Bits{}
		for _, n := range set {
			if got := bits.Set(n); got == model[n] {
				t.Fatalf("Set(%d) says %v", n, got)
			}
			model[n] = true
		}
		if bits.IsZero() != (len(model) == 0) || bits.Base%64 != 0 {
			t.Fatalf("%+v", bits)
		}
		if len(model) > 0 && (bits.Words[0] == 0 || bits.Words[len(bits.Words)-1] == 0) {
			t.Fatalf("empty words at an end: %+v", bits)
		}
		if all := slices.Collect(bits.All()); !slices.Equal(all, slices.Sorted(maps.Keys(model))) {
			t.Fatalf("All gives %v of %+v", all, bits)
		}
		for range 20 {
			lo, hi, n := ordinal.Draw(t, "lo"), ordinal.Draw(t, "hi"), rapid.Int64Range(1, 9).Draw(t, "n")
			count, runs, last := modelBits(model, lo, hi, n)
			if bits.Has(lo) != model[lo] || bits.Count(lo, hi) != count || bits.Runs(n, lo, hi) != runs || bits.Last(lo, hi) != last {
				t.Fatalf("%d to %d by %d: Has %v Count %d Runs %d Last %d, want %v %d %d %d", lo, hi, n,
					bits.Has(lo), bits.Count(lo, hi), bits.Runs(n, lo, hi), bits.Last(lo, hi), model[lo], count, runs, last)
			}
		}
	})
}

// modelBits counts the ordinals from lo to hi one by one, over no more than the ordinals there are.
func modelBits(set map[int64]bool, lo, hi, n int64) (count, runs, last int64) {
	for o := range set {
		if o < lo || o > hi {
			continue
		}
		count++
		if o > lo && set[o-1] { // not the first of its run
			continue
		}
		length := int64(0)
		for i := o; i <= hi && set[i]; i++ {
			length++
		}
		runs += length / n
		if o+length-1 == hi {
			last = length
		}
	}
	return count, runs, last
}

func TestBits_theOrderOfFillingDoesNotShow(t *testing.T) {
	up, down := rule.Bits{}, rule.Bits{}
	for i := range int64(300) {
		up.Set(i*7 - 500)
		down.Set((299-i)*7 - 500)
	}
	if up.Base != down.Base || len(up.Words) != len(down.Words) {
		t.Fatalf("%+v and %+v", up, down)
	}
	for i := range up.Words {
		if up.Words[i] != down.Words[i] {
			t.Fatalf("word %d differs", i)
		}
	}
}

func TestBits_S10_aRunMayCrossAnyNumberOfWords(t *testing.T) {
	tests := []struct {
		name           string
		from, to, n    int64
		runs, lo, hi   int64
		count, lastRun int64
	}{
		{"one word, full", 0, 63, 64, 1, 0, 63, 64, 64},
		{"three words, full", -64, 127, 191, 1, -1000, 1000, 192, 0},
		{"cut by the range", 0, 300, 50, 3, 100, 249, 150, 150},
		{"all ones on both sides of an edge", 60, 130, 71, 1, 60, 130, 71, 71},
		{"one too few", 60, 130, 72, 0, 60, 130, 71, 71},
		{"an empty range", 0, 10, 1, 0, 5, 4, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b rule.Bits
			for i := tt.from; i <= tt.to; i++ {
				b.Set(i)
			}
			if got := b.Runs(tt.n, tt.lo, tt.hi); got != tt.runs {
				t.Errorf("Runs is %d", got)
			}
			if got := b.Count(tt.lo, tt.hi); got != tt.count {
				t.Errorf("Count is %d", got)
			}
			if got := b.Last(tt.lo, tt.hi); got != tt.lastRun {
				t.Errorf("Last is %d", got)
			}
		})
	}
}
