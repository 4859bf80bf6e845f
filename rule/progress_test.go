package rule_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/guerdon-go/guerdon/rule"
)

// doneOn is a cell whose periods are done on some days after seedDay.
func doneOn(n ...int) rule.Input {
	var c rule.Cell
	for _, d := range n {
		c.Done.Set(utcPeriods().Ordinal(rule.Day, days(d, 0)))
	}
	return rule.Input{Cell: &c}
}

func sumOf(n int64) rule.Input { return rule.Input{Cell: &rule.Cell{Sum: n}} }

// TestProgram_Progress holds what an Explain shows, as JSON. Today is day 10.
func TestProgram_Progress(t *testing.T) {
	in := func(in ...rule.Input) []rule.Input { return in }
	total := func(s string) rule.Input { return rule.Input{Cell: &rule.Cell{Total: dec(s)}} }
	size := func(n int64) rule.Input { return rule.Input{Cell: &rule.Cell{Count: n}} }
	between := func(i rule.Input, lo, hi int) rule.Input {
		i.Lo, i.Hi = utcPeriods().Ordinal(rule.Day, days(lo, 0)), utcPeriods().Ordinal(rule.Day, days(hi, 0))
		return i
	}
	free := func(n int64) rule.Rule { return rule.Count("free", n) }
	tests := []struct {
		name string
		rule rule.Rule
		in   []rule.Input
		next int64
	}{
		{"zero rule", rule.Rule{}, nil, 1},
		{"count before the first", free(5), in(sumOf(2)), 1},
		{"count of nothing", free(5), nil, 1},
		{"count after two matches", free(5), in(sumOf(12)), 3},
		{"count that is due", free(5), in(sumOf(12)), 2},
		{"count of times", rule.Count("twice", 3), in(rule.Input{Cell: &rule.Cell{Count: 4, Open: []rule.Open{{Sum: 3}}}}), 2},
		{"count of days", rule.Count("daily", 3), in(doneOn(1, 5)), 1},
		{"count of derived days", rule.Count("d-daily", 3), in(between(doneOn(1, 5, 6), 2, 20)), 1},
		{"sum", rule.Sum("free", "d", dec("99.50")), in(total("120.25")), 2},
		{"sum of nothing", rule.Sum("free", "d", dec("99.50")), nil, 1},
		{"values", rule.Distinct("free", "s", 3), in(size(4)), 2},
		{"values, full", rule.Distinct("free", "s", 3), in(size(rule.DistinctMax)), 4000},
		{"streak that ends today", rule.Streak("daily", 5), in(doneOn(2, 8, 9, 10)), 1},
		{"streak that ended yesterday", rule.Streak("daily", 5), in(doneOn(8, 9)), 1},
		{"streak that broke", rule.Streak("daily", 5), in(doneOn(6, 7, 8)), 1},
		{"streak that reaches tomorrow", rule.Streak("daily", 3), in(doneOn(9, 10, 11)), 2},
		{"streak after a match and a break", rule.Streak("daily", 3), in(doneOn(1, 2, 3, 4, 9, 10)), 2},
		{"streak that goes on after two matches", rule.Streak("daily", 3), in(doneOn(4, 5, 6, 7, 8, 9, 10)), 3},
		{"streak of days of an unlimited task", rule.Streak("free", 3), in(doneOn(9, 10)), 1},
		{"streak of derived days cut by the window", rule.Streak("d-daily", 5), in(between(doneOn(7, 8, 9, 10), 9, 20)), 1},
		{"streak of derived days whose window is over", rule.Streak("d-daily", 5), in(between(doneOn(6, 7, 8), 0, 8)), 1},
		{"closed gate", rule.Done("once"), in(rule.Input{}), 1},
		{"open gate", rule.Done("once"), in(rule.Input{Open: true}), 7},
		{"all", rule.All(free(2), rule.Done("once"), rule.Count("daily", 1)), in(sumOf(7), rule.Input{Open: true}, doneOn(1)), 2},
		{"any needs one more of one", rule.Any(free(2), rule.Count("free5", 1), rule.Count("daily", 4)), in(sumOf(5), sumOf(9), doneOn(1)), 4},
		{"any that is met", rule.Any(free(2), rule.Count("free5", 1)), in(sumOf(5), sumOf(9)), 3},
		{"at least", rule.AtLeast(2, free(1), rule.Count("free5", 1), rule.Count("daily", 1)), in(sumOf(2), sumOf(5), doneOn(1)), 3},
		{"at least with a gate", rule.All(rule.AtLeast(2, free(3), rule.Done("once"), rule.Done("once-early")), rule.Count("daily", 2)),
			in(sumOf(1), rule.Input{Open: true}, rule.Input{Open: true}, doneOn(1)), 1},
		{"the seed", rs000910(), in(doneOn(8, 9), rule.Input{Open: true}, rule.Input{}, rule.Input{}), 1},
		{"the seed's second", rs000910(), in(doneOn(3, 4, 5, 9, 10), rule.Input{Open: true}, rule.Input{}, rule.Input{Open: true}), 2},
	}
	today := func(u rule.Unit) int64 { return utcPeriods().Ordinal(u, days(10, 12)) }
	var got bytes.Buffer
	for _, tt := range tests {
		p := compileOK(t, tt.rule, rule.Scope{})
		text, err := json.MarshalIndent(p.Progress(tt.in, tt.next, today), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString("# " + tt.name + "\n" + string(text) + "\n\n")
		checkProgress(t, tt.name, p.Progress(tt.in, tt.next, today), p.Matches(tt.in), tt.next)
	}
	path := filepath.Join("testdata", "progress.golden")
	if *updateErrors {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got.Bytes()) {
		t.Errorf("%s differs; run with -update and look at the difference", path)
	}
}

// checkProgress holds that the root is met exactly if its match is there, and a leaf exactly if it has what it needs.
func checkProgress(t *testing.T, name string, g rule.Progress, matches, next int64) {
	t.Helper()
	if !g.Rule.IsZero() && len(g.Of) > 0 && g.Met != (matches >= next) {
		t.Errorf("%s: met is %v with %d matches of %d", name, g.Met, matches, next)
	}
	var walk func(rule.Progress)
	walk = func(g rule.Progress) {
		if len(g.Of) == 0 && !g.Rule.IsZero() && g.Met != (g.Have.Cmp(g.Need) >= 0) {
			t.Errorf("%s: %s has %s of %s and met is %v", name, g.Rule.Task, g.Have, g.Need, g.Met)
		}
		for _, c := range g.Of {
			walk(c)
		}
	}
	walk(g)
}
