package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// A database is where the state of a campaign is kept.
type database struct {
	// name tells people where it is, without a password.
	name    string
	pool    *sql.DB
	dialect sqlstore.Dialect
}

// forms says what -dsn takes.
const forms = "where the state is kept: a `database`, one of postgres://user:password@host:5432/name, " +
	"mysql://user:password@tcp(host:3306)/name, or the path of a SQLite file, which is made if it is not there " +
	"(default: quickstart.sqlite in the working directory; with -config mine.json it is mine.sqlite)"

// otherwiseIn is the default of -dsn: a campaign has a file of its own in the working directory.
func otherwiseIn(config string) string {
	switch config {
	case "":
		return "quickstart.sqlite"
	case "-":
		return "stdin.sqlite"
	}
	base := filepath.Base(config)
	return strings.TrimSuffix(base, filepath.Ext(base)) + ".sqlite"
}

// open finds the database of a -dsn, reaches it and makes the tables.
func open(ctx context.Context, dsn string) (*database, *sqlstore.Store, error) {
	d, err := parse(dsn)
	if err != nil {
		return nil, nil, err
	}
	st, err := migrated(ctx, d)
	if err != nil {
		_ = d.pool.Close()
		return nil, nil, fmt.Errorf("%s: %w", d.name, err)
	}
	return d, st, nil
}

func migrated(ctx context.Context, d *database) (*sqlstore.Store, error) {
	reach, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := d.pool.PingContext(reach); err != nil {
		return nil, fmt.Errorf("cannot be reached: %w", err)
	}
	// The prefix keeps it apart from the tables of a program that uses the same database in earnest.
	st, err := sqlstore.New(d.pool, d.dialect, sqlstore.Options{Prefix: "quickstart_"})
	if err != nil {
		return nil, err
	}
	return st, st.Migrate(ctx)
}

// parse tells the forms of a -dsn apart. It reaches nothing.
func parse(dsn string) (*database, error) {
	scheme, rest, hasScheme := strings.Cut(dsn, "://")
	switch {
	case hasScheme && (scheme == "postgres" || scheme == "postgresql"):
		return parsePostgreSQL(dsn)
	case hasScheme && scheme == "mysql":
		return parseMySQL(rest)
	case hasScheme:
		return nil, fmt.Errorf("-dsn: %q is none of postgres, mysql and the path of a file", scheme)
	case dsn == "":
		return nil, errors.New("-dsn: must not be empty")
	}
	return parseSQLite(dsn)
}

func parsePostgreSQL(dsn string) (*database, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("-dsn: %w", err)
	}
	name := "PostgreSQL database"
	if u, err := url.Parse(dsn); err == nil {
		name = u.Redacted()
	}
	return &database{name: name, pool: stdlib.OpenDB(*config), dialect: sqlstore.PostgreSQL}, nil
}

func parseMySQL(dsn string) (*database, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("-dsn: %w", err)
	}
	config.InterpolateParams = true // a statement is one round trip, and has no state in a session that may be lost
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("-dsn: %w", err)
	}
	name := fmt.Sprintf("mysql://%s@%s(%s)/%s", config.User, config.Net, config.Addr, config.DBName)
	return &database{name: name, pool: sql.OpenDB(connector), dialect: sqlstore.MySQL}, nil
}

func parseSQLite(path string) (*database, error) {
	// Readers do not wait for a writer (WAL), a writer waits for another, and a transaction is one that writes from its
	// start: it could not become one after it has read.
	path = strings.TrimPrefix(path, "file:")
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	pool, err := sql.Open("sqlite", "file:"+escaped+
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("-dsn: %w", err)
	}
	return &database{name: path, pool: pool, dialect: sqlstore.SQLite}, nil
}
