package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Scratch is one goroutine's working space for [Condition.Match] and [Formula.Eval]: with it they allocate next to nothing. The
// zero Scratch is ready to use and serves any number of conditions and formulas, one at a time. It may keep the last attributes
// alive until its next use.
type Scratch struct{ machine vm.VM }

// How a source becomes a program. The scanner bounds the text. The library's parser makes a tree of it. The tree is checked and
// rewritten by conditionChecker or formulaChecker, which name everything they do not know, so nothing of the language comes in
// unseen. What is rewritten consists of and, or, true, false and calls of Go functions, each of which reads the attributes it
// needs by itself: an absent attribute is met where it is read, and the library's own rules for nil, floats and mixed types
// never apply. The library's checker, compiler and machine do the rest.

// parse reads a scanned source into the library's tree. Faults, also those of the library, are recorded in the source.
func parse(src *source, tokens []token) ast.Node {
	config := newConfig()
	for _, name := range []string{"floor", "min", "max"} { // plain calls, rather than the library's functions on floats
		config.Disabled[name] = true
	}
	tree, err := parser.ParseWithConfig(maskNumbers(src.text, tokens), config)
	if err == nil {
		return tree.Node
	}
	var at *file.Error
	if !errors.As(err, &at) {
		src.fault(0, "cannot be read")
		return nil
	}
	offset := byteOffset(src.text, at.From)
	i := slices.IndexFunc(tokens, func(t token) bool { return t.at <= offset && offset < t.at+len(t.text) })
	switch {
	case strings.Contains(at.Message, "unexpected token EOF") || i < 0:
		src.fault(len(strings.TrimRight(src.text, " \t\r\n")), "something is missing at the end")
	case strings.HasPrefix(at.Message, "unexpected token"):
		src.fault(tokens[i].at, "%s is unexpected here", clip(tokens[i].text, valueMax))
	default:
		src.fault(offset, "%s", clip(at.Message, valueMax))
	}
	return nil
}

func newConfig() *conf.Config {
	config := conf.New(map[string]any{})
	config.MaxNodes = 2 * wordsMax // a chain of comparisons has an and for each
	config.Optimize = true
	return config
}

// maskNumbers puts 0 and spaces in the place of each number: the library reads numbers as int or float64, while ours keep their
// digits. Places stay.
func maskNumbers(text string, tokens []token) string {
	masked := []byte(text)
	for _, t := range tokens {
		if t.kind == tokenNumber {
			copy(masked[t.at:], "0"+strings.Repeat(" ", len(t.text)-1))
		}
	}
	return string(masked)
}

// byteOffset turns the library's places, counted in characters, into bytes.
func byteOffset(text string, runes int) int {
	offset := 0
	for ; runes > 0 && offset < len(text); runes-- {
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}

// places maps what is in the tree back to the source.
type places struct {
	*source
	tokens []token
}

func (p places) at(n ast.Node) int { return byteOffset(p.text, n.Location().From) }

// number gives the text of the number at a place.
func (p places) number(n ast.Node) string {
	at := p.at(n)
	for _, t := range p.tokens {
		if t.at == at {
			return t.text
		}
	}
	return ""
}

// call makes a node that calls a function of func(any) bool, func(any) any or func(any, any) any, the kinds the machine calls
// without reflection.
func call(fn any, args ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.ConstantNode{Value: fn}, Arguments: args}
}

// env stands for the attributes the program runs on.
func env() ast.Node { return &ast.IdentifierNode{Value: "$env"} }

// assemble compiles a rewritten tree.
func assemble(src *source, root ast.Node) *vm.Program {
	config := newConfig()
	tree := &parser.Tree{Node: root}
	if _, err := checker.Check(tree, config); err != nil {
		src.fault(0, "cannot be compiled")
		return nil
	}
	program, err := compiler.Compile(tree, config)
	if err != nil {
		src.fault(0, "cannot be compiled")
		return nil
	}
	return program
}

// run gives what a program makes of the attributes, or nil should the machine fail: it turns panics into errors.
func run(program *vm.Program, sc *Scratch, a Attrs) any {
	if sc == nil {
		sc = new(Scratch)
	}
	out, err := sc.machine.Run(program, a)
	if err != nil {
		return nil
	}
	return out
}

// backstop turns a panic of the library into a fault of the source. None is known; a document must not be able to find one.
func backstop(err *error) {
	if r := recover(); r != nil {
		*err = &FieldError{Reason: fmt.Sprintf("cannot be compiled: %v", r)}
	}
}
