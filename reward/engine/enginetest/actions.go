package enginetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// actions are what an application and its operators do, one drawn evenly from a list where some stand more than once,
// and what must hold after each.
func (g *game) actions(more ...func(*rapid.T)) map[string]func(*rapid.T) {
	steps := append([]func(*rapid.T){g.record, g.record, g.record, g.record, g.record, g.record, g.complete, g.batch, g.batch,
		g.replay, g.conflict, g.refusedEvent, g.move, g.move, g.move, g.moveAgain, g.switchPause, g.edit, g.edit, g.putLater,
		g.putMissing, g.query, g.retire, g.advance, g.advance, g.advance}, more...)
	return map[string]func(*rapid.T){
		"step": func(t *rapid.T) { pick(t, steps, "step")(t) },
		"": func(t *rapid.T) {
			t.Helper()
			g.hook.next = allFine
			if d := diffViews(t, g.engine(), g.model, users); d != "" {
				g.fatal(t, "%s", d)
			}
			if broken := g.model.bounds(g.edited); len(broken) > 0 {
				g.fatal(t, "passed: %v", broken)
			}
		},
	}
}

// record records a few events: what is read is compared after each action, and most events change little of it.
func (g *game) record(t *rapid.T) {
	for range between(t, 1, 4, "events") {
		e := g.drawEvent(t)
		g.sent = append(g.sent, sent{e, false})
		g.do(t, recording(e, false))
	}
}

func (g *game) complete(t *rapid.T) {
	e := g.drawEvent(t)
	g.sent = append(g.sent, sent{e, true})
	g.do(t, recording(e, true))
}

// batch records events of several users, with repeats inside.
func (g *game) batch(t *rapid.T) {
	var events []task.Event
	for range between(t, 1, 6, "events") {
		if len(events) > 0 && chance(t, 20, "repeat") {
			events = append(events, alike(pick(t, events, "repeated")))
			continue
		}
		e := g.drawEvent(t)
		events = append(events, e)
		g.sent = append(g.sent, sent{e, false})
	}
	g.do(t, batching(events))
}

// replay sends an event again. One that was refused, as Complete does, may be taken this time.
func (g *game) replay(t *rapid.T) {
	s := g.drawSent(t)
	e := alike(s.event)
	if chance(t, 30, "untimed") {
		e.Time = time.Time{}
	}
	g.do(t, recording(e, s.finish))
}

func (g *game) drawSent(t *rapid.T) sent {
	if len(g.sent) == 0 {
		t.Skip("nothing was sent")
	}
	return pick(t, g.sent, "sent")
}

func (g *game) conflict(t *rapid.T) {
	s := g.drawSent(t)
	g.do(t, recording(drawOther(t, s.event, !s.event.Time.IsZero()), false))
}

// refusedEvent sends an event that is wrong in one way.
func (g *game) refusedEvent(t *rapid.T) {
	e := g.drawEvent(t)
	e.Time = time.Time{}
	c := g.world.periods.Calendar()
	switch between(t, 0, 4, "wrong") {
	case 0:
		e.Time = g.model.now.Add(-c.Lateness - time.Microsecond)
	case 1:
		e.Time = g.model.now.Add(c.Skew)
	case 2:
		e.Task = "none"
	case 3:
		e.Attrs = with(e.Attrs, "undeclared", "x")
	default:
		for _, c := range g.world.tasks {
			if g.model.tasks[c.Code] != nil && c.Derived() {
				e.Task, e.Attrs = c.Code, nil
			}
		}
	}
	g.do(t, recording(e, false))
}

// move reviews, claims, deducts or reinstates a record, in a state that allows it or not.
func (g *game) move(t *rapid.T) {
	ids := g.recordIDs()
	if len(ids) == 0 {
		t.Skip("no records")
	}
	id := pick(t, ids, "record")
	if chance(t, 5, "unknown") {
		id.N += 100
	}
	op := pick(t, []string{"review", "claim", "deduct", "reinstate"}, "op")
	if r := g.model.people[id.User].records[id]; r != nil && chance(t, 70, "fitting") {
		op = fittingOp(g.model.present(r).Status, op)
	}
	by := engine.By{Actor: pick(t, []string{"", "eve"}, "actor"), Reason: "because"}
	if op == "claim" {
		by = engine.By{}
	}
	if r := g.model.people[id.User].records[id]; r != nil && op != "claim" && chance(t, 35, "seq") {
		// A seq that is right where the record already is in the state the call leads to is neither a repeat nor a fault.
		_, to := g.model.step(r, op, true)
		if g.model.present(r).Status != to {
			by.Seq = r.Seq - int64(between(t, 0, 1, "stale"))
		}
	}
	if op != "claim" && chance(t, 35, "request") {
		g.count++
		by.Request = fmt.Sprintf("q%d", g.count)
	}
	c := moving(op, by, id, op == "review" && chance(t, 55, "pass"))
	g.moves = append(g.moves, c)
	g.do(t, c)
}

// fittingOp is a call that a state allows, if there is one.
func fittingOp(s reward.Status, otherwise string) string {
	switch s {
	case reward.Pending:
		return "review"
	case reward.Claimable:
		return "claim"
	case reward.Granted:
		return "deduct"
	case reward.Deducted:
		return "reinstate"
	}
	return otherwise
}

func (g *game) recordIDs() []reward.ID {
	var ids []reward.ID
	for _, p := range g.model.people {
		for id := range p.records {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b reward.ID) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Reward, b.Reward), cmp.Compare(a.N, b.N))
	})
	return ids
}

// moveAgain repeats a move, however long ago it was.
func (g *game) moveAgain(t *rapid.T) {
	if len(g.moves) == 0 {
		t.Skip("no moves")
	}
	g.do(t, pick(t, g.moves, "move"))
}

func (g *game) switchPause(t *rapid.T) {
	r := g.drawReward(t)
	policies := []reward.Policy{"", reward.Drop}
	if r.config.AmountFrom == "" {
		policies = append(policies, reward.Hold)
	}
	g.pause(t, r.config.Code, pick(t, policies, "policy"))
}

// drawReward draws a reward that was put and not retired.
func (g *game) drawReward(t *rapid.T) *rewardDoc {
	var codes []string
	for code, r := range g.model.rewards {
		if !r.retired {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		t.Skip("no rewards")
	}
	slices.Sort(codes)
	return g.model.rewards[pick(t, codes, "reward")]
}

// putLater puts the next document that was kept back.
func (g *game) putLater(t *rapid.T) {
	if len(g.later) == 0 {
		t.Skip("nothing is left to put")
	}
	if !g.put(t, g.later[0]) {
		g.later = nil // what follows may need it
		return
	}
	g.later = g.later[1:]
}

// putMissing puts documents that are there, which changes nothing, whatever they say.
func (g *game) putMissing(t *rapid.T) {
	c := g.drawReward(t).config
	c.Amount, c.Rule, c.Note = ledger.Whole("points", 99), rule.Count("t0", 99), "again"
	before := g.model.revision
	revision, ok := g.config(t, func(eng *engine.Engine) error {
		_, err := eng.PutMissing(t.Context(), engine.By{}, c, g.world.tasks[0])
		return err
	})
	if !ok || revision != before {
		g.fatal(t, "PutMissing of what is there: taken %t, revision %d after %d", ok, revision, before)
	}
}

// retire ends a reward, or a task that has events.
func (g *game) retire(t *rapid.T) {
	if !chance(t, 25, "really") {
		t.Skip("not now")
	}
	var doc engine.Document = g.drawReward(t).config
	if chance(t, 30, "a task") {
		d := g.model.tasks[pick(t, g.world.tasks, "task").Code]
		if d == nil || d.config.Derived() {
			t.Skip("a task without events")
		}
		doc = d.config
	}
	g.note("retire %s", show(doc))
	revision, ok := g.config(t, func(eng *engine.Engine) error { return eng.Retire(t.Context(), engine.By{}, doc) })
	if !ok {
		t.Fatalf("a retirement was refused")
	}
	g.model.retire(revision, doc)
}

// advance moves the clock: a little, to the next day, or far.
func (g *game) advance(t *rapid.T) {
	now := g.model.now
	switch between(t, 0, 3, "advance") {
	case 0:
		now = now.Add(time.Duration(between(t, 1, 7200, "seconds")) * time.Second)
	case 1:
		now = g.world.periods.Bounds(rule.Day, g.world.periods.Ordinal(rule.Day, now)).End
	default:
		now = now.Add(time.Duration(between(t, 1, 36, "hours")) * time.Hour)
	}
	g.model.now = now
	g.clock.set(now)
}
