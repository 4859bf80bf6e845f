package mysql

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A table of a few rows is read faster from end to end than by its key, but a statement that locks would then wait for rows
// that it does not name.
func TestCommit_waitsForNoOtherRowOfASmallTable(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		empty := server.Reused(t)
		for total := 2; total <= 6; total++ {
			for _, held := range []int{0, total - 1} {
				t.Run(fmt.Sprintf("%d of %d", held, total), func(t *testing.T) {
					st := empty(t)
					commit(t, t.Context(), st, taking(t, st, 0, total))
					tx, err := st.DB().BeginTx(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					defer tx.Rollback()
					commit(t, t.Context(), st.In(tx), taking(t, st, held, held+1))
					first := 1 - min(held, 1)
					for n := 2; n < total; n++ {
						ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
						commit(t, ctx, st, taking(t, st, first, first+n))
						inAnother(t, ctx, st, taking(t, st, first, first+n))
						cancel()
					}
				})
			}
		}
	})
}

// inAnother commits units in a transaction, which is then rolled back.
func inAnother(t *testing.T, ctx context.Context, st *sqlstore.Store, units []store.Unit) {
	t.Helper()
	tx, err := st.DB().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	bound := st.In(tx)
	var r store.Request
	r.ForUpdate = true
	for _, u := range units {
		r.Keys = append(r.Keys, store.Key{User: u.User})
	}
	if _, err := bound.Load(ctx, r); err != nil {
		t.Errorf("a load for a commit waits: %v", err)
	}
	commit(t, ctx, bound, units)
}

// taking are units of users of which each takes from a counter of its own.
func taking(t *testing.T, st store.Store, from, to int) []store.Unit {
	t.Helper()
	var r store.Request
	for i := from; i < to; i++ {
		r.Keys = append(r.Keys, store.Key{User: fmt.Sprintf("u%02d", i)})
	}
	snap, err := st.Load(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var units []store.Unit
	for _, s := range snap.States {
		u := requested(s.User, s.Version, fmt.Sprint("r", s.Version))
		u.Take = []store.Take{{Counter: "of " + s.User, N: 1, Max: 100}}
		units = append(units, u)
	}
	return units
}

func requested(user string, version int64, id string) store.Unit {
	return store.Unit{User: user, Version: version, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseRequest, ID: id}}}
}

func commit(t *testing.T, ctx context.Context, st store.Store, units []store.Unit) {
	t.Helper()
	results, err := st.Commit(ctx, units...)
	if err != nil {
		t.Fatalf("a commit of %d: %v", len(units), err)
	}
	for i, r := range results {
		if !r.Written() {
			t.Fatalf("%s: %+v", units[i].User, r)
		}
	}
}
