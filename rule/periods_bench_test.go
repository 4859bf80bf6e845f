package rule_test

import (
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// BenchmarkPeriods_Ordinal measures the ordinals of instants within a month, as events come, beside what the standard library
// takes to tell the local date.
func BenchmarkPeriods_Ordinal(b *testing.B) {
	for _, zone := range []string{"UTC", "Asia/Shanghai", "America/New_York"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			b.Fatal(err)
		}
		p, err := rule.Calendar{Zone: zone}.Periods()
		if err != nil {
			b.Fatal(err)
		}
		at := make([]time.Time, 1024)
		for i := range at {
			at[i] = time.Unix(1_790_000_000+int64(i)*2_539, 0)
		}
		for _, u := range periodUnits {
			b.Run(zone+"/"+u.String(), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					p.Ordinal(u, at[i%len(at)])
				}
			})
		}
		b.Run(zone+"/time.Date", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				at[i%len(at)].In(loc).Date()
			}
		})
	}
}

// BenchmarkPeriods_Bounds measures the bounds of a day.
func BenchmarkPeriods_Bounds(b *testing.B) {
	p, err := rule.Calendar{Zone: "America/New_York"}.Periods()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		p.Bounds(rule.Day, 20_000+i%1000)
	}
}

// BenchmarkCalendar_Periods measures compiling a calendar of a zone with summer time, its zone read from the database each time.
func BenchmarkCalendar_Periods(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (rule.Calendar{Zone: "America/New_York"}).Periods(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCalendar_Date measures a literal.
func BenchmarkCalendar_Date(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		rule.Calendar{Zone: "America/New_York"}.Date(2026, time.May, 1)
	}
}
