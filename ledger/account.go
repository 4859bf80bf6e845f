package ledger

import (
	"cmp"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/rule"
)

// An AccountKind is what the balance of an account means. The values are stored and never change.
type AccountKind string

const (
	// Available is what the user can spend. Its balance is never negative.
	Available AccountKind = "available"
	// Issued is what the programme has issued to this user, seen from the programme. Its balance is never positive: a grant
	// debits it, a deduct credits it.
	Issued AccountKind = "issued"
)

// sign is the sign the balances of a kind have unless they are zero, or 0 for a kind that does not exist. What a kind is
// to the ledger stands here alone, so that one more is one more line.
func (k AccountKind) sign() int {
	switch k {
	case Available:
		return 1
	case Issued:
		return -1
	default:
		return 0
	}
}

// Check tells whether k is a kind of account that there is. The error is a [*rule.FieldError] without a field.
func (k AccountKind) Check() error {
	if k.sign() == 0 {
		return fault(string(k), "must be a kind of account: available or issued")
	}
	return nil
}

// An Account is where one user holds one asset in one way. Accounts need no opening: one that no transfer has touched has a
// balance of zero. Accounts are compared with == and may be keys of a map.
type Account struct {
	// User is the user's ID, 1 to 128 bytes of UTF-8 without NUL.
	User string `json:"user"`
	// Kind says what the balance means.
	Kind AccountKind `json:"kind"`
	// Asset is the code of the asset.
	Asset string `json:"asset"`
}

// Validate finds every fault of the account at once, each a [*rule.FieldError] with the field's name in JSON.
func (a Account) Validate() error {
	var faults rule.Faults
	faults.At("user", rule.CheckID(a.User))
	faults.At("kind", a.Kind.Check())
	faults.At("asset", rule.CheckCode(a.Asset))
	return faults.Err()
}

// String names the account for people and logs: "50157/available/CNY". A slash in the user's ID is written %2F, a percent
// sign %25.
func (a Account) String() string {
	return escape(a.User) + "/" + string(a.Kind) + "/" + a.Asset
}

// Compare orders accounts by user, asset and kind, byte by byte: -1, 0 or 1.
func (a Account) Compare(b Account) int {
	return cmp.Or(strings.Compare(a.User, b.User), strings.Compare(a.Asset, b.Asset), cmp.Compare(a.Kind, b.Kind))
}

// A Balance is what an account holds after a number of transfers.
type Balance struct {
	// Account is whose balance it is.
	Account Account `json:"account"`
	// Value is what was credited less what was debited, in units of the account's asset.
	Value decimal.Decimal `json:"value"`
	// Seq counts the transfers that touched the account. It is 0 for an account that none has touched.
	Seq int64 `json:"seq"`
}

// Amount is the balance as an amount of its asset.
func (b Balance) Amount() Amount { return Amount{Asset: b.Account.Asset, Value: b.Value} }

// fault says what is wrong with a balance by itself, whatever its transfers are, or "".
func (b Balance) fault() string {
	if _, reason := settle(b.Value); reason != "" {
		return "its number " + reason
	}
	switch {
	case b.Value.Sign() == -b.Account.Kind.sign() && b.Value.Sign() > 0:
		return "must not be positive"
	case b.Value.Sign() == -b.Account.Kind.sign() && b.Value.Sign() < 0:
		return "must not be negative"
	case b.Seq < 0:
		return "its seq must not be negative"
	case b.Seq == 0 && b.Value.Sign() != 0:
		return "must be zero before the first transfer"
	}
	return ""
}
