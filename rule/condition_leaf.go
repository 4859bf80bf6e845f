package rule

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// A comparer reads the attributes it needs and gives -1, 0 or 1, as cmp.Compare. ok is false if one is absent: the comparison
// is unknown. A test that is only true or false gives 0 for true and 1 for false.
type comparer func(a Attrs) (order int, ok bool)

// accepted are the orders a test is true of, a bit for each of -1, 0 and 1. Its complement is the test's negation.
type accepted uint8

const (
	acceptLess accepted = 1 << iota
	acceptEqual
	acceptMore
)

// A test is one comparison of a condition.
type test struct {
	compare comparer
	accept  accepted
}

// run gives the test as the function that the machine calls: true only if its attributes are there and in an accepted order.
func (t test) run() func(any) bool {
	compare, accept := t.compare, t.accept
	return func(env any) bool {
		a, _ := env.(Attrs)
		order, ok := compare(a)
		return ok && accept&(acceptEqual<<1>>(1-order)) != 0
	}
}

// comparison gives the test for a comparison in the source. Its compare is nil if there was a fault.
func (c *conditionChecker) comparison(n *ast.BinaryNode) test {
	if c.misplacedNot(n) {
		c.operand(n.Right) // for its own faults
		return test{}
	}
	left, right := c.operand(n.Left), c.operand(n.Right)
	if left.kind == 0 || right.kind == 0 {
		return test{}
	}
	if left.literal() && right.literal() {
		c.fault(left.at, "compares two literals: name an attribute")
		return test{}
	}
	switch n.Operator {
	case "==":
		return test{c.ordered(n, left, right), acceptEqual}
	case "!=":
		return test{c.ordered(n, left, right), acceptLess | acceptMore}
	case "<":
		return test{c.ordered(n, left, right), acceptLess}
	case "<=":
		return test{c.ordered(n, left, right), acceptLess | acceptEqual}
	case ">":
		return test{c.ordered(n, left, right), acceptMore}
	case ">=":
		return test{c.ordered(n, left, right), acceptMore | acceptEqual}
	case "in":
		return test{c.membership(left, right), acceptEqual}
	case "contains":
		return test{c.texts(n, left, right, strings.Contains), acceptEqual}
	case "startsWith":
		return test{c.texts(n, left, right, strings.HasPrefix), acceptEqual}
	case "endsWith":
		return test{c.texts(n, left, right, strings.HasSuffix), acceptEqual}
	}
	c.fault(c.at(n), "%s is not part of a condition", n.Operator)
	return test{}
}

// ordered compares two values of one kind.
func (c *conditionChecker) ordered(n *ast.BinaryNode, left, right operand) comparer {
	equality := n.Operator == "==" || n.Operator == "!="
	switch {
	case left.list != nil || right.list != nil:
		c.fault(c.at(n), "%s does not compare lists: write x in [...]", n.Operator)
	case left.kind == Strings || right.kind == Strings:
		c.fault(c.at(n), "%s does not compare lists of strings: write \"x\" in %s", n.Operator, listName(left, right))
	case left.number() && right.number():
		return compareNumbers(left, right)
	case left.kind == Time || right.kind == Time:
		left, right = c.asTime(left, right), c.asTime(right, left)
		if left.kind == Time && right.kind == Time {
			return compareTimes(left, right)
		}
	case left.kind != right.kind:
		c.fault(c.at(n), "%s and cannot be compared with %s", subject(left, right), other(left, right).noun())
	case left.kind == String:
		return compareStrings(left, right)
	case equality: // bools
		return compareBool(left, right)
	default:
		c.fault(c.at(n), "%s does not compare bools: write == or !=", n.Operator)
	}
	return nil
}

func listName(left, right operand) string {
	if left.kind == Strings {
		return left.name
	}
	return right.name
}

// subject and other put the attribute first: "total is a decimal and cannot be compared with a string".
func subject(left, right operand) operand {
	if left.literal() {
		return right
	}
	return left
}

func other(left, right operand) operand {
	if left.literal() {
		return left
	}
	return right
}

// asTime turns a literal beside a time into one.
func (c *conditionChecker) asTime(o, beside operand) operand {
	switch {
	case o.kind == Time:
		return o
	case o.literal() && o.kind == String:
		t, reason := canonicalTime(o.value)
		if reason == "" {
			o.kind, o.value = Time, t
			return o
		}
		c.fault(o.at, "%s is a time, so this %s", beside.name, reason)
	default:
		c.fault(o.at, "%s and cannot be compared with %s", beside, o.noun())
	}
	return operand{}
}

// texts tests one string against another.
func (c *conditionChecker) texts(n *ast.BinaryNode, left, right operand, f func(s, part string) bool) comparer {
	for _, o := range []operand{left, right} {
		if o.kind == Strings || o.list != nil {
			c.fault(c.at(n), "%s takes two strings: to look into a list write \"x\" in tags", n.Operator)
			return nil
		}
		if o.kind != String {
			c.fault(c.at(n), "%s takes two strings, but %s", n.Operator, o)
			return nil
		}
	}
	return func(a Attrs) (int, bool) {
		s, ok := read[string](left, a)
		part, ok2 := read[string](right, a)
		return truth(f(s, part)), ok && ok2
	}
}

// read gives an operand's value: a literal's own, or the attribute's, with ok false if that is absent.
func read[T any](o operand, a Attrs) (v T, ok bool) {
	if o.name == "" {
		v, ok = o.value.(T)
		return v, ok
	}
	v, ok = a[o.name].(T)
	return v, ok
}

// truth is the order of a test that is only true or false.
func truth(b bool) int {
	if b {
		return 0
	}
	return 1
}

func comparePresence(name string) comparer {
	return func(a Attrs) (int, bool) { return truth(a[name] != nil), true }
}

func compareBool(left, right operand) comparer {
	return func(a Attrs) (int, bool) {
		l, ok := read[bool](left, a)
		r, ok2 := read[bool](right, a)
		return truth(l == r), ok && ok2
	}
}

func compareStrings(left, right operand) comparer {
	return func(a Attrs) (int, bool) {
		l, ok := read[string](left, a)
		r, ok2 := read[string](right, a)
		return strings.Compare(l, r), ok && ok2
	}
}

func compareTimes(left, right operand) comparer {
	return func(a Attrs) (int, bool) {
		l, ok := read[time.Time](left, a)
		r, ok2 := read[time.Time](right, a)
		return l.Compare(r), ok && ok2
	}
}

// compareNumbers compares ints and decimals exactly.
func compareNumbers(left, right operand) comparer {
	switch {
	case left.literal():
		compare := compareNumbers(right, left)
		return func(a Attrs) (int, bool) {
			order, ok := compare(a)
			return -order, ok
		}
	case left.kind == Int && right.literal():
		return compareInt(left.name, right.value.(decimal.Decimal))
	case left.kind == Int && right.kind == Int:
		return func(a Attrs) (int, bool) {
			l, ok := a[left.name].(int64)
			r, ok2 := a[right.name].(int64)
			return compareInt64(l, r), ok && ok2
		}
	}
	readLeft, readRight := numberReader(left), numberReader(right)
	return func(a Attrs) (int, bool) {
		l, ok := readLeft(a)
		r, ok2 := readRight(a)
		return l.Cmp(r), ok && ok2
	}
}

// compareInt compares an int with a literal without leaving int64: with the literal's floor, which is below it if it has a
// fraction.
func compareInt(name string, literal decimal.Decimal) comparer {
	floor, whole := literal.Floor(), literal.IsInteger()
	bound, beyond := int64(0), 0
	switch {
	case floor.Cmp(decimal.NewFromInt(math.MaxInt64)) > 0:
		beyond = -1 // every int is less
	case floor.Cmp(decimal.NewFromInt(math.MinInt64)) < 0:
		beyond = 1
	default:
		bound = floor.IntPart()
	}
	return func(a Attrs) (int, bool) {
		v, ok := a[name].(int64)
		if beyond != 0 {
			return beyond, ok
		}
		order := compareInt64(v, bound)
		if order == 0 && !whole {
			order = -1
		}
		return order, ok
	}
}

func compareInt64(l, r int64) int {
	switch {
	case l < r:
		return -1
	case l > r:
		return 1
	}
	return 0
}

// numberReader reads a number as a decimal.
func numberReader(o operand) func(Attrs) (decimal.Decimal, bool) {
	if o.literal() {
		d := o.value.(decimal.Decimal)
		return func(Attrs) (decimal.Decimal, bool) { return d, true }
	}
	if o.kind == Int {
		return func(a Attrs) (decimal.Decimal, bool) {
			n, ok := a[o.name].(int64)
			return decimal.NewFromInt(n), ok
		}
	}
	return func(a Attrs) (decimal.Decimal, bool) {
		d, ok := a[o.name].(decimal.Decimal)
		return d, ok
	}
}

// membership tests a value against a list of literals, or against an attribute of strings.
func (c *conditionChecker) membership(left, right operand) comparer {
	switch {
	case right.kind == Strings && left.kind == String && left.list == nil:
		return func(a Attrs) (int, bool) {
			s, ok := read[string](left, a)
			list, ok2 := a[right.name].([]string)
			return truth(slices.Contains(list, s)), ok && ok2
		}
	case right.kind == Strings:
		c.fault(left.at, "%s holds strings, but %s", right.name, left)
	case right.list == nil:
		c.fault(right.at, "%s: in takes a list such as [1, 2], or an attribute of strings", right)
	case left.kind == Bool || left.kind == Strings:
		c.fault(left.at, "%s, which is in no list of literals", left)
	default:
		return c.oneOf(left, right.list)
	}
	return nil
}

// oneOf tests an attribute against each literal of a list: lists are short, and numbers and times have no cheap key.
func (c *conditionChecker) oneOf(left operand, list []operand) comparer {
	if left.kind == String && list[0].kind == String {
		return oneOfStrings(left.name, list)
	}
	compares := make([]comparer, 0, len(list))
	for _, el := range list {
		switch {
		case left.number() && el.number():
			compares = append(compares, compareNumbers(left, el))
		case left.kind == Time && el.kind == String:
			if t := c.asTime(el, left); t.kind == Time {
				compares = append(compares, compareTimes(left, t))
			}
		default:
			c.fault(el.at, "%s and cannot be compared with %s", left, el.noun())
			return nil
		}
	}
	return func(a Attrs) (order int, ok bool) {
		for _, compare := range compares {
			if order, ok = compare(a); !ok || order == 0 {
				return order, ok
			}
		}
		return 1, true
	}
}

// listScanned is the longest list of strings that is compared one by one: faster than a map up to there.
const listScanned = 8

func oneOfStrings(name string, list []operand) comparer {
	texts, set := make([]string, 0, len(list)), make(map[string]bool, len(list))
	for _, el := range list {
		s, _ := el.value.(string)
		texts, set[s] = append(texts, s), true
	}
	if len(texts) > listScanned {
		return func(a Attrs) (int, bool) {
			s, ok := a[name].(string)
			return truth(set[s]), ok
		}
	}
	return func(a Attrs) (int, bool) {
		s, ok := a[name].(string)
		return truth(slices.Contains(texts, s)), ok
	}
}
