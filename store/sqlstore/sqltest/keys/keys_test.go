// Package keys plays one scene over the memory store and every database, with users and IDs that careless keys confuse or sort
// in other ways, and compares everything that is answered, word by word.
package keys

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// Every store answers as the memory store does, in the same order: keys are bytes, whatever they look like.
func TestKeys_allStoresAgree(t *testing.T) {
	want := play(t, memory.New())
	t.Logf("%d answers about %d names", len(want), len(names()))
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			agree(t, server.Name, want, play(t, server.Empty(t)))
		})
	}
}

// agree compares the answers of a database with those of the memory store.
func agree(t *testing.T, name string, want, have []string) {
	t.Helper()
	for i := range min(len(have), len(want)) {
		if have[i] != want[i] {
			t.Fatalf("answer %d (-memory +%s):\n%s", i, name, cmp.Diff(want[i], have[i]))
		}
	}
	if len(have) != len(want) {
		t.Errorf("%d answers, want %d", len(have), len(want))
	}
}
