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

// Three orders earn five points. Nothing else is needed but a catalog, which an application puts at every start.
func ExampleEngine_Record() {
	ctx := context.Background()
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.PutMissing(ctx, engine.By{Actor: "ops"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "order", Period: rule.Unlimited},
		reward.Config{Code: "third-order", Amount: ledger.Whole("points", 5), Rule: rule.Count("order", 3)},
	)
	if err != nil {
		log.Fatal(err)
	}

	for _, id := range []string{"order-1", "order-2", "order-3"} {
		out, err := eng.Record(ctx, task.Event{ID: id, User: "mei", Task: "order"})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, "finished", out.Tasks[0].Times, "and earned", len(out.Rewards))
		for _, r := range out.Rewards {
			fmt.Println(r.ID, r.Status, r.Amount)
		}
	}
	// Output:
	// order-1 finished 1 and earned 0
	// order-2 finished 2 and earned 0
	// order-3 finished 3 and earned 1
	// third-order/1 of mei granted 5 points
}
