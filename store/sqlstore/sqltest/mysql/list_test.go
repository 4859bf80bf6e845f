package mysql

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A page costs the same wherever its cursor stands: a server that looks up what is equal for all and then reads on to the cursor
// would make a long list cost the square of its length.
func TestList_beginsBehindItsCursor(t *testing.T) {
	const users, page = 3000, 20
	each(t, func(t *testing.T, server servers.Server) {
		db := pool(t, server, "")
		db.SetMaxOpenConns(1) // whose reads are counted
		st := server.Migrated(t, db, server.Schema(t, db))
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for first := 0; first < users; first += 500 {
			var units []store.Unit
			for i := range 500 {
				r := &store.RewardRow{Record: pending(first+i, at)}
				units = append(units, store.Unit{User: r.ID.User, Put: []store.Row{r},
					Insert: []store.Row{&store.CauseRow{User: r.ID.User, Type: store.CauseRequest, ID: "1", Time: at}}})
			}
			if _, err := st.Commit(t.Context(), units...); err != nil {
				t.Fatal(err)
			}
		}
		cursor := pending(users*3/4, at)
		for _, q := range []store.Query{{Index: store.IndexRewardOpen}, {Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("RS1")}} {
			q.After, q.Limit = store.RewardKey(q.Index, cursor.ID, cursor.Time), page
			before, n := reads(t, db), 0
			for _, err := range st.List(t.Context(), q) {
				if n++; err != nil {
					t.Fatal(err)
				}
			}
			if read := reads(t, db) - before; n != page || read > 10*page {
				t.Errorf("%s: for %d rows %d were read", q.Index, n, read)
			}
		}
	})
}

func pending(i int, at time.Time) reward.Record {
	at = at.Add(time.Duration(i) * time.Second)
	return reward.Record{ID: reward.ID{User: fmt.Sprintf("user-%04d", i), Reward: "RS1", N: 1}, Status: reward.Pending, Amount: ledger.Whole("CNY", 1),
		Seq: 1, Time: at, Moves: []reward.Move{{Seq: 1, Status: reward.Pending, Time: at}}}
}

// reads is how many rows the session has read so far.
func reads(t *testing.T, db *sql.DB) (n int64) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_key', 'Handler_read_next', 'Handler_read_prev',"+
		" 'Handler_read_rnd', 'Handler_read_rnd_next', 'Handler_icp_attempts')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var value int64
		if err := rows.Scan(&name, &value); err != nil {
			t.Fatal(err)
		}
		n += value
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}
