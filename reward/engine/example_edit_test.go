package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// A campaign that is there changes by Put, never by PutMissing: read the document, edit it, and put it with the Revision it was
// read at. What decides which events count is fixed once the reward has started.
func ExampleEngine_Put_edit() {
	ctx := context.Background()
	now := time.Date(2025, time.November, 5, 0, 0, 0, 0, time.UTC)
	eng, err := engine.New(memory.New(), engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	loyal := reward.Config{Code: "loyal", Title: "Every third visit", Rule: rule.Count("visit", 3), Amount: ledger.Whole("points", 5)}
	start := func() { // what each start of the program does
		_, err := eng.PutMissing(ctx, engine.By{Actor: "deploy"}, ledger.Asset{Code: "points"},
			task.Config{Code: "visit", Period: rule.Unlimited}, loyal)
		if err != nil {
			log.Fatal(err)
		}
	}
	read := func() reward.Config {
		catalog, err := eng.Catalog(ctx)
		if err != nil {
			log.Fatal(err)
		}
		config, _ := catalog.Reward("loyal")
		return config
	}

	start()
	loyal.Title = "Each third visit"
	start() // the program has another title now, but the document is there
	fmt.Println(read().Title)

	edited, meanwhile := read(), read() // both have the Revision
	edited.Title, edited.Amount = "Each third visit", ledger.Whole("points", 10)
	_, err = eng.Put(ctx, engine.By{Actor: "ann", Reason: "autumn"}, edited)
	fmt.Println(read().Title, read().Amount, err)

	meanwhile.Title = "Three visits"
	_, err = eng.Put(ctx, engine.By{Actor: "bo"}, meanwhile)
	fmt.Println(errors.Is(err, engine.ErrStale)) // read it again, and edit that

	edited = read()
	edited.Rule = rule.Count("visit", 2)
	_, err = eng.Put(ctx, engine.By{Actor: "ann"}, edited)
	fmt.Println(err) // put a reward of another code for that, and retire this one
	// Output:
	// Every third visit
	// Each third visit 10 points <nil>
	// true
	// reward loyal: rule: is fixed once the document counts
}
