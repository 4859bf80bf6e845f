package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/task"
)

// share does the jobs of a call together with those of others, and returns when all are answered or the caller gives up.
// The jobs of a large batch join a part at a time, so that others come between.
func (c *call) share(ctx context.Context, jobs []*job) {
	q, p := &c.e.shared.queue, &c.part
	most := max(1, c.e.st.Limits().Units)
	p.pending, p.weight, c.shares = jobs, weight(len(jobs)), true
	q.mu.Lock()
	q.calls += p.weight
	for p.left > 0 || len(p.pending) > 0 {
		if err := ctx.Err(); err != nil { // it could do nothing, and would fail at it for others
			c.giveUp(q, err)
			break
		}
		again := q.again(c, most)
		switch {
		case len(again) > 0:
			c.run(ctx, q, again)
		case p.left == 0:
			c.join(q, most)
		case q.free() && q.stuck(c) && q.first(c):
			if p.waited && !p.yielded && q.pace.slow { // let those in who were just answered, and come again
				p.yielded = true
				q.mu.Unlock()
				runtime.Gosched()
				q.mu.Lock()
				continue
			}
			p.waited = false
			jobs := q.take(c, most)
			q.lead(c, len(jobs))
			c.run(ctx, q, jobs)
		default:
			c.wait(ctx, q)
		}
	}
	q.calls -= p.weight
	q.pass()
	q.mu.Unlock()
}

// join lets the next part of a call's jobs join. Where all their users are free and there is a place among the leaders,
// the call leads at once; else others may come to do them, for whom the events are copied.
func (c *call) join(q *queue, most int) {
	p := &c.part
	n := min(len(p.pending), most)
	jobs := p.pending[:n:n]
	if !q.idle(jobs) {
		q.mu.Unlock()
		for _, j := range jobs {
			j.copy()
		}
		q.mu.Lock()
	}
	p.pending, p.joined, p.waited = p.pending[n:], jobs, false
	for _, j := range jobs {
		p.left += len(j.items) + len(j.more)
		q.join(j, false)
	}
}

// idle reports whether jobs may be led at once.
func (q *queue) idle(jobs []*job) bool {
	if !q.free() || q.pace.slow && q.ready.next != &q.ready {
		return false
	}
	for _, j := range jobs {
		if q.lanes[j.user] != nil {
			return false
		}
	}
	return true
}

// wait waits until something has happened for a call, or its context has ended. q.mu is held before and after.
func (c *call) wait(ctx context.Context, q *queue) {
	p := &c.part
	if p.wake == nil {
		p.wake = make(chan struct{}, 1)
	}
	p.waits, p.waited, p.yielded = true, true, false
	watches := q.watch == nil && !q.free() && q.stuck(c)
	if watches {
		q.watch = c
	}
	if q.pace.slow {
		q.pass()
	}
	var patient <-chan time.Time
	if watches {
		if p.timer == nil {
			p.timer = time.NewTimer(patience)
		}
		p.timer.Reset(patience)
		patient = p.timer.C
	}
	q.mu.Unlock()
	overdue := false
	select {
	case <-p.wake:
	case <-ctx.Done():
	case <-patient:
		overdue = true
	}
	if patient != nil {
		p.timer.Stop()
	}
	q.mu.Lock()
	if p.waits = false; watches {
		q.watch = nil
	}
	if overdue && !q.free() && q.stuck(c) {
		q.overtake()
	}
}

// run does a round, for others too, and sees to what comes of it. q.mu is held before and after, but not meanwhile. Should
// the store panic, the jobs are left to the other calls, as after a lost answer.
func (c *call) run(ctx context.Context, q *queue, jobs []*job) {
	p := &c.part
	p.busy = true
	q.resettle(c)
	c.timed = p.leads > 1 || p.leads > 0 && q.several+q.single > 1 // by itself it shares with nobody, and need not know
	q.pass()                                                       // what was not taken
	q.mu.Unlock()
	c.mixed, c.stored = false, 0
	for _, j := range jobs {
		c.mixed = c.mixed || j.call != c || sameCall(j.items) < len(j.items)
	}
	whole := false
	var took time.Duration
	defer func() {
		q.mu.Lock()
		if c.timed && whole {
			q.pace.learn(c.stored, took-c.stored)
		}
		c.after(ctx, q, jobs, whole)
		if !whole {
			q.calls -= p.weight
			q.mu.Unlock()
		}
	}()
	if p.leads == 0 {
		if err := pause(ctx, tried(jobs)); err != nil {
			whole = true // after sees to it
			return
		}
	}
	start := c.clock()
	cat, err := c.e.catalog(ctx)
	if err == nil {
		c.round(ctx, cat, jobs)
	} else {
		for _, j := range jobs {
			c.faulty(ctx, j, err, false)
		}
	}
	if c.timed {
		took = time.Since(start)
	}
	whole = true
}

// clock is the time where it is measured.
func (c *call) clock() (t time.Time) {
	if c.timed {
		t = time.Now()
	}
	return t
}

// storedSince adds the time since t to what the round was at the store.
func (c *call) storedSince(t time.Time) {
	if c.timed {
		c.stored += time.Since(t)
	}
}

// after answers what a round has found and leaves the users it is done with. What is left of a job waits again: if it is on its
// way, for the next leader, else for one of the calls it is of.
func (c *call) after(ctx context.Context, q *queue, jobs []*job, whole bool) {
	p := &c.part
	p.busy = false
	q.follow(c)
	p.left -= c.mine
	c.mine = 0
	c.deliver()
	stops := ctx.Err()
	if !whole {
		p.gone = true
		lose(jobs)
	}
	for _, j := range jobs {
		if j.deserted() {
			c.drop(j, nil, func(of *call) bool { return of.part.gone })
		}
		if len(j.items) > 0 && stops != nil {
			c.drop(j, stops, func(of *call) bool { return of == c })
		}
		if len(j.items) > 0 {
			if !j.own {
				j.call = j.items[0].call
				j.copy()
			}
			q.join(j, j.own || len(j.more) == 0)
		}
		q.leave(j.user)
	}
	p.left -= c.mine
	c.mine = 0
	q.resettle(c)
	if !whole {
		c.giveUp(q, errPanicked)
	}
	q.pass()
}

var errPanicked = errors.New("the store panicked")

// deliver answers the other calls' events, but those whose caller has given up.
func (c *call) deliver() {
	for i := range c.theirs {
		g := &c.theirs[i]
		p := &g.to.part
		if p.gone {
			continue
		}
		g.to.results[g.at], g.to.answered[g.at] = g.result, true
		if p.left--; p.left == 0 {
			g.to.signal()
		}
	}
	clear(c.theirs)
	c.theirs = c.theirs[:0]
}

// lose leaves jobs to other calls when the store has panicked. It may have committed what it was asked to, and may panic again
// for any of them.
func lose(jobs []*job) {
	for _, j := range jobs {
		if w := j.space; w != nil && w.decision.sent {
			w.decision.lose()
		}
		j.space, j.own = nil, true
	}
}

// giveUp answers what is left when the caller's context has ended. What waits in a lane was not touched; what is in a round
// may be recorded. q.mu is held.
func (c *call) giveUp(q *queue, err error) {
	p := &c.part
	for _, j := range p.pending {
		c.fail(j, err)
	}
	for _, joined := range p.joined {
		if j := joined.now(); j.in != nil {
			c.withdraw(q, j, err)
		}
	}
	p.gone = true
	for at := range c.results {
		if !c.answered[at] && c.results[at].Err == nil {
			c.results[at].Err = fmt.Errorf("%w: %w", ErrUnknown, err)
		}
	}
	q.pass()
}

// withdraw takes a call's events out of a job that waits.
func (c *call) withdraw(q *queue, j *job, err error) {
	l := j.in
	if c.drop(j, err, func(of *call) bool { return of == c }); len(j.items) == 0 {
		l.remove(j)
	} else if j.call == c {
		j.call = j.items[0].call
	}
	if !l.held {
		q.settle(l)
	}
}

// deserted reports whether a caller of a job's events has given up.
func (j *job) deserted() bool {
	gone := false
	j.each(func(of *call) bool {
		gone = of.part.gone
		return !gone
	})
	return gone
}

// copy makes the events of a job that are decided next independent of what their callers gave: a caller that gave up may do with it
// what it likes while somebody still decides. Those that are not looked at yet go with their caller.
func (j *job) copy() {
	for i := range j.items {
		if it := &j.items[i]; !it.copied {
			it.given, it.copied = copyEvent(it.given), true
		}
	}
}

func copyEvent(e task.Event) task.Event {
	e.Meta, e.Attrs = bytes.Clone(e.Meta), maps.Clone(e.Attrs)
	for name, v := range e.Attrs {
		switch v := v.(type) {
		case []string:
			e.Attrs[name] = slices.Clone(v)
		case []any:
			e.Attrs[name] = slices.Clone(v)
		}
	}
	return e
}
