package rule

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What names may be. Stores build keys and columns for these lengths, so they are part of the contract.
const (
	// CodeMax is the most bytes a code has: of a task, reward, group or asset.
	CodeMax = 64
	// IDMax is the most bytes an ID has: of a user, an event or a request.
	IDMax = 128
)

// CheckCode tells whether s can be the code of a catalog document or an asset: 1 to 64 of the characters A-Z, a-z, 0-9,
// dot, underscore and hyphen. Codes are compared byte by byte, so "Cny" and "CNY" are two codes.
//
// The error is a [*FieldError] without a field, for [Faults.At] to place.
func CheckCode(s string) error {
	switch {
	case s == "":
		return unnamed(s, "must not be empty")
	case len(s) > CodeMax:
		return unnamed(s, fmt.Sprintf("must have at most %d bytes, has %d", CodeMax, len(s)))
	}
	for i := range len(s) {
		if !codeByte(s[i]) {
			return unnamed(s, "must have only letters A-Z and a-z, digits, dots, underscores and hyphens")
		}
	}
	return nil
}

// CheckID tells whether s can be the ID of a user, an event or a request: 1 to 128 bytes of UTF-8 without NUL. Nothing is
// trimmed, folded or normalised: IDs are compared byte by byte.
//
// The error is a [*FieldError] without a field, for [Faults.At] to place.
func CheckID(s string) error {
	if s == "" {
		return unnamed(s, "must not be empty")
	}
	return CheckText(s, IDMax)
}

// CheckText tells whether s is at most max bytes of UTF-8 without NUL, which is what every store can keep as text and give
// back unchanged. The empty text passes.
//
// The error is a [*FieldError] without a field, for [Faults.At] to place.
func CheckText(s string, max int) error {
	switch {
	case len(s) > max:
		return unnamed(s, fmt.Sprintf("must have at most %d bytes, has %d", max, len(s)))
	case !utf8.ValidString(s):
		return unnamed(s, "must be valid UTF-8")
	case strings.IndexByte(s, 0) >= 0:
		return unnamed(s, "must not have a NUL byte")
	}
	return nil
}

func unnamed(value, reason string) error {
	return &FieldError{Value: clip(value, valueMax), Reason: reason}
}

func codeByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}
