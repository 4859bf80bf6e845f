package memory

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/store"
)

// TestOrdered_keepsItsOrderThroughSplits says that after any insertions and removals, of enough keys to split blocks, a
// walk gives the keys of a range in order, either way.
func TestOrdered_keepsItsOrderThroughSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o ordered
		model := make(map[string]bool)
		step := rapid.SampledFrom([]int{1, 7, 601, -1}).Draw(t, "step") // in order, scattered, backwards
		for i := range rapid.IntRange(0, 2000).Draw(t, "keys") {
			key := fmt.Sprintf("%04d", (i*step%1009+1009)%1009)
			if i%5 == 4 {
				o.del(key)
				delete(model, key)
				continue
			}
			o.set(key, nil)
			model[key] = true
		}
		bound := rapid.StringMatching(`0?[0-9]{1,4}|`)
		q := store.Query{From: bound.Draw(t, "from"), To: bound.Draw(t, "to"), After: bound.Draw(t, "after"), Prefix: bound.Draw(t, "prefix"), Desc: rapid.Bool().Draw(t, "desc")}
		var want, got []string
		for key := range model {
			if q.Match(key) {
				want = append(want, key)
			}
		}
		slices.Sort(want)
		if q.Desc {
			slices.Reverse(want)
		}
		o.walk(rangeOf(q), func(e entry) bool { got = append(got, e.key); return true })
		if !slices.Equal(got, want) {
			t.Fatalf("%+v gives %d keys, want %d: %q, want %q", q, len(got), len(want), got, want)
		}
		for _, b := range o.blocks {
			if len(b) == 0 || len(b) > blockMax {
				t.Fatalf("a block has %d entries", len(b))
			}
		}
	})
}
