// Package database opens the database that somebody named in a -dsn, for the programs beside it. Copy what you need of it: the
// settings of a pool, and those of a SQLite file.
package database

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// Forms are what Open takes, for the help of a program.
const Forms = "postgres://user:password@host:5432/name, mysql://user:password@host:3306/name, " +
	"user:password@tcp(host:3306)/name, or the path of a SQLite file, which is made if it is not there"

// ErrForm is what Open answers for a text that is none of [Forms]. It does not repeat the text, which may have a password in it.
var ErrForm = errors.New("the database must be one of " + Forms +
	`; in an address a password has %40 for @ and so on, and a path with any of : = @ ? ( ) begins with / or ./`)

// A Database is a pool of connections that has reached nothing yet.
type Database struct {
	*sql.DB
	Dialect sqlstore.Dialect
	// Name tells people where it is, without a password.
	Name string
}

// conns is how many connections a pool opens at most, and keeps: a server has a limit on them which all programs share, a SQLite file
// has one writer for whom more of them only wait, and a new connection costs more than an idle one.
const conns = 16

// driverForm is how the driver of MySQL names a server.
var driverForm = regexp.MustCompile(`(^|@)(tcp|unix)\(.*\)/`)

// Open opens what a text names, and reaches nothing. A text that is none of [Forms] is [ErrForm]; the empty one is too.
func Open(dsn string) (*Database, error) {
	scheme, _, _ := strings.Cut(dsn, "://")
	switch {
	case filepath.IsAbs(dsn), strings.HasPrefix(dsn, "./"), strings.HasPrefix(dsn, "../"):
		return openSQLite(dsn)
	case scheme != dsn && (scheme == "postgres" || scheme == "postgresql"):
		return openPostgreSQL(dsn)
	case driverForm.MatchString(dsn):
		return openMySQL(mysql.ParseDSN(strings.TrimPrefix(dsn, "mysql://")))
	case scheme != dsn && scheme == "mysql":
		return openMySQL(parseMySQL(dsn))
	case dsn != "" && !strings.ContainsAny(dsn, ":=@?()"):
		return openSQLite(dsn)
	}
	return nil, ErrForm
}

func openPostgreSQL(dsn string) (*Database, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, ErrForm // and not err, which repeats the text
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, ErrForm
	}
	return limited(&Database{stdlib.OpenDB(*config), sqlstore.PostgreSQL, named("postgres", u.User.Username(), u.Host+u.Path)}), nil
}

// parseMySQL reads an address. Its query has the driver's parameters.
func parseMySQL(dsn string) (*mysql.Config, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, err
	}
	host := u.Host
	if u.Port() == "" {
		host = strings.TrimSuffix(host, ":") + ":3306"
	}
	config, err := mysql.ParseDSN("tcp(" + host + ")/" + strings.TrimPrefix(u.EscapedPath(), "/") + "?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	return config, nil
}

func openMySQL(config *mysql.Config, err error) (*Database, error) {
	if err != nil || config.DBName == "" {
		return nil, ErrForm
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, ErrForm
	}
	return limited(&Database{sql.OpenDB(connector), sqlstore.MySQL, named("mysql", config.User, config.Addr+"/"+config.DBName)}), nil
}

func named(scheme, user, where string) string {
	if user != "" {
		where = user + "@" + where
	}
	return scheme + "://" + where
}

func limited(d *Database) *Database {
	d.SetMaxOpenConns(conns)
	d.SetMaxIdleConns(conns)
	return d
}

// openSQLite opens a file. Readers do not wait for a writer (WAL), a writer waits for another, and a transaction is one that
// writes from its start: it could not become one after it has read. Whatever is in the path is part of its name.
func openSQLite(path string) (*Database, error) {
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	db, err := sql.Open("sqlite", "file:"+escaped+
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	return limited(&Database{db, sqlstore.SQLite, path}), nil
}
