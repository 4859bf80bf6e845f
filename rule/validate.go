package rule

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// The bounds of a tree. They are far above what people write, and keep what comes from outside cheap to read and check.
const (
	// ruleDepthMax is how many nodes a path from the root to a leaf may have, both counted.
	ruleDepthMax = 16
	// ruleNodesMax is how many nodes a tree may have in all, leaves counted.
	ruleNodesMax = 256
	// ruleDistinctMax is the most an OpDistinct may ask for: a leaf keeps no more values of a user (S10).
	ruleDistinctMax = 10_000
)

// Validate checks what the tree alone can tell: that every node is of a known operator and sets only fields that
// operator reads; that All, Any and AtLeast have children, and AtLeast a K from 1 to their number; that every leaf has a
// task code of 1 to 64 of A-Z, a-z, 0-9, dot, underscore and hyphen; that N is at least 1, and at most 10,000 in
// Distinct; that Distinct and Sum have an Attr; that a Total is above zero and has at most 38 digits, at most 18 of them
// after the point, zeros at the end of the fraction not counted; that no Level is negative; that no path is longer than 16 nodes and the tree has at
// most 256. Whether tasks and attributes exist, and whether conditions are sound, is for [Compile].
//
// The zero Rule is valid, but not as a child.
//
// The result joins a [FieldError] for every fault, in the order of the tree, or is nil. Paths are those of the JSON form:
// the second leaf's N in AtLeast(2, a, b) is "of[1].n", the task of a Count below an All is "all[0].count". A field that
// has no name in JSON goes by its Go name in lower case: "k", "task". Beyond the 256th node nothing is checked.
func (r Rule) Validate() error {
	c := ruleChecker{values: true}
	c.node(r, "", 1)
	return c.faults.Err()
}

// checkForm finds what the JSON form cannot say, and nothing else: a rule without such faults prints and parses back Equal.
func (r Rule) checkForm() error {
	var c ruleChecker
	c.node(r, "", 1)
	return c.faults.Err()
}

// An opForm says which fields an operator reads, and what JSON calls them.
type opForm struct {
	// name is the operator's field in JSON. It holds K, the task or the children.
	name string
	// list is the field that holds the children; empty for leaves.
	list                                  string
	k, task, n, attr, total, where, level bool
}

// formOf gives the form of an operator, and false for an unknown one. It is a switch, not a table, because a package
// variable could be changed.
func formOf(op Op) (opForm, bool) {
	switch op {
	case OpNone:
		return opForm{}, true
	case OpAll:
		return opForm{name: "all", list: "all"}, true
	case OpAny:
		return opForm{name: "any", list: "any"}, true
	case OpAtLeast:
		return opForm{name: "at_least", list: "of", k: true}, true
	case OpDone: // a gate takes no condition (S11)
		return opForm{name: "done", task: true, level: true}, true
	case OpCount:
		return opForm{name: "count", task: true, n: true, where: true, level: true}, true
	case OpStreak:
		return opForm{name: "streak", task: true, n: true, where: true, level: true}, true
	case OpDistinct:
		return opForm{name: "distinct", task: true, attr: true, n: true, where: true, level: true}, true
	case OpSum:
		return opForm{name: "sum", task: true, attr: true, total: true, where: true, level: true}, true
	default:
		return opForm{}, false
	}
}

// A ruleChecker walks a tree. It goes no deeper than ruleDepthMax and meets no more than ruleNodesMax nodes, so it ends
// also on a slice that was made to hold itself.
type ruleChecker struct {
	// values says that values are checked besides the form.
	values bool
	nodes  int
	faults Faults
}

func (c *ruleChecker) node(r Rule, path string, depth int) {
	if c.nodes++; c.nodes > ruleNodesMax {
		c.faults.Add("", "", tooManyNodes())
		return
	}
	form, ok := formOf(r.Op)
	if !ok {
		c.faults.Addf(path, strconv.Itoa(int(r.Op)), "is no known operator: %d", r.Op)
		return
	}
	if r.Op == OpNone && depth > 1 {
		c.faults.Add(path, "", zeroChild)
	}
	c.unread(form, r, path)
	c.printable(form, r, path)
	if c.values && form.list != "" {
		c.group(form, r, path)
	}
	if c.values && form.task {
		c.leaf(form, r, path)
	}
	if form.list != "" {
		c.children(r.Of, join(path, form.list), depth)
	}
}

func (c *ruleChecker) children(of []Rule, path string, depth int) {
	if depth == ruleDepthMax && len(of) > 0 {
		c.faults.Add(path, "", tooDeep())
		return
	}
	for i, child := range of {
		if c.nodes > ruleNodesMax {
			return
		}
		c.node(child, at(path, i), depth+1)
	}
}

// unread finds fields that are set though the operator does not read them.
func (c *ruleChecker) unread(form opForm, r Rule, path string) {
	refuse := func(field, value string) {
		if form.name == "" {
			c.faults.Add(join(path, field), value, "must not be set without an operator")
			return
		}
		c.faults.Addf(join(path, field), value, "must not be set: %s does not read it", form.name)
	}
	if r.K != 0 && !form.k {
		refuse("k", strconv.FormatInt(r.K, 10))
	}
	if len(r.Of) > 0 && form.list == "" {
		refuse("of", "")
	}
	if r.Task != "" && !form.task {
		refuse("task", r.Task)
	}
	if r.N != 0 && !form.n {
		refuse("n", strconv.FormatInt(r.N, 10))
	}
	if r.Attr != "" && !form.attr {
		refuse("attr", r.Attr)
	}
	if !form.total && (!r.Total.IsZero() || totalFault(r.Total) != "") {
		refuse("total", totalText(r.Total))
	}
	if r.Cond != "" && !form.where {
		refuse("where", r.Cond)
	}
	if r.Level != 0 && !form.level {
		refuse("level", strconv.Itoa(r.Level))
	}
}

// printable finds values that JSON would not give back as they are.
func (c *ruleChecker) printable(form opForm, r Rule, path string) {
	texts := []struct {
		field, value string
		read         bool
	}{
		{form.name, r.Task, form.task && !c.values}, // else the check of the code says it
		{"attr", r.Attr, form.attr},
		{"where", r.Cond, form.where},
	}
	for _, t := range texts {
		if t.read && !utf8.ValidString(t.value) {
			c.faults.Add(join(path, t.field), t.value, "must be valid UTF-8")
		}
	}
	if form.total {
		if reason := totalFault(r.Total); reason != "" {
			c.faults.Add(join(path, "total"), totalText(r.Total), reason)
		}
	}
}

// group checks the values of a node.
func (c *ruleChecker) group(form opForm, r Rule, path string) {
	if len(r.Of) == 0 {
		c.faults.Add(join(path, form.list), "", "must not be empty")
	}
	if !form.k {
		return
	}
	k := strconv.FormatInt(r.K, 10)
	if r.K < 1 {
		c.faults.Add(join(path, form.name), k, "must be at least 1")
	} else if len(r.Of) > 0 && r.K > int64(len(r.Of)) {
		c.faults.Addf(join(path, form.name), k, "must be at most %d, the number of rules below it", len(r.Of))
	}
}

// leaf checks the values of a leaf.
func (c *ruleChecker) leaf(form opForm, r Rule, path string) {
	c.faults.At(join(path, form.name), CheckCode(r.Task))
	if form.attr && r.Attr == "" {
		c.faults.Add(join(path, "attr"), "", "must not be empty")
	}
	n := strconv.FormatInt(r.N, 10)
	if form.n && r.N < 1 {
		c.faults.Add(join(path, "n"), n, "must be at least 1")
	} else if r.Op == OpDistinct && r.N > ruleDistinctMax {
		c.faults.Addf(join(path, "n"), n, "must be at most %d", ruleDistinctMax)
	}
	if form.total && totalFault(r.Total) == "" && r.Total.Sign() <= 0 {
		c.faults.Add(join(path, "total"), totalText(r.Total), "must be above zero")
	}
	if r.Level < 0 {
		c.faults.Add(join(path, "level"), strconv.Itoa(r.Level), "must not be negative")
	}
}

// totalFault says what is wrong with the size of a total, or nothing.
func totalFault(d decimal.Decimal) string {
	_, reason := boundDecimal(d)
	return reason
}

// totalText prints a total for people, unless it is too large to print.
func totalText(d decimal.Decimal) string {
	d, reason := boundDecimal(d)
	if reason != "" {
		return ""
	}
	return d.String()
}

const zeroChild = "must be a rule with an operator: one without never matches"

func tooDeep() string      { return fmt.Sprintf("must not nest deeper than %d rules", ruleDepthMax) }
func tooManyNodes() string { return fmt.Sprintf("must not have more than %d nodes", ruleNodesMax) }

// at is the path of an element of a list.
func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
