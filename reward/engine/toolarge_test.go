package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A match of a computed reward is decided with its event or never, so an event that cannot hold all of them is refused
// whole, and stops no other.
func TestRecord_S16_computedMatchesAreNeverLeftDue(t *testing.T) {
	b := setup(t, task.Config{Code: "order", Period: rule.Unlimited, Attrs: rule.Schema{"total": rule.Decimal}}, task.Config{Code: "login", Period: rule.Unlimited})
	for i := range 30 {
		b.put(reward.Config{Code: fmt.Sprint("R", i), Amount: ledger.Whole("points", 0), AmountFrom: "total", Rule: rule.Count("order", 1)})
	}
	b.st.limits = smallUnits
	results, err := b.RecordBatch(b.ctx, task.Event{ID: "o1", User: "lin", Task: "order", Attrs: rule.Attrs{"total": "7"}},
		task.Event{ID: "l1", User: "lin", Task: "login"})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(results[0].Err, engine.ErrTooLarge) || results[1].Err != nil {
		t.Errorf("errors are %v and %v", results[0].Err, results[1].Err)
	}
	for r, err := range b.Rewards(b.ctx, reward.Query{User: "lin"}) {
		t.Errorf("made %v, %v", r, err)
	}
}

// What an event must write may be more than a store takes for one user: then nothing is recorded.
func TestRecord_moreThanAUnitIsAnError(t *testing.T) {
	b := setup(t, task.Config{Code: "a", Period: rule.Unlimited})
	for i := range 40 {
		b.put(task.Config{Code: fmt.Sprint("d", i), Period: rule.Daily, Rule: rule.Count("a", 1)},
			reward.Config{Code: fmt.Sprint("R", i), Amount: ledger.Whole("points", 1), Rule: rule.Count(fmt.Sprint("d", i), 1)})
	}
	b.st.limits = smallUnits
	if _, err := b.Record(b.ctx, task.Event{ID: "a1", User: "lin", Task: "a"}); !errors.Is(err, engine.ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
}

// What other rewards leave due must not take the room of a computed one, whose match is decided with its event or never.
func TestRecord_S16_manyDueMatchesLeaveRoomForAComputedAmount(t *testing.T) {
	order := counter("order")
	order.Attrs = rule.Schema{"total": rule.Int}
	many := each("MANY", "order")
	many.Priority = 1
	computed := reward.Config{Code: "FROM", Amount: points(0), AmountFrom: "total", Rule: rule.Count("order", 1)}
	b := setup(t, order, many, computed)
	b.st.limits = smallUnits
	out := b.record(task.Event{User: "u", Task: "order", Growth: 500, Attrs: rule.Attrs{"total": 7}})
	want(t, "the computed amount", amounts(b.records("u", "FROM")), "[7 points]")
	want(t, "all of the other reward's matches", int64(len(b.records("u", "MANY")))+out.Due, 500)
}

// What a lost answer hid is this call's own, also when an event behind it turns out to fit into no unit.
func TestRecordBatch_S6_aLostAnswerBeforeAnEventThatFails(t *testing.T) {
	b := setup(t, task.Config{Code: "order", Period: rule.Unlimited, Attrs: rule.Schema{"total": rule.Decimal}}, counter("login"))
	for i := range 30 {
		b.put(reward.Config{Code: fmt.Sprint("R", i), Amount: points(0), AmountFrom: "total", Rule: rule.Count("order", 1)})
	}
	b.st.limits = smallUnits
	b.lose(1, true)
	results, err := b.RecordBatch(b.ctx, task.Event{ID: "l1", User: "lin", Task: "login"},
		task.Event{ID: "o1", User: "lin", Task: "order", Attrs: rule.Attrs{"total": "7"}})
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Err != nil || results[0].Replay || !errors.Is(results[1].Err, engine.ErrTooLarge) {
		t.Errorf("got replay %t, errors %v and %v", results[0].Replay, results[0].Err, results[1].Err)
	}
}
