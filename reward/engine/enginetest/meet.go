package enginetest

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/task"
)

// meet lets callers of one engine meet: while the first commits, the others record events, mostly of the same user. The
// answers are those of some order. The first commit may lose its answer, after it was applied or before.
func (g *game) meet(t *rapid.T) {
	events := []task.Event{g.drawEvent(t)}
	for range between(t, 1, 3, "others") {
		e := g.drawEvent(t)
		switch between(t, 0, 4, "like") {
		case 0:
		case 1:
			e = alike(events[0])
		default:
			e.User = events[0].User
		}
		events = append(events, e)
	}
	c := meeting(events, g.hook)
	c.fault = pick(t, []fault{fine, fine, lose, tear, fail}, "fault")
	g.note("%s, fault %d", c.name, c.fault)
	got := c.run(t.Context(), g.engines[0])
	g.hook.next = allFine
	if c.fault == fail && c.struck { // told to one who was alone: the caller repeats
		for i := range got.Results {
			if (answer{Results: got.Results[i : i+1]}).broken() != nil {
				got.Results[i] = recording(events[i], false).run(t.Context(), g.engines[0]).Results[0]
			}
		}
	}
	g.settle(t, c.command, got)
}

// A meet is a command of several callers, in which a commit may go wrong.
type meet struct {
	command
	fault  fault
	struck bool
}

// meeting is Record of several events at once, on the engine whose store's calls are looked at.
func meeting(events []task.Event, hook *wrapped) *meet {
	c := &meet{}
	c.name = "meet"
	for i, e := range events {
		c.name += "\n    " + show(e)
		c.users = append(c.users, strconv.Itoa(i))
	}
	c.run = func(ctx context.Context, eng *engine.Engine) answer {
		a := answer{Results: make([]result, len(events))}
		var others sync.WaitGroup
		var commits atomic.Int64
		begin := sync.OnceFunc(func() {
			for i := range events[1:] {
				others.Go(func() { a.Results[i+1] = resultOf(eng.Record(ctx, events[i+1])) })
			}
		})
		hook.next = func(op string) fault {
			if op != "commit" || commits.Add(1) > 1 {
				return fine
			}
			begin()
			for range 20 * len(events) { // most likely they wait by now; nothing depends on it
				runtime.Gosched()
			}
			c.struck = c.fault != fine
			return c.fault
		}
		a.Results[0] = resultOf(eng.Record(ctx, events[0]))
		begin() // the first did not commit
		others.Wait()
		return a
	}
	c.mirror = func(m *model) answer {
		a := answer{Results: make([]result, len(events))}
		order := m.batchOrder
		if order == nil {
			order = c.users
		}
		for _, at := range order {
			i, err := strconv.Atoi(at)
			if err != nil {
				panic(fmt.Sprint("an order of something else: ", at))
			}
			a.Results[i] = resultOf(m.event(events[i], false))
		}
		return a
	}
	return c
}
