package rule_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

func TestTarget_S7(t *testing.T) {
	levels := rule.Target{Levels: []int64{3, 7, 10}, Times: 1}
	tests := []struct {
		name        string
		target      rule.Target
		sum, finish int64
		completions int64
		level       int
	}{
		{"nothing", target1(), 0, 0, 0, 0},
		{"one of one", target1(), 1, 0, 1, 1},
		{"more than one of one", target1(), 100, 3, 1, 1},
		{"a finish alone", target1(), 0, 1, 1, 1},
		{"four of five", rule.Target{Levels: []int64{5}, Times: 3}, 4, 0, 0, 0},
		{"fourteen of five", rule.Target{Levels: []int64{5}, Times: 3}, 14, 0, 2, 1},
		{"finishes and growth together", rule.Target{Levels: []int64{5}, Times: 3}, 9, 1, 2, 1},
		{"no more than times", rule.Target{Levels: []int64{5}, Times: 3}, 99, 9, 3, 1},
		{"unlimited", rule.Target{Levels: []int64{5}, Times: rule.Unbounded}, 99, 9, 28, 1},
		{"unlimited stops at the largest int64", rule.Target{Levels: []int64{1}, Times: rule.Unbounded}, math.MaxInt64, 5, math.MaxInt64, 1},
		{"below the first level", levels, 2, 0, 0, 0},
		{"at the second level", levels, 7, 0, 0, 2},
		{"at the last level", levels, 10, 0, 1, 3},
		{"a finish is a level", levels, 2, 1, 0, 1},
		{"a finish after two levels", levels, 9, 1, 1, 3},
		{"finishes alone", levels, 0, 5, 1, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.target.Completions(tt.sum, tt.finish); got != tt.completions {
				t.Errorf("%d completions, want %d", got, tt.completions)
			}
			if got := tt.target.Level(tt.sum, tt.finish); got != tt.level {
				t.Errorf("level %d, want %d", got, tt.level)
			}
		})
	}
}

// Completions and Level are the formulas of S7 worked out in unbounded integers, for every shape of target and every sum.
func TestTarget_S7_isTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := drawTarget(t)
		number := rapid.OneOf(rapid.Int64Range(0, 40), rapid.Int64Range(math.MaxInt64-40, math.MaxInt64))
		sum, finishes := number.Draw(t, "sum"), number.Draw(t, "finishes")
		reached := int64(0)
		for _, l := range target.Levels {
			if l <= sum {
				reached++
			}
		}
		level := least(int64(len(target.Levels)), new(big.Int).Add(big.NewInt(reached), big.NewInt(finishes)))
		want := least(target.Times, new(big.Int).Add(big.NewInt(sum/target.Levels[0]), big.NewInt(finishes)))
		if len(target.Levels) > 1 {
			want = 0
			if level == int64(len(target.Levels)) {
				want = 1
			}
		}
		if got := target.Completions(sum, finishes); got != want {
			t.Fatalf("%+v: %d completions of %d and %d, want %d", target, got, sum, finishes, want)
		}
		if got := target.Level(sum, finishes); int64(got) != level {
			t.Fatalf("%+v: level %d of %d and %d, want %d", target, got, sum, finishes, level)
		}
	})
}

func least(n int64, b *big.Int) int64 {
	if b.Cmp(big.NewInt(n)) < 0 {
		return b.Int64()
	}
	return n
}

// drawTarget draws a target of any shape a task may have.
func drawTarget(t *rapid.T) rule.Target {
	switch rapid.SampledFrom([]string{"single", "times", "unlimited", "levels"}).Draw(t, "shape") {
	case "single":
		return rule.Target{Levels: []int64{rapid.Int64Range(1, 5).Draw(t, "target")}, Times: 1}
	case "times":
		return rule.Target{Levels: []int64{rapid.Int64Range(1, 5).Draw(t, "target")}, Times: rapid.Int64Range(2, 4).Draw(t, "times")}
	case "unlimited":
		return rule.Target{Levels: []int64{rapid.Int64Range(1, 5).Draw(t, "target")}, Times: rule.Unbounded}
	}
	steps := rapid.SliceOfN(rapid.Int64Range(1, 4), 2, 4).Draw(t, "steps")
	last := int64(0)
	for i := range steps {
		last += steps[i]
		steps[i] = last
	}
	return rule.Target{Levels: steps, Times: 1}
}

// The capped sum of numbers does not depend on their order.
func TestAddCapped_S13_orderCannotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(math.MaxInt64/3, math.MaxInt64)), 1, 6).Draw(t, "terms")
		sum, exact := int64(0), new(big.Int)
		for _, v := range rapid.Permutation(terms).Draw(t, "order") {
			sum = rule.AddCapped(sum, v)
			exact.Add(exact, big.NewInt(v))
		}
		if want := least(math.MaxInt64, exact); sum != want {
			t.Fatalf("%v add up to %d, want %d", terms, sum, want)
		}
	})
}
