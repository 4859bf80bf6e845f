package engine

import (
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// By says who makes an operator's call and why, and makes calls that move a record safe to repeat. The zero By is nobody,
// and its calls tell a repeat by the record's state alone. Calls about documents ([Engine.Put], [Engine.Retire],
// [Engine.Pause] ...) keep Actor and Reason and have no use for Request and Seq: repeated, they find nothing to change. A
// field beyond its bounds is a [rule.FieldError]: "actor", "reason", "request", "seq".
type By struct {
	// Actor is who: at most 128 bytes of UTF-8 without NUL. It is kept with what the call changes.
	Actor string
	// Reason is why, for people: at most 1,024 bytes, likewise. It is kept too.
	Reason string
	// Request is an ID of the call among those about the same user: 1 to 128 bytes. A call repeated with it changes
	// nothing and answers as the first time; with other content it is a [task.ConflictError]. Empty: none.
	Request string
	// Seq is the record's Seq the caller saw. A record that has moved on is a [reward.StatusError], unless it moved by
	// this very call: then the call is a repeat. 0: any. It is never negative.
	Seq int64
}

// An Outcome answers a recorded event.
type Outcome struct {
	// Replay says that the event was recorded before. Nothing changed; Ignored, Blocked, Due and the IDs of Tasks and
	// Rewards are those of the first time, and the records are in their present state.
	Replay bool `json:"replay,omitempty"`
	// Ignored says why the event finished no task, empty if it counted.
	Ignored task.Reason `json:"ignored,omitempty"`
	// Tasks are the records it changed: of its own task, and of derived ones it completed.
	Tasks []task.Record `json:"tasks,omitempty"`
	// Rewards are the records it made, in the order in which they were decided.
	Rewards []reward.Record `json:"rewards,omitempty"`
	// Blocked are the matches it decided that made no record, and why.
	Blocked []reward.Block `json:"blocked,omitempty"`
	// Due is how many matches stay undecided: those of a reward paused with hold, and those beyond what one event decides.
	Due int64 `json:"due,omitempty"`
}

// A Result is the answer to one event of a batch: an Outcome, or the error that Record would have answered.
type Result struct {
	Outcome
	Err error
}

// An Explanation says where a user stands with a reward, and why. Its Reward and the rules of its Progress are the engine's own, as
// what a [Catalog] hands out: the slices and raw JSON inside them must not be changed.
type Explanation struct {
	User string `json:"user"`
	// Reward is the document, and Phase where it stands now.
	Reward reward.Config `json:"reward"`
	Phase  reward.Phase  `json:"phase"`
	// Progress is the rule with have and need of each node for the next match.
	Progress rule.Progress `json:"progress,omitzero"`
	// Matches is how often the rule matches now, and Decided how many of these were granted or blocked.
	Matches int64 `json:"matches"`
	Decided int64 `json:"decided"`
	// Granted is how many records use the user's limit.
	Granted int64 `json:"granted"`
	// Blocked counts the matches that made no record, by reason.
	Blocked []reward.BlockCount `json:"blocked,omitempty"`
	// Next are all reasons for which the next match would make no record if it were decided now, in the order of the
	// checks, with the time they end where that is known. Empty: it would be granted. The amount of a reward with
	// AmountFrom is not known beforehand, so Nothing is never among them.
	Next []reward.Block `json:"next,omitempty"`
	// Amount is what the next match would give, cut to what is left of the cap; zero with AmountFrom.
	Amount ledger.Amount `json:"amount,omitzero"`
}

// A Board is everything a page about one user shows, read at one instant. The documents and rules in it are the engine's own: the
// slices, maps and raw JSON inside them must not be changed.
type Board struct {
	User string `json:"user"`
	// Time is the engine's clock.
	Time time.Time `json:"time"`
	// Tasks and Rewards are those that are neither drafts nor retired, by order and code.
	Tasks   []TaskStatus  `json:"tasks,omitempty"`
	Rewards []Explanation `json:"rewards,omitempty"`
	// Balances are what the user has available, by asset.
	Balances []ledger.Amount `json:"balances,omitempty"`
}

// A TaskStatus is a task as a page shows it. Its Config and the rules of its Progress are the engine's own, as in an [Explanation].
type TaskStatus struct {
	Config task.Config `json:"config"`
	// Record is the user's record of the present period, with nothing in it yet where the user did nothing.
	Record task.Record `json:"record"`
	// Period is the present period: the day, week or month, or the task's window.
	Period rule.Window `json:"period,omitzero"`
	// Open says that an event now would count towards it: inside the window, and not finished.
	Open bool `json:"open"`
	// Progress explains a derived task's rule, else nil.
	Progress *rule.Progress `json:"progress,omitempty"`
}
