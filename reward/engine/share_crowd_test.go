package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A crowd is an engine in a bubble of time, and what its store was asked to commit. Commits wait at a gate.
type crowd struct {
	*bench
	mu      sync.Mutex
	commits [][]string // the users of each; guarded by mu
	gate    chan struct{}
	led     int // how many of the commits are of the first leaders
	opened  bool
	wg      sync.WaitGroup
}

// shared runs a test in a bubble, with a task "order" that pays each time.
func shared(t *testing.T, f func(t *testing.T, c *crowd)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{bench: setup(t, counter("order"), each("R", "order")), gate: make(chan struct{})}
		c.did("first", "order") // the catalog is compiled
		c.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
			c.saw(units)
			select {
			case <-c.gate:
			case <-ctx.Done():
			}
			return next()
		}
		f(t, c)
		c.open()
		c.wg.Wait()
	})
}

func (c *crowd) saw(units []store.Unit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commits = append(c.commits, usersOf(units))
}

func usersOf(units []store.Unit) []string {
	var users []string
	for _, u := range units {
		users = append(users, u.User)
	}
	return users
}

// open lets all commits pass from now on.
func (c *crowd) open() {
	if !c.opened {
		c.opened = true
		close(c.gate)
	}
}

// seen is what was committed so far.
func (c *crowd) seen() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.commits[c.led:])
}

// A reply is what a caller gets.
type reply struct {
	out    engine.Outcome
	err    error
	done   atomic.Bool
	cancel context.CancelFunc
	// panicked is what the store panicked with in the caller's goroutine.
	panicked any
}

// call lets a caller record an event, and comes back when the caller has got as far as it can.
func (c *crowd) call(user, id string) *reply {
	r := &reply{}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(c.ctx)
	c.t.Cleanup(r.cancel)
	c.wg.Go(func() {
		defer r.done.Store(true)
		defer func() { r.panicked = recover() }()
		r.out, r.err = c.Record(ctx, task.Event{ID: id, User: user, Task: "order"})
	})
	synctest.Wait()
	return r
}

// says is how a caller's answer reads.
func (r *reply) says() string {
	if !r.done.Load() {
		return "waits"
	}
	if r.panicked != nil {
		return fmt.Sprint("panic: ", r.panicked)
	}
	if r.err == nil {
		return strings.TrimSpace(fmt.Sprint(order(r.out), map[bool]string{true: " again"}[r.out.Replay]))
	}
	var is []string
	for _, x := range []struct {
		err  error
		name string
	}{{engine.ErrUnknown, "unknown"}, {context.Canceled, "cancelled"}, {context.DeadlineExceeded, "deadline"}, {engine.ErrBusy, "busy"}, {task.ErrConflict, "conflict"},
		{task.ErrUnknown, "no task"}, {engine.ErrTooLarge, "large"}, {store.ErrCorrupt, "corrupt"}} {
		if errors.Is(r.err, x.err) {
			is = append(is, x.name)
		}
	}
	if is == nil {
		return r.err.Error()
	}
	return strings.Join(is, " ")
}

// leaders lets as many lead as may: callers whose commits wait at the gate.
func (c *crowd) leaders() {
	for i := range fewCalls {
		c.call(fmt.Sprint("a", i), "1")
	}
	want(c.t, "an idle engine waits for nothing, nor does one of few calls", len(c.commits), fewCalls)
	c.led = len(c.commits)
}

// fewCalls is how many callers lead at once on a store that takes long, each for itself.
const fewCalls = 5

// follow lets the leaders go, so that one of those who wait leads.
func (c *crowd) follow() {
	for range c.led {
		c.gate <- struct{}{}
		synctest.Wait() // the first who is woken leads, and nobody else is
	}
}
