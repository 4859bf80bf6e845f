package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A source is the text of a condition or formula with the faults found in it. Faults are kept by place, so that they are
// reported in the order of reading, and once, however often a part of the tree is visited.
type source struct {
	text   string
	faults []sourceFault
}

type sourceFault struct {
	at     int // byte offset
	reason string
}

// faultsMax is how many faults of one text are reported; further ones are counted only.
const faultsMax = 10

// fault records what is wrong at a byte offset.
func (s *source) fault(at int, format string, args ...any) {
	f := sourceFault{at: min(max(at, 0), len(s.text)), reason: fmt.Sprintf(format, args...)}
	if !slices.Contains(s.faults, f) {
		s.faults = append(s.faults, f)
	}
}

// err gives the faults joined, each a FieldError whose reason shows the line with a caret, or nil.
func (s *source) err() error {
	slices.SortStableFunc(s.faults, func(a, b sourceFault) int { return a.at - b.at })
	var errs []error
	for i, f := range s.faults {
		if i == faultsMax {
			errs = append(errs, &FieldError{Reason: fmt.Sprintf("and %d more faults", len(s.faults)-i)})
			break
		}
		errs = append(errs, &FieldError{Reason: s.show(f)})
	}
	return errors.Join(errs...)
}

// lineShown is how many characters of a long line are shown on each side of the caret.
const lineShown = 60

// show formats a fault as three lines:
//
//	1:9: total is a decimal and cannot be compared with a string
//	 | total > "x"
//	 | ........^
//
// Where there is no text to show, the reason stands alone.
func (s *source) show(f sourceFault) string {
	if strings.TrimSpace(s.text) == "" {
		return f.reason
	}
	start := strings.LastIndexByte(s.text[:f.at], '\n') + 1
	end := len(s.text)
	if i := strings.IndexByte(s.text[f.at:], '\n'); i >= 0 {
		end = f.at + i
	}
	line, col := []rune(s.text[start:end]), utf8.RuneCountInString(s.text[start:f.at])
	for i, r := range line {
		if r < ' ' || r == 0x7f {
			line[i] = ' ' // a tab or bell would move the caret
		}
	}
	shown, caret := line, col
	if col > lineShown {
		shown, caret = append([]rune("..."), line[col-lineShown:]...), lineShown+len("...")
	}
	if len(shown) > caret+lineShown {
		shown = append(slices.Clone(shown[:caret+lineShown]), []rune("...")...)
	}
	row, dots := strings.Count(s.text[:start], "\n")+1, strings.Repeat(".", caret)
	return fmt.Sprintf("%d:%d: %s\n | %s\n | %s^", row, col+1, f.reason, string(shown), dots)
}
