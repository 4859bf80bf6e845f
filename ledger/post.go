package ledger

import (
	"errors"
	"fmt"
	"math"

	"github.com/guerdon-go/guerdon/rule"
)

// ErrInsufficient is what an [InsufficientError] unwraps to: a transfer would have taken more than the user has available.
// Nothing was changed, and the same transfer may succeed once there is more.
var ErrInsufficient = errors.New("insufficient balance")

// An InsufficientError is returned by [Post] when a transfer would take the available balance below zero.
type InsufficientError struct {
	// Account is the account that lacks it.
	Account Account
	// Available is its balance, Wanted what the transfer would have taken.
	Available, Wanted Amount
}

// Error says in one line whose balance it is, what it is and what was wanted.
func (e *InsufficientError) Error() string {
	return fmt.Sprintf("%v: %s has %s, wanted %s", ErrInsufficient, e.Account, e.Available, e.Wanted)
}

// Unwrap leads to [ErrInsufficient].
func (e *InsufficientError) Unwrap() error { return ErrInsufficient }

// Post applies a transfer to the balances of the account it debits and of the one it credits, and gives both as they are
// afterwards. A zero Balance stands for an account that no transfer has touched. Their sum never changes. Post keeps no list:
// whether a transfer of that ID was posted before is for the caller to know.
//
// On an error both balances come back as they were given. The checks, in this order:
//
//   - A transfer that is not valid, or a balance of another account, is [*rule.FieldError], all of them joined.
//   - A balance that cannot be one, such as one below zero where Available never is, is [*UnbalancedError].
//   - An available balance that is too small is [*InsufficientError].
//   - A balance that would become too large is [ErrOverflow].
//   - Taking back more than was issued, while that much is available, is [*UnbalancedError]: the balances given contradict
//     each other.
func Post(t Transfer, debit, credit Balance) (Balance, Balance, error) {
	d, c, err := operands(t, debit, credit)
	if err != nil {
		return debit, credit, err
	}
	if d.Account.Kind == Available && compare(d.Value, t.Amount.Value) < 0 {
		return debit, credit, &InsufficientError{Account: d.Account, Available: d.Amount(), Wanted: t.Amount}
	}
	dAfter, err := d.change(t.Amount, Amount.Sub)
	if err != nil {
		return debit, credit, err
	}
	cAfter, err := c.change(t.Amount, Amount.Add)
	if err != nil {
		return debit, credit, err
	}
	return dAfter, cAfter, nil
}

// operands checks what Post was given, and fills in accounts that no transfer has touched.
func operands(t Transfer, debit, credit Balance) (Balance, Balance, error) {
	if err := t.Validate(); err != nil {
		return debit, credit, err
	}
	from, to := t.Accounts()
	d, dErr := debit.of(from)
	c, cErr := credit.of(to)
	var faults rule.Faults
	faults.At("debit.account", dErr)
	faults.At("credit.account", cErr)
	if err := faults.Err(); err != nil {
		return debit, credit, err
	}
	for _, b := range []Balance{d, c} {
		if reason := b.fault(); reason != "" {
			return debit, credit, &UnbalancedError{Account: b.Account, Have: b.Amount(), Reason: reason}
		}
	}
	return d, c, nil
}

// of gives b as the balance of an account, which it is already unless it is zero.
func (b Balance) of(account Account) (Balance, error) {
	if b.Account == (Account{}) && b.Seq == 0 && b.Value.IsZero() {
		return Balance{Account: account}, nil
	}
	if b.Account != account {
		return b, fault(b.Account.String(), "must be the balance of "+account.String())
	}
	return b, nil
}

// change gives the balance after one more transfer. b has no fault and the amount is proper.
func (b Balance) change(by Amount, op func(Amount, Amount) (Amount, error)) (Balance, error) {
	sum, err := op(b.Amount(), by)
	if err != nil {
		return b, fmt.Errorf("%s: %w", b.Account, err)
	}
	if b.Seq == math.MaxInt64 {
		return b, fmt.Errorf("%s: seq: %w", b.Account, ErrOverflow)
	}
	after := Balance{Account: b.Account, Value: sum.Value, Seq: b.Seq + 1}
	if reason := after.fault(); reason != "" {
		return b, &UnbalancedError{Account: b.Account, Have: after.Amount(), Reason: reason + " after the transfer"}
	}
	return after, nil
}
