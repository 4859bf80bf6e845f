// Package plans looks at what sqlstore asks of databases: how often it waits for an answer, whether plans are kept, and whether
// a statement reads more than it is asked for.
package plans

import (
	"context"
	"database/sql"
	"net"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// A counted connection counts how often it begins to read after it wrote: the round trips, however many packets each takes.
type counted struct {
	net.Conn
	trips *atomic.Int64
	wrote *atomic.Bool
}

func (c counted) Write(b []byte) (int, error) {
	c.wrote.Store(true)
	return c.Conn.Write(b)
}

func (c counted) Read(b []byte) (int, error) {
	if c.wrote.Swap(false) {
		c.trips.Add(1)
	}
	return c.Conn.Read(b)
}

// pool opens a pool of one connection whose round trips are counted.
func pool(t *testing.T, server servers.Server) (*sql.DB, *atomic.Int64) {
	t.Helper()
	server.Need(t)
	var trips atomic.Int64
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return counted{conn, &trips, new(atomic.Bool)}, err
	}
	var db *sql.DB
	switch server.Dialect {
	case sqlstore.PostgreSQL:
		config, err := pgx.ParseConfig(server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		config.TLSConfig, config.Fallbacks, config.DialFunc = nil, nil, dial
		db = stdlib.OpenDB(*config)
	default:
		config, err := mysql.ParseDSN(server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		config.DialFunc = dial
		connector, err := mysql.NewConnector(config)
		if err != nil {
			t.Fatal(err)
		}
		db = sql.OpenDB(connector)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db, &trips
}

// shop is an engine with a task that pays one reward, and one that takes from a budget too.
func shop(t *testing.T, st *sqlstore.Store) *engine.Engine {
	t.Helper()
	eng, err := engine.New(st, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eng.Put(t.Context(), engine.By{}, ledger.Asset{Code: "points"},
		task.Config{Code: "order", Period: rule.Unlimited}, task.Config{Code: "rare", Period: rule.Unlimited},
		reward.Config{Code: "RS1", Amount: ledger.Whole("points", 1), Rule: rule.Count("order", 1)},
		reward.Config{Code: "RS2", Amount: ledger.Whole("points", 1), Rule: rule.Count("rare", 1), Budget: rule.Limit{Max: 1 << 40, PerCycle: 1 << 30, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}},
	); err != nil {
		t.Fatal(err)
	}
	return eng
}

// events are n new events of a task, each of another user.
func events(code, id string, n int) []task.Event {
	list := make([]task.Event, n)
	for i := range list {
		list[i] = task.Event{ID: id, User: "user-" + string(rune('a'+i/26)) + string(rune('a'+i%26)), Task: code}
	}
	return list
}

func TestRecord_anEventIsOneLoadAndOneCommit(t *testing.T) {
	for _, tt := range []struct {
		server servers.Server
		event  int64 // of one user or of many
	}{
		{servers.PostgreSQL, 2}, // the load, the commit
		{servers.MariaDB, 3},    // the load; the commit begins and locks in one, and writes and ends in another
	} {
		t.Run(tt.server.Name, func(t *testing.T) {
			db, trips := pool(t, tt.server)
			eng := shop(t, tt.server.Migrated(t, db, tt.server.Schema(t, db)))
			for _, c := range []struct {
				name   string
				events []task.Event
				before int // how many calls come first, which prepare statements and make counters
			}{
				{"a user's event", events("order", "one", 1), 1},
				{"the same event again", events("order", "one", 1), 1},
				{"an event that takes from two budgets", events("rare", "taking", 1), 1},
				{"events of 100 users", events("order", "many", 100), 2},
				{"events of 100 users that take from two budgets", events("rare", "manytaking", 100), 2},
			} {
				record := func(suffix string) {
					list := make([]task.Event, len(c.events))
					for i, e := range c.events {
						e.ID += suffix
						list[i] = e
					}
					results, err := eng.RecordBatch(t.Context(), list...)
					if err != nil || results[0].Err != nil {
						t.Fatal(err, results[0].Err)
					}
				}
				for i := range c.before {
					record(string(rune('0' + i)))
				}
				record("8")
				want := tt.event
				if c.name == "the same event again" {
					record("9") // its records are read when it is known to be a repeat
					want = 2
				}
				before := trips.Load()
				record("9")
				if got := trips.Load() - before; got != want {
					t.Errorf("%s: %d round trips, want %d", c.name, got, want)
				}
			}
		})
	}
}
