package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// asked is a unit of a user who is not there, which takes one from each counter.
func asked(user string, counters ...string) store.Unit {
	u := store.Unit{User: user, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseRequest, ID: "1"}}}
	for _, c := range counters {
		u.Take = append(u.Take, store.Take{Counter: c, N: 1, Max: 1 << 20})
	}
	return u
}

// crowd is a thousand such units.
func crowd(prefix string) (units []store.Unit) {
	for i := range 1000 {
		units = append(units, asked(fmt.Sprintf("%s-%03d", prefix, i)))
	}
	return units
}

// makes has a transaction load users for a commit, which makes those that are not there.
func makes(ctx context.Context, in store.Store, units ...store.Unit) error {
	r := store.Request{ForUpdate: true}
	for _, u := range units {
		r.Keys = append(r.Keys, store.Key{User: u.User})
	}
	_, err := in.Load(ctx, r)
	return err
}

// The table of locks is that of all sessions, and has 6,400 places by default.
func TestNewUsersTakeFewOfPostgreSQLsLocks(t *testing.T) {
	st := servers.PostgreSQL.Empty(t)
	t.Run("in a transaction", func(t *testing.T) {
		tx, bound := begin(t, st)
		if err := makes(t.Context(), bound, crowd("loaded")...); err != nil {
			t.Fatal(err)
		}
		if _, err := bound.Commit(t.Context(), crowd("committed")...); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 || n > 512 { // 256 of each kind
			t.Errorf("two thousand new users hold %d locks", n)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	})
	t.Run("16 batches at once", func(t *testing.T) {
		st.DB().SetMaxOpenConns(16)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				results, err := st.Commit(t.Context(), crowd(fmt.Sprint("batch-", i))...)
				if err != nil {
					t.Errorf("%d: %v", i, err)
				}
				for _, r := range results {
					if !r.Written() {
						t.Errorf("%d: %+v, although nobody else makes such users", i, r)
						break
					}
				}
			})
		}
		wg.Wait()
	})
}

// Others may have the lock of a user who is being made. Of a batch they are passed over, and land when the transaction has ended.
func TestABatchOfNewUsersWaitsForNoTransactionThatMakesOne(t *testing.T) {
	st := servers.PostgreSQL.Empty(t)
	tx, bound := begin(t, st)
	units := crowd("user")
	if err := makes(t.Context(), bound, units[500]); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // which is there for a store that waits
	defer cancel()
	results, err := st.Commit(ctx, units...)
	if err != nil {
		t.Fatal(err)
	}
	var again []store.Unit
	for i, r := range results {
		if !r.Written() {
			again = append(again, units[i])
		}
	}
	if !results[500].Moved || len(again) > 50 {
		t.Errorf("beside one who is being made, who is answered %+v, %d are not written", results[500], len(again))
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	results, err = st.Commit(ctx, again...)
	for i, r := range results {
		if !r.Written() {
			t.Errorf("%s, when nobody is being made: %+v", again[i].User, r)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// A batch that waits for a counter has not taken the locks of births yet. If it had, the two would wait for each other.
func TestATransactionMakesAUserOfABatchThatWaitsForItsCounter(t *testing.T) {
	place := servers.PostgreSQL.Places(t)(t)
	st := servers.PostgreSQL.At(t, place)
	if _, err := st.Commit(t.Context(), asked("first", "budget")); err != nil {
		t.Fatal(err)
	}
	tx, bound := begin(t, st)
	if _, err := bound.Commit(t.Context(), asked("early", "budget")); err != nil {
		t.Fatal(err)
	}
	type answer struct {
		results []store.Result
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		results, err := st.Commit(t.Context(), asked("late-1", "budget"), asked("late-2", "budget"), asked("late-3"))
		done <- answer{results, err}
	}()
	for st.Stats().Retries == 0 { // the first try is broken off; the next waits for as long as it takes, as a deadlock would
		time.Sleep(time.Millisecond)
	}
	waits(t, st, place.Schema)
	if err := makes(t.Context(), bound, asked("late-2")); err != nil {
		t.Fatal(err)
	}
	results, err := bound.Commit(t.Context(), asked("late-2", "budget"))
	if err != nil || !results[0].Written() {
		t.Fatalf("%+v, %v", results, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	a := <-done
	if a.err != nil || !a.results[0].Written() || !a.results[1].Moved || !a.results[2].Written() {
		t.Errorf("%+v, %v", a.results, a.err)
	}
	snap, err := st.Load(t.Context(), store.Request{Counters: []string{"budget"}})
	if err != nil || snap.Counters["budget"] != 4 || st.Stats() != (sqlstore.Stats{Retries: 1}) {
		t.Errorf("%v, %v, %+v", snap.Counters, err, st.Stats())
	}
}

// waits returns when a session waits for a lock in a statement about tables of a schema.
func waits(t *testing.T, st *sqlstore.Store, schema string) {
	t.Helper()
	query := "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position($1 IN query) > 0"
	for n := 0; n == 0; time.Sleep(time.Millisecond) {
		if err := st.DB().QueryRowContext(t.Context(), query, schema).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}

// Whoever makes two users one by one in the order of their names agrees with who makes them at once, whatever their locks are.
func TestTransactionsThatMakeUsersInTheOrderOfTheirNamesDoNotBlockEachOther(t *testing.T) {
	place := servers.PostgreSQL.Places(t)(t)
	st := servers.PostgreSQL.At(t, place)
	for i := range 8 {
		a, b := asked(fmt.Sprintf("a-%d", i)), asked(fmt.Sprintf("b-%d", i))
		tx, bound := begin(t, st)
		if err := makes(t.Context(), bound, a); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			runs := 0
			err := st.Do(t.Context(), func(tx *sql.Tx) error {
				if runs++; runs > 1 {
					return errors.New("it was run again")
				}
				return makes(t.Context(), st.In(tx), a, b)
			})
			done <- err
		}()
		waits(t, st, place.Schema)
		if err := makes(t.Context(), bound, b); err != nil {
			t.Error(err)
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Each takes the locks of all it makes in one order, which is not that of the names.
func TestTransactionsThatMakeManyUsersAtOnceDoNotBlockEachOther(t *testing.T) {
	st := servers.PostgreSQL.Empty(t)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			runs := 0
			err := st.Do(t.Context(), func(tx *sql.Tx) error {
				runs++
				return makes(t.Context(), st.In(tx), crowd(fmt.Sprint("batch-", i))...)
			})
			if err != nil || runs > 1 {
				t.Errorf("%d, run %d times: %v", i, runs, err)
			}
		})
	}
	wg.Wait()
}
