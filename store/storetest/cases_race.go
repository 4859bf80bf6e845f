package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/guerdon-go/guerdon/store"
)

func raceCases() []testCase {
	return []testCase{
		{name: "race/one user", clause: "3", run: raceUser,
			sentence: "Of several writers of one user at one version exactly one lands."},
		{name: "race/one counter", clause: "7", run: raceCounter,
			sentence: "A counter is exact under any concurrency: never passed, and what it can give is given."},
		{name: "race/crossing counters", clause: "7", run: raceCrossing,
			sentence: "Users first, then counters, each in byte order: commits that name counters in any order never block each other for good."},
		{name: "race/one catalog", clause: "9", run: raceCatalog,
			sentence: "Of several puts under one stamp exactly one lands."},
		{name: "race/one version", clause: "3", run: raceRead,
			sentence: "A State is as of one version: rows that are written together are read together."},
	}
}

// together runs f in n goroutines, which begin at the same moment, and waits for them. A store that is bound to a
// transaction knows one goroutine alone; there they run one after the other. f must not end the test.
func (e *env) together(n int, f func(i int)) {
	if e.store().Limits().Bound {
		for i := range n {
			f(i)
		}
		return
	}
	racing := e.racing
	if racing == nil {
		racing = func(int) {}
	}
	racing(n)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			defer racing(-1)
			<-begin
			f(i)
		})
	}
	close(begin)
	wg.Wait()
}

const racers = 8

func raceUser(e *env) {
	for round := range int64(10) {
		version, landed := e.version("u"), make([]bool, racers)
		e.together(racers, func(i int) {
			results, err := e.store().Commit(e.Context(), unit("u", version, fmt.Sprint(round, "/", i)))
			if err != nil {
				e.Errorf("commit: %v", err)
				return
			}
			landed[i] = results[0].Written()
		})
		if n := count(landed); n != 1 {
			e.Fatalf("round %d: %d of %d writers landed", round, n, racers)
		}
	}
}

func count(landed []bool) (n int) {
	for _, l := range landed {
		if l {
			n++
		}
	}
	return n
}

func raceCounter(e *env) {
	const each, most = 10, 25
	landed := make([]int64, racers)
	e.together(racers, func(i int) {
		user := fmt.Sprint("u", i)
		for n := range int64(each) {
			results, err := e.store().Commit(e.Context(), takes(user, landed[i], fmt.Sprint(n), store.Take{Counter: "c", N: 1, Max: most}))
			if err != nil || results[0].Moved {
				e.Errorf("commit: %+v, %v", results, err)
				return
			}
			if results[0].Written() {
				landed[i]++
			}
		}
	})
	var sum int64
	for _, n := range landed {
		sum += n
	}
	if used := e.counter("c"); sum != most || used != most {
		e.Errorf("%d takes landed and the counter is %d, want %d", sum, used, most)
	}
}

func raceCrossing(e *env) {
	e.together(racers, func(i int) {
		for n := range int64(10) {
			t := []store.Take{{Counter: "a", N: 1, Max: 1000}, {Counter: "b", N: 1, Max: 1000}}
			if i%2 == 0 {
				t[0], t[1] = t[1], t[0]
			}
			units := []store.Unit{takes(fmt.Sprint("u", i), n, fmt.Sprint(n), t...)}
			if i%4 == 0 && e.store().Limits().Units > 1 {
				units = append(units, takes(fmt.Sprint("v", i), n, fmt.Sprint(n), t...))
			}
			if _, err := e.store().Commit(e.Context(), units...); err != nil {
				e.Errorf("commit: %v", err)
			}
		}
	})
	if a, b := e.counter("a"), e.counter("b"); a != b {
		e.Errorf("the counters are %d and %d; every unit took from both", a, b)
	}
}

func raceCatalog(e *env) {
	var stamp store.Stamp
	for round := range 5 {
		stamps, landed := make([]store.Stamp, racers), make([]bool, racers)
		e.together(racers, func(i int) {
			next, err := e.store().PutDocs(e.Context(), stamp, doc("a", fmt.Sprint(round, i)))
			if err != nil && !errors.Is(err, store.ErrStale) {
				e.Errorf("put: %v", err)
			}
			stamps[i], landed[i] = next, err == nil
		})
		if n := count(landed); n != 1 {
			e.Fatalf("round %d: %d of %d puts landed", round, n, racers)
		}
		for i, l := range landed {
			if l {
				stamp = stamps[i]
			}
		}
	}
}

func raceRead(e *env) {
	const rounds = 30
	var written atomic.Bool
	e.together(2, func(i int) {
		if i == 0 {
			defer written.Store(true)
			for n := range int64(rounds) {
				if _, err := e.store().Commit(e.Context(), unit("u", n, fmt.Sprint(n), record("u", "a", n+1), record("u", "b", n+1))); err != nil {
					e.Errorf("commit: %v", err)
					return
				}
				runtime.Gosched() // on one processor the reader would else see the beginning and the end alone
			}
			return
		}
		for last := false; !last; {
			last = written.Load()
			e.readTogether()
			runtime.Gosched()
		}
	})
}

// readTogether reads the two rows that are always written together with their version as their sum.
func (e *env) readTogether() {
	snap, err := e.store().Load(e.Context(), store.Request{Keys: []store.Key{{User: "u", Parts: []store.Part{
		named(record("u", "a", 0)), named(record("u", "b", 0)),
	}}}})
	if err != nil || len(snap.States) != 1 {
		e.Errorf("load: %v", err)
		return
	}
	st := snap.States[0]
	for _, r := range st.Rows {
		if t, ok := r.(*store.TaskRow); !ok || t.Sum != st.Version {
			e.Errorf("at version %d there is %+v", st.Version, r)
		}
	}
}
