package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/guerdon-go/guerdon/store"
)

// An Op names a method of a store.
type Op string

// The operations of a store. OpAny is each of them.
const (
	OpAny    Op = ""
	OpLoad   Op = "load"
	OpCommit Op = "commit"
	OpList   Op = "list"
	OpDocs   Op = "docs"
	OpDocAt  Op = "doc at"
	OpPut    Op = "put"
)

// ErrFault is what a call fails with that [FaultyStore.Fail] was given no error for.
var ErrFault = errors.New("fault injected")

// A FaultyStore passes calls on to a store, and breaks those it was told to. It counts all of them. It is safe for use by
// several goroutines at once if the store is, and [store.As] looks through it.
type FaultyStore struct {
	s      store.Store
	mu     sync.Mutex
	calls  map[Op]int // guarded by mu
	faults []*fault   // those to come; guarded by mu
}

// A fault is one call to break.
type fault struct {
	op   Op
	left int // how many calls of op until then
	err  error
	gate chan struct{} // not nil: stall until it is closed
	lose bool
}

// Faulty wraps a store so that single calls of it can be made to fail, stall or lose their answer. Until it is told to
// break something it behaves as s.
func Faulty(s store.Store) *FaultyStore { return &FaultyStore{s: s, calls: make(map[Op]int)} }

// Unwrap leads to the store behind.
func (f *FaultyStore) Unwrap() store.Store { return f.s }

// Fail makes the n-th call of an operation from now on fail with err, or with [ErrFault] if err is nil: the store behind
// does not see the call. n counts from 1; less than 1 means 1. A list is called when its loop begins.
func (f *FaultyStore) Fail(op Op, n int, err error) {
	if err == nil {
		err = ErrFault
	}
	f.add(&fault{op: op, left: n, err: err})
}

// Stall makes the n-th call of an operation from now on wait until its context is done, and it then fails as one with a
// cancelled context does, or until release is called, and it then goes on. release may be called several times.
func (f *FaultyStore) Stall(op Op, n int) (release func()) {
	gate := make(chan struct{})
	f.add(&fault{op: op, left: n, gate: gate})
	return sync.OnceFunc(func() { close(gate) })
}

// Lose makes the n-th call of an operation from now on lose its answer: the store behind does what it is asked, and then
// the call fails with an error that matches [store.ErrUnknown]. A list fails after its last row.
func (f *FaultyStore) Lose(op Op, n int) { f.add(&fault{op: op, left: n, lose: true}) }

// Calls is how many calls of an operation there were, those that were broken included.
func (f *FaultyStore) Calls(op Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if op != OpAny {
		return f.calls[op]
	}
	sum := 0
	for _, n := range f.calls {
		sum += n
	}
	return sum
}

func (f *FaultyStore) add(x *fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x.left = max(1, x.left)
	f.faults = append(f.faults, x)
}

// begin counts a call and breaks it if it is its turn. The error ends the call; lost says that its answer is to be lost.
func (f *FaultyStore) begin(ctx context.Context, op Op) (lost bool, err error) {
	x := f.next(op)
	switch {
	case x == nil:
		return false, nil
	case x.gate != nil:
		select {
		case <-x.gate:
			return false, nil
		case <-ctx.Done():
			return false, &store.Error{Op: string(op), Err: ctx.Err()}
		}
	case x.lose:
		return true, nil
	default:
		return false, &store.Error{Op: string(op), Err: x.err}
	}
}

// next counts a call for every fault that waits for one, and gives the first whose turn it is.
func (f *FaultyStore) next(op Op) *fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[op]++
	var due *fault
	for _, x := range f.faults {
		if x.op == op || x.op == OpAny {
			if x.left--; x.left <= 0 && due == nil {
				due = x
			}
		}
	}
	f.faults = slices.DeleteFunc(f.faults, func(x *fault) bool { return x == due })
	return due
}

// lostAnswer is the error of a call that was done and whose answer is lost.
func lostAnswer(op Op, err error) error {
	return &store.Error{Op: string(op), Err: errors.Join(fmt.Errorf("%w: answer lost", store.ErrUnknown), err)}
}

// Limits are those of the store behind. It is never broken and not counted.
func (f *FaultyStore) Limits() store.Limits { return f.s.Limits() }

// Load passes on or breaks a call.
func (f *FaultyStore) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	lost, err := f.begin(ctx, OpLoad)
	if err != nil {
		return store.Snapshot{}, err
	}
	snap, err := f.s.Load(ctx, r)
	if lost {
		return store.Snapshot{}, lostAnswer(OpLoad, err)
	}
	return snap, err
}

// Commit passes on or breaks a call.
func (f *FaultyStore) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	lost, err := f.begin(ctx, OpCommit)
	if err != nil {
		return nil, err
	}
	results, err := f.s.Commit(ctx, units...)
	if lost {
		return nil, lostAnswer(OpCommit, err)
	}
	return results, err
}

// List passes on or breaks a call; it is one when its loop begins.
func (f *FaultyStore) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		lost, err := f.begin(ctx, OpList)
		if err != nil {
			yield(nil, err)
			return
		}
		for r, err := range f.s.List(ctx, q) {
			if !yield(r, err) || err != nil {
				return
			}
		}
		if lost {
			yield(nil, lostAnswer(OpList, nil))
		}
	}
}

// Docs passes on or breaks a call.
func (f *FaultyStore) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	lost, err := f.begin(ctx, OpDocs)
	if err != nil {
		return nil, store.Stamp{}, err
	}
	docs, stamp, err := f.s.Docs(ctx, after)
	if lost {
		return nil, store.Stamp{}, lostAnswer(OpDocs, err)
	}
	return docs, stamp, err
}

// DocAt passes on or breaks a call.
func (f *FaultyStore) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
	lost, err := f.begin(ctx, OpDocAt)
	if err != nil {
		return store.Doc{}, err
	}
	d, err := f.s.DocAt(ctx, kind, code, revision)
	if lost {
		return store.Doc{}, lostAnswer(OpDocAt, err)
	}
	return d, err
}

// PutDocs passes on or breaks a call.
func (f *FaultyStore) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	lost, err := f.begin(ctx, OpPut)
	if err != nil {
		return store.Stamp{}, err
	}
	stamp, err := f.s.PutDocs(ctx, old, docs...)
	if lost {
		return store.Stamp{}, lostAnswer(OpPut, err)
	}
	return stamp, err
}
