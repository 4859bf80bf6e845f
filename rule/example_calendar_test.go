package rule_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// A game whose day ends at five in the morning in Shanghai.
func ExampleCalendar_Periods() {
	periods, err := rule.Calendar{Zone: "Asia/Shanghai", DayStart: 5}.Periods()
	if err != nil {
		fmt.Println(err)
		return
	}
	night := time.Date(2026, 3, 1, 4, 30, 0, 0, time.FixedZone("CST", 8*3600))
	for _, u := range []rule.Unit{rule.Day, rule.Week, rule.Month} {
		n := periods.Ordinal(u, night)
		w := periods.Bounds(u, n)
		fmt.Println(u, n, w.Start.In(night.Location()).Format(time.DateTime), "to", w.End.In(night.Location()).Format(time.DateTime))
	}
	// Output:
	// day 20512 2026-02-28 05:00:00 to 2026-03-01 05:00:00
	// week 2930 2026-02-23 05:00:00 to 2026-03-02 05:00:00
	// month 673 2026-02-01 05:00:00 to 2026-03-01 05:00:00
}

// Every fault is told at once.
func ExampleCalendar_Validate() {
	fmt.Println(rule.Calendar{Zone: "Local", DayStart: 24}.Validate())
	// Output:
	// zone: "Local": must not depend on the machine: name an IANA zone
	// day_start: "24": must be an hour, 0 to 23
}

// A window over whole days is written with the dates a person would say. The end is the first day that is outside.
func ExampleCalendar_Date() {
	cairo := rule.Calendar{Zone: "Africa/Cairo"}
	w := rule.Window{Start: cairo.Date(2026, time.April, 24), End: cairo.Date(2026, time.May, 1)}
	text, err := json.Marshal(w)
	fmt.Println(string(text), err)
	// Output: {"start":"2026-04-23T22:00:00Z","end":"2026-04-30T21:00:00Z"} <nil>
}

// Ten a fortnight, counted from the week a campaign began in.
func ExamplePeriods_Cycle() {
	calendar := rule.Calendar{Zone: "Europe/Berlin"}
	periods, err := calendar.Periods()
	if err != nil {
		fmt.Println(err)
		return
	}
	fortnight := rule.Cycle{Every: 2, Unit: rule.Week}
	began := calendar.Date(2026, time.March, 18) // a Wednesday
	n := periods.Cycle(fortnight, began, calendar.Date(2026, time.April, 1))
	w := periods.CycleBounds(fortnight, began, n)
	fmt.Println(n, w.Start.Format(time.RFC3339), w.End.Format(time.RFC3339))
	// Output: 1 2026-03-29T22:00:00Z 2026-04-12T22:00:00Z
}

// An event may be told late, and its own time decides what it counts for, but not for ever.
func ExamplePeriods_Takes() {
	periods, err := rule.Calendar{Lateness: 24 * time.Hour}.Periods()
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 5, 2, 0, 5, 0, 0, time.UTC)
	fmt.Println(periods.Takes(now, now.Add(-10*time.Minute)))
	fmt.Println(periods.Takes(now, now.Add(-25*time.Hour)))
	fmt.Println(periods.Takes(now, now.Add(time.Hour)))
	// Output:
	// <nil>
	// event time is too long ago
	// event time is in the future
}
