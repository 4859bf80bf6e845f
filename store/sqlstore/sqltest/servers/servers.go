// Package servers opens databases for tests: a file or memory of SQLite, and PostgreSQL, MariaDB and MySQL servers that run already.
//
// Servers are found by GUERDON_POSTGRESQL, GUERDON_MARIADB and GUERDON_MYSQL, which hold a connection string and default to a
// server on 127.0.0.1 with a database named test; MySQL's port is 3307 there. A test of one that does not answer is skipped with
// one line; where GUERDON_REQUIRE names it ("postgresql mariadb"), it fails.
package servers

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// A Server is a kind of database that tests run on.
type Server struct {
	// Name is "postgresql", "mariadb", "mysql" or "sqlite".
	Name    string
	Dialect sqlstore.Dialect
	driver  string
	// variable and otherwise are where the connection string comes from.
	variable, otherwise string
}

// The servers.
var (
	PostgreSQL = Server{"postgresql", sqlstore.PostgreSQL, "pgx", "GUERDON_POSTGRESQL", "postgres://postgres@127.0.0.1:5432/test"}
	MariaDB    = Server{"mariadb", sqlstore.MySQL, "mysql", "GUERDON_MARIADB", "root@tcp(127.0.0.1:3306)/test?interpolateParams=true"}
	MySQL      = Server{"mysql", sqlstore.MySQL, "mysql", "GUERDON_MYSQL", "root@tcp(127.0.0.1:3307)/test"}
	SQLite     = Server{Name: "sqlite", Dialect: sqlstore.SQLite, driver: "sqlite"}
)

// MySQLs are the servers that speak MySQL's protocol.
func MySQLs() []Server { return []Server{MariaDB, MySQL} }

// All lists the servers.
func All() []Server { return []Server{SQLite, PostgreSQL, MariaDB, MySQL} }

// DSN is the connection string of a server. SQLite has one a test; see [Server.File].
func (s Server) DSN() string {
	if dsn := os.Getenv(s.variable); s.variable != "" && dsn != "" {
		return dsn
	}
	return s.otherwise
}

// Ask reports why the server does not answer, nil if it does.
func (s Server) Ask() error {
	if s.variable == "" {
		return nil
	}
	db, err := sql.Open(s.driver, s.DSN())
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return db.PingContext(ctx)
}

// Need skips the test unless the server answers, or fails it if GUERDON_REQUIRE names the server.
func (s Server) Need(t testing.TB) {
	t.Helper()
	err := s.Ask()
	switch {
	case err == nil:
	case strings.Contains(os.Getenv("GUERDON_REQUIRE"), s.Name):
		t.Fatalf("%s is required and does not answer: %v", s.Name, err)
	default:
		t.Skipf("no %s: set %s to test on one (%v)", s.Name, s.variable, err)
	}
}

// Pool opens a pool of connections for the test, closed at its end. For SQLite it is a new file in WAL mode.
func (s Server) Pool(t testing.TB) *sql.DB {
	t.Helper()
	s.Need(t)
	dsn := s.DSN()
	if s.Dialect == sqlstore.SQLite {
		dsn = File(filepath.Join(t.TempDir(), "guerdon.db"))
	}
	return s.open(t, dsn)
}

// File is the connection string of a SQLite file as the documentation recommends it. The path is escaped: a # would end it, and
// another file be opened.
func File(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)&_txlock=immediate"
}

func (s Server) open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(s.driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Empty opens an empty migrated store of the test's own: tables of a schema or of a database that is dropped at the end.
func (s Server) Empty(t testing.TB) *sqlstore.Store {
	t.Helper()
	db := s.Pool(t)
	return s.Migrated(t, db, s.Schema(t, db))
}

// Migrated makes a store over tables that are made if they are not there.
func (s Server) Migrated(t testing.TB, db *sql.DB, schema string) *sqlstore.Store {
	t.Helper()
	st, err := sqlstore.New(db, s.Dialect, sqlstore.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return st
}

// Reused is [Server.Empty] for tests that need hundreds of stores: what one test is done with is emptied for the next, because
// making tables takes much longer than deleting rows. All of it is dropped when t ends.
func (s Server) Reused(t testing.TB) func(t testing.TB) *sqlstore.Store {
	t.Helper()
	s.Need(t)
	if s.Dialect == sqlstore.SQLite {
		return func(t testing.TB) *sqlstore.Store { return s.Empty(t) }
	}
	return s.ReusedOn(t, s.open(t, s.hasty()))
}

// hasty is the connection string of a server that need not keep what it says it has, for tests that kill nothing.
func (s Server) hasty() string {
	dsn := s.DSN()
	if s.Dialect != sqlstore.PostgreSQL || !strings.Contains(dsn, "://") {
		return dsn
	}
	if strings.Contains(dsn, "?") {
		return dsn + "&synchronous_commit=off"
	}
	return dsn + "?synchronous_commit=off"
}

// ReusedOn is [Server.Reused] on a pool of the caller's, of PostgreSQL or MariaDB.
func (s Server) ReusedOn(t testing.TB, db *sql.DB) func(t testing.TB) *sqlstore.Store {
	t.Helper()
	var mu sync.Mutex
	var free []string
	return func(inner testing.TB) *sqlstore.Store {
		inner.Helper()
		mu.Lock()
		defer mu.Unlock()
		schema := ""
		if n := len(free); n > 0 {
			schema, free = free[n-1], free[:n-1]
		} else {
			schema = s.Schema(t, db)
		}
		st := s.Migrated(inner, db, schema)
		s.clear(inner, db, schema)
		inner.Cleanup(func() {
			mu.Lock()
			defer mu.Unlock()
			free = append(free, schema)
		})
		return st
	}
}

// clear deletes all rows but the versions of the schema.
func (s Server) clear(t testing.TB, db *sql.DB, schema string) {
	t.Helper()
	for _, table := range []string{
		"users", "causes", "tasks", "tallies", "tally_values", "entitlements", "rewards", "caps", "transfers", "balances", "counters", "documents",
	} {
		if _, err := db.ExecContext(context.Background(), "DELETE FROM "+schema+".guerdon_"+table); err != nil {
			t.Fatal(err)
		}
	}
	stamp := "UPDATE " + schema + ".guerdon_catalog SET revision = 0, hash = "
	if s.Dialect == sqlstore.PostgreSQL {
		stamp += "decode(repeat('00', 16), 'hex')"
	} else {
		stamp += "unhex(repeat('00', 16))"
	}
	if _, err := db.ExecContext(context.Background(), stamp); err != nil {
		t.Fatal(err)
	}
}

// Schema names a schema of the test's own, empty for SQLite, and drops it at the end.
func (s Server) Schema(t testing.TB, db *sql.DB) string {
	t.Helper()
	if s.Dialect == sqlstore.SQLite {
		return ""
	}
	name := fmt.Sprintf("guerdon_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	drop := "DROP SCHEMA IF EXISTS " + name
	if s.Dialect == sqlstore.PostgreSQL {
		drop += " CASCADE"
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), drop); err != nil {
			t.Logf("drop of %s: %v", name, err)
		}
	})
	return name
}
