package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// PostgreSQL looks at the right to make schemas before it looks whether there is one to make.
func TestMigrateNeedsNoRightToMakeASchemaThatIsThere(t *testing.T) {
	server := servers.PostgreSQL
	db := server.Pool(t)
	schema := server.Schema(t, db)
	role := somebody(t, server, db, "CREATE SCHEMA "+schema+" AUTHORIZATION {}")
	if err := server.Store(t, server.Open(t, as(t, server, role)), schema).Migrate(t.Context()); err != nil {
		t.Error(err)
	}
}

// Processes may run as somebody who writes rows, where another made the tables.
func TestMigrateNeedsNoRightToMakeTablesThatAreUpToDate(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		dsn, schema, db := dsn(t, server)
		if err := open(t, server, db, schema).Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		switch server.Dialect {
		case sqlstore.SQLite:
			dsn += "&_pragma=query_only(1)"
		case sqlstore.PostgreSQL:
			dsn = as(t, server, somebody(t, server, db, "GRANT USAGE ON SCHEMA "+schema+" TO {}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "+schema+" TO {}"))
		default:
			dsn = as(t, server, somebody(t, server, db, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+schema+".* TO {}"))
		}
		st := open(t, server, server.Open(t, dsn), schema)
		if err := st.Migrate(t.Context()); err != nil {
			t.Error(err)
		}
		if _, _, err := st.Docs(t.Context(), 0); err != nil {
			t.Error(err)
		}
	})
}

// somebody makes a role or user, whose name stands for {} in what it is granted. It is dropped at the end, before the schema is.
func somebody(t *testing.T, server servers.Server, db *sql.DB, grants string) string {
	t.Helper()
	name := fmt.Sprintf("guerdon_test_%d", os.Getpid())
	create, drop := "CREATE ROLE "+name, "DROP OWNED BY "+name+" CASCADE; DROP ROLE "+name
	if server.Dialect == sqlstore.MySQL {
		create, drop = "CREATE USER "+name, "DROP USER "+name
	}
	if _, err := db.ExecContext(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), drop); err != nil {
			t.Log(err)
		}
	})
	for _, grant := range strings.Split(grants, "; ") {
		if _, err := db.ExecContext(t.Context(), strings.ReplaceAll(grant, "{}", name)); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

// as is the connection string of somebody.
func as(t *testing.T, server servers.Server, name string) string {
	t.Helper()
	if server.Dialect == sqlstore.MySQL {
		config, err := mysql.ParseDSN(server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		config.User, config.Passwd, config.DBName = name, "", ""
		return config.FormatDSN()
	}
	dsn, err := url.Parse(server.DSN())
	if err != nil {
		t.Skip("the connection string is no URL")
	}
	q := dsn.Query()
	q.Set("role", name)
	dsn.RawQuery = q.Encode()
	return dsn.String()
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
