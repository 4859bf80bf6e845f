package rule

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Op is what a node of a [Rule] asks for.
type Op uint8

// The operators of a rule. The zero Op is that of the zero Rule.
const (
	// OpNone never matches.
	OpNone Op = iota
	// OpAll matches as often as the child that matches least.
	OpAll
	// OpAny matches as often as its children do together.
	OpAny
	// OpAtLeast matches as often as K of its children can be set aside, each match of a child used once.
	OpAtLeast
	// OpDone is a gate: closed until its task is done, open from then on.
	OpDone
	// OpCount matches for every N completions of its task.
	OpCount
	// OpStreak matches for every N completions in adjacent periods.
	OpStreak
	// OpDistinct matches for every N different values of an attribute.
	OpDistinct
	// OpSum matches every time the sum of an attribute passes another Total.
	OpSum
)

// A Rule is a tree that says what must have happened. Its leaves look at the events of one task, its nodes combine them.
// The zero Rule never matches. A Rule is a value: the functions and methods below return new ones and change none, and
// two goroutines may read one. Which fields an operator reads is said beside each field; the others stay zero.
//
// Building a rule checks nothing: [Rule.Validate] checks the tree alone, [Compile] checks it against its tasks.
type Rule struct {
	// Op is what the node asks for.
	Op Op
	// K is how many children an OpAtLeast needs.
	K int64
	// Of are the children of OpAll, OpAny and OpAtLeast.
	Of []Rule
	// Task is the code of the task a leaf looks at.
	Task string
	// N is how many completions (OpCount), adjacent periods (OpStreak) or values (OpDistinct) make a match.
	N int64
	// Attr names the attribute of OpDistinct and OpSum.
	Attr string
	// Total is the sum that makes a match of OpSum.
	Total decimal.Decimal
	// Cond is a condition events must satisfy to count in this leaf; see [CompileCondition]. Empty: all count.
	Cond string
	// Level says which level of the task makes a completion. 0 is the last one.
	Level int
}

// All matches as often as each of the rules does: it needs every one of them.
func All(of ...Rule) Rule { return Rule{Op: OpAll, Of: of} }

// Any matches as often as the rules do together: one of them suffices.
func Any(of ...Rule) Rule { return Rule{Op: OpAny, Of: of} }

// AtLeast matches when k of the rules do. Its matches are the number of disjoint groups of k that the children's matches form:
// with matches 2, 1 and 1 an AtLeast(2) matches twice.
func AtLeast(k int64, of ...Rule) Rule { return Rule{Op: OpAtLeast, K: k, Of: of} }

// Done is satisfied for good once a one-off task is finished: a gate.
func Done(task string) Rule { return Rule{Op: OpDone, Task: task} }

// Count matches for every n completions of a task.
func Count(task string, n int64) Rule { return Rule{Op: OpCount, Task: task, N: n} }

// Streak matches for every n adjacent periods of a task with a completion. On an unlimited task the periods are days.
func Streak(task string, n int64) Rule { return Rule{Op: OpStreak, Task: task, N: n} }

// Distinct matches for every n different values an attribute took.
func Distinct(task, attr string, n int64) Rule {
	return Rule{Op: OpDistinct, Task: task, Attr: attr, N: n}
}

// Sum matches each time the sum of an attribute passes another total.
func Sum(task, attr string, total decimal.Decimal) Rule {
	return Rule{Op: OpSum, Task: task, Attr: attr, Total: total}
}

// Where returns the leaf with a condition its events must satisfy: Count("order", 3).Where("total >= 100").
// A second call replaces the first condition.
func (r Rule) Where(cond string) Rule {
	r.Cond = cond
	return r
}

// AtLevel returns the leaf reading completions of one level of its task, counted from 1. 0 is the last level.
func (r Rule) AtLevel(level int) Rule {
	r.Level = level
	return r
}

// IsZero reports whether r is the zero Rule, which never matches: no field of it is set.
func (r Rule) IsZero() bool {
	return r.Op == OpNone && r.K == 0 && len(r.Of) == 0 && r.Task == "" && r.N == 0 && r.Attr == "" &&
		r.Total.IsZero() && r.Cond == "" && r.Level == 0
}

// Equal reports whether two rules are the same tree: children in the same order, totals by value.
func (r Rule) Equal(s Rule) bool {
	return r.Op == s.Op && r.K == s.K && r.Task == s.Task && r.N == s.N && r.Attr == s.Attr &&
		r.Total.Equal(s.Total) && r.Cond == s.Cond && r.Level == s.Level && slices.EqualFunc(r.Of, s.Of, Rule.Equal)
}

// Tasks lists the codes of the tasks the rule reads, in the order of their first leaf, each once.
func (r Rule) Tasks() []string {
	var codes []string
	r.walk(func(n Rule) {
		if n.isLeaf() && !slices.Contains(codes, n.Task) {
			codes = append(codes, n.Task)
		}
	})
	return codes
}

func (r Rule) isLeaf() bool { return r.Op >= OpDone && r.Op <= OpSum }

// walk calls f for the rule and everything below it, parents first.
func (r Rule) walk(f func(Rule)) {
	f(r)
	for _, c := range r.Of {
		c.walk(f)
	}
}
