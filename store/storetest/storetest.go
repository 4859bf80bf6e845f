// Package storetest tells whether a store keeps the contract of package store.
//
// An adapter's author writes one test:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return mystore.New(openEmptyDatabase(t)) })
//	}
//
// Each case has a fresh store, and when it fails it prints the sentence of the contract it checks, with its clause. Run it
// with -race. [RunBound] does the same for a store that works in transactions of its caller's. Package
// reward/engine/enginetest then plays what an application does over the same store; call all of them.
//
// [Faulty] breaks calls of a store on purpose, for tests of what stands above one, and [Benchmark] measures one.
package storetest

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/store"
)

// Run checks a store against the clauses of the contract, one subtest a case. open gives an empty store, and registers with
// t what closes it; it is called once or twice for each case, and the stores of one case must not share anything.
//
// Clause 14 has no case here: it needs a row that somebody else holds locked. [RunBound] has it, for stores that can be bound
// to a transaction; the author of another adds a test with a connection of the database's own, or has no locks that outlive
// a call. A store that reads from replicas tests Lagging itself.
//
// The cases use nothing but the contract: store calls from several goroutines (unless Limits.Bound), contexts that are
// cancelled, units up to Limits.RowsPerUnit. They never sleep.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			told(t, c.clause, c.sentence)
			c.run(&env{tb: t, open: func() store.Store { return open(t) }})
		})
	}
}

// A testCase checks one sentence of the contract.
type testCase struct {
	// name is a path that names what is checked.
	name string
	// clause is the number in the package documentation of store.
	clause string
	// sentence is what the contract says.
	sentence string
	run      func(e *env)
	// broad says that the case checks everything at once, and so fails along with others.
	broad bool
	// raises says that a statement may fail in it, which ends a transaction: it is no case for a store in one.
	raises bool
}

func cases() []testCase {
	return slices.Concat(
		loadCases(), pageCases(), commitCases(), batchCases(), refusalCases(), rowCases(), keyCases(), counterCases(),
		listCases(), rangeCases(), boundsCases(), catalogCases(), nameCases(), extremeCases(), contextCases(), errorCases(), raceCases(), modelCases(),
	)
}

// tb is what a case needs of a test. Cases run on a recorder as well, so that the suite can be tested itself.
type tb interface {
	rapid.TB
	Context() context.Context
}

// An env is what a case works with.
type env struct {
	tb
	open func() store.Store
	// s is the store of the case, opened at the first use.
	s store.Store
	// racing is told how many goroutines begin and end to use the store together. It may be nil; the tests of the suite have
	// broken stores wait for these goroutines, so that a race is lost every time.
	racing func(change int)
}

// store is the store of the case.
func (e *env) store() store.Store {
	if e.s == nil {
		e.s = e.open()
	}
	return e.s
}

// commit hands units to the store, as many at once as it takes, and wants an answer for each and no error.
func (e *env) commit(units ...store.Unit) []store.Result {
	e.Helper()
	var all []store.Result
	for some := range slices.Chunk(units, max(1, e.store().Limits().Units)) {
		results, err := e.store().Commit(e.Context(), some...)
		if err != nil {
			e.Fatalf("commit: %v", err)
		}
		if len(results) != len(some) {
			e.Fatalf("commit of %d units gave %d results", len(some), len(results))
		}
		all = append(all, results...)
	}
	return all
}

// write hands units to the store, and wants all of them written.
func (e *env) write(units ...store.Unit) {
	e.Helper()
	for i, r := range e.commit(units...) {
		if !r.Written() {
			e.Fatalf("the unit of user %q at version %d was not written: %+v", units[i].User, units[i].Version, r)
		}
	}
}

// load reads parts of one user.
func (e *env) load(user string, parts ...store.Part) store.State {
	e.Helper()
	return e.snapshot(store.Request{Keys: []store.Key{{User: user, Parts: parts}}}).States[0]
}

// snapshot loads, as many users at once as the store takes, and wants a state for each key and no error.
func (e *env) snapshot(r store.Request) store.Snapshot {
	e.Helper()
	if most := max(1, e.store().Limits().Units); len(r.Keys) > most {
		first, rest := r, r
		first.Keys, rest.Keys = r.Keys[:most], r.Keys[most:]
		snap := e.snapshot(first)
		snap.States = append(snap.States, e.snapshot(rest).States...)
		return snap
	}
	snap, err := e.store().Load(e.Context(), r)
	if err != nil {
		e.Fatalf("load: %v", err)
	}
	if len(snap.States) != len(r.Keys) {
		e.Fatalf("load of %d keys gave %d states", len(r.Keys), len(snap.States))
	}
	return snap
}

// row reads one row, nil if it is not there.
func (e *env) row(key store.RowKey) store.Row {
	e.Helper()
	for _, r := range e.load(key.User, store.Part{Kind: key.Kind, IDs: []string{key.ID}}).Rows {
		if r != nil && r.Key() == key {
			return r
		}
	}
	return nil
}

// has reports whether a row is there.
func (e *env) has(r store.Row) bool {
	e.Helper()
	return e.row(r.Key()) != nil
}

// version reads a user's version.
func (e *env) version(user string) int64 {
	e.Helper()
	return e.load(user).Version
}

// counter reads the use of a counter.
func (e *env) counter(name string) int64 {
	e.Helper()
	return e.snapshot(store.Request{Counters: []string{name}}).Counters[name]
}

// list reads a list to its end.
func (e *env) list(q store.Query) []store.Row {
	e.Helper()
	var rows []store.Row
	for r, err := range e.store().List(e.Context(), q) {
		if err != nil {
			e.Fatalf("list of %s: %v", q.Index, err)
		}
		rows = append(rows, r)
	}
	return rows
}
