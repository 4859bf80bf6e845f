package rule_test

import (
	"encoding"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/guerdon-go/guerdon/rule"
)

// FuzzParseDecimal says that no text panics or takes long, that a fault is typed, and that what parses prints and parses
// back equal.
func FuzzParseDecimal(f *testing.F) {
	for _, text := range []string{"", "0", "-0.50", "1e1000000000", "1E-18", "99999999999999999999999999999999999999", ".5", "0x1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := rule.ParseDecimal(text)
		if err != nil {
			if !errors.Is(err, rule.ErrInvalid) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		back, err := rule.ParseDecimal(d.String())
		if err != nil || !back.Equal(d) || back.String() != d.String() {
			t.Fatalf("%q is %s and back %s, %v", text, d, back, err)
		}
	})
}

// FuzzIDs says that what passes as an ID or a code is what the documentation says: short enough, whole UTF-8, without NUL;
// and that a fault is typed.
func FuzzIDs(f *testing.F) {
	for _, s := range []string{"", "u7", "RS000910", "a b", "a\x00b", "\xff", "布尔玛", string(make([]byte, 200))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, code := rule.CheckID(s), rule.CheckCode(s)
		for _, err := range []error{id, code} {
			if err != nil && !errors.Is(err, rule.ErrInvalid) {
				t.Fatalf("%q: %v", s, err)
			}
		}
		if id == nil && (s == "" || len(s) > rule.IDMax || !utf8.ValidString(s) || rule.CheckText(s, rule.IDMax) != nil) {
			t.Fatalf("%q passes as an ID", s)
		}
		if code == nil && (id != nil || len(s) > rule.CodeMax) {
			t.Fatalf("%q passes as a code, and as an ID: %v", s, id)
		}
	})
}

// FuzzTexts says of keys, kinds, units and periods that what is read prints as it was, and that a fault is typed.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"", "6b06b14ea6eb8a11", "6B06B14EA6EB8A11", "decimal", "day", "daily", "Daily", "unlimited"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, v := range []interface {
			encoding.TextMarshaler
			encoding.TextUnmarshaler
		}{new(rule.Key), new(rule.Kind), new(rule.Unit), new(rule.Period)} {
			if err := v.UnmarshalText([]byte(s)); err != nil {
				if !errors.Is(err, rule.ErrInvalid) {
					t.Fatalf("%T of %q: %v", v, s, err)
				}
				continue
			}
			if text, err := v.MarshalText(); err != nil || string(text) != s {
				t.Fatalf("%T of %q prints %q, %v", v, s, text, err)
			}
		}
	})
}
