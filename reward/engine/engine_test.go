package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// clock is a clock that tests move.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// bench is an engine over an empty store in memory, in Asia/Shanghai, on 4 November 2025, 09:37.
type bench struct {
	*engine.Engine
	t   *testing.T
	ctx context.Context
	clk *clock
	cal rule.Calendar
	n   int
}

func setup(t *testing.T, docs ...engine.Document) *bench {
	t.Helper()
	b := &bench{t: t, ctx: t.Context(), cal: rule.Calendar{Zone: "Asia/Shanghai"}}
	b.clk = &clock{b.cal.Date(2025, time.November, 4).Add(9*time.Hour + 37*time.Minute)}
	eng, err := engine.New(memory.New(), engine.Options{Now: b.clk.Now})
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = eng
	b.put(append([]engine.Document{b.cal, ledger.Asset{Code: "CNY", Scale: 2}, ledger.Asset{Code: "points"}}, docs...)...)
	return b
}

func (b *bench) put(docs ...engine.Document) {
	b.t.Helper()
	if _, err := b.Put(b.ctx, engine.By{Actor: "ops"}, docs...); err != nil {
		b.t.Fatal(err)
	}
}

// did records an event of a task now, with an ID of its own.
func (b *bench) did(user, code string) engine.Outcome {
	b.t.Helper()
	b.n++
	out, err := b.Record(b.ctx, task.Event{ID: fmt.Sprint("e", b.n), User: user, Task: code})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bench) day(n int) { b.clk.now = b.cal.Date(2025, time.November, 3+n).Add(12 * time.Hour) }

var seedRule = rule.All(
	rule.All(rule.Streak("TS000061", 3), rule.Count("TS000012", 1)),
	rule.Any(rule.Count("TS000013", 1), rule.Count("TS000014", 1)),
)

func seedDocs() []engine.Document {
	return []engine.Document{
		task.Config{Code: "TS000061", Period: rule.Daily}, task.Config{Code: "TS000012"}, task.Config{Code: "TS000013"}, task.Config{Code: "TS000014"},
		reward.Group{Code: "RG99999"},
		reward.Config{Code: "RS000910", Group: "RG99999", Amount: ledger.Whole("CNY", 1), Rule: seedRule,
			Window: rule.Window{Start: time.Date(2025, 11, 4, 1, 37, 0, 0, time.UTC), End: time.Date(2025, 12, 4, 2, 7, 0, 0, time.UTC)},
			Limit:  rule.Limit{Max: 50, PerCycle: 10, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}},
	}
}

func TestScenario1_threeDaysInARowWithProfileAndCheckIn(t *testing.T) {
	b := setup(t, seedDocs()...)
	got := map[int]int{}
	for day := 1; day <= 10; day++ {
		b.day(day)
		if day == 1 {
			b.did("lin", "TS000012")
			b.did("lin", "TS000013")
		}
		if day == 7 {
			continue
		}
		if n := len(b.did("lin", "TS000061").Rewards); n > 0 {
			got[day] = n
		}
	}
	if want := "map[3:1 6:1 10:1]"; fmt.Sprint(got) != want {
		t.Errorf("records fell on days %v, want %s", got, want)
	}
	x, err := b.Explain(b.ctx, "lin", "RS000910")
	if err != nil {
		t.Fatal(err)
	}
	j, _ := json.MarshalIndent(x, "", " ")
	t.Logf("%s", j)
	bal, err := b.Balances(b.ctx, "lin")
	t.Log(bal, err)
	board, err := b.Board(b.ctx, "lin")
	j, _ = json.MarshalIndent(board, "", " ")
	t.Logf("%s %v", j, err)
}
