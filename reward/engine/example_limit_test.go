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

// Two shares a day earn three points each, all rewards of the group ten: the fourth grant is cut to what is left. A
// match that is blocked uses nothing, and is not made up for later.
func Example_limits() {
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
		task.Config{Code: "share", Period: rule.Unlimited},
		reward.Group{Code: "social", Cap: ledger.Whole("points", 10)},
		reward.Config{Code: "sharing", Group: "social", Amount: ledger.Whole("points", 3), Rule: rule.Count("share", 1),
			Limit: rule.Limit{PerCycle: 2, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}},
	)
	if err != nil {
		log.Fatal(err)
	}

	for i := range 6 {
		now = shanghai.Date(2025, time.November, 4+i/3).Add(time.Duration(8+i) * time.Hour)
		out, err := eng.Record(ctx, task.Event{ID: fmt.Sprint("share-", i), User: "mei", Task: "share"})
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range out.Rewards {
			fmt.Println(r.ID, r.Amount)
		}
		for _, b := range out.Blocked {
			fmt.Println(b.Reward, "blocked:", b.Reason, "until", b.Until.Format(time.RFC3339))
		}
	}
	// Output:
	// sharing/1 of mei 3 points
	// sharing/2 of mei 3 points
	// sharing blocked: user_cycle until 2025-11-04T16:00:00Z
	// sharing/4 of mei 3 points
	// sharing/5 of mei 1 points
	// sharing blocked: user_cycle until 2025-11-05T16:00:00Z
}
