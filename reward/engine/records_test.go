package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// calls are the operations that move a record.
func calls(b *bench) map[string]func(engine.By, reward.ID) (reward.Moved, error) {
	return map[string]func(engine.By, reward.ID) (reward.Moved, error){
		"pass":      func(by engine.By, id reward.ID) (reward.Moved, error) { return b.Review(b.ctx, by, id, true) },
		"reject":    func(by engine.By, id reward.ID) (reward.Moved, error) { return b.Review(b.ctx, by, id, false) },
		"claim":     func(_ engine.By, id reward.ID) (reward.Moved, error) { return b.Claim(b.ctx, id) },
		"deduct":    func(by engine.By, id reward.ID) (reward.Moved, error) { return b.Deduct(b.ctx, by, id) },
		"reinstate": func(by engine.By, id reward.ID) (reward.Moved, error) { return b.Reinstate(b.ctx, by, id) },
	}
}

func TestRecords_S19_everyMoveAndEveryRefusal(t *testing.T) {
	path := map[reward.Status][]string{
		reward.Pending: {}, reward.Claimable: {"pass"}, reward.Granted: {"pass", "claim"}, reward.Rejected: {"reject"},
		reward.Deducted: {"pass", "claim", "deduct"}, reward.Lapsed: {"pass", "wait"},
	}
	moves := map[reward.Status]map[string]reward.Status{
		reward.Pending:   {"pass": reward.Claimable, "reject": reward.Rejected},
		reward.Claimable: {"pass": reward.Claimable, "claim": reward.Granted},
		reward.Granted:   {"claim": reward.Granted, "deduct": reward.Deducted, "reinstate": reward.Granted},
		reward.Rejected:  {"reject": reward.Rejected},
		reward.Deducted:  {"deduct": reward.Deducted, "reinstate": reward.Granted},
		reward.Lapsed:    {},
	}
	for from, steps := range path {
		for op := range calls(nil) {
			t.Run(fmt.Sprint(op, " of one ", from), func(t *testing.T) {
				r := each("R", "order")
				r.Review, r.Claim, r.ClaimWithin = true, true, reward.Duration(time.Hour)
				b := setup(t, counter("order"), r)
				id := b.did("lin", "order").Rewards[0].ID
				for _, s := range steps {
					if s == "wait" {
						b.clk.now = b.clk.now.Add(time.Hour)
						continue
					}
					if m, err := calls(b)[s](ops, id); err != nil || !m.Changed {
						t.Fatalf("%s: %+v, %v", s, m, err)
					}
				}
				before := b.everything("lin")
				m, err := calls(b)[op](ops, id)
				to, allowed := moves[from][op]
				var status *reward.StatusError
				switch {
				case !allowed:
					if !errors.As(err, &status) || !errors.Is(err, reward.ErrStatus) || status.Record.Status != from || status.Record.ID != id {
						t.Errorf("got %+v, %v", m, err)
					}
				case err != nil || m.Record.Status != to || m.Changed != (to != from):
					t.Errorf("got %+v, %v; want %s", m, err, to)
				}
				want(t, "something changed", b.everything("lin") != before, allowed && to != from)
				has := "0"
				if s := b.records("lin", "R")[0].Status; s == reward.Granted {
					has = "5"
				}
				want(t, "points", b.has("lin", "points"), has)
				b.books("lin", "points")
			})
		}
	}
}

func TestRecords_S19_theDeadlineItselfIsTooLate(t *testing.T) {
	r := each("R", "order")
	r.Claim, r.ClaimWithin = true, reward.Duration(time.Hour)
	b := setup(t, counter("order"), r)
	id := b.did("lin", "order").Rewards[0].ID
	want(t, "deadline", b.records("lin", "R")[0].Deadline.Equal(b.clk.now.Add(time.Hour)), true)
	b.clk.now = b.clk.now.Add(time.Hour - time.Microsecond)
	if m, err := b.Claim(b.ctx, id); err != nil || !m.Changed {
		t.Errorf("just before: %+v, %v", m, err)
	}
	id = b.did("zoe", "order").Rewards[0].ID
	b.clk.now = b.clk.now.Add(time.Hour)
	_, err := b.Claim(b.ctx, id)
	var status *reward.StatusError
	if !errors.As(err, &status) || status.Record.Status != reward.Lapsed || status.Op != "claim" {
		t.Errorf("at the deadline: %v", err)
	}
	list := func(s reward.Status) (n int) {
		for _, err := range b.Rewards(b.ctx, reward.Query{User: "zoe", Status: []reward.Status{s}}) {
			if n++; err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	want(t, "listed as lapsed, not as claimable", []int{list(reward.Lapsed), list(reward.Claimable)}, "[1 0]")
	for r, err := range b.Rewards(b.ctx, reward.Query{Status: []reward.Status{reward.Claimable, reward.Pending}}) {
		t.Errorf("it still waits: %v, %v", r, err)
	}
	want(t, "a replay of its event too", b.record(task.Event{ID: "e2", User: "zoe", Task: "order"}).Rewards[0].Status, reward.Lapsed)
}

func TestRecords_S19_aRejectionGivesBackToTheCycleItCameFrom(t *testing.T) {
	day := rule.Cycle{Every: 1, Unit: rule.Day}
	r := reward.Config{Code: "R", Group: "G", Amount: points(10), Rule: rule.Count("order", 1), Review: true,
		Limit: rule.Limit{Max: 3, PerCycle: 1, Cycle: day}, Budget: rule.Limit{Max: 4, PerCycle: 2, Cycle: day}}
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprint("keep ", keep), func(t *testing.T) {
			r.KeepRejected = keep
			b := setup(t, counter("order"), reward.Group{Code: "G", Cap: points(20)}, r)
			first := b.did("lin", "order").Rewards[0].ID
			b.day(2)
			b.did("lin", "order")
			b.did("zoe", "order")
			if _, err := b.Review(b.ctx, ops, first, false); err != nil {
				t.Fatal(err)
			}
			x := b.explain("lin", "R")
			want(t, "granted", x.Granted, map[bool]int{false: 1, true: 2}[keep])
			want(t, "today's cycles are as full as before", blocks(b.did("lin", "order").Blocked), "[R: user_cycle 1]")
			want(t, "and the shared one", blocks(b.did("ann", "order").Blocked), "[R: budget_cycle 1]")
			out := b.doneAt("lin", "order", b.at(1, 13, 0))
			if keep {
				want(t, "yesterday's is full", blocks(out.Blocked), "[R: user_cycle 1]")
			} else {
				want(t, "yesterday's has room, and so has the cap", amounts(out.Rewards), "[10 points]")
			}
			b.day(3)
			left := 0
			for i := range 5 {
				left += len(b.did(fmt.Sprint("u", i), "order").Rewards)
			}
			want(t, "left of four", left, 1)
		})
	}
}

func TestRecords_S19_theTermsOfTheGrantSurviveEdits(t *testing.T) {
	r := each("R", "order")
	r.Review, r.Claim, r.ClaimWithin = true, true, reward.Duration(time.Hour)
	b := setup(t, counter("order"), r)
	id := b.did("lin", "order").Rewards[0].ID
	revision := b.records("lin", "R")[0].Revision
	b.put(reward.Config{Code: "R", Amount: points(50), Rule: r.Rule, NoDeduct: true, Priority: 3, Title: "new"})
	m, err := b.Review(b.ctx, ops, id, true)
	if err != nil || m.Record.Status != reward.Claimable || !m.Record.Deadline.Equal(b.clk.now.Add(time.Hour)) {
		t.Errorf("review by the old terms: %+v, %v", m, err)
	}
	b.Claim(b.ctx, id)
	m, err = b.Deduct(b.ctx, ops, id)
	want(t, "deduct by the old terms", []any{m.Changed, err}, "[true <nil>]")
	record := b.records("lin", "R")[0]
	want(t, "amount and revision", []any{record.Amount, record.Revision}, []any{"5 points", revision})
	next := b.did("lin", "order").Rewards[0]
	want(t, "a new one", []any{next.Status, next.Amount, next.Terms.NoDeduct, next.Revision > revision}, "[granted 50 points true true]")
	_, err = b.Deduct(b.ctx, ops, next.ID)
	want(t, "no deduct", errors.Is(err, reward.ErrNoDeduct), true)
	b.put(reward.Config{Code: "R", Amount: points(50), Rule: r.Rule})
	_, err = b.Deduct(b.ctx, ops, next.ID)
	want(t, "still", errors.Is(err, reward.ErrNoDeduct), true)
}

func TestRecords_S19_fourTransfersForGrantDeductReinstateDeduct(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	id := b.did("lin", "order").Rewards[0].ID
	by := engine.By{Actor: "zoe", Reason: "violation"}
	for _, call := range []string{"deduct", "reinstate", "deduct"} {
		b.clk.now = b.clk.now.Add(time.Minute)
		if m, err := calls(b)[call](by, id); err != nil || !m.Changed {
			t.Fatalf("%s: %+v, %v", call, m, err)
		}
	}
	var lines []string
	for l, err := range b.Statement(b.ctx, "lin", "points") {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(l.Transfer.ID.Cause, " ", l.Change, " ", l.After, " ", l.Transfer.Actor, " ", l.Transfer.Reason))
	}
	want(t, "statement", lines, []string{"R.1#1 5 points 5 points  ", "R.1#2 -5 points 0 points zoe violation",
		"R.1#3 5 points 5 points zoe violation", "R.1#4 -5 points 0 points zoe violation"})
	b.books("lin", "points")
	record := b.records("lin", "R")[0]
	for i, m := range record.Moves {
		want(t, "seq", m.Seq, i+1)
	}
	want(t, "the last move", []any{record.Moves[3].Status, record.Moves[3].Actor, record.Moves[3].Time.Equal(b.clk.now)}, "[deducted zoe true]")
}

func TestRecords_S19_seqMakesACallSafeToRepeat(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	id := b.did("lin", "order").Rewards[0].ID
	by := engine.By{Actor: "zoe", Reason: "spam", Seq: 1}
	for i := range 3 {
		m, err := b.Deduct(b.ctx, by, id)
		want(t, fmt.Sprint("call ", i), []any{m.Changed, m.Record.Seq, m.Record.Status, err}, "[true 2 deducted <nil>]")
	}
	b.Reinstate(b.ctx, engine.By{Seq: 2}, id)
	b.unmoved("lin", func() {
		m, err := b.Deduct(b.ctx, by, id)
		want(t, "a repeat after it moved on", []any{m.Changed, m.Record.Seq, m.Record.Status, err}, "[true 3 granted <nil>]")
		for _, other := range []engine.By{{Actor: "ann", Reason: "spam", Seq: 1}, {Actor: "zoe", Seq: 1}, {Actor: "zoe", Reason: "spam", Seq: 2}, {Seq: 9}} {
			_, err := b.Deduct(b.ctx, other, id)
			var status *reward.StatusError
			if !errors.As(err, &status) || status.Record.Seq != 3 || status.Op != "deduct" {
				t.Errorf("%+v: %v", other, err)
			}
		}
	})
	if m, err := b.Deduct(b.ctx, engine.By{Seq: 3}, id); err != nil || !m.Changed {
		t.Errorf("with the present seq: %+v, %v", m, err)
	}
}

func TestRecords_S19_aRequestMakesACallSafeToRepeat(t *testing.T) {
	r := each("R", "order")
	r.Review = true
	b := setup(t, counter("order"), r, counter("more"), each("S", "more"))
	id := b.did("lin", "order").Rewards[0].ID
	second := b.did("lin", "order").Rewards[0].ID
	other := b.did("lin", "more").Rewards[0].ID
	by := engine.By{Actor: "zoe", Reason: "fine", Request: "r1"}
	for i := range 3 {
		m, err := b.Review(b.ctx, by, id, true)
		want(t, fmt.Sprint("call ", i), []any{m.Changed, m.Record.Status, m.Record.Seq, err}, "[true granted 2 <nil>]")
	}
	b.Deduct(b.ctx, ops, id)
	b.unmoved("lin", func() {
		m, err := b.Review(b.ctx, by, id, true)
		want(t, "a repeat says what it did and how the record is", []any{m.Changed, m.Record.Status, err}, "[true deducted <nil>]")
		for field, call := range map[string]func() (reward.Moved, error){
			"op":     func() (reward.Moved, error) { return b.Deduct(b.ctx, by, id) },
			"reward": func() (reward.Moved, error) { return b.Review(b.ctx, by, other, true) },
			"n":      func() (reward.Moved, error) { return b.Review(b.ctx, by, second, true) },
			"pass":   func() (reward.Moved, error) { return b.Review(b.ctx, by, id, false) },
			"actor":  func() (reward.Moved, error) { by := by; by.Actor = "x"; return b.Review(b.ctx, by, id, true) },
			"reason": func() (reward.Moved, error) { by := by; by.Reason = "x"; return b.Review(b.ctx, by, id, true) },
		} {
			_, err := call()
			var conflict *task.ConflictError
			if !errors.As(err, &conflict) || *conflict != (task.ConflictError{User: "lin", ID: "r1", Field: field}) {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
	none := engine.By{Request: "r2"}
	for range 2 {
		m, err := b.Deduct(b.ctx, none, id)
		want(t, "one that found nothing to do says so again", []any{m.Changed, err}, "[false <nil>]")
		b.Reinstate(b.ctx, engine.By{Request: "r3"}, id)
	}
	foreign := b.did("ann", "order").Rewards[0].ID
	m, err := b.Review(b.ctx, by, foreign, true)
	want(t, "another user's request is another", []any{m.Changed, err}, "[true <nil>]")
}

func TestRecords_unknownOnesAreErrors(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	b.did("lin", "order")
	for _, id := range []reward.ID{{User: "lin", Reward: "R", N: 2}, {User: "lin", Reward: "none", N: 1}, {User: "zoe", Reward: "R", N: 1}} {
		for op, call := range calls(b) {
			if _, err := call(ops, id); !errors.Is(err, reward.ErrUnknown) {
				t.Errorf("%s of %s: %v", op, id, err)
			}
		}
	}
	for op, call := range calls(b) {
		_, err := call(engine.By{}, reward.ID{User: "", Reward: "a b", N: 0})
		got := faults(err)
		want(t, op, slices.Equal(got, []string{"n", "reward", "user"}), true)
	}
}
