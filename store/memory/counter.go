package memory

import (
	"slices"
	"strings"
	"sync"

	"github.com/guerdon-go/guerdon/store"
)

// counters are what users share. A counter that was never taken from reads as zero.
type counters struct {
	mu sync.RWMutex
	// byName only grows. Guarded by mu.
	byName map[string]*counter
}

type counter struct {
	mu     sync.Mutex
	used   int64 // never negative; guarded by mu
	closed bool  // guarded by mu
}

// read gives the use of each counter.
func (cs *counters) read(names []string) map[string]int64 {
	if len(names) == 0 {
		return nil
	}
	used := make(map[string]int64, len(names))
	for _, name := range names {
		used[name] = 0
		cs.mu.RLock()
		c := cs.byName[name]
		cs.mu.RUnlock()
		if c != nil {
			c.mu.Lock()
			used[name] = c.used
			c.mu.Unlock()
		}
	}
	return used
}

// take takes from all counters, or from none and says which refused. The counters are locked in byte order.
func (cs *counters) take(takes []store.Take) (exhausted map[string]int64) {
	if len(takes) == 0 {
		return nil
	}
	if !slices.IsSortedFunc(takes, compareTakes) {
		takes = slices.Clone(takes) // the caller's slice stays as it is
		slices.SortFunc(takes, compareTakes)
	}
	var few [8]*counter
	locked := few[:0]
	for i := range takes {
		c := cs.get(takes[i].Counter)
		c.mu.Lock()
		locked = append(locked, c)
	}
	for i, c := range locked {
		if left, ok := c.gives(takes[i]); !ok {
			if exhausted == nil {
				exhausted = make(map[string]int64)
			}
			exhausted[takes[i].Counter] = left
		}
	}
	for i, c := range locked {
		if exhausted == nil {
			c.used += takes[i].N
			c.closed = c.closed || takes[i].Close
		}
		c.mu.Unlock()
	}
	return exhausted
}

func compareTakes(a, b store.Take) int { return strings.Compare(a.Counter, b.Counter) }

// get finds a counter, which is born at zero.
func (cs *counters) get(name string) *counter {
	cs.mu.RLock()
	c := cs.byName[name]
	cs.mu.RUnlock()
	if c != nil {
		return c
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c = cs.byName[name]; c == nil {
		c = new(counter)
		cs.byName[strings.Clone(name)] = c
	}
	return c
}

// gives tells whether the counter can give what is asked, and what it could give at most. c.mu is held.
func (c *counter) gives(t store.Take) (left int64, ok bool) {
	if !c.closed {
		left = max(0, max(0, t.Max)-c.used)
	}
	switch {
	case t.N > 0:
		return left, !c.closed && t.N <= left
	case t.N < 0:
		return left, t.N >= -c.used
	default:
		return left, true
	}
}
