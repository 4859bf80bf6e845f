package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// pool opens connections to MariaDB with more parameters of the DSN. On one that is plain the server calls itself MySQL, so
// that the store sends it one statement at a time.
func pool(t *testing.T, parameters string, plain bool) *sql.DB {
	t.Helper()
	servers.MariaDB.Need(t)
	dsn, _, _ := strings.Cut(servers.MariaDB.DSN(), "?")
	config, err := mysql.ParseDSN(dsn + "?" + parameters)
	if err != nil {
		t.Fatal(err)
	}
	under, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	if plain {
		under = connector{under}
	}
	db := sql.OpenDB(under)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	under, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	all, ok := under.(everything)
	if !ok {
		return nil, errors.New("the driver's connections lack a method")
	}
	return conn{all}, nil
}

type everything interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// A conn answers for the server when it is asked what it is, and lets no compound statement pass.
type conn struct{ everything }

func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.everything.QueryContext(ctx, strings.Replace(query, "VERSION()", "'8.0.36'", 1), args)
}

func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(query, "BEGIN NOT ATOMIC") {
		return nil, errors.New("a compound statement for MySQL")
	}
	return c.everything.ExecContext(ctx, query, args)
}
