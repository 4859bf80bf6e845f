package engine

import "time"

// A pace tells whether a store takes long, compared with what deciding takes. Of such a store one call at a time asks, for
// all who have come meanwhile. On any other, such as one in memory, it is the processors that are short: there each user has
// a leader of its own.
type pace struct {
	slow  bool // until it proves fast
	score int  // of samples that said otherwise; one alone may be a pause of the process
}

const (
	// fewCalls is how many calls are too few to share a slow store. A round of two users costs a server as much as two rounds, and
	// keeps its other processors idle: four who share are as fast as four who do not, eight by half faster (sqltest/bench).
	fewCalls = 5
	// A call of many users saves little by sharing, which then does one after the other what could be done at once: eight batches
	// of a hundred users that share do two thirds as many events. So fewer than nine of these are few.
	smallCall, largeCall = 8, 5
	largeUsers           = 16
	// convinced is how many samples more than to the contrary it takes.
	convinced = 8
)

// weight is what a call of so many users counts for, where the weight of few is fewCalls of smallCall.
func weight(users int) int {
	if users >= largeUsers {
		return largeCall
	}
	return smallCall
}

// learn takes a sample: how long a round was at the store, and how long it took for the rest. Rates between the two bounds
// change nothing: sharing makes a slow store faster for each event, and must not end for that.
func (p *pace) learn(stored, decided time.Duration) {
	switch {
	case stored+decided <= 0: // a clock that stands still tells nothing
	case stored > 8*decided+50*time.Microsecond:
		p.sample(true)
	case stored < 4*decided+20*time.Microsecond:
		p.sample(false)
	}
	if p.score >= convinced {
		p.slow, p.score = !p.slow, 0
	}
}

func (p *pace) sample(slow bool) {
	if slow != p.slow {
		p.score++
	} else {
		p.score = max(0, p.score-1)
	}
}
