package workload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/task"
)

// A Sender sends events by several goroutines, each to one of the engines.
type Sender struct {
	Engines    []*engine.Engine
	Goroutines int
	// Batch is how many events a batch has at most; half of the calls send one event alone. 1 sends no batches.
	Batch int
	// Timeout is that of a call. Zero is none.
	Timeout time.Duration
	// Patience is for how long an event is sent again that failed, because a server is down or a call took too long. An event
	// that fails for good is an error of Send.
	Patience time.Duration
	// Answered is called with every event that was answered without an error, by one goroutine at a time.
	Answered func(task.Event)
}

// Sent counts what came of the calls.
type Sent struct {
	mu sync.Mutex
	// Calls is how many there were, Events how many answers to events, Replays how many of these were repeats.
	Calls, Events, Replays int64
	// Busy, Unknown and Other are errors that events were answered with and sent again for.
	Busy, Unknown, Other int64
	// Sample is one of the others.
	Sample error
}

// String gives the counts.
func (s *Sent) String() string {
	text := fmt.Sprintf("%d calls, %d events, %d replays; %d busy, %d unknown, %d other errors", s.Calls, s.Events, s.Replays, s.Busy, s.Unknown, s.Other)
	if s.Sample != nil {
		text += fmt.Sprintf(" (%v)", s.Sample)
	}
	return text
}

// Errors is how many events were answered with an error.
func (s *Sent) Errors() int64 { return s.Busy + s.Unknown + s.Other }

// Send sends all events until each was answered without an error, or the context ends.
func (s Sender) Send(ctx context.Context, random *rand.Rand, events []task.Event) (*Sent, error) {
	sent := &Sent{}
	errs := make([]error, s.Goroutines)
	var wg sync.WaitGroup
	for g := range s.Goroutines {
		mine := share(events, g, s.Goroutines)
		r := rand.New(rand.NewPCG(random.Uint64(), uint64(g)))
		wg.Go(func() { errs[g] = s.run(ctx, s.Engines[g%len(s.Engines)], r, mine, sent) })
	}
	wg.Wait()
	return sent, errors.Join(errs...)
}

// share is the g-th of n parts.
func share(events []task.Event, g, n int) []task.Event {
	return events[len(events)*g/n : len(events)*(g+1)/n]
}

func (s Sender) run(ctx context.Context, e *engine.Engine, r *rand.Rand, events []task.Event, sent *Sent) error {
	var since time.Time // when calls began to fail
	for len(events) > 0 && ctx.Err() == nil {
		n := 1
		if s.Batch > 1 && r.IntN(2) == 0 {
			n = 1 + r.IntN(s.Batch)
		}
		n = min(n, len(events))
		failed, err := s.call(ctx, e, events[:n], sent)
		switch events = append(failed, events[n:]...); {
		case err == nil:
			since = time.Time{}
		case s.Patience == 0 || !since.IsZero() && time.Since(since) > s.Patience:
			return err
		case since.IsZero():
			since = time.Now()
		default: // the server is down or the machine is busy, and asking at once again makes neither better
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return ctx.Err()
}

// call sends some events, and answers those that must be sent again with one of their errors.
func (s Sender) call(ctx context.Context, e *engine.Engine, events []task.Event, sent *Sent) (failed []task.Event, err error) {
	if s.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.Timeout)
		defer cancel()
	}
	var results []engine.Result
	if len(events) == 1 {
		out, err := e.Record(ctx, events[0])
		results = []engine.Result{{Outcome: out, Err: err}}
	} else if results, err = e.RecordBatch(ctx, events...); err != nil {
		results = make([]engine.Result, len(events))
		for i := range results {
			results[i].Err = err
		}
	}
	sent.mu.Lock()
	defer sent.mu.Unlock()
	sent.Calls++
	for i, r := range results {
		if r.Err != nil {
			failed, err = append(failed, events[i]), r.Err
		}
		sent.count(r)
		if r.Err == nil && s.Answered != nil {
			s.Answered(events[i])
		}
	}
	return failed, err
}

func (s *Sent) count(r engine.Result) {
	switch {
	case r.Err == nil:
		s.Events++
		if r.Replay {
			s.Replays++
		}
	case errors.Is(r.Err, engine.ErrUnknown):
		s.Unknown++
	case errors.Is(r.Err, engine.ErrBusy):
		s.Busy++
	default:
		s.Other++
		s.Sample = r.Err
	}
}
