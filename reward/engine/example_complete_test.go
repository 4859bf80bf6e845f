package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// A button that finishes a task: Complete fills the ten steps at once, and refuses another press under another ID. The same
// press sent again is a replay, and Record would have answered the second with Ignored.
func ExampleEngine_Complete() {
	ctx := context.Background()
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := eng.PutMissing(ctx, engine.By{Actor: "deploy"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "tour", Period: rule.Once, Levels: []int64{10}},
		reward.Config{Code: "toured", Rule: rule.Count("tour", 1), Amount: ledger.Whole("points", 5)},
	); err != nil {
		log.Fatal(err)
	}
	for _, press := range []string{"press-1", "press-1", "press-2"} {
		out, err := eng.Complete(ctx, task.Event{ID: press, User: "mei", Task: "tour"})
		if done, ok := errors.AsType[*task.CompletedError](err); ok {
			fmt.Printf("%s: done already, %d of %d\n", press, done.Record.Growth, done.Record.Max)
			continue
		}
		if err != nil {
			log.Fatal(err) // send it again, with the same ID
		}
		fmt.Println(press+":", out.Rewards[0].ID, out.Replay)
	}
	out, err := eng.Record(ctx, task.Event{ID: "step", User: "mei", Task: "tour"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("step:", out.Ignored)
	// Output:
	// press-1: toured/1 of mei false
	// press-1: toured/1 of mei true
	// press-2: done already, 10 of 10
	// step: completed
}
