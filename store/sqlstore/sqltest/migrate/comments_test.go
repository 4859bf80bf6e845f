package migrate

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// What a table or a column is for stands in the database, where people look at it, and is the same in all of them. SQLite keeps no
// comments, so that its file has them: those of the others are compared with these.
func TestTables_haveTheirCommentsInTheDatabase(t *testing.T) {
	want := commentsOfSQLite(t)
	for _, table := range append(tableNames(), "schema_versions") {
		if want[table] == "" {
			t.Errorf("SQLite's file says nothing of %s", table)
		}
	}
	for _, server := range append(servers.MySQLs(), servers.PostgreSQL) {
		t.Run(server.Name, func(t *testing.T) {
			server.Need(t)
			_, schema, db := dsn(t, server)
			if err := open(t, server, db, schema).Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			query, want := commentsOfMySQL, maps.Clone(want)
			if server.Dialect == sqlstore.PostgreSQL {
				query = commentsOfPostgreSQL
				delete(want, "schema_versions") // its file says it to those who read the file
			}
			rows, err := db.QueryContext(t.Context(), strings.ReplaceAll(query, "{}", schema))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			have := map[string]string{}
			for rows.Next() {
				var what, comment string
				if err := rows.Scan(&what, &comment); err != nil {
					t.Fatal(err)
				}
				if comment != "" {
					have[what] = comment
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("-SQLite's file, +%s:\n%s", server.Name, diff)
			}
		})
	}
}

// Each yields tables and columns, table.column, with their comments. What MySQL works out has some of its own.
const (
	commentsOfMySQL = `
SELECT substr(table_name, 9), table_comment FROM information_schema.tables WHERE table_schema = '{}'
UNION ALL SELECT concat(substr(table_name, 9), '.', column_name), column_comment FROM information_schema.columns
WHERE table_schema = '{}' AND extra NOT LIKE '%VIRTUAL%'`
	commentsOfPostgreSQL = `
SELECT substr(c.relname, 9) || coalesce('.' || a.attname, ''), d.description
FROM pg_class c JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
WHERE c.relnamespace = '{}'::regnamespace`
)

// commentsOfSQLite are those above tables and columns.
func commentsOfSQLite(t *testing.T) map[string]string {
	t.Helper()
	comments := map[string]string{}
	table, above := "", ""
	for line := range strings.Lines(strings.Join(migrations(t, open(t, servers.SQLite, anyPool(t, servers.SQLite), "")), "\n")) {
		line = strings.TrimSpace(line)
		if m := regexp.MustCompile(`^CREATE TABLE (?:IF NOT EXISTS )?"guerdon_(\w+)"`).FindStringSubmatch(line); m != nil {
			table = m[1]
			comments[table] = above
		} else if m := regexp.MustCompile(`^(\w+) `).FindStringSubmatch(line); m != nil && above != "" {
			comments[table+"."+m[1]] = above
		}
		text, is := strings.CutPrefix(line, "-- ")
		if above = ""; is {
			above = text
		}
	}
	return comments
}
