package enginetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guerdon-go/guerdon/store"
)

// Keys plays one scene on an engine over each of two empty stores, with users, IDs and texts that careless keys confuse, cut or
// sort in other ways, and compares everything that is answered and listed, word by word: keys are bytes, whatever they look like.
// Give it a memory.Store as the reference, beside the store that is tested.
func Keys(t *testing.T, reference, tested store.Store) {
	t.Helper()
	want, have := playKeys(t, reference), playKeys(t, tested)
	t.Logf("%d answers about %d names", len(want), len(alikeNames()))
	if d := firstDiff(want, have); d != "" {
		t.Fatal(d)
	}
}

// firstDiff tells the first answer that is not the same, in full.
func firstDiff(want, have []string) string {
	for i := range min(len(have), len(want)) {
		if have[i] != want[i] {
			return fmt.Sprintf("answer %d (-reference +tested):\n%s", i, cmp.Diff(want[i], have[i]))
		}
	}
	if len(have) != len(want) {
		return fmt.Sprintf("%d answers, want %d", len(have), len(want))
	}
	return ""
}
