// Package plans looks at what sqlstore asks of databases: how often it waits for an answer, whether plans are kept, and whether
// a statement reads more than it is asked for.
package plans

import (
	"context"
	"database/sql"
	"net"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/faults"
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

// A conversation is calls of which some are counted, and what must come before them: statements are prepared and counters made.
type conversation struct {
	name   string
	events []task.Event
	before int
}

func conversations() []conversation {
	return []conversation{
		{"a user's event", events("order", "one", 1), 2},
		{"the same event again", events("order", "one", 1), 2},
		{"an event that takes from two budgets", events("rare", "taking", 1), 2},
		{"events of 100 users", events("order", "many", 100), 2},
		{"events of 100 users that take from two budgets", events("rare", "manytaking", 100), 2},
	}
}

// costs records and gives what the last call of a conversation cost by a count.
func (c *conversation) costs(t *testing.T, eng *engine.Engine, count func() int64) int64 {
	t.Helper()
	record := func(suffix string) {
		t.Helper()
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
	if c.name == "the same event again" {
		record("9")
	}
	before := count()
	record("9")
	return count() - before
}

// An event is one load and one commit, of many users too.
func TestRecord_costsAsFewRoundTripsAsThereMayBe(t *testing.T) {
	for _, tt := range []struct {
		server servers.Server
		want   []int64 // by conversation
	}{
		// The load and the commit; a repeat's records are read when it is known to be one.
		{servers.PostgreSQL, []int64{2, 2, 2, 2, 2}},
		// The same; of many users the commit begins, locks, and writes and ends, each in a round trip.
		{servers.MariaDB, []int64{2, 2, 2, 4, 4}},
		// The load; the level, the beginning, the lock, the version, seven tables and the end; and what is taken from counters.
		{servers.MySQL, []int64{12, 2, 14, 13, 14}},
	} {
		t.Run(tt.server.Name, func(t *testing.T) {
			db, trips := pool(t, tt.server)
			eng := shop(t, tt.server.Migrated(t, db, tt.server.Schema(t, db)))
			for i, c := range conversations() {
				if got := c.costs(t, eng, trips.Load); got != tt.want[i] {
					t.Errorf("%s: %d round trips, want %d", c.name, got, tt.want[i])
				}
			}
		})
	}
}

// On SQLite nothing goes over a network, and each call of the driver is a statement.
func TestRecord_costsAsFewStatementsOfSQLiteAsThereAreTables(t *testing.T) {
	db, calls := faults.Open(t, servers.SQLite, servers.File(filepath.Join(t.TempDir(), "guerdon.db")))
	eng := shop(t, servers.SQLite.Migrated(t, db, ""))
	calls.Arm(faults.Before, 1<<30) // never; it counts
	for i, want := range []int64{11, 2, 15, 13, 15} {
		c := conversations()[i]
		if got := c.costs(t, eng, func() int64 { return int64(len(calls.Ops())) }); got != want {
			for _, op := range calls.Ops()[len(calls.Ops())-int(got):] {
				t.Log(&op)
			}
			t.Errorf("%s: %d calls, want %d", c.name, got, want)
		}
	}
}

// In a caller's transaction a load makes the user, locks, and reads what is there then; on PostgreSQL it first sees to births, and on
// MySQL to the transaction. A commit locks and makes what it needs, and writes. On MariaDB it locks and reads in between, and the
// savepoint comes along. On MySQL each is a round trip: the transaction, the lock, the savepoint and its end, the version, one table; and
// where there are any, the new user, the user who is locked before counters are made, these, and what is taken from them.
func TestIn_loadsAndCommitsTakeFewRoundTrips(t *testing.T) {
	for _, tt := range []struct {
		server                    servers.Server
		load, plain, taking, born int64
	}{
		{servers.PostgreSQL, 4, 1, 2, 2},
		{servers.MariaDB, 3, 2, 3, 3},
		{servers.MySQL, 4, 6, 9, 10},
	} {
		t.Run(tt.server.Name, func(t *testing.T) {
			db, trips := pool(t, tt.server)
			st := tt.server.Migrated(t, db, tt.server.Schema(t, db))
			take := []store.Take{{Counter: "c", N: 1, Max: 100}}
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			for round := range int64(3) { // the first of which prepares statements
				for _, c := range []struct {
					name string
					unit store.Unit
					want int64
				}{
					{"of a new user", store.Unit{User: "new" + strconv.FormatInt(round, 10), Take: take}, tt.born},
					{"that takes from a budget", store.Unit{User: "new0", Version: 1 + 2*round, Take: take}, tt.taking},
					{"of a known user", store.Unit{User: "new0", Version: 2 + 2*round}, tt.plain},
				} {
					c.unit.Insert = []store.Row{&store.CauseRow{User: c.unit.User, Type: store.CauseRequest, ID: c.name + strconv.FormatInt(round, 10)}}
					in := st.In(tx)
					before := trips.Load()
					if _, err := in.Load(t.Context(), store.Request{Keys: []store.Key{{User: c.unit.User}}, ForUpdate: true}); err != nil {
						t.Fatal(err)
					}
					if got := trips.Load() - before; round > 0 && got != tt.load {
						t.Errorf("a load for a commit %s: %d round trips, want %d", c.name, got, tt.load)
					}
					before = trips.Load()
					results, err := in.Commit(t.Context(), c.unit)
					if err != nil || !results[0].Written() {
						t.Fatalf("%s: %+v, %v", c.name, results, err)
					}
					if got := trips.Load() - before; round > 0 && got != c.want {
						t.Errorf("a commit %s: %d round trips, want %d", c.name, got, c.want)
					}
				}
			}
		})
	}
}
