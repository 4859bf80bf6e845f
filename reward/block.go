package reward

import (
	"time"

	"github.com/guerdon-go/guerdon/ledger"
)

// A Reason says why a match made no record.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	// Paused: the reward is paused.
	Paused Reason = "paused"
	// Excluded: the user holds a record of a reward that excludes this one; Block.By names it.
	Excluded Reason = "excluded"
	// Nothing: the amount computed is zero or less, or an attribute it needs is absent.
	Nothing Reason = "nothing"
	// UserMax: the user has as many as Limit.Max allows.
	UserMax Reason = "user_max"
	// UserCycle: the user has as many in this cycle as Limit.PerCycle allows; Block.Until is when it ends.
	UserCycle Reason = "user_cycle"
	// Capped: the group's cap is used up, or would be passed and blocks.
	Capped Reason = "cap"
	// BudgetCycle: the shared budget of this cycle is used up; Block.Until is when it ends.
	BudgetCycle Reason = "budget_cycle"
	// BudgetMax: the shared budget is used up.
	BudgetMax Reason = "budget_max"
)

// Reasons lists the reasons in the order in which they are looked for.
func Reasons() []Reason {
	return []Reason{Paused, Excluded, Nothing, UserMax, UserCycle, Capped, BudgetCycle, BudgetMax}
}

// A Block says that matches of a reward make no record, and why. It means the same wherever it stands: in an Outcome it
// is what was blocked now, in an Explanation and on a Board what would be blocked now.
type Block struct {
	// Reward is the code of the reward.
	Reward string `json:"reward"`
	// Reason is the first check that failed.
	Reason Reason `json:"reason"`
	// By names the reward that excludes this one (Excluded) or the group whose cap is used up (Capped).
	By string `json:"by,omitempty"`
	// Until is when the cycle ends that is used up. Zero: no end is known.
	Until time.Time `json:"until,omitzero"`
	// Count is how many matches.
	Count int64 `json:"count"`
}

// An Entitlement is what a user's matches of one reward came to so far.
type Entitlement struct {
	User   string `json:"user"`
	Reward string `json:"reward"`
	// Decided is how many matches were decided: granted or blocked. The next one is number Decided + 1.
	Decided int64 `json:"decided"`
	// Used is how many records use the user's limit: those that were not rejected, and with KeepRejected those too.
	Used int64 `json:"used"`
	// Live is how many records were not rejected: any of them excludes.
	Live int64 `json:"live"`
	// Cycles is the use of each limit cycle, by ordinal, rising. A cycle no event can belong to any more is dropped.
	Cycles []CycleUse `json:"cycles,omitempty"`
	// Blocked counts the matches that made no record, by reason, in the order of the checks.
	Blocked []BlockCount `json:"blocked,omitempty"`
}

// CycleUse is how many records use a limit cycle.
type CycleUse struct {
	Cycle int64 `json:"cycle"`
	Used  int64 `json:"used"`
}

// BlockCount is how many matches one reason blocked.
type BlockCount struct {
	Reason Reason `json:"reason"`
	Count  int64  `json:"count"`
}

// A CapUse is how much a user has got of an asset from a group of rewards, all that counts against its cap.
type CapUse struct {
	User  string        `json:"user"`
	Group string        `json:"group"`
	Used  ledger.Amount `json:"used"`
}
