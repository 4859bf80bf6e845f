package rule

import (
	"github.com/expr-lang/expr/vm"
)

// A Condition is a compiled question about one event's attributes: the condition of a task, or a rule's Where. It is immutable
// and safe for concurrent use. The zero Condition never matches.
//
// # Language
//
// A condition is made of
//   - names of declared attributes, of which a bool stands for itself;
//   - literals: "text" or 'text', 100, -12.50, true, false;
//   - == != < <= > >= between values of one kind. Ints, decimals and numbers are one kind and compare exactly, with all the
//     digits of the source; strings compare byte by byte; a time compares with a time or with a literal of RFC 3339 such as
//     "2024-02-29T18:00:00Z"; bools know == and != only;
//   - 5 <= total <= 10, which is 5 <= total and total <= 10;
//   - x in [...] and x not in [...] with a list of literals of x's kind, and "vip" in tags with an attribute of strings;
//   - contains, startsWith and endsWith between strings, also after not: city not contains "x";
//   - has(x): the attribute x is there;
//   - and, or, not, also written &&, ||, !, and parentheses.
//
// Each comparison names an attribute. There is no arithmetic, no function but has, and nothing else of the expression library's
// language. not binds tighter than comparisons: write not (total >= 100).
//
// # Absent attributes
//
// A comparison, or a bare bool, with an absent attribute is unknown; not, and and or treat it as SQL does; only true matches.
// has(x) is never unknown. So a condition without has that matches keeps matching whatever the absent attributes turn out to
// be.
//
// # Bounds
//
// At most [SourceMax] bytes, 512 words and signs, brackets nested 32 deep, four of not, ! and - in a row, and 128 elements in a
// list; strings and numbers are bounded as attributes are. Within them, matching takes time proportional to the length of the
// source and the size of the attributes.
type Condition struct {
	text    string
	program *vm.Program
}

// CompileCondition compiles a condition over the attributes a schema declares. All faults found are joined, each a [FieldError]
// without a field, as the caller knows where the condition stands (see [Faults.At]); the reason shows the line with a caret.
// Faults in the words of the source hide those in its order, and these hide unknown names and wrong kinds. An empty source is a
// fault: whoever has no condition compiles none. A schema that is not valid is answered with the error of [Schema.Validate].
func CompileCondition(src string, s Schema) (c *Condition, err error) {
	defer backstop(&err)
	if err := s.Validate(); err != nil {
		return nil, err
	}
	source := &source{text: src}
	tokens := scan(source, conditionDialect())
	if err := source.err(); err != nil {
		return nil, err
	}
	root := parse(source, tokens)
	if err := source.err(); err != nil {
		return nil, err
	}
	check := conditionChecker{places: places{source, tokens}, schema: s}
	rewritten := check.condition(root, true)
	if err := source.err(); err != nil {
		return nil, err
	}
	program := assemble(source, rewritten)
	if err := source.err(); err != nil {
		return nil, err
	}
	return &Condition{text: src, program: program}, nil
}

func conditionDialect() dialect {
	return dialect{
		what:      "condition",
		signs:     " ( ) [ ] , == != < <= > >= && || ! - ",
		words:     " and or not in contains startsWith endsWith true false ",
		functions: " has ",
		hint:      conditionHint,
	}
}

// conditionHint says what to write instead of what conditions lack.
func conditionHint(text string) string {
	switch text {
	case "=":
		return "write == to compare"
	case "&", "|":
		return "write and, or"
	case ".":
		return "write numbers as 0.5"
	case "nil":
		return "write has(x) to ask whether x is there"
	case "matches":
		return "use contains, startsWith or endsWith"
	case "+", "*", "/", "%", "^", "**":
		return "it has no arithmetic"
	case "`":
		return "put strings in double quotes"
	}
	return ""
}

// String gives the source.
func (c *Condition) String() string {
	if c == nil {
		return ""
	}
	return c.text
}

// Match reports whether the condition is true of an event's attributes, which must be canonical (see [Schema.Canonical]): a
// value of another Go type than its kind's compares as absent. A nil Scratch is allocated for this call; attributes are only
// read.
func (c *Condition) Match(sc *Scratch, a Attrs) bool {
	if c == nil || c.program == nil {
		return false
	}
	matched, _ := run(c.program, sc, a).(bool)
	return matched
}
