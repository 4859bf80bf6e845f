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

// Every three days in a row earn a yuan, once the profile is filled in. The profile is a gate: it counts whenever it was
// done, and is never used up. Day 6 is missed, so the second run starts anew.
func Example_streak() {
	ctx := context.Background()
	shanghai := rule.Calendar{Zone: "Asia/Shanghai"}
	now := shanghai.Date(2025, time.November, 4).Add(9 * time.Hour)
	eng, err := engine.New(memory.New(), engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		shanghai,
		ledger.Asset{Code: "CNY", Scale: 2},
		task.Config{Code: "login", Period: rule.Daily},
		task.Config{Code: "profile"},
		reward.Config{Code: "loyal", Amount: ledger.Whole("CNY", 1), Rule: rule.All(rule.Streak("login", 3), rule.Done("profile"))},
	)
	if err != nil {
		log.Fatal(err)
	}

	did := func(code string) engine.Outcome {
		out, err := eng.Record(ctx, task.Event{ID: code + now.Format(" 2006-01-02"), User: "mei", Task: code})
		if err != nil {
			log.Fatal(err)
		}
		return out
	}
	for day := 1; day <= 9; day++ {
		now = shanghai.Date(2025, time.November, 3+day).Add(20 * time.Hour)
		if day == 6 {
			continue
		}
		for _, r := range did("login").Rewards {
			fmt.Println("day", day, "login:", r.ID, r.Amount)
		}
		if day == 4 {
			for _, r := range did("profile").Rewards {
				fmt.Println("day", day, "profile:", r.ID, r.Amount)
			}
		}
	}
	// Output:
	// day 4 profile: loyal/1 of mei 1 CNY
	// day 9 login: loyal/2 of mei 1 CNY
}
