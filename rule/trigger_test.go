package rule_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

// rs000910 is the rule of testdata/trigger_rs000910.json.
func rs000910() rule.Rule {
	return rule.All(
		rule.All(rule.Streak("TS000061", 3), rule.Count("TS000012", 1)),
		rule.Any(rule.Count("TS000013", 1), rule.Count("TS000014", 1)),
	)
}

func TestTriggerRules_A1_theSeedsRuleParsesAndPrints(t *testing.T) {
	text, err := os.ReadFile("testdata/trigger_rs000910.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := rule.ParseTriggerRules(text)
	if err != nil || !got.Equal(rs000910()) {
		t.Fatalf("got %+v, %v", got, err)
	}
	printed, err := rule.FormatTriggerRules(got)
	if err != nil {
		t.Fatal(err)
	}
	var want, have any
	if json.Unmarshal(text, &want) != nil || json.Unmarshal(printed, &have) != nil || !sameJSON(t, want, have) {
		t.Errorf("prints as %s", printed)
	}
}

func sameJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func TestTriggerRules_A1_anEmptyListNeverFires(t *testing.T) {
	for _, text := range []string{`[]`, ` [ ] `, `null`} {
		if r, err := rule.ParseTriggerRules([]byte(text)); err != nil || !r.IsZero() {
			t.Errorf("%s gives %+v, %v", text, r, err)
		}
	}
	if text, err := rule.FormatTriggerRules(rule.Rule{}); err != nil || string(text) != `[]` {
		t.Errorf("the zero rule prints as %s, %v", text, err)
	}
}

func TestTriggerRules_refusesByPath(t *testing.T) {
	one := func(task string) string { return `[{"ruleType":"and","taskRules":[` + task + `]}]` }
	const good = `{"taskConfigCode":"a","matchNumType":1,"matchNumMin":1}`
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no list", `{}`, []string{`"{}": must be a list`}},
		{"no JSON", `[}`, []string{`must be JSON: invalid character '}' looking for beginning of value after 2 bytes`}},
		{"groups that are no objects", `[null,3]`, []string{`[0]: "null": must be an object`, `[1]: "3": must be an object`}},
		{"nothing given", `[{},{"taskRules":[{}]}]`, []string{`[0].ruleType: must be given`, `[0].taskRules: must be given`,
			`[1].ruleType: must be given`, `[1].taskRules[0].taskConfigCode: must be given`, `[1].taskRules[0].matchNumType: must be given`,
			`[1].taskRules[0].matchNumMin: must be given`}},
		{"unknown rule types", `[{"ruleType":"not","taskRules":[` + good + `]},{"ruleType":1,"taskRules":[` + good + `]}]`,
			[]string{`[0].ruleType: "not": must be "and" or "or"`, `[1].ruleType: "1": must be a string`}},
		{"an empty group", `[{"ruleType":"or","taskRules":[]}]`, []string{`[0].taskRules: must not be empty`}},
		{"a group without a list", `[{"ruleType":"or","taskRules":null}]`, []string{`[0].taskRules: "null": must be a list`}},
		{"an unknown match type", one(good + `,{"taskConfigCode":"a","matchNumType":3,"matchNumMin":1}`),
			[]string{`[0].taskRules[1].matchNumType: "3": must be 1 (cumulative) or 2 (consecutive)`}},
		{"a minimum below 1", one(good + `,{"taskConfigCode":"a","matchNumType":2,"matchNumMin":0}`),
			[]string{`[0].taskRules[1].matchNumMin: "0": must be at least 1`}},
		{"numbers that are none", one(`{"taskConfigCode":"a","matchNumType":"1","matchNumMin":9223372036854775808}`), []string{
			`[0].taskRules[0].matchNumType: "\"1\"": must be a whole number, without point or exponent`,
			`[0].taskRules[0].matchNumMin: "9223372036854775808": must fit in 64 bits`}},
		{"codes that are none", one(`{"taskConfigCode":"","matchNumType":1,"matchNumMin":1},{"taskConfigCode":7,"matchNumType":1,"matchNumMin":1},` +
			`{"taskConfigCode":"a b","matchNumType":1,"matchNumMin":1}`), []string{`[0].taskRules[0].taskConfigCode: must not be empty`,
			`[0].taskRules[1].taskConfigCode: "7": must be a string`,
			`[0].taskRules[2].taskConfigCode: "a b": must have only letters A-Z and a-z, digits, dots, underscores and hyphens`}},
		{"unknown fields and repeated ones", `[{"ruleType":"and","ruleType":"or","taskrules":[],"taskRules":[{"taskConfigCode":"a","matchNumType":1,"matchNumMin":1,"x":1}]}]`,
			[]string{`[0].ruleType: must not be given twice`, `[0].taskrules: is no known field`, `[0].taskRules[0].x: is no known field`}},
		{"more than 256 nodes", one(good + strings.Repeat(","+good, 254)), []string{`must not have more than 256 nodes`}},
		{"more than 256 groups", `[{"ruleType":"or","taskRules":[` + good + `]}` + strings.Repeat(`,{"ruleType":"or","taskRules":[`+good+`]}`, 200) + `]`,
			[]string{`must not have more than 256 nodes`}},
		{"deep nesting", strings.Repeat(`[`, 5000) + strings.Repeat(`]`, 5000), []string{`[0]: "` + strings.Repeat("[", 80) + `": must be an object`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := rule.ParseTriggerRules([]byte(tt.text))
			wantFaults(t, err, tt.want...)
			if !r.IsZero() {
				t.Errorf("a refused text gives %+v", r)
			}
		})
	}
}

func TestTriggerRules_broadensWhatMeansTheSame(t *testing.T) {
	a, b, c, d := rule.Count("a", 1), rule.Streak("b", 2), rule.Count("c", 3), rule.Count("d", 4)
	tests := []struct {
		name       string
		rule, want rule.Rule
	}{
		{"a leaf", a, rule.All(rule.All(a))},
		{"an all of leaves", rule.All(a, b), rule.All(rule.All(a, b))},
		{"an any of leaves", rule.Any(a, b), rule.All(rule.Any(a, b))},
		{"leaves beside groups", rule.All(a, rule.Any(b, c), d), rule.All(rule.All(a, d), rule.Any(b, c))},
		{"a leaf behind a group", rule.All(rule.All(a, b), c), rule.All(rule.All(a, b), rule.All(c))},
		{"what has two levels already", rule.All(rule.Any(a), rule.All(b), rule.Any(c, d)), rule.All(rule.Any(a), rule.All(b), rule.Any(c, d))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := rule.FormatTriggerRules(tt.rule)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := rule.ParseTriggerRules(text); err != nil || !got.Equal(tt.want) {
				t.Errorf("%s parses as %+v, %v", text, got, err)
			}
		})
	}
}

func TestTriggerRules_refusesToPrintWhatTheFormCannotSay(t *testing.T) {
	a := rule.Count("a", 1)
	tests := []struct {
		name string
		rule rule.Rule
		want []string
	}{
		{"an invalid rule", rule.All(rule.Any(rule.Count("a", 0))), []string{`all[0].any[0].n: "0": must be at least 1`}},
		{"an at least", rule.AtLeast(1, a), []string{`at_least: must be all, any, count or streak: trigger rules have no at_least`}},
		{"other leaves", rule.All(rule.Done("a"), rule.Any(rule.Sum("a", "x", dec("1")), rule.Distinct("a", "x", 1))), []string{
			`all[0].done: must be all, any, count or streak: trigger rules have no done`,
			`all[1].any[0].sum: must be all, any, count or streak: trigger rules have no sum`,
			`all[1].any[1].distinct: must be all, any, count or streak: trigger rules have no distinct`}},
		{"conditions and levels", rule.All(a.AtLevel(1), rule.Any(a.Where("x > 1").AtLevel(2))), []string{
			`all[0].level: "1": must not be set: trigger rules have no levels`,
			`all[1].any[0].where: "x > 1": must not be set: trigger rules have no conditions`,
			`all[1].any[0].level: "2": must not be set: trigger rules have no levels`}},
		{"three levels", rule.All(rule.Any(a, rule.All(a))), []string{`all[0].any[1]: must be a count or streak, not all: trigger rules have two levels`}},
		{"groups below an any", rule.Any(a, rule.Any(a)), []string{`any[1]: must be a count or streak, not any: trigger rules have two levels`}},
		{"a tree that the added groups make too large", counts(255), []string{`must not have more than 256 nodes, the groups of trigger rules counted`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rule.FormatTriggerRules(tt.rule)
			wantFaults(t, err, tt.want...)
		})
	}
}

// triggerLeaf draws a leaf that trigger rules can say, of few tasks, so that some are drawn twice.
func triggerLeaf(t *rapid.T) rule.Rule {
	task, n := rapid.SampledFrom([]string{"a", "b", "TS000061"}).Draw(t, "task"), rapid.Int64Range(1, 5).Draw(t, "n")
	if rapid.Bool().Draw(t, "streak") {
		return rule.Streak(task, n)
	}
	return rule.Count(task, n)
}

func triggerGroup(t *rapid.T) rule.Rule {
	leaves := rapid.SliceOfN(rapid.Custom(triggerLeaf), 1, 4).Draw(t, "leaves")
	if rapid.Bool().Draw(t, "or") {
		return rule.Any(leaves...)
	}
	return rule.All(leaves...)
}

// A rule of the two levels is what its trigger rules parse as.
func TestTriggerRules_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rule.All(rapid.SliceOfN(rapid.Custom(triggerGroup), 1, 4).Draw(t, "groups")...)
		text, err := rule.FormatTriggerRules(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := rule.ParseTriggerRules(text); err != nil || !back.Equal(r) || back.Validate() != nil {
			t.Fatalf("%s parses as %+v, %v", text, back, err)
		}
	})
}

// A rule that has the two levels in part matches as often as what its trigger rules parse as, whatever was done (S12).
func TestTriggerRules_S12_broadeningKeepsTheMatches(t *testing.T) {
	part := rapid.OneOf(rapid.Custom(triggerLeaf), rapid.Custom(triggerGroup))
	rapid.Check(t, func(t *rapid.T) {
		r := part.Draw(t, "rule")
		if rapid.Bool().Draw(t, "all") {
			r = rule.All(rapid.SliceOfN(part, 1, 5).Draw(t, "parts")...)
		}
		text, err := rule.FormatTriggerRules(r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := rule.ParseTriggerRules(text)
		if err != nil {
			t.Fatal(err)
		}
		done := map[string]int64{}
		for _, task := range r.Tasks() {
			done[task] = rapid.Int64Range(0, 12).Draw(t, task)
		}
		if got, want := triggerMatches(back, done), triggerMatches(r, done); got != want {
			t.Fatalf("%s matches %d times, the rule %d", text, got, want)
		}
	})
}

// triggerMatches is S12 for counts and streaks below All and Any, every completion being adjacent to the one before.
func triggerMatches(r rule.Rule, done map[string]int64) int64 {
	var sum int64
	least := int64(1 << 62)
	for _, child := range r.Of {
		m := triggerMatches(child, done)
		sum, least = sum+m, min(least, m)
	}
	switch r.Op {
	case rule.OpAll:
		return least
	case rule.OpAny:
		return sum
	default:
		return done[r.Task] / r.N
	}
}

// What parses is valid and prints, what is printed parses back Equal, and nothing panics.
func FuzzTriggerRules(f *testing.F) {
	seed, err := os.ReadFile("testdata/trigger_rs000910.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	for _, text := range []string{`[]`, `null`, `[{"ruleType":"or","taskRules":[{"matchNumMin":1e3,"matchNumMin":-1}],"x":"\ud800"}]`, `[{[{[{`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := rule.ParseTriggerRules(text)
		if err != nil {
			treeFaults(t, err)
			return
		}
		if err := r.Validate(); err != nil {
			t.Fatalf("parses as an invalid rule: %v", err)
		}
		printed, err := rule.FormatTriggerRules(r)
		if err != nil {
			t.Fatalf("does not print: %v", err)
		}
		if back, err := rule.ParseTriggerRules(printed); err != nil || !back.Equal(r) {
			t.Fatalf("%s parses back as %+v, %v", printed, back, err)
		}
	})
}
