package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/guerdon-go/guerdon/store"
)

func lockCases() []boundCase {
	return []boundCase{
		{name: "lock/for update", clause: "Bound stores", run: lockUpdate,
			sentence: "Load for an update locks: no commit of that user lands outside until the transaction ends, and none is lost."},
		{name: "lock/of a new user", clause: "Bound stores", run: lockBorn,
			sentence: "Load for an update locks a user never seen as well: of two that would make the user one does."},
		{name: "lock/reading", clause: "Bound stores", run: lockReading, writers: manyWriters,
			sentence: "Load in a transaction locks nobody and makes no user, unless it is for an update."},
		{name: "lock/fresh after a wait", clause: "Bound stores", run: lockFresh,
			sentence: "Load for an update that had to wait reads what the one it waited for wrote."},
		{name: "lock/in one order", clause: "Bound stores", run: lockOrder,
			sentence: "Transactions that lock users in byte order, several at once or one by one, never block each other for good."},
		{name: "lock/users before counters", clause: "7", run: lockUsersFirst, writers: manyWriters,
			sentence: "A commit in a transaction waits for its user before it locks a counter, also without a load before, so that who holds the user can take."},
		{name: "lock/counters", clause: "7", run: lockCounters,
			sentence: "A counter is exact also when one takes from it in a transaction and another outside."},
		{name: "lock/catalog", clause: "9", run: lockCatalog,
			sentence: "Of a put in a transaction and one outside under the same stamp one lands."},
		{name: "lock/several users, one held", clause: "14", run: lockSeveral, writers: manyWriters,
			sentence: "A commit of several users answers Moved, at once, for one that a transaction holds, and writes the others."},
		{name: "lock/several users, one being born", clause: "14", run: lockSeveralBorn, writers: manyWriters,
			sentence: "A commit of several users answers Moved, at once, for one that a transaction is making, and writes the others."},
		{name: "lock/one writer", clause: "13, 14", run: lockOneWriter, writers: oneWriter,
			sentence: "Where there is one writer, a commit beside a transaction ends with its context, having changed nothing, or after the transaction."},
	}
}

func lockUpdate(e *boundEnv) {
	for round := range int64(5) {
		e.write(unit("known", e.version("known"), fmt.Sprint("first", round)))
		e.contend("known", round, true)
		e.contend("known", round, false)
	}
}

func lockBorn(e *boundEnv) {
	for round := range int64(5) {
		e.contend(fmt.Sprint("kept", round), round, true)
		e.contend(fmt.Sprint("undone", round), round, false)
	}
}

// contend commits a unit of a user in a transaction that has loaded the user, and one outside meanwhile, under the same
// version. The one inside lands. The one outside may wait, or be answered Moved; it lands if the other is undone after all.
func (e *boundEnv) contend(user string, round int64, land bool) {
	e.Helper()
	x := e.begin()
	defer x.undo()
	version := x.hold(user)[0]
	inner, outer := fmt.Sprint("inside", round, land), fmt.Sprint("outside", round, land)
	wait := e.commitMeanwhile(unit(user, version, outer, record(user, outer, 1)))
	r := x.commit(unit(user, version, inner, record(user, inner, 1)))[0]
	if !r.Written() {
		e.Errorf("in the transaction that had locked user %q at version %d a unit is answered %+v", user, version, r)
	}
	if land {
		x.land()
	}
	x.undo()
	a := wait()
	if a.err != nil {
		e.Fatalf("commit outside: %v", a.err)
	}
	if a.results[0].Written() && land || len(a.results[0].Exhausted) > 0 {
		e.Errorf("outside, beside a transaction that committed, a unit at the same version is answered %+v", a.results[0])
	}
	want := version
	for cause, there := range map[string]bool{inner: land, outer: a.results[0].Written()} {
		if there {
			want++
		}
		if e.has(record(user, cause, 1)) != there {
			e.Errorf("the row that was written %q is there: %v, want %v", cause, !there, there)
		}
	}
	if v := e.version(user); v != want {
		e.Errorf("user %q is at version %d, want %d", user, v, want)
	}
}

func lockReading(e *boundEnv) {
	e.write(unit("u", 0, "1"))
	x := e.begin()
	defer x.undo()
	x.snapshot(store.Request{Keys: []store.Key{{User: "n"}, {User: "u"}}, Counters: []string{"c"}})
	e.write(unit("u", 1, "2"))
	e.write(takes("n", 0, "1", store.Take{Counter: "c", N: 1, Max: 1}))
	e.put(store.Stamp{}, doc("a", "1"))
	e.write(unit("n", 1, "2"), unit("u", 2, "3"))
	x.land()
	if n, u := e.version("n"), e.version("u"); n != 2 || u != 3 {
		e.Errorf("the users are at versions %d and %d, want 2 and 3", n, u)
	}
}

func lockFresh(e *boundEnv) {
	for round := range int64(10) {
		x := e.begin()
		before := x.hold("fresh")[0]
		var version int64
		var rows []store.Row
		row := record("fresh", "t", before+1)
		wait := e.meanwhile(func() { version, rows = e.peek(row) })
		x.write(unit("fresh", before, fmt.Sprint(round), row))
		x.land()
		wait()
		if version != before+1 || len(rows) != 1 || rowDiff(row, rows[0]) != "" {
			e.Errorf("after a transaction that moved the user to version %d the next one loads version %d with %v", before+1, version, rows)
		}
	}
}

// peek loads a row for an update in a transaction of its own, and commits on top of what it loaded.
func (e *boundEnv) peek(r store.Row) (version int64, rows []store.Row) {
	tx, err := e.txs.Begin(e.Context())
	if err != nil {
		return -1, nil
	}
	user := r.Key().User
	snap, err := tx.Store.Load(e.Context(), store.Request{ForUpdate: true, Keys: []store.Key{{User: user, Parts: []store.Part{named(r)}}}})
	if err == nil && len(snap.States) == 1 {
		version, rows = snap.States[0].Version, snap.States[0].Rows
		var results []store.Result
		results, err = tx.Store.Commit(e.Context(), unit(user, version, fmt.Sprint("on top of ", version)))
		if err == nil && !results[0].Written() {
			version = -1
		}
	}
	end := tx.Commit
	if err != nil {
		end = tx.Rollback
	}
	if err = errors.Join(err, end()); err != nil {
		version = -1
	}
	return version, rows
}

func lockOrder(e *boundEnv) {
	const each = 5
	errs := make([]error, racers)
	e.together(racers, func(i int) {
		for n := 0; n < each && errs[i] == nil; n++ {
			errs[i] = e.addToBoth(i, n)
		}
	})
	if err := errors.Join(errs...); err != nil {
		e.Errorf("%v", err)
	}
	if a, b := e.version("a"), e.version("b"); a != racers*each || b != racers*each {
		e.Errorf("the users are at versions %d and %d, want %d: each of %d transactions wrote both", a, b, racers*each, racers*each)
	}
}

// addToBoth writes users a and b in one transaction, together or one after the other.
func (e *boundEnv) addToBoth(i, n int) error {
	tx, err := e.txs.Begin(e.Context())
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	calls := [][]store.Key{{{User: "a"}, {User: "b"}}}
	if i%2 == 1 || tx.Store.Limits().Units < 2 {
		calls = [][]store.Key{{{User: "a"}}, {{User: "b"}}}
	}
	for _, keys := range calls {
		if err := addTo(e, tx, keys, fmt.Sprint(i, "/", n)); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func addTo(e *boundEnv, tx Transaction, keys []store.Key, cause string) error {
	snap, err := tx.Store.Load(e.Context(), store.Request{ForUpdate: true, Keys: keys})
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	var units []store.Unit
	for _, st := range snap.States {
		units = append(units, unit(st.User, st.Version, cause))
	}
	results, err := tx.Store.Commit(e.Context(), units...)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for i, r := range results {
		if !r.Written() {
			return fmt.Errorf("a unit of user %q, who was locked at version %d, is answered %+v", units[i].User, units[i].Version, r)
		}
	}
	return nil
}

// lockUsersFirst lets two transactions take from a counter for one user, of which only the first has loaded the user. Every other
// round the counter is new.
func lockUsersFirst(e *boundEnv) {
	e.write(unit("ordered", 0, "0"))
	for round := range 20 {
		x := e.begin()
		defer x.undo()
		version := x.hold("ordered")[0]
		counter := store.Take{Counter: fmt.Sprint("c", round/2), N: 1, Max: 2}
		var a answer
		wait := e.meanwhile(func() { a = e.commitInside(takes("ordered", version, fmt.Sprint("other", round), counter)) })
		for range 10 { // time for the other to get as far as it does
			x.counter("c")
		}
		x.write(takes("ordered", version, fmt.Sprint("first", round), counter))
		x.land()
		if wait(); a.err != nil || len(a.results) != 1 || !a.results[0].Moved {
			e.Fatalf("a unit of a user whom another transaction had locked and wrote is answered %+v, %v", a.results, a.err)
		}
	}
}

// commitInside commits a unit in a transaction of its own, which is then undone.
func (e *boundEnv) commitInside(u store.Unit) (a answer) {
	tx, err := e.txs.Begin(e.Context())
	if err != nil {
		return answer{err: err}
	}
	a.results, a.err = tx.Store.Commit(e.Context(), u)
	_ = tx.Rollback() // an error may have ended it
	return a
}

func lockCounters(e *boundEnv) {
	for round, land := range []bool{true, false, true, false} {
		c := fmt.Sprint("c", round)
		x := e.begin()
		in := fmt.Sprint("in", round)
		x.hold(in)
		x.write(takes(in, 0, "1", store.Take{Counter: c, N: 6, Max: 10}))
		wait := e.commitMeanwhile(takes(fmt.Sprint("out", round), 0, "1", store.Take{Counter: c, N: 6, Max: 10}))
		if land {
			x.land()
		}
		x.undo()
		a := wait()
		if a.err != nil {
			e.Fatalf("commit outside: %v", a.err)
		}
		if a.results[0].Written() == land || a.results[0].Moved {
			e.Errorf("outside, beside a transaction that took 6 of 10 and committed: %v, a unit that takes 6 is answered %+v", land, a.results[0])
		}
		if used := e.counter(c); used != 6 {
			e.Errorf("the counter is %d, want 6", used)
		}
	}
}

func lockCatalog(e *boundEnv) {
	stamp := store.Stamp{}
	for round, land := range []bool{true, false, true, false} {
		x := e.begin()
		inner := x.put(stamp, doc("a", fmt.Sprint("inside", round)))
		var outer store.Stamp
		var err error
		wait := e.meanwhile(func() { outer, err = e.store().PutDocs(e.Context(), stamp, doc("a", fmt.Sprint("outside", round))) })
		if land {
			x.land()
		}
		x.undo()
		wait()
		if land && !errors.Is(err, store.ErrStale) || !land && err != nil {
			e.Errorf("outside, beside a put in a transaction that committed: %v, another is answered %v", land, err)
		}
		if stamp = inner; err == nil {
			stamp = outer
		}
		if _, now := e.docs(0); now != stamp {
			e.Fatalf("the stamp is %v, want %v", now, stamp)
		}
	}
}

// lockSeveral commits beside transactions that have loaded the user, written the user, or both.
func lockSeveral(e *boundEnv) {
	for round, hold := range []func(x *inside, version int64){
		func(x *inside, _ int64) { x.hold("b") },
		func(x *inside, v int64) { x.write(unit("b", v, fmt.Sprint("inside", v))) },
		func(x *inside, _ int64) {
			v := x.hold("b")[0]
			x.write(unit("b", v, fmt.Sprint("inside", v)))
		},
	} {
		e.write(unit("b", e.version("b"), fmt.Sprint("first", round)))
		e.beside(fmt.Sprint(round), "b", hold)
	}
}

func lockSeveralBorn(e *boundEnv) {
	for round, hold := range []func(x *inside, user string){
		func(x *inside, user string) { x.hold(user) },
		func(x *inside, user string) { x.write(unit(user, 0, "inside")) },
	} {
		user := fmt.Sprint("b", round)
		e.beside(fmt.Sprint(round), user, func(x *inside, _ int64) { hold(x, user) })
	}
}

// beside commits several units while a transaction holds the user of one. The transaction ends only after the answer, so
// that a store that waits for it is not answered at all.
func (e *boundEnv) beside(round, held string, hold func(x *inside, version int64)) {
	e.Helper()
	if e.store().Limits().Units < 3 {
		return // there are no commits of several
	}
	version := e.version(held)
	x := e.begin()
	defer x.undo()
	hold(x, version)
	r := e.commit(unit("a", e.version("a"), "1/"+round), unit(held, version, "1/"+round), unit("c", e.version("c"), "1/"+round))
	if !r[0].Written() || !r[1].Moved || !r[2].Written() {
		e.Errorf("units of a, %s and c, of whom a transaction holds %s, are answered %+v", held, held, r)
	}
	if !e.has(cause("a", "1/"+round)) || !e.has(cause("c", "1/"+round)) {
		e.Errorf("the units of those that nobody holds were not written")
	}
	x.land()
	if e.has(cause(held, "1/"+round)) {
		e.Errorf("the unit that was answered Moved was written")
	}
}

func lockOneWriter(e *boundEnv) {
	e.write(unit("held", 0, "0"))
	for round, tt := range []struct{ land, cancel bool }{{true, false}, {false, false}, {true, true}, {false, true}} {
		x := e.begin()
		defer x.undo()
		v := x.hold("held")[0]
		x.write(unit("held", v, fmt.Sprint("inside", round)))
		id := fmt.Sprint("outside", round)
		units := []store.Unit{unit("a", e.version("a"), id), unit("held", v, id), unit("z", e.version("z"), id)}
		units = units[:min(len(units), e.store().Limits().Units)]
		ctx, cancel := context.WithCancel(e.Context())
		var a answer
		wait := e.meanwhile(func() { a.results, a.err = e.store().Commit(ctx, units...) })
		if tt.cancel {
			cancel()
		}
		if tt.land {
			x.land()
		}
		x.undo()
		wait()
		cancel()
		e.oneWriter(units, a, tt.land, tt.cancel)
	}
	e.write(unit("zz", 0, "1"))
}

// oneWriter wants an answer that fits to what is there afterwards.
func (e *boundEnv) oneWriter(units []store.Unit, a answer, land, cancelled bool) {
	e.Helper()
	if a.err != nil && !cancelled {
		e.Errorf("a commit outside that could wait for the transaction is answered %v", a.err)
	}
	if errors.Is(a.err, store.ErrUnknown) {
		return
	}
	for i, u := range units {
		want := a.err == nil && a.results[i].Written()
		if there := e.has(u.Insert[0]); there != want {
			e.Errorf("answered %+v, %v: the unit of user %q is there: %v", a.results, a.err, u.User, there)
		}
		if moved := land && u.User == "held"; a.err == nil && want == moved {
			e.Errorf("after a transaction that committed: %v, the unit of user %q is answered %+v", land, u.User, a.results[i])
		}
	}
}
