package enginetest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
)

// Run plays what applications and operators do on engines over a store, beside a model that keeps every event and works
// all answers out anew from the documented meaning. One subtest each holds one property; a failure prints the shortest
// play that shows it, with the seed.
//
// open gives an empty store, and registers with t what closes it. It is called once for every play, a few hundred times
// in all, and the stores must not share anything. The number of plays is rapid's: -rapid.checks, 100 unless said.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Run("S1 to S24: an engine answers and shows what the model does", func(t *testing.T) {
		machine(t, open, false, nil)
	})
	t.Run("S6 S15: engines on one store answer as one, also where they collide", func(t *testing.T) {
		machine(t, open, true, nil)
	})
	t.Run("S4 S19: whatever storage calls fail or lose their answer, commands that are repeated lead to the model's state", func(t *testing.T) {
		machine(t, open, false, drawFault)
	})
	t.Run("scenes", func(t *testing.T) { written(t, open) })
	t.Run("S12: matches depend on the set of events alone, and never fall", func(t *testing.T) { ordered(t, open) })
	t.Run("S15: budgets are exact under concurrency, and every event counts once", func(t *testing.T) {
		t.Run("engines that do not share", func(t *testing.T) { concurrent(t, open, engines{alone: true}) })
		t.Run("engines of several processes", func(t *testing.T) { concurrent(t, open, engines{}) })
		t.Run("one engine for all", func(t *testing.T) { concurrent(t, open, engines{one: true}) })
	})
	t.Run("S4 S19: each storage call in turn may fail or lose its answer", func(t *testing.T) { sweep(t, open) })
}

// drawFault makes about one call in eight go wrong.
func drawFault(t *rapid.T, op string) fault {
	return fault(max(0, between(t, -20, int(tear), op)))
}

// machine plays actions in any order and compares every answer, and after each action everything that can be read.
func machine(t *testing.T, open func(t *testing.T) store.Store, several bool, faults func(*rapid.T, string) fault) {
	var puts tally
	rapid.Check(t, func(rt *rapid.T) {
		g := newGame(rt, open(t), &puts, several)
		if faults != nil {
			g.faults = func(op string) fault { return faults(rt, op) }
		}
		var more []func(*rapid.T)
		if several {
			more = []func(*rapid.T){g.collide, g.collide, g.collide, g.collide, g.meet, g.meet, g.meet}
		}
		rt.Repeat(g.actions(more...))
	})
	puts.check(t)
}

// collide lets another engine record an event between what the first reads and what it commits.
func (g *game) collide(t *rapid.T) {
	first, second := g.drawEvent(t), g.drawEvent(t)
	if coin(t, "same user") {
		second.User = first.User
	}
	if coin(t, "same event") {
		second = alike(first)
	}
	outer, inner := recording(first, false), recording(second, false)
	if ids := g.recordIDs(); len(ids) > 0 && chance(t, 25, "a move") {
		id := pick(t, ids, "record")
		inner = moving(pick(t, []string{"review", "claim", "deduct"}, "op"), engine.By{}, id, true)
	}
	if coin(t, "turned") {
		outer, inner = inner, outer
	}
	other := g.engines[1]
	var before *answer
	g.hook.next = func(op string) fault {
		if op == "commit" && before == nil {
			a := inner.run(t.Context(), other)
			before = &a
		}
		return fine
	}
	g.note("collide: %s\n    before its commit: %s", outer.name, inner.name)
	got := outer.run(t.Context(), g.engines[0])
	g.hook.next = allFine
	if before == nil { // the first did not commit
		g.settle(t, outer, got)
		g.settle(t, inner, inner.run(t.Context(), other))
		return
	}
	g.settle(t, inner, *before)
	g.settle(t, outer, got)
}

func (g *game) settle(t tb, c command, got answer) {
	t.Helper()
	if err := got.broken(); err != nil {
		g.fatal(t, "%s: %v", c.name, err)
	}
	g.compare(t, c, got, false)
}

// ordered records one set of events in two orders on two stores.
func ordered(t *testing.T, open func(t *testing.T) store.Store) {
	var puts tally
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, true)
		games := [2]*game{plainGame(rt, w, open(t), &puts), plainGame(rt, w, open(t), &puts)}
		if games[0] == nil || games[1] == nil {
			rt.Skip("the catalog was refused")
		}
		now := w.start.AddDate(0, 0, 10)
		for _, g := range games {
			g.model.now = now
			g.clock.set(now)
		}
		g := games[0]
		var events []sent
		for range between(rt, 1, 25, "events") {
			e := g.drawEvent(rt)
			e.User = "ann"
			events = append(events, sent{event: e})
		}
		before := g.matches(rt)
		for _, s := range events {
			g.do(rt, recording(s.event, false))
			after := g.matches(rt)
			for code, n := range before {
				if after[code] < n {
					g.fatal(rt, "S12: matches of %s fell from %d to %d with %v", code, n, after[code], s.event)
				}
			}
			before = after
		}
		for _, s := range rapid.Permutation(events).Draw(rt, "another order") {
			games[1].do(rt, recording(s.event, false))
		}
		if one, two := fmt.Sprint(before), fmt.Sprint(games[1].matches(rt)); one != two {
			games[1].fatal(rt, "S12: the orders give the matches %s and %s", one, two)
		}
		for _, g := range games {
			if d := diffViews(rt, g.engines[0], g.model, []string{"ann"}); d != "" {
				g.fatal(rt, "%s", d)
			}
		}
	})
	puts.check(t)
}

// plainGame is a game of a given world, all of it put first.
func plainGame(t tb, w *world, st store.Store, puts *tally) *game {
	g := &game{world: w, clock: &clock{now: w.start}, edited: map[string]bool{}, puts: puts,
		model: newModel(w.start, w.words), hook: &wrapped{Store: st, next: allFine}}
	g.engines = []*engine.Engine{newEngine(t, g.hook, g.clock)}
	first, _ := w.documents()
	if !g.put(t, first...) {
		return nil
	}
	return g
}

// matches are the engine's, by reward.
func (g *game) matches(t *rapid.T) map[string]int64 {
	matches := map[string]int64{}
	for code := range g.model.rewards {
		e, err := g.engines[0].Explain(t.Context(), "ann", code)
		if err != nil {
			t.Fatalf("explain %s: %v", code, err)
		}
		matches[code] = e.Matches
	}
	return matches
}
