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

// What a user holds of an asset, and how it came to that.
func ExampleEngine_Statement() {
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
		task.Config{Code: "essay", Period: rule.Daily},
		reward.Config{Code: "fee", Amount: ledger.Whole("CNY", 30), Rule: rule.Count("essay", 1)},
	)
	if err != nil {
		log.Fatal(err)
	}

	for day := range 2 {
		now = shanghai.Date(2025, time.November, 4+day).Add(20 * time.Hour)
		if _, err := eng.Record(ctx, task.Event{ID: fmt.Sprint("essay-", day), User: "mei", Task: "essay"}); err != nil {
			log.Fatal(err)
		}
	}
	first := reward.ID{User: "mei", Reward: "fee", N: 1}
	if _, err := eng.Deduct(ctx, engine.By{Actor: "ann", Reason: "copied"}, first); err != nil {
		log.Fatal(err)
	}
	for line, err := range eng.Statement(ctx, "mei", "CNY") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(line.Transfer.Time.Format("02 Jan"), line.Change, "makes", line.After)
	}
	balances, err := eng.Balances(ctx, "mei")
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range balances {
		fmt.Println(b.Account, b.Amount())
	}
	// Output:
	// 04 Nov 30 CNY makes 30 CNY
	// 05 Nov 30 CNY makes 60 CNY
	// 05 Nov -30 CNY makes 30 CNY
	// mei/available/CNY 30 CNY
	// mei/issued/CNY -30 CNY
}
