package enginetest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
)

func TestKeys(t *testing.T) {
	Keys(t, memory.New(), memory.New())
}

// A store that lists in the order of letters and not of bytes is found.
func TestKeys_findsAnotherOrder(t *testing.T) {
	if d := firstDiff(playKeys(t, memory.New()), playKeys(t, lettered{memory.New()})); !strings.HasPrefix(d, "answer ") {
		t.Errorf("no difference was found: %q", d)
	}
}

// lettered lists "a" and "A" side by side.
type lettered struct{ store.Store }

func (l lettered) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		var rows []store.Row
		for row, err := range l.Store.List(ctx, q) {
			if err != nil {
				yield(nil, err)
				return
			}
			rows = append(rows, row)
		}
		slices.SortStableFunc(rows, func(a, b store.Row) int {
			return strings.Compare(strings.ToLower(store.IndexKey(q.Index, a)), strings.ToLower(store.IndexKey(q.Index, b)))
		})
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}
