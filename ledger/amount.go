package ledger

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/rule"
)

// An Amount is a number of whole units of an asset: Whole("CNY", 1) is one yuan. It may be negative, as a change of a balance
// is. Its text is the number, one space and the code of the asset, "2888.5 CNY"; in JSON it is that text as a string.
//
// The zero Amount is no amount at all: of no asset, absent from JSON with omitzero, "" as text. Zero of an asset, "0 CNY", is
// something else and stays when written and read.
//
// Amounts are compared with [Amount.Equal]; see the package documentation for why == lies.
type Amount struct {
	// Asset is the code of the asset.
	Asset string
	// Value is the number of units. It should have at most 20 digits before the point and 18 after it; an amount with
	// another is refused wherever one is taken.
	Value decimal.Decimal
}

// Whole gives n whole units of an asset. It checks nothing: a bad code is found where the amount is used.
func Whole(asset string, n int64) Amount {
	return Amount{Asset: asset, Value: decimal.NewFromInt(n)}
}

// Parse reads "2888.5 CNY": a number, exactly one space and the code of an asset, and nothing before, between or after.
//
// The number is written as in JSON without an exponent: an optional minus, then 0 or digits that do not begin with 0, then
// optionally a point and digits. There are at most 20 digits before the point and 18 after it, zeros included. So no plus,
// no "1e5", no "007", no ".5", no "5.", no separators, no digits but 0 to 9. "2.50 CNY" is taken and equals "2.5 CNY", and
// "-0 CNY" equals "0 CNY".
//
// Anything else, the empty text included, is a [*rule.FieldError] without a field, for [rule.Faults.At] to place. No text,
// however long, costs more than reading it.
func Parse(s string) (Amount, error) {
	number, asset, found := strings.Cut(s, " ")
	if !found {
		return Amount{}, fault(s, `must be a number, one space and the code of an asset, as "2888.5 CNY"`)
	}
	if reason := checkNumber(number); reason != "" {
		return Amount{}, fault(s, "its number "+reason)
	}
	if err := rule.CheckCode(asset); err != nil {
		return Amount{}, fault(s, "its asset "+err.Error())
	}
	value, err := decimal.NewFromString(number)
	if err != nil {
		return Amount{}, fault(s, "its number cannot be read")
	}
	return Amount{Asset: asset, Value: value}, nil
}

// checkNumber tells why s is no number of an amount, or "".
func checkNumber(s string) string {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	switch {
	case !digits(whole) || point && !digits(fraction):
		return `must be digits, with at most a minus before and a point within, as "-2888.5"`
	case len(whole) > 1 && whole[0] == '0':
		return "must not begin with a superfluous 0"
	case len(whole) > IntegerDigits:
		return reasonLarge
	case len(fraction) > ScaleMax:
		return reasonFine
	}
	return ""
}

// digits reports whether s is one digit or more, of 0 to 9.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// IsZero reports whether a is the zero Amount, which is no amount at all. For whether it is nothing of its asset, ask
// whether [Amount.Sign] is 0.
func (a Amount) IsZero() bool { return a.Asset == "" && a.Value.IsZero() }

// Sign is -1, 0 or 1 as the amount is below zero, zero or above.
func (a Amount) Sign() int { return a.Value.Sign() }

// Check tells whether a is a proper amount: of an asset whose code is one, with at most 20 digits before the point and 18
// after it. The zero Amount is not one. Whether the asset exists and how fine it is, only [Asset.Check] knows.
//
// The error is every fault found, each a [*rule.FieldError] without a field.
func (a Amount) Check() error {
	var faults rule.Faults
	if err := rule.CheckCode(a.Asset); err != nil {
		faults.At("", fault(a.Asset, "its asset "+err.Error()))
	}
	if _, reason := settle(a.Value); reason != "" {
		faults.At("", fault(a.String(), "its number "+reason))
	}
	return faults.Err()
}

// Equal reports whether a and b are the same number of the same asset, whatever the representation: 2.5 CNY equals 2.50 CNY.
// The zero Amount equals only itself, not 0 CNY.
func (a Amount) Equal(b Amount) bool {
	return a.Asset == b.Asset && compare(a.Value, b.Value) == 0
}

// Cmp is -1, 0 or 1 as a is less than b, equal or more. Amounts of two assets have no order: that is a [*rule.FieldError].
func (a Amount) Cmp(b Amount) (int, error) {
	if a.Asset != b.Asset {
		return 0, mismatch(a, b)
	}
	return compare(a.Value, b.Value), nil
}

// Add gives a + b. The zero Amount adds nothing to an amount of any asset, so that a sum may start from it.
//
// Amounts of two assets, and operands that are no proper amounts, are [*rule.FieldError]; a sum that is too large is
// [ErrOverflow].
func (a Amount) Add(b Amount) (Amount, error) {
	switch {
	case a.IsZero() && b.IsZero():
		return Amount{}, nil
	case a.IsZero():
		a.Asset = b.Asset
	case b.IsZero():
		b.Asset = a.Asset
	case a.Asset != b.Asset:
		return Amount{}, mismatch(a, b)
	}
	if err := a.Check(); err != nil {
		return Amount{}, err
	}
	if err := b.Check(); err != nil {
		return Amount{}, err
	}
	x, _ := settle(a.Value)
	y, _ := settle(b.Value)
	return bounded(a.Asset, x.Add(y))
}

// Sub gives a - b, as [Amount.Add] of b's opposite.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Neg gives the opposite of a.
func (a Amount) Neg() Amount { return Amount{Asset: a.Asset, Value: a.Value.Neg()} }

// Floor cuts a down to so many digits after the point, towards minus infinity: 2.55 CNY to one digit is 2.5 CNY, and -2.55
// CNY is -2.6 CNY. It is for numbers that were calculated, so it also takes one with more than 18 digits after the point, as
// products have, as long as it is written with at most 256 digits. The zero Amount stays itself.
//
// A scale outside 0 to 18, a bad code, and a number that is too large or too long are [*rule.FieldError]; a result that is
// too large is [ErrOverflow].
func (a Amount) Floor(scale int) (Amount, error) {
	var faults rule.Faults
	if scale < 0 || scale > ScaleMax {
		faults.Addf("scale", fmt.Sprint(scale), "must be 0 to %d", ScaleMax)
	}
	if err := rule.CheckCode(a.Asset); err != nil && !a.IsZero() {
		faults.At("", fault(a.Asset, "its asset "+err.Error()))
	}
	if reason := roughly(a.Value); reason != "" {
		faults.At("", fault(a.String(), "its number "+reason))
	}
	if err := faults.Err(); err != nil {
		return Amount{}, err
	}
	if a.Value.IsZero() {
		return Amount{Asset: a.Asset}, nil
	}
	return bounded(a.Asset, a.Value.RoundFloor(int32(scale)))
}

// String gives the amount as text, without zeros at the end: "2888.5 CNY". The zero Amount is "". A number that is too large
// or too long to be an amount is not written out, as it may not fit in memory; the text says so instead, and Parse refuses it.
func (a Amount) String() string {
	if a.IsZero() {
		return ""
	}
	if roughly(a.Value) != "" {
		return fmt.Sprintf("(%d digits)e%d %s", a.Value.NumDigits(), a.Value.Exponent(), a.Asset)
	}
	if a.Value.IsZero() {
		return "0 " + a.Asset // 0e1000000000 writes a gigabyte of zeros
	}
	return a.Value.String() + " " + a.Asset
}

// MarshalText gives what [Parse] reads, or "" for the zero Amount. It refuses what [Amount.Check] refuses.
func (a Amount) MarshalText() ([]byte, error) {
	if a.IsZero() {
		return []byte{}, nil
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	return []byte(a.String()), nil
}

// UnmarshalText reads what [Amount.MarshalText] wrote: as [Parse], and "" is the zero Amount. On an error a is unchanged.
func (a *Amount) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Amount{}
		return nil
	}
	read, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = read
	return nil
}

// bounded gives the result of a calculation, unless it is too large.
func bounded(asset string, value decimal.Decimal) (Amount, error) {
	settled, reason := settle(value)
	if reason != "" {
		return Amount{}, fmt.Errorf("%w: %s: %s", ErrOverflow, Amount{Asset: asset, Value: value}, reason)
	}
	return Amount{Asset: asset, Value: settled}, nil
}

func mismatch(a, b Amount) error {
	return fault(b.String(), fmt.Sprintf("must be of asset %q, as %s is", a.Asset, a))
}

// fault is a fault of a value whose place only the caller knows.
func fault(value, reason string) error {
	var faults rule.Faults // cuts long values
	faults.Add("", value, reason)
	fe, _ := errors.AsType[*rule.FieldError](faults.Err())
	return fe
}
