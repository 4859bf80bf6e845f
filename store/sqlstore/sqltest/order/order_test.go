package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// What the example does holds on a server too.
func TestDo_writesAnOrderAndItsPointsOrNeither(t *testing.T) {
	for _, server := range []servers.Server{servers.SQLite, servers.PostgreSQL} {
		t.Run(server.Name, func(t *testing.T) {
			ctx := t.Context()
			db := shop(t, server)
			books, eng, err := start(ctx, db, server.Dialect)
			if err != nil {
				t.Fatal(err)
			}
			o := order{"1", "mei", "12.80"}
			for _, replay := range []bool{false, true} {
				out, err := pay(ctx, books, eng, o)
				if err != nil || out.Replay != replay || len(out.Rewards) != 1 || !out.Rewards[0].Amount.Equal(ledger.Whole("points", 12)) {
					t.Fatalf("replay %t: %+v, %v", replay, out, err)
				}
			}
			has(t, db, eng, "mei", 1, 12)
			if _, err := pay(ctx, books, eng, order{"2", "mei", "a lot"}); !errors.Is(err, rule.ErrInvalid) {
				t.Errorf("an order of a lot: %v", err)
			}
			for _, other := range []order{{"1", "mei", "99"}, {"1", "bo", "12.80"}} {
				if _, err := pay(ctx, books, eng, other); !errors.Is(err, errTaken) {
					t.Errorf("another order under the same ID, %v: %v", other, err)
				}
			}
			has(t, db, eng, "bo", 1, 0)
			late := errors.New("too late")
			err = books.Do(ctx, func(tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, `INSERT INTO orders (id, customer, total) VALUES ('3', 'mei', '7')`); err != nil {
					return err
				}
				if _, err := eng.With(books.In(tx)).Record(ctx, event(order{"3", "mei", "7"})); err != nil {
					return err
				}
				return late
			})
			if !errors.Is(err, late) {
				t.Errorf("the function's error came back as %v", err)
			}
			has(t, db, eng, "mei", 1, 12)
		})
	}
}

// Orders of one customer, paid at once from many places, each count once.
func TestDo_paysOrdersOfOneCustomerAtOnce(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			db := shop(t, server)
			books, eng, err := start(t.Context(), db, server.Dialect)
			if err != nil {
				t.Fatal(err)
			}
			pay := payOn(t, server)
			payAtOnce(t, 16, func(ctx context.Context, o order) error {
				_, err := pay(ctx, books, eng, o)
				return err
			})
			has(t, db, eng, "mei", 80, 160)
			t.Logf("%d transactions were run again", books.Stats().Retries)
		})
	}
}

// payAtOnce has callers pay ten orders each, so that each order is paid twice.
func payAtOnce(t *testing.T, callers int, pay func(ctx context.Context, o order) error) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := range 10 {
				o := order{fmt.Sprint(n + i/2*10), "mei", "2.50"}
				if err := pay(t.Context(), o); err != nil {
					t.Errorf("order %s: %v", o.id, err)
				}
			}
		})
	}
	wg.Wait()
}

// The README shows the functions of the example, word for word.
func TestExample_isWhatTheReadmeShows(t *testing.T) {
	readme, err := os.ReadFile("../../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("example_do_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct{ after, before string }{
		{"// start makes", "\n// An order is a row"},
		{"// An order is a row", "\n// An order and its points"},
	} {
		at := strings.Index(string(program), part.after)
		body, _, found := strings.Cut(string(program)[max(0, at):], part.before)
		if block := "```go\n" + body + "```\n"; at < 0 || !found || !strings.Contains(string(readme), block) {
			t.Errorf("README.md lacks this block:\n%s", block)
		}
	}
}

// has compares the orders of the shop and what the customer holds.
func has(t *testing.T, db *sql.DB, eng *engine.Engine, customer string, orders, points int64) {
	t.Helper()
	var n int64
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM orders`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	balances, err := eng.Balances(t.Context(), customer)
	if err != nil {
		t.Fatal(err)
	}
	have := ledger.Whole("points", 0)
	for _, b := range balances {
		if b.Account.Kind == ledger.Available {
			have = b.Amount()
		}
	}
	if n != orders || !have.Equal(ledger.Whole("points", points)) {
		t.Errorf("%d orders and %s, want %d and %d", n, have, orders, points)
	}
}

func event(o order) task.Event {
	return task.Event{ID: "order-" + o.id, User: o.customer, Task: "order", Attrs: rule.Attrs{"total": o.total}}
}

// shop is a database with the application's own table, and all tables in a schema of the test's own.
func shop(t *testing.T, server servers.Server) *sql.DB {
	t.Helper()
	db := server.Pool(t)
	if server.Dialect != sqlstore.SQLite {
		db = server.Open(t, dsnOf(t, server, db))
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	if _, err := db.ExecContext(t.Context(), ordersTable(server.Dialect)); err != nil {
		t.Fatal(err)
	}
	return db
}

// ordersTable makes the application's own table.
func ordersTable(d sqlstore.Dialect) string {
	text := "TEXT"
	if d == sqlstore.MySQL { // where no key is as long as that
		text = "VARCHAR(64)"
	}
	return fmt.Sprintf(`CREATE TABLE orders (id %[1]s PRIMARY KEY, customer %[1]s NOT NULL, total %[1]s NOT NULL)`, text)
}

// dsnOf makes a schema on a server, and gives the connection string of sessions that live in it.
func dsnOf(t *testing.T, server servers.Server, db *sql.DB) string {
	t.Helper()
	schema := server.Schema(t, db)
	if _, err := db.ExecContext(context.Background(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	if server.Dialect == sqlstore.MySQL {
		config, err := mysql.ParseDSN(server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		config.DBName = schema
		return config.FormatDSN()
	}
	u, err := url.Parse(servers.PostgreSQL.DSN())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
