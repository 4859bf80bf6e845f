package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// A world is a migrated database with a catalog and users who have had an event each.
type world struct {
	db     *sql.DB
	st     *sqlstore.Store
	schema string
	// shared shares commits between callers, alone does not.
	shared, alone *engine.Engine
	users         int
	ids           atomic.Int64
	done          func()
}

const schema = "guerdon_bench"

// newWorld makes one; done drops it.
func newWorld(ctx context.Context, server servers.Server, users int) (_ *world, err error) {
	w := &world{users: users, done: func() {}}
	defer func() {
		if err != nil {
			w.done()
		}
	}()
	dsn := server.DSN()
	if server.Dialect == sqlstore.SQLite {
		dir, err := os.MkdirTemp("", "guerdon-bench")
		if err != nil {
			return nil, err
		}
		w.done = func() { _ = os.RemoveAll(dir) }
		dsn = servers.File(filepath.Join(dir, "bench.db"))
	} else {
		w.schema = schema
	}
	if w.db, err = sql.Open(server.Driver(), dsn); err != nil {
		return nil, err
	}
	w.db.SetMaxOpenConns(40)
	w.db.SetMaxIdleConns(40)
	if w.schema != "" {
		drop := "DROP SCHEMA IF EXISTS " + schema
		if server.Dialect == sqlstore.PostgreSQL {
			drop += " CASCADE"
		}
		if _, err := w.db.ExecContext(ctx, drop); err != nil {
			return nil, err
		}
		w.done = func() {
			_, _ = w.db.ExecContext(context.WithoutCancel(ctx), drop) // the next run drops it too
			_ = w.db.Close()
		}
	} else {
		remove := w.done
		w.done = func() { _ = w.db.Close(); remove() }
	}
	if w.st, err = sqlstore.New(w.db, server.Dialect, sqlstore.Options{Schema: w.schema}); err != nil {
		return nil, err
	}
	if err = w.st.Migrate(ctx); err != nil {
		return nil, err
	}
	if w.shared, err = engine.New(w.st, engine.Options{}); err != nil {
		return nil, err
	}
	if w.alone, err = engine.New(w.st, engine.Options{Alone: true}); err != nil {
		return nil, err
	}
	return w, w.fill(ctx, server)
}

func (w *world) fill(ctx context.Context, server servers.Server) error {
	_, err := w.shared.Put(ctx, engine.By{Actor: "bench"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "order", Period: rule.Unlimited},
		task.Config{Code: "hot", Period: rule.Unlimited},
		reward.Config{Code: "RS1", Amount: ledger.Whole("points", 1), Rule: rule.Count("order", 1)},
		reward.Config{Code: "RS2", Amount: ledger.Whole("points", 1), Rule: rule.Count("hot", 1), Budget: rule.Limit{Max: 1 << 40}},
	)
	if err != nil {
		return err
	}
	batch := make([]task.Event, 0, 500)
	for i := range w.users {
		if batch = append(batch, w.event(i, "order")); len(batch) == cap(batch) || i == w.users-1 {
			if err := record(ctx, w.shared, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return w.analyze(ctx, server)
}

// analyze has the database look at how much there is, as it does by itself sooner or later.
func (w *world) analyze(ctx context.Context, server servers.Server) error {
	statement := "ANALYZE"
	if server.Dialect == sqlstore.MySQL {
		statement = "ANALYZE TABLE " + schema + ".guerdon_causes, " + schema + ".guerdon_rewards, " + schema + ".guerdon_transfers"
	}
	_, err := w.db.ExecContext(ctx, statement)
	return err
}

// event is a new event of a user.
func (w *world) event(user int, code string) task.Event {
	return task.Event{ID: fmt.Sprint("order-", w.ids.Add(1)), User: name(user), Task: code}
}

func name(user int) string { return fmt.Sprintf("user-%08d", user) }

func record(ctx context.Context, e *engine.Engine, batch []task.Event) error {
	results, err := e.RecordBatch(ctx, batch...)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
		if len(r.Outcome.Rewards) != 1 {
			return fmt.Errorf("an event paid %d rewards", len(r.Outcome.Rewards))
		}
	}
	return nil
}

// single records events one by one.
func (w *world) single(e *engine.Engine, code string, user func(client int, n int64) int) func(context.Context, int, int64) (int, error) {
	return func(ctx context.Context, client int, n int64) (int, error) {
		out, err := e.Record(ctx, w.event(user(client, n), code))
		if err == nil && len(out.Rewards) != 1 {
			err = fmt.Errorf("an event paid %d rewards", len(out.Rewards))
		}
		return 1, err
	}
}

// batches records events of 100 users at once.
func (w *world) batches(e *engine.Engine) func(context.Context, int, int64) (int, error) {
	return func(ctx context.Context, client int, n int64) (int, error) {
		batch := make([]task.Event, 100)
		for i := range batch {
			batch[i] = w.event(w.spread(client, n*100+int64(i)), "order")
		}
		return len(batch), record(ctx, e, batch)
	}
}

// spread gives each client users of its own, in turn.
func (w *world) spread(client int, n int64) int {
	const clients = 32
	each := int64(w.users / clients)
	return client%clients*int(each) + int(n%each)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// pages reads pages of a reward's records, from places all over the list.
func (w *world) pages(rows int) func(context.Context, int, int64) (int, error) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return func(ctx context.Context, _ int, n int64) (int, error) {
		q := reward.Query{Reward: "RS1", Limit: 50, Time: rule.Window{Start: begin.Add(time.Duration(n*7919%int64(rows)) * time.Second)}}
		for _, err := range w.alone.Rewards(ctx, q) {
			if err != nil {
				return 0, err
			}
		}
		return 1, nil
	}
}
