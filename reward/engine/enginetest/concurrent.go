package enginetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

const (
	// workers is how many goroutines record at once.
	workers = 6
	// crowdSize is how many users they record for, and eventsEach how many events each of these has.
	crowdSize  = 8
	eventsEach = 30
)

// contested is a catalog whose bounds are all reached.
func contested() []engine.Document {
	day := rule.Cycle{Every: 1, Unit: rule.Day}
	points := func(n int64) ledger.Amount { return ledger.Whole("points", n) }
	return []engine.Document{
		ledger.Asset{Code: "points"},
		reward.Group{Code: "g", Cap: points(25)},
		task.Config{Code: "play", Period: rule.Unlimited},
		task.Config{Code: "sign", Period: rule.Daily},
		reward.Config{Code: "all", Amount: points(1), Rule: rule.Count("play", 1), Budget: rule.Limit{Max: 100}},
		reward.Config{Code: "day", Amount: points(2), Rule: rule.Count("play", 1), Budget: rule.Limit{PerCycle: 20, Cycle: day}},
		reward.Config{Code: "some", Amount: points(1), Rule: rule.Count("play", 2), Limit: rule.Limit{Max: 7}, Budget: rule.Limit{Max: 45}},
		reward.Config{Code: "wide", Amount: points(1), Rule: rule.Count("sign", 1), Budget: rule.Limit{Max: 1000}},
		reward.Config{Code: "capped", Amount: points(2), Group: "g", Rule: rule.Count("play", 1)},
		reward.Config{Code: "this", Amount: points(1), Rule: rule.Count("play", 3), Excludes: []string{"that"}},
		reward.Config{Code: "that", Amount: points(1), Rule: rule.Count("sign", 1)},
	}
}

// engines says what engines the goroutines have: each one of its own, unless one serves them all.
type engines struct{ alone, one bool }

// concurrent records events of a few users from several goroutines, some of them twice, some in batches.
func concurrent(t *testing.T, open func(t *testing.T) store.Store, how engines) {
	st := open(t)
	if st.Limits().Bound {
		t.Log("a bound store is for one goroutine")
		return
	}
	c := &clock{now: time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)}
	m := newModel(c.now, newWords())
	docs := append([]engine.Document{rule.Calendar{}}, contested()...)
	revision, err := newEngine(t, st, c).Put(t.Context(), engine.By{}, docs...)
	if err != nil {
		t.Fatalf("put: %v", err)
	}
	m.put(revision, docs...)
	var crowd []string
	var events []task.Event
	for i := range crowdSize {
		crowd = append(crowd, fmt.Sprintf("user%d", i))
	}
	for n := range eventsEach {
		for i, user := range crowd {
			e := task.Event{ID: fmt.Sprintf("e%d", n), User: user, Task: "play", Time: c.now.Add(-time.Duration(n%3) * 24 * time.Hour)}
			if (n+i)%5 == 0 {
				e.Task = "sign"
			}
			events = append(events, e)
		}
	}
	var wg sync.WaitGroup
	one := newEngine(t, st, c)
	for worker := range workers {
		eng := one
		if !how.one {
			eng = engineOf(t, st, engine.Options{Now: c.read, Alone: how.alone})
		}
		wg.Go(func() { work(t, eng, worker, events) })
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, e := range events { // in any order: matches depend on the set alone
		if _, err := m.event(e, false); err != nil {
			t.Fatalf("model: %v", err)
		}
	}
	compareCrowd(t, newEngine(t, st, c), m, crowd)
}

// work records its part of the events, singly or in batches, and one in four of the others'.
func work(t *testing.T, eng *engine.Engine, worker int, events []task.Event) {
	var batch []task.Event
	for i := range events {
		e := events[(i*7+worker*13)%len(events)] // another order for each; 7 and the number of events have no common factor
		at := (i*7 + worker*13) % len(events)
		if at%workers != worker && at%4 != 0 {
			continue
		}
		if worker%2 == 0 {
			if err := persist(func() error { _, err := eng.Record(t.Context(), e); return err }); err != nil {
				t.Errorf("record: %v", err)
				return
			}
			continue
		}
		if batch = append(batch, e); len(batch) == 5 || i == len(events)-1 {
			if err := persist(func() error { return recordAll(t.Context(), eng, batch) }); err != nil {
				t.Errorf("batch: %v", err)
				return
			}
			batch = nil
		}
	}
	if err := persist(func() error { return recordAll(t.Context(), eng, batch) }); err != nil {
		t.Errorf("batch: %v", err)
	}
}

// persist repeats a call that found the store too busy.
func persist(call func() error) error {
	var err error
	for range 1000 {
		if err = call(); !errors.Is(err, engine.ErrBusy) {
			return err
		}
	}
	return err
}

func recordAll(ctx context.Context, eng *engine.Engine, batch []task.Event) error {
	results, err := eng.RecordBatch(ctx, batch...)
	errs := []error{err}
	for _, r := range results {
		errs = append(errs, r.Err)
	}
	return errors.Join(errs...)
}

// compareCrowd wants what does not depend on who came first.
func compareCrowd(t *testing.T, eng *engine.Engine, m *model, crowd []string) {
	t.Helper()
	uses := map[string]int64{}
	days := map[int64]int64{}
	for _, user := range crowd {
		v := readView(t, eng, m, user) // audits the books
		p := m.person(user)
		want := m.view(user)
		sum := int64(0)
		for _, r := range v.Records {
			uses[r.ID.Reward]++
			if r.ID.Reward == "day" {
				days[m.periods.Ordinal(rule.Day, p.byID[r.Event].event.Time)]++
			}
			if r.ID.Reward == "capped" {
				sum += r.Amount.Value.IntPart()
			}
		}
		if sum != 25 {
			t.Errorf("%s has %d points of a cap of 25 that is always reached", user, sum)
		}
		for i, s := range v.Standings {
			if w := want.Standings[i]; s.Matches != w.Matches || s.Decided != w.Matches {
				t.Errorf("%s: %s has %d matches, %d decided; want %d and all of them", user, s.Reward, s.Matches, s.Decided, w.Matches)
			}
			if s.Reward == "some" && s.Granted > 7 {
				t.Errorf("%s has %d of a limit of 7", user, s.Granted)
			}
			if s.Reward == "this" && s.Granted > 0 && v.Standings[i-1].Granted > 0 {
				t.Errorf("%s holds two rewards that exclude each other", user)
			}
		}
	}
	// Every bound is below its demand but that of wide.
	for code, want := range map[string]int64{"all": 100, "day": 60, "some": 45, "wide": m.demand("wide")} {
		if uses[code] != want {
			t.Errorf("%s was granted %d times, want %d: a budget is never passed, and what it can give is given", code, uses[code], want)
		}
	}
	for day, n := range days {
		if n != 20 {
			t.Errorf("day %d used %d of a budget of 20", day, n)
		}
	}
}

// demand is how many matches all users have.
func (m *model) demand(code string) int64 {
	n := int64(0)
	for _, p := range m.people {
		n += m.matches(p, m.rewards[code].config.Rule, m.rewards[code].place())
	}
	return n
}
