package rule

import (
	"math/big"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
	"github.com/shopspring/decimal"
)

// A Formula is a compiled amount that depends on one event's attributes, such as floor(total * 0.05): a reward's AmountFrom. It
// is immutable and safe for concurrent use. The zero Formula never has a value.
//
// A formula is made of names of declared attributes of kind int and decimal, numbers such as 100 and 12.50, + - * between them,
// a minus before them, parentheses, floor(x), the largest whole number that is no more than x (floor(-1.5) is -2), and min(x,
// y, ...) and max(x, y, ...) of two or more. There is no division, so every result is exact. A point for each yuan is
// floor(total); five points in a hundred, at most 50, are min(floor(total * 0.05), 50).
//
// Its source has the bounds of a [Condition]'s.
type Formula struct {
	text    string
	program *vm.Program
	names   []string
}

// CompileFormula compiles a formula over the attributes a schema declares. Errors are as of [CompileCondition].
func CompileFormula(src string, s Schema) (f *Formula, err error) {
	defer backstop(&err)
	if err := s.Validate(); err != nil {
		return nil, err
	}
	source := &source{text: src}
	tokens := scan(source, formulaDialect())
	if err := source.err(); err != nil {
		return nil, err
	}
	root := parse(source, tokens)
	if err := source.err(); err != nil {
		return nil, err
	}
	check := formulaChecker{places: places{source, tokens}, schema: s}
	rewritten := check.amount(root)
	if err := source.err(); err != nil {
		return nil, err
	}
	program := assemble(source, rewritten)
	if err := source.err(); err != nil {
		return nil, err
	}
	slices.Sort(check.names)
	return &Formula{text: src, program: program, names: slices.Compact(check.names)}, nil
}

func formulaDialect() dialect {
	return dialect{
		what:      "formula",
		signs:     " ( ) , + - * ",
		functions: " floor min max ",
		hint: func(text string) string {
			switch text {
			case "/", "//", "%":
				return "multiply instead, by 0.05 rather than dividing by 20"
			case "ceil(...)", "round(...)":
				return "it has floor, min and max"
			}
			return ""
		},
	}
}

// String gives the source.
func (f *Formula) String() string {
	if f == nil {
		return ""
	}
	return f.text
}

// Eval computes the formula from an event's attributes, which must be canonical (see [Schema.Canonical]). The value is exact
// and may be zero or negative; it may have more digits after the point than a decimal attribute may, since whoever pays cuts it
// to an asset's scale. ok is false, and the value zero, if an attribute that the formula names is absent, also where it would
// not matter, or if the value has more than [DigitsMax] digits before the point. A nil Scratch is allocated for this call;
// attributes are only read.
func (f *Formula) Eval(sc *Scratch, a Attrs) (v decimal.Decimal, ok bool) {
	if f == nil || f.program == nil {
		return decimal.Decimal{}, false
	}
	for _, name := range f.names {
		if _, ok := numberOf(a[name]); !ok {
			return decimal.Decimal{}, false
		}
	}
	v, ok = run(f.program, sc, a).(decimal.Decimal)
	if !ok || !wholePartFits(v) {
		return decimal.Decimal{}, false
	}
	return v, true
}

// wholePartFits reports whether v has at most DigitsMax digits before the point. A formula's length bounds what v can be, so
// this is cheap.
func wholePartFits(v decimal.Decimal) bool {
	limit := decimal.NewFromBigInt(big.NewInt(1), DigitsMax)
	return v.Abs().Cmp(limit) < 0
}

// numberOf gives a canonical number as a decimal.
func numberOf(v any) (decimal.Decimal, bool) {
	switch v := v.(type) {
	case int64:
		return decimal.NewFromInt(v), true
	case decimal.Decimal:
		return v, true
	}
	return decimal.Decimal{}, false
}

// A formulaChecker walks the library's tree of a formula, names what does not fit, and rewrites it to calls on decimals.
type formulaChecker struct {
	places
	schema Schema
	names  []string
}

// amount builds a node that gives a decimal.
func (c *formulaChecker) amount(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return literalNode(numberLiteral(c.places, n))
	case *ast.IdentifierNode:
		return c.attribute(n)
	case *ast.UnaryNode:
		if n.Operator == "-" {
			return call(negative, c.amount(n.Node))
		}
		c.fault(c.at(n), "%s stands between two numbers", n.Operator)
	case *ast.BinaryNode:
		if f := arithmetic(n.Operator); f != nil {
			return call(f, c.amount(n.Left), c.amount(n.Right))
		}
		c.fault(c.at(n), "%s is not part of a formula", n.Operator)
	case *ast.CallNode:
		return c.call(n)
	default:
		c.fault(c.at(n), "%s is not part of a formula: it takes numbers", nodeName(n))
	}
	return zeroNode()
}

func literalNode(o operand) ast.Node { return &ast.ConstantNode{Value: o.decimal()} }

// decimal gives the value of a literal number, and zero for what had a fault.
func (o operand) decimal() decimal.Decimal {
	d, _ := o.value.(decimal.Decimal)
	return d
}

// zeroNode stands for what has a fault.
func zeroNode() ast.Node { return &ast.ConstantNode{Value: decimal.Decimal{}} }

func (c *formulaChecker) attribute(n *ast.IdentifierNode) ast.Node {
	o := declared(c.places, c.schema, n)
	switch {
	case o.kind == 0:
		return zeroNode()
	case !o.number():
		c.fault(o.at, "%s, and a formula takes numbers", o)
		return zeroNode()
	}
	c.names = append(c.names, o.name)
	name := o.name
	return call(func(env any) any {
		a, _ := env.(Attrs)
		d, _ := numberOf(a[name])
		return d
	}, env())
}

// call builds floor, min or max; those of several are folded from the left.
func (c *formulaChecker) call(n *ast.CallNode) ast.Node {
	args := make([]ast.Node, len(n.Arguments))
	for i, arg := range n.Arguments {
		args[i] = c.amount(arg)
	}
	callee, _ := n.Callee.(*ast.IdentifierNode)
	switch {
	case callee != nil && callee.Value == "floor":
		if len(args) == 1 {
			return call(floor, args[0])
		}
		c.fault(c.at(n), "floor takes one number, not %d", len(args))
	case callee != nil && (callee.Value == "min" || callee.Value == "max"):
		if len(args) >= 2 {
			pick := smaller
			if callee.Value == "max" {
				pick = larger
			}
			folded := args[0]
			for _, arg := range args[1:] {
				folded = call(pick, folded, arg)
			}
			return folded
		}
		c.fault(c.at(n), "%s takes two numbers or more, not %d", callee.Value, len(args))
	default:
		c.fault(c.at(n), "a formula calls floor, min and max only")
	}
	return zeroNode()
}

// arithmetic gives the operation of a sign, or nil.
func arithmetic(operator string) func(a, b any) any {
	switch operator {
	case "+":
		return func(a, b any) any { return number(a).Add(number(b)) }
	case "-":
		return func(a, b any) any { return number(a).Sub(number(b)) }
	case "*":
		return func(a, b any) any { return number(a).Mul(number(b)) }
	}
	return nil
}

// number gives what the machine hands over; every node of a formula gives a decimal.
func number(v any) decimal.Decimal { return v.(decimal.Decimal) }

func negative(v any) any { return number(v).Neg() }

func floor(v any) any { return number(v).Floor() }

func smaller(a, b any) any {
	if number(b).Cmp(number(a)) < 0 {
		return b
	}
	return a
}

func larger(a, b any) any {
	if number(b).Cmp(number(a)) > 0 {
		return b
	}
	return a
}
