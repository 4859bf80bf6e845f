package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// What needs a database is tested in the module sqltest, which has the drivers. A nowhere is a database that is not there.
type nowhere struct{}

func (nowhere) Connect(context.Context) (driver.Conn, error) {
	return nil, errors.New("nobody answers")
}
func (nowhere) Driver() driver.Driver { return nil }

func TestNew_refusesWhatNoDatabaseIsToldApartBy(t *testing.T) {
	db := sql.OpenDB(nowhere{})
	for name, tt := range map[string]struct {
		db      *sql.DB
		dialect sqlstore.Dialect
		opt     sqlstore.Options
		field   string
	}{
		"no pool":              {nil, sqlstore.SQLite, sqlstore.Options{}, ""},
		"no dialect":           {db, 0, sqlstore.Options{}, ""},
		"another dialect":      {db, 17, sqlstore.Options{}, ""},
		"a quote in a schema":  {db, sqlstore.PostgreSQL, sqlstore.Options{Schema: `a"; DROP TABLE users; --`}, "schema"},
		"a schema of SQLite's": {db, sqlstore.SQLite, sqlstore.Options{Schema: "a"}, "schema"},
		"a long schema":        {db, sqlstore.MySQL, sqlstore.Options{Schema: strings.Repeat("a", 49)}, "schema"},
		"a digit first":        {db, sqlstore.MySQL, sqlstore.Options{Prefix: "1_"}, "prefix"},
		"a long prefix":        {db, sqlstore.MySQL, sqlstore.Options{Prefix: strings.Repeat("a", 25)}, "prefix"},
		"a point":              {db, sqlstore.PostgreSQL, sqlstore.Options{Prefix: "a.b"}, "prefix"},
	} {
		st, err := sqlstore.New(tt.db, tt.dialect, tt.opt)
		if err == nil || st != nil {
			t.Errorf("%s: a store", name)
			continue
		}
		fault, is := errors.AsType[*rule.FieldError](err)
		if tt.field != "" && (!is || fault.Field != tt.field) {
			t.Errorf("%s: %v, want a fault of %s", name, err, tt.field)
		}
	}
}

func TestNew_touchesNoDatabase(t *testing.T) {
	st, err := sqlstore.New(sql.OpenDB(nowhere{}), sqlstore.PostgreSQL, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := st.Docs(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "nobody answers") {
		t.Errorf("the first call answers %v", err)
	}
	if err := st.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "nobody answers") {
		t.Errorf("Migrate answers %v", err)
	}
}

func TestMigrations_haveTheNamesOfTheStoresTables(t *testing.T) {
	for _, d := range []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.MySQL, sqlstore.SQLite} {
		opt := sqlstore.Options{Prefix: "mine_", Schema: "Books"}
		if d == sqlstore.SQLite {
			opt.Schema = ""
		}
		st, err := sqlstore.New(sql.OpenDB(nowhere{}), d, opt)
		if err != nil {
			t.Fatal(err)
		}
		files, err := st.Migrations()
		if err != nil {
			t.Fatal(err)
		}
		text, err := fs.ReadFile(files, "0001_core.sql")
		if err != nil {
			t.Fatal(err)
		}
		quote := map[bool]string{true: "`", false: `"`}[d == sqlstore.MySQL]
		if want := quote + "mine_rewards" + quote; !strings.Contains(string(text), want) || strings.Contains(string(text), "{") {
			t.Errorf("%v: the file does not name %s, or names what it leaves open", d, want)
		}
		if opt.Schema != "" && !strings.Contains(string(text), quote+"Books"+quote+"."+quote+"mine_users"+quote) {
			t.Errorf("%v: the file does not name the schema", d)
		}
	}
}
