package sqlstore_test

import (
	"database/sql"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// The README says in words how pay's statements are written for MySQL and MariaDB. So written, the first to come has the ID, and
// whoever comes later reads that order.
func TestPay_itsStatementsRunOnMySQLAsTheReadmeSays(t *testing.T) {
	readme, err := os.ReadFile("../../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"`?` for `$1`", "`ON DUPLICATE KEY UPDATE id = id` for `ON CONFLICT (id) DO NOTHING`"} {
		if !strings.Contains(string(readme), word) {
			t.Errorf("README.md lacks %s", word)
		}
	}
	program, err := os.ReadFile("example_do_test.go")
	if err != nil {
		t.Fatal(err)
	}
	written := func(begin string) string {
		text := regexp.MustCompile("`" + begin + " [^`]+`").FindString(string(program))
		text = strings.ReplaceAll(strings.Trim(text, "`"), "ON CONFLICT (id) DO NOTHING", "ON DUPLICATE KEY UPDATE id = id")
		return regexp.MustCompile(`\$[0-9]`).ReplaceAllString(text, "?")
	}
	insert, find := written("INSERT INTO orders"), written("SELECT id, customer, total FROM orders")
	for _, server := range servers.MySQLs() {
		t.Run(server.Name, func(t *testing.T) {
			db := server.Pool(t)
			schema := server.Schema(t, db)
			for _, statement := range []string{
				"CREATE SCHEMA " + schema,
				"CREATE TABLE " + schema + ".orders (id VARCHAR(64) PRIMARY KEY, customer VARCHAR(64) NOT NULL, total VARCHAR(32) NOT NULL)",
			} {
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			books := server.Migrated(t, db, schema)
			there := func(statement string) string { return strings.Replace(statement, " orders ", " "+schema+".orders ", 1) }
			first := order{"a", "mei", "12.80"}
			for _, o := range []order{first, first, {"a", "bo", "12.80"}, {"A", "mei", "12.80"}} {
				var found order
				err := books.Do(t.Context(), func(tx *sql.Tx) error {
					if _, err := tx.ExecContext(t.Context(), there(insert), o.id, o.customer, o.total); err != nil {
						return err
					}
					return tx.QueryRowContext(t.Context(), there(find), o.id).Scan(&found.id, &found.customer, &found.total)
				})
				if err != nil || found != first {
					t.Errorf("%v finds %v, %v; want %v", o, found, err, first)
				}
			}
		})
	}
}
