package rule_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// The model of conditions: random trees with a plain three-valued meaning, printed to source. It knows nothing of the code
// under test.

// A truth is a value of three-valued logic.
type truth int

const (
	isFalse truth = iota
	isUnknown
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// A condNode is a condition of the model: its source and its plain three-valued meaning.
type condNode struct {
	src string
	has bool // it contains has
	of  func(rule.Attrs) truth
}

func modelSchema() rule.Schema {
	return rule.Schema{
		"n": rule.Int, "k": rule.Int, "d": rule.Decimal, "e": rule.Decimal, "s": rule.String, "u": rule.String,
		"f": rule.Bool, "g": rule.Bool, "t": rule.Time, "w": rule.Time, "tags": rule.Strings,
	}
}

var (
	modelInts     = []string{"0", "1", "-1", "9007199254740992", "9007199254740993", "9223372036854775807", "-9223372036854775808", "3"}
	modelDecimals = []string{"0", "0.1", "0.10", "-0.1", "1", "2.5", "3", "9007199254740993", "12345678901234567890", "12345678901234567890.123456789",
		"12345678901234567890.123456788", "0.000000000000000001", "-99999999999999999999999999999999999999", "9223372036854775808", "9223372036854775807.5"}
	modelStrings = []string{"", "a", "A", "ab", "b", "é", "a\"b", `a\b`, "vip"}
	modelTimes   = []string{"2024-02-29T18:00:00Z", "2024-02-29T19:00:00+01:00", "2024-02-29T18:00:00.000001Z", "1999-12-31T23:59:59Z"}
)

// drawAttrs gives canonical attributes of which any may be absent.
func drawAttrs(t *rapid.T, schema rule.Schema) rule.Attrs {
	raw := rule.Attrs{}
	for _, name := range sortedNames(schema) {
		if rapid.IntRange(0, 2).Draw(t, name+" absent") > 0 {
			raw[name] = drawValue(t, name, schema[name])
		}
	}
	a, err := schema.Canonical(raw)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func drawValue(t *rapid.T, name string, kind rule.Kind) any {
	switch kind {
	case rule.Int:
		return decimal.RequireFromString(rapid.SampledFrom(modelInts).Draw(t, name)).IntPart()
	case rule.Decimal:
		return rapid.SampledFrom(modelDecimals).Draw(t, name)
	case rule.String:
		return rapid.SampledFrom(modelStrings).Draw(t, name)
	case rule.Bool:
		return rapid.Bool().Draw(t, name)
	case rule.Time:
		return rapid.SampledFrom(modelTimes).Draw(t, name)
	default:
		return rapid.SliceOfN(rapid.SampledFrom(modelStrings), 0, 3).Draw(t, name)
	}
}

// An operandModel is one side of a comparison: value gives nil when absent.
type operandModel struct {
	src   string
	value func(rule.Attrs) any
}

func attrModel(name string) operandModel {
	return operandModel{name, func(a rule.Attrs) any { return a[name] }}
}

func literalModel(src string, v any) operandModel {
	return operandModel{src, func(rule.Attrs) any { return v }}
}

func drawLiteral(t *rapid.T, kind rule.Kind) operandModel {
	switch kind {
	case rule.Decimal:
		text := rapid.SampledFrom(append(slices.Clone(modelInts), modelDecimals...)).Draw(t, "number")
		return literalModel(text, decimal.RequireFromString(text))
	case rule.Time:
		text := rapid.SampledFrom(modelTimes).Draw(t, "time")
		at, _ := time.Parse(time.RFC3339, text)
		return literalModel(quote(text), at)
	case rule.Bool:
		b := rapid.Bool().Draw(t, "bool")
		return literalModel(fmt.Sprint(b), b)
	default:
		s := rapid.SampledFrom(modelStrings).Draw(t, "string")
		return literalModel(quote(s), s)
	}
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// drawSides gives two sides of one kind, at least one of them an attribute.
func drawSides(t *rapid.T, kind rule.Kind) (l, r operandModel) {
	names := map[rule.Kind][]string{rule.Decimal: {"n", "k", "d", "e"}, rule.String: {"s", "u"}, rule.Bool: {"f", "g"}, rule.Time: {"t", "w"}}[kind]
	l = attrModel(rapid.SampledFrom(names).Draw(t, "attribute"))
	if rapid.Bool().Draw(t, "two attributes") {
		r = attrModel(rapid.SampledFrom(names).Draw(t, "attribute"))
	} else {
		r = drawLiteral(t, kind)
	}
	if rapid.Bool().Draw(t, "swap") {
		l, r = r, l
	}
	return l, r
}

// compareModel orders two present values without the code under test: numbers as big.Rat.
func compareModel(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case bool:
		if a == b.(bool) {
			return 0
		}
		return 1
	case time.Time:
		return a.Compare(b.(time.Time))
	}
	return ratOf(a).Cmp(ratOf(b))
}

func ratOf(v any) *big.Rat {
	if n, ok := v.(int64); ok {
		return new(big.Rat).SetInt64(n)
	}
	return v.(decimal.Decimal).Rat()
}

func orderHolds(op string, order int) bool {
	return map[string]bool{"==": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[op]
}

func drawComparison(t *rapid.T) condNode {
	kind := rapid.SampledFrom([]rule.Kind{rule.Decimal, rule.Decimal, rule.String, rule.Bool, rule.Time}).Draw(t, "kind")
	ops := []string{"==", "!=", "<", "<=", ">", ">="}
	if kind == rule.Bool {
		ops = ops[:2]
	}
	op := rapid.SampledFrom(ops).Draw(t, "operator")
	l, r := drawSides(t, kind)
	return binaryModel(l, op, r, func(a, b any) bool { return orderHolds(op, compareModel(a, b)) })
}

// binaryModel is unknown if a side is absent.
func binaryModel(l operandModel, op string, r operandModel, holds func(a, b any) bool) condNode {
	return condNode{src: l.src + " " + op + " " + r.src, of: func(a rule.Attrs) truth {
		x, y := l.value(a), r.value(a)
		if x == nil || y == nil {
			return isUnknown
		}
		return truthOf(holds(x, y))
	}}
}

func drawText(t *rapid.T) condNode {
	op := rapid.SampledFrom([]string{"contains", "startsWith", "endsWith"}).Draw(t, "operator")
	f := map[string]func(s, p string) bool{"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix}[op]
	l, r := drawSides(t, rule.String)
	not := rapid.Bool().Draw(t, "not")
	if not {
		op = "not " + op
	}
	return binaryModel(l, op, r, func(a, b any) bool { return f(a.(string), b.(string)) != not })
}

func drawIn(t *rapid.T) condNode {
	op, not := "in", rapid.Bool().Draw(t, "not in")
	if not {
		op = "not in"
	}
	kind := rapid.SampledFrom([]rule.Kind{rule.Decimal, rule.String, rule.Time, rule.Strings}).Draw(t, "list of")
	if kind == rule.Strings {
		l := drawLiteral(t, rule.String)
		if rapid.Bool().Draw(t, "attribute in tags") {
			l = attrModel("s")
		}
		return binaryModel(l, op, attrModel("tags"), func(a, b any) bool { return slices.Contains(b.([]string), a.(string)) != not })
	}
	var elements []operandModel
	var texts []string
	for range rapid.IntRange(1, 12).Draw(t, "length") {
		el := drawLiteral(t, kind)
		elements, texts = append(elements, el), append(texts, el.src)
	}
	names := map[rule.Kind][]string{rule.Decimal: {"n", "d"}, rule.String: {"s"}, rule.Time: {"t"}}[kind]
	list := literalModel("["+strings.Join(texts, ", ")+"]", elements)
	return binaryModel(attrModel(rapid.SampledFrom(names).Draw(t, "attribute")), op, list, func(a, _ any) bool {
		return slices.ContainsFunc(elements, func(el operandModel) bool { return compareModel(a, el.value(nil)) == 0 }) != not
	})
}

func drawChain(t *rapid.T) condNode {
	a, b, c := drawLiteral(t, rule.Decimal), attrModel("d"), drawLiteral(t, rule.Decimal)
	return condNode{src: a.src + " <= " + b.src + " < " + c.src, of: func(attrs rule.Attrs) truth {
		v := b.value(attrs)
		if v == nil {
			return isUnknown
		}
		return truthOf(compareModel(a.value(nil), v) <= 0 && compareModel(v, c.value(nil)) < 0)
	}}
}

// drawCondition gives a random tree of a bounded depth.
func drawCondition(t *rapid.T, depth int, withHas bool) condNode {
	kinds := []string{"comparison", "comparison", "text", "in", "bool", "literal", "chain"}
	if withHas {
		kinds = append(kinds, "has", "has")
	}
	if depth > 0 {
		kinds = append(kinds, "and", "and", "and", "or", "or", "or", "not", "not")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "node") {
	case "comparison":
		return drawComparison(t)
	case "text":
		return drawText(t)
	case "in":
		return drawIn(t)
	case "chain":
		return drawChain(t)
	case "bool":
		name := rapid.SampledFrom([]string{"f", "g"}).Draw(t, "bool")
		return condNode{src: name, of: func(a rule.Attrs) truth {
			if b, ok := a[name].(bool); ok {
				return truthOf(b)
			}
			return isUnknown
		}}
	case "literal":
		b := rapid.Bool().Draw(t, "literal")
		return condNode{src: fmt.Sprint(b), of: func(rule.Attrs) truth { return truthOf(b) }}
	case "has":
		name := rapid.SampledFrom(sortedNames(modelSchema())).Draw(t, "has")
		return condNode{src: "has(" + name + ")", has: true, of: func(a rule.Attrs) truth { return truthOf(a[name] != nil) }}
	case "not":
		x := drawCondition(t, depth-1, withHas)
		op := rapid.SampledFrom([]string{"not ", "!"}).Draw(t, "not")
		return condNode{src: op + "(" + x.src + ")", has: x.has, of: func(a rule.Attrs) truth { return isTrue - x.of(a) }}
	case "and":
		l, r := drawCondition(t, depth-1, withHas), drawCondition(t, depth-1, withHas)
		op := rapid.SampledFrom([]string{" and ", " && ", "\nand\n"}).Draw(t, "and")
		return condNode{src: "(" + l.src + ")" + op + "(" + r.src + ")", has: l.has || r.has, of: func(a rule.Attrs) truth { return min(l.of(a), r.of(a)) }}
	default:
		l, r := drawCondition(t, depth-1, withHas), drawCondition(t, depth-1, withHas)
		op := rapid.SampledFrom([]string{" or ", " || "}).Draw(t, "or")
		return condNode{src: "(" + l.src + ")" + op + "(" + r.src + ")", has: l.has || r.has, of: func(a rule.Attrs) truth { return max(l.of(a), r.of(a)) }}
	}
}
