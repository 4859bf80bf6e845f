package storetest

import (
	"fmt"

	"github.com/guerdon-go/guerdon/store"
)

func counterCases() []testCase {
	return []testCase{
		{name: "counter/bound", clause: "7", run: counterBound,
			sentence: "A unit is refused if used + N > Max, and only then; a counter is born at zero and never passed unchecked."},
		{name: "counter/what it could give", clause: "7", run: counterLeft,
			sentence: "Exhausted says what the counter could still give: Max - used, not below 0."},
		{name: "counter/giving back", clause: "7", run: counterBack,
			sentence: "A negative N gives back and is refused by no Max."},
		{name: "counter/below zero", clause: "7", run: counterBelow,
			sentence: "A unit is refused if a counter would go below zero."},
		{name: "counter/close", clause: "7", run: counterClose,
			sentence: "Close, applied after N, refuses every positive N from then on, for good, with nothing left to give."},
		{name: "counter/giving back after close", clause: "7", run: counterCloseBack,
			sentence: "A closed counter takes a negative N and one of zero, and stays closed."},
		{name: "counter/refused close", clause: "3", run: counterCloseRefused,
			sentence: "A refused unit closes nothing."},
		{name: "counter/large", clause: "7", run: counterLarge,
			sentence: "Sums do not overflow: a counter holds up to the largest int64."},
		{name: "counter/several users of one call", clause: "7", run: counterBatch,
			sentence: "Units of one call that fit together all land, and the counter has the sum of what landed."},
	}
}

// take commits a unit of its own that takes from one counter.
func (e *env) take(t store.Take) store.Result {
	e.Helper()
	v := e.version("taker")
	return e.commit(takes("taker", v, fmt.Sprint(v), t))[0]
}

// taken takes and wants it written.
func (e *env) taken(t store.Take) {
	e.Helper()
	if r := e.take(t); !r.Written() {
		e.Errorf("take %+v was answered %+v", t, r)
	}
}

// refused takes and wants it refused by the counter.
func (e *env) refused(t store.Take) store.Result {
	e.Helper()
	r := e.take(t)
	if _, ok := r.Exhausted[t.Counter]; !ok || r.Moved {
		e.Errorf("take %+v was answered %+v, want Exhausted", t, r)
	}
	return r
}

func counterBound(e *env) {
	e.refused(store.Take{Counter: "c", N: 11, Max: 10})
	e.taken(store.Take{Counter: "c", N: 8, Max: 10})
	e.refused(store.Take{Counter: "c", N: 3, Max: 10})
	e.taken(store.Take{Counter: "c", N: 2, Max: 10})
	e.refused(store.Take{Counter: "c", N: 2, Max: 10})
	if used := e.counter("c"); used != 10 {
		e.Errorf("used is %d, want 10", used)
	}
}

func counterLeft(e *env) {
	e.taken(store.Take{Counter: "c", N: 4, Max: 10})
	for _, tt := range []struct{ max, left int64 }{{10, 6}, {5, 1}, {4, 0}, {3, 0}} {
		if r := e.take(store.Take{Counter: "c", N: 7, Max: tt.max}); r.Exhausted["c"] != tt.left {
			e.Errorf("4 of %d are used, and the answer is %v, want %d", tt.max, r.Exhausted, tt.left)
		}
	}
}

func counterBack(e *env) {
	e.taken(store.Take{Counter: "c", N: 5, Max: 5})
	e.taken(store.Take{Counter: "c", N: -1, Max: 1})
	e.taken(store.Take{Counter: "c", N: -1})
	if used := e.counter("c"); used != 3 {
		e.Errorf("used is %d, want 3", used)
	}
}

func counterBelow(e *env) {
	e.refused(store.Take{Counter: "never", N: -1, Max: 5})
	e.taken(store.Take{Counter: "c", N: 2, Max: 5})
	e.refused(store.Take{Counter: "c", N: -3, Max: 5})
	if used := e.counter("c"); used != 2 {
		e.Errorf("used is %d, want 2", used)
	}
}

func counterClose(e *env) {
	e.taken(store.Take{Counter: "c", N: 2, Max: 5, Close: true})
	for range 2 {
		if r := e.refused(store.Take{Counter: "c", N: 1, Max: 5}); r.Exhausted["c"] != 0 {
			e.Errorf("a closed counter could give %d", r.Exhausted["c"])
		}
	}
	if used := e.counter("c"); used != 2 {
		e.Errorf("used is %d, want 2", used)
	}
}

func counterCloseBack(e *env) {
	e.taken(store.Take{Counter: "c", N: 2, Max: 5})
	e.taken(store.Take{Counter: "c", Max: 5, Close: true})
	e.taken(store.Take{Counter: "c", N: -1, Max: 5})
	e.taken(store.Take{Counter: "c", N: 0, Max: 5})
	if used := e.counter("c"); used != 1 {
		e.Errorf("used is %d, want 1", used)
	}
}

func counterCloseRefused(e *env) {
	if r := e.commit(takes("u", 0, "1", store.Take{Counter: "a", Close: true}, store.Take{Counter: "b", N: 2, Max: 1}))[0]; r.Written() {
		e.Errorf("the unit is answered %+v", r)
	}
	e.taken(store.Take{Counter: "a", N: 1, Max: 1})
}

func counterLarge(e *env) {
	const most = 1<<63 - 1
	e.taken(store.Take{Counter: "c", N: most - 1, Max: most})
	e.refused(store.Take{Counter: "c", N: most, Max: most})
	e.taken(store.Take{Counter: "c", N: 1, Max: most})
	if used := e.counter("c"); used != most {
		e.Errorf("used is %d, want the largest int64", used)
	}
}

func counterBatch(e *env) {
	var units []store.Unit
	for i := range 8 {
		units = append(units, takes(fmt.Sprint("u", i), 0, "1", store.Take{Counter: "c", N: int64(i), Max: 28}))
	}
	e.write(units...)
	if used := e.counter("c"); used != 28 {
		e.Errorf("used is %d, want 28", used)
	}
	for i := range units {
		units[i] = takes(fmt.Sprint("u", i), e.version(units[i].User), "2", store.Take{Counter: "c", N: 1, Max: 30})
	}
	var landed int64
	for _, r := range e.commit(units...) {
		if r.Written() {
			landed++
		}
	}
	if used := e.counter("c"); used != 28+landed || used > 30 {
		e.Errorf("used is %d of 30 after %d more landed", used, landed)
	}
}
