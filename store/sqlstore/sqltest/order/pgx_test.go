package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// pgxTx lets a store live in a pgx.Tx: books.InTx(pgxTx{tx}).
type pgxTx struct{ pgx.Tx }

func (t pgxTx) Query(ctx context.Context, query string, args ...any) (sqlstore.Rows, error) {
	return t.Tx.Query(ctx, query, args...)
}

func (t pgxTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.Tx.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

// payNatively is pay for a program that speaks to pgx itself, and so runs its transactions again itself, as Do does. If its error is
// that of a COMMIT whose answer was lost, the order is paid or not: to pay it once more finds out.
func payNatively(ctx context.Context, conn *pgx.Conn, books *sqlstore.Store, eng *engine.Engine, o order) (out engine.Outcome, err error) {
	for try := range 20 {
		err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			out, err = payIn(ctx, tx, books, eng, o)
			return err
		})
		if !books.Rerun(err) {
			break // it is paid, or another run would make nothing better
		}
		select {
		case <-time.After(rand.N(time.Millisecond << min(try, 6))): // so that they do not meet again
		case <-ctx.Done():
			return out, err
		}
	}
	return out, err
}

func payIn(ctx context.Context, tx pgx.Tx, books *sqlstore.Store, eng *engine.Engine, o order) (engine.Outcome, error) {
	_, err := tx.Exec(ctx, `INSERT INTO orders (id, customer, total) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, o.id, o.customer, o.total)
	if err != nil {
		return engine.Outcome{}, err
	}
	var written order
	err = tx.QueryRow(ctx, `SELECT id, customer, total FROM orders WHERE id = $1`, o.id).
		Scan(&written.id, &written.customer, &written.total)
	if err != nil {
		return engine.Outcome{}, err
	}
	if written != o {
		return engine.Outcome{}, fmt.Errorf("order %q: %w", o.id, errTaken)
	}
	return eng.With(books.InTx(pgxTx{tx})).Record(ctx, event(o))
}

func TestInTx_takesATransactionOfPgx(t *testing.T) {
	ctx := t.Context()
	db := servers.PostgreSQL.Pool(t)
	conn := connect(t, dsnOf(t, servers.PostgreSQL, db))
	if _, err := conn.Exec(ctx, `CREATE TABLE orders (id TEXT PRIMARY KEY, customer TEXT NOT NULL, total TEXT NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("pgx", conn.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	books, eng, err := start(ctx, pool, sqlstore.PostgreSQL)
	if err != nil {
		t.Fatal(err)
	}
	for _, replay := range []bool{false, true} {
		out, err := payNatively(ctx, conn, books, eng, order{"1", "mei", "12.80"})
		if err != nil || out.Replay != replay || len(out.Rewards) != 1 {
			t.Fatalf("replay %t: %+v, %v", replay, out, err)
		}
	}
	if _, err := payNatively(ctx, conn, books, eng, order{"1", "bo", "12.80"}); !errors.Is(err, errTaken) {
		t.Errorf("another customer's order of the same ID: %v", err)
	}
	has(t, pool, eng, "bo", 1, 0)
	has(t, pool, eng, "mei", 1, 12)

	late := errors.New("too late")
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO orders (id, customer, total) VALUES ('2', 'mei', '7')`); err != nil {
			return err
		}
		if _, err := eng.With(books.InTx(pgxTx{tx})).Record(ctx, event(order{"2", "mei", "7"})); err != nil {
			return err
		}
		return late
	})
	if !errors.Is(err, late) {
		t.Errorf("the function's error came back as %v", err)
	}
	has(t, pool, eng, "mei", 1, 12)
	if _, err := payNatively(ctx, conn, books, eng, order{"2", "mei", "7"}); err != nil {
		t.Errorf("after the rollback: %v", err)
	}
	has(t, pool, eng, "mei", 2, 19)
}

// A store in a transaction of pgx keeps the contract as one in a *sql.Tx does. Statements of contexts that end are cancelled: by
// default pgx drops their connections, and a server that waits for the rest of a statement keeps the transaction's locks for 15 s.
func TestInTx_keepsTheContract(t *testing.T) {
	empty := servers.PostgreSQL.Reused(t)
	config, err := pgxpool.ParseConfig(servers.PostgreSQL.DSN())
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: 5 * time.Second}
	}
	conns, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conns.Close)
	storetest.RunBound(t, func(t *testing.T) storetest.Transactions {
		books := empty(t)
		return storetest.Transactions{Store: books, Begin: func(ctx context.Context) (storetest.Transaction, error) {
			tx, err := conns.Begin(ctx)
			if err != nil {
				return storetest.Transaction{}, err
			}
			return storetest.Transaction{
				Store:    books.InTx(pgxTx{tx}),
				Commit:   func() error { return tx.Commit(context.Background()) },
				Rollback: func() error { return tx.Rollback(context.Background()) },
			}, nil
		}}
	})
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
