package migrate

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// update writes the fixture of the newest version anew. Those of versions that a release has are never written again.
var update = flag.Bool("update", false, "write the rows of the newest version of the schema anew")

const fixtureUser = "用户-1 é"

func fixture(server servers.Server, version int) string {
	return filepath.Join("testdata", fmt.Sprintf("%s_%04d.sql", server.Dialect, version))
}

// tableNames are those of the tables that have rows of a program's.
func tableNames() []string {
	return []string{"users", "causes", "tasks", "tallies", "tally_values", "entitlements", "rewards", "caps", "transfers", "balances", "counters", "documents", "catalog"}
}

// dump fills a store and writes what its tables hold as statements, with {} before the name of each table.
func dump(t *testing.T, server servers.Server, db *sql.DB, schema string, version int) {
	t.Helper()
	// In tables of another prefix, so that the test finds none of its own.
	st, err := sqlstore.New(db, server.Dialect, sqlstore.Options{Schema: schema, Prefix: "dump_"})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, st)
	var out strings.Builder
	for _, table := range tableNames() {
		insert(t, server, db, strings.TrimSuffix(qualified(schema, ""), "guerdon_")+"dump_"+table, table, &out)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(fixture(server, version), []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fill writes one row of each table.
func fill(t *testing.T, st *sqlstore.Store) {
	t.Helper()
	u := store.Unit{User: fixtureUser, Take: []store.Take{{Counter: "budget/é", N: 7, Max: 10}}}
	for _, r := range storetest.Samples(fixtureUser) {
		switch r.(type) {
		case *store.CauseRow, *store.TransferRow:
			u.Insert = append(u.Insert, r)
		default:
			u.Put = append(u.Put, r)
		}
	}
	if _, err := st.Commit(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if _, err := st.PutDocs(t.Context(), store.Stamp{}, store.Doc{Kind: "task", Code: "a", Body: []byte(`{"title":"用户 🙂"}`)}); err != nil {
		t.Fatal(err)
	}
}

// insert writes the one row of a table as a statement.
func insert(t *testing.T, server servers.Server, db *sql.DB, from, table string, out *strings.Builder) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+from)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := rows.Columns()
	rows.Close()
	if err != nil {
		t.Fatal(err)
	}
	quote, literal := `"`, "quote(%s)"
	switch server.Dialect {
	case sqlstore.PostgreSQL:
		literal = "quote_nullable(%s::text)"
	case sqlstore.MySQL:
		quote, literal = "`", "IF(%[1]s IS NULL, 'NULL', IF(CHARSET(%[1]s) = 'binary' AND CAST(%[1]s AS CHAR) NOT REGEXP '^-?[0-9]+([.][0-9]+)?$|^[0-9-]+ [0-9:.]+$' OR CHARSET(%[1]s) = 'utf8mb4', CONCAT('x''', HEX(%[1]s), ''''), QUOTE(CAST(%[1]s AS CHAR))))"
	}
	var list, names []string
	columns = slices.DeleteFunc(columns, func(c string) bool { return c == "open" || c == "placed" }) // MySQL works it out
	for _, c := range columns {
		list, names = append(list, fmt.Sprintf(literal, quote+c+quote)), append(names, quote+c+quote)
	}
	values := make([]string, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := db.QueryRowContext(t.Context(), "SELECT "+strings.Join(list, ", ")+" FROM "+from).Scan(into...); err != nil {
		t.Fatal(err)
	}
	if table == "catalog" {
		fmt.Fprintf(out, "DELETE FROM {}catalog;\n")
	}
	fmt.Fprintf(out, "INSERT INTO {}%s (%s) VALUES (%s);\n", table, strings.Join(names, ", "), strings.Join(values, ", "))
}
