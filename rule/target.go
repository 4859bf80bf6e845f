package rule

import "math"

// A Target turns the growth and the finishes of one period into completions and levels. It is the formula every record
// and every leaf of a rule uses, so what a page shows and what counts agree.
type Target struct {
	// Levels are the growth each level needs, rising. There is at least one.
	Levels []int64
	// Times is how many completions the period holds; Unbounded for no bound. It is 1 when there are several levels.
	Times int64
}

// Unbounded stands for a number without bound: the matches of an open gate, the completions an unlimited task may have.
const Unbounded = math.MaxInt64

// sound reports whether the formulas below can be used.
func (t Target) sound() bool {
	last := int64(0)
	for _, l := range t.Levels {
		if l <= last {
			return false
		}
		last = l
	}
	return last > 0 && t.Times >= 1
}

// Completions is min(Times, floor(sum / target) + finishes), with the last level as the target.
func (t Target) Completions(sum, finishes int64) int64 {
	if len(t.Levels) > 1 {
		if t.Level(sum, finishes) >= len(t.Levels) {
			return 1
		}
		return 0
	}
	return min(t.Times, AddCapped(sum/t.Levels[0], finishes))
}

// Level is the number of levels that sum reaches plus finishes, at most the number of levels. With a single level it is
// 1 from the first completion on.
func (t Target) Level(sum, finishes int64) int {
	n := int64(0)
	for _, need := range t.Levels {
		if sum < need {
			break
		}
		n++
	}
	return int(min(int64(len(t.Levels)), AddCapped(n, finishes)))
}

// AddCapped adds two numbers that are not negative and stops at the largest int64. Sums formed by it do not depend on
// the order of their terms.
func AddCapped(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
