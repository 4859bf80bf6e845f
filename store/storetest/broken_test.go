package storetest

import (
	"slices"
	"testing"

	"github.com/guerdon-go/guerdon/store"
)

// A brokenStore breaks one sentence of the contract.
type brokenStore struct {
	// fails names the case that finds it, and no other does.
	fails string
	// how says what is wrong.
	how  string
	make func(h *hooked)
}

func brokenStores() []brokenStore {
	return slices.Concat(brokenLoads(), brokenCommits(), brokenRows(), brokenCounters(), brokenLists(), brokenCatalogs(), brokenExtremes(), brokenErrors(), brokenRaces())
}

// TestRun_findsEachBrokenStoreByItsOwnCase runs every case on every broken store: exactly the case that carries the broken
// sentence fails, so a failure tells an adapter's author what is wrong.
func TestRun_findsEachBrokenStoreByItsOwnCase(t *testing.T) {
	for _, b := range brokenStores() {
		t.Run(b.fails+"/"+b.how, func(t *testing.T) {
			t.Parallel()
			open := func() store.Store {
				h := newHooked()
				b.make(h)
				return h
			}
			found := false
			for _, c := range cases() {
				if c.broad {
					continue
				}
				got := failures(t, c, open)
				if c.name == b.fails {
					found = len(got) > 0
				} else if len(got) > 0 {
					t.Errorf("case %q fails as well: %s", c.name, got[0])
				}
			}
			if !found {
				t.Errorf("case %q does not find it", b.fails)
			}
		})
	}
}

// TestRun_hasABrokenStoreForEachCase keeps a case from being added without the proof that it can fail.
func TestRun_hasABrokenStoreForEachCase(t *testing.T) {
	broken := make(map[string]bool)
	for _, b := range brokenStores() {
		broken[b.fails] = true
	}
	seen := make(map[string]bool)
	for _, c := range cases() {
		if !c.broad && !broken[c.name] {
			t.Errorf("no broken store for case %q", c.name)
		}
		if seen[c.name] {
			t.Errorf("two cases are named %q", c.name)
		}
		if c.clause == "" || c.sentence == "" {
			t.Errorf("case %q has no clause or sentence", c.name)
		}
		seen[c.name] = true
	}
	for name := range broken {
		if !seen[name] {
			t.Errorf("a broken store names case %q, which is none", name)
		}
	}
}

// TestRun_passesAStoreWithSmallLimits shows that the cases ask no more than the contract promises.
func TestRun_passesAStoreWithSmallLimits(t *testing.T) {
	Run(t, func(*testing.T) store.Store { return newHooked() })
	t.Run("one unit at a time", func(t *testing.T) {
		Run(t, func(*testing.T) store.Store {
			h := newHooked()
			h.limits = store.Limits{Units: 1, Rows: 64, RowsPerUnit: 64}
			return h
		})
	})
}

// TestSamples_haveEveryKind keeps a kind from being added without a sample.
func TestSamples_haveEveryKind(t *testing.T) {
	var got []store.Kind
	for _, r := range Samples("u") {
		got = append(got, r.Key().Kind)
		if r.Key().User != "u" {
			t.Errorf("the sample of %s is of user %q", r.Key().Kind, r.Key().User)
		}
	}
	if !slices.Equal(got, store.Kinds()) {
		t.Errorf("samples are of %v, kinds are %v", got, store.Kinds())
	}
}
