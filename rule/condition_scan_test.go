package rule

import (
	"testing"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// FuzzScan holds that what the scanner lets pass means the same to the library's lexer: as many words, at the same places. On
// that rest the bounds, which are checked on our words, and the digits of numbers, which are found by place.
func FuzzScan(f *testing.F) {
	for _, src := range []string{`a >= 100 and c in ["é","\"x"] and not has(d)`, `a not  in [1, -2.50]`, `!(a==b)||c<=.5`, `'\u{61}' not contains notin`, `b"x" + not`, "a\n<\r\n\t12", `a - -3 * floor(x)`, `!&&`, `a<&&b`} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range []dialect{conditionDialect(), formulaDialect()} {
			src := &source{text: text}
			ours := scan(src, d)
			if src.err() != nil {
				continue
			}
			theirs, err := lexer.Lex(file.NewSource(maskNumbers(text, ours)))
			if err != nil { // an escape that is none; the parser says so
				continue
			}
			if len(theirs) != len(ours)+1 || theirs[len(ours)].Kind != lexer.EOF {
				t.Fatalf("%q: %v, the library says %v", text, ours, theirs)
			}
			for i, tok := range ours {
				if at := byteOffset(text, theirs[i].Location.From); at != tok.at {
					t.Fatalf("%q: %q is at %d, the library says %d", text, tok.text, tok.at, at)
				}
			}
		}
	})
}
