// Package conform runs the suites that every adapter must pass on every database.
package conform

import (
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine/enginetest"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func TestContract(t *testing.T) {
	for _, server := range servers.All() {
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
