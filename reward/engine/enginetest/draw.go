package enginetest

import "pgregory.net/rapid"

// What is drawn here is drawn evenly, where rapid's own numbers and samples favour the small and the first: a play in which
// nine actions of ten are the same one finds little. All of it shrinks to the smallest and the first.

const evenBits = 12

// even draws 0 to 4095.
func even(t *rapid.T, label string) int {
	return rapid.Custom(func(t *rapid.T) int {
		n := 0
		for range evenBits {
			n *= 2
			if rapid.Bool().Draw(t, "bit") {
				n++
			}
		}
		return n
	}).Draw(t, label)
}

// chance is true so often in a hundred.
func chance(t *rapid.T, percent int, label string) bool {
	return even(t, label)*100 >= (100-percent)<<evenBits
}

func coin(t *rapid.T, label string) bool { return rapid.Bool().Draw(t, label) }

// between draws one of the numbers from least to most.
func between(t *rapid.T, least, most int, label string) int {
	return least + even(t, label)*(most-least+1)>>evenBits
}

func between64(t *rapid.T, least, most int64, label string) int64 {
	return least + int64(even(t, label))*(most-least+1)>>evenBits
}

// pick draws one of a list that is not empty.
func pick[T any](t *rapid.T, of []T, label string) T {
	return of[between(t, 0, len(of)-1, label)]
}
