package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// An error means that nothing was recorded. errors.Is says what happened, errors.AsType has the detail. That an event
// earned nothing is never an error.
func Example_errors() {
	ctx := context.Background()
	now := time.Date(2025, time.November, 5, 0, 0, 0, 0, time.UTC)
	eng, err := engine.New(memory.New(), engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		task.Config{Code: "profile", Attrs: rule.Schema{"age": rule.Int}},
	)
	if err != nil {
		log.Fatal(err)
	}

	tell := func(ev task.Event, call func(context.Context, task.Event) (engine.Outcome, error)) {
		out, err := call(ctx, ev)
		if completed, ok := errors.AsType[*task.CompletedError](err); ok {
			fmt.Println("completed already, at", completed.Record.Growth, "of", completed.Record.Max)
			return
		}
		if fault, ok := errors.AsType[*rule.FieldError](err); ok {
			fmt.Println("fault in", fault.Field+":", fault.Reason)
			return
		}
		switch {
		case errors.Is(err, task.ErrConflict):
			fmt.Println("another event has that ID:", err)
		case errors.Is(err, rule.ErrTooLate), errors.Is(err, rule.ErrTooEarly):
			fmt.Println("not taken:", err)
		case errors.Is(err, engine.ErrUnknown), errors.Is(err, engine.ErrBusy):
			fmt.Println("send it again, with the same ID")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Printf("recorded, ignored %q\n", out.Ignored)
		}
	}
	tell(task.Event{ID: "1", User: "mei", Task: "profile", Attrs: rule.Attrs{"age": "old"}}, eng.Record)
	tell(task.Event{ID: "1", User: "mei", Task: "profile"}, eng.Record)
	tell(task.Event{ID: "2", User: "mei", Task: "profile"}, eng.Record)
	tell(task.Event{ID: "3", User: "mei", Task: "profile"}, eng.Complete)
	tell(task.Event{ID: "1", User: "mei", Task: "profile", Meta: []byte(`{"from": "web"}`)}, eng.Record)
	tell(task.Event{ID: "4", User: "mei", Task: "profile", Time: now.Add(-100 * time.Hour)}, eng.Record)
	// Output:
	// fault in attrs.age: must be an integer, got string
	// recorded, ignored ""
	// recorded, ignored "completed"
	// completed already, at 1 of 1
	// another event has that ID: "1" of user "mei" was recorded with another meta
	// not taken: event "4" of user "mei" at 2025-10-31T20:00:00Z: event time is too long ago
}
