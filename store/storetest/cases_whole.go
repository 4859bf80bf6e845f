package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/guerdon-go/guerdon/store"
)

// wholeCases are about calls in a transaction that fail, whose caller commits all the same.
func wholeCases() []boundCase {
	return []boundCase{
		{name: "bound/an error", clause: "5", run: boundError,
			sentence: "An error of Commit leaves nothing of any unit in the transaction, also if the transaction commits."},
		{name: "bound/a context that ends in a commit", clause: "13", run: boundCommitWaning,
			sentence: "A context that ends within a commit leaves all of it in the transaction or nothing, as the answer says, also if the transaction commits."},
		{name: "bound/a context that ends in a put", clause: "13", run: boundPutWaning,
			sentence: "A context that ends within a put leaves all of it in the transaction or nothing, as the answer says, also if the transaction commits."},
	}
}

// anyhow commits the transaction, if that can be done: what failed in it may have ended it, and so may a context that ended when
// the call was done already.
func (x *inside) anyhow() error {
	x.ended = true
	return x.tx.Commit()
}

// boundError inserts causes, of which the last is there already.
func boundError(e *boundEnv) {
	e.write(unit("a", 0, "1"), unit("u", 0, "1"))
	before := unit("a", 1, "2", record("a", "t", 1))
	last := takes("u", 1, "2", store.Take{Counter: "c", N: 1, Max: 9})
	last.Insert, last.Put = append(last.Insert, cause("u", "1")), []store.Row{record("u", "t", 1)}
	for _, units := range [][]store.Unit{{last}, {before, last}} {
		if len(units) > e.store().Limits().Units {
			continue
		}
		x := e.begin()
		defer x.undo()
		x.hold("a", "u")
		if _, err := x.store().Commit(e.Context(), units...); !errors.Is(err, store.ErrCorrupt) {
			e.Errorf("a cause that is there already is inserted in a transaction: %v, want ErrCorrupt", err)
		}
		_ = x.anyhow()
		if a, u, c := e.version("a"), e.version("u"), e.counter("c"); a != 1 || u != 1 || c != 0 {
			e.Errorf("after an error of %d units the users are at versions %d and %d, want 1 and 1, and the counter is %d, want 0", len(units), a, u, c)
		}
		for _, r := range []store.Row{cause("a", "2"), record("a", "t", 1), cause("u", "2"), record("u", "t", 1)} {
			if e.has(r) {
				e.Errorf("after an error of %d units the row %q is there", len(units), r.Key())
			}
		}
	}
}

// A waning context ends when it is looked at for the last of some times. So what goes by it is stopped at one place after the
// other.
type waning struct {
	context.Context
	end  func()
	left atomic.Int64
}

func wane(ctx context.Context, looks int64) *waning {
	ctx, end := context.WithCancel(ctx)
	w := &waning{Context: ctx, end: end}
	w.left.Store(looks)
	return w
}

func (w *waning) look() {
	if w.left.Add(-1) == 0 {
		w.end()
	}
}

func (w *waning) Done() <-chan struct{} {
	w.look()
	return w.Context.Done()
}

func (w *waning) Err() error {
	w.look()
	return w.Context.Err()
}

// looksMost is more often than any store looks at a context in one call.
const looksMost = 10_000

// waning calls f with contexts that end later and later, until one does not end before f is done.
func (e *boundEnv) waning(f func(x *inside, ctx context.Context, n int64) error) {
	e.Helper()
	for n := int64(1); n < looksMost; n++ {
		x := e.begin()
		ctx := wane(e.Context(), n)
		err := f(x, ctx, n)
		ctx.end()
		x.undo()
		if err == nil || e.Failed() {
			return
		}
	}
}

// boundCommitWaning commits for another user each time: the connection that a context has ended may take a while to give up its locks.
func boundCommitWaning(e *boundEnv) {
	e.waning(func(x *inside, ctx context.Context, n int64) error {
		user, counter := fmt.Sprint("u", n), fmt.Sprint("c", n)
		u := takes(user, x.hold(user)[0], "1", store.Take{Counter: counter, N: 1, Max: 1})
		u.Put = []store.Row{record(user, "t", n)}
		results, err := x.store().Commit(ctx, u)
		if err == nil && !results[0].Written() {
			e.Errorf("a unit of a user who is locked is answered %+v", results[0])
		}
		if failed := x.anyhow(); err == nil {
			err = failed
		}
		if errors.Is(err, store.ErrUnknown) {
			return err
		}
		want := int64(0)
		if err == nil {
			want = 1
		}
		if v, c := e.version(user), e.counter(counter); v != want || c != want || e.has(u.Insert[0]) != (err == nil) || e.has(u.Put[0]) != (err == nil) {
			e.Errorf("after a commit whose context ended at its look %d, which answered %v, the user is at version %d and the counter is %d,"+
				" want %d, and the cause is there: %v, the record: %v", n, err, v, c, want, e.has(u.Insert[0]), e.has(u.Put[0]))
		}
		return err
	})
}

func boundPutWaning(e *boundEnv) {
	e.waning(func(x *inside, ctx context.Context, n int64) error {
		old, stamp := x.docs(0)
		next, err := x.store().PutDocs(ctx, stamp, doc("a", fmt.Sprint(n)), doc("b", fmt.Sprint(n)))
		if failed := x.anyhow(); err == nil {
			err = failed
		}
		if errors.Is(err, store.ErrUnknown) {
			return err
		}
		want := len(old)
		if err == nil {
			want, stamp = 2, next
		}
		if docs, now := e.docs(0); now != stamp || len(docs) != want {
			e.Errorf("after a put whose context ended at its look %d, which answered %v, there are %d documents under %v, want %d under %v",
				n, err, len(docs), now, want, stamp)
		}
		return err
	})
}
