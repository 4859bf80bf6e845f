package storetest

import (
	"fmt"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

func batchCases() []testCase {
	return []testCase{{
		name: "batch/unlike users", clause: "1, 3", broad: true, run: batchUnlike,
		sentence: "Of a batch each user gets its own rows, whatever those of the others have or lack.",
	}}
}

// bare gives one row of every kind, in the order of [Samples], in which all that may be missing is.
func bare(user string) []store.Row {
	transfer := sampleTransfer(user)
	transfer.ID.Leg, transfer.Actor, transfer.Reason, transfer.Credit = 2, "", "", "spent"
	transfer.Seq, transfer.After = 0, ledger.Amount{}
	return []store.Row{
		cause(user, "bare"), record(user, "bare", 0), &store.TallyRow{User: user, Task: "bare"},
		&store.ValueRow{User: user, Task: "bare"},
		&store.EntitlementRow{Entitlement: reward.Entitlement{User: user, Reward: "bare", Decided: 1}},
		grant(user, "bare", 1, 0, reward.Granted),
		&store.CapRow{CapUse: reward.CapUse{User: user, Group: "bare", Used: sampleAmount("0 CNY")}},
		transfer,
		&store.BalanceRow{Balance: ledger.Balance{Account: ledger.Account{User: user, Kind: "spent", Asset: "CNY"}}},
	}
}

// batchUnlike writes batches of users who all have the same rows, and of users who differ in which rows they have and in what
// those lack: a store that puts the rows of many users into one statement must not mix them up.
func batchUnlike(e *env) {
	const users = 9
	for round, has := range []func(user, kind int) (full, less bool){
		func(int, int) (bool, bool) { return true, false },                                      // all alike
		func(user, kind int) (bool, bool) { return (user+kind)%3 != 1, (user+2*kind)%4 == 0 },   // one, two or none of a kind
		func(user, kind int) (bool, bool) { return user == users-1, user < users-1 },            // all but the last lack all
		func(user, kind int) (bool, bool) { return kind == user%3, kind == user%3 || kind > 6 }, // few have a kind
		func(int, int) (bool, bool) { return false, true },                                      // all alike again
	} {
		var units []store.Unit
		for i := range users {
			user := fmt.Sprintf("u%d-%d", round, i)
			u := unit(user, 0, "its cause")
			samples, lessers := Samples(user), bare(user)
			for kind := range samples {
				full, less := has(i, kind)
				if full {
					withRow(&u, samples[kind])
				}
				if less {
					withRow(&u, lessers[kind])
				}
			}
			units = append(units, u)
		}
		e.write(units...)
		for _, u := range units {
			batchHas(e, u)
		}
	}
}

func withRow(u *store.Unit, r store.Row) {
	if k := r.Key().Kind; k == store.KindCause || k == store.KindTransfer {
		u.Insert = append(u.Insert, r)
	} else {
		u.Put = append(u.Put, r)
	}
}

// batchHas wants a user to have what the unit wrote, and no other rows that some have.
func batchHas(e *env, u store.Unit) {
	want := map[store.RowKey]store.Row{}
	for _, r := range append(u.Insert, u.Put...) {
		want[r.Key()] = r
	}
	var parts []store.Part
	for _, r := range append(Samples(u.User), bare(u.User)...) {
		parts = append(parts, named(r))
	}
	parts = append(parts, named(u.Insert[0]))
	got := e.load(u.User, parts...).Rows
	if len(got) != len(want) {
		e.Errorf("user %q has %d rows, want %d", u.User, len(got), len(want))
	}
	for _, r := range got {
		if diff := rowDiff(want[r.Key()], r); diff != "" {
			e.Errorf("row %v came back different (-handed over +got):\n%s", r.Key(), diff)
		}
	}
}
