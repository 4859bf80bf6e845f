package servers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// AsMySQL is a MariaDB server that says it is MySQL, and takes one statement at a time as that does.
func (s Server) AsMySQL() Server {
	s.Name, s.plain = s.Name+" as mysql", true
	return s
}

func openPlain(dsn string) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(plainConnector{c}), nil
}

type plainConnector struct{ driver.Connector }

func (c plainConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return plainConn{conn, conn.(mysqlConn)}, nil
}

// mysqlConn is what a connection of go-sql-driver/mysql can do beside driver.Conn.
type mysqlConn interface {
	driver.QueryerContext
	driver.ExecerContext
	driver.ConnBeginTx
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

type plainConn struct {
	driver.Conn
	mysqlConn
}

var errCompound = errors.New("MySQL has no compound statements outside of procedures")

func (c plainConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if strings.HasPrefix(query, "BEGIN NOT ATOMIC") {
		return nil, errCompound
	}
	return c.mysqlConn.QueryContext(ctx, strings.Replace(query, "SELECT VERSION()", "SELECT '8.0.36'", 1), args)
}

func (c plainConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(query, "BEGIN NOT ATOMIC") {
		return nil, errCompound
	}
	return c.mysqlConn.ExecContext(ctx, query, args)
}
