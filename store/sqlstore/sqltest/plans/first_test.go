package plans

import (
	"context"
	"database/sql"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A listed transaction keeps the statements that are run in it.
type listed struct {
	tx         *sql.Tx
	statements []string
}

func (l *listed) Query(ctx context.Context, query string, args ...any) (sqlstore.Rows, error) {
	l.statements = append(l.statements, query)
	rows, err := l.tx.QueryContext(ctx, query, args...)
	return closing{rows}, err
}

func (l *listed) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	l.statements = append(l.statements, query)
	r, err := l.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// A store looks at the version of its tables once. In a caller's transaction it comes with the catalog's stamp; PostgreSQL is asked
// before whether there is such a table.
func TestIn_theFirstUseCostsOneStatementMoreAtMost(t *testing.T) {
	for _, tt := range []struct {
		server servers.Server
		want   int
	}{{servers.SQLite, 0}, {servers.PostgreSQL, 1}, {servers.MariaDB, 0}, {servers.MySQL, 0}} {
		t.Run(tt.server.Name, func(t *testing.T) {
			at := tt.server.Places(t)(t)
			st := tt.server.At(t, at)
			var counts []int
			for range 3 {
				tx, err := st.DB().BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				l := &listed{tx: tx}
				if _, _, err := st.InTx(l).Docs(t.Context(), 0); err != nil {
					t.Fatal(err)
				}
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				counts = append(counts, len(l.statements))
			}
			if counts[0] != counts[1]+tt.want || counts[1] != counts[2] {
				t.Errorf("%d statements, one call after the other; the first is to have %d more", counts, tt.want)
			}
		})
	}
}
