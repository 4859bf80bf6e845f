package ledger

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// ErrUnbalanced is what an [UnbalancedError] unwraps to: balances and transfers contradict each other or themselves. It means
// that the books were changed by something other than transfers, or read at two different moments.
var ErrUnbalanced = errors.New("books do not balance")

// An UnbalancedError is one thing that does not hold in the books.
type UnbalancedError struct {
	// Account is the account it is about. It is zero when a transfer is at fault by itself, and its Kind is empty when all
	// accounts of a user and asset are meant together.
	Account Account
	// Transfer is the transfer it was found at, or zero.
	Transfer TransferID
	// Have is what was found, Want what should have been, where the fault is in a number; else both are zero.
	Have, Want Amount
	// Reason says what does not hold, as a clause: "must equal the sum of its transfers".
	Reason string
	// Err is what is wrong with a transfer that is not valid, or nil.
	Err error
}

// Error gives the fault in one line: account, transfer, what was found, what was wanted, why.
func (e *UnbalancedError) Error() string {
	var b strings.Builder
	b.WriteString(ErrUnbalanced.Error())
	for _, part := range []struct{ label, text string }{
		{"", e.account()}, {"transfer ", e.Transfer.String()}, {"have ", e.Have.String()}, {"want ", e.Want.String()}, {"", e.Reason},
	} {
		if part.text != "" {
			b.WriteString(": " + part.label + part.text)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap leads to [ErrUnbalanced], and to Err if there is one.
func (e *UnbalancedError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrUnbalanced}
	}
	return []error{ErrUnbalanced, e.Err}
}

func (e *UnbalancedError) account() string {
	if e.Account == (Account{}) {
		return ""
	}
	return e.Account.String()
}

// Audit checks that the books hold: that every transfer is valid and there once, that each balance equals its transfers in
// value and number, that none ever had the wrong sign on the way, and that the balances of each user and asset add up to
// zero, so that debits equal credits. It answers nil, or every mismatch as an [*UnbalancedError], joined: those of transfers
// in their order, then those of balances in theirs, then accounts without a balance, then sums by user and asset.
//
// The transfers of an account must come in the order they were posted; those of different accounts may be mixed. Give all
// transfers of the users whose balances are given and the balances of all their accounts, read at one moment; a few users at
// a time will do, as no transfer concerns two. An account that was never touched needs no balance. A nil sequence has no
// transfers. Audit keeps every TransferID in memory until it is done.
func Audit(transfers iter.Seq[Transfer], balances []Balance) error {
	a := audit{seen: map[TransferID]bool{}, accounts: map[Account]*tally{}}
	if transfers != nil {
		for t := range transfers {
			a.transfer(t)
		}
	}
	for _, b := range balances {
		a.balance(b)
	}
	a.missing()
	a.sums(balances)
	return errors.Join(a.errs...)
}

// audit is what one Audit has found so far.
type audit struct {
	seen     map[TransferID]bool
	accounts map[Account]*tally
	errs     []error
}

// tally is what the transfers of an account come to.
type tally struct {
	sum     decimal.Decimal // of bounded amounts, so it grows by one digit for ten times the transfers
	count   int64
	crossed bool // it had the wrong sign at least once, and was reported
	listed  bool // its balance was given
}

func (a *audit) report(e *UnbalancedError) { a.errs = append(a.errs, e) }

func (a *audit) transfer(t Transfer) {
	if err := t.Validate(); err != nil {
		a.report(&UnbalancedError{Transfer: t.ID, Reason: "must be valid", Err: err})
		return
	}
	if a.seen[t.ID] {
		a.report(&UnbalancedError{Transfer: t.ID, Reason: "must be there once"})
		return
	}
	a.seen[t.ID] = true
	amount, _ := settle(t.Amount.Value)
	debit, credit := t.Accounts()
	a.post(t.ID, debit, amount.Neg())
	a.post(t.ID, credit, amount)
}

func (a *audit) post(id TransferID, account Account, by decimal.Decimal) {
	of := a.tally(account)
	of.sum = of.sum.Add(by)
	of.count++
	if !of.crossed && of.sum.Sign() == -account.Kind.sign() {
		of.crossed = true
		reason := "must not be negative after the transfer"
		if of.sum.Sign() > 0 {
			reason = "must not be positive after the transfer"
		}
		a.report(&UnbalancedError{Account: account, Transfer: id, Have: Amount{Asset: account.Asset, Value: of.sum}, Reason: reason})
	}
}

func (a *audit) tally(account Account) *tally {
	of := a.accounts[account]
	if of == nil {
		of = &tally{}
		a.accounts[account] = of
	}
	return of
}

// balance compares a stored balance with what its transfers come to.
func (a *audit) balance(b Balance) {
	if err := b.Account.Validate(); err != nil {
		a.report(&UnbalancedError{Account: b.Account, Have: b.Amount(), Reason: "must be an account", Err: err})
		return
	}
	of := a.tally(b.Account)
	if of.listed {
		a.report(&UnbalancedError{Account: b.Account, Have: b.Amount(), Reason: "must have one balance"})
		return
	}
	of.listed = true
	if reason := b.fault(); reason != "" {
		a.report(&UnbalancedError{Account: b.Account, Have: b.Amount(), Reason: reason})
	}
	if want := (Amount{Asset: b.Account.Asset, Value: of.sum}); !b.Amount().Equal(want) {
		a.report(&UnbalancedError{Account: b.Account, Have: b.Amount(), Want: want, Reason: "must equal the sum of its transfers"})
	}
	if b.Seq != of.count {
		reason := "its seq is " + strconv.FormatInt(b.Seq, 10) + " and must be " + strconv.FormatInt(of.count, 10) + ", the number of its transfers"
		a.report(&UnbalancedError{Account: b.Account, Reason: reason})
	}
}

// missing reports the accounts that were touched and whose balance was not given.
func (a *audit) missing() {
	for _, account := range slices.SortedFunc(maps.Keys(a.accounts), Account.Compare) {
		if of := a.accounts[account]; !of.listed {
			want := Amount{Asset: account.Asset, Value: of.sum}
			a.report(&UnbalancedError{Account: account, Want: want, Reason: "must have a balance, as it has transfers"})
		}
	}
}

// sums reports the users and assets whose balances do not add up to zero. It follows from the other checks that they do; one
// that fails here too tells that a balance was changed alone, and not both sides of something that is no transfer.
func (a *audit) sums(balances []Balance) {
	totals := map[Account]decimal.Decimal{}
	for _, b := range balances {
		value, reason := settle(b.Value)
		if reason != "" {
			continue // reported already, and nothing to calculate with
		}
		of := Account{User: b.Account.User, Asset: b.Account.Asset}
		totals[of] = totals[of].Add(value)
	}
	for _, of := range slices.SortedFunc(maps.Keys(totals), Account.Compare) {
		if total := totals[of]; !total.IsZero() {
			a.report(&UnbalancedError{Account: of, Have: Amount{Asset: of.Asset, Value: total}, Want: Whole(of.Asset, 0),
				Reason: "the balances of all kinds together must be zero, as debits equal credits"})
		}
	}
}
