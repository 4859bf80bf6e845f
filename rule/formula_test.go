package rule_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestFormula_Eval_S16(t *testing.T) {
	nines := strings.Repeat("9", 38)
	tests := []struct {
		name, src string
		attrs     rule.Attrs
		want      string // empty if there is no value
	}{
		{"a point a yuan", "floor(d)", rule.Attrs{"d": "99.99"}, "99"},
		{"floor goes down below zero", "floor(d)", rule.Attrs{"d": "-1.5"}, "-2"},
		{"exact", "d * 0.1", rule.Attrs{"d": "0.3"}, "0.03"},
		{"more digits than an attribute may have", "d * 0.015", rule.Attrs{"d": "0.000000000000000001"}, "0.000000000000000000015"},
		{"ints and decimals", "n * 2 + d", rule.Attrs{"n": 3, "d": "0.5"}, "6.5"},
		{"* binds tighter than + and -", "1 - 2 * 3 - 4", nil, "-9"},
		{"minus before a name", "-d - -d", rule.Attrs{"d": "1.5"}, "0"},
		{"min of several", "min(n, 5, d)", rule.Attrs{"n": 9, "d": "4.5"}, "4.5"},
		{"max of several", "max(n, 5, d)", rule.Attrs{"n": 9, "d": "4.5"}, "9"},
		{"capped", "min(floor(d * 0.05), 50)", rule.Attrs{"d": "2000"}, "50"},
		{"literals keep their digits", "n * 12345678901234567890.123456789", rule.Attrs{"n": 1}, "12345678901234567890.123456789"},
		{"an absent attribute", "n + d", rule.Attrs{"n": 1}, ""},
		{"absent where it would not matter", "0 * d", nil, ""},
		{"38 digits before the point", "d + 0", rule.Attrs{"d": nines}, nines},
		{"39 digits", "d + 1", rule.Attrs{"d": nines}, ""},
		{"39 digits below zero", "-d - 1", rule.Attrs{"d": nines}, ""},
		{"out of bounds on the way only", "d * d - d * d + 1", rule.Attrs{"d": nines}, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := rule.CompileFormula(tt.src, modelSchema())
			if err != nil {
				t.Fatal(err)
			}
			a, err := modelSchema().Canonical(tt.attrs)
			if err != nil {
				t.Fatal(err)
			}
			v, ok := f.Eval(nil, a)
			if ok != (tt.want != "") || ok && v.String() != tt.want || !ok && !v.IsZero() {
				t.Errorf("got %s, %v, want %s", v, ok, tt.want)
			}
			if f.String() != tt.src {
				t.Errorf("String gives %q", f.String())
			}
		})
	}
	var zero rule.Formula
	if _, ok := zero.Eval(nil, nil); ok || zero.String() != "" {
		t.Error("the zero Formula has a value or a source")
	}
	if _, ok := (*rule.Formula)(nil).Eval(nil, nil); ok {
		t.Error("the nil Formula has a value")
	}
}

// TestCompileFormula_saysWhatIsWrongAndWhere holds the texts an author of amounts reads.
func TestCompileFormula_saysWhatIsWrongAndWhere(t *testing.T) {
	golden(t, "formula_errors.golden", func(src string) error {
		_, err := rule.CompileFormula(src, faultySchema())
		return err
	}, []string{
		``, `total / 2`, `total // 2`, `total % 2`, `total ** 2`, `total ^ 2`, `round(total)`, `floor()`, `floor(total, 2)`, `min(total)`, `max()`, `city`, `"x"`, `-city`, `tags + 1`, `nope * n`,
		`total > 1`, `total and n`, `vip ? 1 : 2`, `[total]`, `n[0]`, `n.x`, `+n`, `n +`, `n n`, `(n`, `n)`, `floor`, `floor + 1`, `min(n, (total, 2))`, `1e5`, `has(n)`, `total * 0.1234567890123456789`,
		`-----n`, "n *\n nope +\n city", `not n`,
	})
}

// TestCompileFormula_refusesBombs holds that a fault comes back, and a short one.
func TestCompileFormula_refusesBombs(t *testing.T) {
	refusesBombs(t, func(src string) error { _, err := rule.CompileFormula(src, faultySchema()); return err })
}

// TestFormula_Eval_isBoundedByItsLength multiplies as often as a source allows; the numbers stay small enough to be quick.
func TestFormula_Eval_isBoundedByItsLength(t *testing.T) {
	f, err := rule.CompileFormula("d"+strings.Repeat("*d", 255), modelSchema())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := f.Eval(nil, rule.Attrs{"d": decimal.RequireFromString("12345678901234567890.123456789012345678")}); ok {
		t.Error("a number of five thousand digits is in bounds")
	}
}

// An amountNode is a formula of the model with its exact value.
type amountNode struct {
	src   string
	value func(rule.Attrs) *big.Rat // nil if an attribute is absent
}

func drawAmount(t *rapid.T, depth int) amountNode {
	kinds := []string{"attribute", "attribute", "literal"}
	if depth > 0 {
		kinds = append(kinds, "+", "-", "*", "min", "max", "floor", "negative")
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "node")
	combine := func(src func(l, r string) string, f func(l, r *big.Rat) *big.Rat) amountNode {
		l, r := drawAmount(t, depth-1), drawAmount(t, depth-1)
		return amountNode{src(l.src, r.src), func(a rule.Attrs) *big.Rat {
			x, y := l.value(a), r.value(a)
			if x == nil || y == nil {
				return nil
			}
			return f(x, y)
		}}
	}
	infix := func(l, r string) string { return "(" + l + " " + kind + " (" + r + "))" }
	prefix := func(l, r string) string { return kind + "(" + l + ", " + r + ")" }
	switch kind {
	case "attribute":
		name := rapid.SampledFrom([]string{"n", "k", "d", "e"}).Draw(t, "name")
		return amountNode{name, func(a rule.Attrs) *big.Rat {
			if a[name] == nil {
				return nil
			}
			return ratOf(a[name])
		}}
	case "literal":
		text := rapid.SampledFrom([]string{"0", "1", "0.1", "2.50", "100", "0.000000000000000001", "12345678901234567890"}).Draw(t, "literal")
		return amountNode{text, func(rule.Attrs) *big.Rat { return decimal.RequireFromString(text).Rat() }}
	case "+":
		return combine(infix, func(l, r *big.Rat) *big.Rat { return new(big.Rat).Add(l, r) })
	case "-":
		return combine(infix, func(l, r *big.Rat) *big.Rat { return new(big.Rat).Sub(l, r) })
	case "*":
		return combine(infix, func(l, r *big.Rat) *big.Rat { return new(big.Rat).Mul(l, r) })
	case "min":
		return combine(prefix, func(l, r *big.Rat) *big.Rat {
			if r.Cmp(l) < 0 {
				return r
			}
			return l
		})
	case "max":
		return combine(prefix, func(l, r *big.Rat) *big.Rat {
			if r.Cmp(l) > 0 {
				return r
			}
			return l
		})
	}
	x := drawAmount(t, depth-1)
	return amountNode{map[string]string{"floor": "floor(", "negative": "-("}[kind] + x.src + ")", func(a rule.Attrs) *big.Rat {
		v := x.value(a)
		switch {
		case v == nil:
			return nil
		case kind == "negative":
			return new(big.Rat).Neg(v)
		}
		return new(big.Rat).SetInt(new(big.Int).Div(v.Num(), v.Denom())) // Euclidean, which is floor above zero denominators
	}}
}

// A compiled formula gives exactly what big.Rat gives, and no value if an attribute is absent or the result is too large.
func TestFormula_S16_isExact(t *testing.T) {
	limit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil))
	rapid.Check(t, func(t *rapid.T) {
		n := drawAmount(t, 4)
		f, err := rule.CompileFormula(n.src, modelSchema())
		if err != nil {
			t.Fatalf("%s\n%v", n.src, err)
		}
		var sc rule.Scratch
		for range 3 {
			a := drawAttrs(t, modelSchema())
			want := n.value(a)
			if want != nil && new(big.Rat).Abs(want).Cmp(limit) >= 0 {
				want = nil
			}
			got, ok := f.Eval(&sc, a)
			if ok != (want != nil) || ok && got.Rat().Cmp(want) != 0 {
				t.Fatalf("%s\n%v\ngives %s, %v, want %v", n.src, a, got, ok, want)
			}
		}
	})
}

// FuzzCompileFormula holds that no source panics or hangs, and that one that compiles does so again from its own text with the
// same value.
func FuzzCompileFormula(f *testing.F) {
	for _, src := range []string{"min(floor(d * 0.05), 50)", "-n + -(k - 2.5) * e", "max(1,2,3,)", "d / 2", "((((", "floor", "1e9", "----n"} {
		f.Add(src)
	}
	full := rule.Attrs{"n": int64(3), "k": int64(-4), "d": decimal.RequireFromString("99999999999999999999.999999999999999999"), "e": decimal.RequireFromString("-0.5")}
	f.Fuzz(func(t *testing.T, src string) {
		fm, err := rule.CompileFormula(src, modelSchema())
		if err != nil {
			if !errors.Is(err, rule.ErrInvalid) || strings.Contains(err.Error(), "cannot be compiled") {
				t.Fatalf("%q: %v", src, err)
			}
			return
		}
		again, err := rule.CompileFormula(fm.String(), modelSchema())
		if err != nil {
			t.Fatal(err)
		}
		v, ok := fm.Eval(nil, full)
		w, ok2 := again.Eval(nil, full)
		if ok != ok2 || !v.Equal(w) {
			t.Fatalf("%q gives %s and %s", src, v, w)
		}
	})
}

// BenchmarkFormula_Eval measures one amount of points.
func BenchmarkFormula_Eval(b *testing.B) {
	f, err := rule.CompileFormula("min(floor(total * 0.05), 50)", rule.Schema{"total": rule.Decimal})
	if err != nil {
		b.Fatal(err)
	}
	attrs, sc := rule.Attrs{"total": decimal.RequireFromString("150.25")}, new(rule.Scratch)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := f.Eval(sc, attrs); !ok {
			b.Fatal("no value")
		}
	}
}
