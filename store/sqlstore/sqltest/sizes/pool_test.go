package sizes

import (
	"context"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// The transaction has the only connection, and a call outside of it waits for that, with a statement the transaction is about to
// need as well.
func TestATransactionWithTheLastConnectionWaitsForNobodyWhoWaitsForOne(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			st := server.Empty(t)
			st.DB().SetMaxOpenConns(1)
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			tx, err := st.DB().BeginTx(context.Background(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			bound := st.In(tx)
			r := store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true}
			outside, inside := make(chan error, 1), make(chan error, 1)
			go func() {
				_, err := st.Load(ctx, r)
				outside <- err
			}()
			for st.DB().Stats().WaitCount == 0 { // until it waits for a connection
				time.Sleep(time.Millisecond)
			}
			go func() {
				_, err := bound.Load(ctx, r)
				inside <- err
			}()
			select {
			case err := <-inside:
				if err != nil {
					t.Error(err)
				}
			case err := <-outside:
				t.Fatal("the transaction waits for a call that waits for it:", err)
			}
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
			if err := <-outside; err != nil {
				t.Error(err)
			}
		})
	}
}
