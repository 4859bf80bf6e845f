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

// What waits for review, a page at a time, newest first. A cursor is text, so it may travel in a link.
func ExampleEngine_Rewards() {
	ctx := context.Background()
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "essay", Period: rule.Unlimited},
		reward.Config{Code: "prize", Amount: ledger.Whole("points", 50), Rule: rule.Count("essay", 1), Review: true},
	)
	if err != nil {
		log.Fatal(err)
	}
	for i := range 5 {
		if _, err := eng.Record(ctx, task.Event{ID: fmt.Sprint("essay-", i+1), User: "mei", Task: "essay"}); err != nil {
			log.Fatal(err)
		}
	}

	q := reward.Query{Status: []reward.Status{reward.Pending}, Limit: 2}
	for {
		var page []reward.Record
		for r, err := range eng.Rewards(ctx, q) {
			if err != nil {
				log.Fatal(err)
			}
			page = append(page, r)
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			fmt.Println(r.ID, "for", r.Event)
		}
		fmt.Println("--")
		q = q.Next(page[len(page)-1])
	}
	// Output:
	// prize/5 of mei for essay-5
	// prize/4 of mei for essay-4
	// --
	// prize/3 of mei for essay-3
	// prize/2 of mei for essay-2
	// --
	// prize/1 of mei for essay-1
	// --
}
