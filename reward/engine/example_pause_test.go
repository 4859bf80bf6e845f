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

// What becomes due during a pause waits with Hold and is blocked with Drop. The first event after the resume decides
// what waited.
func ExampleEngine_Pause() {
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

	n := 0
	share := func() {
		n++
		out, err := eng.Record(ctx, task.Event{ID: fmt.Sprint("share-", n), User: "mei", Task: "share"})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("share", n, "- earned", len(out.Rewards), "waiting", out.Due, "blocked", out.Blocked)
	}
	by := engine.By{Actor: "ops", Reason: "something is wrong with shares"}
	if err := eng.Pause(ctx, by, "sharing", reward.Hold); err != nil {
		log.Fatal(err)
	}
	share()
	share()
	if err := eng.Resume(ctx, by, "sharing"); err != nil {
		log.Fatal(err)
	}
	share()
	if err := eng.Pause(ctx, by, "sharing", reward.Drop); err != nil {
		log.Fatal(err)
	}
	share()
	// Output:
	// share 1 - earned 0 waiting 1 blocked []
	// share 2 - earned 0 waiting 2 blocked []
	// share 3 - earned 3 waiting 0 blocked []
	// share 4 - earned 0 waiting 0 blocked [{sharing paused  0001-01-01 00:00:00 +0000 UTC 1}]
}
