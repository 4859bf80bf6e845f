package mysql

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// The lock of a migration is waited for by the server, for a minute: asking again and again would take that many.
func TestMigrate_asksOnceForALockThatOthersHold(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		db := server.Pool(t)
		schema := server.Schema(t, db)
		holder, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer holder.Close()
		asked := 0
		st := server.Store(t, watched(t, server.DSN(), watch{before: func(query string) error {
			if !strings.Contains(query, "GET_LOCK") {
				return nil
			}
			asked++
			_, err := holder.ExecContext(t.Context(), "DO "+strings.TrimPrefix(query, "SELECT "))
			return err
		}, instead: func(query string) string {
			return strings.Replace(query, ", 60)", ", 0)", 1)
		}}), schema)
		if err := st.Migrate(t.Context()); err == nil || asked != 1 || st.Stats().Retries != 0 {
			t.Errorf("asked %d times, with %+v: %v", asked, st.Stats(), err)
		}
	})
}

// Whoever is given up on in the middle of a migration leaves no lock to the connection's next user.
func TestMigrate_leavesNoLockWhereItsContextEnds(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		db := server.Pool(t)
		schema := server.Schema(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		name := ""
		st := server.Store(t, watched(t, server.DSN(), watch{before: func(query string) error {
			if _, rest, is := strings.Cut(query, "GET_LOCK("); is {
				name, _, _ = strings.Cut(rest, ",")
			}
			if strings.Contains(query, "CREATE TABLE") {
				cancel()
			}
			return nil
		}}), schema)
		if err := st.Migrate(ctx); !errors.Is(err, context.Canceled) || name == "" {
			t.Fatalf("it answers %v, with the lock %s", err, name)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		got := 0
		if err := db.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", 5)").Scan(&got); err != nil || got != 1 {
			t.Errorf("the lock is not free: %d, %v", got, err)
		}
	})
}
