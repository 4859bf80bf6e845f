package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A call whose context ends behind any of its statements leaves the pool's connection as it was: not in a transaction, and not at
// the level of the store's own, at which the next load would read what somebody else has not committed.
func TestCommit_leavesTheConnectionAsItWas(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		at := server.Places(t)(t)
		clean := server.At(t, at)
		commit(t, t.Context(), clean, []store.Unit{requested("ada", 0, "first"), requested("bob", 0, "first")})
		tx, err := clean.DB().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		commit(t, t.Context(), clean.In(tx), []store.Unit{requested("ada", 1, "not committed")})
		for n := 1; ; n++ {
			ctx, cancel := context.WithCancel(t.Context())
			left := n
			db := watched(t, at.DSN, watch{after: func() {
				if left--; left == 0 {
					cancel()
				}
			}})
			st := server.Store(t, db, at.Schema)
			_, err := st.Commit(ctx, requested("bob", 1, "second"), requested("eve", 0, "first"))
			cancel()
			snap, loadErr := st.Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}})
			if loadErr != nil {
				t.Fatal(loadErr)
			}
			if v := snap.States[0].Version; v != 1 {
				t.Errorf("%v behind statement %d, and a load reads version %d, which is not committed", err, n, v)
			}
			if _, err := db.ExecContext(t.Context(), "SET TRANSACTION READ WRITE"); err != nil {
				t.Errorf("behind statement %d the connection is in a transaction: %v", n, err)
			}
			if left > 0 {
				break
			}
		}
	})
}

// Somebody kills the statement that a commit waits in: it is known not to hold, and is run again.
func TestCommit_whoseStatementIsKilledRunsAgain(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		at := server.Places(t)(t)
		clean := server.At(t, at)
		unit := requested("ada", 0, "first")
		unit.Take = []store.Take{{Counter: "b", N: 1, Max: 10}, {Counter: "c", N: 1, Max: 10}}
		commit(t, t.Context(), clean, []store.Unit{unit})
		release := hold(t, clean.DB(), at.Schema, "counter")
		db := server.Open(t, at.DSN)
		db.SetMaxOpenConns(1)
		st := server.Store(t, db, at.Schema)
		if _, err := st.Load(t.Context(), store.Request{Counters: []string{"b", "c"}}); err != nil {
			t.Fatal(err)
		}
		var id int64
		if err := db.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			unit := requested("eve", 0, "first")
			unit.Take = []store.Take{{Counter: "b", N: 1, Max: 10}, {Counter: "c", N: 1, Max: 10}}
			if results, err := st.Commit(t.Context(), unit); err != nil || !results[0].Written() {
				t.Errorf("%+v, %v", results, err)
			}
		}()
		untilWaiting(t, clean.DB(), id)
		if _, err := clean.DB().ExecContext(t.Context(), fmt.Sprint("KILL QUERY ", id)); err != nil {
			t.Fatal(err)
		}
		release()
		<-done
		if s := st.Stats(); s.Retries == 0 || s.Lost > 0 {
			t.Errorf("%+v", s)
		}
		if _, err := db.ExecContext(t.Context(), "SET TRANSACTION READ WRITE"); err != nil {
			t.Errorf("the connection is in a transaction: %v", err)
		}
	})
}

// untilWaiting returns when a connection waits for a lock. The server makes its list anew only if nobody has read it for a while.
func untilWaiting(t *testing.T, db *sql.DB, id int64) {
	t.Helper()
	for ctx := t.Context(); ; {
		var n int
		err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_mysql_thread_id = ?", id).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}
