package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing/fstest"

	"github.com/guerdon-go/guerdon/store"
)

// migrationFiles are frozen once a release has them: a change is a file more. A brace names a table, which stands for its
// whole name, or the prefix. A statement ends with a semicolon at the end of a line. The first statement of the first file
// makes the table of versions if it is not there, and each file ends by adding its own.
//
//go:embed migrations
var migrationFiles embed.FS

// A migration is one file.
type migration struct {
	version int
	name    string
	sql     string
}

// migrations are those of the dialect, in order, with the names of this store's tables.
func (s *Store) migrations() ([]migration, error) {
	dir := path.Join("migrations", s.d.String())
	files, err := fs.ReadDir(migrationFiles, dir)
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, f := range files {
		number, name, ok := strings.Cut(strings.TrimSuffix(f.Name(), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if !ok || err != nil || version != len(list)+1 {
			return nil, fmt.Errorf("sqlstore: migration %s is out of order", f.Name())
		}
		raw, err := fs.ReadFile(migrationFiles, path.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, migration{version, name, s.rendered(string(raw))})
	}
	return list, nil
}

// rendered puts names into the text of a migration.
func (s *Store) rendered(text string) string {
	return regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllStringFunc(text, func(name string) string {
		name = strings.Trim(name, "{}")
		if name == "prefix" {
			return s.opt.Prefix
		}
		return s.qualified(name)
	})
}

// Migrations gives the SQL that [Store.Migrate] runs, with the names of this store's tables, for those who have a tool of their
// own: one file a version, named 0001_core.sql and so on, in the root. PostgreSQL's schema or MySQL's database must be there.
// A file is many statements, each of which ends with a semicolon at the end of a line. To run it in one Exec
// github.com/go-sql-driver/mysql needs multiStatements=true in its DSN.
func (s *Store) Migrations() (fs.FS, error) {
	list, err := s.migrations()
	if err != nil {
		return nil, err
	}
	files := make(fstest.MapFS, len(list))
	for _, m := range list {
		files[fmt.Sprintf("%04d_%s.sql", m.version, m.name)] = &fstest.MapFile{Data: []byte(m.sql), Mode: 0o444}
	}
	return files, nil
}

// Migrate brings the tables to this release: it makes what is not there, and the schema too, under a lock, so that any number
// of processes may start at once. On tables that are up to date it reads their version and does nothing else; it needs no right to make
// any then. Tables of a newer release are [ErrNewer], and nothing is changed. On PostgreSQL and SQLite all of it holds or nothing; MySQL
// has no transactions for tables, and there a migration that was interrupted is taken up again by the next call.
func (s *Store) Migrate(ctx context.Context) error {
	list, err := s.migrations()
	if err != nil {
		return err
	}
	err = s.again(ctx, true, func() error {
		version, err := s.version(ctx, s.db)
		if err != nil && s.failure(err) != refused { // which says that there is no such table
			return err
		}
		if err == nil && version >= len(list) {
			return notNewer(version, len(list))
		}
		return s.locked(ctx, func(conn *sql.Conn) error { return s.migrate(ctx, conn, list) })
	})
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	s.checked.Store(true)
	return nil
}

func (s *Store) migrate(ctx context.Context, conn *sql.Conn, list []migration) error {
	if s.opt.Schema != "" {
		if err := s.makeSchema(ctx, conn); err != nil {
			return err
		}
	}
	if _, err := conn.ExecContext(ctx, statementsOf(list[0].sql)[0]); err != nil {
		return err
	}
	version, err := s.version(ctx, conn)
	if err != nil {
		return err
	}
	if version >= len(list) {
		return notNewer(version, len(list))
	}
	for _, m := range list[version:] {
		for _, statement := range statementsOf(m.sql) {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("version %d, %s: %w", m.version, m.name, err)
			}
		}
		s.log.InfoContext(ctx, "sqlstore: migrated", "version", m.version, "name", m.name)
	}
	return nil
}

// makeSchema looks first: PostgreSQL asks for the right to make schemas also where there is nothing to make.
func (s *Store) makeSchema(ctx context.Context, conn *sql.Conn) error {
	var there int
	err := conn.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.schemata WHERE schema_name = '"+s.opt.Schema+"'").Scan(&there)
	if err == nil && there == 0 {
		_, err = conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+s.d.quote+s.opt.Schema+s.d.quote)
	}
	return err
}

// notNewer is the error of tables that are of a newer release than this one, whose last version is newest.
func notNewer(version, newest int) error {
	if version <= newest {
		return nil
	}
	return &store.Error{Op: "schema", Err: fmt.Errorf("%w: version %d, this release knows %d", ErrNewer, version, newest)}
}

// version is that of the tables, 0 where none was noted.
func (s *Store) version(ctx context.Context, on interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (version int, err error) {
	err = on.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM "+s.table(versionsTable)).Scan(&version)
	return version, err
}

// checkSchema tells whether the tables are those of this release.
func (s *Store) checkSchema(ctx context.Context) error {
	if s.d.Dialect == PostgreSQL {
		if err := s.there(ctx, pool{s}); err != nil {
			return err
		}
	}
	version, err := s.version(ctx, s.db)
	if err != nil {
		return s.unmigrated(err)
	}
	return s.checkVersion(version)
}

func (s *Store) checkVersion(version int) error {
	list, err := s.migrations()
	if err == nil && version < len(list) {
		err = &store.Error{Op: "schema", Err: fmt.Errorf("%w: version %d, this release needs %d", ErrNotMigrated, version, len(list))}
	}
	if err != nil {
		return err
	}
	return notNewer(version, len(list))
}

// unmigrated gives the error of a first statement about the tables its meaning: as a rule that they are not there.
func (s *Store) unmigrated(err error) error {
	if errors.As(err, new(*store.Error)) || errors.Is(err, store.ErrCorrupt) || errors.Is(err, sql.ErrTxDone) || s.failure(err) != refused {
		return err
	}
	return &store.Error{Op: "schema", Err: fmt.Errorf("%w: %w", ErrNotMigrated, err)}
}

// firstStamp is checkSchema in a caller's transaction, which must stay of use to the caller: PostgreSQL does nothing more in one after
// a statement about a table that is not there, so that it is asked for the table first. The version comes with the stamp, whose table
// changes as little as that of versions, and costs no statement.
func (s *Store) firstStamp(ctx context.Context, on runner) (stamp store.Stamp, err error) {
	if s.d.Dialect == PostgreSQL {
		if err := s.there(ctx, on); err != nil {
			return stamp, err
		}
	}
	version := 0
	if stamp, err = s.stamp(ctx, on, &version); err != nil {
		return stamp, s.unmigrated(err)
	}
	if err := s.checkVersion(version); err != nil {
		return store.Stamp{}, err
	}
	s.checkedIn.Store(true)
	return stamp, nil
}

// there looks whether PostgreSQL has a table of versions, and whether it takes texts as they are: a session of another encoding would
// change them, and IDs with them.
func (s *Store) there(ctx context.Context, on runner) error {
	text := "SELECT to_regclass('" + s.table(versionsTable) + "') IS NOT NULL, current_setting('client_encoding')"
	rows, err := on.query(ctx, &prepared{text: text, once: true}, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	there, encoding := false, ""
	for rows.Next() {
		if err := scan(rows, &there, &encoding); err != nil {
			return err
		}
	}
	switch err := rows.Err(); {
	case err != nil:
		return err
	case encoding != "UTF8" && encoding != "SQL_ASCII":
		return &store.Error{Op: "schema", Err: fmt.Errorf("%w: client_encoding is %s, and must be UTF8", errSession, encoding)}
	case !there:
		return &store.Error{Op: "schema", Err: fmt.Errorf("%w: there is no %s", ErrNotMigrated, s.table(versionsTable))}
	}
	return nil
}

// statementsOf splits the text of a migration.
func statementsOf(text string) []string {
	var list []string
	for _, s := range strings.SplitAfter(text, ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, strings.TrimSuffix(s, ";"))
		}
	}
	return list
}

// locked runs f on a connection that holds the lock of the schema, and on PostgreSQL and SQLite in a transaction. Stores with other
// prefixes have the same lock: each may have to make the schema, and of two at once PostgreSQL fails one.
func (s *Store) locked(ctx context.Context, f func(conn *sql.Conn) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // it goes back to the pool
	h := fnv.New64a()
	h.Write([]byte("guerdon " + s.opt.Schema))
	lock := s.d.lock(h.Sum64())
	begun := false
	for _, statement := range lock.begin {
		if err = acquire(ctx, conn, statement); err != nil {
			break
		}
		begun = true
	}
	if err == nil {
		err = f(conn)
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, lock.commit)
	}
	if err != nil && begun { // a transaction whose COMMIT met a reader is still there on SQLite
		undo(ctx, conn, lock.undo)
	}
	return err
}

// acquire runs a statement that takes the lock.
func acquire(ctx context.Context, conn *sql.Conn, statement string) error {
	if !strings.HasPrefix(statement, "SELECT") {
		_, err := conn.ExecContext(ctx, statement)
		return err
	}
	var got sql.NullInt64
	err := conn.QueryRowContext(ctx, statement).Scan(&got)
	if err == nil && got.Int64 == 0 { // or NULL, where the server could not
		err = errLocked
	}
	return err
}

// errLocked is the error of a lock that others held for too long.
var errLocked = errors.New("others hold the lock of the migration")

// A lock is the statements that take and leave the lock of a migration. One that is a SELECT answers 0 where it was not taken.
type lock struct {
	begin        []string
	commit, undo string
}

// transactional takes a lock that ends with its transaction.
func transactional(begin ...string) func(key uint64) lock {
	return func(key uint64) lock {
		l := lock{commit: "COMMIT", undo: "ROLLBACK"}
		for _, b := range begin {
			l.begin = append(l.begin, strings.ReplaceAll(b, "{key}", strconv.FormatInt(int64(key), 10)))
		}
		return l
	}
}
