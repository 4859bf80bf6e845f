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

// What a page about one person shows, read at one instant: tasks with this period's record, rewards, balances.
func ExampleEngine_Board() {
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
		task.Config{Code: "login", Title: "Log in", Period: rule.Daily},
		task.Config{Code: "read", Title: "Read", Period: rule.Weekly, Levels: []int64{3, 10}},
		reward.Config{Code: "reader", Title: "Reader", Amount: ledger.Whole("points", 5), Rule: rule.Count("read", 1).AtLevel(1)},
	)
	if err != nil {
		log.Fatal(err)
	}

	for _, e := range []task.Event{{ID: "1", Task: "login"}, {ID: "2", Task: "read", Growth: 4}} {
		e.User = "mei"
		if _, err := eng.Record(ctx, e); err != nil {
			log.Fatal(err)
		}
	}
	board, err := eng.Board(ctx, "mei")
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range board.Tasks {
		fmt.Printf("%s: level %d, %d of %d, open %t, until %s\n", t.Config.Title, t.Record.Level, t.Record.Growth, t.Record.Max, t.Open,
			t.Period.End.Format(time.RFC3339))
	}
	for _, x := range board.Rewards {
		fmt.Println(x.Reward.Title, x.Phase, x.Granted, "so far")
	}
	fmt.Println(board.Balances)
	// Output:
	// Log in: level 1, 1 of 1, open false, until 2025-11-04T16:00:00Z
	// Read: level 1, 4 of 10, open true, until 2025-11-09T16:00:00Z
	// Reader running 1 so far
	// [5 points]
}
