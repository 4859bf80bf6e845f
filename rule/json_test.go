package rule_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

func TestRuleJSON_printsEachOperator(t *testing.T) {
	tests := []struct {
		name string
		rule rule.Rule
		want string
	}{
		{"zero", rule.Rule{}, `null`},
		{"all", rule.All(rule.Count("a", 1), rule.Streak("b", 3)), `{"all":[{"count":"a","n":1},{"streak":"b","n":3}]}`},
		{"any", rule.Any(rule.Done("a")), `{"any":[{"done":"a"}]}`},
		{"at least", rule.AtLeast(1, rule.Done("a")), `{"at_least":1,"of":[{"done":"a"}]}`},
		{"done with a level", rule.Done("a").AtLevel(2), `{"done":"a","level":2}`},
		{"count", rule.Count("a", 3).Where("total >= 100 && x < 2").AtLevel(2), `{"count":"a","n":3,"where":"total >= 100 && x < 2","level":2}`},
		{"distinct", rule.Distinct("a", "shop", 3), `{"distinct":"a","attr":"shop","n":3}`},
		{"sum", rule.Sum("a", "total", dec("99.50")), `{"sum":"a","attr":"total","total":"99.5"}`},
		{"an empty node is printed for others to find", rule.All(), `{"all":[]}`},
		{"values without sense are printed for others to find", rule.AtLeast(-1, rule.Count("", 0), rule.Sum("", "", dec("-1"))),
			`{"at_least":-1,"of":[{"count":"","n":0},{"sum":"","attr":"","total":"-1"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.rule.MarshalJSON()
			if err != nil || string(got) != tt.want {
				t.Fatalf("got %s, %v, want %s", got, err, tt.want)
			}
			var back rule.Rule
			if err := json.Unmarshal(got, &back); err != nil || !back.Equal(tt.rule) {
				t.Errorf("parses back as %+v, %v", back, err)
			}
		})
	}
}

func TestRuleJSON_parsesWhatPeopleWrite(t *testing.T) {
	tests := []struct {
		name, text string
		want       rule.Rule
	}{
		{"null is the zero rule", `null`, rule.Rule{}},
		{"an empty object is the zero rule", ` { } `, rule.Rule{}},
		{"n is 1 where absent", `{"any":[{"count":"a"},{"streak":"a"},{"distinct":"a","attr":"x"}]}`,
			rule.Any(rule.Count("a", 1), rule.Streak("a", 1), rule.Distinct("a", "x", 1))},
		{"fields in any order and white space", "{ \"of\" : [ \n {\"n\":2 ,\"count\": \"a\"} ] , \"at_least\" : 1 }",
			rule.AtLeast(1, rule.Count("a", 2))},
		{"a total as a number", `{"sum":"a","attr":"x","total":99.50}`, rule.Sum("a", "x", dec("99.5"))},
		{"a total keeps digits a float loses", `{"sum":"a","attr":"x","total":9007199254740993.000000000000000001}`,
			rule.Sum("a", "x", dec("9007199254740993.000000000000000001"))},
		{"a total with an exponent", `{"sum":"a","attr":"x","total":"1E+3"}`, rule.Sum("a", "x", dec("1000"))},
		{"an empty condition is none", `{"count":"a","where":"","level":0}`, rule.Count("a", 1)},
		{"the largest n", `{"count":"a","n":9223372036854775807}`, rule.Count("a", 9223372036854775807)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rule.Count("before", 7)
			if err := json.Unmarshal([]byte(tt.text), &got); err != nil || !got.Equal(tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestRuleJSON_refusesByPath(t *testing.T) {
	sum := func(total string) string { return `{"any":[{"sum":"a","attr":"x","total":` + total + `}]}` }
	const number = ": must be a decimal number such as 12.50"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown fields by name", `{"cuont":"a","all":[{"count":"a","N":1}]}`, []string{`cuont: is no known field`, `all[0].N: is no known field`}},
		{"only unknown fields", `{"not":{"count":"a"}}`, []string{`not: is no known field`}},
		{"an unknown name that is no word", `{"done":"a","x.y\n[0]":1}`, []string{`["x.y\n[0]"]: is no known field`}},
		{"no operator", `{"all":[{"n":3}]}`, []string{`all[0]: must name an operator: all, any, at_least, done, count, streak, distinct or sum`}},
		{"two operators", `{"count":"a","streak":"a","n":2}`, []string{`streak: must not be a second operator beside count`}},
		{"one operator twice", `{"all":[{"count":"a"}],"all":[{"count":"b"}]}`, []string{`all: must not be given twice`}},
		{"a field twice", `{"count":"a","n":1,"n":2}`, []string{`n: must not be given twice`}},
		{"a field of another operator", `{"all":[{"done":"a","where":"x"},{"count":"a","of":[]}]}`,
			[]string{`all[0].where: must not be set: done does not read it`, `all[1].of: must not be set: count does not read it`}},
		{"zero rules as children", `{"all":[null,{}]}`, []string{
			`all[0]: must be a rule with an operator: one without never matches`, `all[1]: must be a rule with an operator: one without never matches`}},
		{"other types", `{"all":[3,{"count":4},{"any":{}},{"count":"a","n":"1","where":null},{"distinct":"a","attr":[]}]}`, []string{
			`all[0]: "3": must be an object`, `all[1].count: "4": must be a string`, `all[2].any: "{}": must be a list`,
			`all[3].n: "\"1\"": must be a whole number, without point or exponent`, `all[3].where: "null": must be a string`,
			`all[4].attr: "[]": must be a string`}},
		{"a list as a rule", `[]`, []string{`"[]": must be an object`}},
		{"n beyond 64 bits", `{"count":"a","n":9223372036854775808}`, []string{`n: "9223372036854775808": must fit in 64 bits`}},
		{"n with a fraction", `{"count":"a","n":1.0}`, []string{`n: "1.0": must be a whole number, without point or exponent`}},
		{"n with an exponent", `{"at_least":1e0,"of":[]}`, []string{`at_least: "1e0": must be a whole number, without point or exponent`}},
		{"a total of an exploding exponent", sum(`"1e1000000000"`), []string{`any[0].total: "1e1000000000": must have at most 38 digits, at most 18 of them after the point`}},
		{"a zero of an exploding exponent", sum(`0e1000000000`), []string{`any[0].total: "0e1000000000": must have at most 38 digits, at most 18 of them after the point`}},
		{"a total of a vanishing exponent", sum(`1e-1000000000`), []string{`any[0].total: "1e-1000000000": must have at most 38 digits, at most 18 of them after the point`}},
		{"a total of an exponent the decimal package takes", `{"any":[` + sum(`1e38`) + `,` + sum(`0e9999`) + `,` + sum(`1e-19`) + `]}`, []string{
			`any[0].any[0].total: "1e38": must have at most 38 digits, at most 18 of them after the point`,
			`any[2].any[0].total: "1e-19": must have at most 38 digits, at most 18 of them after the point`}},
		{"a total of an exponent beyond 32 bits", sum(`1e99999999999`), []string{`any[0].total: "1e99999999999": must have at most 38 digits, at most 18 of them after the point`}},
		{"a total too fine", sum(`"0.1234567890123456789"`), []string{`any[0].total: "0.1234567890123456789": must have at most 38 digits, at most 18 of them after the point`}},
		{"a total as other languages write it", `{"any":[` + sum(`"+1"`) + `,` + sum(`".5"`) + `,` + sum(`"5."`) + `,` + sum(`" 5"`) + `,` + sum(`""`) + `,` + sum(`true`) + `]}`,
			[]string{`any[0].any[0].total: "+1"` + number, `any[1].any[0].total: ".5"` + number, `any[2].any[0].total: "5."` + number,
				`any[3].any[0].total: " 5"` + number, `any[4].any[0].total` + number, `any[5].any[0].total: "true"` + number}},
		{"no JSON", `{"all":[}`, []string{`must be JSON: invalid character '}' looking for beginning of value after 9 bytes`}},
		{"nothing", ``, []string{`must be JSON: unexpected end of JSON input after 0 bytes`}},
		{"17 rules deep", strings.Repeat(`{"all":[`, 17) + strings.Repeat(`]}`, 17),
			[]string{strings.TrimPrefix(strings.Repeat(".all[0]", 15), ".") + `.all: must not nest deeper than 16 rules`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := rule.Count("before", 7)
			got := before
			wantFaults(t, got.UnmarshalJSON([]byte(tt.text)), tt.want...)
			if !got.Equal(before) {
				t.Errorf("a refused text changed the rule to %+v", got)
			}
		})
	}
}

func TestRuleJSON_refusesToPrintWhatWouldNotParseBack(t *testing.T) {
	tests := []struct {
		name string
		rule rule.Rule
		want string
	}{
		{"a field that is not read", rule.All(rule.Done("a").Where("x")), `all[0].where: "x": must not be set: done does not read it`},
		{"fields without an operator", rule.Rule{N: 3}, `n: "3": must not be set without an operator`},
		{"a zero child", rule.All(rule.Rule{}), `all[0]: must be a rule with an operator: one without never matches`},
		{"an unknown operator", rule.All(rule.Rule{Op: 77}), `all[0]: "77": is no known operator: 77`},
		{"a task that is not UTF-8", rule.Count("\xff", 1), `count: "\xff": must be valid UTF-8`},
		{"a total of an exploding exponent", rule.Sum("a", "x", decimal.New(1, 1e9)), `total: must have at most 38 digits, at most 18 of them after the point`},
		{"too many nodes", counts(256), `must not have more than 256 nodes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.rule.MarshalJSON()
			wantFaults(t, err, tt.want)
			_, err = json.Marshal(tt.rule)
			if _, ok := errors.AsType[*rule.FieldError](err); !ok {
				t.Errorf("json.Marshal hides the fault: %v", err)
			}
		})
	}
}

func TestRuleJSON_boundsWhatItReads(t *testing.T) {
	const mb = 1 << 20
	last := func(faults []string) string { return faults[len(faults)-1] }
	tests := []struct{ name, text, want string }{
		{"broken nesting", strings.Repeat(`[{`, mb/2), `must be JSON: invalid character '[' looking for beginning of object key string after 3 bytes`},
		{"nesting that is never closed", strings.Repeat(`{"all":[`, mb/8), `exceeded max depth`},
		{"nesting that is closed", strings.Repeat(`{"all":[`, 4000) + strings.Repeat(`]}`, 4000),
			`all[0]` + strings.Repeat(".all[0]", 14) + `.all: must not nest deeper than 16 rules`},
		{"many children", `{"all":[{}` + strings.Repeat(`,{"done":"a"}`, mb/13) + `]}`, `must not have more than 256 nodes`},
		{"many wide lists at the deepest place", strings.Repeat(`{"all":[`, 15) + `{"all":[{}` + strings.Repeat(`,{}`, mb/3) + `]}` + strings.Repeat(`]}`, 15),
			`.all: must not nest deeper than 16 rules`},
		{"many unknown fields", `{"all":[]` + strings.Repeat(`,"x":1`, mb/6) + `}`, `has 100 faults or more; the rest is not listed`},
		{"a field given many times", `{"all":[]` + strings.Repeat(`,"all":[]`, mb/9) + `}`, `has 100 faults or more; the rest is not listed`},
		{"a long name", `{"` + strings.Repeat("x", mb) + `":1}`, `["` + strings.Repeat("x", 80) + `"]: is no known field`},
		{"a long number", `{"count":"a","n":` + strings.Repeat("9", mb) + `}`, `n: "` + strings.Repeat("9", 80) + `": must fit in 64 bits`},
		{"a long total", `{"sum":"a","total":` + strings.Repeat("9", mb) + `}`, `total: "` + strings.Repeat("9", 80) + `": must be a decimal number of at most 100 bytes`},
		{"a total whose first 80 bytes are a number", `{"sum":"a","total":1.` + strings.Repeat("0", 90) + `1}`, `must have at most 38 digits, at most 18 of them after the point`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r rule.Rule
			faults := treeFaults(t, r.UnmarshalJSON([]byte(tt.text)))
			if len(faults) == 0 || len(faults) > 100 || !strings.Contains(last(faults), tt.want) {
				t.Errorf("got %d faults: %.300q, want the last to be %q", len(faults), faults, tt.want)
			}
		})
	}
}

func TestRuleJSON_aZeroRuleIsLeftOutOfADocument(t *testing.T) {
	type document struct {
		Code string    `json:"code"`
		Rule rule.Rule `json:"rule,omitzero"`
	}
	for want, doc := range map[string]document{
		`{"code":"x"}`:                     {Code: "x"},
		`{"code":"y","rule":{"done":"a"}}`: {Code: "y", Rule: rule.Done("a")},
	} {
		got, err := json.Marshal(doc)
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
		var back document
		if err := json.Unmarshal(got, &back); err != nil || back.Code != doc.Code || !back.Rule.Equal(doc.Rule) {
			t.Errorf("%s parses back as %+v, %v", got, back, err)
		}
	}
}

// A valid rule prints, and what is printed parses back Equal and valid.
func TestRuleJSON_validRulesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := treeRule(t, 4)
		if err := r.Validate(); err != nil {
			t.Fatalf("drew an invalid rule: %v", err)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back rule.Rule
		if err := json.Unmarshal(text, &back); err != nil || !back.Equal(r) || back.Validate() != nil {
			t.Fatalf("%s parses back as %+v, %v", text, back, err)
		}
	})
}

// What parses prints, what is printed parses back Equal, and printing that gives the same text; what is valid is
// printable; nothing panics.
func FuzzRuleJSON(f *testing.F) {
	for _, seed := range []string{
		`null`, `{}`, `{"all":[{"streak":"TS000061","n":3},{"count":"order","n":1,"where":"total >= 100"}]}`,
		`{"at_least":2,"of":[{"done":"T","level":2},{"distinct":"T","attr":"shop"},{"sum":"T","attr":"total","total":"1e1000000000"}]}`,
		`{"sum":"T","attr":"\ud800","total":-0.50e-3}`, `[{[{[{`, `{"all":[],"all":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r, back rule.Rule
		if err := r.UnmarshalJSON(text); err != nil {
			if n := len(treeFaults(t, err)); n > 100 {
				t.Errorf("%d faults", n)
			}
			return
		}
		printed, err := r.MarshalJSON()
		if err != nil {
			t.Fatalf("does not print: %v", err)
		}
		if err := back.UnmarshalJSON(printed); err != nil || !back.Equal(r) {
			t.Fatalf("%s parses back as %+v, %v, want %+v", printed, back, err, r)
		}
		if again, err := back.MarshalJSON(); err != nil || string(again) != string(printed) {
			t.Errorf("prints as %s, then as %s, %v", printed, again, err)
		}
		treeFaults(t, r.Validate())
	})
}
