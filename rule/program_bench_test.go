package rule_test

import (
	"math"
	"math/bits"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// A flatLeaf and a flatStep are what somebody writes by hand who wants the value of one rule fast and nothing else.
type flatLeaf struct {
	streak, gate bool
	n            int64
}

type flatStep struct {
	op   byte // 'l' for a leaf, '&' for all, '|' for any
	args int
}

// flatMatches evaluates RS000910 over the same inputs as Program.Matches: a loop over steps, with a stack.
func flatMatches(steps []flatStep, leaves []flatLeaf, in []rule.Input) int64 {
	var stack [8]int64
	top, leaf := 0, 0
	for _, s := range steps {
		switch s.op {
		case 'l':
			stack[top] = flatValue(leaves[leaf], &in[leaf])
			top, leaf = top+1, leaf+1
		case '&':
			v := stack[top-s.args]
			for _, a := range stack[top-s.args+1 : top] {
				v = min(v, a)
			}
			top -= s.args - 1
			stack[top-1] = v
		case '|':
			v := stack[top-s.args]
			for _, a := range stack[top-s.args+1 : top] {
				if v > math.MaxInt64-a {
					v = math.MaxInt64
				} else {
					v += a
				}
			}
			top -= s.args - 1
			stack[top-1] = v
		}
	}
	return stack[0]
}

func flatValue(l flatLeaf, in *rule.Input) int64 {
	switch {
	case l.gate:
		if in.Open {
			return math.MaxInt64
		}
		return 0
	case in.Cell == nil:
		return 0
	case !l.streak:
		n := int64(0)
		for _, w := range in.Cell.Done.Words {
			n += int64(bits.OnesCount64(w))
		}
		return n / l.n
	}
	var sum, run int64
	for _, w := range in.Cell.Done.Words {
		for left := 64; left > 0; {
			ones := bits.TrailingZeros64(^w)
			run, w, left = run+int64(ones), w>>ones, left-ones
			if left <= 0 {
				break
			}
			sum, run = sum+run/l.n, 0
			zeros := bits.TrailingZeros64(w)
			if zeros == 64 {
				break
			}
			w, left = w>>zeros, left-zeros
		}
	}
	return sum + run/l.n
}

// BenchmarkMatches measures how often a rule matches, on a tally that is there: the rule of RS000910, three days in a row of
// a daily task and gates, after a week, and after 40 days with some gaps. "flat" is a loop written by hand for such rules
// over the same cells.
func BenchmarkMatches(b *testing.B) {
	week, weeks := &rule.Cell{}, &rule.Cell{}
	for day := range int64(40) {
		if day < 7 {
			week.Done.Set(20000 + day)
		}
		if day%9 != 4 {
			weeks.Done.Set(20000 + day)
		}
	}
	b.Run("week", func(b *testing.B) { benchmarkMatches(b, week) })
	b.Run("gaps", func(b *testing.B) { benchmarkMatches(b, weeks) })
}

func benchmarkMatches(b *testing.B, cell *rule.Cell) {
	p := compiledSeed(b)
	in := []rule.Input{{Cell: cell}, {Open: true}, {}, {Open: true}}
	steps := []flatStep{{op: 'l'}, {op: 'l'}, {'&', 2}, {op: 'l'}, {op: 'l'}, {'|', 2}, {'&', 2}}
	leaves := []flatLeaf{{streak: true, n: 3}, {gate: true}, {gate: true}, {gate: true}}
	want := p.Matches(in)
	if got := flatMatches(steps, leaves, in); got != want || want == 0 {
		b.Fatalf("%d matches, and %d by hand", want, got)
	}
	b.Run("guerdon", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p.Matches(in) != want {
				b.Fatal("differs")
			}
		}
	})
	b.Run("flat", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if flatMatches(steps, leaves, in) != want {
				b.Fatal("differs")
			}
		}
	})
}

// BenchmarkTrack_Add measures what an event costs in the tally of one leaf, by the form of its track.
func BenchmarkTrack_Add(b *testing.B) {
	p := compileOK(b, rule.Any(rule.Count("free", 1), rule.Count("daily", 1), rule.Count("twice", 1), rule.Sum("free", "d", dec("1"))), rule.Scope{})
	f := rule.Fact{Time: seedDay, Growth: 1, Attrs: rule.Attrs{"d": dec("12.5")}}
	for _, l := range p.Leaves() {
		b.Run(map[rule.Form]string{rule.FormGrowth: "growth", rule.FormDone: "done", rule.FormTimes: "times", rule.FormSum: "sum"}[l.Track.Form], func(b *testing.B) {
			var tally rule.Tally
			var sc rule.Scratch
			at, periods := f, utcPeriods()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				at.Time = seedDay.Add(time.Duration(i%1000) * time.Hour)
				l.Track.Add(&tally, periods, at, &sc, nil)
			}
		})
	}
}
