package rule_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

// treeFaults lists the faults joined in an error as they are printed, and checks that each is a typed one.
func treeFaults(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%T is no joined error: %v", err, err)
	}
	var all []string
	for _, e := range joined.Unwrap() {
		if _, ok := errors.AsType[*rule.FieldError](e); !ok || !errors.Is(e, rule.ErrInvalid) {
			t.Errorf("%T is no field error: %v", e, e)
		}
		all = append(all, e.Error())
	}
	return all
}

func wantFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	if got := treeFaults(t, err); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// nested wraps a leaf so that the path from the root to it has depth nodes.
func nested(depth int) rule.Rule {
	r := rule.Count("a", 1)
	for range depth - 1 {
		r = rule.All(r)
	}
	return r
}

// counts is an All of n leaves.
func counts(n int) rule.Rule {
	of := make([]rule.Rule, n)
	for i := range of {
		of[i] = rule.Count("a", 1)
	}
	return rule.All(of...)
}

// selfHolding is a rule whose children are the slice they stand in.
func selfHolding() rule.Rule {
	of := make([]rule.Rule, 1)
	of[0] = rule.All(of...)
	return of[0]
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestValidate_S9_findsEveryFaultByPath(t *testing.T) {
	const list = "must have only letters A-Z and a-z, digits, dots, underscores and hyphens"
	tests := []struct {
		name string
		rule rule.Rule
		want []string
	}{
		{"the zero rule is sound as a root", rule.Rule{}, nil},
		{"a leaf is sound", rule.Count("a", 1), nil},
		{"the limits themselves are sound", rule.AtLeast(3, rule.Distinct("A.z_9-", "x", 10_000),
			rule.Count(strings.Repeat("c", 64), 1<<62), rule.Sum("a", "x", dec("99999999999999999999.999999999999999999"))), nil},
		{"16 rules deep is sound", nested(16), nil},
		{"256 nodes are sound", counts(255), nil},
		{"a gate may name a level", rule.Done("a").AtLevel(2), nil},

		{"zero rule as a child", rule.All(rule.Count("a", 1), rule.Rule{}),
			[]string{`all[1]: must be a rule with an operator: one without never matches`}},
		{"no operator but fields", rule.Rule{Task: "a", N: 2},
			[]string{`task: "a": must not be set without an operator`, `n: "2": must not be set without an operator`}},
		{"unknown operator", rule.Any(rule.Rule{Op: 99}), []string{`any[0]: "99": is no known operator: 99`}},
		{"empty all", rule.All(), []string{`all: must not be empty`}},
		{"empty any", rule.All(rule.Any()), []string{`all[0].any: must not be empty`}},
		{"empty at least", rule.AtLeast(1), []string{`of: must not be empty`}},
		{"k below 1", rule.AtLeast(0, rule.Count("a", 1)), []string{`at_least: "0": must be at least 1`}},
		{"k above the children", rule.All(rule.AtLeast(2, rule.Count("a", 1))),
			[]string{`all[0].at_least: "2": must be at most 1, the number of rules below it`}},
		{"n below 1", rule.AtLeast(1, rule.Count("a", 0), rule.Streak("a", -1), rule.Distinct("a", "x", 0)),
			[]string{`of[0].n: "0": must be at least 1`, `of[1].n: "-1": must be at least 1`, `of[2].n: "0": must be at least 1`}},
		{"distinct above what is kept", rule.Distinct("a", "x", 10_001), []string{`n: "10001": must be at most 10000`}},
		{"no attribute", rule.Any(rule.Distinct("a", "", 1), rule.Sum("a", "", dec("1"))),
			[]string{`any[0].attr: must not be empty`, `any[1].attr: must not be empty`}},
		{"total of zero", rule.Sum("a", "x", dec("0")), []string{`total: "0": must be above zero`}},
		{"total below zero", rule.Sum("a", "x", dec("-0.5")), []string{`total: "-0.5": must be above zero`}},
		{"total too fine", rule.Sum("a", "x", dec("0.1234567890123456789")),
			[]string{`total: must have at most 38 digits, at most 18 of them after the point`}},
		{"total too long", rule.Sum("a", "x", dec("123456789012345678901234567890123456789")),
			[]string{`total: must have at most 38 digits, at most 18 of them after the point`}},
		{"total of an exploding exponent", rule.Sum("a", "x", decimal.New(1, 1e9)), []string{`total: must have at most 38 digits, at most 18 of them after the point`}},
		{"total of a vanishing exponent", rule.Sum("a", "x", decimal.New(1, -1e9)),
			[]string{`total: must have at most 38 digits, at most 18 of them after the point`}},
		{"no task", rule.Done(""), []string{`done: must not be empty`}},
		{"task too long", rule.Streak(strings.Repeat("c", 65), 1),
			[]string{`streak: "` + strings.Repeat("c", 65) + `": must have at most 64 bytes, has 65`}},
		{"task of other letters", rule.All(rule.Count("a b", 1), rule.Sum("签到", "x", dec("1"))),
			[]string{`all[0].count: "a b": ` + list, `all[1].sum: "签到": ` + list}},
		{"level below zero", rule.Count("a", 1).AtLevel(-1), []string{`level: "-1": must not be negative`}},
		{"condition on a gate", rule.Done("a").Where("x"), []string{`where: "x": must not be set: done does not read it`}},
		{"fields of a leaf on a node", rule.Rule{Op: rule.OpAll, Of: []rule.Rule{rule.Count("a", 1)}, K: 1, Task: "t", N: 2, Attr: "x",
			Total: dec("3"), Cond: "y", Level: 4}, []string{
			`k: "1": must not be set: all does not read it`, `task: "t": must not be set: all does not read it`,
			`n: "2": must not be set: all does not read it`, `attr: "x": must not be set: all does not read it`,
			`total: "3": must not be set: all does not read it`, `where: "y": must not be set: all does not read it`,
			`level: "4": must not be set: all does not read it`}},
		{"fields of others on a leaf", rule.Rule{Op: rule.OpCount, Task: "a", N: 1, K: 1, Of: []rule.Rule{{}}, Attr: "x", Total: decimal.New(1, 1e9)},
			[]string{`k: "1": must not be set: count does not read it`, `of: must not be set: count does not read it`,
				`attr: "x": must not be set: count does not read it`, `total: must not be set: count does not read it`}},
		{"texts that are not UTF-8", rule.Distinct("\xff", "\xff", 1).Where("\xff"), []string{`attr: "\xff": must be valid UTF-8`,
			`where: "\xff": must be valid UTF-8`, `distinct: "\xff": ` + list}},
		{"17 rules deep", rule.Any(nested(16)), []string{`any[0]` + strings.Repeat(".all[0]", 14) + `.all: must not nest deeper than 16 rules`}},
		{"257 nodes", counts(256), []string{`must not have more than 256 nodes`}},
		{"many more nodes are one fault", rule.Any(counts(1000), counts(1000)), []string{`must not have more than 256 nodes`}},
		{"a slice that holds itself", selfHolding(), []string{strings.TrimPrefix(strings.Repeat(".all[0]", 15), ".") + `.all: must not nest deeper than 16 rules`}},
		{"all of it at once", rule.All(rule.AtLeast(3, rule.Count("", 0), rule.Any()), rule.Rule{}), []string{
			`all[0].at_least: "3": must be at most 2, the number of rules below it`, `all[0].of[0].count: must not be empty`,
			`all[0].of[0].n: "0": must be at least 1`, `all[0].of[1].any: must not be empty`,
			`all[1]: must be a rule with an operator: one without never matches`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantFaults(t, tt.rule.Validate(), tt.want...) })
	}
}

// treeLeaf draws a valid leaf.
func treeLeaf(t *rapid.T) rule.Rule {
	task := rapid.StringMatching(`[A-Za-z0-9._-]{1,4}`).Draw(t, "task")
	n := rapid.Int64Range(1, 10_000).Draw(t, "n")
	var leaf rule.Rule
	switch rapid.IntRange(0, 4).Draw(t, "leaf") {
	case 0:
		return rule.Done(task).AtLevel(rapid.IntRange(0, 2).Draw(t, "level"))
	case 1:
		leaf = rule.Count(task, rapid.Int64Min(1).Draw(t, "n"))
	case 2:
		leaf = rule.Streak(task, n)
	case 3:
		leaf = rule.Distinct(task, rapid.StringN(1, 5, -1).Draw(t, "attr"), n)
	default:
		exp := rapid.Int32Range(-18, 19).Draw(t, "exp")
		leaf = rule.Sum(task, "x", decimal.New(rapid.Int64Min(1).Draw(t, "coefficient"), exp))
	}
	return leaf.Where(rapid.String().Draw(t, "cond")).AtLevel(rapid.IntRange(0, 1<<31-1).Draw(t, "level"))
}

// treeRule draws a valid rule that is at most depth rules deep.
func treeRule(t *rapid.T, depth int) rule.Rule {
	if depth == 1 || rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
		return treeLeaf(t)
	}
	of := make([]rule.Rule, rapid.IntRange(1, 3).Draw(t, "children"))
	for i := range of {
		of[i] = treeRule(t, depth-1)
	}
	switch rapid.IntRange(0, 2).Draw(t, "node") {
	case 0:
		return rule.All(of...)
	case 1:
		return rule.Any(of...)
	default:
		return rule.AtLeast(rapid.Int64Range(1, int64(len(of))).Draw(t, "k"), of...)
	}
}
