package enginetest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/rule"
)

// words leads from the text of every condition and formula a test drew to what it means. The text is printed from the
// meaning, never parsed.
type words struct {
	conds    map[string]cond
	formulas map[string]formula
}

func newWords() words {
	return words{conds: map[string]cond{}, formulas: map[string]formula{}}
}

// match reports whether a condition is true of attributes. The empty one always is.
func (w words) match(text string, a rule.Attrs) bool {
	return text == "" || w.conds[text].eval(a) == yes
}

// A truth is SQL's.
type truth int

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// A cond is a condition as a tree.
type cond struct {
	op   string // "and", "or", "not", "has", "bare", "in", or a comparison
	of   []cond
	attr string
	than []any // literals: one, or several for "in"
}

func (c cond) eval(a rule.Attrs) truth {
	switch c.op {
	case "and": // the smallest, as no < unknown < yes
		return min(c.of[0].eval(a), c.of[1].eval(a))
	case "or":
		return max(c.of[0].eval(a), c.of[1].eval(a))
	case "not":
		return yes - c.of[0].eval(a)
	}
	v, there := a[c.attr]
	if c.op == "has" {
		return truthOf(there)
	}
	if !there {
		return unknown
	}
	switch c.op {
	case "bare":
		return truthOf(v.(bool))
	case "in":
		for _, w := range c.than {
			if compare(v, w) == 0 {
				return yes
			}
		}
		return no
	case "==":
		return truthOf(compare(v, c.than[0]) == 0)
	case "!=":
		return truthOf(compare(v, c.than[0]) != 0)
	case "<":
		return truthOf(compare(v, c.than[0]) < 0)
	case "<=":
		return truthOf(compare(v, c.than[0]) <= 0)
	case ">":
		return truthOf(compare(v, c.than[0]) > 0)
	}
	return truthOf(compare(v, c.than[0]) >= 0)
}

// compare orders two values of one kind.
func compare(v, w any) int {
	if s, ok := v.(string); ok {
		return strings.Compare(s, w.(string))
	}
	x, _ := number(v)
	y, _ := number(w)
	return x.Cmp(y)
}

func (c cond) String() string {
	switch c.op {
	case "and", "or":
		return "(" + c.of[0].String() + ") " + c.op + " (" + c.of[1].String() + ")"
	case "not":
		return "not (" + c.of[0].String() + ")"
	case "has":
		return "has(" + c.attr + ")"
	case "bare":
		return c.attr
	case "in":
		var list []string
		for _, w := range c.than {
			list = append(list, literal(w))
		}
		return c.attr + " in [" + strings.Join(list, ", ") + "]"
	}
	return c.attr + " " + c.op + " " + literal(c.than[0])
}

func literal(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	return text(v)
}

// text is a value as text: of one attribute, two values have one text if they are equal.
func text(v any) string {
	if d, ok := number(v); ok {
		return d.String()
	}
	return fmt.Sprint(v)
}

// number is the value of an int or a decimal.
func number(v any) (decimal.Decimal, bool) {
	switch v := v.(type) {
	case int64:
		return decimal.NewFromInt(v), true
	case int:
		return decimal.NewFromInt(int64(v)), true
	case decimal.Decimal:
		return v, true
	}
	return decimal.Decimal{}, false
}

// A formula is what an AmountFrom means, given the one attribute it reads.
type formula struct {
	text string
	attr string
	of   func(decimal.Decimal) decimal.Decimal
}

// formulas are those the tests use.
func formulas() []formula {
	n := decimal.NewFromInt
	return []formula{
		{"floor(total)", "total", func(x decimal.Decimal) decimal.Decimal { return x.Floor() }},
		{"total * 0.333", "total", func(x decimal.Decimal) decimal.Decimal { return x.Mul(decimal.New(333, -3)) }},
		{"min(floor(total * 0.5), 4)", "total", func(x decimal.Decimal) decimal.Decimal {
			return decimal.Min(x.Mul(decimal.New(5, -1)).Floor(), n(4))
		}},
		{"max(qty - 2, 0 - 1) * 3", "qty", func(x decimal.Decimal) decimal.Decimal { return decimal.Max(x.Sub(n(2)), n(-1)).Mul(n(3)) }},
	}
}
