package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

func adas(version int64, id string) store.Unit {
	return store.Unit{User: "ada", Version: version, Insert: []store.Row{&store.CauseRow{User: "ada", Type: store.CauseRequest, ID: id}}}
}

// An ending is how a database ends a transaction by itself, or as if it had.
type ending struct {
	name   string
	server servers.Server
	end    func(t *testing.T, tx *sql.Tx)
}

func endings() []ending {
	rollback := func(t *testing.T, tx *sql.Tx) { exec(t, tx, "ROLLBACK") } // as after a deadlock
	list := []ending{
		{"SQLite, a rollback", servers.SQLite, rollback},
		{"SQLite, a conflict", servers.SQLite, func(t *testing.T, tx *sql.Tx) {
			exec(t, tx, "CREATE TABLE taken (id INTEGER PRIMARY KEY)")
			exec(t, tx, "INSERT INTO taken VALUES (1)")
			if _, err := tx.ExecContext(t.Context(), "INSERT OR ROLLBACK INTO taken VALUES (1)"); err == nil {
				t.Fatal("there are two")
			}
		}},
		{"SQLite, an interrupt", servers.SQLite, func(t *testing.T, tx *sql.Tx) {
			exec(t, tx, "CREATE TABLE numbers (n INTEGER)")
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err := tx.ExecContext(ctx, "INSERT INTO numbers WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
		}},
	}
	for _, server := range servers.MySQLs() {
		list = append(list, ending{server.Name, server, rollback})
	}
	return list
}

func exec(t *testing.T, tx *sql.Tx, statement string) {
	t.Helper()
	if _, err := tx.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(statement, err)
	}
}

// A transaction that has ended must not be written to: each statement would hold at once. Where the store has written in it
// before, that is gone.
func TestIn_noticesThatItsTransactionHasEnded(t *testing.T) {
	calls := map[string]func(ctx context.Context, bound store.Store) error{
		"load": func(ctx context.Context, bound store.Store) error {
			_, err := bound.Load(ctx, ada)
			return err
		},
		"commit": func(ctx context.Context, bound store.Store) error {
			_, err := bound.Commit(ctx, adas(0, "late"))
			return err
		},
		"put": func(ctx context.Context, bound store.Store) error {
			_, err := bound.PutDocs(ctx, store.Stamp{}, store.Doc{Kind: "task", Code: "late"})
			return err
		},
	}
	for _, by := range endings() {
		t.Run(by.name, func(t *testing.T) {
			empty := by.server.Reused(t)
			for name, call := range calls {
				for _, before := range []int{0, 1} {
					st := empty(t)
					tx, bound := begin(t, st)
					for range before {
						if _, err := bound.Commit(t.Context(), adas(0, "before")); err != nil {
							t.Fatal(err)
						}
					}
					by.end(t, tx)
					if err := call(t.Context(), bound); !errors.Is(err, sqlstore.ErrRerun) {
						t.Errorf("%s, %d calls before: %v", name, before, err)
					}
					_ = tx.Rollback() // there may be nothing to end
					snap, err := st.Load(t.Context(), ada)
					if err != nil || snap.States[0].Version != 0 || snap.Stamp != (store.Stamp{}) {
						t.Errorf("%s, %d calls before: %+v, %v", name, before, snap, err)
					}
				}
			}
		})
	}
}

// An interrupted transaction ends with the first statement about a table.
type interrupted struct {
	tx    *sql.Tx
	table string
}

func (i interrupted) Query(ctx context.Context, query string, args ...any) (sqlstore.Rows, error) {
	rows, err := i.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return closing{rows}, nil
}

func (i interrupted) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if strings.Contains(query, i.table) {
		_, err := i.tx.ExecContext(ctx, "ROLLBACK")
		return 0, errors.Join(context.Canceled, err)
	}
	_, err := i.tx.ExecContext(ctx, query, args...)
	return 0, err
}

type closing struct{ *sql.Rows }

func (c closing) Close() { _ = c.Rows.Close() }

// A call that ends the transaction itself says so, although an error of its context would do for a call that changed nothing. Do
// does not run again what ran out of time.
func TestInTx_saysThatItsOwnCallEndedTheTransaction(t *testing.T) {
	for _, server := range []servers.Server{servers.SQLite, servers.MariaDB, servers.MySQL} {
		t.Run(server.Name, func(t *testing.T) {
			st, runs := server.Empty(t), 0
			err := st.Do(t.Context(), func(tx *sql.Tx) error {
				runs++
				_, err := st.InTx(interrupted{tx, "guerdon_causes"}).Commit(t.Context(), adas(0, "1"))
				return err
			})
			if !errors.Is(err, sqlstore.ErrRerun) || !errors.Is(err, context.Canceled) || runs != 1 {
				t.Errorf("%d runs: %v", runs, err)
			}
		})
	}
}
