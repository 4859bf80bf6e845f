package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/store"
)

// TestInstant_isUTCToTheMicrosecond holds that every instant, of any zone and year, is cut as Truncate cuts it.
func TestInstant_isUTCToTheMicrosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "s"), rapid.Int64Range(-1<<40, 1<<40).Draw(t, "ns"))
		at = at.In(time.FixedZone("z", rapid.IntRange(-50_000, 50_000).Draw(t, "zone")))
		if got, want := store.Instant(at), at.UTC().Truncate(time.Microsecond); got != want {
			t.Fatalf("Instant(%v) = %v, want %v", at, got, want)
		}
	})
	now := time.Now()
	if got, want := store.Instant(now), now.UTC().Truncate(time.Microsecond); got != want {
		t.Errorf("with a monotonic clock: %#v, want %#v", got, want)
	}
	if got := store.Instant(time.Time{}); got != (time.Time{}) {
		t.Errorf("zero: %#v", got)
	}
}
