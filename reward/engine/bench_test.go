package engine_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// benchNow is the clock of benchmarks.
func benchNow() time.Time { return time.Date(2025, time.November, 4, 1, 37, 0, 0, time.UTC) }

// benchEngine is an engine over a store in memory with documents in it, and the store with its count of rows.
func benchEngine(b *testing.B, docs ...engine.Document) (*engine.Engine, *counting) {
	b.Helper()
	st := &counting{Store: memory.New()}
	eng, err := engine.New(st, engine.Options{Now: benchNow})
	if err != nil {
		b.Fatal(err)
	}
	docs = append([]engine.Document{ledger.Asset{Code: "CNY", Scale: 2}}, docs...)
	if _, err := eng.Put(b.Context(), engine.By{Actor: "ops"}, docs...); err != nil {
		b.Fatal(err)
	}
	if _, err := eng.Catalog(b.Context()); err != nil { // compiled before the clock runs
		b.Fatal(err)
	}
	return eng, st
}

// counting is a store that counts the rows written to it.
type counting struct {
	store.Store
	rows int
}

func (c *counting) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	for i := range units {
		c.rows += len(units[i].Insert) + len(units[i].Put) + len(units[i].Delete) + len(units[i].Take)
	}
	return c.Store.Commit(ctx, units...)
}

// names lists names for users or codes: a prefix and a number.
func names(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = prefix + strconv.Itoa(i)
	}
	return list
}

// recordEach records one event of the task "order" in each turn, each with an ID of its own, by 10,000 users in turn who
// have all done it once before. Each pays so many rewards.
func recordEach(b *testing.B, eng *engine.Engine, pays int) {
	b.Helper()
	ctx, users := b.Context(), names("user-", 10_000)
	for _, user := range users {
		if _, err := eng.Record(ctx, task.Event{ID: "first", User: user, Task: "order"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		ev := task.Event{ID: "order-" + strconv.Itoa(n), User: users[n%len(users)], Task: "order"}
		if out, err := eng.Record(ctx, ev); err != nil || len(out.Rewards) != pays {
			b.Fatal(out, err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func paysEach(code, taskCode string) reward.Config {
	return reward.Config{Code: code, Amount: ledger.Whole("CNY", 1), Rule: rule.Count(taskCode, 1)}
}

// BenchmarkRecord measures an event that pays one reward: looked up by its ID, counted, recorded, granted, and moved from
// one balance to another, with everything stored that a later question needs. by_hand is the least that does the same
// bookkeeping over plain maps, for one reward and nothing else.
//
// Of the engine's 41 allocations 19 are the store's: the rows of an event are copied in and out, as the contract asks, and
// their keys are built. 9 are what decisions answer and keep: the record with its move, the outcome, the cause. 5 are
// decimals of the ledger. 5 are the call, the request's IDs and the cause's row; the rest are the event in its canonical form.
func BenchmarkRecord(b *testing.B) {
	b.Run("engine", func(b *testing.B) {
		eng, _ := benchEngine(b, task.Config{Code: "order", Period: rule.Unlimited}, paysEach("RS1", "order"))
		recordEach(b, eng, 1)
	})
	b.Run("by_hand", func(b *testing.B) {
		h := &byHand{events: map[handKey]handEvent{}, counts: map[string]int64{}, grants: map[handGrant]handRecord{},
			balances: map[ledger.Account]decimal.Decimal{}}
		users := names("user-", 10_000)
		for _, user := range users {
			h.record("first", user, benchNow())
		}
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			h.record("order-"+strconv.Itoa(n), users[n%len(users)], benchNow())
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

// byHand pays one yuan for each order: what somebody would write who needs nothing else.
type byHand struct {
	events    map[handKey]handEvent
	counts    map[string]int64
	grants    map[handGrant]handRecord
	balances  map[ledger.Account]decimal.Decimal
	transfers []ledger.Transfer
}

type (
	handKey    struct{ user, id string }
	handEvent  struct{ at time.Time }
	handGrant  struct{ user, reward, cause string }
	handRecord struct {
		amount ledger.Amount
		event  string
		at     time.Time
	}
)

func (h *byHand) record(id, user string, now time.Time) {
	key := handKey{user, id}
	if _, known := h.events[key]; known {
		return
	}
	h.events[key] = handEvent{now}
	h.counts[user]++
	amount := ledger.Whole("CNY", 1)
	cause := "RS1." + strconv.FormatInt(h.counts[user], 10)
	h.grants[handGrant{user, "RS1", cause}] = handRecord{amount, id, now}
	issued := ledger.Account{User: user, Kind: ledger.Issued, Asset: "CNY"}
	available := ledger.Account{User: user, Kind: ledger.Available, Asset: "CNY"}
	h.balances[issued] = h.balances[issued].Sub(amount.Value)
	h.balances[available] = h.balances[available].Add(amount.Value)
	h.transfers = append(h.transfers, ledger.Transfer{ID: ledger.TransferID{User: user, Cause: cause}, Debit: ledger.Issued,
		Credit: ledger.Available, Amount: amount, Time: now})
}

// rewardsBeside is a catalog with three rewards on the task "order", one of which an event pays, among so many others.
func rewardsBeside(total int) []engine.Document {
	docs := []engine.Document{task.Config{Code: "order", Period: rule.Unlimited}, paysEach("RS1", "order"),
		reward.Config{Code: "RS2", Amount: ledger.Whole("CNY", 5), Rule: rule.Count("order", 1_000_000)},
		reward.Config{Code: "RS3", Amount: ledger.Whole("CNY", 5), Rule: rule.Count("order", 2_000_000)}}
	for i := range (total - 3 + 9) / 10 { // ten rewards a task
		code := "other-" + strconv.Itoa(i)
		docs = append(docs, task.Config{Code: code, Period: rule.Daily})
		for k := range min(10, total-3-10*i) {
			docs = append(docs, reward.Config{Code: fmt.Sprintf("RX%d.%d", i, k), Amount: ledger.Whole("CNY", 1),
				Rule: rule.All(rule.Count(code, int64(k+1)), rule.Streak(code, 3))})
		}
	}
	return docs
}

// BenchmarkRecord_besideOthers measures an event that three rewards concern, in a catalog of so many rewards: what it
// costs must not grow with those it does not concern.
func BenchmarkRecord_besideOthers(b *testing.B) {
	for _, total := range []int{10, 1_000, 100_000} {
		b.Run(strconv.Itoa(total), func(b *testing.B) {
			eng, _ := benchEngine(b, rewardsBeside(total)...)
			recordEach(b, eng, 1)
		})
	}
}

// BenchmarkRecord_manyRewards measures an event of a task that so many rewards read, in time and in rows written: an event
// that completes nothing, one that pays a single one of them, and one that pays each.
func BenchmarkRecord_manyRewards(b *testing.B) {
	for _, pays := range []string{"none", "one", "all"} {
		for _, n := range []int{1, 30} {
			b.Run(fmt.Sprintf("pays=%s/rewards=%d", pays, n), func(b *testing.B) {
				docs, paid := []engine.Document{task.Config{Code: "order", Period: rule.Unlimited}}, 0
				for i := range n {
					need := int64(1_000_000)
					if pays == "all" || pays == "one" && i == 0 {
						need, paid = 1, paid+1
					}
					docs = append(docs, reward.Config{Code: "RS" + strconv.Itoa(i), Amount: ledger.Whole("CNY", 1),
						Rule: rule.Count("order", need)})
				}
				eng, st := benchEngine(b, docs...)
				recordEach(b, eng, paid)
				b.ReportMetric(float64(st.rows)/float64(b.N+10_000), "rows/event")
			})
		}
	}
}

// BenchmarkRecord_afterARecount measures the same event after a hundred thousand of another user were counted again: it must not
// cost more. With many turns, as of -benchtime 1s, the collector hides what it does; -benchtime 2000x shows it.
func BenchmarkRecord_afterARecount(b *testing.B) {
	far := reward.Config{Code: "FAR", Amount: ledger.Whole("CNY", 1), Rule: rule.Count("order", 1_000_000),
		Window: rule.Window{End: benchNow().Add(24 * time.Hour)}}
	eng, _ := benchEngine(b, task.Config{Code: "order", Period: rule.Unlimited}, paysEach("RS1", "order"), far)
	events := make([]task.Event, 100_000)
	for i := range events {
		events[i] = task.Event{ID: strconv.Itoa(i), User: "hot", Task: "order"}
	}
	if _, err := eng.RecordBatch(b.Context(), events...); err != nil {
		b.Fatal(err)
	}
	far.Window.End = far.Window.End.Add(time.Hour)
	if _, err := eng.Put(b.Context(), engine.By{}, far); err != nil {
		b.Fatal(err)
	}
	if _, err := eng.Record(b.Context(), task.Event{ID: "last", User: "hot", Task: "order"}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if _, err := eng.Record(b.Context(), task.Event{ID: strconv.Itoa(n), User: "u" + strconv.Itoa(n), Task: "order"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecordBatch measures one call with an event of each of 100 users that pays one reward; ns/op is that of the
// whole call.
func BenchmarkRecordBatch(b *testing.B) {
	eng, _ := benchEngine(b, task.Config{Code: "order", Period: rule.Unlimited}, paysEach("RS1", "order"))
	ctx, users := b.Context(), names("user-", 10_000)
	events := make([]task.Event, 100)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for i := range events {
			events[i] = task.Event{ID: "order-" + strconv.Itoa(n), User: users[(n*len(events)+i)%len(users)], Task: "order"}
		}
		results, err := eng.RecordBatch(ctx, events...)
		if err != nil || results[0].Err != nil || len(results[99].Rewards) != 1 {
			b.Fatal(err, results[0].Err, results[99])
		}
	}
	b.ReportMetric(float64(b.N*len(events))/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkRecordBatch_ofOneUser measures one call with so many events of one user; ns/event must not grow with their number.
func BenchmarkRecordBatch_ofOneUser(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			eng, _ := benchEngine(b, task.Config{Code: "order", Period: rule.Unlimited})
			events := make([]task.Event, n)
			for i := range events {
				events[i] = task.Event{ID: strconv.Itoa(i), Task: "order"}
			}
			b.ReportAllocs()
			for turn := 0; b.Loop(); turn++ {
				for i := range events {
					events[i].User = "user-" + strconv.Itoa(turn)
				}
				results, err := eng.RecordBatch(b.Context(), events...)
				if err != nil || results[n-1].Err != nil {
					b.Fatal(err, results[n-1].Err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
		})
	}
}

// BenchmarkBoard measures what a page with 50 tasks and 20 rewards costs, for a user who did each task once.
func BenchmarkBoard(b *testing.B) {
	var docs []engine.Document
	codes := names("TS", 50)
	for _, code := range codes {
		docs = append(docs, task.Config{Code: code, Period: rule.Daily})
	}
	for i := range 20 {
		docs = append(docs, reward.Config{Code: "RS" + strconv.Itoa(i), Amount: ledger.Whole("CNY", 1),
			Rule: rule.All(rule.Streak(codes[2*i], 3), rule.Count(codes[2*i+1], 1))})
	}
	eng, _ := benchEngine(b, docs...)
	ctx := b.Context()
	for i, code := range codes {
		if _, err := eng.Record(ctx, task.Event{ID: "e" + strconv.Itoa(i), User: "lin", Task: code}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		board, err := eng.Board(ctx, "lin")
		if err != nil || len(board.Tasks) != 50 || len(board.Rewards) != 20 {
			b.Fatal(err, len(board.Tasks), len(board.Rewards))
		}
	}
}

// BenchmarkCatalog measures a catalog of so many rewards, ten on a task: compile reads all its documents from the store
// and compiles them, as a process does when it starts; put changes one reward's note and brings the engine up to date.
func BenchmarkCatalog(b *testing.B) {
	for _, total := range []int{1_000, 100_000} {
		b.Run("compile/"+strconv.Itoa(total), func(b *testing.B) {
			_, st := benchEngine(b, rewardsBeside(total)...)
			b.ReportAllocs()
			for b.Loop() {
				eng, err := engine.New(st, engine.Options{Now: benchNow})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := eng.Catalog(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("put/"+strconv.Itoa(total), func(b *testing.B) {
			eng, _ := benchEngine(b, rewardsBeside(total)...)
			c := paysEach("RS1", "order")
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				c.Note = strconv.Itoa(n)
				if _, err := eng.Put(b.Context(), engine.By{Actor: "ops"}, c); err != nil {
					b.Fatal(err)
				}
				if _, err := eng.Catalog(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
