package faults

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// Open opens a pool through a driver whose calls an injector makes fail.
func Open(t testing.TB, server servers.Server, dsn string) (*sql.DB, *Injector) {
	t.Helper()
	inner := server.Open(t, dsn) // which is not used itself: it knows the driver
	i := &Injector{dialect: server.Dialect}
	db := sql.OpenDB(&connector{i, inner.Driver(), dsn})
	t.Cleanup(func() { _ = db.Close() })
	return db, i
}

// connector opens connections of the driver behind.
type connector struct {
	i   *Injector
	d   driver.Driver
	dsn string
}

func (c *connector) Driver() driver.Driver { return c.d }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	var inner driver.Conn
	open := &conn{i: c.i}
	err := open.call(ctx, Op{Name: "connect"}, func() (err error) {
		if d, ok := c.d.(driver.DriverContext); ok {
			var by driver.Connector
			if by, err = d.OpenConnector(c.dsn); err == nil {
				inner, err = by.Connect(ctx)
			}
			return err
		}
		inner, err = c.d.Open(c.dsn)
		return err
	})
	if err != nil {
		if inner != nil {
			_ = inner.Close()
		}
		return nil, err
	}
	open.inner = inner
	return open, nil
}

// conn is a connection whose calls may fail.
type conn struct {
	i     *Injector
	inner driver.Conn
	dead  bool
	last  string // the last statement
}

// call does f, or what the injector wants instead.
func (c *conn) call(ctx context.Context, op Op, f func() error) error {
	if c.dead {
		return driver.ErrBadConn
	}
	if op.Name == "query" || op.Name == "exec" {
		c.last = op.Text
	}
	mode, strikes := c.i.strikes(op)
	if !strikes {
		return f()
	}
	switch mode {
	case Conflict:
		return c.i.conflict()
	case Unsent:
		c.dead = true
		return driver.ErrBadConn
	case Before:
		c.dead = true
		return errCut
	case SlowBefore:
		c.dead = true
		return c.i.until(ctx)
	case After:
		if err := f(); err != nil {
			return err
		}
		c.dead = true
		return errCut
	default:
		if err := f(); err != nil {
			return err
		}
		c.dead = true
		return c.i.until(ctx)
	}
}

func (c *conn) IsValid() bool {
	if v, ok := c.inner.(driver.Validator); ok && !v.IsValid() {
		return false
	}
	return !c.dead
}

func (c *conn) ResetSession(ctx context.Context) error {
	if c.dead {
		return driver.ErrBadConn
	}
	if r, ok := c.inner.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := c.inner.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *conn) Close() error { return c.inner.Close() }

func (c *conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

func (c *conn) BeginTx(ctx context.Context, opt driver.TxOptions) (driver.Tx, error) {
	var inner driver.Tx
	err := c.call(ctx, Op{Name: "begin"}, func() (err error) {
		begun, err := c.inner.(driver.ConnBeginTx).BeginTx(ctx, opt)
		if err == nil {
			inner = begun
		}
		return err
	})
	if err != nil {
		if inner != nil {
			_ = inner.Rollback()
		}
		return nil, err
	}
	return &tx{c, ctx, inner}, nil
}

// tx is a transaction whose commit may fail.
type tx struct {
	c     *conn
	ctx   context.Context // of its beginning, which bounds its end as well
	inner driver.Tx
}

func (t *tx) Commit() error {
	err := t.c.call(t.ctx, Op{"commit", t.c.last}, t.inner.Commit)
	if err != nil {
		_ = t.inner.Rollback() // as a server does when the connection ends; after a commit it does nothing
	}
	return err
}

func (t *tx) Rollback() error {
	_ = t.inner.Rollback()
	return nil
}

func (c *conn) Prepare(text string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), text)
}

func (c *conn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	var inner driver.Stmt
	err := c.call(ctx, Op{"prepare", text}, func() (err error) {
		inner, err = c.inner.(driver.ConnPrepareContext).PrepareContext(ctx, text)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &stmt{c, text, inner}, nil
}

func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (r driver.Result, err error) {
	inner, ok := c.inner.(driver.ExecerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	err = c.call(ctx, Op{"exec", text}, func() (err error) {
		r, err = inner.ExecContext(ctx, text, args)
		return err
	})
	return r, err
}

func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	inner, ok := c.inner.(driver.QueryerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	return c.query(ctx, text, func() (driver.Rows, error) { return inner.QueryContext(ctx, text, args) })
}

// query runs one whose answer may be lost. It is then read to its end before, so that the database is done with it.
func (c *conn) query(ctx context.Context, text string, f func() (driver.Rows, error)) (rows driver.Rows, err error) {
	err = c.call(ctx, Op{"query", text}, func() (err error) {
		rows, err = f()
		return err
	})
	if err != nil && rows != nil {
		for into := make([]driver.Value, len(rows.Columns())); rows.Next(into) == nil; {
		}
		_ = rows.Close()
		rows = nil
	}
	return rows, err
}

// stmt is a prepared statement whose use may fail.
type stmt struct {
	c     *conn
	text  string
	inner driver.Stmt
}

func (s *stmt) Close() error  { return s.inner.Close() }
func (s *stmt) NumInput() int { return s.inner.NumInput() }

func (s *stmt) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := s.inner.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return s.c.CheckNamedValue(v)
}

func (s *stmt) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }
func (s *stmt) Query([]driver.Value) (driver.Rows, error)  { return nil, driver.ErrSkip }

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (r driver.Result, err error) {
	err = s.c.call(ctx, Op{"exec", s.text}, func() (err error) {
		r, err = s.inner.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return r, err
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.c.query(ctx, s.text, func() (driver.Rows, error) {
		return s.inner.(driver.StmtQueryContext).QueryContext(ctx, args)
	})
}
