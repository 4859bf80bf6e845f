package rule

import (
	"math/big"
	"strings"

	"github.com/shopspring/decimal"
)

// Bounds of a decimal that comes from outside. Within them arithmetic is cheap; without them a text of thirteen bytes,
// 1e1000000000, would take all memory at the first addition.
const (
	DigitsMax   = 38 // digits, from the first that is not zero
	FractionMax = 18 // digits after the point
)

// decimalTextMax bounds the text of a decimal before it is read: sign, digits and a good many zeros.
const decimalTextMax = 100

// ParseDecimal reads a decimal from outside: an optional minus, digits, optionally a point and digits, optionally an exponent,
// as a number is written in JSON. The result is as from [CheckDecimal]. Any other text, one longer than 100 bytes and a number
// out of bounds are a [FieldError] without a field.
func ParseDecimal(s string) (decimal.Decimal, error) {
	d, reason := parseDecimal(s)
	if reason != "" {
		return decimal.Decimal{}, &FieldError{Value: clip(s, valueMax), Reason: reason}
	}
	return d, nil
}

// parseDecimal is ParseDecimal with the reason alone, empty if there is no fault.
func parseDecimal(s string) (d decimal.Decimal, reason string) {
	switch {
	case len(s) > decimalTextMax:
		return d, "must be a decimal number of at most 100 bytes"
	case !isNumber(s):
		return d, "must be a decimal number such as 12.50"
	}
	d, err := decimal.NewFromString(s)
	if err != nil { // the exponent alone is out of the library's bounds
		return d, boundReason
	}
	return boundDecimal(d)
}

// CheckDecimal gives a decimal from outside in its canonical form, equal in value and without zeros at the end of its
// fraction, so that equal decimals have equal texts. One of more than [DigitsMax] digits, or more than [FractionMax] after the
// point, is a [FieldError] without a field or value; no arithmetic is done on it before that is known.
func CheckDecimal(d decimal.Decimal) (decimal.Decimal, error) {
	d, reason := boundDecimal(d)
	if reason != "" {
		return decimal.Decimal{}, &FieldError{Reason: reason}
	}
	return d, nil
}

const boundReason = "must have at most 38 digits, at most 18 of them after the point"

// boundDecimal brings d to canonical form: an exponent from -18 to 0 and no zero at the end of the fraction. A reason that is
// not empty says that d is out of bounds.
func boundDecimal(d decimal.Decimal) (_ decimal.Decimal, reason string) {
	exp := int64(d.Exponent())
	switch {
	case d.IsZero():
		return decimal.Decimal{}, ""
	case exp > DigitsMax || exp < -10*DigitsMax:
		return d, boundReason // no factor of ten in a bounded coefficient brings this back
	}
	coef := d.Coefficient()
	if coef.BitLen() > 2000 { // 600 digits: more zeros than anybody writes by accident
		return d, boundReason
	}
	ten, quotient, rest := big.NewInt(10), new(big.Int), new(big.Int)
	for ; exp < 0; exp++ {
		if quotient.QuoRem(coef, ten, rest); rest.Sign() != 0 {
			break
		}
		coef.Set(quotient)
	}
	for ; exp > 0; exp-- {
		coef.Mul(coef, ten)
	}
	if exp < -FractionMax || !coefficientFits(coef) {
		return d, boundReason
	}
	return decimal.NewFromBigInt(coef, int32(exp)), ""
}

// coefficientFits reports whether a number has at most DigitsMax digits.
// 2^126 lies between 10^37 and 10^38, so most are settled without writing them out.
func coefficientFits(coef *big.Int) bool {
	bits := coef.BitLen()
	return bits <= 126 || bits == 127 && len(new(big.Int).Abs(coef).String()) <= DigitsMax
}

// isNumber reports whether s is written as a number is in JSON; zeros in front are let pass.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	s, ok := cutDigits(s)
	if !ok {
		return false
	}
	if strings.HasPrefix(s, ".") {
		if s, ok = cutDigits(s[1:]); !ok {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if s, ok = cutDigits(s); !ok {
			return false
		}
	}
	return s == ""
}

// cutDigits cuts the digits off the front of s; ok is false when there are none.
func cutDigits(s string) (rest string, ok bool) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return s[n:], n > 0
}
