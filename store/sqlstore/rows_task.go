package sqlstore

import (
	"slices"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// causes are events and calls, each with what it led to. The columns from task to arrived are those of an event, and NULL
// or zero for other causes.
var causes = newTable(table{
	kind: store.KindCause, name: "causes", once: true,
	key: []column{{"type", text}, {"id", text}},
	rest: []column{
		{"hash", binary}, {"decided", instant}, {"revision", integer},
		{"task", text}, {"happened", instant}, {"growth", integer}, {"finish", boolean}, {"attrs", document}, {"meta", document},
		{"time_given", boolean}, {"accepted", boolean}, {"ignored", text}, {"event_revision", integer}, {"seq", integer},
		{"arrived", instant}, {"move", document}, {"outcome", document},
	},
	write: func(r store.Row, v *values) {
		c := r.(*store.CauseRow)
		v.text(string(c.Type), c.ID)
		v.binary(c.Hash[:])
		v.time(c.Time)
		v.integer(c.Revision)
		writeEntry(c.Event, v)
		v.json(c.Move != nil, c.Move)
		out := outcome{c.Tasks, c.Grants, blocks(c.Blocked), c.Due}
		v.json(len(out.Tasks) > 0 || len(out.Grants) > 0 || len(out.Blocked) > 0 || out.Due != 0, out)
	},
	read: func(user string, c *cells) store.Row {
		r := &store.CauseRow{User: user, Type: store.CauseType(c.text()), ID: c.text()}
		c.hash(r.Hash[:])
		r.Time, r.Revision = c.time(), c.int()
		r.Event = readEntry(user, r.ID, c)
		c.json(&r.Move)
		var out outcome
		c.json(&out)
		r.Tasks, r.Grants, r.Blocked, r.Due = out.Tasks, out.Grants, out.Blocked, out.Due
		for i := range r.Blocked {
			r.Blocked[i].Until = store.Instant(r.Blocked[i].Until)
		}
		return r
	},
})

// An outcome is what a cause led to, as JSON.
type outcome struct {
	Tasks   []store.TaskID `json:"tasks,omitempty"`
	Grants  []store.Grants `json:"grants,omitempty"`
	Blocked []reward.Block `json:"blocked,omitempty"`
	Due     int64          `json:"due,omitempty"`
}

// blocks gives blocks with their instants cut to what a store keeps: JSON would write them in their own zone, which has no seconds
// there and may be of a year that it refuses. Most need no copy.
func blocks(list []reward.Block) []reward.Block {
	if !slices.ContainsFunc(list, func(b reward.Block) bool { return !isInstant(b.Until) }) {
		return list
	}
	cut := slices.Clone(list)
	for i := range cut {
		cut[i].Until = store.Instant(cut[i].Until)
	}
	return cut
}

func writeEntry(e *task.Entry, v *values) {
	if e == nil {
		v.null(2)
		v.integer(0)
		v.boolean(false)
		v.null(2)
		v.boolean(false, false)
		v.text("")
		v.integer(0, 0)
		v.null(1)
		return
	}
	v.text(e.Event.Task)
	v.time(e.Event.Time)
	v.integer(e.Event.Growth)
	v.boolean(e.Event.Finish)
	v.json(len(e.Event.Attrs) > 0, rule.Stored(e.Event.Attrs))
	v.raw(e.Event.Meta)
	v.boolean(e.TimeGiven, e.Accepted)
	v.text(string(e.Ignored))
	v.integer(e.Revision, e.Seq)
	v.time(e.Arrived)
}

func readEntry(user, id string, c *cells) *task.Entry {
	code, is := c.optional()
	e := &task.Entry{Event: task.Event{ID: id, User: user, Task: code, Time: c.time(), Growth: c.int(), Finish: c.bool()}}
	var attrs rule.Stored
	c.json(&attrs)
	e.Event.Attrs, e.Event.Meta = rule.Attrs(attrs), c.raw()
	e.TimeGiven, e.Accepted, e.Ignored = c.bool(), c.bool(), task.Reason(c.text())
	e.Revision, e.Seq, e.Arrived = c.int(), c.int(), c.time()
	if !is {
		return nil
	}
	return e
}

var tasks = newTable(table{
	kind: store.KindTask, name: "tasks",
	key: []column{{"task", text}, {"period", integer}},
	rest: []column{
		{"level", integer}, {"growth", integer}, {"goal", integer}, {"times", integer}, {"finished", boolean}, {"sum", integer},
		{"finishes", integer}, {"first", instant}, {"last", instant}, {"created", instant}, {"updated", instant},
	},
	write: func(r store.Row, v *values) {
		t := r.(*store.TaskRow)
		v.text(t.Task)
		v.integer(t.Period, int64(t.Level), t.Growth, t.Max, t.Times)
		v.boolean(t.Finished)
		v.integer(t.Sum, t.Finishes)
		v.time(t.First)
		v.time(t.Last)
		v.time(t.Created)
		v.time(t.Updated)
	},
	read: func(user string, c *cells) store.Row {
		return &store.TaskRow{Record: task.Record{
			User: user, Task: c.text(), Period: c.int(), Level: int(c.int()), Growth: c.int(), Max: c.int(), Times: c.int(),
			Finished: c.bool(), Sum: c.int(), Finishes: c.int(), First: c.time(), Last: c.time(), Created: c.time(), Updated: c.time(),
		}}
	},
})

var tallies = newTable(table{
	kind: store.KindTally, name: "tallies",
	key:  []column{{"task", text}},
	rest: []column{{"revision", integer}, {"cells", document}},
	write: func(r store.Row, v *values) {
		t := r.(*store.TallyRow)
		v.text(t.Task)
		v.integer(t.Revision)
		v.json(len(t.Tally.Cells) > 0, t.Tally.Cells)
	},
	read: func(user string, c *cells) store.Row {
		r := &store.TallyRow{User: user, Task: c.text(), Revision: c.int()}
		c.json(&r.Tally.Cells)
		return r
	},
})

// tallyValues are the different values that leaves have counted.
var tallyValues = newTable(table{
	kind: store.KindValue, name: "tally_values",
	key: []column{{"task", text}, {"leaf", text}, {"outer_period", integer}, {"hash", binary}},
	write: func(r store.Row, v *values) {
		t := r.(*store.ValueRow)
		leaf, _ := t.Leaf.MarshalText() // has no error
		v.text(t.Task, string(leaf))
		v.integer(t.Outer)
		v.binary(t.Hash[:])
	},
	read: func(user string, c *cells) store.Row {
		r := &store.ValueRow{User: user, Task: c.text()}
		c.fail(r.Leaf.UnmarshalText([]byte(c.text())))
		r.Outer = c.int()
		c.hash(r.Hash[:])
		return r
	},
})
