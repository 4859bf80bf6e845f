package conform

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func TestTransactions(t *testing.T) {
	fewer(t)
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			empty := server.Reused(t)
			storetest.RunBound(t, func(t *testing.T) storetest.Transactions { return transactions(empty(t), nil) })
		})
	}
}

// transactions are those of a store's own database.
func transactions(st *sqlstore.Store, opt *sql.TxOptions) storetest.Transactions {
	return storetest.Transactions{Store: st, OneWriter: st.Limits().OneWriter,
		Begin: func(ctx context.Context) (storetest.Transaction, error) {
			tx, err := st.DB().BeginTx(ctx, opt)
			if err != nil {
				return storetest.Transaction{}, err
			}
			return storetest.Transaction{Store: st.In(tx), Commit: tx.Commit, Rollback: tx.Rollback}, nil
		}}
}

// deferred opens a SQLite file whose transactions begin as readers, as SQLite's own do: it refuses one that has read the right to
// write as soon as somebody else has written, whatever the time there is to wait.
func deferred(t *testing.T) servers.Place {
	t.Helper()
	dsn := servers.File(filepath.Join(t.TempDir(), "guerdon.db"))
	p := servers.Place{DSN: strings.Replace(dsn, "&_txlock=immediate", "", 1)}
	if p.DSN == dsn {
		t.Fatalf("%s says nothing of immediate transactions", dsn)
	}
	servers.SQLite.Migrated(t, servers.SQLite.Open(t, p.DSN), "")
	return p
}

// A store in a transaction writes before it reads.
func TestTransactions_ofSQLiteThatBeginAsReaders(t *testing.T) {
	fewer(t)
	storetest.RunBound(t, func(t *testing.T) storetest.Transactions {
		return transactions(servers.SQLite.At(t, deferred(t)), nil)
	})
}

// first is a transaction that remembers its first statement about tables: BEGIN, by which a store finds out that the transaction is
// there, and savepoints are about none.
type first struct {
	tx        *sql.Tx
	statement string
}

func (f *first) see(statement string) {
	if word, _, _ := strings.Cut(statement, " "); f.statement == "" && strings.Contains("SELECT INSERT UPDATE DELETE WITH", word) {
		f.statement = statement
	}
}

func (f *first) Query(ctx context.Context, query string, args ...any) (sqlstore.Rows, error) {
	f.see(query)
	rows, err := f.tx.QueryContext(ctx, query, args...)
	return closing{rows}, err
}

func (f *first) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	f.see(query)
	r, err := f.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

type closing struct{ *sql.Rows }

func (c closing) Close() { _ = c.Rows.Close() }

// And not only where somebody else happens to write.
func TestTransactions_ofSQLiteBeginWithAWrite(t *testing.T) {
	st := servers.SQLite.At(t, deferred(t))
	if _, err := st.Commit(t.Context(), unit("known")); err != nil {
		t.Fatal(err)
	}
	later := store.Unit{User: "known", Version: 1, Insert: []store.Row{&store.CauseRow{User: "known", Type: store.CauseEvent, ID: "2"}}}
	for name, call := range map[string]func(st store.Store) error{
		"a load for an update": func(st store.Store) error {
			_, err := st.Load(t.Context(), store.Request{ForUpdate: true, Keys: []store.Key{{User: "known"}, {User: "new"}}})
			return err
		},
		"a commit": func(st store.Store) error {
			_, err := st.Commit(t.Context(), later)
			return err
		},
		"a commit that makes a user": func(st store.Store) error {
			_, err := st.Commit(t.Context(), unit("new"))
			return err
		},
		"a commit of several": func(st store.Store) error {
			_, err := st.Commit(t.Context(), later, unit("new"))
			return err
		},
		"a put": func(st store.Store) error {
			_, err := st.PutDocs(t.Context(), store.Stamp{}, store.Doc{Kind: "task", Code: "a", Body: []byte("{}")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			tx, err := st.DB().BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			f := &first{tx: tx}
			err = call(st.InTx(f))
			if word, _, _ := strings.Cut(f.statement, " "); err != nil || word != "INSERT" && word != "UPDATE" {
				t.Errorf("%v; it begins with %s", err, f.statement)
			}
		})
	}
}

// unit makes a user.
func unit(user string) store.Unit {
	return store.Unit{User: user, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseEvent, ID: "1"}}}
}

// So does Do before its function reads, which therefore does not run twice.
func TestDo_onSQLiteBeginsAsAWriter(t *testing.T) {
	at := deferred(t)
	st, other := servers.SQLite.At(t, at), servers.SQLite.At(t, at)
	runs := 0
	err := st.Do(t.Context(), func(tx *sql.Tx) error {
		runs++
		var users int
		if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM guerdon_users").Scan(&users); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := other.Commit(ctx, unit("other")); err == nil {
			t.Error("somebody else wrote meanwhile")
		}
		_, err := st.In(tx).Commit(t.Context(), unit("one"))
		return err
	})
	if err != nil || runs != 1 {
		t.Errorf("%d runs, %v", runs, err)
	}
}
