// Package conform runs the suites that every adapter must pass on every database.
package conform

import (
	"context"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine/enginetest"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// everyServer adds the way that only MySQL goes, walked on MariaDB.
func everyServer() []servers.Server { return append(servers.All(), servers.MariaDB.AsMySQL()) }

func TestContract(t *testing.T) {
	for _, server := range everyServer() {
		t.Run(server.Name, func(t *testing.T) {
			empty := server.Reused(t)
			storetest.Run(t, func(t *testing.T) store.Store { return empty(t) })
		})
	}
}

func TestEngine(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			empty := server.Reused(t)
			enginetest.Run(t, func(t *testing.T) store.Store { return empty(t) })
		})
	}
}

func TestTransactions(t *testing.T) {
	for _, server := range everyServer() {
		t.Run(server.Name, func(t *testing.T) {
			empty := server.Reused(t)
			storetest.RunBound(t, func(t *testing.T) storetest.Transactions {
				st := empty(t)
				return storetest.Transactions{Store: st, OneWriter: server.Dialect == sqlstore.SQLite,
					Begin: func(ctx context.Context) (storetest.Transaction, error) {
						tx, err := st.DB().BeginTx(ctx, nil)
						if err != nil {
							return storetest.Transaction{}, err
						}
						return storetest.Transaction{Store: st.In(tx), Commit: tx.Commit, Rollback: tx.Rollback}, nil
					}}
			})
		})
	}
}
