package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// answered is all that results say, as text.
func answered(t *testing.T, results []engine.Result) string {
	t.Helper()
	text := ""
	for _, r := range results {
		j, err := json.Marshal(r.Outcome)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintln(string(j), r.Err)
	}
	return text
}

// events are n events of a task of a user.
func events(n int, user, code string, growth int64) []task.Event {
	var list []task.Event
	for i := range n {
		list = append(list, task.Event{ID: fmt.Sprint(code, i), User: user, Task: code, Growth: growth})
	}
	return list
}

// What an event gets does not depend on how full the unit is that it comes into: it begins another then.
func TestRecordBatch_S6_aFullUnitLeavesNothingDue(t *testing.T) {
	for _, c := range []struct {
		name                   string
		rewards, events, units int
		growth                 int64
	}{
		{"ten rewards", 10, 200, 1, 1},
		{"thirty-four rewards", 34, 200, 3, 1},
		{"many matches", 1, 4, 2, 900},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t, counter("order"))
			for i := range c.rewards {
				b.put(each(fmt.Sprint("R", i), "order"))
			}
			b.enforce(5000)
			before := b.version("lin")
			for i, r := range b.send(true, events(c.events, "lin", "order", c.growth)...) {
				if r.Err != nil || len(r.Rewards) != c.rewards*int(c.growth) || r.Due != 0 {
					t.Errorf("event %d: %d rewards, %d due, %v", i, len(r.Rewards), r.Due, r.Err)
				}
			}
			want(t, "units", b.version("lin")-before, c.units)
		})
	}
}

// version is how many units a user has.
func (b *bench) version(user string) int64 {
	b.t.Helper()
	snap, err := b.st.Store.Load(b.ctx, store.Request{Keys: []store.Key{{User: user}}})
	if err != nil {
		b.t.Fatal(err)
	}
	return snap.States[0].Version
}

// A gate that opens late finishes many periods at once: they fit into a unit by themselves, and so they do in a batch.
func TestRecordBatch_S6_anEventThatFitsByItselfFits(t *testing.T) {
	for _, batch := range []bool{false, true} {
		b := setup(t, task.Config{Code: "g"}, counter("a"), counter("b"))
		for i := range 11 {
			b.put(task.Config{Code: fmt.Sprint("d", i), Period: rule.Daily, Rule: rule.All(rule.Done("g"), rule.Count("a", 1))})
		}
		for day := 1; day <= 4; day++ {
			b.day(day)
			b.did("lin", "a")
		}
		b.enforce(64)
		results := b.send(batch, append(events(10, "lin", "b", 1), task.Event{ID: "g", User: "lin", Task: "g", Time: b.at(1, 12, 0)})...)
		for i, r := range results {
			if r.Err != nil {
				t.Errorf("event %d, in a batch %t: %v", i, batch, r.Err)
			}
		}
		want(t, "finished by the gate", len(results[10].Tasks), 1+4*11)
	}
}

// What a moved window's end finds takes much of a unit. The computed amount of the same event, which is given with it or never,
// is given as it is by itself.
func TestRecordBatch_S6_S16_aComputedAmountThatFitsByItselfIsGiven(t *testing.T) {
	for _, batch := range []bool{false, true} {
		buy := counter("buy")
		buy.Attrs = rule.Schema{"total": rule.Int}
		d := task.Config{Code: "d", Period: rule.Daily, Rule: rule.Count("buy", 1)}
		b := setup(t, buy, counter("login"))
		d.Window.End = b.at(2, 0, 0)
		b.put(d, reward.Config{Code: "FROM", Amount: points(0), AmountFrom: "total", Rule: rule.Count("buy", 1)})
		for day := 2; day <= 41; day++ {
			b.day(day)
			b.did("lin", "buy")
		}
		d.Window.End = b.at(90, 0, 0)
		b.put(d)
		b.enforce(64)
		last := b.send(batch, append(events(14, "lin", "login", 1), task.Event{ID: "b", User: "lin", Task: "buy", Attrs: rule.Attrs{"total": 7}})...)[14]
		want(t, fmt.Sprint("in a batch ", batch), []any{len(last.Tasks), amounts(last.Rewards), last.Err}, "[41 [7 points] <nil>]")
	}
}

// Callers who share a unit do not take each other's room.
func TestShared_S6_othersLeaveRoom(t *testing.T) {
	shared(t, func(t *testing.T, c *crowd) {
		c.st.limits = func(store.Limits) store.Limits { return store.Limits{Units: 1000, Rows: 20000, RowsPerUnit: 5000} }
		c.call("u", "first") // its commit waits at the gate
		var replies []*reply
		for i := range 3 {
			r := &reply{}
			replies = append(replies, r)
			c.wg.Go(func() {
				r.out, r.err = c.Record(c.ctx, task.Event{ID: fmt.Sprint(i), User: "u", Task: "order", Growth: 900})
			})
			synctest.Wait()
		}
		c.open()
		c.wg.Wait()
		for i, r := range replies {
			want(t, fmt.Sprint("caller ", i), []any{r.err, len(r.out.Rewards), r.out.Due}, "[<nil> 900 0]")
		}
	})
}

// However small units are, a batch is answered as its events are one by one: with what fits into a unit, with what stays due, and
// with what is too large.
func TestRecordBatch_S6_equalsOneByOneInSmallUnits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		order := counter("order")
		order.Attrs = rule.Schema{"total": rule.Int}
		docs := []engine.Document{order, counter("login"), task.Config{Code: "day", Period: rule.Daily, Rule: rule.All(rule.Count("order", 1), rule.Count("login", 1))}}
		for i := range rapid.IntRange(1, 6).Draw(rt, "rewards") {
			r := each(fmt.Sprint("R", i), rapid.SampledFrom([]string{"order", "order", "login", "day"}).Draw(rt, "of"))
			r.Priority = rapid.IntRange(0, 1).Draw(rt, "priority")
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				r.AmountFrom, r.Amount, r.Rule = "total", points(0), rule.Count("order", 1)
			case 1:
				r.Limit.Max = rapid.Int64Range(1, 20).Draw(rt, "max")
			}
			docs = append(docs, r)
		}
		var list []task.Event
		for i := range rapid.IntRange(2, 12).Draw(rt, "events") {
			e := task.Event{ID: fmt.Sprint("e", i), User: "lin", Task: "login"}
			if rapid.Bool().Draw(rt, "order") {
				e.Task, e.Attrs = "order", rule.Attrs{"total": rapid.IntRange(0, 3).Draw(rt, "total")}
			}
			e.Growth = rapid.Int64Range(1, 30).Draw(rt, "growth")
			list = append(list, e)
		}
		rows := rapid.IntRange(24, 80).Draw(rt, "rows")
		var answers, ends []string
		for _, batch := range []bool{false, true} {
			b := setup(t, docs...)
			b.enforce(rows)
			answers = append(answers, answered(t, b.send(batch, list...)))
			ends = append(ends, b.everything("lin"))
		}
		if answers[0] != answers[1] || ends[0] != ends[1] {
			rt.Fatalf("one by one\n%s\nin a batch\n%s", answers[0], answers[1])
		}
	})
}
