package engine

import (
	"runtime"
	"time"
)

// A pace says how many calls lead at once. A store in memory keeps a processor busy for each of them, so there may be as
// many as there are processors. One that takes long is better asked for many users at a time: by two calls, one of which
// loads and decides while the other commits.
type pace struct {
	procs int
	slow  bool
	cost  time.Duration // what an event takes from load to commit, smoothed
}

const (
	// slowFrom and fastBelow are what an event costs in stores that take long, and in those that do not. In between
	// everything stays as it is: sharing makes an event cheaper, and must not end for that.
	slowFrom  = 100 * time.Microsecond
	fastBelow = 40 * time.Microsecond
	// paired is how many lead on a store that takes long.
	paired = 2
)

func (p *pace) init() { p.procs = max(paired, runtime.GOMAXPROCS(0)) }

// leaders is how many may lead.
func (p *pace) leaders() int {
	if p.slow {
		return paired
	}
	return p.procs
}

// took learns from a round of so many events.
func (p *pace) took(d time.Duration, events int) {
	if events == 0 {
		return
	}
	p.cost += (d/time.Duration(events) - p.cost) / 8
	switch {
	case p.cost >= slowFrom:
		p.slow = true
	case p.cost < fastBelow:
		p.slow = false
	}
}
