package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A payer makes a way to pay orders, over sessions of a connection string.
type payer func(t *testing.T, dsn string, books *sqlstore.Store, eng *engine.Engine) func(context.Context, order) error

func payers(callers int) map[string]payer {
	return map[string]payer{
		"by Do": func(_ *testing.T, _ string, books *sqlstore.Store, eng *engine.Engine) func(context.Context, order) error {
			return func(ctx context.Context, o order) error {
				_, err := pay(ctx, books, eng, o)
				return err
			}
		},
		"of pgx": func(t *testing.T, dsn string, books *sqlstore.Store, eng *engine.Engine) func(context.Context, order) error {
			conns := make(chan *pgx.Conn, callers)
			for range callers {
				conns <- connect(t, dsn)
			}
			return func(ctx context.Context, o order) error {
				conn := <-conns
				defer func() { conns <- conn }()
				_, err := payNatively(ctx, conn, books, eng, o)
				return err
			}
		},
		"of package sql": func(_ *testing.T, _ string, books *sqlstore.Store, eng *engine.Engine) func(context.Context, order) error {
			return func(ctx context.Context, o order) error { return payOnce(ctx, books, eng, o) }
		},
	}
}

// At PostgreSQL's strictest level transactions fail in their own statements, in the store's and at COMMIT. Whoever runs them again as
// often as Rerun says so pays each order once, and meets no other error. Do and payNatively give up after a while, so that their
// callers may ask it too.
func TestRerun_paysOrdersOnceWhereTransactionsAreSerializable(t *testing.T) {
	const callers = 8
	for name, payer := range payers(callers) {
		t.Run(name, func(t *testing.T) {
			dsn := dsnOf(t, servers.PostgreSQL, servers.PostgreSQL.Pool(t)) + "&default_transaction_isolation=serializable"
			db := servers.PostgreSQL.Open(t, dsn)
			db.SetMaxIdleConns(callers)
			if _, err := db.ExecContext(t.Context(), ordersTable(sqlstore.PostgreSQL)); err != nil {
				t.Fatal(err)
			}
			books, eng, err := start(t.Context(), db, sqlstore.PostgreSQL)
			if err != nil {
				t.Fatal(err)
			}
			pay := payer(t, dsn, books, eng)
			var raw, ours atomic.Int64
			payAtOnce(t, callers, func(ctx context.Context, o order) error {
				for {
					err := pay(ctx, o)
					if !books.Rerun(err) {
						return err
					}
					if errors.Is(err, sqlstore.ErrRerun) {
						ours.Add(1)
					} else {
						raw.Add(1)
					}
				}
			})
			has(t, db, eng, "mei", 5*callers, 10*callers)
			t.Logf("run again for %d errors of the store and %d others", ours.Load(), raw.Load())
		})
	}
}

// payOnce is one run of pay, without Do.
func payOnce(ctx context.Context, books *sqlstore.Store, eng *engine.Engine, o order) error {
	tx, err := books.DB().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	_, err = tx.ExecContext(ctx, `INSERT INTO orders (id, customer, total) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, o.id, o.customer, o.total)
	if err != nil {
		return err
	}
	var written order
	if err := tx.QueryRowContext(ctx, `SELECT id, customer, total FROM orders WHERE id = $1`, o.id).
		Scan(&written.id, &written.customer, &written.total); err != nil {
		return err
	}
	if written != o {
		return fmt.Errorf("order %q: %w", o.id, errTaken)
	}
	if _, err := eng.With(books.In(tx)).Record(ctx, event(o)); err != nil {
		return err
	}
	return tx.Commit()
}

// A caller whose time is over is not to run anything again, whatever kept the transaction from beginning.
func TestRerun_isFalseOfAContextThatHasEnded(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			st := server.Empty(t)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			err := st.Do(ctx, func(*sql.Tx) error { return nil })
			if err == nil || st.Rerun(err) {
				t.Errorf("%v: %t", err, st.Rerun(err))
			}
		})
	}
}
