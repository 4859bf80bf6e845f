package ledger

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// Limits of a transfer.
const (
	// CauseMax is the most bytes [TransferID.Cause] has.
	CauseMax = 512
	// LegMax is the largest [TransferID.Leg].
	LegMax = math.MaxInt32
	// ActorMax is the most bytes [Transfer.Actor] has.
	ActorMax = 128
	// ReasonMax is the most bytes [Transfer.Reason] has.
	ReasonMax = 1024
)

// A TransferID is what makes a transfer the only one of its kind. It is derived from what caused the transfer, never drawn,
// so that repeating the cause gives the same ID and cannot move anything a second time. IDs are compared with == and may be
// keys of a map.
type TransferID struct {
	// User is whose accounts are moved, 1 to 128 bytes of UTF-8 without NUL.
	User string
	// Cause names what moved the amount: 1 to 512 bytes of UTF-8 without NUL. For the second move of the third record of a reward
	// package reward/engine writes "RS000910.3#2".
	Cause string
	// Leg tells the transfers of one cause apart, counted from 0.
	Leg int
}

// Validate finds every fault of the ID at once, each a [*rule.FieldError] with the field's name: user, cause, leg.
func (id TransferID) Validate() error {
	var faults rule.Faults
	faults.At("user", rule.CheckID(id.User))
	if id.Cause == "" {
		faults.Add("cause", "", "must not be empty")
	}
	faults.At("cause", rule.CheckText(id.Cause, CauseMax))
	if id.Leg < 0 || id.Leg > LegMax {
		faults.Addf("leg", strconv.Itoa(id.Leg), "must be 0 to %d", LegMax)
	}
	return faults.Err()
}

// Compare orders IDs by user and cause, byte by byte, then by leg: -1, 0 or 1.
func (id TransferID) Compare(other TransferID) int {
	return cmp.Or(strings.Compare(id.User, other.User), strings.Compare(id.Cause, other.Cause), cmp.Compare(id.Leg, other.Leg))
}

// String gives the ID as text: user, cause and leg with slashes between, "50157/RS000910.1#2/0". In the user a slash is
// written %2F and a percent sign %25; the cause, which lies between the first and the last slash, is written as it is. So
// two IDs never share a text. The zero TransferID is "".
func (id TransferID) String() string {
	if id == (TransferID{}) {
		return ""
	}
	return escape(id.User) + "/" + id.Cause + "/" + strconv.Itoa(id.Leg)
}

// MarshalText gives [TransferID.String], and refuses what [TransferID.Validate] refuses but for the zero TransferID.
func (id TransferID) MarshalText() ([]byte, error) {
	if id == (TransferID{}) {
		return []byte{}, nil
	}
	if err := id.Validate(); err != nil {
		return nil, err
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what [TransferID.MarshalText] wrote and nothing else; "" is the zero TransferID. The error is a
// [*rule.FieldError], and id is then unchanged.
func (id *TransferID) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "" {
		*id = TransferID{}
		return nil
	}
	first, last := strings.IndexByte(s, '/'), strings.LastIndexByte(s, '/')
	if first == last {
		return fault(s, `must be a user, a cause and a leg with slashes between, as "50157/RS000910.1#2/0"`)
	}
	leg, err := strconv.ParseInt(s[last+1:], 10, 32)
	if err != nil {
		return fault(s, fmt.Sprintf("its leg must be 0 to %d", LegMax))
	}
	read := TransferID{User: unescape(s[:first]), Cause: s[first+1 : last], Leg: int(leg)}
	if err := read.Validate(); err != nil {
		return err
	}
	if read.String() != s { // "+0", "00", "%2f", a bare percent sign: an ID has one text
		return fault(s, "must be written as an ID is: the leg without signs and zeros before it, no percent sign in the user but %2F and %25")
	}
	*id = read
	return nil
}

// escape keeps a user's ID from being taken for two parts of a text.
func escape(user string) string { return strings.NewReplacer("%", "%25", "/", "%2F").Replace(user) }

func unescape(user string) string { return strings.NewReplacer("%25", "%", "%2F", "/").Replace(user) }

// A Transfer moves an amount from one account of a user to another of the same user and asset: it takes from the one it
// debits and gives to the one it credits. A grant debits Issued and credits Available; a deduct is the other way round, and a
// reinstate is a grant again.
//
// Only the kinds of the two accounts are stated. The user is the ID's and the asset is the amount's, so a transfer between
// users, or from one asset to another, cannot be written down.
type Transfer struct {
	// ID is the user, the cause and the leg.
	ID TransferID `json:"id"`
	// Debit is the kind of the account that is taken from.
	Debit AccountKind `json:"debit"`
	// Credit is the kind of the account that is given to; not the same as Debit.
	Credit AccountKind `json:"credit"`
	// Amount is what is moved, above zero.
	Amount Amount `json:"amount"`
	// Actor is who moved it, at most 128 bytes of UTF-8 without NUL; empty means that a rule did and no person.
	Actor string `json:"actor,omitzero"`
	// Reason is why, for people: at most 1024 bytes of UTF-8 without NUL.
	Reason string `json:"reason,omitzero"`
	// Time is when. It is needed, and its year is 1 to 9999.
	Time time.Time `json:"time"`
}

// Validate finds every fault of the transfer at once, each a [*rule.FieldError] with the field's path in JSON. Whether the
// asset exists and how fine it is, only [Asset.Check] knows.
func (t Transfer) Validate() error {
	var faults rule.Faults
	faults.At("id", t.ID.Validate())
	faults.At("debit", t.Debit.Check())
	faults.At("credit", t.Credit.Check())
	if t.Debit == t.Credit {
		faults.Add("credit", string(t.Credit), "must not be the account that is debited")
	}
	faults.At("amount", t.Amount.Check())
	if t.Amount.Sign() <= 0 {
		faults.Add("amount", t.Amount.String(), "must be above zero")
	}
	faults.At("actor", rule.CheckText(t.Actor, ActorMax))
	faults.At("reason", rule.CheckText(t.Reason, ReasonMax))
	switch year := t.Time.UTC().Year(); {
	case t.Time.IsZero():
		faults.Add("time", "", "must not be zero")
	case year < 1 || year > 9999:
		faults.Add("time", strconv.Itoa(year), "must be in the years 1 to 9999")
	}
	return faults.Err()
}

// Accounts gives the account that is debited and the one that is credited.
func (t Transfer) Accounts() (debit, credit Account) {
	debit = Account{User: t.ID.User, Kind: t.Debit, Asset: t.Amount.Asset}
	credit = Account{User: t.ID.User, Kind: t.Credit, Asset: t.Amount.Asset}
	return debit, credit
}

// Change gives what the transfer changes the balance of the user's account of a kind by: the amount, its opposite, or zero of
// its asset where the transfer does not touch that account.
func (t Transfer) Change(kind AccountKind) Amount {
	switch {
	case t.Credit == t.Debit:
		return Whole(t.Amount.Asset, 0)
	case t.Credit == kind:
		return t.Amount
	case t.Debit == kind:
		return t.Amount.Neg()
	default:
		return Whole(t.Amount.Asset, 0)
	}
}

// Equal reports whether two transfers say the same: amounts compared with [Amount.Equal], times as instants, all else with ==.
// Two with one ID that are not equal mean that something was caused twice with different content.
func (t Transfer) Equal(o Transfer) bool {
	return t.ID == o.ID && t.Debit == o.Debit && t.Credit == o.Credit && t.Amount.Equal(o.Amount) &&
		t.Actor == o.Actor && t.Reason == o.Reason && t.Time.Equal(o.Time)
}
