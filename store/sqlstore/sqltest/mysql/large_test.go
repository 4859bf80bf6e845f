package mysql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// A unit of events with as many attributes as there may be is larger than what a server takes in one packet, and is written all
// the same, and whole.
func TestCommit_aUnitLargerThanAPacket(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		db := pool(t, server, "")
		st := server.Migrated(t, db, server.Schema(t, db))
		unit := store.Unit{User: "mei"}
		attrs := rule.Attrs{}
		for i := range 60 {
			attrs[fmt.Sprint("a", i)] = strings.Repeat("星", 340)
		}
		now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for i := range 200 {
			id := fmt.Sprint("e", i)
			unit.Insert = append(unit.Insert, &store.CauseRow{User: "mei", Type: store.CauseEvent, ID: id, Time: now,
				Event: &task.Entry{Event: task.Event{ID: id, User: "mei", Task: "order", Time: now, Attrs: attrs}, Seq: 1, Arrived: now}})
		}
		results, err := st.Commit(t.Context(), unit)
		if err != nil || !results[0].Written() {
			t.Fatal(results, err)
		}
		snap, err := st.Load(t.Context(), store.Request{Keys: []store.Key{{User: "mei", Parts: []store.Part{{Index: store.IndexCauseTask}}}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := snap.States[0]; got.Version != 1 || len(got.Rows) != 200 {
			t.Errorf("version %d with %d rows", got.Version, len(got.Rows))
		}
	})
}
