package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// Samples gives one row of every kind of a user, in the order of [store.Kinds]. No exported field of one is zero, so that a
// store that forgets one is found; texts have quotes and letters outside ASCII, numbers and decimals are large, instants
// have microseconds.
func Samples(user string) []store.Row {
	return []store.Row{
		sampleCause(user), sampleTask(user), sampleTally(user),
		&store.ValueRow{User: user, Task: "TS000061", Leaf: 0xfedcba9876543210, Outer: -3, Hash: [16]byte{0: 1, 7: 0xff, 15: 2}},
		&store.EntitlementRow{Entitlement: reward.Entitlement{
			User: user, Reward: "RS000910", Decided: 5_000_000_000, Used: 4, Live: 3,
			Cycles:  []reward.CycleUse{{Cycle: -2, Used: 1}, {Cycle: 20_000, Used: 3}},
			Blocked: []reward.BlockCount{{Reason: reward.UserCycle, Count: 7}, {Reason: reward.BudgetMax, Count: 1}},
		}},
		sampleReward(user),
		&store.CapRow{CapUse: reward.CapUse{User: user, Group: "G.1", Used: sampleAmount("999.99 points")}},
		sampleTransfer(user),
		&store.BalanceRow{Balance: ledger.Balance{
			Account: ledger.Account{User: user, Kind: "available", Asset: "CNY"}, Value: sampleAmount("-12345678901234567890.123456789 CNY").Value, Seq: 9,
		}},
	}
}

const sampleText = "“quoted” \"é\" e\u0301 \\ 用户 🙂 <&> %_ '; --"

// sampleTime is an instant with microseconds, some days after the first.
func sampleTime(days int) time.Time {
	return time.Date(2026, 2, 27, 23, 59, 59, 999_999_000, time.UTC).AddDate(0, 0, days)
}

// sampleAmount reads a constant of this package; one that does not parse is zero, which the test of the samples finds.
func sampleAmount(text string) ledger.Amount {
	a, _ := ledger.Parse(text)
	return a
}

func sampleCause(user string) *store.CauseRow {
	return &store.CauseRow{
		User: user, Type: store.CauseEvent, ID: "order-1 é", Hash: [32]byte{0: 1, 15: 0xff, 31: 7}, Time: sampleTime(0), Revision: 12,
		Event: &task.Entry{
			Event: task.Event{
				ID: "order-1 é", User: user, Task: "TS000061", Time: sampleTime(-1), Growth: 1_000_000_000_000, Finish: true,
				Attrs: rule.Attrs{
					"name": sampleText, "vip": true, "off": false, "n": int64(9_007_199_254_740_993), "at": sampleTime(2),
					"total": decimal.RequireFromString("12345678901234567890.12"), "tags": []string{"a", sampleText, ""},
				},
				Meta: json.RawMessage(`{"a":[1.50,"<é>"],"b":null}`),
			},
			TimeGiven: true, Accepted: true, Ignored: task.Completed, Revision: 11, Seq: 3, Arrived: sampleTime(1),
		},
		Move: &store.Move{
			Op: "review", Pass: true, Record: reward.ID{User: user, Reward: "RS000910", N: 2}, Seq: 4, Actor: "ops é",
			Reason: sampleText, Request: "req-1", Changed: true,
		},
		Tasks:  []store.TaskID{{Task: "TS000061", Period: -1}, {Task: "TS000062", Period: 20_511}},
		Grants: []store.Grants{{Reward: "RS000910", First: 1, Count: 2}},
		Blocked: []reward.Block{
			{Reward: "RS000911", Reason: reward.Excluded, By: "RS000910", Until: sampleTime(3), Count: 1_000},
		},
		Due: 17,
	}
}

func sampleTask(user string) *store.TaskRow {
	return &store.TaskRow{Record: task.Record{
		User: user, Task: "TS000061", Period: -20_511, Level: 2, Growth: 9_007_199_254_740_993, Max: 9_223_372_036_854_775_807,
		Times: 3, Finished: true, Sum: 9_223_372_036_854_775_806, Finishes: 1,
		First: sampleTime(-3), Last: sampleTime(-2), Created: sampleTime(-1), Updated: sampleTime(0),
	}}
}

func sampleTally(user string) *store.TallyRow {
	return &store.TallyRow{User: user, Task: "TS000061", Revision: 4, Tally: rule.Tally{Cells: []rule.Cell{{
		Key: 0xfedcba9876543210, Outer: -7, Sum: 1, Finishes: 2, Count: 3,
		Done:  rule.Bits{Base: -64, Words: []uint64{1 << 63, 18_446_744_073_709_551_615}},
		Open:  []rule.Open{{Period: -5, Sum: 6, Finishes: 7}},
		Total: decimal.RequireFromString("12345678901234567890.000000000000000001"),
	}}}}
}

func sampleReward(user string) *store.RewardRow {
	return &store.RewardRow{Record: reward.Record{
		ID: reward.ID{User: user, Reward: "RS000910", N: 2}, Status: reward.Claimable, Amount: sampleAmount("2888.5 CNY"), Revision: 12, Seq: 2,
		Event: "order-1 é", Meta: json.RawMessage(`{"a":[1.50,"<é>"],"b":null}`), Time: sampleTime(0), Deadline: sampleTime(30),
		Terms: reward.Terms{Claim: true, NoDeduct: true, KeepRejected: true, ClaimWithin: reward.Duration(72 * time.Hour)},
		Taken: reward.Taken{Cycle: -4, Cycled: true, Counters: []string{"budget/RS000910", "budget/RS000910/-4"}, Cap: "G.1"},
		Moves: []reward.Move{
			{Seq: 1, Status: reward.Pending, Actor: "a", Reason: "r", Request: "q", Time: sampleTime(0)},
			{Seq: 2, Status: reward.Claimable, Actor: "ops é", Reason: sampleText, Request: "req-1", Time: sampleTime(1)},
		},
	}}
}

func sampleTransfer(user string) *store.TransferRow {
	amount := sampleAmount("2888.5 CNY")
	return &store.TransferRow{
		Transfer: ledger.Transfer{
			ID:    ledger.TransferID{User: user, Cause: "RS000910.2#3", Leg: 1},
			Debit: "issued", Credit: "available", Amount: amount, Actor: "ops é", Reason: sampleText, Time: sampleTime(0),
		},
		Seq: 8, After: sampleAmount("12345678901234567890.123456789012345678 CNY"),
	}
}

// rowDiff says in what a row that came back differs from what was handed over, or is empty.
func rowDiff(want, got store.Row) string { return cmp.Diff(want.Clone(), got) }

// zeroFields lists the exported fields below v that are zero, by path. A slice must have elements, and each of them is
// looked into; of instants, decimals and arrays only the whole counts.
func zeroFields(v reflect.Value, path string) []string {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return []string{path}
		}
		return zeroFields(v.Elem(), path)
	case reflect.Struct:
		if _, leaf := v.Interface().(interface{ IsZero() bool }); leaf && !hasExported(v.Type()) {
			break
		}
		var zero []string
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				zero = append(zero, zeroFields(v.Field(i), path+"."+f.Name)...)
			}
		}
		return zero
	case reflect.Slice:
		if v.Len() == 0 {
			return []string{path}
		}
		var zero []string
		if v.Type().Elem().Kind() == reflect.Struct {
			for i := range v.Len() {
				zero = append(zero, zeroFields(v.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
			}
		}
		return zero
	case reflect.Map:
		if v.Len() == 0 {
			return []string{path}
		}
		return nil
	}
	if v.IsZero() {
		return []string{path}
	}
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && z.IsZero() {
		return []string{path}
	}
	return nil
}

func hasExported(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return true
		}
	}
	return false
}
