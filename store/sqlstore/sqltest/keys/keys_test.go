// Package keys plays one scene over the memory store and every database, with users and IDs that careless keys confuse or sort
// in other ways, and compares everything that is answered, word by word.
package keys

import (
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine/enginetest"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// Every store answers as the memory store does, in the same order: keys are bytes, whatever they look like.
func TestKeys_allStoresAgree(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			enginetest.Keys(t, memory.New(), server.Empty(t))
		})
	}
}
