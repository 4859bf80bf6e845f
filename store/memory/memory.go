// Package memory keeps users, counters and the catalog in memory. It is a store in every respect but that it forgets when
// the process ends: for tests, examples, simulations and programs that keep nothing.
//
// It passes the whole of package storetest. Rows are copied on the way in and out. Users do not wait for each other but for
// a moment when their names fall into the same of 64 parts; counters have locks of their own, taken after the user's and in
// byte order. A list reads a few rows at a time from each part and holds nothing while the caller's loop body runs; it sees
// commits that land behind its back, or not. An index is built when it is first read, part by part or user by user, and
// kept up from then on, so the first list of many rows takes longer than the next.
package memory

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/guerdon-go/guerdon/store"
)

// limits are those of every store in memory. They are there so that one call cannot take the whole machine.
var limits = store.Limits{Units: 10_000, Rows: 1_000_000, RowsPerUnit: 100_000}

// shardCount is in how many parts users are kept, each under a lock of its own. It is a power of two.
const shardCount = 64

// A Store keeps everything in memory. It is safe for use by several goroutines at once.
type Store struct {
	seed     maphash.Seed
	shards   [shardCount]shard
	counters counters
	catalog  catalog
}

// A shard is a part of the users with their entries in the indexes that do not begin with the user.
type shard struct {
	mu sync.Mutex
	// users and names hold the same users, by name and in byte order. Guarded by mu, as what they lead to.
	users map[string]*user
	names ordered
	// rewards and open are the indexes reward/reward and reward/open. Guarded by mu.
	rewards index
	open    index
}

// New returns an empty store.
func New() *Store {
	s := &Store{seed: maphash.MakeSeed()}
	for i := range s.shards {
		s.shards[i].users = make(map[string]*user)
	}
	s.counters.byName = make(map[string]*counter)
	s.catalog.init()
	return s
}

// Limits says what one call takes: 10,000 units or keys, 1,000,000 rows, 100,000 rows of a unit.
func (s *Store) Limits() store.Limits { return limits }

func (s *Store) shard(name string) *shard {
	return &s.shards[maphash.String(s.seed, name)&(shardCount-1)]
}

// Load answers one State for each key, each as of one version. See [store.Store].
func (s *Store) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return store.Snapshot{}, &store.Error{Op: "load", Err: err}
	}
	if err := errors.Join(store.CheckRequest(r), limits.CheckRequest(r)); err != nil {
		return store.Snapshot{}, err
	}
	snap := store.Snapshot{Counters: s.counters.read(r.Counters)}
	if len(r.Keys) > 0 {
		snap.States = make([]store.State, len(r.Keys))
	}
	for i := range r.Keys {
		s.loadUser(&snap.States[i], &r.Keys[i])
	}
	// The stamp is read last: what was decided under a newer catalog is then never taken for older than the stamp.
	snap.Stamp = s.catalog.current()
	return snap, nil
}

// loadUser fills a state. Rows are copied with the lock held, since some are written over in their place.
func (s *Store) loadUser(st *store.State, k *store.Key) {
	st.User = k.User
	sh := s.shard(k.User)
	sh.mu.Lock()
	if u := sh.users[k.User]; u != nil {
		st.Version, st.Rows = u.version, u.read(k.Parts)
		for i, row := range st.Rows {
			st.Rows[i] = row.Clone()
		}
	}
	sh.mu.Unlock()
}

// Commit applies each unit on its own. See [store.Store]. Units of one call land one after the other.
func (s *Store) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, &store.Error{Op: "commit", Err: err}
	}
	var few [changesFew]store.RowKey
	keys, err := store.CheckKeys(few[:0], units...)
	if err != nil {
		return nil, err
	}
	if err := limits.Check(units...); err != nil {
		return nil, err
	}
	results := make([]store.Result, len(units))
	if len(units) == 1 {
		var few [changesFew]change
		results[0], err = s.apply(&units[0], changes(few[:0], &units[0], keys))
		if err != nil {
			return nil, err
		}
		return results, nil
	}
	return s.commitMany(units, keys, results)
}

// changesFew is how many changes of a unit need no memory of their own.
const changesFew = 16

// commitMany looks for corruption in all units before it applies the first, since an error says that nothing was written.
// A unit that finds its user at another version is refused there and then: the keys of one whose version holds later on
// as well cannot have changed in between.
func (s *Store) commitMany(units []store.Unit, keys []store.RowKey, results []store.Result) ([]store.Result, error) {
	all := make([][]change, len(units))
	for i := range units {
		u := &units[i]
		all[i] = changes(nil, u, keys)
		keys = keys[len(all[i]):]
		sh := s.shard(u.User)
		sh.mu.Lock()
		moved, err := sh.check(u, all[i])
		sh.mu.Unlock()
		if err != nil {
			return nil, err
		}
		results[i].Moved = moved
	}
	for i := range units {
		if results[i].Moved {
			continue
		}
		var err error
		if results[i], err = s.apply(&units[i], all[i]); err != nil {
			return nil, errors.Join(store.ErrUnknown, err) // cannot happen, see above; if it did, units before this one landed
		}
	}
	return results, nil
}

// apply writes one unit or refuses it.
func (s *Store) apply(u *store.Unit, cs []change) (store.Result, error) {
	sh := s.shard(u.User)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if moved, err := sh.check(u, cs); moved || err != nil {
		return store.Result{Moved: moved}, err
	}
	if exhausted := s.counters.take(u.Take); exhausted != nil {
		return store.Result{Exhausted: exhausted}, nil
	}
	sh.write(u, cs)
	return store.Result{}, nil
}

// check reports whether a unit's user is at another version, and finds rows to insert that are already there under one that
// holds. sh.mu is held.
func (sh *shard) check(u *store.Unit, cs []change) (moved bool, err error) {
	var version int64
	have := sh.users[u.User]
	if have != nil {
		version = have.version
	}
	if version != u.Version {
		return true, nil
	}
	if have == nil {
		return false, nil
	}
	for _, c := range cs[:len(u.Insert)] {
		if have.rows[c.kind][c.id] != nil {
			return false, &store.Error{Op: "commit", ID: u.User, Err: fmt.Errorf("%w: %s %q is already there", store.ErrCorrupt, kinds[c.kind], c.id)}
		}
	}
	return false, nil
}
