package rule

import (
	"fmt"
	"slices"
)

// A Kind says what an attribute holds. The zero Kind is none and is refused by [Schema.Validate].
//
// There is no kind for floating point: a sum of money or a weight is a [Decimal], which is exact.
type Kind uint8

// The kinds of attributes, each with the Go type of its canonical value (see [Schema.Canonical]).
const (
	String  Kind = iota + 1 // string: UTF-8 without NUL, at most [StringMax] bytes
	Bool                    // bool
	Int                     // int64
	Decimal                 // decimal.Decimal: at most [DigitsMax] digits, at most [FractionMax] of them after the point
	Time                    // time.Time: an instant, in UTC, to the microsecond
	Strings                 // []string: at most [StringsMax] strings in a given order
)

// kindCount is one more than the last kind.
const kindCount = Strings + 1

// kindName is the name of a kind in documents, empty for what is none.
func kindName(k Kind) string {
	names := [kindCount]string{"", "string", "bool", "int", "decimal", "time", "strings"}
	if k >= kindCount {
		return ""
	}
	return names[k]
}

// String gives the kind's name in documents, "decimal", or "Kind(n)" for a number that is no kind.
func (k Kind) String() string {
	if name := kindName(k); name != "" {
		return name
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// MarshalText gives the kind's name. What is no kind is a [FieldError].
func (k Kind) MarshalText() ([]byte, error) {
	name := kindName(k)
	if name == "" {
		return nil, &FieldError{Value: k.String(), Reason: kindReason}
	}
	return []byte(name), nil
}

// UnmarshalText reads the kind's name, in lower case. Any other text is a [FieldError] and leaves k as it was.
func (k *Kind) UnmarshalText(text []byte) error {
	for known := String; known < kindCount; known++ {
		if kindName(known) == string(text) {
			*k = known
			return nil
		}
	}
	return &FieldError{Value: clip(string(text), valueMax), Reason: kindReason}
}

const kindReason = "must be string, bool, int, decimal, time or strings"

// Bounds of a schema.
const (
	AttrsMax    = 64 // attributes a schema may declare
	AttrNameMax = 64 // bytes in an attribute's name
)

// A Schema declares the attributes an event may carry, by name. The nil Schema declares none.
// A Schema is read only while it is used, by any number of goroutines.
type Schema map[string]Kind

// UnmarshalJSON reads an object of kinds by name and replaces s whole; null leaves s as it was. A kind that is unknown or no
// string, and a name given twice, are each a [FieldError] by name, joined in the order of the text, and leave s as it was.
// After 100 faults reading ends. It does not validate: see [Schema.Validate].
func (s *Schema) UnmarshalJSON(data []byte) error {
	var d jsonReader
	raw, ok := d.text(data)
	switch {
	case !ok:
		return d.faults.Err()
	case string(raw) == "null":
		return nil
	case raw[0] != '{':
		d.add("", shown(raw), "must be an object")
		return d.faults.Err()
	}
	read := make(Schema)
	for c := (jsonCursor{raw: raw, next: 1}); c.more() && !d.full(); {
		name, kind := d.string(c.value(), ""), Kind(0)
		value := c.value()
		if _, given := read[name]; given {
			d.add(pathName(name), "", "must not be given twice")
			continue
		}
		if text := d.string(value, pathName(name)); value[0] == '"' {
			d.addErr(pathName(name), kind.UnmarshalText([]byte(text)))
		}
		read[name] = kind
	}
	if err := d.faults.Err(); err != nil {
		return err
	}
	*s = read
	return nil
}

// Validate checks names, kinds and number, and reports every fault at once as [FieldError] below "attrs", in the order of
// names.
//
// A name is a letter or underscore followed by letters, digits and underscores of ASCII, at most [AttrNameMax] bytes. It is
// none of the words of the expression language (and or not in contains startsWith endsWith matches let if else true false
// nil), none of the functions of conditions and formulas (has floor min max), and none of event, user, task, reward and now,
// which a later version may give a meaning. Other functions of the expression library ("count", "date") are names like any
// other. At most [AttrsMax] attributes are declared.
func (s Schema) Validate() error {
	var faults Faults
	if len(s) > AttrsMax {
		faults.Addf("attrs", "", "declares %d attributes, more than %d", len(s), AttrsMax)
		return faults.Err()
	}
	for _, name := range s.names() {
		switch {
		case !isName(name):
			faults.Addf("attrs", name, "must be a name: a letter or _, then letters, digits and _, at most %d bytes", AttrNameMax)
		case isReserved(name):
			faults.Add("attrs."+name, "", "is a word of the expression language: choose another name")
		}
		if kind := s[name]; kindName(kind) == "" {
			faults.Add("attrs."+clip(name, valueMax), kind.String(), kindReason)
		}
	}
	return faults.Err()
}

// names lists the declared names, sorted, so that faults come in a fixed order.
func (s Schema) names() []string {
	names := make([]string, 0, len(s))
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func isName(name string) bool {
	if name == "" || len(name) > AttrNameMax || isDigit(name[0]) {
		return false
	}
	for i := range len(name) {
		if !isWordByte(name[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWordByte(c byte) bool {
	return c == '_' || isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// isReserved reports whether a name is taken. The list is written out rather than read from the expression library, so
// that a newer library never makes a stored document invalid; a test compares it with the library's own. The library's
// functions are not on it, but for ours: they mean something to its parser only where a parenthesis follows, which the
// scanner refuses.
func isReserved(name string) bool {
	return has(languageWords, name) || has(" has floor min max ", name) || has(" event user task reward now ", name)
}
