package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

func TestRecord_S2_aWindowHoldsItsStartAndNotItsEnd(t *testing.T) {
	b := setup(t)
	w := rule.Window{Start: b.at(1, 10, 0), End: b.at(1, 11, 0)}
	inTask := counter("in-task")
	inTask.Window = w
	inReward := each("in-reward", "any")
	inReward.Window = w
	b.put(inTask, counter("any"), each("R", "in-task"), inReward)
	b.clk.now = b.at(1, 12, 0)
	for _, c := range []struct {
		name string
		at   time.Time
		in   bool
	}{
		{"a microsecond before the start", w.Start.Add(-time.Microsecond), false},
		{"the start", w.Start, true},
		{"a nanosecond before the end, which is cut", w.End.Add(-time.Nanosecond), true},
		{"the end", w.End, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := b.doneAt("lin", "in-task", c.at)
			want(t, "ignored", out.Ignored == "", c.in)
			want(t, "ignored because", out.Ignored == task.Outside, !c.in)
			want(t, "records", len(out.Rewards) == 1, c.in)
			want(t, "records by the reward's window", len(b.doneAt("lin", "any", c.at).Rewards) == 1, c.in)
		})
	}
}

func TestRecord_S3_theTimesThatAreTaken(t *testing.T) {
	cal := rule.Calendar{Zone: "UTC", Lateness: 2 * time.Hour, Skew: time.Minute}
	none := rule.Calendar{Zone: "UTC", Lateness: -1, Skew: -1}
	for _, c := range []struct {
		name string
		cal  rule.Calendar
		off  time.Duration
		err  error
	}{
		{"now", cal, 0, nil},
		{"the lateness ago", cal, -2 * time.Hour, nil},
		{"a microsecond more", cal, -2*time.Hour - time.Microsecond, rule.ErrTooLate},
		{"just inside the skew", cal, time.Minute - time.Microsecond, nil},
		{"the skew ahead", cal, time.Minute, rule.ErrTooEarly},
		{"without lateness, now", none, 0, nil},
		{"without lateness, a microsecond ago", none, -time.Microsecond, rule.ErrTooLate},
		{"without skew, a microsecond ahead", none, time.Microsecond, rule.ErrTooEarly},
		{"by default, 72 hours ago", rule.Calendar{}, -72 * time.Hour, nil},
		{"by default, 5 minutes ahead", rule.Calendar{}, 5 * time.Minute, rule.ErrTooEarly},
		{"250 years ago", cal, -250 * 365 * 24 * time.Hour, rule.ErrTooLate},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setupIn(t, c.cal, counter("order"), each("R", "order"))
			ev := task.Event{ID: "e", User: "lin", Task: "order", Time: b.clk.now.Add(c.off)}
			_, err := b.Record(b.ctx, ev)
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			want(t, "records", len(b.records("lin", "R")) == 1, c.err == nil)
		})
	}
}

func TestRecord_S3_aLateEventInsideAnEndedWindowCounts(t *testing.T) {
	r := each("R", "order")
	b := setup(t, counter("order"))
	r.Window = rule.Window{Start: b.at(1, 0, 0), End: b.at(2, 0, 0)}
	b.put(r)
	b.clk.now = b.at(4, 23, 0)
	want(t, "records", len(b.doneAt("lin", "order", b.at(1, 23, 30)).Rewards), 1)
	_, err := b.Record(b.ctx, task.Event{ID: "x", User: "lin", Task: "order", Time: b.at(1, 22, 59)})
	want(t, "too late", errors.Is(err, rule.ErrTooLate), true)
}

// richTask has an attribute of every kind.
func richTask() task.Config {
	c := counter("rich")
	c.Attrs = rule.Schema{"s": rule.String, "b": rule.Bool, "n": rule.Int, "d": rule.Decimal, "at": rule.Time, "l": rule.Strings}
	return c
}

func TestRecord_S4_theSameContentInAnySpellingIsAReplay(t *testing.T) {
	b := setup(t, richTask(), each("R", "rich"))
	at := time.Date(2025, 11, 4, 1, 0, 0, 123456789, time.UTC)
	ev := task.Event{ID: "e", User: "lin", Task: "rich", Time: at, Meta: json.RawMessage(`{"node": 7,  "tags":[1, 2]}`),
		Attrs: rule.Attrs{"s": "x", "b": true, "n": 3, "d": num("12.50"), "at": at, "l": []string{"a", "b"}}}
	first := b.record(ev)
	want(t, "first", []any{first.Replay, len(first.Rewards)}, "[false 1]")
	for name, edit := range map[string]func(*task.Event){
		"as it was":              func(*task.Event) {},
		"int64":                  func(e *task.Event) { e.Attrs["n"] = int64(3) },
		"JSON numbers":           func(e *task.Event) { e.Attrs["n"], e.Attrs["d"] = json.Number("3"), json.Number("12.5") },
		"a decimal as text":      func(e *task.Event) { e.Attrs["d"] = "12.500" },
		"a time as text":         func(e *task.Event) { e.Attrs["at"] = "2025-11-04T09:00:00.123456+08:00" },
		"a list of any":          func(e *task.Event) { e.Attrs["l"] = []any{"a", "b"} },
		"other spaces in meta":   func(e *task.Event) { e.Meta = json.RawMessage(`{"node":7,"tags":[1,2]}`) },
		"no time":                func(e *task.Event) { e.Time = time.Time{} },
		"the time in a zone":     func(e *task.Event) { e.Time = at.In(time.FixedZone("x", 8*3600)).Add(time.Nanosecond) },
		"the default growth":     func(e *task.Event) { e.Growth = 1 },
		"an absent one made nil": func(e *task.Event) { e.Attrs["extra"] = nil },
	} {
		t.Run(name, func(t *testing.T) {
			again := ev
			again.Attrs = rule.Attrs{}
			for k, v := range ev.Attrs {
				again.Attrs[k] = v
			}
			edit(&again)
			b.unmoved("lin", func() {
				out := b.record(again)
				want(t, "replay", []any{out.Replay, out.Ignored, len(out.Tasks), numbers(out.Rewards)}, "[true  1 [1]]")
			})
		})
	}
}

func TestRecord_S4_everyFieldThatDiffersIsNamed(t *testing.T) {
	b := setup(t, richTask(), counter("other"), each("R", "rich"))
	ev := task.Event{ID: "e", User: "lin", Task: "rich", Time: b.clk.now, Growth: 2, Meta: json.RawMessage(`[1]`),
		Attrs: rule.Attrs{"s": "x", "b": true, "n": 3, "d": "1.5", "at": b.clk.now, "l": []string{"a"}}}
	b.record(ev)
	for _, c := range []struct {
		field string
		edit  func(*task.Event)
	}{
		{"task", func(e *task.Event) { e.Task = "other" }},
		{"task", func(e *task.Event) { e.Task = "unknown" }},
		{"time", func(e *task.Event) { e.Time = e.Time.Add(time.Microsecond) }},
		{"growth", func(e *task.Event) { e.Growth = 0 }},
		{"growth", func(e *task.Event) { e.Growth = -1 }},
		{"finish", func(e *task.Event) { e.Finish = true }},
		{"attrs.s", func(e *task.Event) { e.Attrs["s"] = "X" }},
		{"attrs.b", func(e *task.Event) { delete(e.Attrs, "b") }},
		{"attrs.n", func(e *task.Event) { e.Attrs["n"] = "3" }},
		{"attrs.d", func(e *task.Event) { e.Attrs["d"] = "1.51" }},
		{"attrs.d", func(e *task.Event) { e.Attrs["d"] = 1.5 }},
		{"attrs.at", func(e *task.Event) { e.Attrs["at"] = e.Time.Add(time.Hour) }},
		{"attrs.l", func(e *task.Event) { e.Attrs["l"] = []string{"a", "a"} }},
		{"attrs.more", func(e *task.Event) { e.Attrs["more"] = 1 }},
		{"meta", func(e *task.Event) { e.Meta = json.RawMessage(`[2]`) }},
		{"meta", func(e *task.Event) { e.Meta = nil }},
		{"meta", func(e *task.Event) { e.Meta = json.RawMessage(`[1`) }},
	} {
		t.Run(c.field, func(t *testing.T) {
			other := ev
			other.Attrs = rule.Attrs{}
			for k, v := range ev.Attrs {
				other.Attrs[k] = v
			}
			c.edit(&other)
			b.unmoved("lin", func() {
				_, err := b.Record(b.ctx, other)
				var conflict *task.ConflictError
				if !errors.As(err, &conflict) || !errors.Is(err, task.ErrConflict) {
					t.Fatalf("got %v, want a conflict", err)
				}
				want(t, "conflict", *conflict, task.ConflictError{User: "lin", ID: "e", Field: c.field})
			})
		})
	}
}

func TestRecord_S4_anIDBelongsToItsUser(t *testing.T) {
	b := setup(t, counter("order"), each("R", "order"))
	for _, user := range []string{"lin", "Lin", "lin ", "lín"} {
		out := b.record(task.Event{ID: "e", User: user, Task: "order"})
		want(t, user, []any{out.Replay, len(out.Rewards)}, "[false 1]")
	}
}

func TestRecord_S4_theIDIsLookedUpBeforeAnythingIsChecked(t *testing.T) {
	r := each("R", "rich")
	r.Review = true
	b := setup(t, richTask(), r)
	ev := task.Event{ID: "e", User: "lin", Task: "rich", Time: b.clk.now, Attrs: rule.Attrs{"n": 7}}
	b.record(ev)
	b.put(task.Config{Code: "rich", Period: rule.Unlimited, Attrs: richTask().Attrs, Where: "n > 100"})
	again := func(name string) {
		t.Helper()
		out := b.record(ev)
		want(t, name, []any{out.Replay, out.Ignored, len(out.Tasks), numbers(out.Rewards)}, "[true  1 [1]]")
	}
	again("after its task took a condition it does not meet")
	if err := b.Retire(b.ctx, ops, task.Config{Code: "rich"}); err != nil {
		t.Fatal(err)
	}
	again("after its task was retired")
	b.clk.now = b.at(30, 0, 0)
	again("when it would be too late")
	b.Review(b.ctx, ops, reward.ID{User: "lin", Reward: "R", N: 1}, true)
	want(t, "its record is the present one", b.record(ev).Rewards[0].Status, reward.Granted)
	want(t, "a new one", b.did("lin", "rich").Ignored, task.Retired)
}

func TestRecord_S4_aReplayAnswersAsTheFirstTime(t *testing.T) {
	r := each("R", "order")
	r.Limit.Max = 1
	held := each("held", "order")
	b := setup(t, counter("order"), task.Config{Code: "once"}, r, held)
	if err := b.Pause(b.ctx, ops, "held", reward.Hold); err != nil {
		t.Fatal(err)
	}
	b.did("lin", "order")
	ev := task.Event{ID: "second", User: "lin", Task: "order"}
	first := b.record(ev)
	want(t, "first", []any{blocks(first.Blocked), first.Due}, "[[R: user_max 1] 2]")
	b.did("lin", "order")
	again := b.record(ev)
	want(t, "again", []any{again.Replay, blocks(again.Blocked), again.Due}, "[true [R: user_max 1] 2]")
	want(t, "its task's record is the present one", again.Tasks[0].Times, 3)
	b.did("lin", "once")
	late := task.Event{ID: "late", User: "lin", Task: "once"}
	want(t, "ignored", b.record(late).Ignored, task.Completed)
	out := b.record(late)
	want(t, "ignored again", []any{out.Replay, out.Ignored, len(out.Tasks)}, "[true completed 1]")
}

func TestRecordBatch_S6_aBadItemStopsNoOther(t *testing.T) {
	r := reward.Config{Code: "R", Amount: points(5), Rule: rule.Count("order", 2)}
	b := setup(t, counter("order"), task.Config{Code: "d", Rule: rule.Count("order", 1)}, r)
	order := func(user, id string) task.Event { return task.Event{User: user, ID: id, Task: "order"} }
	late := order("lin", "late")
	late.Time = b.at(-5, 0, 0)
	other := order("lin", "1")
	other.Growth = 3
	batch := []task.Event{
		order("lin", "1"), order("", "x"), order("zoe", "1"), {User: "lin", ID: "2", Task: "nothing"}, late, order("lin", "1"),
		other, {User: "lin", ID: "3", Task: "d"}, order("lin", "4"), order("ann", "1"), {User: "lin", ID: "5", Task: "order", Growth: -1}, order("lin", "5"),
	}
	for _, again := range []bool{false, true} {
		results, err := b.RecordBatch(b.ctx, batch...)
		if err != nil {
			t.Fatal(err)
		}
		wants := []error{nil, rule.ErrInvalid, nil, task.ErrUnknown, rule.ErrTooLate, nil, task.ErrConflict, task.ErrDerived, nil, nil, rule.ErrInvalid, nil}
		if again { // the ID is looked up before the event is checked
			wants[10] = task.ErrConflict
		}
		for i, res := range results {
			if !errors.Is(res.Err, wants[i]) || (res.Err == nil) != (wants[i] == nil) {
				t.Errorf("item %d: %v, want %v", i, res.Err, wants[i])
			}
			want(t, fmt.Sprint("replay of item ", i), res.Replay, res.Err == nil && (again || i == 5))
		}
		want(t, "the second order pays", numbers(results[8].Rewards), "[1]")
		want(t, "the first does not", numbers(results[0].Rewards), "[]")
		want(t, "nor the third", numbers(results[11].Rewards), "[]")
	}
	want(t, "lin", b.has("lin", "points"), "5")
	b.books("lin", "points")
}

func TestRecordBatch_S6_equalsOneByOne(t *testing.T) {
	docs := append(append(challengeDocs(), seedDocs()...), counter("order"), each("R", "order"))
	one := setup(t, docs...)
	one.clk.now = one.at(3, 12, 0)
	var events []task.Event
	for i := range 300 {
		codes := []string{"TS000061", "TS000012", "TS000013", "TS000801", "TS000802", "TS000803", "order"}
		events = append(events, task.Event{ID: fmt.Sprint("e", i%290), User: fmt.Sprint("u", i%290%3), Task: codes[i%290%len(codes)],
			Time: one.clk.now.Add(-time.Duration(i%290*7) * time.Minute)})
	}
	for _, limit := range []int64{0, 64} { // also where a unit is small
		all := setup(t, docs...)
		all.clk.now = one.clk.now
		if limit > 0 {
			all.st.limits = smallUnits
		}
		results, err := all.RecordBatch(all.ctx, events...)
		if err != nil {
			t.Fatal(err)
		}
		for i, ev := range events {
			out, err := one.Record(one.ctx, ev)
			if err != nil || results[i].Err != nil {
				t.Fatal(err, results[i].Err)
			}
			want(t, fmt.Sprint("replay ", i), out.Replay || limit > 0, results[i].Replay || limit > 0)
			want(t, fmt.Sprint("item ", i), []any{results[i].Ignored, numbers(results[i].Rewards), len(results[i].Tasks)},
				[]any{out.Ignored, numbers(out.Rewards), len(out.Tasks)})
		}
		for u := range 3 {
			user := fmt.Sprint("u", u)
			want(t, "all about "+user, all.everything(user), one.everything(user))
		}
	}
}

func TestRecordBatch_theEmptyBatchIsNothing(t *testing.T) {
	b := setup(t)
	results, err := b.RecordBatch(b.ctx)
	want(t, "results", []any{len(results), err}, "[0 <nil>]")
}

func TestRecord_S16_metaGoesToTheRecordsItCaused(t *testing.T) {
	b := setup(t, counter("order"), reward.Config{Code: "R", Amount: ledger.Whole("CNY", 1), Rule: rule.Count("order", 2)})
	b.record(task.Event{User: "lin", Task: "order", Meta: json.RawMessage(`{"nodeId": 1}`)})
	b.record(task.Event{ID: "cause", User: "lin", Task: "order", Meta: json.RawMessage(`{"nodeId": "2"}`)})
	r := b.records("lin", "R")[0]
	want(t, "meta and event", []string{string(r.Meta), r.Event}, `[{"nodeId":"2"} cause]`)
}
