package store

import (
	"encoding/json"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// causeWire is the stored form of a [CauseRow].
type causeWire struct {
	V        int         `json:"v"`
	User     string      `json:"user"`
	Type     CauseType   `json:"type"`
	ID       string      `json:"id"`
	Hash     hexBytes    `json:"hash"`
	Time     micros      `json:"time,omitzero"`
	Revision int64       `json:"revision,omitempty"`
	Event    *entryWire  `json:"event,omitempty"`
	Move     *callWire   `json:"move,omitempty"`
	Tasks    []TaskID    `json:"tasks,omitempty"`
	Grants   []Grants    `json:"grants,omitempty"`
	Blocked  []blockWire `json:"blocked,omitempty"`
	Due      int64       `json:"due,omitempty"`
}

type entryWire struct {
	ID        string          `json:"id"`
	User      string          `json:"user"`
	Task      string          `json:"task"`
	Time      micros          `json:"time,omitzero"`
	Growth    int64           `json:"growth,omitempty"`
	Finish    bool            `json:"finish,omitempty"`
	Attrs     storedAttrs     `json:"attrs,omitempty"`
	Meta      json.RawMessage `json:"meta,omitempty"`
	TimeGiven bool            `json:"time_given,omitempty"`
	Accepted  bool            `json:"accepted,omitempty"`
	Ignored   task.Reason     `json:"ignored,omitempty"`
	Revision  int64           `json:"revision,omitempty"`
	Seq       int64           `json:"seq,omitempty"`
	Arrived   micros          `json:"arrived,omitzero"`
}

type callWire struct {
	Op      string `json:"op"`
	Pass    bool   `json:"pass,omitempty"`
	User    string `json:"user"`
	Reward  string `json:"reward"`
	N       int64  `json:"n"`
	Seq     int64  `json:"seq"`
	Actor   string `json:"actor,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Request string `json:"request,omitempty"`
	Changed bool   `json:"changed,omitempty"`
}

type blockWire struct {
	Reward string        `json:"reward"`
	Reason reward.Reason `json:"reason"`
	By     string        `json:"by,omitempty"`
	Until  micros        `json:"until,omitzero"`
	Count  int64         `json:"count"`
}

// Encode gives the row in the newest version of its stored form.
func (r *CauseRow) Encode() []byte {
	w := causeWire{
		V: wireVersion, User: r.User, Type: r.Type, ID: r.ID, Hash: r.Hash[:], Time: micros{r.Time}, Revision: r.Revision, Due: r.Due,
	}
	if e := r.Event; e != nil {
		w.Event = &entryWire{
			ID: e.Event.ID, User: e.Event.User, Task: e.Event.Task, Time: micros{e.Event.Time}, Growth: e.Event.Growth,
			Finish: e.Event.Finish, Attrs: storedAttrs(e.Event.Attrs), Meta: e.Event.Meta, TimeGiven: e.TimeGiven,
			Accepted: e.Accepted, Ignored: e.Ignored, Revision: e.Revision, Seq: e.Seq, Arrived: micros{e.Arrived},
		}
	}
	if m := r.Move; m != nil {
		w.Move = &callWire{
			Op: m.Op, Pass: m.Pass, User: m.Record.User, Reward: m.Record.Reward, N: m.Record.N, Seq: m.Seq,
			Actor: m.Actor, Reason: m.Reason, Request: m.Request, Changed: m.Changed,
		}
	}
	w.Tasks, w.Grants = r.Tasks, r.Grants
	for _, b := range r.Blocked {
		w.Blocked = append(w.Blocked, blockWire{b.Reward, b.Reason, b.By, micros{b.Until}, b.Count})
	}
	return encode(w)
}

func (w *causeWire) row() (Row, error) {
	r := &CauseRow{User: w.User, Type: w.Type, ID: w.ID, Time: w.Time.t, Revision: w.Revision, Due: w.Due}
	if e := w.Event; e != nil {
		r.Event = &task.Entry{
			Event: task.Event{
				ID: e.ID, User: e.User, Task: e.Task, Time: e.Time.t, Growth: e.Growth, Finish: e.Finish, Meta: compacted(e.Meta),
			},
			TimeGiven: e.TimeGiven, Accepted: e.Accepted, Ignored: e.Ignored, Revision: e.Revision, Seq: e.Seq, Arrived: e.Arrived.t,
		}
		if len(e.Attrs) > 0 {
			r.Event.Event.Attrs = rule.Attrs(e.Attrs)
		}
	}
	if m := w.Move; m != nil {
		r.Move = &Move{
			Op: m.Op, Pass: m.Pass, Record: reward.ID{User: m.User, Reward: m.Reward, N: m.N}, Seq: m.Seq,
			Actor: m.Actor, Reason: m.Reason, Request: m.Request, Changed: m.Changed,
		}
	}
	r.Tasks, r.Grants = w.Tasks, w.Grants
	for _, b := range w.Blocked {
		r.Blocked = append(r.Blocked, reward.Block{Reward: b.Reward, Reason: b.Reason, By: b.By, Until: b.Until.t, Count: b.Count})
	}
	return r, w.Hash.into(r.Hash[:])
}

// taskWire is the stored form of a [TaskRow].
type taskWire struct {
	V        int    `json:"v"`
	User     string `json:"user"`
	Task     string `json:"task"`
	Period   int64  `json:"period,omitempty"`
	Level    int    `json:"level,omitempty"`
	Growth   int64  `json:"growth,omitempty"`
	Max      int64  `json:"max,omitempty"`
	Times    int64  `json:"times,omitempty"`
	Finished bool   `json:"finished,omitempty"`
	Sum      int64  `json:"sum,omitempty"`
	Finishes int64  `json:"finishes,omitempty"`
	First    micros `json:"first,omitzero"`
	Last     micros `json:"last,omitzero"`
	Created  micros `json:"created,omitzero"`
	Updated  micros `json:"updated,omitzero"`
}

// Encode gives the row in the newest version of its stored form.
func (r *TaskRow) Encode() []byte {
	return encode(taskWire{
		V: wireVersion, User: r.User, Task: r.Task, Period: r.Period, Level: r.Level, Growth: r.Growth, Max: r.Max,
		Times: r.Times, Finished: r.Finished, Sum: r.Sum, Finishes: r.Finishes, First: micros{r.First}, Last: micros{r.Last},
		Created: micros{r.Created}, Updated: micros{r.Updated},
	})
}

func (w *taskWire) row() (Row, error) {
	return &TaskRow{task.Record{
		User: w.User, Task: w.Task, Period: w.Period, Level: w.Level, Growth: w.Growth, Max: w.Max, Times: w.Times,
		Finished: w.Finished, Sum: w.Sum, Finishes: w.Finishes, First: w.First.t, Last: w.Last.t,
		Created: w.Created.t, Updated: w.Updated.t,
	}}, nil
}

// tallyWire is the stored form of a [TallyRow].
type tallyWire struct {
	V        int        `json:"v"`
	User     string     `json:"user"`
	Task     string     `json:"task"`
	Revision int64      `json:"revision,omitempty"`
	Cells    []cellWire `json:"cells,omitempty"`
}

type cellWire struct {
	Leaf     rule.Key   `json:"leaf"`
	Outer    int64      `json:"outer,omitempty"`
	Sum      int64      `json:"sum,omitempty"`
	Finishes int64      `json:"finishes,omitempty"`
	Count    int64      `json:"count,omitempty"`
	Base     int64      `json:"base,omitempty"`
	Done     []uint64   `json:"done,omitempty"`
	Open     []openWire `json:"open,omitempty"`
	Total    number     `json:"total,omitzero"`
}

type openWire struct {
	Period   int64 `json:"period"`
	Sum      int64 `json:"sum,omitempty"`
	Finishes int64 `json:"finishes,omitempty"`
}

// Encode gives the row in the newest version of its stored form.
func (r *TallyRow) Encode() []byte {
	w := tallyWire{V: wireVersion, User: r.User, Task: r.Task, Revision: r.Revision}
	for _, c := range r.Tally.Cells {
		cell := cellWire{
			Leaf: c.Key, Outer: c.Outer, Sum: c.Sum, Finishes: c.Finishes, Count: c.Count, Base: c.Done.Base, Done: c.Done.Words,
			Total: number{c.Total},
		}
		for _, o := range c.Open {
			cell.Open = append(cell.Open, openWire(o))
		}
		w.Cells = append(w.Cells, cell)
	}
	return encode(w)
}

func (w *tallyWire) row() (Row, error) {
	r := &TallyRow{User: w.User, Task: w.Task, Revision: w.Revision}
	for _, c := range w.Cells {
		cell := rule.Cell{Key: c.Leaf, Outer: c.Outer, Sum: c.Sum, Finishes: c.Finishes, Count: c.Count, Total: c.Total.d}
		cell.Done.Base = c.Base
		if len(c.Done) > 0 {
			cell.Done.Words = c.Done
		}
		for _, o := range c.Open {
			cell.Open = append(cell.Open, rule.Open(o))
		}
		r.Tally.Cells = append(r.Tally.Cells, cell)
	}
	return r, nil
}

// valueWire is the stored form of a [ValueRow].
type valueWire struct {
	V     int      `json:"v"`
	User  string   `json:"user"`
	Task  string   `json:"task"`
	Leaf  rule.Key `json:"leaf"`
	Outer int64    `json:"outer,omitempty"`
	Hash  hexBytes `json:"hash"`
}

// Encode gives the row in the newest version of its stored form.
func (r *ValueRow) Encode() []byte {
	return encode(valueWire{V: wireVersion, User: r.User, Task: r.Task, Leaf: r.Leaf, Outer: r.Outer, Hash: r.Hash[:]})
}

func (w *valueWire) row() (Row, error) {
	r := &ValueRow{User: w.User, Task: w.Task, Leaf: w.Leaf, Outer: w.Outer}
	return r, w.Hash.into(r.Hash[:])
}
