// Package sqlstore_test shows an order and its points in one transaction.
package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/task"
)

// start makes the tables guerdon_*, or brings them up to date, and puts what there is to do and to earn: here a point for
// each yuan of an order. Documents that are there already are left alone.
func start(ctx context.Context, db *sql.DB, d sqlstore.Dialect) (*sqlstore.Store, *engine.Engine, error) {
	books, err := sqlstore.New(db, d, sqlstore.Options{})
	if err != nil {
		return nil, nil, err
	}
	if err := books.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	eng, err := engine.New(books, engine.Options{})
	if err != nil {
		return nil, nil, err
	}
	_, err = eng.PutMissing(ctx, engine.By{Actor: "deploy"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "order", Period: rule.Unlimited, Attrs: rule.Schema{"total": rule.Decimal}},
		reward.Config{Code: "cashback", Rule: rule.Count("order", 1), Amount: ledger.Whole("points", 0), AmountFrom: "floor(total)"},
	)
	return books, eng, err
}

// An order is a row of a table of the application's own: id (the primary key), customer and total, all of them text.
type order struct{ id, customer, total string }

var errTaken = errors.New("another order has this ID")

// pay writes an order and records it: both, or neither. The same order again changes nothing and has the same answer.
func pay(ctx context.Context, books *sqlstore.Store, eng *engine.Engine, o order) (out engine.Outcome, err error) {
	err = books.Do(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO orders (id, customer, total) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
			o.id, o.customer, o.total)
		if err != nil {
			return err
		}
		var written order // now or earlier
		err = tx.QueryRowContext(ctx, `SELECT id, customer, total FROM orders WHERE id = $1`, o.id).
			Scan(&written.id, &written.customer, &written.total)
		if err != nil {
			return err
		}
		if written != o {
			return fmt.Errorf("order %q: %w", o.id, errTaken) // it was not written, so it must earn nothing
		}
		out, err = eng.With(books.In(tx)).Record(ctx, task.Event{
			ID: "order-" + o.id, User: o.customer, Task: "order", Attrs: rule.Attrs{"total": o.total},
		})
		return err // an error undoes the order as well; an order that earns nothing is no error
	})
	return out, err
}

// An order and its points are written in one transaction: where the second cannot be, the first is not there either.
func ExampleStore_Do() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) // it is a folder for temporary files
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "shop.sqlite")+
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close() // nothing is written after this
	if _, err := db.ExecContext(ctx, `CREATE TABLE orders (id TEXT PRIMARY KEY, customer TEXT NOT NULL, total TEXT NOT NULL)`); err != nil {
		log.Fatal(err)
	}
	books, eng, err := start(ctx, db, sqlstore.SQLite)
	if err != nil {
		log.Fatal(err)
	}

	for _, o := range []order{{"1", "mei", "12.80"}, {"1", "mei", "12.80"}, {"1", "bo", "12.80"}, {"2", "mei", "a lot"}} {
		out, err := pay(ctx, books, eng, o)
		if err != nil {
			fmt.Println(o, err)
			continue
		}
		fmt.Println(o, out.Rewards[0].Amount, "replay:", out.Replay)
	}
	var orders int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM orders`).Scan(&orders); err != nil {
		log.Fatal(err)
	}
	balances, err := eng.Balances(ctx, "mei")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(orders, "order,", balances[0].Amount())
	// Output:
	// {1 mei 12.80} 12 points replay: false
	// {1 mei 12.80} 12 points replay: true
	// {1 bo 12.80} order "1": another order has this ID
	// {2 mei a lot} attrs.total: "a lot": must be a decimal number such as 12.50
	// 1 order, 12 points
}
