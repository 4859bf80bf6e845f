// Package conform runs the suites that every adapter must pass on every database.
package conform

import (
	"flag"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine/enginetest"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func TestContract(t *testing.T) {
	fewer(t)
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			empty := server.Reused(t)
			storetest.Run(t, func(t *testing.T) store.Store { return empty(t) })
		})
	}
}

func TestEngine(t *testing.T) {
	fewer(t)
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			empty := server.Reused(t)
			enginetest.Run(t, func(t *testing.T) store.Store { return empty(t) })
		})
	}
}

// A database in memory lives as long as its only connection.
func TestContract_inMemory(t *testing.T) {
	fewer(t)
	storetest.Run(t, func(t *testing.T) store.Store { return inMemory(t) })
}

func TestEngine_inMemory(t *testing.T) {
	fewer(t)
	enginetest.Run(t, func(t *testing.T) store.Store { return inMemory(t) })
}

// fewer has random tests play a tenth of their games, unless -rapid.checks says how many: on these stores a game takes long.
func fewer(t *testing.T) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set("10"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
}

func inMemory(t *testing.T) *sqlstore.Store {
	t.Helper()
	db := servers.SQLite.Open(t, "file::memory:?_txlock=immediate")
	db.SetMaxOpenConns(1)
	return servers.SQLite.Migrated(t, db, "")
}
