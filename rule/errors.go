package rule

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrInvalid is what every fault in what a caller handed over unwraps to: a document, a rule, a condition, an event, an argument.
// Nothing was written when an error matches it, and the same input fails again.
var ErrInvalid = errors.New("invalid input")

// A FieldError is one fault in what a caller handed over. Faults found together are joined with [errors.Join], so all of
// them are reached by walking the tree of errors, and [errors.As] finds the first.
type FieldError struct {
	// Field is the path of the faulty field, names as in JSON: "rewards[3].rule.all[0].n".
	Field string
	// Value is the faulty value as text, cut to 80 bytes. It may be empty.
	Value string
	// Reason says what is wrong with it, as a clause: "must not be negative".
	Reason string
}

// Error gives the fault in one line, or for a condition in three: the path and reason, the line, and a caret below it.
func (e *FieldError) Error() string {
	switch {
	case e.Value == "":
		return strings.TrimPrefix(e.Field+": ", ": ") + e.Reason
	default:
		return strings.TrimPrefix(e.Field+": ", ": ") + fmt.Sprintf("%q: %s", e.Value, e.Reason)
	}
}

// Unwrap leads to [ErrInvalid].
func (e *FieldError) Unwrap() error { return ErrInvalid }

// Faults collects every [FieldError] of one check. The zero Faults is empty and ready to use.
type Faults struct{ errs []error }

// Add records a fault of a field.
func (f *Faults) Add(field, value, reason string) {
	f.errs = append(f.errs, &FieldError{Field: field, Value: clip(value, valueMax), Reason: reason})
}

// Addf records a fault of a field with a formatted reason.
func (f *Faults) Addf(field, value, format string, args ...any) {
	f.Add(field, value, fmt.Sprintf(format, args...))
}

// At records the faults in err below a path: a fault of "zone" below "calendar" is one of "calendar.zone".
// A path is joined by a dot unless the inner one starts with a bracket or the outer one ends with a colon and a space, as
// "task sign-in: " does. A nil err adds nothing.
func (f *Faults) At(path string, err error) {
	for _, e := range leaves(err) {
		var fe *FieldError
		if errors.As(e, &fe) {
			f.errs = append(f.errs, &FieldError{Field: join(path, fe.Field), Value: clip(fe.Value, valueMax), Reason: fe.Reason})
			continue
		}
		f.errs = append(f.errs, &FieldError{Field: join(path, ""), Reason: e.Error()})
	}
}

// Err returns the faults joined, or nil when there are none.
func (f *Faults) Err() error { return errors.Join(f.errs...) }

// valueMax is how much of a faulty value an error repeats, in bytes.
const valueMax = 80

func join(path, field string) string {
	switch {
	case path == "":
		return field
	case field == "":
		return strings.TrimSuffix(path, ": ")
	case strings.HasPrefix(field, "["), strings.HasSuffix(path, ": "):
		return path + field
	default:
		return path + "." + field
	}
}

// leaves lists the errors that were joined into err, in order.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, leaves(e)...)
	}
	return all
}

// clip cuts s to at most n bytes at the edge of a rune.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
