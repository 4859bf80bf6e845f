package mysql

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// shop is an engine whose task pays a point, with its store and a pool.
func shop(t *testing.T, server servers.Server) (*sql.DB, *sqlstore.Store, *engine.Engine) {
	t.Helper()
	db := pool(t, server, "")
	st := server.Migrated(t, db, server.Schema(t, db))
	eng, err := engine.New(st, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eng.Put(t.Context(), engine.By{}, ledger.Asset{Code: "points"}, task.Config{Code: "order", Period: rule.Unlimited},
		reward.Config{Code: "point", Amount: ledger.Whole("points", 1), Rule: rule.Count("order", 1)}); err != nil {
		t.Fatal(err)
	}
	return db, st, eng
}

func order(id string) task.Event { return task.Event{ID: id, User: "mei", Task: "order"} }

// points wants mei to have a number of points.
func points(t *testing.T, eng *engine.Engine, want int64) {
	t.Helper()
	balances, err := eng.Balances(t.Context(), "mei")
	if err != nil {
		t.Fatal(err)
	}
	got := ledger.Whole("points", 0)
	for _, b := range balances {
		if b.Account.Kind == "available" {
			got = ledger.Amount{Asset: "points", Value: b.Value}
		}
	}
	if !got.Equal(ledger.Whole("points", want)) {
		t.Errorf("mei has %v, want %d", got, want)
	}
}

// The server ends a transaction by itself after a deadlock. A caller who goes on all the same, here because the end is not told
// to database/sql either, gets an error that calls for another run, and nothing stands without its transaction.
func TestBound_writesNothingWhenItsTransactionIsGone(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		for when, before := range map[string]int{"before the load": 0, "after a first event": 1} {
			t.Run(when, func(t *testing.T) {
				db, st, eng := shop(t, server)
				tx, err := db.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback() //nolint:errcheck // it is gone
				bound := eng.With(st.In(tx))
				for i := range before {
					if _, err := bound.Record(t.Context(), order(string(rune('0'+i)))); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := tx.ExecContext(t.Context(), "ROLLBACK"); err != nil {
					t.Fatal(err)
				}
				if _, err := bound.Record(t.Context(), order("late")); !errors.Is(err, sqlstore.ErrRerun) {
					t.Errorf("a call in a transaction that is gone: %v", err)
				}
				points(t, eng, 0)
			})
		}
	})
}

// Documents are put behind a statement whose rows are counted, and that one too must find the transaction there.
func TestBound_movesNoStampWhenItsTransactionIsGone(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		st := server.Empty(t)
		tx, err := st.DB().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback() //nolint:errcheck // it is gone
		if _, err := tx.ExecContext(t.Context(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
		_, err = st.In(tx).PutDocs(t.Context(), store.Stamp{}, store.Doc{Kind: "task", Code: "t", Body: []byte("{}")})
		if !errors.Is(err, sqlstore.ErrRerun) {
			t.Errorf("a call in a transaction that is gone: %v", err)
		}
		if docs, stamp, err := st.Docs(t.Context(), 0); err != nil || len(docs) > 0 || stamp != (store.Stamp{}) {
			t.Errorf("%d documents under %v, %v", len(docs), stamp, err)
		}
	})
}

// A transaction that reads as of its first statement, as the server's default is, does not decide from what it saw before it
// locked the user, but is to be run again.
func TestBound_decidesNothingFromAnOldSnapshot(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		_, st, eng := shop(t, server)
		if _, err := eng.Record(t.Context(), order("one")); err != nil {
			t.Fatal(err)
		}
		runs := 0
		run := func() error {
			runs++
			tx, err := st.DB().BeginTx(t.Context(), nil) // Do begins at another level
			if err != nil {
				return err
			}
			defer tx.Rollback()                                                 // after a commit it does nothing
			if _, err := eng.With(st.In(tx)).Catalog(t.Context()); err != nil { // the first statement
				return err
			}
			if runs == 1 {
				if _, err := eng.Record(t.Context(), order("two")); err != nil {
					return err
				}
			}
			if _, err := eng.With(st.In(tx)).Record(t.Context(), order("three")); err != nil {
				return err
			}
			return tx.Commit()
		}
		err := run()
		if errors.Is(err, sqlstore.ErrRerun) {
			err = run()
		}
		if err != nil || runs != 2 {
			t.Errorf("%d runs, %v", runs, err)
		}
		points(t, eng, 3)
	})
}
