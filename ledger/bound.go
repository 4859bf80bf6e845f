package ledger

import (
	"cmp"
	"errors"

	"github.com/shopspring/decimal"
)

// What an amount may be at most. The two together are what a NUMERIC(38, 18) column holds.
const (
	// IntegerDigits is the most digits an amount has before the point.
	IntegerDigits = 20
	// ScaleMax is the most digits an amount has after the point, and the largest [Asset.Scale].
	ScaleMax = 18
)

// rawDigits bounds how many digits a decimal may be written with, zeros at the end included, before any arithmetic is done
// on it. It leaves room for a product of a few amounts, which [Amount.Floor] cuts down.
const rawDigits = 256

// ErrOverflow is returned by [Amount.Add], [Amount.Sub], [Amount.Floor] and [Post] when both operands are proper amounts
// and the result has more than [IntegerDigits] digits before the point. Nothing was changed.
var ErrOverflow = errors.New("amount too large")

// Why a decimal is no proper value of an amount.
const (
	reasonLarge = "must have at most 20 digits before the point"
	reasonFine  = "must have at most 18 digits after the point"
	reasonLong  = "must be written with at most 256 digits"
)

// roughly tells why d must not be calculated with, or "". It looks at sizes only, and costs nothing whatever d is.
func roughly(d decimal.Decimal) string {
	if d.IsZero() {
		return "" // whatever its exponent: see settle
	}
	digits, exp := int64(d.NumDigits()), int64(d.Exponent())
	switch {
	case digits+exp > IntegerDigits:
		return reasonLarge
	case digits > rawDigits || exp < -rawDigits:
		return reasonLong
	}
	return ""
}

// settle gives d in a form that is safe to calculate with, or the reason why it is no value of an amount.
func settle(d decimal.Decimal) (decimal.Decimal, string) {
	if d.IsZero() {
		return decimal.Decimal{}, "" // 0e-1000000000 would make the other operand of a sum explode
	}
	if reason := roughly(d); reason != "" {
		return decimal.Decimal{}, reason
	}
	if d.Exponent() >= -ScaleMax {
		return d, ""
	}
	cut := d.Truncate(ScaleMax)
	if !cut.Equal(d) {
		return decimal.Decimal{}, reasonFine
	}
	return cut, ""
}

// compare orders any two decimals without ever scaling one by more digits than the other has.
func compare(a, b decimal.Decimal) int {
	sign := a.Sign()
	if sign != b.Sign() || sign == 0 {
		return cmp.Compare(sign, b.Sign())
	}
	size := int64(a.NumDigits()) + int64(a.Exponent()) - int64(b.NumDigits()) - int64(b.Exponent())
	switch {
	case size > 0:
		return sign
	case size < 0:
		return -sign
	}
	return a.Cmp(b) // equally large: the exponents differ by as much as the numbers of digits
}

// places counts the digits d needs after the point. d is settled.
func places(d decimal.Decimal) int {
	for n := int(-d.Exponent()); n > 0; n-- {
		if !d.Truncate(int32(n - 1)).Equal(d) {
			return n
		}
	}
	return 0
}
