package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// A spy keeps what is asked of its connections, which call themselves MySQL's, so that each statement comes by itself.
type spy struct {
	driver.Connector
	mu   sync.Mutex
	seen []string // guarded by mu
}

func (s *spy) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := connector{s.Connector}.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return spied{c.(conn), s}, nil
}

type spied struct {
	conn
	s *spy
}

func (c spied) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.s.mu.Lock()
	c.s.seen = append(c.s.seen, query)
	c.s.mu.Unlock()
	return c.conn.QueryContext(ctx, query, args)
}

// take gives what was asked since.
func (s *spy) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// No load, lock or list scans a table or sorts one, however many rows others have.
func TestPlans_nothingIsScanned(t *testing.T) {
	servers.MariaDB.Need(t)
	dsn, _, _ := strings.Cut(servers.MariaDB.DSN(), "?")
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	under, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	s := &spy{Connector: under}
	db := sql.OpenDB(s)
	t.Cleanup(func() { _ = db.Close() })
	eng := selling(t, servers.MariaDB.Migrated(t, db, servers.MariaDB.Schema(t, db)))
	var events []task.Event
	for i := range 300 {
		events = append(events, task.Event{ID: "e", User: fmt.Sprintf("user-%03d", i), Task: "order"})
	}
	record := func(events ...task.Event) {
		t.Helper()
		if _, err := eng.RecordBatch(t.Context(), events...); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		for i := range events {
			events[i].ID = fmt.Sprint("e", n)
		}
		record(events...)
	}
	for _, table := range []string{"users", "causes", "rewards", "transfers"} {
		if _, err := db.ExecContext(t.Context(), "ANALYZE TABLE "+s.table(table)); err != nil {
			t.Fatal(err)
		}
	}
	s.take()
	record(task.Event{ID: "single", User: "user-007", Task: "order"})
	for i := range events {
		events[i].ID = "many"
	}
	record(events[:20]...)
	for _, q := range []reward.Query{
		{User: "user-007", Limit: 5}, {Reward: "point", Limit: 5}, {Status: []reward.Status{reward.Pending}, Limit: 5},
	} {
		for _, err := range eng.Rewards(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, err := range eng.Statement(t.Context(), "user-007", "points") {
		if err != nil {
			t.Fatal(err)
		}
	}
	asked := s.take()
	if len(asked) < 7 {
		t.Fatalf("only %d queries were seen", len(asked))
	}
	for _, query := range asked {
		explain(t, db, query)
	}
}

// table finds the whole name of a table in what was asked.
func (s *spy) table(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, query := range s.seen {
		if end := strings.Index(query, "guerdon_"+name+"`"); end >= 0 {
			from := strings.LastIndex(query[:end], " ") + 1
			return query[from : end+len("guerdon_"+name+"`")]
		}
	}
	return name
}

// explain wants each table of a statement to be looked up by a key.
func explain(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN "+query)
	if err != nil {
		t.Errorf("%v\n%s", err, query)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var kind, table, access, possible, key, length, ref, extra sql.NullString
		var id, n sql.NullInt64
		if err := rows.Scan(&id, &kind, &table, &access, &possible, &key, &length, &ref, &n, &extra); err != nil {
			t.Fatal(err)
		}
		derived := strings.HasPrefix(table.String, "<") || strings.HasPrefix(extra.String, "No tables used") || table.String == "c" || strings.HasSuffix(table.String, "guerdon_catalog") // the one row of the catalog
		if !derived && (access.String == "ALL" || access.String == "index") || strings.Contains(extra.String, "filesort") {
			t.Errorf("%s is read by %s of %s, %s, in\n%s", table.String, access.String, key.String, extra.String, query)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
