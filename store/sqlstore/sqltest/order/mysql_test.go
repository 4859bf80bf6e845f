package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
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
	insert, find := mysqlStatements(t)
	for _, server := range servers.MySQLs() {
		t.Run(server.Name, func(t *testing.T) {
			books := server.Store(t, shop(t, server), "")
			first := order{"a", "mei", "12.80"}
			for _, o := range []order{first, first, {"a", "bo", "12.80"}, {"A", "mei", "12.80"}} {
				var found order
				err := books.Do(t.Context(), func(tx *sql.Tx) error {
					if _, err := tx.ExecContext(t.Context(), insert, o.id, o.customer, o.total); err != nil {
						return err
					}
					return tx.QueryRowContext(t.Context(), find, o.id).Scan(&found.id, &found.customer, &found.total)
				})
				if err != nil || found != first {
					t.Errorf("%v finds %v, %v; want %v", o, found, err, first)
				}
			}
		})
	}
}

// mysqlStatements are those of pay, written as the README says.
func mysqlStatements(t *testing.T) (insert, find string) {
	t.Helper()
	program, err := os.ReadFile("example_do_test.go")
	if err != nil {
		t.Fatal(err)
	}
	written := func(begin string) string {
		text := regexp.MustCompile("`" + begin + " [^`]+`").FindString(string(program))
		text = strings.ReplaceAll(strings.Trim(text, "`"), "ON CONFLICT (id) DO NOTHING", "ON DUPLICATE KEY UPDATE id = id")
		return regexp.MustCompile(`\$[0-9]`).ReplaceAllString(text, "?")
	}
	return written("INSERT INTO orders"), written("SELECT id, customer, total FROM orders")
}

// payOn is pay, with the statements of a server.
func payOn(t *testing.T, server servers.Server) func(context.Context, *sqlstore.Store, *engine.Engine, order) (engine.Outcome, error) {
	t.Helper()
	if server.Dialect != sqlstore.MySQL {
		return pay
	}
	insert, find := mysqlStatements(t)
	return func(ctx context.Context, books *sqlstore.Store, eng *engine.Engine, o order) (out engine.Outcome, err error) {
		err = books.Do(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, insert, o.id, o.customer, o.total); err != nil {
				return err
			}
			var written order
			if err := tx.QueryRowContext(ctx, find, o.id).Scan(&written.id, &written.customer, &written.total); err != nil {
				return err
			}
			if written != o {
				return fmt.Errorf("order %q: %w", o.id, errTaken)
			}
			out, err = eng.With(books.In(tx)).Record(ctx, event(o))
			return err
		})
		return out, err
	}
}
