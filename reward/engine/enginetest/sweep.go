package enginetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A step is one call of the scripted hour.
type step struct {
	name string
	call func(ctx context.Context, eng *engine.Engine) error
}

var hour = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

// script is an hour of use: every command that writes, most of them more than once.
func script() []step {
	points := func(n int64) ledger.Amount { return ledger.Whole("points", n) }
	count := func(code string, n int64, edit func(*reward.Config)) reward.Config {
		c := reward.Config{Code: code, Amount: points(n), Rule: rule.Count("play", 1)}
		edit(&c)
		return c
	}
	by := func(request string) engine.By { return engine.By{Actor: "eve", Reason: "said so", Request: request} }
	put := func(docs ...engine.Document) step {
		return step{"put", func(ctx context.Context, eng *engine.Engine) error {
			_, err := eng.Put(ctx, engine.By{Actor: "op"}, docs...)
			return err
		}}
	}
	record := func(user, id, code string) step {
		return step{"record " + user + " " + id, func(ctx context.Context, eng *engine.Engine) error {
			_, err := eng.Record(ctx, task.Event{ID: id, User: user, Task: code})
			return err
		}}
	}
	batch := func(prefix string) step {
		return step{"batch " + prefix, func(ctx context.Context, eng *engine.Engine) error {
			var events []task.Event
			for i, user := range []string{"ann", "bob", "cy", "ann", "bob"} {
				events = append(events, task.Event{ID: fmt.Sprint(prefix, i), User: user, Task: "play", Growth: int64(1 + i%2)})
			}
			return recordAll(ctx, eng, events)
		}}
	}
	move := func(op string, by engine.By, user, code string, n int64, pass bool) step {
		c := moving(op, by, reward.ID{User: user, Reward: code, N: n}, pass)
		return step{op, func(ctx context.Context, eng *engine.Engine) error { return c.run(ctx, eng).Results[0].err }}
	}
	pause := func(code string, policy reward.Policy) step {
		return step{"pause", func(ctx context.Context, eng *engine.Engine) error {
			if policy == "" {
				return eng.Resume(ctx, engine.By{}, code)
			}
			return eng.Pause(ctx, engine.By{}, code, policy)
		}}
	}
	// The budget ends between two single events: of a batch's users, any may be the one to get what is left.
	fixed := count("fixed", 1, func(c *reward.Config) {
		c.Budget = rule.Limit{Max: 12, PerCycle: 10, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}
	})
	reviewed := count("reviewed", 2, func(c *reward.Config) { c.Review, c.Claim, c.Limit.Max = true, true, 3 })
	capped := count("capped", 2, func(c *reward.Config) { c.Group = "g" })
	week := reward.Config{Code: "week", Amount: points(7), Rule: rule.All(rule.Count("active", 1), rule.Done("once"))}
	return []step{
		put(rule.Calendar{}, ledger.Asset{Code: "points"}, reward.Group{Code: "g", Cap: points(5)},
			task.Config{Code: "play", Period: rule.Unlimited}, task.Config{Code: "once"},
			task.Config{Code: "active", Period: rule.Daily, Rule: rule.Count("play", 2)}, fixed, reviewed, capped),
		record("ann", "a1", "play"), record("bob", "a1", "play"), batch("b"),
		put(week),
		record("ann", "o", "once"), record("ann", "a2", "play"), record("ann", "a2", "play"),
		{"complete", func(ctx context.Context, eng *engine.Engine) error {
			_, err := eng.Complete(ctx, task.Event{ID: "o", User: "bob", Task: "once"})
			return err
		}},
		move("review", by("q1"), "ann", "reviewed", 1, true), move("review", by(""), "bob", "reviewed", 1, false),
		move("review", engine.By{Seq: 1}, "cy", "reviewed", 1, true),
		move("claim", engine.By{}, "ann", "reviewed", 1, true),
		move("deduct", by("q2"), "ann", "reviewed", 1, true), move("reinstate", by("q3"), "ann", "reviewed", 1, true),
		move("deduct", engine.By{Seq: 1}, "bob", "fixed", 1, true), move("deduct", by(""), "ann", "fixed", 1, true),
		pause("capped", reward.Hold), record("cy", "c1", "play"), pause("capped", ""), record("cy", "c2", "play"),
		pause("fixed", reward.Drop), record("cy", "c3", "play"), pause("fixed", ""),
		{"retire", func(ctx context.Context, eng *engine.Engine) error { return eng.Retire(ctx, engine.By{}, week) }},
		batch("d"), record("cy", "c4", "play"),
	}
}

// play runs the script. Each command is repeated until it answers without an error.
func play(t *testing.T, st store.Store) {
	t.Helper()
	c := &clock{now: hour}
	eng := newEngine(t, st, c)
	for i, s := range script() {
		c.set(hour.Add(time.Duration(i) * time.Minute))
		var err error
		for range 3 {
			if err = s.call(t.Context(), eng); err == nil {
				break
			}
		}
		if err != nil {
			t.Fatalf("step %d, %s: %v", i, s.name, err)
		}
	}
}

// sweep plays the script once for each of its storage calls and each way in which that can go wrong.
func sweep(t *testing.T, open func(t *testing.T) store.Store) {
	calls := 0
	st := &wrapped{Store: open(t), next: func(string) fault { calls++; return fine }}
	play(t, st)
	total := calls
	want := everything(t, st.Store)
	for at := 1; at <= total; at++ {
		for _, f := range []fault{fail, lose, tear} {
			calls, st := 0, &wrapped{Store: open(t)}
			struck := ""
			st.next = func(op string) fault {
				if calls++; calls == at {
					struck = op
					return f
				}
				return fine
			}
			play(t, st)
			if d := cmp.Diff(want, everything(t, st.Store), options()); d != "" {
				t.Fatalf("call %d of %d, %s, went wrong (%d), and changed what came out (-without +with):\n%s", at, total, struck, f, d)
			}
		}
	}
}

// everything is all that can be read of the script's users.
func everything(t *testing.T, st store.Store) []view {
	t.Helper()
	c := &clock{now: hour.Add(time.Hour)}
	m := newModel(c.now, newWords())
	m.assets["points"] = ledger.Asset{Code: "points"}
	for _, code := range []string{"fixed", "reviewed", "capped"} {
		m.rewards[code] = &rewardDoc{document: document{since: 1}}
	}
	var all []view
	for _, user := range users {
		all = append(all, readView(t, newEngine(t, st, c), m, user))
	}
	return all
}
