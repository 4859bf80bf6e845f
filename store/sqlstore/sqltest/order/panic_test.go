package sqlstore_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A function that panics takes its transaction along: nothing of it holds, the panic reaches the caller, and the connection, the
// only one here, is free for the next call.
func TestDo_writesNothingWhenItsFunctionPanics(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			st := server.Empty(t)
			st.DB().SetMaxOpenConns(1)
			unit := store.Unit{User: "ada", Insert: []store.Row{&store.CauseRow{User: "ada", Type: store.CauseRequest, ID: "1"}},
				Take: []store.Take{{Counter: "budget", N: 1, Max: 1}}}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // so that a connection that is lost is an error
			defer cancel()
			const oops = "no such order"
			func() {
				defer func() {
					if got := recover(); got != oops {
						t.Errorf("the panic is %v", got)
					}
				}()
				err := st.Do(ctx, func(tx *sql.Tx) error {
					if results, err := st.In(tx).Commit(ctx, unit); err != nil || !results[0].Written() {
						t.Error(results, err)
					}
					panic(oops)
				})
				t.Errorf("Do answers %v", err)
			}()
			snap, err := st.Load(ctx, store.Request{Keys: []store.Key{{User: "ada"}}, Counters: []string{"budget"}})
			if err != nil || snap.States[0].Version != 0 || snap.Counters["budget"] != 0 {
				t.Fatalf("there are %+v, %v", snap, err)
			}
			if results, err := st.Commit(ctx, unit); err != nil || !results[0].Written() {
				t.Error(results, err)
			}
		})
	}
}
