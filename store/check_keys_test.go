package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// TestCheckKeys_areThoseOfTheRowsInOrder holds that a row of each kind has the key that Key gives, unit by unit.
func TestCheckKeys_areThoseOfTheRowsInOrder(t *testing.T) {
	var units []store.Unit
	want := []store.RowKey{{Kind: "first"}}
	for _, user := range []string{"a", "b é"} {
		u := store.Unit{User: user}
		for _, r := range storetest.Samples(user) {
			if kind := r.Key().Kind; kind == store.KindCause || kind == store.KindTransfer {
				u.Insert = append(u.Insert, r)
			} else {
				u.Put = append(u.Put, r)
			}
		}
		u.Delete = []store.RowKey{{Kind: store.KindTask, User: user, ID: "gone"}}
		for _, r := range slices.Concat(u.Insert, u.Put) {
			want = append(want, r.Key())
		}
		want, units = append(want, u.Delete...), append(units, u)
	}
	keys, err := store.CheckKeys(slices.Clone(want[:1]), units...)
	if err != nil || !slices.Equal(keys, want) {
		t.Errorf("keys %q\nwant %q\n%v", keys, want, err)
	}
}

// TestCheckKeys_refusesWhatCheckRefuses holds for users out of order and for a faulty second unit.
func TestCheckKeys_refusesWhatCheckRefuses(t *testing.T) {
	cause := func(user string) []store.Row {
		return []store.Row{&store.CauseRow{User: user, Type: store.CauseEvent, ID: "1"}}
	}
	for name, units := range map[string][]store.Unit{
		"order":       {{User: "b", Insert: cause("b")}, {User: "a", Insert: cause("a")}},
		"second unit": {{User: "a", Insert: cause("a")}, {User: "b"}},
	} {
		if keys, err := store.CheckKeys(nil, units...); keys != nil || !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
}
