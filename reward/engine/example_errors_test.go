package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/storetest"
	"github.com/guerdon-go/guerdon/task"
)

// An error means that nothing was recorded, unless it is engine.ErrUnknown, after which the event may be there: whatever else it is,
// send the event again with the same ID. The errors that the same event will meet again are those listed here. After any other, such
// as engine.ErrBusy or what a database says that is down, send it again too. That an event earned nothing is never an error.
func Example_errors() {
	ctx := context.Background()
	now := time.Date(2025, time.November, 5, 0, 0, 0, 0, time.UTC)
	st := storetest.Faulty(memory.New()) // a store that fails when it is told to
	eng, err := engine.New(st, engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		task.Config{Code: "profile", Attrs: rule.Schema{"age": rule.Int}},
	)
	if err != nil {
		log.Fatal(err)
	}

	// errors.Is says what happened, errors.AsType has the detail.
	tell := func(ev task.Event, call func(context.Context, task.Event) (engine.Outcome, error)) {
		out, err := call(ctx, ev)
		if errors.Is(err, engine.ErrUnknown) { // comes first: it may be any of the others as well
			fmt.Println("perhaps recorded, send it again, with the same ID:", err)
			return
		}
		if completed, ok := errors.AsType[*task.CompletedError](err); ok { // of Complete
			fmt.Println("completed already, at", completed.Record.Growth, "of", completed.Record.Max)
			return
		}
		if fault, ok := errors.AsType[*rule.FieldError](err); ok { // is rule.ErrInvalid, and there may be more of them
			fmt.Println("fault in", fault.Field+":", fault.Reason)
			return
		}
		is := func(target error) bool { return errors.Is(err, target) }
		switch {
		case err == nil:
			fmt.Printf("recorded, ignored %q\n", out.Ignored)
		case is(task.ErrConflict):
			fmt.Println("another event has that ID:", err)
		case is(rule.ErrTooLate), is(rule.ErrTooEarly):
			fmt.Println("not taken:", err)
		case is(task.ErrUnknown), is(task.ErrDerived), is(engine.ErrTooLarge), is(ledger.ErrOverflow):
			fmt.Println("not as the campaign is:", err)
		case is(store.ErrCorrupt), is(store.ErrInvalid), is(store.ErrUnsupported):
			fmt.Println("the store is at fault:", err)
		default:
			fmt.Println("send it again, with the same ID:", err)
		}
	}
	tell(task.Event{ID: "1", User: "mei", Task: "profile", Attrs: rule.Attrs{"age": "old"}}, eng.Record)
	tell(task.Event{ID: "1", User: "mei", Task: "profile"}, eng.Record)
	tell(task.Event{ID: "2", User: "mei", Task: "profile"}, eng.Record)
	tell(task.Event{ID: "3", User: "mei", Task: "profile"}, eng.Complete)
	tell(task.Event{ID: "1", User: "mei", Task: "profile", Meta: []byte(`{"from": "web"}`)}, eng.Record)
	tell(task.Event{ID: "4", User: "mei", Task: "profile", Time: now.Add(-100 * time.Hour)}, eng.Record)
	tell(task.Event{ID: "5", User: "mei", Task: "profil"}, eng.Record)
	st.Fail(storetest.OpLoad, 1, errors.New("connection refused"))
	for range 2 {
		tell(task.Event{ID: "6", User: "mei", Task: "profile"}, eng.Record)
	}
	st.Lose(storetest.OpCommit, 1) // it is recorded, and nobody is told
	st.Fail(storetest.OpLoad, 2, errors.New("connection refused"))
	for range 2 {
		tell(task.Event{ID: "7", User: "mei", Task: "profile"}, eng.Record)
	}
	// Output:
	// fault in attrs.age: must be an integer, got string
	// recorded, ignored ""
	// recorded, ignored "completed"
	// completed already, at 1 of 1
	// another event has that ID: "1" of user "mei" was recorded with another meta
	// not taken: event "4" of user "mei" at 2025-10-31T20:00:00Z: event time is too long ago
	// not as the campaign is: task "profil": unknown task
	// send it again, with the same ID: store load: connection refused
	// recorded, ignored "completed"
	// perhaps recorded, send it again, with the same ID: outcome unknown: store load: connection refused
	// recorded, ignored "completed"
}
