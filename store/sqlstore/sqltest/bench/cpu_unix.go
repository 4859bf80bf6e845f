//go:build unix

package main

import (
	"syscall"
	"time"
)

// processor is the processor time that this process has taken, 0 where it is not told.
func processor() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
