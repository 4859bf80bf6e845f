package enginetest

import (
	"slices"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A scene is a play that is written down: what random plays found, or find seldom. The model says what is right.
type scene struct {
	name string
	play func(t *testing.T, g *game)
}

// day is midnight of a day of January 2026, in UTC; the 5th is a Monday.
func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func noon(n int) time.Time { return day(n).Add(12 * time.Hour) }

// now records an event at an instant.
func (g *game) now(t *testing.T, at time.Time, id, code string, growth int64) {
	t.Helper()
	g.at(at)
	g.do(t, recording(task.Event{ID: id, User: "ann", Task: code, Growth: growth}, false))
}

// at moves the clock.
func (g *game) at(now time.Time) {
	g.model.now = now
	g.clock.set(now)
}

// must puts documents that are taken.
func (g *game) must(t *testing.T, docs ...engine.Document) {
	t.Helper()
	if !g.put(t, docs...) {
		t.Fatalf("refused: %v", g.log)
	}
}

func prize(code string, r rule.Rule) reward.Config {
	return reward.Config{Code: code, Amount: ledger.Whole("points", 1), Rule: r}
}

// scenes are the plays that are written down: one for each fault that was found once, or that a play seldom comes upon.
func scenes() []scene { return slices.Concat(edits(), moves(), periods()) }

// edits are scenes of documents that change.
func edits() []scene {
	return []scene{
		{"S2: an equal calendar changes nothing", func(t *testing.T, g *game) {
			before := g.model.revision
			g.must(t, rule.Calendar{})
			if g.model.revision != before {
				t.Errorf("revision %d after %d", g.model.revision, before)
			}
		}},
		{"S21: a moved end of a derived task also completes what reads its periods", func(t *testing.T, g *game) {
			daily := task.Config{Code: "d", Period: rule.Daily, Window: rule.Window{End: day(6)}, Rule: rule.Count("many", 1)}
			g.must(t, task.Config{Code: "many", Period: rule.Unlimited}, daily,
				task.Config{Code: "w", Period: rule.Weekly, Rule: rule.Count("d", 2)},
				prize("r", rule.Count("w", 1)))
			g.now(t, noon(8), "e1", "many", 1)
			g.now(t, noon(9), "e2", "many", 1)
			daily.Window.End = day(20)
			g.must(t, daily)
			g.now(t, noon(14), "e3", "many", 1)
		}},
		{"S11: a gate on levels counts what came before its task's window was extended", func(t *testing.T, g *game) {
			once := task.Config{Code: "once", Levels: []int64{2, 4}, Window: rule.Window{End: day(7)}}
			first, second := prize("first", rule.Done("once").AtLevel(1)), prize("second", rule.Done("once").AtLevel(2))
			first.Window.End, second.Window.End = day(10), day(6)
			g.must(t, once, first, second)
			g.now(t, noon(5), "e1", "once", 1)
			g.now(t, noon(5), "e2", "once", 1)
			once.Window.End = day(30)
			g.must(t, once)
			g.now(t, noon(12), "e3", "once", 1)
		}},
		{"S21 S11: a gate that a rule gets before it begins counts what was", func(t *testing.T, g *game) {
			r, other := prize("r", rule.Count("many", 1)), prize("other", rule.Done("once"))
			r.Window, other.Window.End = rule.Window{Start: day(15), End: day(20)}, day(6)
			g.must(t, task.Config{Code: "many", Period: rule.Unlimited}, task.Config{Code: "once", Levels: []int64{2, 4}}, r, other)
			g.now(t, noon(5), "e1", "once", 2)
			g.now(t, noon(7), "e2", "once", 1)
			r.Rule = rule.All(rule.Count("many", 1), rule.Done("once").AtLevel(1))
			g.must(t, r)
			g.now(t, noon(16), "e3", "many", 1)
			g.now(t, noon(21), "e4", "once", 1)
			g.now(t, noon(22), "e5", "many", 1)
		}},
		{"S13 S21: a window that begins earlier than first said counts what was accepted since the put", func(t *testing.T, g *game) {
			r, other := prize("r", rule.Count("many", 1)), prize("other", rule.Count("many", 2))
			r.Window = rule.Window{Start: day(15)}
			g.must(t, task.Config{Code: "many", Period: rule.Unlimited}, r, other)
			g.now(t, noon(5), "e1", "many", 2)
			r.Window.Start = day(3)
			g.must(t, r)
			g.now(t, noon(6), "e2", "many", 1)
		}},
	}
}

// moves are scenes of a record's life.
func moves() []scene {
	return []scene{
		{"S19: a reinstatement is no repeat of a review that led to the same state", func(t *testing.T, g *game) {
			r := prize("r", rule.Count("many", 1))
			r.Review = true
			g.must(t, task.Config{Code: "many", Period: rule.Unlimited}, r)
			g.now(t, noon(5), "e1", "many", 1)
			id, by := reward.ID{User: "ann", Reward: "r", N: 1}, engine.By{Actor: "eve", Seq: 1}
			g.do(t, moving("review", by, id, true))
			g.do(t, moving("reinstate", by, id, false))
		}},
		{"S19: a rejection gives back to the cycle it was taken from", func(t *testing.T, g *game) {
			r, limit := prize("r", rule.Count("many", 1)), rule.Limit{PerCycle: 1, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}
			r.Review, r.Limit, r.Budget = true, limit, limit
			g.must(t, task.Config{Code: "many", Period: rule.Unlimited}, r)
			g.now(t, noon(5), "e1", "many", 1)
			g.now(t, noon(6), "e2", "many", 2)
			g.do(t, moving("review", engine.By{}, reward.ID{User: "ann", Reward: "r", N: 1}, false))
			g.do(t, recording(task.Event{ID: "e3", User: "ann", Task: "many", Time: noon(5)}, false))
			g.do(t, recording(task.Event{ID: "e4", User: "ann", Task: "many", Time: noon(5)}, false))
			g.now(t, noon(6), "e5", "many", 1)
		}},
	}
}

// periods are scenes of derived tasks.
func periods() []scene {
	return []scene{
		{"S8 S11: a gate that opens late finishes the later periods too", func(t *testing.T, g *game) {
			g.must(t, task.Config{Code: "many", Period: rule.Unlimited}, task.Config{Code: "once"},
				task.Config{Code: "d", Period: rule.Daily, Rule: rule.All(rule.Count("many", 1), rule.Done("once"))},
				task.Config{Code: "w", Period: rule.Weekly, Rule: rule.Count("d", 2)}, prize("r", rule.Count("w", 1)))
			g.now(t, noon(5), "e1", "many", 1)
			g.now(t, noon(6), "e2", "many", 1)
			g.do(t, recording(task.Event{ID: "e3", User: "ann", Task: "once", Time: noon(4)}, false))
		}},
		{"S21: a moved end, and an event that has the events counted again for something else", func(t *testing.T, g *game) {
			daily := task.Config{Code: "d", Period: rule.Daily, Window: rule.Window{End: day(6)}, Rule: rule.Count("many", 1)}
			both := prize("both", rule.All(rule.Count("many", 1), rule.Count("other", 1)))
			both.Window = daily.Window
			g.must(t, task.Config{Code: "many", Period: rule.Unlimited}, task.Config{Code: "other", Period: rule.Unlimited}, daily, both,
				prize("r", rule.Count("d", 1)))
			g.now(t, noon(8), "e1", "many", 1)
			daily.Window.End, both.Window.End = day(20), day(20)
			g.must(t, daily, both)
			g.now(t, noon(9), "e2", "other", 1)
			g.now(t, noon(10), "e3", "many", 1)
		}},
		{"S8: a moved end, and an event that is ignored", func(t *testing.T, g *game) {
			daily := task.Config{Code: "d", Period: rule.Daily, Window: rule.Window{End: day(6)}, Rule: rule.Count("many", 1)}
			many := task.Config{Code: "many", Period: rule.Unlimited}
			g.must(t, many, daily, prize("r", rule.Count("d", 1)), prize("s", rule.Count("d", 2)))
			g.now(t, noon(8), "e1", "many", 1)
			daily.Window.End = day(20)
			many.Window.End = day(10)
			g.must(t, daily, many)
			g.now(t, noon(12), "e2", "many", 1)
			g.now(t, noon(13), "e3", "many", 1)
		}},
	}
}

// written plays the scenes, and compares all that is shown after each.
func written(t *testing.T, open func(t *testing.T) store.Store) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			g := &game{clock: &clock{now: noon(4)}, model: newModel(noon(4), newWords()), edited: map[string]bool{}, puts: &tally{},
				hook: &wrapped{Store: open(t), next: allFine}}
			g.engines = []*engine.Engine{newEngine(t, g.hook, g.clock)}
			g.must(t, rule.Calendar{}, ledger.Asset{Code: "points"})
			s.play(t, g)
			if d := diffViews(t, g.engines[0], g.model, []string{"ann"}); d != "" {
				t.Errorf("%s", d)
			}
		})
	}
}
