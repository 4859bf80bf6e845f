package sqlstore_test

import (
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// What a store has prepared belongs to its own pool, and an application may have several.
func TestIn_takesATransactionOfAnotherPool(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			place := server.Places(t)(t)
			st := server.At(t, place)
			for range 2 { // what is used is prepared for the next time
				if _, err := st.Load(t.Context(), ada); err != nil {
					t.Fatal(err)
				}
			}
			tx, err := server.Open(t, place.DSN).BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = tx.Rollback() })
			if _, err := st.In(tx).Load(t.Context(), ada); err != nil {
				t.Error(err)
			}
		})
	}
}
