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

// A daily punch card: publish something and share it one way or the other, all on one day. The card has no events of its
// own. What happened at 23:59 and arrives at 00:05 completes the day it happened on.
func Example_derivedTask() {
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
		task.Config{Code: "publish", Period: rule.Daily},
		task.Config{Code: "share-page", Period: rule.Daily},
		task.Config{Code: "share-work", Period: rule.Daily},
		task.Config{Code: "punch", Period: rule.Daily, Rule: rule.All(rule.Count("publish", 1),
			rule.Any(rule.Count("share-page", 1), rule.Count("share-work", 1)))},
		reward.Config{Code: "two-days", Amount: ledger.Whole("points", 10), Rule: rule.Count("punch", 2)},
	)
	if err != nil {
		log.Fatal(err)
	}

	did := func(code string, at time.Time) {
		out, err := eng.Record(ctx, task.Event{ID: code + at.Format(" 02 15:04"), User: "mei", Task: code, Time: at})
		if err != nil {
			log.Fatal(err)
		}
		for _, t := range out.Tasks {
			if t.Task == "punch" {
				day := shanghai.Date(1970, time.January, 1+int(t.Period))
				fmt.Println(code, "punched the card of", day.Add(12*time.Hour).Format("2 January"))
			}
		}
		for _, r := range out.Rewards {
			fmt.Println(r.ID, r.Amount)
		}
	}
	first, second := shanghai.Date(2025, time.November, 4), shanghai.Date(2025, time.November, 5)
	now = second.Add(5 * time.Minute)
	did("publish", first.Add(10*time.Hour))
	did("share-work", second.Add(-time.Minute))
	did("share-work", second.Add(2*time.Minute))
	did("publish", second.Add(3*time.Minute))
	// Output:
	// share-work punched the card of 4 November
	// publish punched the card of 5 November
	// two-days/1 of mei 10 points
}
