package sqlstore_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

var ada = store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true}

func begin(t *testing.T, st *sqlstore.Store) (*sql.Tx, store.Store) {
	t.Helper()
	tx, err := st.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx, st.In(tx)
}

func TestSavepointsOfTheCallerWorkAroundAStoreInTheTransaction(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			tx, bound := begin(t, server.Empty(t))
			say := func(statement string) { exec(t, tx, statement) }
			load := func() {
				t.Helper()
				if _, err := bound.Load(t.Context(), ada); err != nil {
					t.Fatal(err)
				}
			}
			say("SAVEPOINT before_all")
			load()
			say("SAVEPOINT halfway")
			load()
			say("ROLLBACK TO SAVEPOINT halfway")
			load()
			say("ROLLBACK TO SAVEPOINT before_all")
			load()
			results, err := bound.Commit(t.Context(), adas(0, "1"))
			if err != nil || !results[0].Written() {
				t.Fatal(results, err)
			}
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestATransactionMayBeginWithItsFirstStatement(t *testing.T) {
	for _, server := range servers.MySQLs() {
		t.Run(server.Name, func(t *testing.T) {
			tx, bound := begin(t, server.Empty(t))
			for _, statement := range []string{"SET autocommit = 0", "COMMIT"} {
				if _, err := tx.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if _, err := bound.Load(t.Context(), ada); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := tx.ExecContext(t.Context(), "SET autocommit = 1"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A savepoint of the caller's that is rolled back to gives up what was locked behind it, also the name of a user who was not there.
// The next commit locks it again, so that others who make the user in a batch pass over it.
func TestIn_locksANewUserAgainAfterARollbackToASavepoint(t *testing.T) {
	for _, server := range append(servers.MySQLs(), servers.PostgreSQL) {
		t.Run(server.Name, func(t *testing.T) {
			st := server.Empty(t)
			tx, bound := begin(t, st)
			exec(t, tx, "SAVEPOINT mine")
			if _, err := bound.Load(t.Context(), ada); err != nil {
				t.Fatal(err)
			}
			exec(t, tx, "ROLLBACK TO SAVEPOINT mine")
			if results, err := bound.Commit(t.Context(), adas(0, "1")); err != nil || !results[0].Written() {
				t.Fatal(results, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			bob := store.Unit{User: "bob", Insert: []store.Row{&store.CauseRow{User: "bob", Type: store.CauseRequest, ID: "1"}}}
			results, err := st.Commit(ctx, adas(0, "2"), bob)
			if err != nil || !results[0].Moved || !results[1].Written() {
				t.Errorf("beside the transaction a commit of two users is answered %+v, %v", results, err)
			}
		})
	}
}
