package storetest

import (
	"errors"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

func sightCases() []boundCase {
	return []boundCase{
		{name: "bound/limits", clause: "Bound stores", run: boundLimits,
			sentence: "Limits.Bound is set of a store in a transaction, and of no other."},
		{name: "bound/seen inside", clause: "Bound stores", run: boundInside,
			sentence: "What is written in a transaction is seen in it at once, by every method."},
		{name: "bound/not seen outside", clause: "Bound stores", run: boundOutside,
			sentence: "What is written in a transaction is not seen outside until it commits, and reading outside waits for nobody."},
		{name: "bound/commit", clause: "Bound stores", run: boundCommit,
			sentence: "What was written in a transaction holds when it commits."},
		{name: "bound/rollback", clause: "Bound stores", run: boundRollback,
			sentence: "A rollback leaves nothing: no row, entry or version, nothing taken or closed, no document and no stamp."},
		{name: "bound/stamps", clause: "9", run: boundStamps,
			sentence: "A stamp that was rolled back never appears again for anything else."},
		{name: "bound/refusals", clause: "4", run: boundRefusals,
			sentence: "A refusal in a transaction is an answer: the transaction works on, and commits."},
	}
}

func boundLimits(e *boundEnv) {
	x := e.begin()
	defer x.undo()
	if !x.store().Limits().Bound || e.store().Limits().Bound {
		e.Errorf("Bound is %v inside and %v outside, want true and false", x.store().Limits().Bound, e.store().Limits().Bound)
	}
}

// written is what a test transaction writes for user u, who is known, and for n, who is not.
type written struct {
	event, grant store.Row
	stamp        store.Stamp
}

// before prepares what the transaction changes.
func (e *boundEnv) before() store.Stamp {
	e.write(takes("u", 0, "0", store.Take{Counter: "c", N: 2, Max: 9}))
	return e.put(store.Stamp{}, doc("a", "old"))
}

// change writes in the transaction, one of everything.
func (x *inside) change(old store.Stamp) written {
	x.Helper()
	w := written{event: event("u", "1", "t", 1), grant: grant("n", "r", 1, 0, reward.Pending)}
	versions := x.hold("n", "u")
	first := unit("n", versions[0], "1", w.grant)
	second := store.Unit{User: "u", Version: versions[1], Insert: []store.Row{w.event}, Put: []store.Row{record("u", "t", 1)}}
	second.Take = []store.Take{{Counter: "c", N: 3, Max: 9}, {Counter: "d", N: 1, Max: 9, Close: true}}
	x.write(first, second)
	w.stamp = x.put(old, doc("a", "new"), doc("b", "new"))
	return w
}

// sees wants all that change wrote to be seen, or none of it.
func (e *env) sees(w written, all bool, where string) {
	e.Helper()
	counters := e.snapshot(store.Request{Counters: []string{"c", "d"}}).Counters
	_, stamp := e.docs(0)
	_, atErr := e.store().DocAt(e.Context(), "task", "b", w.stamp.Revision)
	if atErr != nil && !errors.Is(atErr, store.ErrNotFound) {
		e.Errorf("doc at: %v", atErr)
	}
	for what, seen := range map[string]bool{
		"the row of a new user":   e.has(w.grant),
		"the row of a known one":  e.has(record("u", "t", 1)),
		"the new user's version":  e.version("n") > 0,
		"the known one's version": e.version("u") > 1,
		"the page of an index":    len(e.load("u", store.Part{Index: store.IndexCauseTask}).Rows) == 1,
		"the list of an index":    len(e.list(store.Query{Index: store.IndexRewardOpen})) == 1,
		"a counter":               counters["c"] != 2,
		"a new counter":           counters["d"] != 0,
		"the stamp":               stamp == w.stamp,
		"the stamp in Load":       e.snapshot(store.Request{}).Stamp == w.stamp,
		"a document":              atErr == nil,
	} {
		if seen != all {
			e.Errorf("%s: %s is seen: %v, want %v", where, what, seen, all)
		}
	}
}

func boundInside(e *boundEnv) {
	old := e.before()
	x := e.begin()
	defer x.undo()
	x.sees(x.change(old), true, "in the transaction")
}

func boundOutside(e *boundEnv) {
	old := e.before()
	x := e.begin()
	defer x.undo()
	w := x.change(old)
	e.sees(w, false, "outside, before the commit")
	if v := e.snapshot(store.Request{ForUpdate: true, Keys: []store.Key{{User: "u"}}}).States[0].Version; v != 1 {
		e.Errorf("outside, for an update, user u is at version %d, want 1", v)
	}
}

func boundCommit(e *boundEnv) {
	old := e.before()
	x := e.begin()
	defer x.undo()
	w := x.change(old)
	x.land()
	e.sees(w, true, "after the commit")
	if r := e.refused(store.Take{Counter: "d", N: 1, Max: 9}); r.Exhausted["d"] != 0 {
		e.Errorf("a counter that was closed in the transaction gives %v", r.Exhausted)
	}
}

func boundRollback(e *boundEnv) {
	old := e.before()
	x := e.begin()
	defer x.undo()
	w := x.change(old)
	x.undo()
	e.sees(w, false, "after the rollback")
	if u, n := e.version("u"), e.version("n"); u != 1 || n != 0 {
		e.Errorf("the users are at versions %d and %d, want 1 and 0", u, n)
	}
	e.taken(store.Take{Counter: "d", N: 1, Max: 9})
	if docs, stamp := e.docs(0); len(docs) != 1 || string(docs[0].Body) != "old" || stamp != old {
		e.Errorf("the catalog is %v under %v, want the old one under %v", docs, stamp, old)
	}
	e.write(unit("n", 0, "1", w.grant), store.Unit{User: "u", Version: 1, Insert: []store.Row{w.event}})
}

func boundStamps(e *boundEnv) {
	old := e.before()
	seen := map[store.Stamp]string{}
	for _, body := range []string{"1", "2", "3"} {
		x := e.begin()
		defer x.undo()
		stamp := x.put(old, doc("a", body))
		if was, twice := seen[stamp]; twice {
			e.Errorf("the stamp %v of %q, which was rolled back, appears again for %q", stamp, was, body)
		}
		seen[stamp] = body
		if loaded := x.snapshot(store.Request{}).Stamp; loaded != stamp {
			e.Errorf("Load gives the stamp %v in the transaction, want %v", loaded, stamp)
		}
		if body == "3" {
			x.land()
		}
		x.undo()
	}
	if loaded := e.snapshot(store.Request{}).Stamp; seen[loaded] != "3" {
		e.Errorf("after the commit the stamp is %v, which was that of %q", loaded, seen[loaded])
	}
}

func boundRefusals(e *boundEnv) {
	old := e.before()
	x := e.begin()
	defer x.undo()
	ctx, s := e.Context(), x.store()
	if r := x.commit(unit("u", 7, "1"))[0]; !r.Moved {
		e.Errorf("a unit at another version is answered %+v", r)
	}
	if r := x.commit(takes("u", 1, "1", store.Take{Counter: "c", N: 8, Max: 9}))[0]; r.Moved || r.Exhausted["c"] != 7 {
		e.Errorf("a unit that asks too much is answered %+v", r)
	}
	some := x.commit(unit("a", 3, "1"), unit("b", 0, "1"), takes("c", 0, "1", store.Take{Counter: "c", N: 8, Max: 9}))
	if !some[0].Moved || !some[1].Written() || len(some[2].Exhausted) != 1 {
		e.Errorf("three units, of which the second can be written, are answered %+v", some)
	}
	if _, err := s.PutDocs(ctx, store.Stamp{Revision: 5}, doc("a", "new")); !errors.Is(err, store.ErrStale) {
		e.Errorf("a put under another stamp: %v, want ErrStale", err)
	}
	if _, err := s.DocAt(ctx, "task", "none", 1); !errors.Is(err, store.ErrNotFound) {
		e.Errorf("a document that is not there: %v, want ErrNotFound", err)
	}
	if _, err := s.Commit(ctx, store.Unit{User: "u"}); !errors.Is(err, store.ErrInvalid) {
		e.Errorf("a unit without a cause: %v, want ErrInvalid", err)
	}
	w := x.change(old)
	x.land()
	e.sees(w, true, "after the commit")
	if !e.has(cause("b", "1")) || e.has(cause("a", "1")) || e.has(cause("c", "1")) {
		e.Errorf("of three units the second alone should be there")
	}
}
