package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
)

// Options adjust a Store. The zero Options are ready to use.
type Options struct {
	// Schema is the PostgreSQL schema or the MySQL database that holds the tables: up to 48 letters, digits and underscores,
	// the first no digit. SQLite has none.
	//
	// Defaults to the connection's own.
	Schema string
	// Prefix stands before the name of every table, of the same characters and up to 24 of them.
	//
	// Defaults to "guerdon_".
	Prefix string
	// Logger takes what an operator may want to know: retries, lost answers, migrations.
	//
	// Defaults to discarding everything.
	Logger *slog.Logger
}

// A Store keeps rows in a database. It is safe for use by several goroutines at once; it opens no connection but those of
// its pool, and starts nothing.
type Store struct {
	db     *sql.DB
	d      *dialect
	opt    Options
	log    *slog.Logger
	tables map[string]string // by name, quoted and with schema and prefix
	texts  statements
	// variety is what the texts of batches depend on beside their shape, and lookups those of the loads of many users.
	variety, lookups variety
	known            counterNames
	wanted           wantedTexts
	stats            stats
	// writer is taken by who writes, nil where the database takes several.
	writer *turns
	// checked says that the schema was found to be this release's.
	checked atomic.Bool
	// checkedIn says so of a caller's transaction, which may be of another pool, and may have been rolled back.
	checkedIn atomic.Bool
	// driver is the type of the errors of SQLite's driver, nil until it is known; see [Store.meetDriver].
	driver atomic.Pointer[reflect.Type]
	// savepoints numbers those in callers' transactions, so that none is taken for an earlier one that is gone.
	savepoints atomic.Int64
	// server is a [flavour], and looked says that the settings of a connection were found good; see [Store.usable].
	server atomic.Int32
	looked atomic.Bool
}

// New returns a store over a pool of connections. It touches no database: see [Store.Migrate]. Errors are a nil pool, a
// dialect that does not exist, and a [rule.FieldError] for each fault of the options.
func New(db *sql.DB, d Dialect, opt Options) (*Store, error) {
	s := &Store{db: db, d: d.differences(), opt: opt, log: opt.Logger}
	switch {
	case db == nil:
		return nil, errors.New("sqlstore: no database")
	case s.d == nil:
		return nil, fmt.Errorf("sqlstore: no such dialect: %v", d)
	}
	if s.opt.Prefix == "" {
		s.opt.Prefix = "guerdon_"
	}
	if err := s.opt.check(d); err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.d.oneWriter {
		s.writer = newTurns()
	}
	s.tables = map[string]string{}
	for _, name := range tableNames() {
		s.tables[name] = s.qualified(name)
	}
	return s, nil
}

func (o Options) check(d Dialect) error {
	word := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	var f rule.Faults
	if o.Schema != "" && (len(o.Schema) > 48 || !word.MatchString(o.Schema) || d == SQLite) {
		f.Add("schema", o.Schema, "must be up to 48 letters, digits and underscores, and empty for SQLite")
	}
	if len(o.Prefix) > 24 || !word.MatchString(o.Prefix) {
		f.Add("prefix", o.Prefix, "must be up to 24 letters, digits and underscores")
	}
	return f.Err()
}

// The tables beside those of the kinds.
const (
	usersTable     = "users"
	countersTable  = "counters"
	documentsTable = "documents"
	catalogTable   = "catalog"
	versionsTable  = "schema_versions"
)

func tableNames() []string {
	names := []string{usersTable, countersTable, documentsTable, catalogTable, versionsTable}
	for _, t := range tables {
		names = append(names, t.name)
	}
	return names
}

// qualified is the whole name of a table.
func (s *Store) qualified(name string) string {
	q := s.d.quote
	name = q + s.opt.Prefix + name + q
	if s.opt.Schema != "" {
		name = q + s.opt.Schema + q + "." + name
	}
	return name
}

// DB is the pool the store was made of.
func (s *Store) DB() *sql.DB { return s.db }

// table is the whole name of a table.
func (s *Store) table(name string) string { return s.tables[name] }

// Limits are the same for every dialect but for OneWriter, which SQLite is: 1,000 units, 20,000 rows, 5,000 of them in a unit.
func (s *Store) Limits() store.Limits {
	return store.Limits{Units: 1000, Rows: 20_000, RowsPerUnit: 5000, OneWriter: s.d.oneWriter}
}

// Stats are what a store has counted since it was made.
type Stats struct {
	// Retries is how often a call was run again because others were in the way, the database was busy or a connection was lost.
	Retries int64
	// Lost is how many commits were sent whose answer was not received.
	Lost int64
}

type stats struct{ retries, lost atomic.Int64 }

// Stats gives the counts so far, those of transactions of [Store.Do] among them.
func (s *Store) Stats() Stats {
	return Stats{Retries: s.stats.retries.Load(), Lost: s.stats.lost.Load()}
}

// statements keeps texts by their shape, so that they are put together once.
type statements struct {
	mu      sync.RWMutex
	byShape map[shape]*prepared // guarded by mu
}

// A shape is what the text of a statement depends on.
type shape struct {
	what  byte
	count [12]uint16
	// slots are the tables of rows side by side, counted from 1, and varies which of their columns are arrays.
	slots  [slotsMost]uint8
	varies [slotsMost]uint32
}

// prepared is a text, and where the driver does not keep statements by their text, the statement.
type prepared struct {
	text string
	once bool // it is not kept
	stmt atomic.Pointer[sql.Stmt]
}

// ready is the statement if it was prepared before. In a transaction none is prepared anew on the pool, which may have no other
// connection.
func (p *prepared) ready() *sql.Stmt { return p.stmt.Load() }

// shapes is how many texts are kept. Most programs use a few dozen; those after them are put together each time.
const shapes = 512

// build makes the statement of a shape, or its arguments alone if the text is known. The zero shape is never kept.
func (s *Store) build(of shape, write func(b *statement)) (*prepared, []any) {
	if s.d.literal != nil {
		b := &statement{s: s}
		write(b)
		return &prepared{text: b.text.String(), once: true}, nil
	}
	s.texts.mu.RLock()
	p, full := s.texts.byShape[of], len(s.texts.byShape) >= shapes
	s.texts.mu.RUnlock()
	b := &statement{s: s, mute: p != nil, args: make([]any, 0, 64)}
	write(b)
	switch {
	case p != nil:
		return p, b.args
	case of == shape{} || full:
		return &prepared{text: b.text.String(), once: true}, b.args
	}
	s.texts.mu.Lock()
	defer s.texts.mu.Unlock()
	if p = s.texts.byShape[of]; p != nil {
		return p, b.args
	}
	p = &prepared{text: b.text.String()}
	if s.texts.byShape == nil {
		s.texts.byShape = make(map[shape]*prepared)
	}
	s.texts.byShape[of] = p
	return p, b.args
}

// Retries of a whole call.
const (
	// retries is how often a call is run again at least, and where others are in the way, for how long.
	retries  = 10
	retryFor = time.Second
	// retryMost is the longest wait between two tries.
	retryMost = 100 * time.Millisecond
)

// again runs f until it succeeds, fails for good, or was retried often enough. f must leave nothing behind when it fails with
// a conflict or without having been sent; reading says that it writes nothing, so that a lost connection is no matter either.
func (s *Store) again(ctx context.Context, reading bool, f func() error) error {
	var begun time.Time
	for try := 0; ; try++ {
		err := s.usable(ctx)
		if err == nil {
			err = f()
		}
		if err == nil {
			return nil
		}
		kind := s.failure(err)
		switch {
		case kind == conflict, kind == unsent, kind == broken && reading:
		default:
			return err
		}
		if try == 0 {
			begun = time.Now()
		}
		if ctx.Err() != nil || try >= retries && (kind != conflict || time.Since(begun) >= retryFor) {
			return late(ctx, err)
		}
		s.stats.retries.Add(1)
		s.log.DebugContext(ctx, "sqlstore: run again", "try", try+1, "error", err)
		if wait(ctx, try) != nil {
			return late(ctx, err)
		}
	}
}

// wait waits a random while before the next try, longer each time.
func wait(ctx context.Context, try int) error {
	most := min(time.Millisecond<<min(try, 10), retryMost)
	t := time.NewTimer(time.Duration(rand.Int64N(int64(most))))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// counterNames remembers which counters exist, so that a commit need not make sure. Counters are never deleted.
type counterNames struct {
	mu    sync.RWMutex
	names map[string]struct{} // guarded by mu
}

// counterNamesMost bounds the memory; forgetting costs a statement for each counter that is taken from again.
const counterNamesMost = 100_000

func (c *counterNames) has(name string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, ok := c.names[name]
	return ok
}

func (c *counterNames) remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, name)
}

func (c *counterNames) add(names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names == nil || len(c.names) >= counterNamesMost {
		c.names = make(map[string]struct{})
	}
	for _, name := range names {
		c.names[strings.Clone(name)] = struct{}{}
	}
}
