package boltstore_test

import (
	"context"
	"flag"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/guerdon-go/guerdon/examples/boltstore"
	"github.com/guerdon-go/guerdon/reward/engine/enginetest"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// Step 7: the tests, unchanged for every adapter.

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { st, _ := open(t); return st })
}

func TestTransactions(t *testing.T) {
	storetest.RunBound(t, func(t *testing.T) storetest.Transactions {
		st, db := open(t)
		return storetest.Transactions{Store: st, OneWriter: true, Begin: func(context.Context) (storetest.Transaction, error) {
			tx, err := db.Begin(true)
			if err != nil {
				return storetest.Transaction{}, err
			}
			return storetest.Transaction{Store: st.In(tx), Commit: tx.Commit, Rollback: tx.Rollback}, nil
		}}
	})
}

// TestEngine plays ten games of each kind, unless -rapid.checks says how many.
func TestEngine(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		set := func(n string) {
			if err := f.Value.Set(n); err != nil {
				t.Fatal(err)
			}
		}
		set("10")
		t.Cleanup(func() { set(f.DefValue) })
	}
	enginetest.Run(t, func(t *testing.T) store.Store { st, _ := open(t); return st })
}

// IDs that differ by case, accents or spaces, in the order of their bytes, as in the memory store.
func TestKeys(t *testing.T) {
	st, _ := open(t)
	enginetest.Keys(t, memory.New(), st)
}

// open gives a store on a new file. NoSync leaves out the sync of each commit, which guards against a crash of the machine
// and nothing that these tests look at; with it they take minutes.
func open(t *testing.T) (*boltstore.Store, *bolt.DB) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "guerdon.db"), 0o600, &bolt.Options{NoSync: true, NoGrowSync: true, NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := boltstore.New(db)
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}
