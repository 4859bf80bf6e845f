package storetest

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/guerdon-go/guerdon/store"
)

// A brokenDB breaks one sentence about transactions.
type brokenDB struct {
	// fails names the case that finds it, and no other does.
	fails     string
	how       string
	oneWriter bool
	make      func(db *watchedDB)
}

func brokenDBs() []brokenDB { return append(brokenSights(), brokenLocks()...) }

// TestRunBound_findsEachBrokenDatabaseByItsOwnCase runs every case on every broken database.
func TestRunBound_findsEachBrokenDatabaseByItsOwnCase(t *testing.T) {
	for _, b := range brokenDBs() {
		t.Run(b.fails+"/"+b.how, func(t *testing.T) {
			t.Parallel()
			found := false
			for _, c := range boundCases() {
				db := newWatchedDB(b.oneWriter)
				b.make(db)
				if !c.fits(db.transactions()) {
					continue
				}
				got := boundFailures(t, c, db)
				if c.name == b.fails {
					found = len(got) > 0
				} else if len(got) > 0 {
					t.Errorf("case %q fails as well: %s", c.name, got[0])
				}
			}
			if !found {
				t.Errorf("case %q does not find it", b.fails)
			}
		})
	}
}

// TestRunBound_hasABrokenDatabaseForEachCase keeps a case from being added without the proof that it can fail.
func TestRunBound_hasABrokenDatabaseForEachCase(t *testing.T) {
	broken := make(map[string]bool)
	for _, b := range brokenDBs() {
		broken[b.fails] = true
	}
	for _, c := range boundCases() {
		if !broken[c.name] {
			t.Errorf("no broken database for case %q", c.name)
		}
		delete(broken, c.name)
		if c.clause == "" || c.sentence == "" {
			t.Errorf("case %q has no clause or sentence", c.name)
		}
	}
	for name := range broken {
		t.Errorf("a broken database names case %q, which is none, or one of two", name)
	}
}

func brokenSights() []brokenDB {
	return []brokenDB{
		{fails: "bound/limits", how: "not bound", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) { x.limits.Bound = false }
		}},
		{fails: "bound/seen inside", how: "lists are read outside", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) { x.list = db.fake.Store.List }
		}},
		{fails: "bound/not seen outside", how: "counters count at once", make: func(db *watchedDB) {
			db.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
				snap, err := db.fake.Store.Load(ctx, r)
				db.anyOpen(func(x *watchedTx) bool {
					for name := range snap.Counters {
						snap.Counters[name] += x.took[name]
					}
					return false
				})
				return snap, err
			}
		}},
		{fails: "bound/commit", how: "counters are not closed", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) {
				commit := x.commit
				x.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
					units = slices.Clone(units)
					for i := range units {
						units[i].Take = slices.Clone(units[i].Take)
						for j := range units[i].Take {
							units[i].Take[j].Close = false
						}
					}
					return commit(ctx, units...)
				}
			}
		}},
		{fails: "bound/rollback", how: "entries stay", make: func(db *watchedDB) {
			var stay []store.Row
			db.begun = func(x *watchedTx) {
				x.ending = func(keep bool) error {
					if !keep {
						stay = append(stay, x.rows...)
					}
					return nil
				}
			}
			db.list = func(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
				return func(yield func(store.Row, error) bool) {
					db.fake.Store.List(ctx, q)(yield)
					for _, r := range stay {
						if key := keyIn(q.Index, r); key != "" && !yield(r, nil) {
							return
						}
					}
				}
			}
		}},
		{fails: "bound/stamps", how: "not chained", make: func(db *watchedDB) {
			unchain(&db.watchedStore)
			db.begun = func(x *watchedTx) { unchain(&x.watchedStore) }
		}},
		{fails: "bound/an error", how: "the unit before it stays", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) {
				commit := x.commit
				x.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
					results, err := commit(ctx, units...)
					if errors.Is(err, store.ErrCorrupt) && len(units) > 1 {
						_, _ = commit(ctx, units[0])
					}
					return results, err
				}
			}
		}},
		{fails: "bound/a context that ends in a put", how: "it goes on", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) {
				put := x.put
				x.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
					next, err := put(ctx, old, docs...)
					if ctx.Err() != nil {
						_, _ = put(context.WithoutCancel(ctx), old, docs...)
					}
					return next, err
				}
			}
		}},
		{fails: "bound/a context that ends in a commit", how: "it goes on", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) {
				commit := x.commit
				x.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
					results, err := commit(ctx, units...)
					if ctx.Err() != nil {
						_, _ = commit(context.WithoutCancel(ctx), units...)
					}
					return results, err
				}
			}
		}},
		{fails: "bound/refusals", how: "a refusal ends the transaction", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) {
				x.ending = func(keep bool) error {
					if keep && x.refused {
						return errBroken
					}
					return nil
				}
			}
		}},
	}
}

// unchain makes a store show stamps without their hash.
func unchain(w *watchedStore) {
	load, put, docs := w.load, w.put, w.docs
	w.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
		snap, err := load(ctx, r)
		snap.Stamp.Hash = [16]byte{}
		return snap, err
	}
	w.docs = func(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
		list, stamp, err := docs(ctx, after)
		stamp.Hash = [16]byte{}
		return list, stamp, err
	}
	w.put = func(ctx context.Context, old store.Stamp, list ...store.Doc) (store.Stamp, error) {
		if _, now, err := docs(ctx, math.MaxInt64); err == nil && now.Revision == old.Revision {
			old = now
		}
		next, err := put(ctx, old, list...)
		next.Hash = [16]byte{}
		return next, err
	}
}

func brokenLocks() []brokenDB {
	return append([]brokenDB{
		{fails: "lock/for update", how: "locks nobody", make: func(db *watchedDB) { db.unlocked("known") }},
		{fails: "lock/of a new user", how: "locks nobody", make: func(db *watchedDB) { db.unlocked("kept", "undone") }},
		{fails: "lock/reading", how: "locks", make: func(db *watchedDB) {
			db.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				for _, u := range units {
					if db.anyOpen(func(x *watchedTx) bool { return slices.Contains(x.read, u.User) }) {
						return nil, errBroken // or wait for ever
					}
				}
				return db.fake.Store.Commit(ctx, units...)
			}
		}},
		{fails: "lock/fresh after a wait", how: "reads before it waits", make: brokenFresh},
		{fails: "lock/in one order", how: "several at once backwards", make: func(db *watchedDB) {
			var calls, single atomic.Int32
			db.begun = func(x *watchedTx) {
				load := x.load
				x.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
					if len(r.Keys) == 1 {
						single.Add(1)
						defer single.Add(-1)
					}
					if calls.Add(1) <= racers {
						db.meeting.wait() // nobody holds a lock yet
						if len(r.Keys) == 2 && single.Load() > 0 {
							return store.Snapshot{}, errBroken // a deadlock
						}
					}
					return load(ctx, r)
				}
			}
		}},
		{fails: "lock/users before counters", how: "the counters first", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) {
				x.afterOthers(func() bool {
					db.mu.Lock()
					defer db.mu.Unlock()
					return slices.Contains(x.held, "ordered")
				})
				commit := x.commit
				x.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
					for _, u := range units {
						if len(u.Take) > 0 && db.anyOpen(func(o *watchedTx) bool { return o != x && slices.Contains(o.held, u.User) }) {
							return nil, errBroken // a deadlock: who holds the user waits for the counter
						}
					}
					return commit(ctx, units...)
				}
			}
		}},
		{fails: "lock/counters", how: "what is taken outside is forgotten", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) {
				x.afterOthers(func() bool { return len(x.took) > 0 && !slices.Contains(x.held, "ordered") })
			}
			db.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				units = slices.Clone(units)
				for i, u := range units {
					units[i].Take = slices.DeleteFunc(slices.Clone(u.Take), func(t store.Take) bool {
						return db.anyOpen(func(x *watchedTx) bool { return x.took[t.Counter] > 0 })
					})
				}
				return db.fake.Store.Commit(ctx, units...)
			}
		}},
		{fails: "lock/catalog", how: "the put outside is forgotten", make: func(db *watchedDB) {
			db.begun = func(x *watchedTx) { x.afterOthers(func() bool { return x.wasPut }) }
			db.put = func(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
				if db.anyOpen(func(x *watchedTx) bool { return x.wasPut }) {
					return old.Next(docs...), nil
				}
				return db.fake.Store.PutDocs(ctx, old, docs...)
			}
		}},
	}, brokenWaits()...)
}

// unlocked makes loads of users whose names begin so lock nobody, and commits of theirs in a transaction come last.
func (db *watchedDB) unlocked(prefixes ...string) {
	meant := func(user string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(user, p) })
	}
	db.begun = func(x *watchedTx) {
		load, commit := x.load, x.commit
		x.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
			r.ForUpdate = r.ForUpdate && !meant(r.Keys[0].User)
			return load(ctx, r)
		}
		x.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
			if len(units) == 1 && meant(units[0].User) {
				db.meeting.alone()
			}
			return commit(ctx, units...)
		}
	}
}

// brokenFresh reads a user's rows and waits for the lock afterwards. The transaction it waits for ends after that reading.
func brokenFresh(db *watchedDB) {
	read := make(chan struct{}, 1)
	db.begun = func(x *watchedTx) {
		load, first := x.load, false
		x.load = func(ctx context.Context, r store.Request) (store.Snapshot, error) {
			if len(r.Keys) != 1 || r.Keys[0].User != "fresh" {
				return load(ctx, r)
			}
			if first = len(r.Keys[0].Parts) == 0; first {
				return load(ctx, r)
			}
			snap, err := db.fake.Store.Load(ctx, r)
			read <- struct{}{}
			_, waited := load(ctx, r)
			return snap, errors.Join(err, waited)
		}
		x.ending = func(bool) error {
			if first {
				<-read
			}
			return nil
		}
	}
}

// brokenWaits are stores whose commits of several users wait for a transaction, or fail. An error stands for waiting.
func brokenWaits() []brokenDB {
	waits := func(known bool) func(db *watchedDB) {
		return func(db *watchedDB) {
			db.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				for _, u := range units {
					if len(units) > 1 && db.known(u.User) == known && db.anyOpen(func(x *watchedTx) bool { return slices.Contains(x.held, u.User) }) {
						return nil, errBroken
					}
				}
				return db.fake.Store.Commit(ctx, units...)
			}
		}
	}
	return []brokenDB{
		{fails: "lock/several users, one held", how: "waits", make: waits(true)},
		{fails: "lock/several users, one being born", how: "waits", make: waits(false)},
		{fails: "lock/one writer", how: "does not wait", oneWriter: true, make: func(db *watchedDB) {
			held := func(x *watchedTx) bool { return slices.Contains(x.held, "held") }
			db.begun = func(x *watchedTx) {
				x.afterOthers(func() bool {
					db.mu.Lock()
					defer db.mu.Unlock()
					return held(x)
				})
			}
			db.commit = func(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
				if len(units) > 1 && db.anyOpen(held) {
					return nil, errBroken
				}
				return db.fake.Store.Commit(ctx, units...)
			}
		}},
	}
}
