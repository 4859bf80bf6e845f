package rule

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// A conditionChecker walks the library's tree of a condition, gives everything in it a kind, names what does not fit, and
// rewrites it.
//
// Of each part e it builds one of two programs of plain, two-valued logic: "e is true" or "e is false". They differ where e is
// unknown: then both are false. "not e is true" is "e is false", "a and b is false" is "a is false or b is false", and so on
// down to the comparisons, which ask for their attributes first. Each part is built once, so what is built is no larger than
// the source.
type conditionChecker struct {
	places
	schema Schema
}

// condition builds "n is true" or "n is false".
func (c *conditionChecker) condition(n ast.Node, want bool) ast.Node {
	switch n := n.(type) {
	case *ast.BoolNode:
		return &ast.BoolNode{Value: n.Value == want}
	case *ast.UnaryNode:
		if isNot(n) {
			return c.condition(n.Node, !want)
		}
	case *ast.BinaryNode:
		if and := n.Operator == "and" || n.Operator == "&&"; and || n.Operator == "or" || n.Operator == "||" {
			op := "or"
			if and == want {
				op = "and"
			}
			return &ast.BinaryNode{Operator: op, Left: c.condition(n.Left, want), Right: c.condition(n.Right, want)}
		}
		return c.leaf(c.comparison(n), want)
	case *ast.IdentifierNode:
		if o := c.attribute(n); o.kind == Bool {
			return c.leaf(test{compare: compareBool(o, operand{kind: Bool, value: true}), accept: acceptEqual}, want)
		} else if o.kind != 0 {
			c.fault(o.at, "%s, which alone is no condition: compare it%s", o, hasHint(o))
		}
		return falseNode()
	case *ast.CallNode:
		if name, ok := c.has(n); ok {
			return c.leaf(test{compare: comparePresence(name), accept: acceptEqual}, want)
		}
		return falseNode()
	}
	if o := c.operand(n); o.kind != 0 {
		c.fault(o.at, "%s, which alone is no condition", o)
	}
	return falseNode()
}

func hasHint(o operand) string { return ", or write has(" + o.name + ")" }

func isNot(n *ast.UnaryNode) bool { return n.Operator == "not" || n.Operator == "!" }

// falseNode stands for what has a fault.
func falseNode() ast.Node { return &ast.BoolNode{} }

func (c *conditionChecker) leaf(t test, want bool) ast.Node {
	if t.compare == nil {
		return falseNode() // has a fault
	}
	if !want {
		t.accept = ^t.accept
	}
	return call(t.run(), env())
}

// has gives the attribute a call of has asks for.
func (c *conditionChecker) has(n *ast.CallNode) (name string, ok bool) {
	callee, named := n.Callee.(*ast.IdentifierNode)
	if !named || callee.Value != "has" {
		c.fault(c.at(n), "a condition calls nothing but has")
		return "", false
	}
	if len(n.Arguments) == 1 {
		if id, isName := n.Arguments[0].(*ast.IdentifierNode); isName {
			o := c.attribute(id)
			return o.name, o.kind != 0
		}
	}
	c.fault(c.at(n), "has takes the name of one attribute")
	return "", false
}

// An operand is one side of a comparison. Its kind is zero if it had a fault, which is recorded then.
type operand struct {
	kind  Kind
	at    int
	name  string    // of an attribute; empty for a literal
	value any       // of a literal: string, bool or decimal.Decimal
	list  []operand // of a literal list, whose kind is that of its elements
	text  string    // of a literal number
}

func (o operand) literal() bool { return o.name == "" }
func (o operand) number() bool  { return o.list == nil && (o.kind == Int || o.kind == Decimal) }

// String says what the operand is, as the subject of a fault: "total is a decimal", "this is a string".
func (o operand) String() string {
	subject := "this"
	if o.name != "" {
		subject = o.name
	}
	return subject + " is " + o.noun()
}

func (o operand) noun() string {
	switch {
	case o.list != nil:
		return "a list"
	case o.literal() && o.number():
		return "a number"
	case o.kind == Int:
		return "an int"
	case o.kind == Strings:
		return "a list of strings"
	default:
		return "a " + o.kind.String()
	}
}

// attribute gives a declared attribute, or records that it is none.
func (c *conditionChecker) attribute(n *ast.IdentifierNode) operand {
	return declared(c.places, c.schema, n)
}

// declared gives an attribute of the schema, or records that the schema has none of that name.
func declared(p places, s Schema, n *ast.IdentifierNode) operand {
	kind, ok := s[n.Value]
	if !ok {
		p.fault(p.at(n), "%s is no declared attribute%s", clip(n.Value, valueMax), nearest(s, n.Value))
		return operand{}
	}
	return operand{kind: kind, at: p.at(n), name: n.Value}
}

// nearest suggests the attribute whose name differs in case only or in one letter.
func nearest(s Schema, name string) string {
	for _, known := range s.names() {
		if strings.EqualFold(known, name) || oneEdit(known, name) || oneEdit(name, known) {
			return ": did you mean " + known + "?"
		}
	}
	return ""
}

// oneEdit reports whether a becomes b by leaving out or changing one byte. Names of one and two letters are all too alike.
func oneEdit(a, b string) bool {
	if len(a) < 3 {
		return false
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return i < len(a) && (a[i+1:] == b[i:] || i < len(b) && a[i+1:] == b[i+1:])
}

// operand gives one side of a comparison.
func (c *conditionChecker) operand(n ast.Node) operand {
	at := c.at(n)
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return c.attribute(n)
	case *ast.StringNode:
		if len(n.Value) > StringMax || !utf8.ValidString(n.Value) {
			c.fault(at, "the string is not valid UTF-8 of at most %d bytes", StringMax)
			return operand{}
		}
		return operand{kind: String, at: at, value: n.Value}
	case *ast.BoolNode:
		return operand{kind: Bool, at: at, value: n.Value}
	case *ast.IntegerNode:
		return numberLiteral(c.places, n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.ArrayNode:
		return c.list(n)
	case *ast.BinaryNode:
		c.condition(n, true) // for its own faults
		c.fault(at, "the result of %s cannot be compared: join conditions with and, or", n.Operator)
	case *ast.CallNode:
		if name, ok := c.has(n); ok {
			c.fault(at, "has(%s) stands alone: write has(%s) or not has(%s)", name, name, name)
		}
	default:
		c.fault(at, "%s is not part of a condition", nodeName(n))
	}
	return operand{}
}

// numberLiteral reads the digits of the source; the library's value of the node is a mask.
func numberLiteral(p places, n *ast.IntegerNode) operand {
	text := p.number(n)
	d, err := ParseDecimal(text)
	if err != nil {
		p.fault(p.at(n), "the number %s", boundReason)
		return operand{}
	}
	return operand{kind: Decimal, at: p.at(n), value: d, text: text}
}

// unary takes the minus of a number. Another unary operator on one side of a comparison is a mistake that deserves its own
// words.
func (c *conditionChecker) unary(n *ast.UnaryNode) operand {
	at := c.at(n)
	inner, isNumber := n.Node.(*ast.IntegerNode)
	switch {
	case n.Operator == "-" && isNumber:
		o := numberLiteral(c.places, inner)
		if d, ok := o.value.(decimal.Decimal); ok {
			o.value, o.text = d.Neg(), "-"+o.text
		}
		o.at = at
		return o
	case isNot(n):
		c.fault(at, "%s is no side of a comparison: write not (a == b)", n.Operator)
	default:
		c.fault(at, "- stands before a number only: a condition has no arithmetic")
	}
	return operand{}
}

func (c *conditionChecker) list(n *ast.ArrayNode) operand {
	o := operand{at: c.at(n), list: make([]operand, 0, len(n.Nodes))}
	for _, e := range n.Nodes {
		el := c.operand(e)
		switch {
		case el.kind == 0:
			continue
		case !el.literal() || el.list != nil:
			c.fault(el.at, "a list holds literals only")
		case o.kind != 0 && el.kind != o.kind:
			c.fault(el.at, "%s in a list of %ss", el, o.list[0].noun()[2:])
		default:
			o.kind = el.kind
			o.list = append(o.list, el)
		}
	}
	if len(n.Nodes) == 0 {
		c.fault(o.at, "the list is empty")
	}
	if len(o.list) < len(n.Nodes) {
		o.kind = 0
	}
	return o
}

// misplacedNot explains "not total >= 100", which reads as (not total) >= 100.
func (c *conditionChecker) misplacedNot(n *ast.BinaryNode) bool {
	left, ok := n.Left.(*ast.UnaryNode)
	if !ok || !isNot(left) {
		return false
	}
	inner := "..."
	if id, ok := left.Node.(*ast.IdentifierNode); ok {
		inner = clip(id.Value, valueMax)
	}
	c.fault(c.at(left), "%s binds tighter than %s: write not (%s %s ...)", left.Operator, n.Operator, inner, n.Operator)
	return true
}

// nodeName says in the reader's words what a node of the library is. The scanner lets few of them pass.
func nodeName(n ast.Node) string {
	switch n.(type) {
	case *ast.StringNode:
		return "a string"
	case *ast.MemberNode, *ast.SliceNode:
		return "x[...]"
	case *ast.BoolNode:
		return "true or false"
	}
	return fmt.Sprintf("this (%s)", strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."), "Node"))
}
