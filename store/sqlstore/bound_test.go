package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// A failing transaction answers every statement with an error.
type failing struct{ err error }

func (f failing) Query(context.Context, string, ...any) (sqlstore.Rows, error) { return nil, f.err }
func (f failing) Exec(context.Context, string, ...any) (int64, error)          { return 0, f.err }

// The databases' drivers have the code of an error by a method or in a field.
type (
	stateError  string
	numberError struct{ Number uint16 }
	codeError   int
)

func (stateError) Error() string      { return "failed" }
func (e stateError) SQLState() string { return string(e) }
func (numberError) Error() string     { return "failed" }
func (codeError) Error() string       { return "failed" }
func (e codeError) Code() int         { return int(e) }

// conflicts are errors after which a transaction is to be run again.
var conflicts = map[string]struct {
	dialect sqlstore.Dialect
	err     error
}{
	"serialization":    {sqlstore.PostgreSQL, stateError("40001")},
	"server shut down": {sqlstore.PostgreSQL, stateError("57P01")},
	"deadlock":         {sqlstore.MySQL, numberError{1213}},
	"lock timeout":     {sqlstore.MySQL, &numberError{1205}},
	"busy":             {sqlstore.SQLite, codeError(5)},
	"connection lost":  {sqlstore.PostgreSQL, errors.New("connection reset")},
}

func TestInTx_everyMethodSaysThatTheTransactionIsToBeRunAgain(t *testing.T) {
	for name, tt := range conflicts {
		t.Run(name, func(t *testing.T) {
			st, err := sqlstore.New(sql.OpenDB(nowhere{}), tt.dialect, sqlstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, bound := t.Context(), st.InTx(failing{tt.err})
			cause := &store.CauseRow{User: "ada", Type: store.CauseRequest, ID: "1"}
			answers := map[string]error{}
			_, answers["load"] = bound.Load(ctx, store.Request{})
			_, answers["load for an update"] = bound.Load(ctx, store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true})
			_, answers["commit"] = bound.Commit(ctx, store.Unit{User: "ada", Insert: []store.Row{cause}})
			_, _, answers["docs"] = bound.Docs(ctx, 0)
			_, answers["doc at"] = bound.DocAt(ctx, "task", "a", 1)
			_, answers["put"] = bound.PutDocs(ctx, store.Stamp{}, store.Doc{Kind: "task", Code: "a"})
			for _, err := range bound.List(ctx, store.Query{Index: store.IndexRewardOpen}) {
				answers["list"] = err
			}
			for method, err := range answers {
				if !errors.Is(err, sqlstore.ErrRerun) || !errors.Is(err, tt.err) || !st.Rerun(err) {
					t.Errorf("%s: %v", method, err)
				}
			}
		})
	}
}
