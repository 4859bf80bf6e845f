// First is the example of the README: three orders earn five points.
package main

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

func main() {
	ctx := context.Background()
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := eng.PutMissing(ctx, engine.By{Actor: "deploy"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "order", Period: rule.Unlimited},
		reward.Config{Code: "third-order", Rule: rule.Count("order", 3), Amount: ledger.Whole("points", 5)},
	); err != nil {
		log.Fatal(err)
	}
	for _, id := range []string{"order-1", "order-2", "order-3"} {
		out, err := eng.Record(ctx, task.Event{ID: id, User: "mei", Task: "order"})
		if err != nil {
			log.Fatal(err) // send it again, with the same ID
		}
		for _, r := range out.Rewards {
			fmt.Println(r.ID, r.Status, r.Amount) // third-order/1 of mei granted 5 points
		}
	}
}
