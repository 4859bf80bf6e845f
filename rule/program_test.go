package rule_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

// A unitTree is a tree on tasks that occur once each, with the value of every leaf: a number, or an open gate.
type unitTree struct {
	rule   rule.Rule
	inputs []rule.Input
	values []int64 // of the leaves, in order
}

// leafTask gives unlimited tasks by any name, and gates by a name that begins with g.
func leafTask(code string) (rule.Task, bool) {
	if code[0] == 'g' {
		return rule.Task{Code: code, Target: target1()}, true
	}
	return rule.Task{Code: code, Period: rule.Unlimited, Target: rule.Target{Levels: []int64{1}, Times: rule.Unbounded}}, true
}

func (u *unitTree) draw(t *rapid.T, depth, valueMax int) rule.Rule {
	op := "leaf"
	if depth > 0 {
		op = rapid.SampledFrom([]string{"leaf", "all", "any", "at least", "at least"}).Draw(t, "op")
	}
	if op == "leaf" {
		n := len(u.inputs)
		v := rapid.IntRange(-1, valueMax).Draw(t, "value")
		if v < 0 { // a gate
			open := rapid.Bool().Draw(t, "open")
			u.inputs = append(u.inputs, rule.Input{Open: open})
			u.values = append(u.values, map[bool]int64{true: rule.Unbounded}[open])
			return rule.Done(fmt.Sprint("g", n))
		}
		u.inputs = append(u.inputs, rule.Input{Cell: &rule.Cell{Sum: int64(v)}})
		u.values = append(u.values, int64(v))
		return rule.Count(fmt.Sprint("t", n), 1)
	}
	of := make([]rule.Rule, rapid.IntRange(1, 3).Draw(t, "children"))
	for i := range of {
		of[i] = u.draw(t, depth-1, valueMax)
	}
	switch op {
	case "all":
		return rule.All(of...)
	case "any":
		return rule.Any(of...)
	}
	return rule.AtLeast(int64(rapid.IntRange(1, len(of)).Draw(t, "k")), of...)
}

// The value of a node is the largest number of disjoint groups its children's matches form, found by trying: a group of an
// All takes a match of every child, one of an AtLeast(k) of some k children, one of an Any of one child, and an open gate
// gives as many as are asked for. A root that gates alone can open matches once.
func TestProgram_Matches_S12_isTheNumberOfDisjointGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var u unitTree
		u.rule = u.draw(t, 3, 3)
		p, err := rule.Compile(u.rule, rule.Scope{}, nil, leafTask)
		if err != nil {
			t.Fatal(err)
		}
		leaf := 0
		want := u.groups(u.rule, &leaf)
		if canOpen(u.rule) {
			want = min(want, 1)
		}
		if p.Gated() != canOpen(u.rule) {
			t.Fatalf("Gated is %v", p.Gated())
		}
		if got := p.Matches(u.inputs); got != want {
			t.Fatalf("%d matches, want %d", got, want)
		}
	})
}

// groupsMax is more than any tree of the property can form without an open gate that is not limited by another child.
const groupsMax = 200

func (u *unitTree) groups(r rule.Rule, leaf *int) int64 {
	if len(r.Of) == 0 {
		*leaf++
		return u.values[*leaf-1]
	}
	children := make([]int64, len(r.Of))
	for i, c := range r.Of {
		children[i] = min(groupsMax, u.groups(c, leaf))
	}
	k := map[rule.Op]int64{rule.OpAll: int64(len(children)), rule.OpAny: 1, rule.OpAtLeast: r.K}[r.Op]
	open := int64(0)
	for _, c := range children {
		if c == groupsMax {
			open++
		}
	}
	if open >= k {
		return rule.Unbounded
	}
	return takeGroups(children, k, map[string]int64{})
}

// takeGroups tries every way to take k children off for one group and goes on with the rest.
func takeGroups(c []int64, k int64, known map[string]int64) int64 {
	key := fmt.Sprint(c)
	if v, ok := known[key]; ok {
		return v
	}
	best := int64(0)
	for subset := range 1 << len(c) {
		rest, taken := slices.Clone(c), int64(0)
		possible := true
		for i := range c {
			if subset>>i&1 == 0 {
				continue
			}
			taken++
			switch {
			case rest[i] == 0:
				possible = false
			case rest[i] != groupsMax:
				rest[i]--
			}
		}
		if possible && taken == k {
			best = max(best, 1+takeGroups(rest, k, known))
		}
	}
	known[key] = best
	return best
}

func canOpen(r rule.Rule) bool {
	if len(r.Of) == 0 {
		return r.Op == rule.OpDone
	}
	open := int64(0)
	for _, c := range r.Of {
		if canOpen(c) {
			open++
		}
	}
	return open >= map[rule.Op]int64{rule.OpAll: int64(len(r.Of)), rule.OpAny: 1, rule.OpAtLeast: r.K}[r.Op]
}

// AtLeast(k) over values of any size is the largest t with sum(min(c, t)) >= k t, also where the sum passes int64.
func TestProgram_Matches_S12_isTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(0, 1<<40), rapid.Int64Range(1<<61, math.MaxInt64-1))
		values := rapid.SliceOfN(value, 1, 6).Draw(t, "values")
		k := int64(rapid.IntRange(1, len(values)).Draw(t, "k"))
		of, in := make([]rule.Rule, len(values)), make([]rule.Input, len(values))
		for i, v := range values {
			of[i], in[i] = rule.Count(fmt.Sprint("t", i), 1), rule.Input{Cell: &rule.Cell{Sum: v}}
		}
		p, err := rule.Compile(rule.AtLeast(k, of...), rule.Scope{}, nil, leafTask)
		if err != nil {
			t.Fatal(err)
		}
		fits := func(n int64) bool { // sum(min(c, n)) >= k n
			sum := new(big.Int)
			for _, v := range values {
				sum.Add(sum, big.NewInt(min(v, n)))
			}
			return sum.Cmp(new(big.Int).Mul(big.NewInt(k), big.NewInt(n))) >= 0
		}
		got := p.Matches(in)
		if !fits(got) || got < math.MaxInt64 && fits(got+1) {
			t.Fatalf("AtLeast(%d) of %v is %d", k, values, got)
		}
	})
}

func TestProgram_Matches_S12(t *testing.T) {
	n := func(v int64) rule.Input { return rule.Input{Cell: &rule.Cell{Sum: v}} }
	open, closed := rule.Input{Open: true}, rule.Input{}
	a, b, c, g, h := rule.Count("a", 1), rule.Count("b", 1), rule.Count("c", 1), rule.Done("g1"), rule.Done("g2")
	tests := []struct {
		name string
		rule rule.Rule
		in   []rule.Input
		want int64
	}{
		{"2, 1 and 1 give two pairs", rule.AtLeast(2, a, b, c), []rule.Input{n(2), n(1), n(1)}, 2},
		{"5, 0 and 0 give none", rule.AtLeast(2, a, b, c), []rule.Input{n(5), n(0), n(0)}, 0},
		{"5, 1 and 1 give two", rule.AtLeast(2, a, b, c), []rule.Input{n(5), n(1), n(1)}, 2},
		{"an open gate is in every pair", rule.AtLeast(2, a, b, g), []rule.Input{n(5), n(1), open}, 6},
		{"a closed gate is in none", rule.AtLeast(2, a, b, g), []rule.Input{n(5), n(1), closed}, 1},
		{"k open gates match once", rule.AtLeast(2, a, h, g), []rule.Input{n(5), open, open}, 1},
		{"a root that can be open matches once though it is not", rule.Any(a, g), []rule.Input{n(5), closed}, 1},
		{"a gate limits nothing", rule.All(a, g), []rule.Input{n(5), open}, 5},
		{"a closed gate stops all", rule.All(a, g), []rule.Input{n(5), closed}, 0},
		{"gates in an inner Any", rule.All(a, rule.Any(g, h)), []rule.Input{n(5), closed, open}, 5},
		{"inputs that are missing count nothing", rule.Any(a, b, c), []rule.Input{n(2)}, 2},
		{"more inputs than leaves", rule.Any(a), []rule.Input{n(2), n(3)}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := rule.Compile(tt.rule, rule.Scope{}, nil, leafTask)
			if err != nil {
				t.Fatal(err)
			}
			before := slices.Clone(tt.in)
			if got := p.Matches(tt.in); got != tt.want {
				t.Errorf("%d matches, want %d", got, tt.want)
			}
			if !slices.Equal(before, tt.in) {
				t.Error("the inputs were changed")
			}
		})
	}
	if got := new(rule.Program).Matches([]rule.Input{n(3)}); got != 0 {
		t.Errorf("the zero Program matches %d times", got)
	}
}

// floor(sum / total) is exact for any sum and total in bounds, and stops at the largest int64.
func TestProgram_Matches_S10_sumsAreWholeToTheLastDigit(t *testing.T) {
	coefficient := rapid.OneOf(rapid.Int64Range(0, 1000), rapid.Int64Range(0, math.MaxInt64), rapid.SampledFrom([]int64{999999999999999999, 1000000000000000000, math.MaxInt64}))
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) decimal.Decimal {
			d := decimal.New(coefficient.Draw(t, label), rapid.Int32Range(-18, 20).Draw(t, label+" exponent"))
			if rapid.Bool().Draw(t, label+" long") {
				d = d.Mul(decimal.NewFromInt(coefficient.Draw(t, label+" factor")))
			}
			return d
		}
		sum, total := draw("sum"), draw("total")
		checkWholes(t, sum, total)
	})
	for _, tt := range [][2]string{{"9223372036854775807", "1"}, {"9223372036854775808", "1"}, {"92233720368547758070", "10"}, {"1", "0.0000000000000000001"},
		{"0.3", "0.1"}, {"0.29999", "0.1"}, {"99999999999999999999", "0.000000000000000003"}, {"1234567890123456789.5", "1"}, {"1000000000000000000.5", "0.5"}} {
		checkWholes(t, dec(tt[0]), dec(tt[1]))
	}
}

func checkWholes(t interface{ Fatalf(string, ...any) }, sum, total decimal.Decimal) {
	if _, err := rule.CheckDecimal(total); err != nil || total.Sign() <= 0 {
		return
	}
	p, err := rule.Compile(rule.Sum("free", "d", total), rule.Scope{}, nil, fixtureTask)
	if err != nil {
		t.Fatalf("%v", err)
	}
	got := p.Matches([]rule.Input{{Cell: &rule.Cell{Total: sum}}})
	ratio := new(big.Rat).Quo(sum.Rat(), total.Rat())
	want := least(math.MaxInt64, new(big.Int).Div(ratio.Num(), ratio.Denom()))
	if got != want {
		t.Fatalf("%s in %s: %d, want %d", total, sum, got, want)
	}
}

// TestProgram_Matches_allocatesNothing holds it for the seed's rule, a tree of thirty leaves of every kind, and thirty in a row.
func TestProgram_Matches_allocatesNothing(t *testing.T) {
	var of []rule.Rule
	for range 5 {
		of = append(of, rule.AtLeast(2, rule.Streak("daily", 3), rule.Count("twice", 2), rule.Sum("free", "d", dec("9.5"))),
			rule.Any(rule.Distinct("free", "s", 2), rule.Done("once"), rule.Streak("d-daily", 2)))
	}
	cell := rule.Cell{Sum: 9, Count: 12, Total: dec("1234.75"), Open: []rule.Open{{Period: 3, Sum: 5}}}
	for i := range int64(150) {
		if i%5 != 0 {
			cell.Done.Set(i)
		}
	}
	input := rule.Input{Cell: &cell, Lo: 3, Hi: 99, Open: true}
	for name, p := range map[string]*rule.Program{"seed": compiledSeed(t), "thirty leaves": compileOK(t, rule.All(of...), rule.Scope{}),
		"thirty leaves side by side": compileOK(t, rule.AtLeast(15, slices.Repeat([]rule.Rule{rule.Streak("daily", 3)}, 30)...), rule.Scope{})} {
		in := slices.Repeat([]rule.Input{input}, len(p.Leaves()))
		if p.Matches(in) == 0 {
			t.Errorf("%s: nothing matches", name)
		}
		if n := testing.AllocsPerRun(100, func() { p.Matches(in) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestProgram_Matches_aDeepStackIsLargeEnough(t *testing.T) {
	of := make([]rule.Rule, 200)
	in := make([]rule.Input, 200)
	for i := range of {
		of[i], in[i] = rule.Count("free", 1), rule.Input{Cell: &rule.Cell{Sum: 3}}
	}
	if got := compileOK(t, rule.AtLeast(100, of...), rule.Scope{}).Matches(in); got != 6 {
		t.Errorf("%d matches, want 6", got)
	}
}

func TestLeaf_Opens_S11(t *testing.T) {
	type record struct {
		sum, finishes int64
		first, last   time.Time
	}
	tests := []struct {
		name        string
		task        string
		window      rule.Window
		record      record
		outer       time.Time
		open, known bool
	}{
		{"nothing done", "once", rule.Window{}, record{}, time.Time{}, false, true},
		{"done, no end", "once", rule.Window{}, record{sum: 1, first: days(1, 0), last: days(1, 0)}, time.Time{}, true, true},
		{"done before the window began", "once", span(50, 60), record{sum: 1, first: days(1, 0), last: days(1, 0)}, time.Time{}, true, true},
		{"done as the window ends", "once", span(0, 9), record{sum: 1, first: days(9, 0), last: days(9, 0)}, time.Time{}, false, true},
		{"done before and again after the end", "once", span(0, 9), record{sum: 2, first: days(8, 0), last: days(10, 0)}, time.Time{}, true, true},
		{"the outer period ends first", "once", span(0, 9), record{sum: 1, first: days(8, 0), last: days(8, 0)}, days(7, 0), false, true},
		{"the window ends first", "once", span(0, 9), record{sum: 1, first: days(9, 0), last: days(9, 0)}, days(14, 0), false, true},
		{"some levels left", "once-levels", rule.Window{}, record{sum: 6, first: days(1, 0), last: days(2, 0)}, time.Time{}, false, true},
		{"levels that may lie beyond the end", "once-levels", span(0, 9), record{sum: 7, first: days(1, 0), last: days(9, 0)}, time.Time{}, false, false},
		{"all levels before the end", "once-levels", span(0, 9), record{finishes: 2, first: days(1, 0), last: days(8, 0)}, time.Time{}, true, true},
		{"all levels after the end", "once-levels", span(0, 9), record{sum: 9, first: days(9, 0), last: days(10, 0)}, time.Time{}, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := compileOK(t, rule.Any(rule.Done(tt.task), rule.Count("free", 1)), within(tt.window)).Leaves()[0]
			r := tt.record
			if open, known := l.Opens(r.sum, r.finishes, r.first, r.last, tt.outer); open != tt.open || known != tt.known {
				t.Errorf("open %v, known %v", open, known)
			}
			if !tt.known && l.Track == nil {
				t.Error("no track, though the record cannot tell")
			}
		})
	}
	l := compileOK(t, rule.Done("once-levels").AtLevel(1), within(span(0, 9))).Leaves()[0]
	if l.Reached(nil) || l.Reached(&rule.Cell{Sum: 2}) || !l.Reached(&rule.Cell{Sum: 3}) || !l.Reached(&rule.Cell{Finishes: 1}) {
		t.Error("Reached goes by another level")
	}
}
