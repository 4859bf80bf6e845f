package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A command is a call to an engine and the same to the model.
type command struct {
	// name is the call as it stands in the log of a play.
	name   string
	run    func(context.Context, *engine.Engine) answer
	mirror func(*model) answer
	// users are those of a batch, each once. The engine decides one user's events in the order given, but it is free to
	// take the users of a batch in any order.
	users []string
}

// An answer is what a call came to.
type answer struct {
	Results []result
	Moved   *reward.Moved
}

// A result is an outcome or an error, the error by what it matches and by the detail it carries.
type result struct {
	Outcome engine.Outcome
	Err     string
	Field   string
	Task    *task.Record
	Record  *reward.Record
	err     error
}

func resultOf(out engine.Outcome, err error) result {
	r := result{Outcome: out, err: err}
	if err == nil {
		return r
	}
	r.Outcome = engine.Outcome{}
	r.Err = sentinel(err)
	if e, ok := errors.AsType[*task.ConflictError](err); ok && r.Err == task.ErrConflict.Error() {
		r.Field = e.Field
	}
	if e, ok := errors.AsType[*task.CompletedError](err); ok {
		r.Task = &e.Record
	}
	if e, ok := errors.AsType[*reward.StatusError](err); ok {
		r.Record = &e.Record
	}
	return r
}

// sentinel names what an error matches; the empty text is an error of the store or of the engine itself.
func sentinel(err error) string {
	for _, s := range []error{rule.ErrInvalid, rule.ErrTooLate, rule.ErrTooEarly, task.ErrUnknown, task.ErrDerived, task.ErrCompleted,
		task.ErrConflict, reward.ErrUnknown, reward.ErrStatus, reward.ErrNoDeduct, ledger.ErrInsufficient} {
		if errors.Is(err, s) {
			return s.Error()
		}
	}
	return "broken: " + err.Error()
}

// broken is an error that no input explains: the caller repeats the command.
func (a answer) broken() error {
	for _, r := range a.Results {
		if r.err != nil && sentinel(r.err) == "broken: "+r.err.Error() {
			return r.err
		}
	}
	return nil
}

// either compares the answer to a command that was repeated, as its first answer got lost: each part of it is what a first
// call or a repeat answers, but for what tells these two apart.
func (a answer) either(first, repeat answer) string {
	if a.Moved != nil {
		a.Moved = &reward.Moved{Record: a.Moved.Record}
	}
	if first.Moved != nil {
		first.Moved = &reward.Moved{Record: first.Moved.Record}
	}
	for i := range min(len(a.Results), len(first.Results)) {
		a.Results[i].Outcome.Replay, first.Results[i].Outcome.Replay, repeat.Results[i].Outcome.Replay = false, false, false
		if cmp.Equal(a.Results[i], repeat.Results[i], options()) {
			first.Results[i] = repeat.Results[i]
		}
	}
	return cmp.Diff(first, a, options())
}

// show is a document or an event for the log.
func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// recording is Record or Complete of one event.
func recording(e task.Event, finish bool) command {
	c := command{name: "record " + show(e)}
	if finish {
		c.name = "complete " + show(e)
	}
	c.run = func(ctx context.Context, eng *engine.Engine) answer {
		call := eng.Record
		if finish {
			call = eng.Complete
		}
		return answer{Results: []result{resultOf(call(ctx, e))}}
	}
	c.mirror = func(m *model) answer { return answer{Results: []result{resultOf(m.event(e, finish))}} }
	return c
}

// batching is RecordBatch.
func batching(events []task.Event) command {
	c := command{name: "batch"}
	for _, e := range events {
		c.name += "\n    " + show(e)
		if !slices.Contains(c.users, e.User) {
			c.users = append(c.users, e.User)
		}
	}
	c.run = func(ctx context.Context, eng *engine.Engine) answer {
		results, err := eng.RecordBatch(ctx, events...)
		if err != nil {
			return answer{Results: []result{resultOf(engine.Outcome{}, err)}}
		}
		var a answer
		for _, r := range results {
			a.Results = append(a.Results, resultOf(r.Outcome, r.Err))
		}
		return a
	}
	c.mirror = func(m *model) answer {
		a := answer{Results: make([]result, len(events))}
		order := m.batchOrder
		if order == nil {
			order = c.users
		}
		for _, user := range order {
			for i, e := range events {
				if e.User == user {
					a.Results[i] = resultOf(m.event(e, false))
				}
			}
		}
		return a
	}
	return c
}

// moving is Review, Claim, Deduct or Reinstate.
func moving(op string, by engine.By, id reward.ID, pass bool) command {
	c := command{name: fmt.Sprintf("%s %s pass=%t by %+v", op, id, pass, by)}
	c.run = func(ctx context.Context, eng *engine.Engine) answer {
		var moved reward.Moved
		var err error
		switch op {
		case "review":
			moved, err = eng.Review(ctx, by, id, pass)
		case "claim":
			moved, err = eng.Claim(ctx, id)
		case "deduct":
			moved, err = eng.Deduct(ctx, by, id)
		default:
			moved, err = eng.Reinstate(ctx, by, id)
		}
		return movedAnswer(moved, err)
	}
	c.mirror = func(m *model) answer { return movedAnswer(m.move(op, by, id, pass)) }
	return c
}

func movedAnswer(moved reward.Moved, err error) answer {
	a := answer{Results: []result{resultOf(engine.Outcome{}, err)}}
	if a.Results[0].Err == task.ErrConflict.Error() {
		a.Results[0].Field = "" // of a request any field that differs may be named
	}
	if err == nil {
		a.Moved = &moved
	}
	return a
}

// clone copies the model, so that an order of users can be tried. Facts never change, and documents are not changed by
// the calls that are tried.
func (m *model) clone() *model {
	c := *m
	c.people = map[string]*person{}
	for name, p := range m.people {
		q := *p
		q.events, q.byID, q.done = slices.Clone(p.events), maps.Clone(p.byID), maps.Clone(p.done)
		q.decided, q.requests = maps.Clone(p.decided), maps.Clone(p.requests)
		q.blocked = map[string]map[reward.Reason]int64{}
		for code, blocked := range p.blocked {
			q.blocked[code] = maps.Clone(blocked)
		}
		q.records = map[reward.ID]*granted{}
		for id, g := range p.records {
			h := *g
			q.records[id] = &h
		}
		q.lines = map[string][]ledger.Line{}
		for asset, lines := range p.lines {
			q.lines[asset] = slices.Clone(lines)
		}
		c.people[name] = &q
	}
	return &c
}

// orders are all orders of a few users, the given one first.
func orders(of []string) [][]string {
	if len(of) < 2 {
		return [][]string{of}
	}
	var all [][]string
	for i := range of {
		rest := slices.Delete(slices.Clone(of), i, i+1)
		for _, o := range orders(rest) {
			all = append(all, append([]string{of[i]}, o...))
		}
	}
	return all
}
