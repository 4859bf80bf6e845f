package rule_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/rule"
)

func TestCheckCode_takesOnlyShortPlainNames(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		ok         bool
	}{
		{"one letter", "a", true},
		{"every kind of character", "RS-000910_v2.1", true},
		{"64 bytes", strings.Repeat("x", 64), true},
		{"a dot alone", ".", true},
		{"empty", "", false},
		{"65 bytes", strings.Repeat("x", 65), false},
		{"space", "a b", false},
		{"slash", "a/b", false},
		{"NUL", "a\x00", false},
		{"newline at the end", "a\n", false},
		{"letter outside ASCII", "é", false},
		{"full-width digit", "１", false},
		{"broken UTF-8", "a\xff", false},
	} {
		t.Run(tt.name, func(t *testing.T) { checkIdent(t, rule.CheckCode(tt.code), tt.ok) })
	}
}

func TestCheckID_takesUTF8WithoutNULUpTo128Bytes(t *testing.T) {
	for _, tt := range []struct {
		name, id string
		ok       bool
	}{
		{"number", "50157", true},
		{"space and slash", " order/7 ", true},
		{"other scripts", "用户７", true},
		{"128 bytes", strings.Repeat("é", 64), true},
		{"empty", "", false},
		{"129 bytes", strings.Repeat("x", 129), false},
		{"few runes but too many bytes", strings.Repeat("世", 43), false},
		{"NUL", "a\x00b", false},
		{"broken UTF-8", "a\xff", false},
		{"half a surrogate pair", "\xed\xa0\x80", false},
	} {
		t.Run(tt.name, func(t *testing.T) { checkIdent(t, rule.CheckID(tt.id), tt.ok) })
	}
}

func TestCheckText_takesTheEmptyText(t *testing.T) {
	checkIdent(t, rule.CheckText("", 0), true)
	checkIdent(t, rule.CheckText("ab", 2), true)
	checkIdent(t, rule.CheckText("abc", 2), false)
	checkIdent(t, rule.CheckText("a\x00", 2), false)
}

func TestCheckCode_faultIsPlacedByTheCaller(t *testing.T) {
	var faults rule.Faults
	faults.At("rewards[3].code", rule.CheckCode("a b"))
	fe, ok := errors.AsType[*rule.FieldError](faults.Err())
	if !ok || fe.Field != "rewards[3].code" || fe.Value != "a b" {
		t.Errorf("fault = %+v", fe)
	}
}

func checkIdent(t *testing.T, err error, ok bool) {
	t.Helper()
	switch {
	case ok && err != nil:
		t.Errorf("refused: %v", err)
	case !ok && !errors.Is(err, rule.ErrInvalid):
		t.Errorf("err = %v, want one that matches ErrInvalid", err)
	}
}
