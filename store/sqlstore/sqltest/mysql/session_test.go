package mysql

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// Settings under which a store would answer what does not hold are an error of every call, which names them, and of nothing that
// another try makes better.
func TestStore_refusesSessionsThatMakeAnswersWrong(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		at := server.Places(t)(t)
		parameters := map[string]string{
			"autocommit":            "autocommit=0",
			"transaction_isolation": "transaction_isolation='READ-UNCOMMITTED'",
			"sql_select_limit":      "sql_select_limit=1",
			"STRICT_TRANS_TABLES":   "sql_mode=''",
		}
		if server.Name == "mariadb" {
			parameters["transaction_isolation"] = "tx_isolation='READ-UNCOMMITTED'"
			parameters["ORACLE"] = "sql_mode='ORACLE,STRICT_ALL_TABLES'"
		}
		for name, parameter := range parameters {
			t.Run(name, func(t *testing.T) {
				for call, f := range map[string]func(st *sqlstore.Store) error{
					"load": func(st *sqlstore.Store) error {
						_, err := st.Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}})
						return err
					},
					"commit": func(st *sqlstore.Store) error {
						_, err := st.Commit(t.Context(), requested("ada", 0, "first"))
						return err
					},
					"list": func(st *sqlstore.Store) (last error) {
						for _, err := range st.List(t.Context(), store.Query{Index: store.IndexRewardOpen}) {
							last = err
						}
						return last
					},
					"docs": func(st *sqlstore.Store) error {
						_, _, err := st.Docs(t.Context(), 0)
						return err
					},
					"migrate": func(st *sqlstore.Store) error { return st.Migrate(t.Context()) },
				} {
					st := server.Store(t, server.Open(t, with(at.DSN, parameter)), at.Schema)
					for range 2 {
						if err := f(st); err == nil || errors.Is(err, store.ErrUnknown) || !strings.Contains(err.Error(), name) || st.Stats() != (sqlstore.Stats{}) {
							t.Errorf("%s: %v, %+v", call, err, st.Stats())
						}
					}
				}
			})
		}
	})
}

// A caller's transaction may be at any level and without autocommit, and is no reason to trust the pool.
func TestBound_looksAtTheCallersTransactionOnly(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		at := server.Places(t)(t)
		st := server.Store(t, server.Open(t, with(at.DSN, "autocommit=0")), at.Schema)
		tx, err := st.DB().BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		commit(t, t.Context(), st.In(tx), []store.Unit{requested("ada", 0, "first")})
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		load := store.Request{Keys: []store.Key{{User: "ada"}}}
		if _, err := st.Load(t.Context(), load); err == nil || !strings.Contains(err.Error(), "autocommit") {
			t.Errorf("a load of the pool: %v", err)
		}
		snap, err := server.At(t, at).Load(t.Context(), load)
		if err != nil || snap.States[0].Version != 1 {
			t.Errorf("%+v, %v", snap, err)
		}
	})
}

// Updates without a key are refused to who asks for that; the store has none.
func TestStore_updatesByKey(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		at := server.Places(t)(t)
		st := server.Store(t, server.Open(t, with(at.DSN, "sql_safe_updates=1")), at.Schema)
		if _, err := st.PutDocs(t.Context(), store.Stamp{}, store.Doc{Kind: "task", Code: "t", Body: []byte("{}")}); err != nil {
			t.Error(err)
		}
		commit(t, t.Context(), st, []store.Unit{requested("ada", 0, "first"), requested("bob", 0, "first")})
		gone := requested("ada", 1, "second")
		gone.Delete = []store.RowKey{{Kind: store.KindTask, User: "ada", ID: store.TaskRowID("t", 1)}}
		commit(t, t.Context(), st, []store.Unit{gone})
	})
}
