package store

import (
	"encoding/json"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
)

// entitlementWire is the stored form of an [EntitlementRow].
type entitlementWire struct {
	V       int            `json:"v"`
	User    string         `json:"user"`
	Reward  string         `json:"reward"`
	Decided int64          `json:"decided,omitempty"`
	Used    int64          `json:"used,omitempty"`
	Live    int64          `json:"live,omitempty"`
	Cycles  []cycleWire    `json:"cycles,omitempty"`
	Blocked []countingWire `json:"blocked,omitempty"`
}

type cycleWire struct {
	Cycle int64 `json:"cycle"`
	Used  int64 `json:"used"`
}

type countingWire struct {
	Reason reward.Reason `json:"reason"`
	Count  int64         `json:"count"`
}

// Encode gives the row in the newest version of its stored form.
func (r *EntitlementRow) Encode() []byte {
	w := entitlementWire{V: wireVersion, User: r.User, Reward: r.Reward, Decided: r.Decided, Used: r.Used, Live: r.Live}
	for _, c := range r.Cycles {
		w.Cycles = append(w.Cycles, cycleWire(c))
	}
	for _, b := range r.Blocked {
		w.Blocked = append(w.Blocked, countingWire(b))
	}
	return encode(w)
}

func (w *entitlementWire) row() (Row, error) {
	r := &EntitlementRow{reward.Entitlement{User: w.User, Reward: w.Reward, Decided: w.Decided, Used: w.Used, Live: w.Live}}
	for _, c := range w.Cycles {
		r.Cycles = append(r.Cycles, reward.CycleUse(c))
	}
	for _, b := range w.Blocked {
		r.Blocked = append(r.Blocked, reward.BlockCount(b))
	}
	return r, nil
}

// rewardWire is the stored form of a [RewardRow]. The terms and what was taken stand among the other fields.
type rewardWire struct {
	V            int             `json:"v"`
	User         string          `json:"user"`
	Reward       string          `json:"reward"`
	N            int64           `json:"n"`
	Status       reward.Status   `json:"status"`
	Amount       amount          `json:"amount,omitzero"`
	Revision     int64           `json:"revision,omitempty"`
	Seq          int64           `json:"seq"`
	Event        string          `json:"event,omitempty"`
	Meta         json.RawMessage `json:"meta,omitempty"`
	Time         micros          `json:"time,omitzero"`
	Deadline     micros          `json:"deadline,omitzero"`
	Claim        bool            `json:"claim,omitempty"`
	NoDeduct     bool            `json:"no_deduct,omitempty"`
	KeepRejected bool            `json:"keep_rejected,omitempty"`
	ClaimWithin  int64           `json:"claim_within_ns,omitempty"`
	Cycle        int64           `json:"cycle,omitempty"`
	Cycled       bool            `json:"cycled,omitempty"`
	Counters     []string        `json:"counters,omitempty"`
	Cap          string          `json:"cap,omitempty"`
	Moves        []moveWire      `json:"moves,omitempty"`
}

type moveWire struct {
	Seq     int64         `json:"seq"`
	Status  reward.Status `json:"status"`
	Actor   string        `json:"actor,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Request string        `json:"request,omitempty"`
	Time    micros        `json:"time,omitzero"`
}

// Encode gives the row in the newest version of its stored form.
func (r *RewardRow) Encode() []byte {
	w := rewardWire{
		V: wireVersion, User: r.ID.User, Reward: r.ID.Reward, N: r.ID.N, Status: r.Status, Amount: amount{r.Amount},
		Revision: r.Revision, Seq: r.Seq, Event: r.Event, Meta: r.Meta, Time: micros{r.Time}, Deadline: micros{r.Deadline},
		Claim: r.Terms.Claim, NoDeduct: r.Terms.NoDeduct, KeepRejected: r.Terms.KeepRejected, ClaimWithin: int64(r.Terms.ClaimWithin),
		Cycle: r.Taken.Cycle, Cycled: r.Taken.Cycled, Counters: r.Taken.Counters, Cap: r.Taken.Cap,
	}
	for _, m := range r.Moves {
		w.Moves = append(w.Moves, moveWire{m.Seq, m.Status, m.Actor, m.Reason, m.Request, micros{m.Time}})
	}
	return encode(w)
}

func (w *rewardWire) row() (Row, error) {
	r := &RewardRow{reward.Record{
		ID: reward.ID{User: w.User, Reward: w.Reward, N: w.N}, Status: w.Status, Amount: w.Amount.a, Revision: w.Revision,
		Seq: w.Seq, Event: w.Event, Meta: compacted(w.Meta), Time: w.Time.t, Deadline: w.Deadline.t,
		Terms: reward.Terms{
			Claim: w.Claim, NoDeduct: w.NoDeduct, KeepRejected: w.KeepRejected, ClaimWithin: reward.Duration(w.ClaimWithin),
		},
		Taken: reward.Taken{Cycle: w.Cycle, Cycled: w.Cycled, Cap: w.Cap},
	}}
	if len(w.Counters) > 0 {
		r.Taken.Counters = w.Counters
	}
	for _, m := range w.Moves {
		r.Moves = append(r.Moves, reward.Move{
			Seq: m.Seq, Status: m.Status, Actor: m.Actor, Reason: m.Reason, Request: m.Request, Time: m.Time.t,
		})
	}
	return r, nil
}

// capWire is the stored form of a [CapRow].
type capWire struct {
	V     int    `json:"v"`
	User  string `json:"user"`
	Group string `json:"group"`
	Used  amount `json:"used,omitzero"`
}

// Encode gives the row in the newest version of its stored form.
func (r *CapRow) Encode() []byte {
	return encode(capWire{V: wireVersion, User: r.User, Group: r.Group, Used: amount{r.Used}})
}

func (w *capWire) row() (Row, error) {
	return &CapRow{reward.CapUse{User: w.User, Group: w.Group, Used: w.Used.a}}, nil
}

// transferWire is the stored form of a [TransferRow].
type transferWire struct {
	V      int                `json:"v"`
	User   string             `json:"user"`
	Cause  string             `json:"cause"`
	Leg    int                `json:"leg,omitempty"`
	Debit  ledger.AccountKind `json:"debit"`
	Credit ledger.AccountKind `json:"credit"`
	Amount amount             `json:"amount,omitzero"`
	Actor  string             `json:"actor,omitempty"`
	Reason string             `json:"reason,omitempty"`
	Time   micros             `json:"time,omitzero"`
	Seq    int64              `json:"seq,omitempty"`
	After  amount             `json:"after,omitzero"`
}

// Encode gives the row in the newest version of its stored form.
func (r *TransferRow) Encode() []byte {
	return encode(transferWire{
		V: wireVersion, User: r.ID.User, Cause: r.ID.Cause, Leg: r.ID.Leg, Debit: r.Debit, Credit: r.Credit,
		Amount: amount{r.Amount}, Actor: r.Actor, Reason: r.Reason, Time: micros{r.Time}, Seq: r.Seq, After: amount{r.After},
	})
}

func (w *transferWire) row() (Row, error) {
	return &TransferRow{
		Transfer: ledger.Transfer{
			ID:    ledger.TransferID{User: w.User, Cause: w.Cause, Leg: w.Leg},
			Debit: w.Debit, Credit: w.Credit,
			Amount: w.Amount.a, Actor: w.Actor, Reason: w.Reason, Time: w.Time.t,
		},
		Seq: w.Seq, After: w.After.a,
	}, nil
}

// balanceWire is the stored form of a [BalanceRow].
type balanceWire struct {
	V     int                `json:"v"`
	User  string             `json:"user"`
	Kind  ledger.AccountKind `json:"kind"`
	Asset string             `json:"asset"`
	Value number             `json:"value,omitzero"`
	Seq   int64              `json:"seq,omitempty"`
}

// Encode gives the row in the newest version of its stored form.
func (r *BalanceRow) Encode() []byte {
	return encode(balanceWire{
		V: wireVersion, User: r.Account.User, Kind: r.Account.Kind, Asset: r.Account.Asset, Value: number{r.Value}, Seq: r.Seq,
	})
}

func (w *balanceWire) row() (Row, error) {
	return &BalanceRow{ledger.Balance{
		Account: ledger.Account{User: w.User, Kind: w.Kind, Asset: w.Asset}, Value: w.Value.d, Seq: w.Seq,
	}}, nil
}
