package rule

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Bounds of the attributes of one event. They bound what evaluating a condition may cost.
const (
	StringMax  = 1 << 10  // bytes in a string, also in one of a list
	StringsMax = 64       // strings in a list
	AttrsBytes = 16 << 10 // bytes in all strings of an event's attributes together
)

// Attrs are the attributes of one event, by name. They come in two states.
//
// As an application or JSON gives them, a value is nil, a string, a bool, any of Go's integers, a [json.Number], a
// [decimal.Decimal], a [time.Time], a []string or a []any of strings. A float is refused: it has lost digits already.
//
// Canonical attributes are what [Schema.Canonical] gives: each value has the one Go type of its declared kind (see [Kind]).
// They are what conditions and formulas read, and what is stored, in the form of [Stored].
//
// An attribute whose value is nil, or a nil slice, is absent, as if its name were not there.
type Attrs map[string]any

// Canonical checks attributes against the schema and gives them in canonical form, in a new map that shares no slice with a.
// Absent attributes are left out. Every fault is reported at once, as [FieldError] below "attrs", in the order of names.
//
// Only declared names are taken, each with a value of its kind:
//   - string: a string of valid UTF-8 without NUL, at most [StringMax] bytes;
//   - bool: a bool;
//   - int: an integer of Go or a JSON number without a fraction, within int64;
//   - decimal: the same, also with a fraction, a decimal.Decimal, or a string such as "12.50", within the bounds of [CheckDecimal];
//   - time: a time.Time or a string of RFC 3339, in the years 1 to 9999 and not the zero time. It is cut, not rounded, to
//     the microsecond;
//   - strings: a []string or []any of such strings, at most [StringsMax], kept in order and with repetitions.
//
// All strings together hold at most [AttrsBytes] bytes.
func (s Schema) Canonical(a Attrs) (Attrs, error) {
	var faults Faults
	if len(a) > AttrsMax {
		faults.Addf("attrs", "", "has %d attributes, more than %d", len(a), AttrsMax)
		return nil, faults.Err()
	}
	out, size := make(Attrs, len(a)), 0
	for _, name := range a.names() {
		field := "attrs." + clip(name, valueMax)
		kind, declared := s[name]
		if !declared {
			faults.Add(field, "", "is not declared")
			continue
		}
		v, reason := canonical(kind, a[name])
		switch {
		case reason != "":
			faults.Add(field, valueText(a[name]), reason)
		case v != nil:
			out[name] = v
			size += textSize(v)
		}
	}
	if size > AttrsBytes {
		faults.Addf("attrs", "", "holds %d bytes of text, more than %d", size, AttrsBytes)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// EqualValue reports whether an attribute that arrives equals a stored one, by value: 3, int64(3) and JSON's 3 are equal,
// decimals are equal by value whatever their digits, times are as instants at the microsecond, lists string by string in order.
//
// The stored value is canonical and decides the kind, so no schema is needed: "1.50" equals the stored decimal 1.5, but not the
// stored string "1.5". A value that could not be one of that kind is not equal. nil, absent, equals only nil.
func EqualValue(arriving, stored any) bool {
	kind := kindOf(stored)
	a, reason := canonical(kind, arriving)
	if reason != "" {
		return false
	}
	b, reason := canonical(kind, stored)
	if reason != "" {
		return false
	}
	switch b := b.(type) {
	case decimal.Decimal:
		a, ok := a.(decimal.Decimal)
		return ok && a.Equal(b)
	case time.Time:
		a, ok := a.(time.Time)
		return ok && a.Equal(b)
	case []string:
		a, ok := a.([]string)
		return ok && slices.Equal(a, b)
	default: // nil, string, bool and int64
		if _, isList := a.([]string); isList {
			return false
		}
		return a == b
	}
}

// kindOf is the kind a canonical value has; of a value that is not canonical, the widest that holds it. nil has the kind
// String.
func kindOf(v any) Kind {
	switch v.(type) {
	case bool:
		return Bool
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return Int
	case json.Number, decimal.Decimal:
		return Decimal
	case time.Time:
		return Time
	case []string, []any:
		return Strings
	default:
		return String
	}
}

// names lists the names, sorted, so that faults and texts come in a fixed order.
func (a Attrs) names() []string {
	names := make([]string, 0, len(a))
	for name := range a {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// canonical brings one value to the Go type of its kind. A nil result without a reason means absent.
func canonical(kind Kind, v any) (_ any, reason string) {
	switch f := v.(type) {
	case nil:
		return nil, ""
	case []string:
		if f == nil {
			return nil, ""
		}
	case []any:
		if f == nil {
			return nil, ""
		}
	case float32, float64:
		return nil, fmt.Sprintf("is a %T, which has lost digits: give an integer, a decimal or a json.Number", f)
	}
	switch kind {
	case String:
		if s, ok := v.(string); ok {
			return s, stringFault(s)
		}
	case Bool:
		if b, ok := v.(bool); ok {
			return b, ""
		}
	case Int:
		return canonicalInt(v)
	case Decimal:
		return canonicalDecimal(v)
	case Time:
		return canonicalTime(v)
	case Strings:
		return canonicalStrings(v)
	default:
		return nil, "is declared with a kind that is none: " + kind.String()
	}
	return nil, mismatch(kind, v)
}

func mismatch(kind Kind, v any) string {
	want := map[Kind]string{
		String: "a string", Bool: "a bool", Int: "an integer", Decimal: "an integer, a decimal or a string of digits",
		Time: "a time or a string of RFC 3339", Strings: "a list of strings",
	}[kind]
	return fmt.Sprintf("must be %s, got %T", want, v)
}

// intOf gives the value of Go's integers and of a JSON number without fraction. ok is false for other types; a reason tells of
// an integer that int64 cannot hold.
func intOf(v any) (n int64, ok bool, reason string) {
	const wide = "must be within the range of a 64-bit integer"
	unsigned := func(u uint64) (int64, bool, string) {
		if u > math.MaxInt64 {
			return 0, true, wide
		}
		return int64(u), true, ""
	}
	switch v := v.(type) {
	case int:
		return int64(v), true, ""
	case int8:
		return int64(v), true, ""
	case int16:
		return int64(v), true, ""
	case int32:
		return int64(v), true, ""
	case int64:
		return v, true, ""
	case uint:
		return unsigned(uint64(v))
	case uint8:
		return int64(v), true, ""
	case uint16:
		return int64(v), true, ""
	case uint32:
		return int64(v), true, ""
	case uint64:
		return unsigned(v)
	}
	return 0, false, ""
}

func canonicalInt(v any) (any, string) {
	if num, ok := v.(json.Number); ok {
		if n, err := strconv.ParseInt(num.String(), 10, 64); err == nil && isNumber(num.String()) {
			return n, ""
		}
		d, reason := parseDecimal(num.String()) // 3.0 and 3e2 are integers too
		if reason != "" || !d.IsInteger() {
			return nil, "must be a whole number"
		}
		if d.Exponent() != 0 || !d.BigInt().IsInt64() {
			return nil, "must be within the range of a 64-bit integer"
		}
		return d.IntPart(), ""
	}
	n, ok, reason := intOf(v)
	if !ok {
		return nil, mismatch(Int, v)
	}
	return n, reason
}

func canonicalDecimal(v any) (any, string) {
	var d decimal.Decimal
	reason := ""
	switch v := v.(type) {
	case decimal.Decimal:
		d, reason = boundDecimal(v)
	case json.Number:
		d, reason = parseDecimal(v.String())
	case string:
		d, reason = parseDecimal(v)
	case uint64: // decimals are wider than int64
		d = decimal.NewFromUint64(v)
	case uint:
		d = decimal.NewFromUint64(uint64(v))
	default:
		n, ok, _ := intOf(v)
		if !ok {
			return nil, mismatch(Decimal, v)
		}
		d = decimal.NewFromInt(n)
	}
	if reason != "" {
		return nil, reason
	}
	return d, ""
}

func canonicalTime(v any) (any, string) {
	t, ok := v.(time.Time)
	if s, isText := v.(string); isText {
		if t, ok = parseTime(s); !ok {
			return nil, "must be a time of RFC 3339 such as 2024-02-29T18:00:00Z"
		}
	}
	switch {
	case !ok:
		return nil, mismatch(Time, v)
	case t.IsZero():
		return nil, "is the zero time: leave out an attribute that is not known"
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, "must be in the years 1 to 9999"
	}
	return t, ""
}

// parseTime reads RFC 3339 more strictly than package time does, which lets an hour of one digit and a comma before the
// fraction pass.
func parseTime(s string) (t time.Time, ok bool) {
	if len(s) > decimalTextMax || len(s) < len("2006-01-02T15:04:05Z") || s[len("2006-01-02T15")] != ':' || strings.Contains(s, ",") {
		return t, false
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

func canonicalStrings(v any) (any, string) {
	var list []string
	switch v := v.(type) {
	case []string:
		list = slices.Clone(v[:min(len(v), StringsMax+1)])
	case []any:
		for i, e := range v[:min(len(v), StringsMax+1)] {
			s, ok := e.(string)
			if !ok {
				return nil, fmt.Sprintf("must be a list of strings; element %d is a %T", i, e)
			}
			list = append(list, s)
		}
	default:
		return nil, mismatch(Strings, v)
	}
	if len(list) > StringsMax {
		return nil, fmt.Sprintf("must have at most %d strings", StringsMax)
	}
	for i, s := range list {
		if reason := stringFault(s); reason != "" {
			return nil, fmt.Sprintf("%s (element %d)", reason, i)
		}
	}
	if list == nil {
		list = []string{} // an empty list is there, unlike a nil one
	}
	return list, ""
}

func stringFault(s string) string {
	switch {
	case len(s) > StringMax:
		return fmt.Sprintf("must have at most %d bytes", StringMax)
	case !utf8.ValidString(s):
		return "must be valid UTF-8"
	case strings.IndexByte(s, 0) >= 0: // PostgreSQL cannot store it
		return "must not contain NUL"
	}
	return ""
}

func textSize(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []string:
		n := 0
		for _, s := range v {
			n += len(s)
		}
		return n
	}
	return 0
}

// valueText shows a faulty value in an error. A decimal out of bounds is not written out: that could take all memory.
func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.ToValidUTF8(clip(v, valueMax), "\uFFFD")
	case json.Number:
		return clip(v.String(), valueMax)
	case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return fmt.Sprint(v)
	}
	return ""
}
