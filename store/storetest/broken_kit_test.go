package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
)

// A recorder takes the failures of a case instead of a test.
type recorder struct {
	ctx      context.Context
	mu       sync.Mutex
	failures []string // guarded by mu
}

// stopped is what ends a case early.
type stopped struct{}

func (r *recorder) fail(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, s)
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.failures) > 0
}

func (r *recorder) Context() context.Context          { return r.ctx }
func (r *recorder) Helper()                           {}
func (r *recorder) Name() string                      { return "recorded" }
func (r *recorder) Logf(string, ...any)               {}
func (r *recorder) Log(...any)                        {}
func (r *recorder) Skipf(string, ...any)              { panic("a case skips") }
func (r *recorder) Skip(...any)                       { panic("a case skips") }
func (r *recorder) SkipNow()                          { panic("a case skips") }
func (r *recorder) Errorf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }
func (r *recorder) Error(args ...any)                 { r.fail(fmt.Sprint(args...)) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.fail(fmt.Sprintf(format, args...))
	panic(stopped{})
}
func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }
func (r *recorder) FailNow()          { r.Fatalf("failed") }
func (r *recorder) Fail()             { r.fail("failed") }

// failures runs a case on stores and gives what it found. A panic counts as a failure: a broken store may give what a case
// does not look out for.
func failures(t *testing.T, c testCase, open func() store.Store) []string {
	r := &recorder{ctx: t.Context()}
	func() {
		defer func() {
			if p := recover(); p != nil && p != (stopped{}) {
				r.fail(fmt.Sprint("panic: ", p))
			}
		}()
		e := &env{tb: r, open: open}
		e.racing = func(change int) {
			if h, ok := e.s.(*hooked); ok {
				h.meeting.change(change)
			}
		}
		c.run(e)
	}()
	return r.failures
}

// A hooked is a store in memory with small limits, and with what a test puts before its methods.
type hooked struct {
	*memory.Store
	load   func(context.Context, store.Request) (store.Snapshot, error)
	commit func(context.Context, ...store.Unit) ([]store.Result, error)
	list   func(context.Context, store.Query) iter.Seq2[store.Row, error]
	docs   func(context.Context, int64) ([]store.Doc, store.Stamp, error)
	docAt  func(context.Context, store.DocKind, string, int64) (store.Doc, error)
	put    func(context.Context, store.Stamp, ...store.Doc) (store.Stamp, error)
	limits store.Limits
	// laxLoad and laxCommit leave out the check of the limits.
	laxLoad, laxCommit bool
	meeting            meeting
}

func newHooked() *hooked {
	m := memory.New()
	return &hooked{
		Store: m, load: m.Load, commit: m.Commit, list: m.List, docs: m.Docs, docAt: m.DocAt, put: m.PutDocs,
		limits: store.Limits{Units: 4, Rows: 200, RowsPerUnit: 64},
	}
}

func (h *hooked) Limits() store.Limits { return h.limits }

func (h *hooked) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	if err := h.limits.CheckRequest(r); err != nil && !h.laxLoad {
		return store.Snapshot{}, errors.Join(store.CheckRequest(r), err)
	}
	return h.load(ctx, r)
}

func (h *hooked) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	if err := h.limits.Check(units...); err != nil && !h.laxCommit {
		return nil, errors.Join(store.Check(units...), err)
	}
	return h.commit(ctx, units...)
}

func (h *hooked) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return h.list(ctx, q)
}

func (h *hooked) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	return h.docs(ctx, after)
}

func (h *hooked) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
	return h.docAt(ctx, kind, code, revision)
}

func (h *hooked) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	return h.put(ctx, old, docs...)
}

// version is what a user's version is below the hooks.
func (h *hooked) version(user string) int64 {
	snap, err := h.Store.Load(context.Background(), store.Request{Keys: []store.Key{{User: user}}})
	if err != nil {
		return -1
	}
	return snap.States[0].Version
}

// used is what a counter is below the hooks.
func (h *hooked) used(counter string) int64 {
	snap, err := h.Store.Load(context.Background(), store.Request{Counters: []string{counter}})
	if err != nil {
		return -1
	}
	return snap.Counters[counter]
}

// eachUnit changes a copy of every unit before it is committed.
func (h *hooked) eachUnit(f func(u *store.Unit)) {
	h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
		units = slices.Clone(units)
		for i := range units {
			u := &units[i]
			u.Insert, u.Put, u.Delete, u.Take = slices.Clone(u.Insert), slices.Clone(u.Put), slices.Clone(u.Delete), slices.Clone(u.Take)
			f(u)
		}
		return h.Store.Commit(ctx, units...)
	}
}

// eachTake changes every take before it is committed.
func (h *hooked) eachTake(f func(t *store.Take)) {
	h.eachUnit(func(u *store.Unit) {
		for i := range u.Take {
			f(&u.Take[i])
		}
	})
}

// eachResult changes every answer.
func (h *hooked) eachResult(f func(u store.Unit, r *store.Result)) {
	h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
		results, err := h.Store.Commit(ctx, units...)
		for i := range results {
			f(units[i], &results[i])
		}
		return results, err
	}
}

// eachPart changes a copy of every part before it is read.
func (h *hooked) eachPart(f func(p *store.Part)) {
	h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
		r.Keys = slices.Clone(r.Keys)
		for i := range r.Keys {
			r.Keys[i].Parts = slices.Clone(r.Keys[i].Parts)
			for j := range r.Keys[i].Parts {
				f(&r.Keys[i].Parts[j])
			}
		}
		return h.Store.Load(ctx, r)
	}
}

// eachState changes every state that was read.
func (h *hooked) eachState(f func(k store.Key, st *store.State)) {
	h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
		snap, err := h.Store.Load(ctx, r)
		for i := range snap.States {
			f(r.Keys[i], &snap.States[i])
		}
		return snap, err
	}
}

// eachRow changes every row that Load reads.
func (h *hooked) eachRow(f func(r store.Row)) {
	h.eachState(func(_ store.Key, st *store.State) {
		for _, r := range st.Rows {
			f(r)
		}
	})
}

// eachQuery changes every query.
func (h *hooked) eachQuery(f func(q *store.Query)) {
	h.list = func(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
		f(&q)
		return h.Store.List(ctx, q)
	}
}

// listed is a list read to its end, and one of it changed.
func (h *hooked) eachList(f func(q store.Query, rows []store.Row) []store.Row) {
	h.list = func(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
		return func(yield func(store.Row, error) bool) {
			var rows []store.Row
			for r, err := range h.Store.List(ctx, q) {
				if err != nil {
					yield(nil, err)
					return
				}
				rows = append(rows, r)
			}
			for _, r := range f(q, rows) {
				if err := ctx.Err(); err != nil {
					yield(nil, &store.Error{Op: "list", Err: err})
					return
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}
