// Package sizes tests that what a store takes at once does not depend on what it took before, nor on what a database puts into
// one statement.
package sizes

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// everywhere runs a test on an empty store of each kind.
func everywhere(t *testing.T, test func(t *testing.T, st *sqlstore.Store)) {
	t.Helper()
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			test(t, server.Empty(t))
		})
	}
}

func unit(user string, takes ...store.Take) store.Unit {
	return store.Unit{User: user, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseRequest, ID: "made"}}, Take: takes}
}

func TestALoadReadsAnyNumberOfCountersWhateverWasReadBefore(t *testing.T) {
	everywhere(t, func(t *testing.T, st *sqlstore.Store) {
		ctx := context.Background()
		users := []store.Key{{User: "ada"}, {User: "bob"}}
		if _, err := st.Commit(ctx, unit("ada", store.Take{Counter: "c00", N: 3, Max: 5})); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 4, 5, 8, 9, 17, 40, 5, 9} {
			var names []string
			for i := range n {
				names = append(names, fmt.Sprintf("c%02d", i))
			}
			snap, err := st.Load(ctx, store.Request{Keys: users, Counters: names})
			if err != nil {
				t.Fatalf("%d counters: %v", n, err)
			}
			if len(snap.Counters) != n || snap.Counters["c00"] != 3 {
				t.Errorf("%d counters: %v", n, snap.Counters)
			}
		}
	})
}

// PostgreSQL takes 65,535 parameters and SQLite 32,766.
func TestALoadReadsMoreCountersThanAStatementHasParameters(t *testing.T) {
	everywhere(t, func(t *testing.T, st *sqlstore.Store) {
		names := make([]string, 70_000)
		for i := range names {
			names[i] = fmt.Sprintf("c%05d", i)
		}
		at := []int{0, 3999, 4000, 40_000, 69_999}
		u, want := unit("ada"), int64(0)
		for _, i := range at {
			want += int64(i + 1)
			u.Take = append(u.Take, store.Take{Counter: names[i], N: int64(i + 1), Max: 70_000})
		}
		ctx := context.Background()
		if _, err := st.Commit(ctx, u); err != nil {
			t.Fatal(err)
		}
		for _, keys := range [][]store.Key{nil, {{User: "ada"}}, {{User: "ada"}, {User: "bob"}}} {
			snap, err := st.Load(ctx, store.Request{Keys: keys, Counters: names})
			if err != nil {
				t.Fatal(err)
			}
			var sum int64
			for _, used := range snap.Counters {
				sum += used
			}
			if len(snap.Counters) != len(names) || sum != want {
				t.Errorf("%d counters, which come to %d", len(snap.Counters), sum)
			}
			for _, i := range at {
				if snap.Counters[names[i]] != int64(i+1) {
					t.Errorf("%s is %d", names[i], snap.Counters[names[i]])
				}
			}
			for _, s := range snap.States {
				if there := s.User == "ada"; s.Version != 0 != there {
					t.Errorf("%s is at version %d", s.User, s.Version)
				}
			}
		}
	})
}

func TestALoadReadsAPageOfEachOfAsManyUsersAsItTakes(t *testing.T) {
	everywhere(t, func(t *testing.T, st *sqlstore.Store) {
		ctx := context.Background()
		var r store.Request
		for i := range st.Limits().Units {
			r.Keys = append(r.Keys, store.Key{User: fmt.Sprintf("user-%04d", i), Parts: []store.Part{{Index: store.IndexRewardUser, Limit: 10}}})
		}
		last := r.Keys[len(r.Keys)-1].User
		if _, err := st.Commit(ctx, unit(last)); err != nil {
			t.Fatal(err)
		}
		snap, err := st.Load(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range snap.States {
			if want := s.User == last; s.User != r.Keys[i].User || s.Version != 0 != want {
				t.Errorf("%s is at version %d", s.User, s.Version)
			}
		}
	})
}

func TestACommitTakesFromAsManyCountersAsItMayHaveRows(t *testing.T) {
	everywhere(t, func(t *testing.T, st *sqlstore.Store) {
		ctx := context.Background()
		var units []store.Unit
		for u := range 4 {
			var takes []store.Take
			for i := range 4999 {
				takes = append(takes, store.Take{Counter: fmt.Sprintf("counter-%d-%04d", u, i), N: 1, Max: 1})
			}
			units = append(units, unit(fmt.Sprintf("user-%d", u), takes...))
		}
		results, err := st.Commit(ctx, units...)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if !r.Written() {
				t.Errorf("%s: %d counters refused, moved %v", units[i].User, len(r.Exhausted), r.Moved)
			}
		}
		snap, err := st.Load(ctx, store.Request{Counters: []string{"counter-0-0000", "counter-3-4998"}})
		if err != nil || snap.Counters["counter-0-0000"] != 1 || snap.Counters["counter-3-4998"] != 1 {
			t.Errorf("%v, %v", snap.Counters, err)
		}
	})
}

// MariaDB's servers take 16 MB of text, in which each byte is two.
func TestLargeRowsAndDocumentsAreWrittenInPieces(t *testing.T) {
	everywhere(t, func(t *testing.T, st *sqlstore.Store) {
		ctx := context.Background()
		large := strings.Repeat("x", 64<<10)
		var docs []store.Doc
		var units []store.Unit
		for i := range 200 {
			user := fmt.Sprintf("user-%03d", i)
			docs = append(docs, store.Doc{Kind: "task", Code: user, Body: []byte(large)})
			u := unit(user)
			u.Insert = append(u.Insert, &store.CauseRow{User: user, Type: store.CauseEvent, ID: "1",
				Event: &task.Entry{Event: task.Event{User: user, ID: "1", Task: "order", Meta: []byte(`"` + large + `"`)}}})
			units = append(units, u)
		}
		if stamp, err := st.PutDocs(ctx, store.Stamp{}, docs...); err != nil || stamp != (store.Stamp{}).Next(docs...) {
			t.Fatal(stamp, err)
		}
		if list, _, err := st.Docs(ctx, 0); err != nil || len(list) != len(docs) {
			t.Errorf("%d documents, %v", len(list), err)
		}
		results, err := st.Commit(ctx, units...)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if !r.Written() {
				t.Errorf("%s: %+v", units[i].User, r)
			}
		}
	})
}
