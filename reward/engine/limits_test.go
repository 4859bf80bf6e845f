package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

func long(n int) string { return strings.Repeat("x", n) }

// jsonText is a JSON string of n bytes.
func jsonText(n int) json.RawMessage { return json.RawMessage(`"` + long(n-2) + `"`) }

func TestRecord_limitsOfAnEvent(t *testing.T) {
	b := setup(t, richTask(), task.Config{Code: long(64), Period: rule.Unlimited})
	good := task.Event{ID: "e", User: "lin", Task: "rich"}
	n := 0
	for _, c := range []struct {
		name, path string // an empty path: taken
		edit       func(*task.Event)
	}{
		{"an ID of 128 bytes", "", func(e *task.Event) { e.ID = long(128) }},
		{"of 129", "id", func(e *task.Event) { e.ID = long(129) }},
		{"of none", "id", func(e *task.Event) { e.ID = "" }},
		{"with NUL", "id", func(e *task.Event) { e.ID = "a\x00" }},
		{"that is no UTF-8", "id", func(e *task.Event) { e.ID = "\xff" }},
		{"a user of 128 bytes", "", func(e *task.Event) { e.User = long(128) }},
		{"of 129", "user", func(e *task.Event) { e.User = long(129) }},
		{"of none", "user", func(e *task.Event) { e.User = "" }},
		{"a task of 64 bytes", "", func(e *task.Event) { e.Task = long(64) }},
		{"the largest growth", "", func(e *task.Event) { e.Growth = task.GrowthMax }},
		{"one more", "growth", func(e *task.Event) { e.Growth = task.GrowthMax + 1 }},
		{"negative", "growth", func(e *task.Event) { e.Growth = -1 }},
		{"the largest meta", "", func(e *task.Event) { e.Meta = jsonText(task.MetaMax) }},
		{"one byte more", "meta", func(e *task.Event) { e.Meta = jsonText(task.MetaMax + 1) }},
		{"no JSON", "meta", func(e *task.Event) { e.Meta = json.RawMessage("{") }},
		{"the largest string", "", func(e *task.Event) { e.Attrs = rule.Attrs{"s": long(rule.StringMax)} }},
		{"one byte more", "attrs.s", func(e *task.Event) { e.Attrs = rule.Attrs{"s": long(rule.StringMax + 1)} }},
		{"the longest list", "", func(e *task.Event) { e.Attrs = rule.Attrs{"l": make([]string, rule.StringsMax)} }},
		{"one more", "attrs.l", func(e *task.Event) { e.Attrs = rule.Attrs{"l": make([]string, rule.StringsMax+1)} }},
		{"a decimal of a billion digits", "attrs.d", func(e *task.Event) { e.Attrs = rule.Attrs{"d": json.Number("1e1000000000")} }},
		{"a float", "attrs.d", func(e *task.Event) { e.Attrs = rule.Attrs{"d": 0.5} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			ev := good
			n++
			ev.ID = strings.Repeat("e", n)
			c.edit(&ev)
			_, err := b.Record(b.ctx, ev)
			if c.path == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantFaults(t, err, c.path)
		})
	}
	_, err := b.Record(b.ctx, task.Event{ID: "", User: "", Task: "rich", Growth: -1, Meta: json.RawMessage("{"), Attrs: rule.Attrs{"z": 1}})
	wantFaults(t, err, "id", "user", "growth", "meta", "attrs.z")
}

func TestPut_limitsOfDocuments(t *testing.T) {
	levels := func(n int64) (list []int64) {
		for i := range n {
			list = append(list, i+1)
		}
		return list
	}
	every := func(n int64) rule.Limit { return rule.Limit{PerCycle: 1, Cycle: rule.Cycle{Every: n, Unit: rule.Day}} }
	r := func(f func(*reward.Config)) reward.Config {
		c := each("R", "a")
		f(&c)
		return c
	}
	for _, c := range []struct {
		name, path string // what is wrong with bad
		good, bad  engine.Document
	}{
		{"code", "task " + long(65) + ": code", task.Config{Code: long(64)}, task.Config{Code: long(65)}},
		{"no code", "task : code", task.Config{Code: "x"}, task.Config{}},
		{"title", "task x: title", task.Config{Code: "x", Title: long(rule.TitleMax)}, task.Config{Code: "x", Title: long(rule.TitleMax + 1)}},
		{"note", "task x: note", task.Config{Code: "x", Note: long(rule.NoteMax)}, task.Config{Code: "x", Note: long(rule.NoteMax + 1)}},
		{"extra", "task x: extra", task.Config{Code: "x", Extra: jsonText(rule.ExtraMax)}, task.Config{Code: "x", Extra: jsonText(rule.ExtraMax + 1)}},
		{"extra of a group", "task_group x: extra", task.Group{Code: "x", Extra: jsonText(rule.ExtraMax)}, task.Group{Code: "x", Extra: json.RawMessage("{")}},
		{"times", "task x: times", task.Config{Code: "x", Times: task.TimesMax}, task.Config{Code: "x", Times: task.TimesMax + 1}},
		{"levels", "task x: levels", task.Config{Code: "x", Levels: levels(task.LevelsMax)}, task.Config{Code: "x", Levels: levels(task.LevelsMax + 1)}},
		{"a level of none", "task x: levels[0]", task.Config{Code: "x", Levels: []int64{1}}, task.Config{Code: "x", Levels: []int64{0}}},
		{"times and unlimited", "task x: times", task.Config{Code: "x", Period: rule.Unlimited}, task.Config{Code: "x", Period: rule.Unlimited, Times: 1}},
		{"times and levels", "task x: times", task.Config{Code: "x", Times: 1, Levels: levels(2)}, task.Config{Code: "x", Times: 2, Levels: levels(2)}},
		{"period", "task x: period", task.Config{Code: "x", Period: rule.Monthly}, task.Config{Code: "x", Period: rule.Unlimited + 1}},
		{"scale", "asset x: scale", ledger.Asset{Code: "x", Scale: 18}, ledger.Asset{Code: "x", Scale: 19}},
		{"every", "reward R: limit.cycle.every", r(func(c *reward.Config) { c.Limit = every(1000) }), r(func(c *reward.Config) { c.Limit = every(1001) })},
		{"max", "reward R: budget.max", r(func(c *reward.Config) { c.Budget.Max = 1 }), r(func(c *reward.Config) { c.Budget.Max = -1 })},
		{"per cycle", "reward R: limit.cycle", r(func(c *reward.Config) { c.Limit = every(1) }), r(func(c *reward.Config) { c.Limit.PerCycle = 1 })},
		{"claim within", "reward R: claim_within", r(func(c *reward.Config) { c.Claim, c.ClaimWithin = true, reward.ClaimWithinMax }),
			r(func(c *reward.Config) { c.Claim, c.ClaimWithin = true, reward.ClaimWithinMax+1 })},
		{"lateness", "calendar.lateness", rule.Calendar{Lateness: 366 * 24 * time.Hour}, rule.Calendar{Lateness: 366*24*time.Hour + time.Microsecond}},
		{"distinct", "reward R: rule.n", counter("z"), r(func(c *reward.Config) { c.Rule = rule.Distinct("a", "s", 10_001) })},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setupIn(t, rule.Calendar{})
			if c.name != "lateness" {
				b.put(task.Config{Code: "a", Period: rule.Unlimited, Attrs: rule.Schema{"s": rule.String}})
			}
			b.refuse([]string{c.path}, c.bad)
			b.put(c.good)
		})
	}
}

func TestBy_limits(t *testing.T) {
	b := setup(t, counter("a"), each("R", "a"))
	id := b.did("lin", "a").Rewards[0].ID
	good := engine.By{Actor: long(ledger.ActorMax), Reason: long(ledger.ReasonMax), Request: long(rule.IDMax)}
	if _, err := b.Deduct(b.ctx, good, id); err != nil {
		t.Error(err)
	}
	if _, err := b.Put(b.ctx, good, counter("b")); err != nil {
		t.Error(err)
	}
	bad := engine.By{Actor: long(ledger.ActorMax + 1), Reason: long(ledger.ReasonMax + 1), Request: long(rule.IDMax + 1), Seq: -1}
	_, err := b.Reinstate(b.ctx, bad, id)
	wantFaults(t, err, "actor", "reason", "request", "seq")
	_, err = b.Put(b.ctx, bad, counter("c"))
	wantFaults(t, err, "actor", "reason", "request", "seq")
	wantFaults(t, b.Pause(b.ctx, bad, "R", reward.Hold), "actor", "reason", "request", "seq")
}
