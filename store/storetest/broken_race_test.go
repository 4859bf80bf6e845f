package storetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/guerdon-go/guerdon/store"
)

// A meeting is where the goroutines of a race wait for each other, so that a store that is broken between two steps is
// found whatever the scheduler does. The zero meeting is ready to use, and holds nobody up outside of a race.
type meeting struct {
	mu               sync.Mutex
	running, waiting int           // guarded by mu
	opens            chan struct{} // guarded by mu; closed when all who run wait
	nobody           chan struct{} // guarded by mu; closed when nobody runs
}

// change says how many goroutines more, or less, run.
func (m *meeting) change(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running += n
	m.open()
	if m.running == 0 && m.nobody != nil {
		close(m.nobody)
		m.nobody = nil
	}
}

// alone returns when nobody runs. Who runs must not call it.
func (m *meeting) alone() {
	m.mu.Lock()
	if m.running == 0 {
		m.mu.Unlock()
		return
	}
	if m.nobody == nil {
		m.nobody = make(chan struct{})
	}
	nobody := m.nobody
	m.mu.Unlock()
	<-nobody
}

// wait returns when every goroutine that runs waits.
func (m *meeting) wait() {
	m.mu.Lock()
	if m.running == 0 {
		m.mu.Unlock()
		return
	}
	if m.opens == nil {
		m.opens = make(chan struct{})
	}
	m.waiting++
	opens := m.opens
	m.open()
	m.mu.Unlock()
	<-opens
}

// open lets those who wait go on if nobody else runs. m.mu is held.
func (m *meeting) open() {
	if m.waiting > 0 && m.waiting >= m.running {
		close(m.opens)
		m.waiting, m.opens = 0, nil
	}
}

// brokenRaces are stores that check in one step and write in another, or read in two. In between they wait for everybody
// else to have got there, and the write is behind a lock: it is the gap that breaks them and nothing else.
func brokenRaces() []brokenStore {
	return []brokenStore{
		{fails: "race/one user", how: "versions are compared before the commit", make: func(h *hooked) {
			var mu sync.Mutex
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				if len(units) != 1 || len(units[0].Put)+len(units[0].Take) > 0 || h.version(units[0].User) != units[0].Version {
					return h.Store.Commit(ctx, units...)
				}
				h.meeting.wait()
				mu.Lock()
				defer mu.Unlock()
				units = slices.Clone(units)
				units[0].Version = h.version(units[0].User)
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "race/one counter", how: "the bound is compared before the commit", make: func(h *hooked) {
			var mu sync.Mutex
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				if len(units) != 1 || len(units[0].Take) != 1 {
					return h.Store.Commit(ctx, units...)
				}
				t := units[0].Take[0]
				if t.N != 1 || h.used(t.Counter) >= t.Max {
					return h.Store.Commit(ctx, units...)
				}
				h.meeting.wait()
				mu.Lock()
				defer mu.Unlock()
				t.Max = max(t.Max, h.used(t.Counter)+1)
				units = slices.Clone(units)
				units[0].Take = []store.Take{t}
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "race/crossing counters", how: "counters are locked as they are named", make: func(h *hooked) {
			var forward, backward atomic.Int32
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				if len(units) == 1 && len(units[0].Take) == 2 {
					mine, other := &forward, &backward
					if units[0].Take[0].Counter > units[0].Take[1].Counter {
						mine, other = other, mine
					}
					mine.Add(1)
					defer mine.Add(-1)
					h.meeting.wait()
					if other.Load() > 0 {
						return nil, errBroken
					}
				}
				return h.Store.Commit(ctx, units...)
			}
		}},
		{fails: "race/one catalog", how: "stamps are compared before the put", make: func(h *hooked) {
			var mu sync.Mutex
			h.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
				if _, now, err := h.Store.Docs(ctx, 0); err == nil && now == old {
					h.meeting.wait()
					mu.Lock()
					defer mu.Unlock()
					_, old, _ = h.Store.Docs(ctx, 0)
				}
				return h.Store.PutDocs(ctx, old, docs...)
			}
		}},
		{fails: "race/one version", how: "each part is read by itself", make: func(h *hooked) {
			h.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				snap, err := h.Store.Load(ctx, r)
				if len(snap.States) != 1 || len(r.Keys[0].Parts) != 2 {
					return snap, err
				}
				h.meeting.wait() // with a writer that begins
				h.meeting.wait() // and has written
				k := r.Keys[0]
				k.Parts = slices.Clone(k.Parts[1:])
				later, _ := h.Store.Load(ctx, store.Request{Keys: []store.Key{k}})
				if rows := snap.States[0].Rows; len(rows) == 2 && len(later.States) == 1 && len(later.States[0].Rows) == 1 {
					rows[1] = later.States[0].Rows[0]
				}
				return snap, err
			}
			h.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				if len(units) != 1 || len(units[0].Put) != 2 {
					return h.Store.Commit(ctx, units...)
				}
				h.meeting.wait()
				defer h.meeting.wait()
				return h.Store.Commit(ctx, units...)
			}
		}},
	}
}
