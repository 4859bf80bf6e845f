package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// A watch is called before each statement, which is not sent if it answers an error, and after each that was. It may send another
// instead.
type watch struct {
	before  func(query string) error
	instead func(query string) string
	after   func()
}

// watched opens a pool of one connection under watch.
func watched(t *testing.T, dsn string, w watch) *sql.DB {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(watchedConnector{inner, w})
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

type watchedConnector struct {
	driver.Connector
	w watch
}

func (c watchedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return watchedConn{inner.(conn), c.w}, nil
}

// conn is what database/sql uses of the driver's connection.
type conn interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
	driver.ConnBeginTx
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

type watchedConn struct {
	conn
	w watch
}

func (c watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (r driver.Result, err error) {
	err = c.w.run(query, func() error {
		r, err = c.conn.ExecContext(ctx, c.w.sent(query), args)
		return err
	})
	return r, err
}

func (c watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.w.run(query, func() error {
		rows, err = c.conn.QueryContext(ctx, c.w.sent(query), args)
		return err
	})
	return rows, err
}

func (w watch) run(query string, f func() error) error {
	if w.before != nil {
		if err := w.before(query); err != nil {
			return err
		}
	}
	err := f()
	if w.after != nil {
		w.after()
	}
	return err
}

// sent is what is sent for a statement.
func (w watch) sent(query string) string {
	if w.instead == nil {
		return query
	}
	return w.instead(query)
}
