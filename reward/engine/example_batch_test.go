package engine_test

import (
	"context"
	"fmt"
	"log"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// A batch has an answer for each event, in the order given; a bad one stops no other. Sent again, it changes nothing:
// the same ID with the same content is a replay, with other content a conflict.
func ExampleEngine_RecordBatch() {
	ctx := context.Background()
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "share", Period: rule.Unlimited},
		reward.Config{Code: "sharing", Amount: ledger.Whole("points", 3), Rule: rule.Count("share", 1)},
	)
	if err != nil {
		log.Fatal(err)
	}

	events := []task.Event{
		{ID: "s-1", User: "mei", Task: "share"},
		{ID: "s-1", User: "bo", Task: "share"}, // IDs are those of one user
		{ID: "s-2", User: "mei", Task: "shear"},
		{ID: "s-1", User: "mei", Task: "share", Growth: 2},
	}
	for range 2 {
		results, err := eng.RecordBatch(ctx, events...)
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range results {
			fmt.Println(r.Replay, len(r.Rewards), r.Err)
		}
	}
	// Output:
	// false 1 <nil>
	// false 1 <nil>
	// false 0 task "shear": unknown task
	// false 0 "s-1" of user "mei" was recorded with another growth
	// true 1 <nil>
	// true 1 <nil>
	// false 0 task "shear": unknown task
	// false 0 "s-1" of user "mei" was recorded with another growth
}
