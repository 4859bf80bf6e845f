package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// rowsOf counts the rows of one commit by kind, and the loads before it.
func (b *bench) rowsOf(f func()) (rows map[store.Kind]int, loads int) {
	rows = map[store.Kind]int{}
	b.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		for _, u := range units {
			for _, r := range append(append([]store.Row{}, u.Insert...), u.Put...) {
				rows[r.Key().Kind]++
			}
		}
		return next()
	}
	b.st.load = func(_ context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		loads++
		return next()
	}
	f()
	b.st.commit, b.st.load = nil, nil
	return rows, loads
}

func TestRecord_S13_thirtyRewardsOnOneTaskWriteOneTallyRow(t *testing.T) {
	b := setup(t, counter("order"), counter("other"))
	for i := range 30 {
		b.put(reward.Config{Code: fmt.Sprint("R", i), Amount: points(1), Rule: rule.Count("order", int64(100+i))},
			reward.Config{Code: fmt.Sprint("S", i), Amount: points(1), Rule: rule.Count("other", 1)})
	}
	b.did("lin", "order")
	rows, loads := b.rowsOf(func() { b.did("lin", "order") })
	want(t, "rows", rows, "map[cause:1 tally:1 task:1]")
	want(t, "loads", loads, 1)
	rows, _ = b.rowsOf(func() { b.record(task.Event{User: "lin", Task: "order", Growth: 98}) })
	want(t, "when one of them pays", rows, "map[balance:2 cause:1 entitlement:1 reward:1 tally:1 task:1 transfer:1]")
}

func TestRecord_S13_equalLeavesShareTheirState(t *testing.T) {
	order := counter("order")
	order.Attrs = rule.Schema{"shop": rule.String}
	b := setup(t, order)
	for i := range 10 { // put one by one they would differ in when they began to count
		b.put(each(fmt.Sprint("x", i), "order"))
	}
	b.put(reward.Config{Code: "a", Amount: points(1), Rule: rule.Distinct("order", "shop", 3)},
		reward.Config{Code: "b", Amount: points(1), Rule: rule.Distinct("order", "shop", 4)})
	rows, _ := b.rowsOf(func() {
		b.record(task.Event{User: "lin", Task: "order", Attrs: rule.Attrs{"shop": "one"}})
	})
	want(t, "one row for the value, one for the tally", []int{rows[store.KindValue], rows[store.KindTally]}, "[1 1]")
	rows, _ = b.rowsOf(func() {
		b.record(task.Event{User: "lin", Task: "order", Attrs: rule.Attrs{"shop": "one"}})
	})
	want(t, "a value that was counted writes none", rows[store.KindValue], 0)
}

func TestRecord_aReplayAndARefusalWriteNothing(t *testing.T) {
	b := setup(t, task.Config{Code: "once"}, each("R", "once"))
	ev := task.Event{ID: "e", User: "lin", Task: "once"}
	b.record(ev)
	for name, f := range map[string]func(){
		"a replay":    func() { b.record(ev) },
		"a conflict":  func() { b.Record(b.ctx, task.Event{ID: "e", User: "lin", Task: "once", Growth: 2}) },
		"a completed": func() { b.Complete(b.ctx, task.Event{ID: "f", User: "lin", Task: "once"}) },
		"unchanged":   func() { b.Reinstate(b.ctx, ops, reward.ID{User: "lin", Reward: "R", N: 1}) },
		"a refusal":   func() { b.Review(b.ctx, ops, reward.ID{User: "lin", Reward: "R", N: 1}, false) },
		"pages":       func() { b.everything("lin") },
	} {
		rows, _ := b.rowsOf(f)
		want(t, name, len(rows), 0)
	}
}

func TestRecord_aBatchIsOneReadAndOneWrite(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	var events []task.Event
	for i := range 100 {
		events = append(events, task.Event{ID: "e", User: fmt.Sprint("u", i), Task: "order"})
	}
	b.did("warm", "order")
	rows, loads := b.rowsOf(func() {
		if _, err := b.RecordBatch(b.ctx, events...); err != nil {
			t.Fatal(err)
		}
	})
	want(t, "loads and causes", []int{loads, rows[store.KindCause]}, "[1 100]")
}
