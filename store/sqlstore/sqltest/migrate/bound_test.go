package migrate

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// A process may record in its own transactions only, so that nothing has looked at the tables before.
func TestIn_saysThatTheSchemaIsNotThisReleases(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, st *sqlstore.Store, versions string)
		want    error
	}{
		{"no tables", func(*testing.T, *sqlstore.Store, string) {}, sqlstore.ErrNotMigrated},
		{"a migration that did not end", func(t *testing.T, st *sqlstore.Store, versions string) {
			execute(t, st.DB(), "DELETE FROM "+versions)
		}, sqlstore.ErrNotMigrated},
		{"a newer release", func(t *testing.T, st *sqlstore.Store, versions string) {
			execute(t, st.DB(), "INSERT INTO "+versions+" (version, name) VALUES (99, 'later')")
		}, sqlstore.ErrNewer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, server servers.Server) {
				_, schema, db := dsn(t, server)
				if tt.name != "no tables" {
					st := open(t, server, db, schema)
					if err := st.Migrate(t.Context()); err != nil {
						t.Fatal(err)
					}
					tt.prepare(t, st, qualified(schema, "schema_versions"))
				}
				st := open(t, server, db, schema)
				e, err := engine.New(st, engine.Options{})
				if err != nil {
					t.Fatal(err)
				}
				tx, err := db.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback() // if a test ends early
				for range 2 {       // the transaction is of use afterwards
					if _, err := e.With(st.In(tx)).Record(t.Context(), task.Event{ID: "1", User: "mei", Task: "order"}); !errors.Is(err, tt.want) {
						t.Errorf("in a transaction: %v, want %v", err, tt.want)
					}
				}
				var one int
				if err := tx.QueryRowContext(t.Context(), "SELECT 1").Scan(&one); err != nil {
					t.Errorf("afterwards: %v", err)
				}
				if err := tx.Commit(); err != nil {
					t.Errorf("at COMMIT: %v", err)
				}
				err = st.Do(t.Context(), func(tx *sql.Tx) error {
					_, err := e.With(st.In(tx)).Record(t.Context(), task.Event{ID: "1", User: "mei", Task: "order"})
					return err
				})
				if !errors.Is(err, tt.want) || st.Stats() != (sqlstore.Stats{}) {
					t.Errorf("Do: %v, want %v; %+v", err, tt.want, st.Stats())
				}
			})
		})
	}
}
