package engine

import "context"

// A lane is a user, and who waits for it.
type lane struct {
	user        string
	held        bool // a call has the user
	first, last *job
	prev, next  *lane // in the ring of those that are ready; nil outside of it
}

// push puts a job behind those that wait, or before them.
func (l *lane) push(j *job, before bool) {
	j.in = l
	switch {
	case l.first == nil:
		l.first, l.last = j, j
	case before:
		l.first.prev, j.next, l.first = j, l.first, j
	default:
		l.last.next, j.prev, l.last = j, l.last, j
	}
}

// remove takes a job out of a lane.
func (l *lane) remove(j *job) {
	if j.prev == nil {
		l.first = j.next
	} else {
		j.prev.next = j.next
	}
	if j.next == nil {
		l.last = j.prev
	} else {
		j.next.prev = j.prev
	}
	j.in, j.prev, j.next = nil, nil, nil
}

// pop takes the first out of a lane.
func (l *lane) pop() *job {
	j := l.first
	l.remove(j)
	return j
}

// merge takes the first job out of a lane and adds the events of those behind it, as many as a unit may hold.
func (l *lane) merge() *job {
	j := l.pop()
	for len(j.more) == 0 && l.first != nil {
		k := l.first
		if k.turn != nil || k.own || k.call.e != j.call.e || len(k.more) > 0 || len(j.items)+len(k.items) > seqs {
			break
		}
		l.pop()
		j.items, j.left, k.into = append(j.items, k.items...), j.left || k.left, j
	}
	return j
}

// ready reports whether a call may lead for a lane: nobody has the user, and who is first is of the same engine.
func (l *lane) ready(c *call) bool { return l != nil && l.next != nil && l.first.call.e == c.e }

// waiting is the first of the calls that may lead for a lane and do nothing else now, or nil.
func (l *lane) waiting() *call {
	for j := l.first; j != nil; j = j.next {
		var found *call
		j.each(func(of *call) bool {
			if of.part.waits && of.e == l.first.call.e {
				found = of
			}
			return found == nil
		})
		if found != nil {
			return found
		}
	}
	return nil
}

// blocked reports whether who is first keeps others waiting: all its calls are at the store, and the first of those behind it
// that is not so can do nothing for it.
func (l *lane) blocked() bool {
	switch j := l.first; {
	case j.turn != nil:
		return false
	case j.own:
		return !j.assign()
	case !j.busy():
		return false
	}
	for j := l.first.next; j != nil; j = j.next {
		if j.turn != nil || !j.busy() {
			return j.turn != nil || j.own || j.call.e != l.first.call.e
		}
	}
	return false
}

// join lets a job wait for its user, behind the others or before them.
func (q *queue) join(j *job, before bool) {
	l := q.lanes[j.user]
	if l == nil {
		l = &j.lane
		*l = lane{user: j.user}
		q.lanes[j.user] = l
	}
	l.push(j, before)
	if !l.held {
		q.settle(l)
	}
}

// leave gives a user to whoever is next.
func (q *queue) leave(user string) {
	l := q.lanes[user]
	l.held = false
	q.settle(l)
}

// settle puts a lane that nobody holds where it belongs. What is of calls that are all at the store lets those behind it pass:
// they do not wait for what these calls wait for there.
func (q *queue) settle(l *lane) {
	for end := l.last; l.first != end && l.blocked(); {
		l.push(l.pop(), false)
	}
	switch j := l.first; {
	case j == nil:
		q.unlist(l)
		delete(q.lanes, l.user)
	case j.turn != nil:
		q.unlist(l)
		l.held = true
		close(l.pop().turn)
	case j.own:
		q.unlist(l)
		j.assign()
	default:
		q.list(l)
	}
}

// resettle settles the lanes of a call that has gone to the store, or has come back.
func (q *queue) resettle(c *call) {
	for _, joined := range c.part.joined {
		if l := joined.now().in; l != nil && !l.held {
			q.settle(l)
		}
	}
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

// assign chooses who does a job again, of the calls it is of: one that waits for nothing else, if there is one, and none that
// is at the store. It reports whether there is any.
func (j *job) assign() bool {
	var to *call
	j.each(func(of *call) bool {
		one := len(of.results) == 1
		if of.part.busy || to != nil && !one {
			return true
		}
		to = of
		return !one
	})
	if j.call = to; to == nil {
		j.call = j.items[0].call
		return false
	}
	to.signal()
	return true
}

// busy reports whether all calls a job is of are at the store.
func (j *job) busy() bool {
	all := true
	j.each(func(of *call) bool {
		all = of.part.busy
		return all
	})
	return all
}

// now is the job that a job's items are in.
func (j *job) now() *job {
	for j.into != nil {
		j = j.into
	}
	return j
}

// isFor reports whether a job waits for being done again by a call: the one that was chosen, or any where that is at the store.
func (j *job) isFor(c *call) bool {
	if j.in == nil || j.in.held || j.in.first != j || !j.own {
		return false
	}
	return j.call == c || j.call.part.busy && j.has(c)
}

// has reports whether any of a job's items is a call's.
func (j *job) has(c *call) bool {
	has := false
	j.each(func(of *call) bool {
		has = of == c
		return !has
	})
	return has
}

// waitsFor reports whether a job of a call waits in a lane for which the call may lead. A job may go on without the call that
// brought it: what is left of it then is others', and so are the locks it waits for.
func (j *job) waitsFor(c *call) bool { return j.in.ready(c) && j.has(c) }

// each calls f with the calls of a job's items, until it is false. Where they go by themselves those not looked at yet may be of
// others; elsewhere they are of the same call, and a large batch is not gone through.
func (j *job) each(f func(*call) bool) {
	var last *call
	for _, items := range [][]item{j.items, j.more} {
		for i := range items {
			if of := items[i].call; of != last {
				if last = of; !f(of) {
					return
				}
			}
		}
		if !j.apart {
			return
		}
	}
}

// turn waits until a user is free, for one who does not share. The user is the caller's until it is left.
func (q *queue) turn(ctx context.Context, user string) error {
	q.mu.Lock()
	j := &job{user: user, turn: make(chan struct{})}
	q.join(j, false)
	q.mu.Unlock()
	select {
	case <-j.turn:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	l := j.in
	if l == nil { // too late to step back
		q.leave(user)
		q.pass()
		return ctx.Err()
	}
	if l.remove(j); !l.held {
		q.settle(l)
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
