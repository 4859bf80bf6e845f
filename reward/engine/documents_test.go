package engine_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// full is one document of each kind, with most fields set.
func full(b *bench) []engine.Document {
	window := rule.Window{Start: b.at(1, 0, 0), End: b.at(9, 0, 0)}
	return []engine.Document{
		rule.Calendar{Zone: "Asia/Shanghai", FirstDay: "sunday", DayStart: 4, Lateness: 48 * time.Hour, Skew: time.Minute},
		ledger.Asset{Code: "gold", Title: "Gold", Scale: 3, Extra: json.RawMessage(`{"a": 1}`)},
		task.Group{Code: "TG", Title: "Tasks", Order: 3},
		task.Config{Code: "T", Group: "TG", Period: rule.Daily, Times: 2, Levels: []int64{3}, Window: window, Where: "n > 1",
			Attrs: rule.Schema{"n": rule.Int, "s": rule.String}, Extra: json.RawMessage(`{"label": "go", "link": null}`)},
		task.Config{Code: "D", Rule: rule.Count("T", 1)},
		reward.Group{Code: "RG", Cap: ledger.Amount{Asset: "gold", Value: num("9.500")}, CapBlocks: true},
		reward.Config{Code: "R", Group: "RG", Amount: ledger.Amount{Asset: "gold", Value: num("1.50")}, Window: window, Rule: rule.Count("T", 1),
			Limit:    rule.Limit{Max: 5, PerCycle: 1, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}},
			Budget:   rule.Limit{Max: 50, PerCycle: 10, Cycle: rule.Cycle{Every: 1, Unit: rule.Week}},
			Excludes: []string{"S"}, Priority: 2, Review: true, Claim: true, ClaimWithin: reward.Duration(time.Hour), KeepRejected: true},
		reward.Config{Code: "S", Amount: points(1), Rule: rule.Done("D"), Draft: true},
	}
}

// change returns the documents with the one that f knows changed by it.
func change[T any](docs []engine.Document, f func(*T)) []engine.Document {
	out := append([]engine.Document(nil), docs...)
	for i := range out {
		if d, ok := out[i].(T); ok {
			f(&d)
			out[i] = d
			return out
		}
	}
	panic("no such document")
}

func TestPut_S21_equalContentWritesNothing(t *testing.T) {
	b := setup(t)
	docs := full(b)
	revision := b.put(docs...)
	want(t, "again", b.put(docs...), revision)
	spelled := change(docs, func(c *task.Config) { c.Extra = json.RawMessage("{\"label\":\"go\",\n\"link\":null}") })
	spelled = change(spelled, func(c *reward.Config) {
		c.Amount.Value = num("1.5")
		c.Window.Start = c.Window.Start.In(time.FixedZone("x", 3600))
	})
	want(t, "in another spelling", b.put(spelled...), revision)
	want(t, "nothing at all", b.put(), revision)
	want(t, "the default calendar, filled in or not", setupIn(t, rule.Calendar{}).put(rule.Calendar{Zone: "UTC", FirstDay: "monday"}), 1)
	plain := setup(t)
	want(t, "a calendar that leaves defaults out", plain.put(plain.cal), 1)
	want(t, "and with a task", plain.put(counter("a")), 2)
	want(t, "again", plain.put(plain.cal, counter("a")), 2)
}

func TestPut_S21_everyFixedFieldIsRefusedByPath(t *testing.T) {
	b := setup(t)
	docs := full(b)
	b.put(docs...)
	task1 := func(path string, f func(*task.Config)) (string, []engine.Document) {
		return "task T: " + path, change(docs, f)
	}
	reward1 := func(path string, f func(*reward.Config)) (string, []engine.Document) {
		return "reward R: " + path, change(docs, f)
	}
	cal := func(path string, f func(*rule.Calendar)) (string, []engine.Document) {
		return "calendar." + path, change(docs, f)
	}
	other := rule.Cycle{Every: 2, Unit: rule.Day}
	for _, c := range []func() (string, []engine.Document){
		func() (string, []engine.Document) {
			return task1("period", func(c *task.Config) { c.Period = rule.Weekly })
		},
		func() (string, []engine.Document) { return task1("times", func(c *task.Config) { c.Times = 3 }) },
		func() (string, []engine.Document) {
			return task1("levels", func(c *task.Config) { c.Levels = []int64{4} })
		},
		func() (string, []engine.Document) {
			return task1("attrs.s", func(c *task.Config) { c.Attrs = rule.Schema{"n": rule.Int} })
		},
		func() (string, []engine.Document) {
			return task1("attrs.s", func(c *task.Config) { c.Attrs = rule.Schema{"n": rule.Int, "s": rule.Bool} })
		},
		func() (string, []engine.Document) {
			return task1("window.start", func(c *task.Config) { c.Window.Start = b.at(2, 0, 0) })
		},
		func() (string, []engine.Document) {
			return task1("window.start", func(c *task.Config) { c.Window.Start = time.Time{} })
		},
		func() (string, []engine.Document) {
			return reward1("rule", func(c *reward.Config) { c.Rule = rule.Count("T", 2) })
		},
		func() (string, []engine.Document) {
			return reward1("window.start", func(c *reward.Config) { c.Window.Start = b.at(2, 0, 0) })
		},
		func() (string, []engine.Document) {
			return reward1("limit.cycle", func(c *reward.Config) { c.Limit.Cycle = other })
		},
		func() (string, []engine.Document) {
			return reward1("budget.cycle", func(c *reward.Config) { c.Budget.Cycle = other })
		},
		func() (string, []engine.Document) {
			return reward1("amount", func(c *reward.Config) { c.Amount.Asset = "CNY" })
		},
		func() (string, []engine.Document) { return reward1("group", func(c *reward.Config) { c.Group = "" }) },
		func() (string, []engine.Document) { return reward1("draft", func(c *reward.Config) { c.Draft = true }) },
		func() (string, []engine.Document) { return cal("zone", func(c *rule.Calendar) { c.Zone = "UTC" }) },
		func() (string, []engine.Document) {
			return cal("first_day", func(c *rule.Calendar) { c.FirstDay = "monday" })
		},
		func() (string, []engine.Document) { return cal("day_start", func(c *rule.Calendar) { c.DayStart = 0 }) },
		func() (string, []engine.Document) { return cal("skew", func(c *rule.Calendar) { c.Skew = 0 }) },
		func() (string, []engine.Document) { return cal("lateness", func(c *rule.Calendar) { c.Lateness = 0 }) },
		func() (string, []engine.Document) {
			return "asset gold: scale", change(docs, func(c *ledger.Asset) { c.Scale = 4 })
		},
		func() (string, []engine.Document) {
			derived := docs[4].(task.Config)
			derived.Rule = rule.Count("T", 2)
			return "task D: rule", []engine.Document{derived}
		},
	} {
		path, docs := c()
		t.Run(path, func(t *testing.T) {
			b := *b
			b.t = t
			b.refuse([]string{path}, docs...)
		})
	}
}

func TestPut_S1_theFirstTaskFixesACalendarThatWasNeverPut(t *testing.T) {
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eng.Put(t.Context(), ops, counter("t")); err != nil {
		t.Fatal(err)
	}
	_, err = eng.Put(t.Context(), ops, rule.Calendar{Zone: "Asia/Shanghai", FirstDay: "sunday", Lateness: 100 * time.Hour})
	wantFaults(t, err, "calendar.zone", "calendar.first_day", "calendar.lateness")
	if _, err := eng.Put(t.Context(), ops, rule.Calendar{Lateness: time.Hour}); err != nil {
		t.Errorf("the same calendar with a lower lateness: %v", err)
	}
}

func TestPut_S21_whatCountsIsNoDraftAgain(t *testing.T) {
	b := setup(t)
	docs := full(b)
	b.put(docs...)
	b.refuse([]string{"task T: draft", "task D: rule", "reward R: rule"}, change(docs, func(c *task.Config) { c.Draft = true })...)
}

func TestPut_S21_everythingElseMayChange(t *testing.T) {
	b := setup(t)
	docs := full(b)
	revision := b.put(docs...)
	docs = change(docs, func(c *rule.Calendar) { c.Lateness = time.Hour })
	docs = change(docs, func(c *ledger.Asset) { c.Title = "x" })
	docs = change(docs, func(c *task.Group) { c.Order = 9 })
	docs = change(docs, func(c *task.Config) {
		c.Title, c.Group, c.Where, c.Window.End, c.Order, c.Note = "x", "", "s == 'a' and t", b.at(20, 0, 0), 1, "n"
		c.Attrs = rule.Schema{"n": rule.Int, "s": rule.String, "t": rule.Bool}
	})
	docs = change(docs, func(c *reward.Group) { c.Cap, c.CapBlocks = ledger.Whole("gold", 1), false })
	docs = change(docs, func(c *reward.Config) {
		c.Title, c.Window.End, c.Amount, c.Excludes, c.Priority, c.Review, c.KeepRejected = "x", time.Time{}, ledger.Whole("gold", 2), nil, 0, false, false
		c.Claim, c.ClaimWithin, c.NoDeduct, c.Limit.Max, c.Limit.PerCycle, c.Budget.Max, c.Budget.PerCycle = false, 0, true, 1, 0, 0, 2
	})
	want(t, "one revision", b.put(docs...), revision+1)
}

func TestPut_S21_beforeTheStartEverythingMayChange(t *testing.T) {
	b := setup(t, counter("a"), counter("b"))
	start := b.at(2, 0, 0)
	doc := func(period rule.Period, of string, start time.Time) []engine.Document {
		return []engine.Document{task.Config{Code: "T", Period: period, Window: rule.Window{Start: start}},
			reward.Config{Code: "R", Amount: points(1), Rule: rule.Count(of, 1), Window: rule.Window{Start: start}}}
	}
	b.put(doc(rule.Daily, "a", start)...)
	b.clk.now = start.Add(-5*time.Minute - time.Microsecond)
	b.put(doc(rule.Weekly, "b", start)...)
	b.clk.now = start.Add(-5 * time.Minute) // the skew: an event inside the window may come now
	b.refuse([]string{"task T: period", "reward R: rule"}, doc(rule.Daily, "a", start)...)
	b.refuse([]string{"task T: window.start", "reward R: window.start"}, doc(rule.Weekly, "b", start.Add(time.Hour))...)
}

func TestPut_S21_aDraftCountsNothingAndChangesFreely(t *testing.T) {
	a := counter("a")
	a.Draft = true
	r := each("R", "a")
	b := setup(t, a)
	b.refuse([]string{"reward R: rule"}, r)
	r.Draft = true
	b.put(r, counter("c"))
	ev := task.Event{ID: "early", User: "lin", Task: "a"}
	want(t, "ignored", b.record(ev).Ignored, task.Draft)
	board, _ := b.Board(b.ctx, "lin")
	want(t, "on no board", []int{len(board.Tasks), len(board.Rewards)}, "[1 0]")
	a.Period, a.Levels = rule.Daily, []int64{2}
	r.Rule, r.Amount = rule.Count("c", 1), ledger.Whole("CNY", 1)
	b.put(a, r)
	want(t, "phase", b.explain("lin", "R").Phase, reward.PhaseDraft)
	want(t, "a draft pays nothing", len(b.did("lin", "c").Rewards), 0)
	a.Draft, r.Draft = false, false
	b.put(a, r)
	want(t, "the draft's events stay ignored", b.record(ev).Ignored, task.Draft)
	want(t, "the record starts empty", b.did("lin", "a").Tasks[0].Sum, 1)
	want(t, "what came before the put is not counted", numbers(b.did("lin", "c").Rewards), "[1]")
	b.refuse([]string{"task a: levels"}, task.Config{Code: "a", Period: rule.Daily})
}

func TestPut_S21_editsDoNotChangeWhatWasAccepted(t *testing.T) {
	a := counter("a")
	a.Attrs = rule.Schema{"n": rule.Int}
	b := setup(t, a, reward.Config{Code: "R", Amount: points(1), Rule: rule.Count("a", 3)})
	ev := func(n int) task.Event { return task.Event{User: "lin", Task: "a", Attrs: rule.Attrs{"n": n}} }
	b.record(ev(1))
	b.record(ev(1))
	a.Where, a.Window.End = "n > 1", b.at(5, 0, 0)
	b.put(a)
	want(t, "unmet by the new condition", b.record(ev(1)).Ignored, task.Unmet)
	want(t, "the third", numbers(b.record(ev(2)).Rewards), "[1]")
}

func TestPut_aStaleRevisionIsRefused(t *testing.T) {
	b := setup(t, counter("a"))
	cat, _ := b.Catalog(b.ctx)
	read, _ := cat.Task("a")
	if read.Revision == 0 {
		t.Fatal("a document that was read has its revision")
	}
	edited := read
	edited.Title = "first"
	b.put(edited)
	edited.Title = "second"
	before := b.revision()
	_, err := b.Put(b.ctx, ops, edited, counter("new"))
	if !errors.Is(err, engine.ErrStale) || !strings.Contains(err.Error(), "task a") {
		t.Errorf("got %v", err)
	}
	want(t, "nothing was written", b.revision(), before)
	edited.Revision = 0
	b.put(edited)
	ghost := counter("ghost")
	ghost.Revision = 3
	if _, err := b.Put(b.ctx, ops, ghost); !errors.Is(err, engine.ErrStale) {
		t.Errorf("a document that is not there any more: %v", err)
	}
}

func TestPutMissing_leavesEditsAlone(t *testing.T) {
	b := setup(t)
	first := each("R", "a")
	putMissing := func(docs ...engine.Document) int64 {
		t.Helper()
		revision, err := b.PutMissing(b.ctx, ops, docs...)
		if err != nil {
			t.Fatal(err)
		}
		return revision
	}
	putMissing(counter("a"), first)
	edited := first
	edited.Amount = points(50)
	revision := b.put(edited)
	want(t, "at the next start", putMissing(b.cal, ledger.Asset{Code: "points"}, counter("a"), first), revision)
	want(t, "pays", amounts(b.did("lin", "a").Rewards), "[50 points]")
	want(t, "a new one is written", putMissing(counter("a"), first, counter("b")), revision+1)
	if err := b.Retire(b.ctx, ops, first); err != nil {
		t.Fatal(err)
	}
	want(t, "a retired one stays so", putMissing(first), revision+2)
	_, err := b.PutMissing(b.ctx, ops, task.Config{Code: "x", Times: -1})
	wantFaults(t, err, "task x: times")
}

func TestRetire_S21_endsADocumentForGood(t *testing.T) {
	r := each("R", "a")
	r.Review = true
	b := setup(t, counter("a"), r, reward.Group{Code: "G"}, task.Group{Code: "TG"}, each("S", "a"))
	id := b.did("lin", "a").Rewards[0].ID
	if err := b.Retire(b.ctx, ops, reward.Config{Code: "R"}, reward.Group{Code: "G"}, task.Group{Code: "TG"}); err != nil {
		t.Fatal(err)
	}
	want(t, "decides nothing more", order(b.did("lin", "a")), "S2")
	m, err := b.Review(b.ctx, ops, id, true)
	want(t, "its records live on", []any{m.Changed, err, b.has("lin", "points")}, "[true <nil> 15]")
	want(t, "phase", b.explain("lin", "R").Phase, reward.PhaseRetired)
	board, _ := b.Board(b.ctx, "lin")
	want(t, "on the board", len(board.Rewards), 1)
	cat, _ := b.Catalog(b.ctx)
	want(t, "in lists", []int{len(cat.Rewards()), len(cat.RewardGroups()), len(cat.TaskGroups())}, "[1 0 0]")
	revision := cat.Revision()
	if err := b.Retire(b.ctx, ops, reward.Config{Code: "R"}); err != nil {
		t.Error(err)
	}
	want(t, "again changes nothing", b.revision(), revision)
	b.refuse([]string{"reward R"}, r)
	wantFaults(t, b.Retire(b.ctx, ops, counter("none"), ledger.Asset{Code: "points"}, b.cal), "task none", "asset points", "calendar")
}

func TestPut_S9_rulesThatCanNeverFireAreRefused(t *testing.T) {
	b := setup(t, counter("a"), task.Config{Code: "d", Period: rule.Daily}, task.Config{Code: "soon", Window: rule.Window{Start: dayStart(t, 20)}})
	w := rule.Window{Start: b.at(1, 0, 0), End: b.at(3, 0, 0)}
	for path, of := range map[string]rule.Rule{
		"rule.streak": rule.Streak("none", 1), "rule": rule.Streak("d", 3), "rule.all[0].n": rule.All(rule.Count("d", 0)),
		"rule.all": rule.All(), "rule.at_least": rule.AtLeast(3, rule.Count("a", 1), rule.Count("d", 1)), "rule.total": rule.Sum("a", "x", num("0")),
	} {
		t.Run(path, func(t *testing.T) {
			b := *b
			b.t = t
			_, err := b.Put(b.ctx, ops, reward.Config{Code: "R", Amount: points(1), Rule: of, Window: w})
			if got := faults(err); len(got) == 0 || !strings.HasPrefix(got[0], "reward R: "+path) {
				t.Errorf("got %q: %v", got, err)
			}
		})
	}
	b.refuse([]string{"reward R: rule"}, reward.Config{Code: "R", Amount: points(1), Rule: rule.Done("soon"), Window: w})
	b.put(reward.Config{Code: "never", Amount: points(1), Window: w}) // the zero rule is stated to match never
	want(t, "the zero rule", len(b.did("lin", "a").Rewards), 0)
}

func dayStart(t *testing.T, day int) time.Time {
	t.Helper()
	return rule.Calendar{Zone: "Asia/Shanghai"}.Date(2025, time.November, 3+day)
}
