package engine

import (
	"slices"
	"sync"
	"time"
)

// A queue brings the callers of one engine together. Each user has a lane in which calls wait in order of arrival while
// another has the user; lanes that are free and waited for are ready. One of those who wait then leads: takes all that is
// ready, the events of a user as one job, and loads, decides and commits once for all of them. So a store that takes long is
// asked rarely, and no two calls of one process collide on a user.
//
// It starts no goroutine: leaders are callers. A caller that finds its user free and a place among the leaders leads at once,
// so an idle engine waits for nothing. When a leader is done, one of those who wait leads.
//
// What comes to nothing at the first try (somebody else has moved the user, a counter refused, the answer was lost) waits before
// all others of the user, for one of the calls it is of. That one does it again by itself and takes no leader's place. So
// whatever a user waits for, even a lock of somebody else's, is waited for by that user's callers alone.
type queue struct {
	mu      sync.Mutex
	lanes   map[string]*lane // of users that are under way or waited for; guarded by mu, as all below
	ready   lane             // the ring of lanes that are free and waited for
	calls   int              // the weight of those under way
	several int              // how many of them lead for several users,
	single  int              // and how many for a single one
	since   time.Time        // when the last of them began, on a slow store, by the machine's clock: no answer depends on it
	epoch   int              // rises when the leaders of the one before are no longer waited for
	watch   *call            // of those who wait for a place, the one that looks whether it takes too long
	pace    pace
	few     int // the weight of calls that are too few to share a slow store
}

const (
	// sharedMax is how many users a leader takes who has not brought them all itself: a large batch is no burden to others.
	sharedMax = 256
	// patience is how long the others count on a leader. A commit of a single user may wait for somebody's open
	// transaction; one of several does not, and takes longer by itself. Whoever leads must not stall the rest in any case.
	patience, patienceSeveral = 5 * time.Millisecond, 50 * time.Millisecond
)

func (q *queue) init(oneWriter bool) {
	q.lanes = map[string]*lane{}
	if q.few = fewCalls * smallCall; oneWriter { // which would wait for each other anyway
		q.few = smallCall
	}
	q.ready.prev, q.ready.next = &q.ready, &q.ready
	q.pace.slow = true
}

// part is what a call has to do with the queue. All of it is guarded by the queue's mu.
type part struct {
	pending []*job // which have not joined yet
	joined  []*job // what joined last
	weight  int    // in the queue's calls
	left    int    // how many of its events that joined have no answer
	leads   int    // for how many users it leads, since epoch
	epoch   int
	busy    bool // it is at the store
	waits   bool // for wake
	waited  bool // it has, since it last led
	yielded bool // and then let others in
	gone    bool // its caller has given up: nothing of it may be touched
	wake    chan struct{}
	timer   *time.Timer
}

// signal makes a call that waits look at where it stands.
func (c *call) signal() {
	if !c.part.waits {
		return // it will look anyway
	}
	select {
	case c.part.wake <- struct{}{}:
	default:
	}
}

// free reports whether somebody may lead: on a slow store one at a time does, unless there are few.
func (q *queue) free() bool {
	return !q.pace.slow || q.calls <= q.few || q.several+q.single == 0
}

// again takes what a call has to do again by itself: as many of its jobs as go together, or one. It may take long with that, so
// the others are left to other calls they are of.
func (q *queue) again(c *call, most int) []*job {
	jobs := c.single.taken[:0]
	for _, joined := range c.part.joined {
		if j := joined.now(); j.isFor(c) {
			jobs = append(jobs, j)
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	jobs = jobs[:together(jobs, most)]
	for _, j := range jobs {
		l := j.in
		l.pop()
		l.held = true
	}
	return jobs
}

// take takes what is ready for a leader: at most so many users, sorted. Its own come first, so that it never waits for the lock
// of a user that is none of them. What others add is bounded: nobody waits for more than that. On a fast store they add nothing.
func (q *queue) take(c *call, most int) []*job {
	jobs, events := c.single.taken[:0], 0
	take := func(l *lane) {
		q.unlist(l)
		l.held = true
		j := l.merge()
		jobs, events = append(jobs, j), events+len(j.items)
	}
	for _, joined := range c.part.joined {
		if j := joined.now(); j.waitsFor(c) {
			take(j.in)
		}
	}
	for l := q.ready.next; l != &q.ready && q.pace.slow && len(jobs) < min(most, sharedMax) && events < seqs; {
		next := l.next
		if l.ready(c) {
			take(l)
		}
		l = next
	}
	if len(jobs) > 1 {
		slices.SortFunc(jobs, byUser)
	}
	return jobs
}

// pass lets one of those who wait lead, if there is a place. It is woken, and the place is there for whoever comes first: that
// one takes all. On a fast store there is a leader for each user. If there is no place, one of those who wait is woken to watch
// those who lead.
func (q *queue) pass() {
	if q.watch != nil && !q.free() {
		return
	}
	for l := q.ready.next; l != &q.ready; l = l.next {
		if c := l.waiting(); c != nil {
			if c.signal(); q.pace.slow {
				return
			}
		}
	}
}

// lead makes a call a leader for so many users.
func (q *queue) lead(c *call, users int) {
	c.part.leads, c.part.epoch = users, q.epoch
	*q.place(users)++
	if q.pace.slow {
		q.since = time.Now()
	}
}

// follow makes it one no more.
func (q *queue) follow(c *call) {
	if c.part.leads > 0 && c.part.epoch == q.epoch {
		*q.place(c.part.leads)--
	}
	c.part.leads = 0
}

func (q *queue) place(users int) *int {
	if users > 1 {
		return &q.several
	}
	return &q.single
}

// overtake lets go of the leaders there are, if they have taken too long.
func (q *queue) overtake() {
	limit := patience
	if q.several > 0 {
		limit = patienceSeveral
	}
	if time.Since(q.since) >= limit {
		q.epoch++
		q.several, q.single = 0, 0
	}
}

// stuck reports whether something of a call, which is not all answered, waits for a leader and for nothing else.
func (q *queue) stuck(c *call) bool {
	for _, joined := range c.part.joined {
		if joined.now().waitsFor(c) {
			return true
		}
	}
	return false
}

// first reports whether a call is not one that has just come and finds others waiting, one of whom is about to lead.
func (q *queue) first(c *call) bool {
	return !q.pace.slow || c.part.waited || q.ready.next.first.call == c
}
