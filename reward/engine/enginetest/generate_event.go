package enginetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// drawEvent draws an event with a new ID, of a task that takes some, at a time that is taken.
func (g *game) drawEvent(t *rapid.T) task.Event {
	g.count++
	var codes []string
	for _, c := range g.world.tasks {
		if !c.Derived() {
			codes = append(codes, c.Code)
		}
		codes = append(codes, g.world.base(c.Rule)...)
	}
	for _, c := range g.world.rewards {
		codes = append(codes, g.world.base(c.Rule)...)
	}
	e := task.Event{ID: fmt.Sprintf("e%d", g.count), User: pick(t, []string{"ann", "ann", "ann", "bob", "cy"}, "user"),
		Task: pick(t, codes, "task"), Time: g.drawTime(t)}
	if chance(t, 30, "grows") {
		e.Growth = between64(t, 1, 5, "growth")
	}
	// A store whose units are small decides fewer than that.
	if g.hook.Limits().RowsPerUnit >= 50*decideMax && chance(t, 1, "grows much") && coin(t, "really") {
		e.Growth = decideMax + 100 // more than one event decides
	}
	e.Finish = chance(t, 12, "finish")
	if chance(t, 80, "attrs") {
		e.Attrs = drawAttrs(t)
	}
	if chance(t, 20, "meta") {
		e.Meta = json.RawMessage(`{"page":1}`)
	}
	return e
}

// base are the tasks with events that a rule reads, not through others.
func (w *world) base(r rule.Rule) []string {
	return slices.DeleteFunc(r.Tasks(), func(code string) bool { return code[0] == 'd' })
}

func drawAttrs(t *rapid.T) rule.Attrs {
	a := rule.Attrs{}
	if chance(t, 75, "total") {
		a["total"] = pick(t, totals(), "total")
	}
	if chance(t, 70, "qty") {
		a["qty"] = between64(t, 0, 4, "qty")
	}
	if chance(t, 60, "city") {
		a["city"] = pick(t, cities(), "city")
	}
	if chance(t, 50, "vip") {
		a["vip"] = coin(t, "vip")
	}
	return a
}

// alike is the event as another caller may write it: the same content in other Go types and digits.
func alike(e task.Event) task.Event {
	a := rule.Attrs{}
	for name, v := range e.Attrs {
		switch v := v.(type) {
		case int64:
			a[name] = int(v)
		case decimal.Decimal: // 1.5 becomes 1.500
			a[name] = decimal.RequireFromString(v.StringFixed(3))
		default:
			a[name] = v
		}
	}
	e.Attrs = a
	return e
}

// drawTime draws a time that is taken now: none given, now, some hours ago, or an edge of a day, a window or the lateness.
func (g *game) drawTime(t *rapid.T) time.Time {
	now, c := g.model.now, g.world.periods.Calendar()
	oldest, newest := now.Add(-c.Lateness), now.Add(c.Skew-time.Microsecond)
	switch between(t, 0, 9, "time") {
	case 0, 1, 2:
		return time.Time{}
	case 3, 4:
		return now.Add(-time.Duration(between64(t, 0, int64(c.Lateness/time.Minute), "minutes ago")) * time.Minute)
	case 5:
		return now.Add(-min(c.Lateness, time.Duration(between(t, 0, 30, "hours ago"))*time.Hour))
	case 6:
		return pick(t, []time.Time{oldest, newest, now}, "edge")
	}
	edges := []time.Time{now}
	for _, at := range g.edges() {
		for _, e := range []time.Time{at.Add(-time.Microsecond), at} {
			if !e.Before(oldest) && !e.After(newest) {
				edges = append(edges, e)
			}
		}
	}
	return pick(t, edges, "edge")
}

// edges are the starts of the last days and the bounds of all windows.
func (g *game) edges() []time.Time {
	var edges []time.Time
	today := g.world.periods.Ordinal(rule.Day, g.model.now)
	for n := range int64(4) {
		edges = append(edges, g.world.periods.Bounds(rule.Day, today-n).Start)
	}
	for _, c := range g.world.tasks {
		edges = append(edges, c.Window.Start, c.Window.End)
	}
	for _, c := range g.world.rewards {
		edges = append(edges, c.Window.Start, c.Window.End)
	}
	return edges
}

// drawOther changes one field of an event's content.
func drawOther(t *rapid.T, e task.Event, hadTime bool) task.Event {
	switch n := between(t, 0, 5, "other"); {
	case n == 0:
		e.Task += "x"
	case n == 1 && hadTime:
		e.Time = e.Time.Add(time.Microsecond)
	case n == 2:
		e.Finish = !e.Finish
		if e.Growth == 0 {
			e.Growth = 1
		}
	case n == 3:
		e.Attrs = with(e.Attrs, "qty", int64(77))
	case n == 4:
		e.Meta = json.RawMessage(`"other"`)
	default:
		e.Growth += 7
	}
	return e
}

// with gives attributes with one more.
func with(a rule.Attrs, name string, v any) rule.Attrs {
	b := rule.Attrs{name: v}
	for n, w := range a {
		if n != name {
			b[n] = w
		}
	}
	return b
}
