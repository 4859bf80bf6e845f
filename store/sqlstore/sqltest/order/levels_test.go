package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/workload"
	"github.com/guerdon-go/guerdon/task"
)

// strict are the levels at which PostgreSQL refuses a transaction that somebody else was quicker than.
var strict = []sql.IsolationLevel{sql.LevelRepeatableRead, sql.LevelSerializable}

// own runs f in a transaction of a level, and again where a store in it or the COMMIT says so, as a program that does without Do.
func own(ctx context.Context, db *sql.DB, level sql.IsolationLevel, f func(tx *sql.Tx) error) (runs int, err error) {
	once := func() (again bool, err error) {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: level})
		if err != nil {
			return false, err
		}
		defer tx.Rollback()
		if err := f(tx); err != nil {
			return errors.Is(err, sqlstore.ErrRerun), err
		}
		err = tx.Commit()
		var coded interface{ SQLState() string }
		return errors.As(err, &coded) && coded.SQLState() == "40001", err
	}
	for runs = 1; ; runs++ {
		if again, err := once(); !again {
			return runs, err
		}
	}
}

// scarce is a shop whose orders pay a point, and the first of all a bonus.
func scarce(t *testing.T) (*sqlstore.Store, *engine.Engine) {
	t.Helper()
	st := servers.PostgreSQL.Empty(t)
	eng := workload.Engine(t, st)
	if _, err := eng.Put(t.Context(), engine.By{}, ledger.Asset{Code: "points"}, task.Config{Code: "order", Period: rule.Unlimited},
		reward.Config{Code: "point", Amount: ledger.Whole("points", 1), Rule: rule.Count("order", 1)},
		reward.Config{Code: "bonus", Amount: ledger.Whole("points", 100), Rule: rule.Count("order", 1), Budget: rule.Limit{Max: 1}, Review: true},
	); err != nil {
		t.Fatal(err)
	}
	return st, eng
}

// What somebody else has done since such a transaction began is not decided upon: the transaction must be run again.
func TestIn_atStricterLevelsAConflictIsARerun(t *testing.T) {
	for _, level := range strict {
		for _, tt := range []struct {
			name      string
			before    func(eng *engine.Engine) error
			meanwhile func(eng *engine.Engine) error
			runs      int
			replay    bool
			bonus     bool // for mei's first order
		}{
			{name: "nothing", runs: 1, bonus: true},
			{name: "the user had another order", meanwhile: orders("mei", "0"), runs: 2},
			{name: "the user had this order", meanwhile: orders("mei", "1"), runs: 2, replay: true, bonus: true},
			{name: "somebody else had the last of a budget", meanwhile: orders("bo", "0"), runs: 2},
			{name: "the last of a budget was given back", before: orders("bo", "0"), meanwhile: refusal("bo"), runs: 2, bonus: true},
		} {
			t.Run(level.String()+", "+tt.name, func(t *testing.T) {
				st, eng := scarce(t)
				if tt.before != nil {
					if err := tt.before(eng); err != nil {
						t.Fatal(err)
					}
				}
				var out engine.Outcome
				first := true
				runs, err := own(t.Context(), st.DB(), level, func(tx *sql.Tx) (err error) {
					bound := eng.With(st.In(tx))
					if _, err := bound.Balances(t.Context(), "mei"); err != nil { // as of here
						return err
					}
					if first && tt.meanwhile != nil {
						if err := tt.meanwhile(eng); err != nil {
							t.Error(err)
						}
					}
					first = false
					out, err = bound.Record(t.Context(), task.Event{ID: "1", User: "mei", Task: "order"})
					return err
				})
				want := 1
				if tt.bonus {
					want = 2
				}
				if err != nil || runs != tt.runs || out.Replay != tt.replay || len(out.Rewards) != want {
					t.Errorf("%d runs, %v: %+v", runs, err, out)
				}
			})
		}
	}
}

// orders records one.
func orders(user, id string) func(eng *engine.Engine) error {
	return func(eng *engine.Engine) error {
		_, err := eng.Record(context.Background(), task.Event{ID: id, User: user, Task: "order"})
		return err
	}
}

// refusal refuses a user the bonus.
func refusal(user string) func(eng *engine.Engine) error {
	return func(eng *engine.Engine) error {
		_, err := eng.Review(context.Background(), engine.By{Request: "no"}, reward.ID{User: user, Reward: "bonus", N: 1}, false)
		return err
	}
}

// Many such transactions at once, over few users and budgets, leave every event counted once and budgets exact.
func TestIn_atStricterLevelsManyAtOnceAreExact(t *testing.T) {
	plan := workload.Plan{Name: "u", Users: 5, Events: 12, ScarceMax: 40, FifthMax: 7}
	for _, level := range strict {
		t.Run(level.String(), func(t *testing.T) {
			st := servers.PostgreSQL.Empty(t)
			st.DB().SetMaxOpenConns(12)
			eng := workload.Engine(t, st)
			plan.Put(t, eng)
			events := plan.All(workload.Seed(t))
			runs := make([]int, 6)
			var wg sync.WaitGroup
			for g := range runs {
				wg.Go(func() {
					for i := g; i < len(events); i += len(runs) {
						n, err := own(t.Context(), st.DB(), level, func(tx *sql.Tx) error {
							_, err := eng.With(st.In(tx)).Record(t.Context(), events[i])
							return err
						})
						if runs[g] += n; err != nil {
							t.Errorf("%s of %s: %v", events[i].ID, events[i].User, err)
						}
					}
				})
			}
			wg.Wait()
			total := 0
			for _, n := range runs {
				total += n
			}
			t.Logf("%d runs of %d transactions", total, len(events))
			if total == len(events) {
				t.Error("nobody was in anybody's way")
			}
			plan.Check(t, st)
		})
	}
}
