package engine

import (
	"context"
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
// What comes to nothing at the first try (somebody else has moved the user, a counter refused, the answer was lost) is done
// again by one of the calls it is of, on its own: it keeps the user and no leader's place. So whatever a user waits for, even
// a lock of somebody else's, is waited for by that user's callers alone.
type queue struct {
	mu      sync.Mutex
	lanes   map[string]*lane // of users that are under way or waited for; guarded by mu, as all below
	ready   lane             // the ring of lanes that are free and waited for
	calls   int              // how many are under way
	several int              // how many of them lead for several users,
	single  int              // and how many for a single one
	since   time.Time        // when the last of them began, on a slow store, by the machine's clock: no answer depends on it
	epoch   int              // rises when the leaders of the one before are no longer waited for
	pace    pace
	few     int // how many calls are too few to share a slow store
}

// A lane is a user, and who waits for it.
type lane struct {
	user        string
	held        bool // a call has the user
	first, last *job
	prev, next  *lane // in the ring of those that are ready; nil outside of it
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
	if q.few = fewCalls; oneWriter { // which would wait for each other anyway
		q.few = 1
	}
	q.ready.prev, q.ready.next = &q.ready, &q.ready
	q.pace.slow = true
}

// part is what a call has to do with the queue. All but copied is guarded by the queue's mu.
type part struct {
	pending []*job // which have not joined yet
	joined  []*job // what joined last
	left    int    // how many of its events that joined have no answer
	own     []*job // what it must do again by itself; it has the users
	leads   int    // for how many users it leads, since epoch
	epoch   int
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

// join lets a job wait for its user, behind the others or before them.
func (q *queue) join(j *job, before bool) {
	l := q.lanes[j.user]
	if l == nil {
		l = &j.lane
		*l = lane{user: j.user}
		q.lanes[j.user] = l
	}
	switch {
	case l.first == nil:
		l.first, l.last, j.next = j, j, nil
	case before:
		l.first, j.next = j, l.first
	default:
		l.last.next, l.last, j.next = j, j, nil
	}
	if !l.held {
		q.list(l)
	}
}

// pop takes the first out of a lane.
func (l *lane) pop() *job {
	j := l.first
	if l.first = j.next; l.first == nil {
		l.last = nil
	}
	j.next = nil
	return j
}

func (q *queue) list(l *lane) {
	if l.next != nil {
		return
	}
	l.prev, l.next = q.ready.prev, &q.ready
	l.prev.next, l.next.prev = l, l
}

func (q *queue) unlist(l *lane) {
	if l.next == nil {
		return
	}
	l.prev.next, l.next.prev = l.next, l.prev
	l.prev, l.next = nil, nil
}

// leave gives a user to whoever is next.
func (q *queue) leave(user string) {
	l := q.lanes[user]
	l.held = false
	q.settle(l)
}

// settle puts a lane that nobody holds where it belongs.
func (q *queue) settle(l *lane) {
	switch {
	case l.first == nil:
		q.unlist(l)
		delete(q.lanes, l.user)
	case l.first.turn != nil:
		q.unlist(l)
		l.held = true
		close(l.pop().turn)
	default:
		q.list(l)
	}
}

// take takes what is ready for a leader: at most so many users, sorted. On a fast store it takes no users but its own.
func (q *queue) take(c *call, most int) []*job {
	t := taking{c: c, jobs: c.single.taken[:0], most: most}
	if !q.pace.slow {
		for _, joined := range c.part.joined {
			if l := q.lanes[joined.user]; l != nil && l.next != nil {
				t.take(q, l)
			}
		}
	} else {
		for l := q.ready.next; l != &q.ready; {
			next := l.next
			t.take(q, l)
			l = next
		}
	}
	if len(t.jobs) > 1 {
		slices.SortFunc(t.jobs, byUser)
	}
	return t.jobs
}

// taking is what a leader takes.
type taking struct {
	c      *call
	first  *call // whose job was taken first
	jobs   []*job
	events int
	most   int
}

// take takes a lane that is ready, if there is room for it. The call whose turn it is may fill a round; what others add is
// bounded, so that nobody waits for more than that.
func (t *taking) take(q *queue, l *lane) {
	of := l.first.call
	if of.e != t.c.e || len(t.jobs) >= t.most || of != t.first && t.first != nil && (len(t.jobs) >= sharedMax || t.events >= seqs) {
		return
	}
	if t.first == nil {
		t.first = of
	}
	q.unlist(l)
	l.held = true
	j := l.merge()
	t.jobs, t.events = append(t.jobs, j), t.events+len(j.items)
}

// merge takes the first job out of a lane and adds the events of those behind it, as many as a unit may hold.
func (l *lane) merge() *job {
	j := l.pop()
	for len(j.more) == 0 && l.first != nil && l.first.turn == nil {
		k := l.first
		if k.call.e != j.call.e || len(k.more) > 0 || len(j.items)+len(k.items) > seqs {
			break
		}
		l.pop()
		j.items = append(j.items, k.items...)
	}
	return j
}

// pass lets one of those who wait lead, if there is a place. It is woken, and the place is there for whoever comes first:
// that one takes all. On a fast store there is a leader for each user.
func (q *queue) pass() {
	for l := q.ready.next; l != &q.ready && q.free(); l = l.next {
		for j := l.first; j != nil; j = j.next {
			if j.call != nil && j.call.part.waits {
				j.call.signal()
				if q.pace.slow {
					return
				}
				break
			}
		}
	}
}

// lead makes a call a leader for so many users.
func (q *queue) lead(c *call, users int) {
	c.part.leads, c.part.epoch = users, q.epoch
	*q.place(users)++
	if q.pace.slow && q.calls > 1 {
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
	for _, j := range c.part.joined {
		if l := q.lanes[j.user]; l != nil && l.next != nil && l.first.call.e == c.e {
			return true
		}
	}
	return false
}

// first reports whether a call is not one that has just come and finds others waiting, one of whom is about to lead.
func (q *queue) first(c *call) bool {
	return !q.pace.slow || c.part.waited || q.ready.next.first.call == c
}

// learn takes what a round was measured to take. When a store turns out to take long, all who wait look where they stand:
// from now on they may wait for leaders.
func (q *queue) learn(stored, decided time.Duration) {
	if q.pace.learn(stored, decided) {
		for _, l := range q.lanes {
			for j := l.first; j != nil; j = j.next {
				if j.call != nil {
					j.call.signal()
				}
			}
		}
	}
}

// turn waits until a user is free, for one who does not share. The user is the caller's until it is left.
func (q *queue) turn(ctx context.Context, user string) error {
	q.mu.Lock()
	j := &job{user: user, turn: make(chan struct{})}
	q.join(j, false)
	if l := q.lanes[user]; !l.held && l.first == j {
		q.settle(l)
	}
	q.mu.Unlock()
	select {
	case <-j.turn:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-j.turn: // too late to step back
		q.leave(user)
		q.pass()
	default:
		q.remove(q.lanes[user], j)
	}
	return ctx.Err()
}

// end is called by whoever got a turn when it is over.
func (q *queue) end(user string) {
	q.mu.Lock()
	q.leave(user)
	q.pass()
	q.mu.Unlock()
}

// remove takes a job that waits out of its lane.
func (q *queue) remove(l *lane, j *job) {
	var before *job
	for k := l.first; k != j; k = k.next {
		before = k
	}
	if before == nil {
		l.first = j.next
	} else {
		before.next = j.next
	}
	if l.last == j {
		l.last = before
	}
	j.next = nil
	if !l.held {
		q.settle(l)
	}
}
