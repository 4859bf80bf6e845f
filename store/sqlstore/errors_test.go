package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// Errors as drivers have them.
type (
	state  string // of pgx and lib/pq
	result int    // of modernc.org/sqlite
)

func (s state) Error() string    { return "ERROR: (SQLSTATE " + string(s) + ")" }
func (s state) SQLState() string { return string(s) }
func (r result) Error() string   { return fmt.Sprintf("constraint failed (%d)", int(r)) }
func (r result) Code() int       { return int(r) }

// failing is a transaction in which every statement fails.
type failing struct{ err error }

func (f failing) Query(context.Context, string, ...any) (sqlstore.Rows, error) { return nil, f.err }
func (f failing) Exec(context.Context, string, ...any) (int64, error)          { return 0, f.err }

// A transaction is run again where others were in its way or its session ended, and only there.
func TestInTx_tellsWhatAnErrorMeans(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect sqlstore.Dialect
		err     error
		want    error // nil: neither
	}{
		{"deadlock", sqlstore.PostgreSQL, state("40P01"), sqlstore.ErrRerun},
		{"no room for a lock", sqlstore.PostgreSQL, state("53200"), sqlstore.ErrRerun},
		{"too long idle in the transaction", sqlstore.PostgreSQL, state("25P03"), sqlstore.ErrRerun},
		{"too long a transaction", sqlstore.PostgreSQL, state("25P04"), sqlstore.ErrRerun},
		{"ended by an operator", sqlstore.PostgreSQL, state("57P01"), sqlstore.ErrRerun},
		{"in a failed transaction", sqlstore.PostgreSQL, state("25P02"), nil},
		{"no such table", sqlstore.PostgreSQL, state("42P01"), nil},
		{"there already", sqlstore.PostgreSQL, state("23505"), store.ErrCorrupt},
		{"CHECK", sqlstore.PostgreSQL, state("23514"), store.ErrInvalid},
		{"too long", sqlstore.PostgreSQL, state("22001"), store.ErrInvalid},
		{"busy", sqlstore.SQLite, result(5), sqlstore.ErrRerun},
		{"there already", sqlstore.SQLite, result(1555), store.ErrCorrupt},
		{"CHECK", sqlstore.SQLite, result(275), store.ErrInvalid},
		{"another type", sqlstore.SQLite, result(3091), store.ErrInvalid},
		{"no such table", sqlstore.SQLite, result(1), nil},
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
