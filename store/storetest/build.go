package storetest

import (
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A unit in these tests is an event's cause and what the case is about.

// cause is the cause of a user's event.
func cause(user, id string) *store.CauseRow {
	return &store.CauseRow{User: user, Type: store.CauseEvent, ID: id, Hash: [32]byte{1}, Time: sampleTime(0)}
}

// event is the cause of a user's event of a task, which has an entry in an index.
func event(user, id, code string, seq int64) *store.CauseRow {
	c := cause(user, id)
	c.Event = &task.Entry{Event: task.Event{ID: id, User: user, Task: code, Time: sampleTime(0), Growth: 1}, Seq: seq, Arrived: sampleTime(0)}
	return c
}

// unit is a cause and rows to put.
func unit(user string, version int64, id string, put ...store.Row) store.Unit {
	return store.Unit{User: user, Version: version, Insert: []store.Row{cause(user, id)}, Put: put}
}

// takes is a unit that takes from counters.
func takes(user string, version int64, id string, take ...store.Take) store.Unit {
	u := unit(user, version, id)
	u.Take = take
	return u
}

// record is a task record that tells one write from another by its sum.
func record(user, code string, sum int64) *store.TaskRow {
	return &store.TaskRow{Record: task.Record{User: user, Task: code, Sum: sum, Created: sampleTime(0), Updated: sampleTime(0)}}
}

// grant is a reward record made some microseconds after a fixed instant.
func grant(user, code string, n int64, micros int, status reward.Status) *store.RewardRow {
	made := sampleTime(0).Add(time.Duration(micros) * time.Microsecond)
	return &store.RewardRow{Record: reward.Record{
		ID: reward.ID{User: user, Reward: code, N: n}, Status: status, Amount: sampleAmount("1 CNY"), Seq: 1, Time: made,
		Moves: []reward.Move{{Seq: 1, Status: status, Time: made}},
	}}
}

// named is the part that reads a row.
func named(r store.Row) store.Part {
	return store.Part{Kind: r.Key().Kind, IDs: []string{r.Key().ID}}
}

// keyIn is a row's key in an index, empty if it has no entry there.
func keyIn(ix store.Index, r store.Row) string {
	for _, e := range r.Index() {
		if e.Index == ix {
			return e.Key
		}
	}
	return ""
}

// keysIn are the keys of rows in an index.
func keysIn(ix store.Index, rows []store.Row) []string {
	keys := make([]string, 0, len(rows))
	for _, r := range rows {
		keys = append(keys, keyIn(ix, r))
	}
	return keys
}
