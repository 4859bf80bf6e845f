package rule

import (
	"strings"
	"unicode/utf8"
)

// Bounds of the source of a condition or formula. They hold before the expression library sees it: its parser calls itself once
// for each bracket and each prefix operator, and a stack that runs out cannot be recovered from.
const (
	SourceMax  = 4 << 10 // bytes
	wordsMax   = 512     // names, literals, operators and brackets, each counted once: it bounds the nodes of the tree too
	nestingMax = 32      // brackets within brackets
	prefixMax  = 4       // not, ! and - directly after one another
	listMax    = 128     // elements in a list
)

type tokenKind uint8

const (
	tokenName   tokenKind = iota + 1 // an attribute or function
	tokenWord                        // an operator or literal that is a word
	tokenNumber                      // digits, perhaps with a point
	tokenString                      // in single or double quotes
	tokenSign                        // everything else
)

// A token is one word of the source.
type token struct {
	kind tokenKind
	text string
	at   int // byte offset
}

// A dialect is the part of the expression language that a kind of source may use.
type dialect struct {
	what      string
	signs     string // the signs it has, each with a space on both sides
	words     string // and the words
	functions string
	hint      func(text string) string
}

// A scanner cuts a source into tokens and refuses, by place, all that the dialect has no use for. What it lets pass means the
// same to it and to the library's lexer.
type scanner struct {
	*source
	dialect
	pos    int
	tokens []token
}

// scan gives the tokens of a source. When it records a fault the source must not be parsed.
func scan(src *source, d dialect) []token {
	switch {
	case len(src.text) > SourceMax:
		src.text, src.faults = "", nil // the text is not shown
		src.fault(0, "is longer than %d bytes", SourceMax)
		return nil
	case !utf8.ValidString(src.text):
		src.text = ""
		src.fault(0, "is not valid UTF-8")
		return nil
	}
	s := &scanner{source: src, dialect: d}
	for s.skipSpace(); s.pos < len(s.text); s.skipSpace() {
		if len(s.tokens) == wordsMax {
			s.fault(s.pos, "has more than %d words and signs", wordsMax)
			return nil
		}
		s.next()
	}
	if len(s.tokens) == 0 {
		s.fault(0, "is empty")
	}
	s.checkBounds()
	return s.tokens
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

// next takes one token, or records why it is none.
func (s *scanner) next() {
	switch c := s.text[s.pos]; {
	case isDigit(c):
		s.number()
	case isWordByte(c):
		s.word()
	case c == '"' || c == '\'':
		s.quoted(c)
	default:
		s.sign()
	}
}

func (s *scanner) emit(kind tokenKind, end int) {
	s.tokens = append(s.tokens, token{kind: kind, text: s.text[s.pos:end], at: s.pos})
	s.pos = end
}

// run gives the end of the bytes from at on that belong to a word.
func (s *scanner) run(at int) int {
	for at < len(s.text) && isWordByte(s.text[at]) {
		at++
	}
	return at
}

func (s *scanner) number() {
	rest, _ := cutDigits(s.text[s.pos:])
	if strings.HasPrefix(rest, ".") {
		if after, ok := cutDigits(rest[1:]); ok {
			rest = after
		}
	}
	end := len(s.text) - len(rest)
	if rest != "" && (isWordByte(rest[0]) || rest[0] == '.') {
		for end < len(s.text) && (isWordByte(s.text[end]) || s.text[end] == '.') {
			end++
		}
		s.fault(s.pos, "%s is no number here: write numbers as 100 or 99.50", clip(s.text[s.pos:end], valueMax))
	} else if _, err := ParseDecimal(s.text[s.pos:end]); err != nil {
		s.fault(s.pos, "the number %s", boundReason)
	}
	s.emit(tokenNumber, end)
}

func (s *scanner) word() {
	end := s.run(s.pos)
	text := s.text[s.pos:end]
	switch {
	case end < len(s.text) && (s.text[end] == '"' || s.text[end] == '\''): // b"..." is a literal of bytes to the library
		s.fault(s.pos, "%s runs into a quote: put a space between them", clip(text, valueMax))
	case has(s.words, text):
		s.emit(tokenWord, end)
		return
	case has(languageWords, text):
		s.refuse(s.pos, text)
	case s.opens(end) && !has(s.functions, text):
		s.refuse(s.pos, clip(text, valueMax)+"(...)")
	}
	s.emit(tokenName, end)
}

// languageWords are the words the library's parser treats specially, wherever they stand.
const languageWords = " and or not in contains startsWith endsWith matches let if else true false nil "

// opens reports whether the next thing from at on is an opening parenthesis, so that the word before it would be called.
func (s *scanner) opens(at int) bool {
	return strings.HasPrefix(strings.TrimLeft(s.text[at:], " \t\r\n"), "(")
}

// has reports whether a list of words, each between spaces, contains one.
func has(list, word string) bool { return strings.Contains(list, " "+word+" ") }

func (s *scanner) quoted(quote byte) {
	for i := s.pos + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '\n':
			s.fault(s.pos, "the string does not end on its line")
			s.emit(tokenString, i)
			return
		case quote:
			s.emit(tokenString, i+1)
			return
		}
	}
	s.fault(s.pos, "the string does not end")
	s.pos = len(s.text)
}

func (s *scanner) sign() {
	r, size := utf8.DecodeRuneInString(s.text[s.pos:])
	if two := s.text[s.pos:min(s.pos+2, len(s.text))]; isPair(two) {
		size = 2
	}
	end := s.pos + size
	text := s.text[s.pos:end]
	switch {
	case has(s.signs, text):
	case strings.ContainsRune("()[]{}.,:;?|&=<>!+-*/%^#`", r):
		s.refuse(s.pos, text)
	default:
		s.fault(s.pos, "the character %q has no meaning here", r)
	}
	s.emit(tokenSign, end)
}

// isPair reports whether two bytes are one sign to the library's lexer, which takes any of & = * to belong to the sign before
// it: in !&& it finds !& and &.
func isPair(two string) bool {
	if has(" || ?? ?. .. :: // /* ", two) {
		return true
	}
	return len(two) == 2 && strings.IndexByte("&!=*<>", two[0]) >= 0 && strings.IndexByte("&=*", two[1]) >= 0
}

// refuse records that the dialect lacks something, with what to write instead where that is known.
func (s *scanner) refuse(at int, text string) {
	reason := "%s is not part of a " + s.what
	if hint := s.hint(text); hint != "" {
		s.fault(at, reason+": %s", text, hint)
		return
	}
	s.fault(at, reason, text)
}

// checkBounds refuses what would make the parser call itself too often, or a list too long, and brackets that do not match.
func (s *scanner) checkBounds() {
	var open []token
	prefixes, commas := 0, make([]int, nestingMax+1)
	for _, t := range s.tokens {
		if has(" not ! - + ", t.text) {
			if prefixes++; prefixes > prefixMax {
				s.fault(t.at, "has more than %d prefixes such as not and - in a row", prefixMax)
				return
			}
			continue
		}
		prefixes = 0
		if t.kind != tokenSign {
			continue
		}
		switch t.text {
		case "(", "[":
			if open = append(open, t); len(open) > nestingMax {
				s.fault(t.at, "has brackets nested more than %d deep", nestingMax)
				return
			}
			commas[len(open)] = 0
		case ",":
			if commas[len(open)]++; commas[len(open)] == listMax {
				s.fault(t.at, "the list has more than %d elements", listMax)
			}
		case ")", "]":
			if len(open) == 0 || (open[len(open)-1].text == "(") != (t.text == ")") {
				s.fault(t.at, "%s closes nothing", t.text)
				return
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		s.fault(open[len(open)-1].at, "%s is not closed", open[len(open)-1].text)
	}
}
