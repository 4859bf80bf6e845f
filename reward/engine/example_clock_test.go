package engine_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// Time is an option. A test moves it; an event may also bring its own time, as far back as the calendar's Lateness.
func ExampleOptions() {
	ctx := context.Background()
	now := time.Date(2025, time.November, 4, 23, 30, 0, 0, time.UTC)
	eng, err := engine.New(memory.New(), engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		rule.Calendar{Zone: "America/New_York", DayStart: 5, Lateness: 24 * time.Hour},
		task.Config{Code: "login", Period: rule.Daily},
	)
	if err != nil {
		log.Fatal(err)
	}

	login := func(id string, at time.Time) {
		out, err := eng.Record(ctx, task.Event{ID: id, User: "mei", Task: "login", Time: at})
		if err != nil {
			fmt.Println(id, err)
			return
		}
		fmt.Printf("%s: day %d, ignored %q\n", id, out.Tasks[0].Period, out.Ignored)
	}
	login("evening", time.Time{})
	now = now.Add(10 * time.Hour) // 04:30 in New York, where a day starts at five
	login("night", time.Time{})
	now = now.Add(time.Hour)
	login("morning", time.Time{})
	login("yesterday noon", now.Add(-17*time.Hour))
	login("long ago", now.Add(-25*time.Hour))
	// Output:
	// evening: day 20396, ignored ""
	// night: day 20396, ignored "completed"
	// morning: day 20397, ignored ""
	// yesterday noon: day 20396, ignored "completed"
	// long ago event "long ago" of user "mei" at 2025-11-04T09:30:00Z: event time is too long ago
}
