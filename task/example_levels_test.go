package task_test

import (
	"fmt"
	"time"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// How a record follows from growth: three levels, reached at 3, 7 and 10 pages of a week.
func ExampleRecord_Add() {
	read := task.Config{Code: "read", Period: rule.Weekly, Levels: []int64{3, 7, 10}}
	now := time.Date(2025, time.November, 4, 9, 0, 0, 0, time.UTC)
	var r task.Record
	for _, pages := range []int64{2, 2, 5, 4} {
		r = r.Add(read.Target(), pages, false, now, now)
		fmt.Printf("%d pages: level %d, %d of %d, finished %t\n", r.Sum, r.Level, r.Growth, r.Max, r.Finished)
	}
	// Output:
	// 2 pages: level 0, 2 of 3, finished false
	// 4 pages: level 1, 4 of 7, finished false
	// 9 pages: level 2, 9 of 10, finished false
	// 13 pages: level 3, 10 of 10, finished true
}
