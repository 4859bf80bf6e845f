package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

func TestScenario17_daysAreCalendarDaysOfTheActivity(t *testing.T) {
	for _, c := range []struct {
		zone       string
		start      time.Time
		days       int
		hours      int // of the day whose clock changes
		theOddDate int
	}{
		{"Asia/Shanghai", time.Date(2025, 11, 3, 16, 0, 0, 0, time.UTC), 3, 24, 2},
		{"America/New_York", time.Date(2025, 10, 31, 4, 0, 0, 0, time.UTC), 4, 25, 3},
		{"Europe/Berlin", time.Date(2026, 3, 27, 23, 0, 0, 0, time.UTC), 3, 23, 2},
	} {
		t.Run(c.zone, func(t *testing.T) {
			r := each("R", "order")
			r.Limit = rule.Limit{PerCycle: 3, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}
			b := setupIn(t, rule.Calendar{Zone: c.zone})
			b.clk.now = c.start.UTC() // the server's clock is UTC
			b.put(counter("order"), r, task.Config{Code: "sign-in", Period: rule.Daily},
				reward.Config{Code: "run", Amount: points(1), Rule: rule.Streak("sign-in", int64(c.days))})
			perDay := map[string]int{}
			signedIn := map[string]bool{}
			loc, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			hours := 0
			for ; ; b.clk.now = b.clk.now.Add(30 * time.Minute) {
				local := b.clk.now.In(loc)
				date := local.Format(time.DateOnly)
				if len(perDay) == c.days && perDay[date] == 0 {
					break
				}
				if len(perDay) == c.theOddDate && perDay[date] > 0 || len(perDay) == c.theOddDate-1 && perDay[date] == 0 {
					hours++
				}
				perDay[date] += len(b.did("lin", "order").Rewards)
				if local.Hour() >= 12 && !signedIn[date] {
					signedIn[date] = true
					want(t, "ignored "+date, b.did("lin", "sign-in").Ignored, "")
				}
			}
			want(t, "half hours of the day that changes", hours, 2*c.hours)
			for date, n := range perDay {
				want(t, "records on "+date, n, 3)
			}
			want(t, "runs", len(b.records("lin", "run")), 1)
		})
	}
}

// Whatever order events arrive in, what is finished and matched is the same as counting the history anew: the small form
// of what package enginetest does at length.
func TestScenario18_orderDoesNotMatter(t *testing.T) {
	b := setup(t, append(challengeDocs(), append(seedDocs(), counter("order"),
		reward.Config{Code: "three", Amount: points(1), Rule: rule.AtLeast(2, rule.Count("order", 3), rule.Streak("TS000061", 2), rule.Count("TS000805", 2))})...)...)
	b.clk.now = b.at(4, 9, 0)
	codes := []string{"TS000061", "TS000012", "TS000013", "TS000801", "TS000802", "TS000803", "TS000804", "order"}
	random := rand.New(rand.NewPCG(1, 2))
	for history := range 20 {
		var events []task.Event
		for i := range 40 {
			at := b.clk.now.Add(-time.Duration(random.Int64N(int64(71 * time.Hour))))
			events = append(events, task.Event{ID: fmt.Sprint("e", i), Task: codes[random.IntN(len(codes))], Time: at})
		}
		var first string
		for order := range 3 {
			user := fmt.Sprintf("u%d.%d", history, order)
			for _, ev := range events {
				ev.User = user
				b.record(ev)
			}
			got := ""
			for _, code := range []string{"RS000910", "three", "share7"} {
				x := b.explain(user, code)
				got += fmt.Sprint(code, " ", x.Matches, " ", x.Decided, " ", x.Granted, "; ")
			}
			if order == 0 {
				first = got
			}
			want(t, "matches of "+user, got, first)
			random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		}
	}
}
