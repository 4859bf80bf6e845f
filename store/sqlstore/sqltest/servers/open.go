package servers

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// Driver is the name of the driver in package database/sql.
func (s Server) Driver() string { return s.driver }

// Named finds a server by its name.
func Named(name string) (Server, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Server{}, false
}

// Open opens a pool on a connection string, closed when the test ends.
func (s Server) Open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	return s.open(t, dsn)
}

// Store makes a store over tables that are there.
func (s Server) Store(t testing.TB, db *sql.DB, schema string) *sqlstore.Store {
	t.Helper()
	st, err := sqlstore.New(db, s.Dialect, sqlstore.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// Absent skips the test because something of a server is not on this machine, or fails it if GUERDON_REQUIRE names the server.
func (s Server) Absent(t testing.TB, what string) {
	t.Helper()
	if strings.Contains(os.Getenv("GUERDON_REQUIRE"), s.Name) {
		t.Fatalf("%s is required: %s", s.Name, what)
	}
	t.Skipf("no %s of its own: %s", s.Name, what)
}

// Long reports whether GUERDON_LONG asks for the long form of tests that have one.
func Long() bool { return os.Getenv("GUERDON_LONG") != "" }

// A Place is where tables are: what a pool is opened with, and the schema.
type Place struct{ DSN, Schema string }

// Places is [Server.Reused] for tests that open pools of their own: each place has empty tables.
func (s Server) Places(t testing.TB) func(t testing.TB) Place {
	t.Helper()
	s.Need(t)
	if s.Dialect == sqlstore.SQLite {
		return func(t testing.TB) Place {
			t.Helper()
			p := Place{DSN: File(filepath.Join(t.TempDir(), "guerdon.db"))}
			db := s.open(t, p.DSN)
			s.Migrated(t, db, "")
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	db := s.Pool(t)
	p := Place{s.DSN(), s.Schema(t, db)}
	s.Migrated(t, db, p.Schema)
	return func(t testing.TB) Place { // one place is enough: who asks is done with the one before
		t.Helper()
		s.clear(t, db, p.Schema)
		return p
	}
}

// At makes a store at a place, over a pool of its own.
func (s Server) At(t testing.TB, p Place) *sqlstore.Store {
	t.Helper()
	return s.Store(t, s.open(t, p.DSN), p.Schema)
}
