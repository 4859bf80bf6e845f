package rule_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/rule"
)

// updateErrors is set by go test -update.
var updateErrors = flag.Bool("update", false, "rewrite the golden files under testdata")

// faultySchema declares one attribute of each kind, and a second of some.
func faultySchema() rule.Schema {
	return rule.Schema{"total": rule.Decimal, "n": rule.Int, "city": rule.String, "vip": rule.Bool, "paid": rule.Time, "tags": rule.Strings, "coupon": rule.String}
}

// TestCompileCondition_saysWhatIsWrongAndWhere holds the texts an author of conditions reads.
func TestCompileCondition_saysWhatIsWrongAndWhere(t *testing.T) {
	golden(t, "condition_errors.golden", func(src string) error {
		_, err := rule.CompileCondition(src, faultySchema())
		return err
	}, []string{
		``, `  `, `total > "x"`, `"x" < total`, `totl > 1 and Cit == "Paris"`, `not total >= 100`, `!n == 1`, `not city in ["a"]`, `total`, `city and vip`, `5`, `"x"`,
		`has(nope)`, `has("total")`, `has()`, `has(total, n)`, `has(total) == true`, `vip > false`, `vip == 1`, `(n > 1) == vip`, `n == 1 == vip`, `1 < 2`, `"a" in ["a"]`,
		`city in []`, `city in [1]`, `n in ["a", 2]`, `n in [n]`, `n in [[1]]`, `n in 5`, `5 in tags`, `n in tags`, `tags in ["a"]`, `tags == "a"`, `tags contains "a"`, `vip in [true]`, `city == ["a"]`,
		`n contains "a"`, `paid > "yesterday"`, `paid > "2024-02-30T00:00:00Z"`, `paid > 5`, `paid > city`, `paid in ["2024-02-29T00:00:00Z", "x"]`,
		`total + 1 > 2`, `-total > 2`, `n > -"x"`, `n ** 2 > 1`, `city matches "a.*"`, `len(city) > 3`, `count(tags, # == "a") > 1`, `tags[0] == "a"`, `city.x == "a"`, `city?.x == "a"`,
		`vip ? 1 : 2`, `let x = 1; x > 0`, `city | lower() == "a"`, `city ?? "x" == "y"`, `{"a": 1} == 1`, `n in 1..5`, `n = 5`, `n > 1 & vip`, `city == nil`, "city == `x`", `b"x" == city`,
		`n == 0x10`, `n == 1e3`, `n == 1_000`, `n == .5`, `n == 5.`, `n == 1.2.3`, `total == 0.1234567890123456789`, `n > 1 // remark`, `n > 1 /* remark */`, `$env == 1`, `città == "x"`, "n > 1 \x00",
		`n >`, `and n > 1`, `n > 1 vip`, `n > > 1`, `(n > 1`, `n > 1)`, `(n > 1]`, `city == "abc`, "city == \"a\nb\"", `city == "\q"`, `n > 1,`, `city == not vip`,
		"vip and\n\ttotal > \"x\" and\n\tnope", `not not not not not vip`, strings.Repeat("(", 33) + "vip" + strings.Repeat(")", 33),
		strings.Repeat("vip and ", 256) + "vip", "n in [" + strings.Repeat("1, ", 128) + "1]", strings.Repeat("x", 4097), "vip and \xff",
		strings.Repeat("vip and ", 20) + `nope and ` + strings.Repeat("vip and ", 20) + "vip", strings.Repeat("nope and ", 20) + "vip",
	})
}

// golden compares the errors of a list of sources with a file, one block for each.
func golden(t *testing.T, name string, compile func(string) error, sources []string) {
	t.Helper()
	var got strings.Builder
	for _, src := range sources {
		err := compile(src)
		if err == nil {
			t.Errorf("%q compiles", src)
			continue
		}
		if !errors.Is(err, rule.ErrInvalid) {
			t.Errorf("%q: %v is not ErrInvalid", src, err)
		}
		shown := fmt.Sprintf("%q", src)
		if len(shown) > 100 {
			shown = shown[:100] + "..."
		}
		fmt.Fprintf(&got, "%s\n%v\n\n", shown, err)
	}
	path := filepath.Join("testdata", name)
	if *updateErrors {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference\n%s", path, got.String())
	}
}

// bombs have killed or stalled others.
func bombs() map[string]string {
	const mega = 1 << 20
	return map[string]string{
		"nested parentheses": strings.Repeat("(", mega) + "vip" + strings.Repeat(")", mega),
		"open parentheses":   strings.Repeat("(", 4000),
		"open brackets":      strings.Repeat("[", 4000),
		"nots":               strings.Repeat("not ", 1000) + "vip",
		"bangs":              strings.Repeat("!", 4000) + "vip",
		"minuses":            "n > " + strings.Repeat("-", 4000) + "1",
		"pluses":             "n > " + strings.Repeat("+", 4000) + "1",
		"nots over brackets": strings.Repeat("not (", 800) + "vip" + strings.Repeat(")", 800),
		"nested loops":       "all(1..1000000, all(1..1000000, all(1..1000000, # > 0)))",
		"strings":            `city == ` + strings.Repeat(`"aaaaaaaa"+`, 300) + `"a"`,
		"repeat":             `repeat("a", 1000000000) == city`,
		"regular expression": `city matches "(a*)*(b*)*(c*)*$"`,
		"ternaries":          strings.Repeat("vip ? ", 600) + "vip",
		"members":            "city" + strings.Repeat(".x", 2000),
		"powers":             "n == " + strings.Repeat("2**", 1000) + "2",
		"lets":               strings.Repeat("let x = 1; ", 300) + "vip",
		"ifs":                strings.Repeat("if vip {", 500),
		"huge number":        "n == " + strings.Repeat("9", 4000),
		"exponent":           "total == 1e1000000000",
		"list":               "n in [" + strings.Repeat("1,", 2000) + "1]",
	}
}

// TestCompileCondition_refusesBombs holds that a fault comes back, and a short one; BenchmarkCompile_bombs measures how soon.
func TestCompileCondition_refusesBombs(t *testing.T) {
	refusesBombs(t, func(src string) error { _, err := rule.CompileCondition(src, faultySchema()); return err })
}

func refusesBombs(t *testing.T, compile func(src string) error) {
	t.Helper()
	for name, src := range bombs() {
		t.Run(name, func(t *testing.T) {
			if err := compile(src); !errors.Is(err, rule.ErrInvalid) {
				t.Fatalf("got %v", err)
			} else if len(err.Error()) > 4000 {
				t.Fatalf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// BenchmarkCompile_bombs measures how long it takes to refuse each, as a condition and as a formula.
func BenchmarkCompile_bombs(b *testing.B) {
	for name, src := range bombs() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rule.CompileCondition(src, faultySchema()); err == nil {
					b.Fatal("compiles as a condition")
				}
				if _, err := rule.CompileFormula(src, faultySchema()); err == nil {
					b.Fatal("compiles as a formula")
				}
			}
		})
	}
}
