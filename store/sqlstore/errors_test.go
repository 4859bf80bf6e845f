package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// A transaction is run again where others were in its way or its session ended, and only there.
func TestInTx_tellsWhatAnErrorMeans(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect sqlstore.Dialect
		err     error
		want    error // nil: neither
	}{
		{"deadlock", sqlstore.PostgreSQL, stateError("40P01"), sqlstore.ErrRerun},
		{"no room for a lock", sqlstore.PostgreSQL, stateError("53200"), sqlstore.ErrRerun},
		{"too long idle in the transaction", sqlstore.PostgreSQL, stateError("25P03"), sqlstore.ErrRerun},
		{"too long a transaction", sqlstore.PostgreSQL, stateError("25P04"), sqlstore.ErrRerun},
		{"ended by an operator", sqlstore.PostgreSQL, stateError("57P01"), sqlstore.ErrRerun},
		{"in a failed transaction", sqlstore.PostgreSQL, stateError("25P02"), nil},
		{"no such table", sqlstore.PostgreSQL, stateError("42P01"), nil},
		{"there already", sqlstore.PostgreSQL, stateError("23505"), store.ErrCorrupt},
		{"CHECK", sqlstore.PostgreSQL, stateError("23514"), store.ErrInvalid},
		{"too long", sqlstore.PostgreSQL, stateError("22001"), store.ErrInvalid},
		{"busy", sqlstore.SQLite, codeError(5), sqlstore.ErrRerun},
		{"there already", sqlstore.SQLite, codeError(1555), store.ErrCorrupt},
		{"CHECK", sqlstore.SQLite, codeError(275), store.ErrInvalid},
		{"another type", sqlstore.SQLite, codeError(3091), store.ErrInvalid},
		{"no such table", sqlstore.SQLite, codeError(1), nil},
	} {
		t.Run(tt.dialect.String()+"/"+tt.name, func(t *testing.T) {
			st, err := sqlstore.New(sql.OpenDB(nowhere{}), tt.dialect, sqlstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = st.InTx(failing{tt.err}).Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}})
			if !errors.Is(err, tt.err) {
				t.Errorf("%v does not lead to the driver's error", err)
			}
			for _, sentinel := range []error{sqlstore.ErrRerun, store.ErrCorrupt, store.ErrInvalid, store.ErrUnknown} {
				if errors.Is(err, sentinel) != (sentinel == tt.want) {
					t.Errorf("%v is %v: %t", err, sentinel, sentinel != tt.want)
				}
			}
		})
	}
}

// A garbled transaction yields a row that does not scan.
type garbled struct{ scan, err error }

func (g *garbled) Query(context.Context, string, ...any) (sqlstore.Rows, error) { return g, nil }
func (g *garbled) Exec(context.Context, string, ...any) (int64, error)          { return 0, nil }
func (g *garbled) Next() bool                                                   { return true }
func (g *garbled) Scan(...any) error                                            { return g.scan }
func (g *garbled) Err() error                                                   { return g.err }
func (g *garbled) Close()                                                       {}

// A row that does not fit is corrupt, however often it is read; one that cannot be read any more is not.
func TestInTx_aRowThatDoesNotScanIsCorrupt(t *testing.T) {
	unfit := errors.New("cannot parse")
	for _, tt := range []struct {
		name string
		tx   *garbled
		want error
	}{
		{"as database/sql says it", &garbled{scan: unfit}, store.ErrCorrupt},
		{"as pgx says it, which closes the rows", &garbled{scan: unfit, err: unfit}, store.ErrCorrupt},
		{"rows that a context has closed", &garbled{scan: errors.New("closed"), err: context.Canceled}, sqlstore.ErrRerun},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st, err := sqlstore.New(sql.OpenDB(nowhere{}), sqlstore.PostgreSQL, sqlstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, bound := t.Context(), st.InTx(tt.tx)
			answers := map[string]error{}
			_, answers["load of rows"] = bound.Load(ctx, store.Request{Keys: []store.Key{{User: "ada"}}})
			_, answers["load of pages"] = bound.Load(ctx, store.Request{Keys: []store.Key{{User: "ada", Parts: []store.Part{{Index: store.IndexRewardUser}}}}})
			_, _, answers["docs"] = bound.Docs(ctx, 0)
			_, answers["doc at"] = bound.DocAt(ctx, "task", "a", 1)
			for _, err := range bound.List(ctx, store.Query{Index: store.IndexRewardOpen}) {
				answers["list"] = err
			}
			for method, err := range answers {
				for _, sentinel := range []error{sqlstore.ErrRerun, store.ErrCorrupt} {
					if errors.Is(err, sentinel) != (sentinel == tt.want) {
						t.Errorf("%s: %v is %v: %t", method, err, sentinel, sentinel != tt.want)
					}
				}
				if errors.Is(err, tt.tx.scan) != (tt.want == store.ErrCorrupt) {
					t.Errorf("%s: %v does not say what happened", method, err)
				}
			}
		})
	}
}

// Of errors that the store has not seen, those of a caller's own statements and of COMMIT, a few are certain.
func TestRerun_tellsWhetherATransactionIsToBeRunAgain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect sqlstore.Dialect
		err     error
		want    bool
	}{
		{"nothing", sqlstore.PostgreSQL, nil, false},
		{"serialization", sqlstore.PostgreSQL, stateError("40001"), true},
		{"deadlock, within an error of the caller's", sqlstore.PostgreSQL, fmt.Errorf("order 1: %w", stateError("40P01")), true},
		{"an answer that was lost", sqlstore.PostgreSQL, errors.New("connection reset"), false},
		{"a session that was ended", sqlstore.PostgreSQL, stateError("57P01"), false},
		{"there already", sqlstore.PostgreSQL, stateError("23505"), false},
		{"never sent", sqlstore.PostgreSQL, driver.ErrBadConn, true},
		{"never sent, as the time is over", sqlstore.PostgreSQL, fmt.Errorf("%w: %w", context.Canceled, driver.ErrBadConn), false},
		{"out of time", sqlstore.PostgreSQL, &sqlstore.RerunError{Err: context.DeadlineExceeded}, false},
		{"a store's", sqlstore.PostgreSQL, fmt.Errorf("order 1: %w", &sqlstore.RerunError{Err: errors.New("connection reset")}), true},
		{"a call outside of the transaction", sqlstore.PostgreSQL, &store.Error{Op: "commit", Err: stateError("40001")}, false},
		{"done", sqlstore.PostgreSQL, sql.ErrTxDone, false},
		{"deadlock", sqlstore.MySQL, numberError{1213}, true},
		{"a cluster that is not ready", sqlstore.MySQL, numberError{1047}, true},
		{"shutdown", sqlstore.MySQL, numberError{1053}, false},
		{"busy", sqlstore.SQLite, codeError(5), true},
		{"a disk's", sqlstore.SQLite, codeError(10), false},
	} {
		t.Run(tt.dialect.String()+"/"+tt.name, func(t *testing.T) {
			st, err := sqlstore.New(sql.OpenDB(nowhere{}), tt.dialect, sqlstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := st.Rerun(tt.err); got != tt.want {
				t.Errorf("%v: %t", tt.err, got)
			}
		})
	}
}
