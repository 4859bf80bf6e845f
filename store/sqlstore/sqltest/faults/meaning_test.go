package faults

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
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
