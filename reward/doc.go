// Package reward says what people get: reward groups and configs, the records of what was granted and the moves they
// make, and why something was not granted. It is pure: it keeps nothing, reads no clock and does no I/O. Its types are
// values, and its functions may be called by many goroutines at once. Package reward/engine does what is described
// here.
//
// # Configs and matches
//
// A [Config] says what is given, for what, how often, and how it is paid. Its Rule (see package rule) matches a number
// of times for each user, counted over the events whose time lies in Window. Each match is numbered, 1, 2, 3 ..., and
// decided once: it becomes a [Record], or it is blocked. A blocked match stays blocked: when a limit is freed later,
// only later matches gain. So record numbers have gaps.
//
// A match is decided by an event: one whose task the rule reads, directly or through derived tasks, and whose time is
// not before the window's start. What became due otherwise, by an edit or by the end of a pause, waits for the user's
// next such event. One event decides at most 1,000 matches of a reward, and the rest wait for the next. Rewards that
// one event makes due are decided by Priority, the higher first, then by code, each seeing what the ones before it used
// up.
//
// A config counts from its put on: what was recorded before it counts nothing, except for gates. So put a campaign
// before it begins.
//
// # What blocks
//
// The checks come in this order, and the first that fails is the block's [Reason]. A blocked match uses nothing.
//
//  1. [Paused]: the reward is paused with [Drop].
//  2. [Excluded]: the user holds a record, not rejected, of a reward that excludes this one. It does not matter which
//     of the two lists the other.
//  3. [Nothing]: the computed amount is zero or less, or lacks an attribute.
//  4. [UserMax]: the user has as many records as Limit.Max.
//  5. [UserCycle]: the user has as many in the cycle as Limit.PerCycle. Block.Until is when the cycle ends.
//  6. [Capped]: nothing is left of the group's cap.
//  7. [BudgetCycle]: all users together have had what the Budget allows in the cycle. Block.Until is when it ends.
//  8. [BudgetMax]: all users together have had what the Budget allows. A budget is never passed, whatever happens at
//     once, and what it can give is given.
//
// A match belongs to the cycle of the event that decides it, by that event's own time: a late event uses the limit of
// the day it happened on. Which of several matches a limit lets through may depend on the order in which events arrive;
// that the limit holds does not.
//
// A budget counts the grants made while it is set. Lowering a limit or budget below what is used takes nothing back.
//
// # Amounts
//
// An amount is fixed, or computed from the attributes of one event by AmountFrom: "floor(total)" is a point a yuan. A
// computed amount is cut down to the asset's scale. AmountFrom is for rules that are one Count(task, 1), with or
// without Where, on an unlimited task with the target 1: each accepted event is one match.
//
// A [Group] may cap what one user gets of one asset from its rewards. The last grant is cut to what is left or, with
// CapBlocks, blocked. Records of all states but rejected count, at the amount they were granted with.
//
// # Pause
//
// A pause is a switch an operator turns, no part of the config. With [Hold], due matches wait and are decided by the
// first event after the resume, in that event's cycle; with [Drop] they are blocked, and so is what was waiting once an
// event comes. Hold is not offered with AmountFrom. Records go on being reviewed, claimed, deducted and reinstated
// during a pause.
//
// # Records and moves
//
//	pending -> claimable | granted | rejected        (Review)
//	claimable -> granted | lapsed                    (Claim; ClaimWithin)
//	granted -> deducted -> granted ...
//
// A record begins as pending with Review, else as claimable with Claim, else as granted. Granted is the only state in
// which the user has the amount. A claim is taken up to, not at, its deadline; from then on the record reads as lapsed
// everywhere. Rejected and lapsed are final. A rejection frees what the record used of limit, budget and cap, in the
// cycle it was used in, unless KeepRejected; a deduction or a lapse frees nothing. A deduction for which too little is
// available is refused whole.
//
// A record keeps its amount, and the terms of its grant, whatever is edited later. It counts its moves in Seq and keeps
// each with actor, reason and time.
//
// # Editing
//
// A Draft counts nothing and may change freely; so may a document whose window has not begun, and each put of it begins
// anew: only events recorded from then on count, but for gates. From the calendar's Skew before the window's start on
// (without a start, from the put that ends the draft) these are fixed: rule, window start, the cycle of the limit, group,
// asset of the amount, AmountFrom. The cycle of a budget is fixed once there is one. Everything else may change, and holds
// for what is decided after. A window's end that moves makes the events count that lie inside the new window: the user's
// next event counts them anew, and what was granted stays.
//
// Nothing is deleted. A retired reward decides nothing more; its records live on.
//
// # Errors and limits
//
// [Config.Validate] and [Group.Validate] report every fault at once, each a
// [rule.FieldError]. A move that a record's state does not allow is a [StatusError]
// carrying the record as it is. At most 64 rewards exclude one, both directions counted; a claim stays open for
// [ClaimWithinMax] at most.
package reward
