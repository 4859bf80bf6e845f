package sqlstore

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

var entitlements = newTable(table{
	kind: store.KindEntitlement, name: "entitlements",
	key:  []column{{"reward", text}},
	rest: []column{{"decided", integer}, {"used", integer}, {"live", integer}, {"cycles", document}, {"blocked", document}},
	write: func(r store.Row, v *values) {
		e := r.(*store.EntitlementRow)
		v.text(e.Reward)
		v.integer(e.Decided, e.Used, e.Live)
		v.json(len(e.Cycles) > 0, e.Cycles)
		v.json(len(e.Blocked) > 0, e.Blocked)
	},
	read: func(user string, c *cells) store.Row {
		r := &store.EntitlementRow{Entitlement: reward.Entitlement{User: user, Reward: c.text(), Decided: c.int(), Used: c.int(), Live: c.int()}}
		c.json(&r.Cycles)
		c.json(&r.Blocked)
		return r
	},
})

// rewards are reward records. The columns from claim to claim_within are the terms of the grant, those from cycle to
// cap_group what the record uses of limits and budgets.
var rewards = newTable(table{
	kind: store.KindReward, name: "rewards",
	key: []column{{"reward", text}, {"n", integer}},
	rest: []column{
		{"status", text}, {"asset", text}, {"amount", number}, {"revision", integer}, {"seq", integer}, {"event", text}, {"meta", document},
		{"made", moment}, {"deadline", instant}, {"claim", boolean}, {"no_deduct", boolean}, {"keep_rejected", boolean},
		{"claim_within", integer}, {"cycle", integer}, {"cycled", boolean}, {"counters", document}, {"cap_group", text}, {"moves", document},
	},
	write: func(r store.Row, v *values) {
		w := r.(*store.RewardRow)
		v.text(w.ID.Reward)
		v.integer(w.ID.N)
		v.text(string(w.Status), w.Amount.Asset, exact(w.Amount.Value))
		v.integer(w.Revision, w.Seq)
		v.text(w.Event)
		v.raw(w.Meta)
		v.moment(w.Time)
		v.time(w.Deadline)
		v.boolean(w.Terms.Claim, w.Terms.NoDeduct, w.Terms.KeepRejected)
		v.integer(int64(w.Terms.ClaimWithin), w.Taken.Cycle)
		v.boolean(w.Taken.Cycled)
		v.json(len(w.Taken.Counters) > 0, w.Taken.Counters)
		v.text(w.Taken.Cap)
		v.json(len(w.Moves) > 0, moves(w.Moves))
	},
	read: func(user string, c *cells) store.Row {
		r := &store.RewardRow{Record: reward.Record{ID: reward.ID{User: user, Reward: c.text(), N: c.int()}, Status: reward.Status(c.text())}}
		r.Amount = c.amount()
		r.Revision, r.Seq, r.Event, r.Meta, r.Time, r.Deadline = c.int(), c.int(), c.text(), c.raw(), c.time(), c.time()
		r.Terms = reward.Terms{Claim: c.bool(), NoDeduct: c.bool(), KeepRejected: c.bool(), ClaimWithin: reward.Duration(c.int())}
		r.Taken = reward.Taken{Cycle: c.int(), Cycled: c.bool()}
		c.json(&r.Taken.Counters)
		r.Taken.Cap = c.text()
		c.json(&r.Moves)
		for i := range r.Moves {
			r.Moves[i].Time = r.Moves[i].Time.UTC()
		}
		return r
	},
})

// moves gives moves with their instants cut to what a store keeps, as [blocks] does.
func moves(list []reward.Move) []reward.Move {
	if !slices.ContainsFunc(list, func(m reward.Move) bool { return !isInstant(m.Time) }) {
		return list
	}
	cut := slices.Clone(list)
	for i := range cut {
		cut[i].Time = store.Instant(cut[i].Time)
	}
	return cut
}

// isInstant reports whether an instant is one as stores keep it.
func isInstant(t time.Time) bool { return t.Location() == time.UTC && t.Nanosecond()%1000 == 0 }

var caps = newTable(table{
	kind: store.KindCap, name: "caps",
	key:  []column{{"reward_group", text}, {"asset", text}},
	rest: []column{{"used", number}},
	write: func(r store.Row, v *values) {
		w := r.(*store.CapRow)
		v.text(w.Group, w.Used.Asset, exact(w.Used.Value))
	},
	read: func(user string, c *cells) store.Row {
		r := &store.CapRow{CapUse: reward.CapUse{User: user, Group: c.text()}}
		r.Used = c.amount()
		return r
	},
})

// transfers are the ledger. What was available after one is NULL where it touched nothing that is.
var transfers = newTable(table{
	kind: store.KindTransfer, name: "transfers", once: true,
	key: []column{{"cause", text}, {"leg", integer}},
	rest: []column{
		{"debit", text}, {"credit", text}, {"asset", text}, {"amount", number}, {"actor", text}, {"reason", text}, {"made", instant},
		{"seq", integer}, {"after", number},
	},
	write: func(r store.Row, v *values) {
		t := r.(*store.TransferRow)
		v.text(t.ID.Cause)
		v.integer(int64(t.ID.Leg))
		v.text(string(t.Debit), string(t.Credit), t.Amount.Asset, exact(t.Amount.Value), t.Actor, t.Reason)
		v.time(t.Time)
		v.integer(t.Seq)
		if t.After.IsZero() {
			v.null(1)
			return
		}
		v.text(exact(t.After.Value))
	},
	read: func(user string, c *cells) store.Row {
		r := &store.TransferRow{Transfer: ledger.Transfer{
			ID:    ledger.TransferID{User: user, Cause: c.text(), Leg: int(c.int())},
			Debit: ledger.AccountKind(c.text()), Credit: ledger.AccountKind(c.text()), Amount: c.amount(),
			Actor: c.text(), Reason: c.text(), Time: c.time(),
		}, Seq: c.int()}
		if after, is := c.decimal(); is {
			r.After = ledger.Amount{Asset: r.Amount.Asset, Value: after}
		}
		return r
	},
})

var balances = newTable(table{
	kind: store.KindBalance, name: "balances",
	key:  []column{{"kind", text}, {"asset", text}},
	rest: []column{{"value", number}, {"seq", integer}},
	write: func(r store.Row, v *values) {
		b := r.(*store.BalanceRow)
		v.text(string(b.Account.Kind), b.Account.Asset, exact(b.Value))
		v.integer(b.Seq)
	},
	read: func(user string, c *cells) store.Row {
		r := &store.BalanceRow{Balance: ledger.Balance{Account: ledger.Account{User: user, Kind: ledger.AccountKind(c.text()), Asset: c.text()}}}
		r.Value, _ = c.decimal()
		r.Seq = c.int()
		return r
	},
})

// exact is a decimal as databases take it: digits with a point and no exponent.
func exact(d decimal.Decimal) string { return d.String() }

// amount reads an asset and a number.
func (c *cells) amount() ledger.Amount {
	a := ledger.Amount{Asset: c.text()}
	a.Value, _ = c.decimal()
	return a
}
