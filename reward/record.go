package reward

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
)

// An ID names a record: the user, the reward, and which match of the user's it was, counted from 1. Numbers have gaps,
// because a blocked match makes no record.
type ID struct {
	User   string `json:"user"`
	Reward string `json:"reward"`
	N      int64  `json:"n"`
}

// String gives "RS000910/3 of u7".
func (id ID) String() string { return fmt.Sprintf("%s/%d of %s", id.Reward, id.N, id.User) }

// A Status is the state of a record.
type Status string

// The states. Making a record is its first move; the arrows are all the moves there are:
// pending -> claimable | granted | rejected, claimable -> granted | lapsed, granted -> deducted -> granted.
const (
	// Pending waits for review.
	Pending Status = "pending"
	// Claimable waits for its user.
	Claimable Status = "claimable"
	// Granted is paid.
	Granted Status = "granted"
	// Rejected did not pass review. It is final.
	Rejected Status = "rejected"
	// Deducted was paid and taken back.
	Deducted Status = "deducted"
	// Lapsed was not claimed before its deadline. It is final.
	Lapsed Status = "lapsed"
)

// A Record is one grant of a reward to a user and its life.
type Record struct {
	// ID names the record.
	ID ID `json:"id"`
	// Status is the state. A claimable record reads as lapsed from its deadline on.
	Status Status `json:"status"`
	// Amount is what was granted, whatever is edited later.
	Amount ledger.Amount `json:"amount"`
	// Revision is the catalog revision it was decided under.
	Revision int64 `json:"revision"`
	// Seq counts the moves: it is 1 for a new record.
	Seq int64 `json:"seq"`
	// Event is the ID of the event that decided it.
	Event string `json:"event,omitempty"`
	// Meta is that event's Meta.
	Meta json.RawMessage `json:"meta,omitempty"`
	// Time is when it was made, by the engine's clock.
	Time time.Time `json:"time"`
	// Deadline is until when, exclusively, it can be claimed. Zero means for ever.
	Deadline time.Time `json:"deadline,omitzero"`
	// Terms are those of its grant.
	Terms Terms `json:"terms,omitzero"`
	// Taken is what it uses of limits and budgets.
	Taken Taken `json:"taken,omitzero"`
	// Moves are all its states so far, the first one its making.
	Moves []Move `json:"moves"`
}

// Terms are the parts of a config that hold for a record as they were at its grant.
type Terms struct {
	// Claim, NoDeduct and KeepRejected are as in [Config].
	Claim        bool `json:"claim,omitempty"`
	NoDeduct     bool `json:"no_deduct,omitempty"`
	KeepRejected bool `json:"keep_rejected,omitempty"`
	// ClaimWithin is as in [Config].
	ClaimWithin Duration `json:"claim_within,omitzero"`
}

// Taken says what a record uses, so that a rejection gives it back to where it came from after any edit.
type Taken struct {
	// Cycle is the ordinal of the user's limit cycle. It is meaningful if Cycled.
	Cycle  int64 `json:"cycle,omitempty"`
	Cycled bool  `json:"cycled,omitempty"`
	// Counters name the shared budget counters, each of which holds one for this record.
	Counters []string `json:"counters,omitempty"`
	// Cap is the group in which the amount counts, or empty.
	Cap string `json:"cap,omitempty"`
}

// A Move is one step of a record's life.
type Move struct {
	// Seq is the record's Seq after the move.
	Seq int64 `json:"seq"`
	// Status is what it moved to.
	Status Status `json:"status"`
	// Actor and Reason are the operator's, empty for what the engine or the user did.
	Actor  string `json:"actor,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Request is the ID the call carried, if any.
	Request string `json:"request,omitempty"`
	// Time is the engine's clock.
	Time time.Time `json:"time"`
}

// At returns the record as it reads at an instant: a claimable one has lapsed from its deadline on.
func (r Record) At(now time.Time) Record {
	if r.Status == Claimable && !r.Deadline.IsZero() && !now.Before(r.Deadline) {
		r.Status = Lapsed
	}
	return r
}

// Moved answers a call that moves a record.
type Moved struct {
	// Record is the record after the call.
	Record Record `json:"record"`
	// Changed is false when the call found the record in the state it leads to, and so did nothing. A repeat, known by its
	// request or its Seq, does nothing either, and answers what the call answered the first time.
	Changed bool `json:"changed"`
}
