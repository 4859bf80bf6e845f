package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A moved window's end counts different values again, also where a unit of the store holds few of them, and a value that
// was counted is not counted twice afterwards.
func TestRecord_S21_distinctIsRecountedInSmallUnits(t *testing.T) {
	b := setup(t, task.Config{Code: "visit", Period: rule.Unlimited, Attrs: rule.Schema{"shop": rule.String}})
	b.st.limits = smallUnits
	r := reward.Config{Code: "R", Amount: ledger.Whole("points", 1), Rule: rule.Distinct("visit", "shop", 100), Window: rule.Window{End: b.cal.Date(2025, time.November, 30)}}
	b.put(r)
	visit := func(id string, shop int) {
		t.Helper()
		out := b.record(task.Event{ID: id, User: "lin", Task: "visit", Attrs: rule.Attrs{"shop": fmt.Sprint("s", shop)}})
		want(t, "ignored", out.Ignored, "")
	}
	for i := range 150 {
		visit(fmt.Sprint("a", i), i)
	}
	r.Window.End = b.cal.Date(2025, time.December, 15)
	b.put(r)
	calls, lost := 0, false
	b.st.commit = func(_ context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		calls++
		for _, u := range units {
			if n := len(u.Insert) + len(u.Put) + len(u.Take); n > 64 {
				t.Errorf("a unit of %d rows", n)
			}
		}
		if calls == 2 && !lost { // the chain breaks in the middle
			lost = true
			if _, err := next(); err != nil {
				t.Error(err)
			}
			return nil, store.ErrUnknown
		}
		return next()
	}
	visit("b", 150)
	want(t, "commits of the recount, the broken chain's among them", calls, 5)
	visit("c", 3)
	x := b.explain("lin", "R")
	want(t, "have", x.Progress.Have, "151")
	want(t, "matches", x.Matches, 1)
}
