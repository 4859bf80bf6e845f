package engine_test

import (
	"context"
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

// Why did she not get it? The rule with what she has and what the next match needs, and what would block it.
func ExampleEngine_Explain() {
	ctx := context.Background()
	shanghai := rule.Calendar{Zone: "Asia/Shanghai"}
	now := shanghai.Date(2025, time.November, 4).Add(9 * time.Hour)
	eng, err := engine.New(memory.New(), engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		shanghai,
		ledger.Asset{Code: "points"},
		task.Config{Code: "login", Period: rule.Daily},
		task.Config{Code: "profile"},
		reward.Config{Code: "loyal", Amount: ledger.Whole("points", 1), Rule: rule.All(rule.Streak("login", 3), rule.Done("profile"))},
	)
	if err != nil {
		log.Fatal(err)
	}

	for day := range 2 {
		now = shanghai.Date(2025, time.November, 4+day).Add(20 * time.Hour)
		if _, err := eng.Record(ctx, task.Event{ID: fmt.Sprint("login-", day), User: "mei", Task: "login"}); err != nil {
			log.Fatal(err)
		}
	}
	if err := eng.Pause(ctx, engine.By{Actor: "ops"}, "loyal", reward.Hold); err != nil {
		log.Fatal(err)
	}
	x, err := eng.Explain(ctx, "mei", "loyal")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Phase, "matches", x.Matches)
	for _, p := range x.Progress.Of {
		fmt.Println(p.Rule.Task, p.Have, "of", p.Need, p.Met)
	}
	for _, b := range x.Next {
		fmt.Println("and it is", b.Reason)
	}
	// Output:
	// paused matches 0
	// login 2 of 3 false
	// profile 0 of 1 false
	// and it is paused
}
