// Package postgresql tests what PostgreSQL alone does: whom its statements wait for, and for how long.
package postgresql

import (
	"context"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// taking is a unit that takes one from each counter.
func taking(user string, version int64, id string, counters ...string) store.Unit {
	u := store.Unit{User: user, Version: version, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseRequest, ID: id}}}
	for _, c := range counters {
		u.Take = append(u.Take, store.Take{Counter: c, N: 1, Max: 10})
	}
	return u
}

func written(t *testing.T, st store.Store, units ...store.Unit) {
	t.Helper()
	results, err := st.Commit(t.Context(), units...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if !r.Written() {
			t.Fatalf("%s: %+v", units[i].User, r)
		}
	}
}

type answer struct {
	results []store.Result
	err     error
}

// meanwhile commits units, with time enough, and returns when that waits for a lock.
func meanwhile(t *testing.T, st *sqlstore.Store, schema string, units ...store.Unit) <-chan answer {
	t.Helper()
	done := make(chan answer, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute) // which is there for a store that waits for ever
		defer cancel()
		results, err := st.Commit(ctx, units...)
		done <- answer{results, err}
	}()
	query := "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 IN query) > 0"
	for n := 0; n == 0; time.Sleep(time.Millisecond) {
		if err := st.DB().QueryRowContext(t.Context(), query, schema).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	return done
}

// A user who is made while a batch waits for a counter, and whom a transaction then has, keeps neither the batch nor the counter.
func TestCommit_ofSeveralWaitsForNobodyWhoWasMadeMeanwhile(t *testing.T) {
	at := servers.PostgreSQL.Places(t)(t)
	st := servers.PostgreSQL.At(t, at)
	written(t, st, taking("first", 0, "1", "c"))
	release := hold(t, st, at.Schema, "counter")
	done := meanwhile(t, st, at.Schema, taking("ada", 0, "1", "c"), taking("bob", 0, "1", "c"), taking("cid", 0, "1"))
	written(t, st, taking("bob", 0, "other"))
	tx, err := st.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	written(t, st.In(tx), taking("bob", 1, "inside"))
	release()
	a := <-done
	if a.err != nil || !a.results[0].Written() || !a.results[1].Moved || !a.results[2].Written() {
		t.Errorf("%+v, %v", a.results, a.err)
	}
	written(t, st, taking("dan", 0, "1", "c"))
}

// A user who is made while a commit waits has moved, whatever the counters have left (clause 7).
func TestCommit_isMovedBeforeItIsExhausted(t *testing.T) {
	for name, others := range map[string][]store.Unit{"alone": nil, "with others": {taking("bob", 0, "1")}} {
		t.Run(name, func(t *testing.T) {
			at := servers.PostgreSQL.Places(t)(t)
			st := servers.PostgreSQL.At(t, at)
			full := taking("first", 0, "1", "c")
			full.Take[0].N = 9
			written(t, st, full)
			tx, err := st.DB().BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			written(t, st.In(tx), taking("ada", 0, "inside", "c"))
			done := meanwhile(t, st, at.Schema, append([]store.Unit{taking("ada", 0, "outside", "c")}, others...)...)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if a := <-done; a.err != nil || !a.results[0].Moved || len(a.results[0].Exhausted) > 0 {
				t.Errorf("%+v, %v", a.results, a.err)
			}
		})
	}
}

// The births of two stores on the same tables are the same, whatever the tables are called.
func TestCommit_ofSeveralSeesABirthUnderAnotherName(t *testing.T) {
	at := servers.PostgreSQL.Places(t)(t)
	st := servers.PostgreSQL.At(t, at)
	tx, err := st.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	written(t, st.In(tx), taking("ada", 0, "inside"))
	db := servers.PostgreSQL.Pool(t)
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "SELECT set_config('search_path', $1, FALSE)", at.Schema); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // which is there for a store that waits
	defer cancel()
	results, err := servers.PostgreSQL.Store(t, db, "").Commit(ctx, taking("ada", 0, "outside"), taking("bob", 0, "outside"))
	if err != nil || !results[0].Moved || !results[1].Written() {
		t.Errorf("%+v, %v", results, err)
	}
}
