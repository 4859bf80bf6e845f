package reward

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknown is returned for a reward code that no document has, and for a record that does not exist.
	ErrUnknown = errors.New("unknown reward or record")
	// ErrStatus is what a [StatusError] unwraps to.
	ErrStatus = errors.New("the record's state does not allow it")
	// ErrNoDeduct is returned when a record is deducted whose terms forbid it.
	ErrNoDeduct = errors.New("records of this reward cannot be deducted")
)

// A StatusError answers a call that a record's state does not allow, or that carried another Seq than the record has.
// Nothing changed.
type StatusError struct {
	// Op is the call: "review", "claim", "deduct", "reinstate".
	Op string
	// Record is the record as it reads now.
	Record Record
}

// Error names the record, its state and the call.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s %s: it is %s (seq %d)", e.Op, e.Record.ID, e.Record.Status, e.Record.Seq)
}

// Unwrap leads to [ErrStatus].
func (e *StatusError) Unwrap() error { return ErrStatus }
