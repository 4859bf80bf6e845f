package faults

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

func requested(user string, version int64, id string) store.Unit {
	return store.Unit{User: user, Version: version, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseRequest, ID: id}}}
}

// The tries end with the context, and each was refused: nothing can hold.
func TestAContextThatEndsBetweenTriesLeavesNothingUnknown(t *testing.T) {
	server := servers.MariaDB
	place := server.Places(t)(t)
	holder := server.At(t, place)
	ctx := t.Context()
	if _, err := holder.Commit(ctx, requested("ada", 0, "first")); err != nil {
		t.Fatal(err)
	}
	tx, err := holder.DB().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := holder.In(tx).Load(ctx, store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true}); err != nil {
		t.Fatal(err)
	}
	st := server.Store(t, server.Open(t, place.DSN+"&innodb_lock_wait_timeout=0"), place.Schema)
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err = st.Commit(short, requested("ada", 1, "second"))
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrUnknown) || st.Stats().Lost != 0 {
		t.Errorf("%v, %+v", err, st.Stats())
	}
}

// Nothing becomes better by another try.
func TestALooseConnectionIsRefusedAtOnce(t *testing.T) {
	server := servers.MariaDB
	place := server.Places(t)(t)
	st := server.Store(t, server.Open(t, place.DSN+"&sql_mode=''"), place.Schema)
	_, err := st.Commit(t.Context(), requested("ada", 0, "first"))
	if err == nil || st.Stats() != (sqlstore.Stats{}) {
		t.Errorf("%v, %+v", err, st.Stats())
	}
	runs := 0
	err = st.Do(t.Context(), func(tx *sql.Tx) error {
		runs++
		_, err := st.In(tx).Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true})
		return err
	})
	if err == nil || errors.Is(err, sqlstore.ErrRerun) || runs != 1 {
		t.Errorf("%d runs: %v", runs, err)
	}
}

// PostgreSQL answers such a COMMIT with ROLLBACK; the others have what went before.
func TestATransactionWhoseFailedStatementWasPassedOverIsNeverUnknown(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			st := server.Empty(t)
			err := st.Do(t.Context(), func(tx *sql.Tx) error {
				_, _ = tx.ExecContext(t.Context(), "SELECT nothing FROM nowhere")
				return nil
			})
			if (err != nil) != (server.Dialect == sqlstore.PostgreSQL) || errors.Is(err, store.ErrUnknown) || st.Stats().Lost != 0 {
				t.Errorf("%v, %+v", err, st.Stats())
			}
		})
	}
}

// The session is gone, and with it the transaction: there is nothing to refuse.
func TestATransactionThatWasIdleForTooLongIsRunAgain(t *testing.T) {
	st := servers.PostgreSQL.Empty(t)
	runs := 0
	err := st.Do(t.Context(), func(tx *sql.Tx) error {
		if runs++; runs == 1 {
			idle(t, st, tx)
		}
		_, err := st.In(tx).Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true})
		return err
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs: %v", runs, err)
	}
}

// idle waits until the server has ended the session of a transaction.
func idle(t *testing.T, st *sqlstore.Store, tx *sql.Tx) {
	t.Helper()
	var pid int
	if err := tx.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "SET LOCAL idle_in_transaction_session_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	for n := 1; n > 0; time.Sleep(time.Millisecond) {
		if err := st.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}

// CHECKs repeat rules of the engine's, and say the same on every database.
func TestARowThatACheckRefusesIsInvalid(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			st := server.Empty(t)
			transfer := &store.TransferRow{Transfer: ledger.Transfer{
				ID:    ledger.TransferID{User: "ada", Cause: "x"},
				Debit: ledger.Available, Credit: ledger.Available, Amount: ledger.Whole("points", 1),
			}}
			for name, row := range map[string]store.Row{
				"from an account to itself": transfer,
				"below zero":                &store.TaskRow{Record: task.Record{User: "ada", Task: "order", Sum: -1}},
			} {
				u := requested("ada", 0, "first")
				if row == transfer {
					u.Insert = append(u.Insert, row)
				} else {
					u.Put = append(u.Put, row)
				}
				if _, err := st.Commit(t.Context(), u); !errors.Is(err, store.ErrInvalid) || errors.Is(err, store.ErrUnknown) {
					t.Errorf("%s: %v", name, err)
				}
			}
			snap, err := st.Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}})
			if err != nil || snap.States[0].Version != 0 || st.Stats() != (sqlstore.Stats{}) {
				t.Errorf("%+v, %v, %+v", snap, err, st.Stats())
			}
		})
	}
}

// Whatever stands in a column that no store wrote, reading it again reads the same.
func TestAValueThatDoesNotScanIsCorruptAtOnce(t *testing.T) {
	for _, tt := range []struct {
		server servers.Server
		value  string
	}{
		{servers.SQLite, "'garbage'"}, {servers.PostgreSQL, "'infinity'"},
	} {
		t.Run(tt.server.Name, func(t *testing.T) {
			place := tt.server.Places(t)(t)
			st := tt.server.At(t, place)
			if _, err := st.Commit(t.Context(), requested("ada", 0, "first")); err != nil {
				t.Fatal(err)
			}
			table := "guerdon_causes"
			if place.Schema != "" {
				table = place.Schema + "." + table
			}
			if _, err := st.DB().ExecContext(t.Context(), "UPDATE "+table+" SET decided = "+tt.value); err != nil {
				t.Fatal(err)
			}
			r := store.Request{Keys: []store.Key{{User: "ada", Parts: []store.Part{{Kind: store.KindCause, IDs: []string{store.CauseID(store.CauseRequest, "first")}}}}}}
			if _, err := st.Load(t.Context(), r); !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("load: %v, want ErrCorrupt", err)
			}
			runs := 0
			err := st.Do(t.Context(), func(tx *sql.Tx) error {
				runs++
				_, err := st.In(tx).Load(t.Context(), r)
				return err
			})
			if !errors.Is(err, store.ErrCorrupt) || runs != 1 || st.Stats() != (sqlstore.Stats{}) {
				t.Errorf("%d runs and %+v: %v", runs, st.Stats(), err)
			}
		})
	}
}
