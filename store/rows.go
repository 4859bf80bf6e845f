package store

import (
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// CauseType says what a cause is: why a unit was written.
type CauseType string

const (
	// CauseEvent is an event; the cause's ID is the event's.
	CauseEvent CauseType = "event"
	// CauseRequest is an operator's call with a request ID; the cause's ID is that.
	CauseRequest CauseType = "request"
	// CauseMove is the move of a reward record; the cause's ID is that of the record and its seq.
	CauseMove CauseType = "move"
	// CauseRecount is a part of a recount that did not fit into one unit.
	CauseRecount CauseType = "recount"
)

// A CauseRow says that something was done, and what it led to, so that a repeat can be answered. It is never replaced.
type CauseRow struct {
	User string
	Type CauseType
	ID   string
	// Hash is that of the command's content.
	Hash [32]byte
	// Time is the engine's clock.
	Time time.Time
	// Revision is the catalog revision it was decided under.
	Revision int64
	// Event is the event, for CauseEvent.
	Event *task.Entry
	// Move is the call, for CauseRequest and CauseMove.
	Move *Move
	// Tasks are the records the event changed.
	Tasks []TaskID
	// Grants are the records it made.
	Grants []Grants
	// Blocked are the matches it decided that made no record.
	Blocked []reward.Block
	// Due is how many matches it left undecided.
	Due int64
}

// A Move is an operator's or a user's call that moved a reward record.
type Move struct {
	// Op is "review", "claim", "deduct" or "reinstate".
	Op string `json:"op"`
	// Pass is the verdict of a review.
	Pass   bool      `json:"pass,omitempty"`
	Record reward.ID `json:"record"`
	// Seq is the record's after the move.
	Seq int64 `json:"seq"`
	// Actor, Reason and Request are those of the call.
	Actor   string `json:"actor,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Request string `json:"request,omitempty"`
	// Changed says that the record moved.
	Changed bool `json:"changed,omitempty"`
}

// A TaskID names a task record of a user.
type TaskID struct {
	Task   string `json:"task"`
	Period int64  `json:"period,omitempty"`
}

// Grants are reward records with adjacent numbers.
type Grants struct {
	Reward string `json:"reward"`
	First  int64  `json:"first"`
	Count  int64  `json:"count"`
}

// A TaskRow is the record of a task in one period.
type TaskRow struct{ task.Record }

// A TallyRow is what the leaves on one task have counted.
type TallyRow struct {
	User, Task string
	// Revision is up to which catalog revision the cells are complete: a cell that is absent though its leaf was put at
	// or before it counts nothing.
	Revision int64
	Tally    rule.Tally
}

// A ValueRow says that a value was counted by a leaf that counts different ones.
type ValueRow struct {
	User, Task string
	// Leaf is the key of the leaf, and Outer the period of the derived task it counts in, 0 for rewards.
	Leaf  rule.Key
	Outer int64
	// Hash is the first half of a SHA-256 of the value with its type.
	Hash [16]byte
}

// An EntitlementRow is what a user's matches of a reward came to.
type EntitlementRow struct{ reward.Entitlement }

// A RewardRow is a reward record with its moves.
type RewardRow struct{ reward.Record }

// A CapRow is how much a user has got of an asset from a group of rewards.
type CapRow struct{ reward.CapUse }

// A TransferRow is a transfer with its place in the user's statement of its asset. It is never replaced.
type TransferRow struct {
	ledger.Transfer
	// Seq orders the user's transfers of the asset that touch what is available. It is 0 for others, which stand in no
	// statement.
	Seq int64
	// After is what was available after it, in whole units of the asset.
	After ledger.Amount
}

// A BalanceRow is the balance of one account.
type BalanceRow struct{ ledger.Balance }
