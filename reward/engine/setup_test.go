package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// clock is a clock that tests move. It stands still while goroutines run.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// ops is who makes the calls of operators in tests.
var ops = engine.By{Actor: "ops", Reason: "test"}

// bench is an engine over an empty store, by default in memory and in Asia/Shanghai, on Tuesday 4 November 2025, 09:37.
// It has the assets CNY (two digits) and points.
type bench struct {
	*engine.Engine
	t   *testing.T
	ctx context.Context
	st  *hooked
	clk *clock
	cal rule.Calendar
	n   int
}

func setup(t *testing.T, docs ...engine.Document) *bench {
	t.Helper()
	return setupIn(t, rule.Calendar{Zone: "Asia/Shanghai"}, docs...)
}

// setupIn is setup in another calendar. The clock stands at 09:37 there.
func setupIn(t *testing.T, cal rule.Calendar, docs ...engine.Document) *bench {
	t.Helper()
	b := &bench{t: t, ctx: t.Context(), cal: cal, st: &hooked{Store: memory.New()}}
	b.clk = &clock{b.at(1, 9, 37)}
	b.Engine = b.another()
	b.put(append([]engine.Document{b.cal, ledger.Asset{Code: "CNY", Scale: 2}, ledger.Asset{Code: "points"}}, docs...)...)
	return b
}

// another returns one more engine on the bench's store and clock, as another process would have.
func (b *bench) another() *engine.Engine {
	b.t.Helper()
	eng, err := engine.New(b.st, engine.Options{Now: b.clk.Now})
	if err != nil {
		b.t.Fatal(err)
	}
	return eng
}

// at is a time of a day of the test's month: day 1 is Tuesday, 4 November 2025.
func (b *bench) at(day, hour, minute int) time.Time {
	return b.cal.Date(2025, time.November, 3+day).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// day moves the clock to noon of a day.
func (b *bench) day(n int) { b.clk.now = b.at(n, 12, 0) }

func (b *bench) put(docs ...engine.Document) int64 {
	b.t.Helper()
	revision, err := b.Put(b.ctx, ops, docs...)
	if err != nil {
		b.t.Fatal(err)
	}
	return revision
}

// refuse puts documents and expects exactly the faults named by their paths, in any order.
func (b *bench) refuse(paths []string, docs ...engine.Document) {
	b.t.Helper()
	before := b.revision()
	_, err := b.Put(b.ctx, ops, docs...)
	wantFaults(b.t, err, paths...)
	if after := b.revision(); after != before {
		b.t.Errorf("a refused put moved the catalog from revision %d to %d", before, after)
	}
}

func (b *bench) revision() int64 {
	b.t.Helper()
	cat, err := b.Catalog(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return cat.Revision()
}

// did records an event of a task now, with an ID of its own.
func (b *bench) did(user, code string) engine.Outcome {
	b.t.Helper()
	return b.record(task.Event{User: user, Task: code})
}

// doneAt records an event with a time.
func (b *bench) doneAt(user, code string, at time.Time) engine.Outcome {
	b.t.Helper()
	return b.record(task.Event{User: user, Task: code, Time: at})
}

// record records an event, with an ID of its own if it has none.
func (b *bench) record(ev task.Event) engine.Outcome {
	b.t.Helper()
	if ev.ID == "" {
		b.n++
		ev.ID = fmt.Sprint("e", b.n)
	}
	out, err := b.Record(b.ctx, ev)
	if err != nil {
		b.t.Fatalf("event %q of task %s: %v", ev.ID, ev.Task, err)
	}
	return out
}

// send records events in a batch or one by one.
func (b *bench) send(batch bool, events ...task.Event) []engine.Result {
	b.t.Helper()
	if batch {
		results, err := b.RecordBatch(b.ctx, events...)
		if err != nil {
			b.t.Fatal(err)
		}
		return results
	}
	var results []engine.Result
	for _, e := range events {
		out, err := b.Record(b.ctx, e)
		results = append(results, engine.Result{Outcome: out, Err: err})
	}
	return results
}

// records lists a user's records of a reward, oldest first.
func (b *bench) records(user, code string) []reward.Record {
	b.t.Helper()
	var list []reward.Record
	for r, err := range b.Rewards(b.ctx, reward.Query{User: user, Reward: code}) {
		if err != nil {
			b.t.Fatal(err)
		}
		list = append(list, r)
	}
	slices.Reverse(list)
	return list
}

// explain explains a reward.
func (b *bench) explain(user, code string) engine.Explanation {
	b.t.Helper()
	x, err := b.Explain(b.ctx, user, code)
	if err != nil {
		b.t.Fatal(err)
	}
	return x
}

// has is what a user has available of an asset, "0" for nothing.
func (b *bench) has(user, asset string) string {
	b.t.Helper()
	balances, err := b.Balances(b.ctx, user)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, x := range balances {
		if x.Account.Kind == ledger.Available && x.Account.Asset == asset {
			return x.Value.String()
		}
	}
	return "0"
}

// books checks that a user's balances are what their transfers come to (S27).
func (b *bench) books(user string, assets ...string) {
	b.t.Helper()
	var transfers []ledger.Transfer
	for _, asset := range assets {
		for line, err := range b.Statement(b.ctx, user, asset) {
			if err != nil {
				b.t.Fatal(err)
			}
			transfers = append(transfers, line.Transfer)
		}
	}
	balances, err := b.Balances(b.ctx, user)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := ledger.Audit(slices.Values(transfers), balances); err != nil {
		b.t.Errorf("the books of %s: %v", user, err)
	}
}

// everything is all that can be read about a user, as text: what it says must not change when nothing does.
func (b *bench) everything(user string) string {
	b.t.Helper()
	var text strings.Builder
	add := func(v any, err error) {
		if err != nil {
			b.t.Fatal(err)
		}
		j, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			b.t.Fatal(err)
		}
		text.Write(j)
	}
	var records []reward.Record
	for r, err := range b.Rewards(b.ctx, reward.Query{User: user}) {
		if err != nil {
			b.t.Fatal(err)
		}
		records = append(records, r)
	}
	add(records, nil)
	balances, err := b.Balances(b.ctx, user)
	add(balances, err)
	board, err := b.Board(b.ctx, user)
	add(board, err)
	return text.String()
}

// unmoved runs f and checks that nothing about a user changed.
func (b *bench) unmoved(user string, f func()) {
	b.t.Helper()
	before := b.everything(user)
	f()
	if after := b.everything(user); after != before {
		b.t.Errorf("something changed about %s:\nbefore %s\nafter %s", user, before, after)
	}
}

// faults lists the paths of all field errors in err, sorted.
func faults(err error) []string {
	var paths []string
	var walk func(error)
	walk = func(err error) {
		switch e := err.(type) {
		case nil:
		case *rule.FieldError:
			paths = append(paths, e.Field)
		case interface{ Unwrap() []error }:
			for _, e := range e.Unwrap() {
				walk(e)
			}
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		}
	}
	walk(err)
	slices.Sort(paths)
	return slices.Compact(paths)
}

// wantFaults checks that an error matches rule.ErrInvalid and has exactly the faults named.
func wantFaults(t *testing.T, err error, paths ...string) {
	t.Helper()
	want := slices.Sorted(slices.Values(paths))
	if got := faults(err); !errors.Is(err, rule.ErrInvalid) || !slices.Equal(got, want) {
		t.Errorf("faults of %q, want %q: %v", got, want, err)
	}
}

// want compares two values by how they print.
func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// numbers are the numbers of records.
func numbers(records []reward.Record) []int64 {
	var list []int64
	for _, r := range records {
		list = append(list, r.ID.N)
	}
	return list
}

// amounts are the amounts of records.
func amounts(records []reward.Record) []string {
	var list []string
	for _, r := range records {
		list = append(list, r.Amount.String())
	}
	return list
}

// blocks are the reasons and counts of blocked matches: "R: user_max 3".
func blocks(list []reward.Block) []string {
	var text []string
	for _, x := range list {
		text = append(text, fmt.Sprintf("%s: %s %d", x.Reward, x.Reason, x.Count))
	}
	return text
}

func points(n int64) ledger.Amount { return ledger.Whole("points", n) }

func num(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// each is a reward of 5 points for every completion of a task.
func each(code, of string) reward.Config {
	return reward.Config{Code: code, Amount: points(5), Rule: rule.Count(of, 1)}
}

// counter is an unlimited task: every event is a completion.
func counter(code string) task.Config { return task.Config{Code: code, Period: rule.Unlimited} }

// hooked is a store that tests reach into.
type hooked struct {
	store.Store
	load   func(ctx context.Context, r store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error)
	commit func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error)
	docs   func(ctx context.Context, after int64)
	limits func(store.Limits) store.Limits
}

// enforce gives the store a limit of rows for each unit, which it keeps.
func (b *bench) enforce(rows int) {
	limits := store.Limits{Units: 1000, Rows: 4 * rows, RowsPerUnit: rows}
	b.st.limits = func(store.Limits) store.Limits { return limits }
	b.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		if err := limits.Check(units...); err != nil {
			return nil, err
		}
		return next()
	}
}

func (h *hooked) Unwrap() store.Store { return h.Store }

func (h *hooked) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	next := func() (store.Snapshot, error) { return h.Store.Load(ctx, r) }
	if h.load == nil {
		return next()
	}
	return h.load(ctx, r, next)
}

func (h *hooked) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	next := func() ([]store.Result, error) { return h.Store.Commit(ctx, units...) }
	if h.commit == nil {
		return next()
	}
	return h.commit(ctx, units, next)
}

func (h *hooked) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	if h.docs != nil {
		h.docs(ctx, after)
	}
	return h.Store.Docs(ctx, after)
}

func (h *hooked) Limits() store.Limits {
	l := h.Store.Limits()
	if h.limits != nil {
		l = h.limits(l)
	}
	return l
}
