package engine

import (
	"strconv"
	"time"

	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/store"
)

// spill adds the values of a recount to a unit, as many as it has room for, and puts the rest into units that are committed
// before it, one after the other. Each of these moves the user's version on, and the unit expects the last one's. Should the
// chain break in the middle, what it wrote is harmless: the tally that gives the values their meaning is not there yet, and
// the next try counts everything again.
func spill(u *store.Unit, values []decide.TaskValue, most int, now time.Time, revision int64) (before []store.Unit) {
	room := max(0, most-size(*u))
	for len(values) > room {
		n := min(len(values)-room, most-1) // one row is the cause
		id := values[0].Task + "/" + strconv.FormatInt(u.Version, 10)
		cause := &store.CauseRow{User: u.User, Type: store.CauseRecount, ID: id, Time: now, Revision: revision}
		before = append(before, store.Unit{User: u.User, Version: u.Version, Insert: []store.Row{cause}, Put: valueRows(u.User, values[:n])})
		values = values[n:]
		u.Version++
	}
	u.Put = append(u.Put, valueRows(u.User, values)...)
	return before
}

func valueRows(user string, values []decide.TaskValue) []store.Row {
	rows := make([]store.Row, 0, len(values))
	for _, v := range values {
		rows = append(rows, &store.ValueRow{User: user, Task: v.Task, Leaf: v.Key, Outer: v.Outer, Hash: v.Hash})
	}
	return rows
}
