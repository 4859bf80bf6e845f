package sqlstore_test

import (
	"database/sql"
	"testing"

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
			say := func(statement string) {
				t.Helper()
				if _, err := tx.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(statement, err)
				}
			}
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
			results, err := bound.Commit(t.Context(), store.Unit{User: "ada", Insert: []store.Row{&store.CauseRow{User: "ada", Type: store.CauseRequest, ID: "1"}}})
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
