package memory_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/storetest"
	"github.com/guerdon-go/guerdon/task"
)

// BenchmarkStore measures what an event costs the store, and the other operations of storetest.Benchmark.
func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(*testing.B) store.Store { return memory.New() })
}

// BenchmarkReward measures the calls an engine makes for an event that pays one reward: a Load that names 7 rows, of which
// 5 are there, and a Commit that inserts a cause and a transfer and puts a new reward record and those 5 rows. Each of 500
// users has 20 such events, and then an empty store follows, so that the heap stays small and little of the time is the
// garbage collector's. Load and commit measure the two apart.
func BenchmarkReward(b *testing.B) {
	for _, c := range []struct {
		name         string
		load, commit bool
	}{{"event", true, true}, {"load", true, false}, {"commit", false, true}} {
		b.Run(c.name, func(b *testing.B) {
			p := newPaying()
			s := p.store(b)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				at, n := i%payUsers, i/payUsers%payEvents
				if c.load {
					p.load(b, s, at, n)
				}
				if c.commit {
					p.commit(b, s, at, n)
				}
				if c.commit && at == payUsers-1 && n == payEvents-1 {
					s = p.store(b)
				}
			}
		})
	}
}

const payUsers, payEvents = 500, 20

// paying is what the benchmark hands to the store, made before the clock runs: the rows are the same objects each time,
// which the store copies, and only what differs between events is set anew.
type paying struct {
	users, causes, moves [max(payUsers, payEvents)]string
	ids                  [payEvents]string
	keys                 [payUsers]store.Key
	unit                 store.Unit

	cause       store.CauseRow
	transfer    store.TransferRow
	task        store.TaskRow
	tally       store.TallyRow
	entitlement store.EntitlementRow
	reward      store.RewardRow
	balances    [2]store.BalanceRow
}

func newPaying() *paying {
	p := &paying{}
	now := time.Date(2026, 2, 27, 12, 30, 15, 123_456_000, time.UTC)
	amount := ledger.Amount{Asset: "CNY", Value: decimal.New(100, -2)}
	p.cause = store.CauseRow{Type: store.CauseEvent, Time: now, Revision: 2, Event: &task.Entry{
		Event: task.Event{Task: "order", Time: now, Growth: 1}, Accepted: true, Revision: 2, Arrived: now,
	}, Tasks: []store.TaskID{{Task: "order"}}, Grants: []store.Grants{{Reward: "RS1", Count: 1}}}
	p.transfer = store.TransferRow{Transfer: ledger.Transfer{Debit: ledger.Issued, Credit: ledger.Available, Amount: amount, Time: now}, After: amount}
	p.task = store.TaskRow{Record: task.Record{Task: "order", Growth: 1, Max: 1, First: now, Last: now, Created: now, Updated: now}}
	p.tally = store.TallyRow{Task: "order", Revision: 2, Tally: rule.Tally{Cells: []rule.Cell{{Key: 1 << 63, Sum: 1}}}}
	p.entitlement = store.EntitlementRow{Entitlement: reward.Entitlement{Reward: "RS1"}}
	p.reward = store.RewardRow{Record: reward.Record{
		ID: reward.ID{Reward: "RS1"}, Status: reward.Granted, Amount: amount, Revision: 2, Seq: 1, Time: now,
		Moves: []reward.Move{{Seq: 1, Status: reward.Granted, Time: now}},
	}}
	p.unit.Insert = []store.Row{&p.cause, &p.transfer}
	p.unit.Put = []store.Row{&p.task, &p.tally, &p.entitlement, &p.reward, &p.balances[0], &p.balances[1]}
	for i, kind := range []ledger.AccountKind{ledger.Available, ledger.Issued} {
		p.balances[i] = store.BalanceRow{Balance: ledger.Balance{Account: ledger.Account{Kind: kind, Asset: "CNY"}, Value: amount.Value}}
	}
	for n := range payEvents {
		p.ids[n] = fmt.Sprint("order-", 1000+n)
		p.causes[n] = store.CauseID(store.CauseEvent, p.ids[n])
		p.moves[n] = "RS1." + strconv.Itoa(n+1) + "#1"
	}
	for i := range payUsers {
		p.users[i] = "user-" + strconv.Itoa(100_000+i*7919%payUsers)
		p.keys[i] = store.Key{User: p.users[i], Parts: []store.Part{
			{Kind: store.KindCause, IDs: []string{""}},
			{Kind: store.KindTask, IDs: []string{store.TaskRowID("order", 0)}},
			{Kind: store.KindTally, IDs: []string{store.TallyRowID("order")}},
			{Kind: store.KindEntitlement, IDs: []string{store.EntitlementRowID("RS1")}},
			{Kind: store.KindCap, IDs: []string{store.CapRowID("G1", "CNY")}},
			{Kind: store.KindBalance, IDs: []string{store.BalanceRowID(ledger.Available, "CNY"), store.BalanceRowID(ledger.Issued, "CNY")}},
		}}
	}
	return p
}

// store gives a store in which each user has had no event, for a benchmark that commits.
func (p *paying) store(b *testing.B) store.Store {
	s := memory.New()
	if b.Name() == "BenchmarkReward/load" {
		for at := range payUsers {
			p.commit(b, s, at, 0)
		}
	}
	return s
}

func (p *paying) load(b *testing.B, s store.Store, at, n int) {
	k := p.keys[at : at+1]
	k[0].Parts[0].IDs[0] = p.causes[n]
	snap, err := s.Load(b.Context(), store.Request{Keys: k, ForUpdate: true})
	if err != nil || len(snap.States) != 1 {
		b.Fatal(snap, err)
	}
}

func (p *paying) commit(b *testing.B, s store.Store, at, n int) {
	user, seq := p.users[at], int64(n+1)
	p.unit.User, p.unit.Version = user, int64(n)
	c := &p.cause
	c.User, c.ID, c.Event.Event.User, c.Event.Event.ID, c.Event.Seq, c.Grants[0].First = user, p.ids[n], user, p.ids[n], seq, seq
	p.transfer.ID.User, p.transfer.ID.Cause, p.transfer.Seq = user, p.moves[n], seq
	p.task.User, p.tally.User, p.entitlement.User = user, user, user
	p.reward.ID.User, p.reward.ID.N, p.reward.Event = user, seq, p.ids[n]
	p.balances[0].Account.User, p.balances[1].Account.User = user, user
	if results, err := s.Commit(b.Context(), p.unit); err != nil || !results[0].Written() {
		b.Fatal(results, err)
	}
}
