package servers

import (
	"database/sql"
	"os"
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
