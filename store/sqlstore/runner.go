package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/guerdon-go/guerdon/store"
)

// A Tx runs statements in a transaction of the caller's. [Store.In] makes one of a *sql.Tx; a pgx.Tx needs a few lines around
// it, as the package documentation shows.
type Tx interface {
	// Query runs a statement that yields rows.
	Query(ctx context.Context, query string, args ...any) (Rows, error)
	// Exec runs a statement and tells how many rows it changed.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
}

// Rows is what a query yields. A pgx.Rows is one.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// scan reads a row. One that does not fit is [store.ErrCorrupt]: both database/sql and pgx scan what was received already. Rows
// that a context has closed meanwhile answer that.
func scan(rows Rows, into ...any) error {
	err := rows.Scan(into...)
	if err == nil {
		return nil
	}
	if ended := rows.Err(); errors.Is(ended, context.Canceled) || errors.Is(ended, context.DeadlineExceeded) {
		return ended
	}
	return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
}

// A runner runs statements: on any connection of the pool, on one of them, or in a caller's transaction.
type runner interface {
	query(ctx context.Context, p *prepared, args []any) (Rows, error)
	exec(ctx context.Context, p *prepared, args []any) (int64, error)
}

// sqlRows closes without an error, which Err has given before.
type sqlRows struct{ *sql.Rows }

func (r sqlRows) Close() { _ = r.Rows.Close() }

// pool runs each statement on a connection of its own.
type pool struct{ s *Store }

func (p pool) query(ctx context.Context, st *prepared, args []any) (Rows, error) {
	stmt, err := p.s.prepare(ctx, st)
	var rows *sql.Rows
	switch {
	case err != nil:
		return nil, err
	case stmt != nil:
		rows, err = stmt.QueryContext(ctx, args...)
	default:
		rows, err = p.s.db.QueryContext(ctx, st.text, args...)
	}
	if err != nil {
		return nil, err
	}
	return sqlRows{rows}, nil
}

func (p pool) exec(ctx context.Context, st *prepared, args []any) (int64, error) {
	stmt, err := p.s.prepare(ctx, st)
	switch {
	case err != nil:
		return 0, err
	case stmt != nil:
		return affected(stmt.ExecContext(ctx, args...))
	default:
		return affected(p.s.db.ExecContext(ctx, st.text, args...))
	}
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// prepare gives the statement of a text that is kept, nil where the driver keeps it or it is used once. Nothing is held while it
// waits for a connection: a transaction that has the last one asks for statements too. Of several that are made at once one is
// kept.
func (s *Store) prepare(ctx context.Context, p *prepared) (*sql.Stmt, error) {
	if s.d.cached || p.once {
		return nil, nil
	}
	if stmt := p.ready(); stmt != nil {
		return stmt, nil
	}
	stmt, err := s.db.PrepareContext(ctx, p.text)
	if err != nil {
		return nil, err
	}
	if !p.stmt.CompareAndSwap(nil, stmt) {
		_ = stmt.Close()
	}
	return p.ready(), nil
}

// wantedTexts are statements of the store's own transactions that were run by their text, to be prepared before the next one
// begins: in the one that wants them the pool may have no other connection, and behind its commit nobody should wait for one.
type wantedTexts struct {
	mu   sync.Mutex
	list []*prepared // guarded by mu
}

func (w *wantedTexts) add(p *prepared) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.list, p) {
		w.list = append(w.list, p)
	}
}

func (w *wantedTexts) take() []*prepared {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.list
	w.list = nil
	return list
}

// prepareWanted prepares them. Those that are left when one fails are wanted again when they are used.
func (s *Store) prepareWanted(ctx context.Context) error {
	for _, p := range s.wanted.take() {
		if _, err := s.prepare(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// onConn runs each statement on one connection, by its text.
type onConn struct{ conn *sql.Conn }

func (c onConn) query(ctx context.Context, st *prepared, args []any) (Rows, error) {
	rows, err := c.conn.QueryContext(ctx, st.text, args...)
	if err != nil {
		return nil, err
	}
	return sqlRows{rows}, nil
}

func (c onConn) exec(ctx context.Context, st *prepared, args []any) (int64, error) {
	return affected(c.conn.ExecContext(ctx, st.text, args...))
}

// inTx runs statements in a *sql.Tx.
type inTx struct {
	tx *sql.Tx
	// s is the store whose own transaction it is. It is nil in a caller's, where statements go by their text: those that are
	// prepared belong to the store's pool, and the transaction may be of another one.
	s *Store
}

// ready is the statement if it is prepared. One that is not is run by its text, and prepared for the next time.
func (t inTx) ready(st *prepared) *sql.Stmt {
	if t.s == nil {
		return nil
	}
	stmt := st.ready()
	if stmt == nil && !st.once && !t.s.d.cached {
		t.s.wanted.add(st)
	}
	return stmt
}

func (t inTx) query(ctx context.Context, st *prepared, args []any) (Rows, error) {
	var rows *sql.Rows
	var err error
	if stmt := t.ready(st); stmt != nil {
		rows, err = t.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	} else {
		rows, err = t.tx.QueryContext(ctx, st.text, args...)
	}
	if err != nil {
		return nil, err
	}
	return sqlRows{rows}, nil
}

func (t inTx) exec(ctx context.Context, st *prepared, args []any) (int64, error) {
	if stmt := t.ready(st); stmt != nil {
		return affected(t.tx.StmtContext(ctx, stmt).ExecContext(ctx, args...))
	}
	return affected(t.tx.ExecContext(ctx, st.text, args...))
}

// inForeign runs statements in a transaction that is no *sql.Tx.
type inForeign struct{ tx Tx }

func (t inForeign) query(ctx context.Context, st *prepared, args []any) (Rows, error) {
	return t.tx.Query(ctx, st.text, args...)
}

func (t inForeign) exec(ctx context.Context, st *prepared, args []any) (int64, error) {
	return t.tx.Exec(ctx, st.text, args...)
}
