package migrate

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// PostgreSQL looks at the right to make schemas before it looks whether there is one to make.
func TestMigrateNeedsNoRightToMakeASchemaThatIsThere(t *testing.T) {
	server := servers.PostgreSQL
	db := server.Pool(t)
	schema := server.Schema(t, db)
	role := fmt.Sprintf("guerdon_test_role_%d", os.Getpid())
	if _, err := db.ExecContext(t.Context(), "CREATE ROLE "+role+"; CREATE SCHEMA "+schema+" AUTHORIZATION "+role); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP OWNED BY " + role + " CASCADE; DROP ROLE " + role); err != nil {
			t.Log(err)
		}
	})
	dsn, err := url.Parse(server.DSN())
	if err != nil {
		t.Skip("the connection string is no URL")
	}
	q := dsn.Query()
	q.Set("role", role)
	dsn.RawQuery = q.Encode()
	if err := server.Store(t, server.Open(t, dsn.String()), schema).Migrate(t.Context()); err != nil {
		t.Error(err)
	}
}

// Outside of WAL mode a COMMIT waits until nobody reads, and SQLite goes on with the transaction should that take too long.
func TestMigrateOnSQLiteGoesOnWhenAReaderHasEnded(t *testing.T) {
	server := servers.SQLite
	dsn := "file:" + filepath.Join(t.TempDir(), "guerdon.db") + "?_pragma=journal_mode(DELETE)&_pragma=busy_timeout(0)"
	reader := server.Open(t, dsn)
	if _, err := reader.ExecContext(t.Context(), "CREATE TABLE orders (id); INSERT INTO orders VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	rows, err := reader.QueryContext(t.Context(), "SELECT id FROM orders")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	db := server.Open(t, dsn)
	db.SetMaxOpenConns(1)
	st := server.Store(t, db, "")
	done := make(chan error, 1)
	go func() { done <- st.Migrate(t.Context()) }()
	for st.Stats().Retries < 2 && len(done) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
