package database

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

func TestOpen_takesTheseForms(t *testing.T) {
	for _, tt := range []struct {
		dsn     string
		dialect sqlstore.Dialect
		name    string
	}{
		{"postgres://ann:secret@127.0.0.1:5432/test?sslmode=disable", sqlstore.PostgreSQL, "postgres://ann@127.0.0.1:5432/test"},
		{"postgresql://127.0.0.1/test?user=ann&password=secret", sqlstore.PostgreSQL, "postgres://127.0.0.1/test"},
		{"mysql://ann:secret@127.0.0.1:3306/test", sqlstore.MySQL, "mysql://ann@127.0.0.1:3306/test"},
		{"mysql://ann:secret%40%2f@127.0.0.1/test?timeout=5s", sqlstore.MySQL, "mysql://ann@127.0.0.1:3306/test"},
		{"mysql://[::1]:3307/test", sqlstore.MySQL, "mysql://[::1]:3307/test"},
		{"mysql://ann:secret@tcp(127.0.0.1:3306)/test", sqlstore.MySQL, "mysql://ann@127.0.0.1:3306/test"},
		{"ann:secret@tcp(127.0.0.1:3306)/test", sqlstore.MySQL, "mysql://ann@127.0.0.1:3306/test"},
		{"ann:secret@://@tcp(127.0.0.1)/test?tls=false", sqlstore.MySQL, "mysql://ann@127.0.0.1:3306/test"},
		{"tcp(127.0.0.1:3306)/test", sqlstore.MySQL, "mysql://127.0.0.1:3306/test"},
		{"mine.sqlite", sqlstore.SQLite, "mine.sqlite"},
		{"data/mine", sqlstore.SQLite, "data/mine"},
		{"./a:b=c@d.sqlite", sqlstore.SQLite, "./a:b=c@d.sqlite"},
		{"/tmp/root:secret@tcp(127.0.0.1:3306)/test", sqlstore.SQLite, "/tmp/root:secret@tcp(127.0.0.1:3306)/test"},
	} {
		t.Run(tt.dsn, func(t *testing.T) {
			db, err := Open(tt.dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if db.Dialect != tt.dialect || db.Name != tt.name {
				t.Errorf("dialect %v, name %q, want %v, %q", db.Dialect, db.Name, tt.dialect, tt.name)
			}
			if n := db.Stats().MaxOpenConnections; n != conns {
				t.Errorf("a pool of %d connections, 0 being any number, want %d", n, conns)
			}
		})
	}
}

// What is none of the forms is refused before anything is made of it, and is not repeated: who knows what is the password in it.
func TestOpen_refusesTheRestWithoutRepeatingIt(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dsn := range []string{
		"", "host=127.0.0.1 user=postgres password=secret dbname=test", "127.0.0.1:5432", "localhost:5432", ":memory:",
		"file:mine.sqlite?mode=memory", "secret?mode=ro", "mongodb://ann:secret@127.0.0.1/test", "POSTGRES://ann:secret@127.0.0.1/test",
		"postgres://ann:sec/ret@127.0.0.1/test", "postgres://ann:secret@127.0.0.1:port/test", "postgres://ann:secret@127.0.0.1/test?sslmode=perhaps",
		"postgres://ann:sec ret%@127.0.0.1/test", "mysql://127.0.0.1:3306", "mysql://ann:sec/ret@127.0.0.1/test", "mysql://ann:secret@127.0.0.1/",
		"mysql://ann:secret@127.0.0.1/test?timeout=soon", "ann:secret@tcp(127.0.0.1:3306)/", "ann:secret@tcp(127.0.0.1:3306)/test?timeout=soon",
		"ann:secret@tcp(127.0.0.1:3306)", "ann:secret@127.0.0.1/test",
	} {
		db, err := Open(dsn)
		if err == nil {
			t.Errorf("%q is opened as %s", dsn, db.Name)
			_ = db.Close()
			continue
		}
		if !errors.Is(err, ErrForm) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "ret@") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
	if made, err := filepath.Glob("*"); err != nil || len(made) > 0 {
		t.Errorf("%q were made (%v)", made, err)
	}
}

// A path is taken as it is, whatever it would mean in an address.
func TestOpen_takesAnyPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "100% ? mode=memory # 活动.sqlite")
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
