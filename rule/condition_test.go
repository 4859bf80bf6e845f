package rule_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// conditions draws conditions that, negated too, are within the bounds of a source.
func conditions(depth int, withHas bool) *rapid.Generator[condNode] {
	all := rapid.Custom(func(t *rapid.T) condNode { return drawCondition(t, depth, withHas) })
	return all.Filter(func(n condNode) bool {
		_, err := rule.CompileCondition("not ("+n.src+")", modelSchema())
		return err == nil || !strings.Contains(err.Error(), "more than 512 words") && !strings.Contains(err.Error(), "is longer than")
	})
}

// compiled compiles a condition that must be sound.
func compiled(t *rapid.T, src string) *rule.Condition {
	c, err := rule.CompileCondition(src, modelSchema())
	if err != nil {
		t.Fatalf("%s\n%v", src, err)
	}
	return c
}

// A compiled condition matches exactly where a plain three-valued evaluation of the same tree, with big.Rat for numbers, is
// true.
func TestCondition_S5_isThreeValuedLogic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := conditions(4, true).Draw(t, "condition")
		c, negated := compiled(t, n.src), compiled(t, "not ("+n.src+")")
		var sc rule.Scratch
		for range 4 {
			a := drawAttrs(t, modelSchema())
			want := n.of(a)
			if got := c.Match(&sc, a); got != (want == isTrue) {
				t.Fatalf("%s\n%v\nmatches %v, the model says %v", n.src, a, got, want)
			}
			if got := negated.Match(nil, a); got != (want == isFalse) {
				t.Fatalf("not (%s)\n%v\nmatches %v, the model says %v", n.src, a, got, want)
			}
		}
	})
}

// A condition without has that matches keeps matching whatever the absent attributes turn out to be.
func TestCondition_S5_withoutHasAMatchIsFinal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := conditions(3, false).Draw(t, "condition")
		c := compiled(t, n.src)
		a := drawAttrs(t, modelSchema())
		if !c.Match(nil, a) {
			return
		}
		fuller := drawAttrs(t, modelSchema())
		for name, v := range a {
			fuller[name] = v
		}
		if !c.Match(nil, fuller) {
			t.Fatalf("%s\nmatches %v\nbut not  %v", n.src, a, fuller)
		}
	})
}

// All six comparisons of ints, decimals and literals in any order are those of big.Rat.
func TestCondition_S5_numbersCompareExactly(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		if rapid.Bool().Draw(t, "near 2^53 or 2^63") {
			base := rapid.SampledFrom([]string{"9007199254740992", "9223372036854775807", "-9223372036854775808", "0", "99999999999999999999"}).Draw(t, "base")
			step := rapid.SampledFrom([]string{"0", "1", "-1", "0.1", "-0.000000000000000001"}).Draw(t, "step")
			return decimal.RequireFromString(base).Add(decimal.RequireFromString(step))
		}
		return decimal.New(rapid.Int64().Draw(t, "coefficient"), -rapid.Int32Range(0, 18).Draw(t, "scale"))
	})
	rapid.Check(t, func(t *rapid.T) {
		x, y := number.Draw(t, "x"), number.Draw(t, "y")
		schema := rule.Schema{"x": rule.Decimal, "y": rule.Decimal}
		raw := rule.Attrs{"x": x, "y": y}
		if x.IsInteger() && x.BigInt().IsInt64() && rapid.Bool().Draw(t, "x is an int") {
			schema["x"], raw["x"] = rule.Int, x.IntPart()
		}
		a, err := schema.Canonical(raw)
		if err != nil {
			t.Fatal(err)
		}
		op := rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="}).Draw(t, "operator")
		order := x.Rat().Cmp(y.Rat())
		for src, want := range map[string]bool{
			"x " + op + " y":            orderHolds(op, order),
			"y " + op + " x":            orderHolds(op, -order),
			"x " + op + y.String():      orderHolds(op, order),
			y.String() + op + " x":      orderHolds(op, -order),
			"x in [" + y.String() + "]": order == 0,
		} {
			c, err := rule.CompileCondition(src, schema)
			if err != nil {
				t.Fatalf("%s: %v", src, err)
			}
			if got := c.Match(nil, a); got != want {
				t.Fatalf("%s with x %s and y %s: %v", src, x, y, got)
			}
		}
	})
}

// TestCondition_Match holds single sentences of S5 that a reader may look up.
func TestCondition_Match(t *testing.T) {
	tests := []struct {
		name, src string
		attrs     rule.Attrs
		want      bool
	}{
		{"S5 an absent attribute is unknown", `d > 1`, nil, false},
		{"S5 and so is its negation", `not (d > 1)`, nil, false},
		{"S5 unknown or true is true", `d > 1 or f`, rule.Attrs{"f": true}, true},
		{"S5 not (unknown and false) is true", `not (d > 1 and f)`, rule.Attrs{"f": false}, true},
		{"S5 x != x is unknown when absent", `d != d or d == d`, nil, false},
		{"S5 has is never unknown", `not has(d)`, nil, true},
		{"S5 an absent bool is neither", `f or not f`, nil, false},
		{"a nil value is absent", `has(d)`, rule.Attrs{"d": nil}, false},
		{"an empty list is there", `has(tags) and "vip" not in tags`, rule.Attrs{"tags": []string{}}, true},
		{"2^53+1 is not 2^53", `n == 9007199254740992`, rule.Attrs{"n": int64(1)<<53 + 1}, false},
		{"decimal literals keep their digits", `d == 0.1`, rule.Attrs{"d": "0.1"}, true},
		{"and all of them", `d == 12345678901234567890.123456789`, rule.Attrs{"d": "12345678901234567890.123456788"}, false},
		{"an int below a literal too large for it", `n < 12345678901234567890`, rule.Attrs{"n": 5}, true},
		{"minus the smallest int", `n == -9223372036854775808`, rule.Attrs{"n": int64(-1) << 63}, true},
		{"strings compare byte by byte", `"Z" < s`, rule.Attrs{"s": "a"}, true},
		{"times compare as instants", `t == "2024-02-29T19:00:00+01:00"`, rule.Attrs{"t": "2024-02-29T18:00:00Z"}, true},
		{"a chain is an and", `1 < n <= 3`, rule.Attrs{"n": 3}, true},
		{"and binds tighter than or", `f or f and g`, rule.Attrs{"f": true, "g": false}, true},
		{"escapes are the library's", `s == "a\t\u00e9\x41"`, rule.Attrs{"s": "a\téA"}, true},
		{"single quotes", `s == 'a"b'`, rule.Attrs{"s": `a"b`}, true},
		{"a trailing comma in a list", `n in [1, 2,]`, rule.Attrs{"n": 2}, true},
		{"characters before a number do not move its place", `s == "é漢😀" and n == 12`, rule.Attrs{"s": "é漢😀", "n": 12}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := rule.CompileCondition(tt.src, modelSchema())
			if err != nil {
				t.Fatal(err)
			}
			a, err := modelSchema().Canonical(tt.attrs)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Match(nil, a); got != tt.want {
				t.Errorf("%s with %v: %v", tt.src, a, got)
			}
			if c.String() != tt.src {
				t.Errorf("String gives %q", c.String())
			}
		})
	}
}

// TestCondition_zeroAndForeignValuesNeverMatch covers what a caller should not do.
func TestCondition_zeroAndForeignValuesNeverMatch(t *testing.T) {
	var zero rule.Condition
	if zero.Match(nil, nil) || (*rule.Condition)(nil).Match(nil, nil) || zero.String() != "" {
		t.Error("the zero Condition matches or has a source")
	}
	c, err := rule.CompileCondition("n == 3 or n != 3", modelSchema())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{3, "3", 3.0, []string{"3"}} {
		if c.Match(nil, rule.Attrs{"n": v}) {
			t.Errorf("a %T that is not canonical matches", v)
		}
	}
	if _, err := rule.CompileCondition("true", rule.Schema{"in": rule.Int}); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("a schema that is not valid: %v", err)
	}
}

// TestCondition_isSafeForConcurrentUse is for the race detector.
func TestCondition_isSafeForConcurrentUse(t *testing.T) {
	c, err := rule.CompileCondition(`d >= 0.5 and s in ["a", "b"] and "vip" in tags`, modelSchema())
	if err != nil {
		t.Fatal(err)
	}
	a, err := modelSchema().Canonical(rule.Attrs{"d": "1.25", "s": "a", "tags": []string{"vip"}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var sc rule.Scratch
			for range 200 {
				if !c.Match(&sc, a) {
					t.Error("does not match")
				}
			}
		})
	}
	wg.Wait()
}

// FuzzCompileCondition holds that no source panics or hangs, and that one that compiles does so again from its own text, and
// matches or not.
func FuzzCompileCondition(f *testing.F) {
	for _, src := range []string{`d >= 100 and s in ["Paris","Lyon"] and not has(u)`, `n not in [1, -2.5] || !(f == g)`, `t < "2024-02-29T18:00:00Z"`, `"a" in tags`, `1 <= d < 2.50`, `s contains 'x\u{61}'`, `((((`, `b"x"`, `not not`} {
		f.Add(src)
	}
	full, err := modelSchema().Canonical(rule.Attrs{"n": 1, "k": 2, "d": "1.5", "e": 0, "s": "a", "u": "b", "f": true, "g": false, "t": modelTimes[0], "w": modelTimes[1], "tags": []string{"a"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := rule.CompileCondition(src, modelSchema())
		if err != nil {
			if !errors.Is(err, rule.ErrInvalid) || strings.Contains(err.Error(), "cannot be compiled") {
				t.Fatalf("%q: %v", src, err)
			}
			return
		}
		again, err := rule.CompileCondition(c.String(), modelSchema())
		if err != nil {
			t.Fatal(err)
		}
		not, err := rule.CompileCondition("not ("+src+")", modelSchema())
		for _, a := range []rule.Attrs{nil, full} {
			if c.Match(nil, a) != again.Match(nil, a) {
				t.Fatalf("%q differs from itself", src)
			}
			if err == nil && c.Match(nil, a) && not.Match(nil, a) {
				t.Fatalf("%q and its negation both match", src)
			}
		}
	})
}
