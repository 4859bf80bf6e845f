package sizes

import (
	"context"
	"database/sql"
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

// A commit that is done says so, although somebody else has the only connection by then and its statements could be prepared.
func TestCommit_answersWithoutWaitingForAConnectionAgain(t *testing.T) {
	server := servers.SQLite
	place := server.Places(t)(t)
	elsewhere, st := server.At(t, place), server.At(t, place)
	st.DB().SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	writing, err := elsewhere.DB().BeginTx(ctx, nil) // so that the commit has the connection and waits
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writing.Rollback() }()
	done, begun := make(chan error, 1), make(chan *sql.Tx, 1)
	go func() {
		_, err := st.Commit(ctx, store.Unit{User: "ada", Insert: []store.Row{&store.CauseRow{User: "ada", Type: store.CauseRequest, ID: "1"}}})
		done <- err
	}()
	for st.DB().Stats().InUse == 0 {
		time.Sleep(time.Millisecond)
	}
	go func() {
		tx, _ := st.DB().BeginTx(context.WithoutCancel(ctx), nil)
		begun <- tx
	}()
	for st.DB().Stats().WaitCount == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := writing.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if ctx.Err() != nil {
		t.Error("the commit waited for the transaction behind it")
	}
	if tx := <-begun; tx != nil {
		_ = tx.Rollback()
	}
}
