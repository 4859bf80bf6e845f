package decide

import (
	"fmt"
	"strconv"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
)

// The operations that move a record.
const (
	OpReview    = "review"
	OpClaim     = "claim"
	OpDeduct    = "deduct"
	OpReinstate = "reinstate"
)

// A Command moves a reward record.
type Command struct {
	Op     string
	Record reward.ID
	// Pass is the verdict of a review.
	Pass bool
	// Actor, Reason, Request and Seq are as in engine.By.
	Actor, Reason, Request string
	Seq                    int64
}

// move is who moves a record, and why.
type move struct{ actor, reason, request string }

// Move decides a command (S19).
func (s *State) Move(c Command) (reward.Moved, error) {
	stored, ok := s.rewardRecord(RecordKey{c.Record.Reward, c.Record.N})
	if !ok {
		return reward.Moved{}, fmt.Errorf("record %s: %w", c.Record, reward.ErrUnknown)
	}
	record := stored.At(s.Now)
	from, to := c.path(record)
	if c.Seq != 0 && c.Seq != record.Seq {
		if repeats(record, c, from, to) {
			return reward.Moved{Record: record, Changed: true}, nil
		}
		return reward.Moved{}, &reward.StatusError{Op: c.Op, Record: record}
	}
	switch {
	case record.Status == to:
		return reward.Moved{Record: record}, nil
	case record.Status != from:
		return reward.Moved{}, &reward.StatusError{Op: c.Op, Record: record}
	case c.Op == OpDeduct && record.Terms.NoDeduct:
		return reward.Moved{}, fmt.Errorf("record %s: %w", c.Record, reward.ErrNoDeduct)
	}
	if to == reward.Rejected {
		s.free(record)
	}
	record, err := s.move(record, to, move{c.Actor, c.Reason, c.Request})
	return reward.Moved{Record: record, Changed: err == nil}, err
}

// Leads is the state a command leads a record to.
func (c Command) Leads(r reward.Record) reward.Status {
	_, to := c.path(r)
	return to
}

// path is the state a command starts from and the one it leads to.
func (c Command) path(r reward.Record) (from, to reward.Status) {
	switch {
	case c.Op == OpReview && !c.Pass:
		return reward.Pending, reward.Rejected
	case c.Op == OpReview && r.Terms.Claim:
		return reward.Pending, reward.Claimable
	case c.Op == OpReview:
		return reward.Pending, reward.Granted
	case c.Op == OpClaim:
		return reward.Claimable, reward.Granted
	case c.Op == OpDeduct:
		return reward.Granted, reward.Deducted
	default:
		return reward.Deducted, reward.Granted
	}
}

// repeats reports whether the move after the Seq a command expects is that command's own: from the state it starts from to
// the one it leads to, by the same actor for the same reason.
func repeats(r reward.Record, c Command, from, to reward.Status) bool {
	if c.Seq >= int64(len(r.Moves)) {
		return false
	}
	before, m := r.Moves[c.Seq-1], r.Moves[c.Seq] // moves are counted from 1
	return before.Status == from && m.Status == to && m.Actor == c.Actor && m.Reason == c.Reason && m.Request == c.Request
}

// move writes the next state of a record, and moves what it is worth.
func (s *State) move(r reward.Record, to reward.Status, by move) (reward.Record, error) {
	r.Seq++
	t := ledger.Transfer{ID: ledger.TransferID{User: r.ID.User, Cause: transferCause(r.ID, r.Seq)}, Amount: r.Amount,
		Debit: ledger.Issued, Credit: ledger.Available, Actor: by.actor, Reason: by.reason, Time: s.Now}
	switch to {
	case reward.Granted:
		if err := s.post(t); err != nil {
			return reward.Record{}, fmt.Errorf("record %s: %w", r.ID, err)
		}
	case reward.Deducted:
		t.Debit, t.Credit = t.Credit, t.Debit
		if err := s.post(t); err != nil {
			return reward.Record{}, fmt.Errorf("record %s: %w", r.ID, err)
		}
	case reward.Claimable:
		if r.Terms.ClaimWithin > 0 {
			r.Deadline = s.Now.Add(time.Duration(r.Terms.ClaimWithin))
		}
	}
	r.Status = to
	r.Moves = append(r.Moves, reward.Move{Seq: r.Seq, Status: to, Actor: by.actor, Reason: by.reason, Request: by.request, Time: s.Now})
	s.putRecord(r)
	return r, nil
}

// transferCause names a move in the ledger: "RS000910.3#2" is the second move of the third match.
func transferCause(id reward.ID, seq int64) string {
	return id.Reward + "." + strconv.FormatInt(id.N, 10) + "#" + strconv.FormatInt(seq, 10)
}

// free gives back what a rejected record used, to where it came from. With KeepRejected it goes on using all of it, but
// excludes nothing any more.
func (s *State) free(r reward.Record) {
	ent := s.entitlement(r.ID.Reward)
	ent.Live = max(0, ent.Live-1)
	if !r.Terms.KeepRejected {
		ent.Used = max(0, ent.Used-1)
		if r.Taken.Cycled {
			ent.Cycles = use(ent.Cycles, r.Taken.Cycle, -1)
		}
		if r.Taken.Cap != "" {
			k := CapKey{r.Taken.Cap, r.Amount.Asset}
			s.putCap(k, s.Caps[k].Sub(r.Amount.Value))
		}
		for _, counter := range r.Taken.Counters {
			s.take(counter, -1, 0)
		}
	}
	s.putEntitlement(ent)
}
