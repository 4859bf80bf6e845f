package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func unit(user string, version int64, id string) store.Unit {
	return store.Unit{User: user, Version: version, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseEvent, ID: id}}}
}

func version(t *testing.T, s store.Store, user string) int64 {
	t.Helper()
	snap, err := s.Load(t.Context(), store.Request{Keys: []store.Key{{User: user}}})
	if err != nil {
		t.Fatal(err)
	}
	return snap.States[0].Version
}

func TestFaulty_keepsTheContractWhileNothingIsBroken(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return storetest.Faulty(memory.New()) })
}

func TestFaulty_failsTheCallItWasTold(t *testing.T) {
	s := storetest.Faulty(memory.New())
	own := errors.New("disk")
	s.Fail(storetest.OpCommit, 2, own)
	s.Fail(storetest.OpAny, 3, nil)
	for i, want := range []error{nil, own, storetest.ErrFault, nil} {
		if _, err := s.Commit(t.Context(), unit("u", version(t, s.Unwrap(), "u"), fmt.Sprint(i))); !errors.Is(err, want) {
			t.Errorf("call %d: %v, want %v", i+1, err, want)
		}
	}
	if v := version(t, s.Unwrap(), "u"); v != 2 {
		t.Errorf("%d commits reached the store, want 2", v)
	}
	if n, all := s.Calls(storetest.OpCommit), s.Calls(storetest.OpAny); n != 4 || all != 4 {
		t.Errorf("counted %d commits and %d calls, want 4", n, all)
	}
}

func TestFaulty_losesTheAnswerOfACallThatWasDone(t *testing.T) {
	s := storetest.Faulty(memory.New())
	s.Lose(storetest.OpCommit, 1)
	if _, err := s.Commit(t.Context(), unit("u", 0, "1")); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
	if v := version(t, s, "u"); v != 1 {
		t.Errorf("version is %d, want 1: the commit was done", v)
	}
	s.Lose(storetest.OpList, 1)
	var last error
	for _, err := range s.List(t.Context(), store.Query{Index: store.IndexRewardOpen}) {
		last = err
	}
	if !errors.Is(last, store.ErrUnknown) {
		t.Errorf("the list ended with %v", last)
	}
}

func TestFaulty_stallsUntilReleasedOrCancelled(t *testing.T) {
	s := storetest.Faulty(memory.New())
	release := s.Stall(storetest.OpCommit, 1)
	done := make(chan error)
	go func() {
		_, err := s.Commit(context.Background(), unit("u", 0, "1"))
		done <- err
	}()
	for s.Calls(storetest.OpCommit) == 0 { // until the call has begun
		runtime.Gosched()
	}
	if v := version(t, s, "u"); v != 0 {
		t.Errorf("version is %d while the commit stalls", v)
	}
	release()
	release()
	if err := <-done; err != nil || version(t, s, "u") != 1 {
		t.Errorf("released: %v, version %d", err, version(t, s, "u"))
	}
	s.Stall(storetest.OpAny, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Commit(ctx, unit("u", 1, "2")); !errors.Is(err, context.Canceled) || version(t, s, "u") != 1 {
		t.Errorf("cancelled: %v, version %d", err, version(t, s, "u"))
	}
}

// A store whose second commit loses its answer: the caller learns from the cause whether it landed.
func ExampleFaulty() {
	ctx := context.Background()
	s := storetest.Faulty(memory.New())
	s.Lose(storetest.OpCommit, 2)

	for version, id := range []string{"order-1", "order-2"} {
		_, err := s.Commit(ctx, store.Unit{
			User: "u7", Version: int64(version),
			Insert: []store.Row{&store.CauseRow{User: "u7", Type: store.CauseEvent, ID: id}},
		})
		if !errors.Is(err, store.ErrUnknown) {
			fmt.Println(id, "error:", err)
			continue
		}
		snap, err := s.Load(ctx, store.Request{Keys: []store.Key{{User: "u7", Parts: []store.Part{
			{Kind: store.KindCause, IDs: []string{store.CauseID(store.CauseEvent, id)}},
		}}}})
		fmt.Println(id, "landed:", len(snap.States[0].Rows) == 1, err)
	}
	fmt.Println("commits:", s.Calls(storetest.OpCommit))
	// Output:
	// order-1 error: <nil>
	// order-2 landed: true <nil>
	// commits: 2
}
