package rule_test

import (
	"testing"

	"github.com/expr-lang/expr"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/shopspring/decimal"
)

// BenchmarkCondition_Match measures one match of a typical condition, with a scratch of its own and without, and beside it the
// plain library on a condition that means the same to it, with floats in the place of decimals.
func BenchmarkCondition_Match(b *testing.B) {
	const src = `total >= 100 and city in ["Paris","Lyon"] and not has(coupon)`
	schema := rule.Schema{"total": rule.Decimal, "city": rule.String, "coupon": rule.String}
	c, err := rule.CompileCondition(src, schema)
	if err != nil {
		b.Fatal(err)
	}
	match := func(b *testing.B, sc *rule.Scratch, total string) {
		attrs := rule.Attrs{"total": decimal.RequireFromString(total), "city": "Lyon"}
		b.ReportAllocs()
		for b.Loop() {
			if !c.Match(sc, attrs) {
				b.Fatal("does not match")
			}
		}
	}
	b.Run("whole total", func(b *testing.B) { match(b, new(rule.Scratch), "150") })
	b.Run("total with cents", func(b *testing.B) { match(b, new(rule.Scratch), "150.25") })
	b.Run("nil scratch", func(b *testing.B) { match(b, nil, "150") })
	b.Run("baseline expr.Run", func(b *testing.B) {
		program, err := expr.Compile(`total >= 100 and city in ["Paris","Lyon"] and coupon == nil`, expr.Env(map[string]any{"total": 1.5, "city": "", "coupon": any(nil)}), expr.AsBool())
		if err != nil {
			b.Fatal(err)
		}
		env := map[string]any{"total": 150.25, "city": "Lyon"}
		b.ReportAllocs()
		for b.Loop() {
			if out, err := expr.Run(program, env); err != nil || out != true {
				b.Fatal(out, err)
			}
		}
	})
}

// BenchmarkCompileCondition measures compiling once, as a catalog does for each condition.
func BenchmarkCompileCondition(b *testing.B) {
	schema := rule.Schema{"total": rule.Decimal, "city": rule.String, "coupon": rule.String}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rule.CompileCondition(`total >= 100 and city in ["Paris","Lyon"] and not has(coupon)`, schema); err != nil {
			b.Fatal(err)
		}
	}
}
