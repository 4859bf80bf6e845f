package sqlstore

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Writers have their turns in the order in which they came, however many there are and however long that takes.
func TestTurns_everybodyHasOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const writers, each, length = 120, 3, 15 * time.Millisecond
		w, longest := newTurns(), time.Duration(0)
		done := make(chan time.Duration)
		for range writers {
			go func() {
				most := time.Duration(0)
				for range each {
					begun := time.Now()
					leave, err := w.take(context.Background())
					if err != nil {
						t.Error(err)
						return
					}
					most = max(most, time.Since(begun))
					time.Sleep(length)
					leave()
				}
				done <- most
			}()
		}
		for range writers {
			longest = max(longest, <-done)
		}
		if longest > writers*length {
			t.Errorf("the longest wait is %v, of %d turns of %v", longest, writers, length)
		}
	})
}

// Who has the turn for longer than a second is passed, also by one for whom it waits.
func TestTurns_nobodyWaitsForOneForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTurns()
		time.Sleep(time.Minute)
		outer, err := w.take(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		inner, err := w.take(context.Background())
		if took := time.Since(begun); err != nil || took != turnMost {
			t.Fatalf("%v after %v", err, took)
		}
		inner()
		outer()
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		leave, err := w.take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.take(ctx); err == nil {
			t.Error("a wait lasts longer than its context")
		}
		leave()
	})
}
