// Package migrate tests the migrations of sqlstore on every database.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// Processes are this test's binary run again, with what to migrate in their environment.
const (
	childServer = "GUERDON_MIGRATE_SERVER"
	childDSN    = "GUERDON_MIGRATE_DSN"
	childSchema = "GUERDON_MIGRATE_SCHEMA"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(childServer); name != "" {
		if err := child(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child migrates, and records that it could use the tables at once.
func child(name string) error {
	for _, server := range servers.All() {
		if server.Name != name {
			continue
		}
		db, err := sql.Open(server.Driver(), os.Getenv(childDSN))
		if err != nil {
			return err
		}
		st, err := sqlstore.New(db, server.Dialect, sqlstore.Options{Schema: os.Getenv(childSchema)})
		if err != nil {
			return err
		}
		ctx := context.Background()
		if err := st.Migrate(ctx); err != nil {
			return err
		}
		user := fmt.Sprint("user-", os.Getpid())
		results, err := st.Commit(ctx, store.Unit{User: user, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseEvent, ID: "1"}}})
		if err == nil && !results[0].Written() {
			err = errors.New("not written")
		}
		return err
	}
	return fmt.Errorf("no server %q", name)
}

func each(t *testing.T, f func(t *testing.T, server servers.Server)) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			server.Need(t)
			f(t, server)
		})
	}
}

// dsn is a database of the test's own: a file, or a schema of the server.
func dsn(t *testing.T, server servers.Server) (dsn, schema string, db *sql.DB) {
	t.Helper()
	dsn = server.DSN()
	if server.Dialect == sqlstore.SQLite {
		dsn = servers.File(filepath.Join(t.TempDir(), "migrate.db"))
	}
	db, err := sql.Open(server.Driver(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return dsn, server.Schema(t, db), db
}

func TestMigrate_manyProcessesMayStartAtOnce(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		dsn, schema, db := dsn(t, server)
		const processes = 8
		var children []*exec.Cmd
		var outputs []*strings.Builder
		for range processes {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), childServer+"="+server.Name, childDSN+"="+dsn, childSchema+"="+schema)
			var out strings.Builder
			cmd.Stderr = &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			children, outputs = append(children, cmd), append(outputs, &out)
		}
		for i, cmd := range children {
			if err := cmd.Wait(); err != nil {
				t.Errorf("a process failed: %v\n%s", err, outputs[i])
			}
		}
		var users, versions int
		for query, into := range map[string]*int{"users": &users, "schema_versions": &versions} {
			if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+qualified(schema, query)).Scan(into); err != nil {
				t.Fatal(err)
			}
		}
		files := migrations(t, open(t, server, db, schema))
		if users != processes || versions != len(files) {
			t.Errorf("%d users and %d versions, want %d and %d", users, versions, processes, len(files))
		}
	})
}

func qualified(schema, table string) string {
	if schema != "" {
		schema += "."
	}
	return schema + "guerdon_" + table
}

func open(t *testing.T, server servers.Server, db *sql.DB, schema string) *sqlstore.Store {
	t.Helper()
	st, err := sqlstore.New(db, server.Dialect, sqlstore.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// migrations are the files, by their names in order.
func migrations(t *testing.T, st *sqlstore.Store) (files []string) {
	t.Helper()
	fsys, err := st.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, string(text))
	}
	return files
}

func TestMigrate_isRepeatable(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		_, schema, db := dsn(t, server)
		st := open(t, server, db, schema)
		for range 3 {
			if err := st.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if docs, stamp, err := st.Docs(t.Context(), 0); err != nil || len(docs) != 0 || stamp != (store.Stamp{}) {
			t.Errorf("afterwards there are %v, %v, %v", docs, stamp, err)
		}
	})
}

func TestStore_saysThatTheSchemaIsNotMigrated(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		_, schema, db := dsn(t, server)
		st := open(t, server, db, schema)
		if _, _, err := st.Docs(t.Context(), 0); !errors.Is(err, sqlstore.ErrNotMigrated) {
			t.Errorf("got %v, want ErrNotMigrated", err)
		}
	})
}

func TestMigrate_refusesANewerSchema(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		_, schema, db := dsn(t, server)
		if err := open(t, server, db, schema).Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO "+qualified(schema, "schema_versions")+" (version, name) VALUES (99, 'later')"); err != nil {
			t.Fatal(err)
		}
		st := open(t, server, db, schema)
		if err := st.Migrate(t.Context()); !errors.Is(err, sqlstore.ErrNewer) {
			t.Errorf("Migrate: %v, want ErrNewer", err)
		}
		if _, _, err := st.Docs(t.Context(), 0); !errors.Is(err, sqlstore.ErrNewer) {
			t.Errorf("Docs: %v, want ErrNewer", err)
		}
	})
}

// Two stores with prefixes of their own live side by side in one schema.
func TestMigrate_prefixesKeepStoresApart(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		_, schema, db := dsn(t, server)
		var stores []*sqlstore.Store
		for _, prefix := range []string{"one_", "Two_"} {
			st, err := sqlstore.New(db, server.Dialect, sqlstore.Options{Schema: schema, Prefix: prefix})
			if err != nil {
				t.Fatal(err)
			}
			if err := st.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			stores = append(stores, st)
		}
		if _, err := stores[0].PutDocs(t.Context(), store.Stamp{}, store.Doc{Kind: "task", Code: "a", Body: []byte("1")}); err != nil {
			t.Fatal(err)
		}
		if docs, _, err := stores[1].Docs(t.Context(), 0); err != nil || len(docs) != 0 {
			t.Errorf("the other store has %v, %v", docs, err)
		}
	})
}

// Of two who make a schema at once PostgreSQL fails one.
func TestMigrate_ofSeveralPrefixesMayMakeOneSchemaAtOnce(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		_, schema, db := dsn(t, server)
		var wg sync.WaitGroup
		for _, prefix := range []string{"a_", "b_", "c_"} {
			wg.Go(func() {
				st, err := sqlstore.New(db, server.Dialect, sqlstore.Options{Schema: schema, Prefix: prefix})
				if err == nil {
					err = st.Migrate(t.Context())
				}
				if err != nil {
					t.Error(prefix, err)
				}
			})
		}
		wg.Wait()
	})
}

// A session that reads as of its first statement does not see what it waited for, unless the migration sets its level itself.
func TestMigrate_ofSeveralAtOnceOnStrictIsolation(t *testing.T) {
	server := servers.PostgreSQL
	server.Need(t)
	dsn, schema, _ := dsn(t, server)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Skip("the connection string is no URL")
	}
	q := u.Query()
	q.Set("default_transaction_isolation", "serializable")
	u.RawQuery = q.Encode()
	db := server.Open(t, u.String())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := open(t, server, db, schema).Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A MySQL server ends a transaction with each table, so a migration may have stopped anywhere.
func TestMigrate_takesUpWhatWasInterrupted(t *testing.T) {
	server := servers.MariaDB
	server.Need(t)
	_, schema, db := dsn(t, server)
	statements := strings.SplitAfter(migrations(t, open(t, server, db, schema))[0], ";\n")
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 4, len(statements) - 3} {
		for _, s := range statements[:n] {
			if _, err := db.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	st := open(t, server, db, schema)
	if err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, stamp, err := st.Docs(t.Context(), 0); err != nil || stamp != (store.Stamp{}) {
		t.Errorf("the catalog is at %v, %v", stamp, err)
	}
}

// What a release wrote is read by all later ones: testdata has, for each version of the schema, the rows that it had then.
func TestMigrate_upgradesAFilledDatabaseFromEveryVersion(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		all := migrations(t, open(t, server, anyPool(t, server), ""))
		for version := 1; version <= len(all); version++ {
			t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
				_, schema, db := dsn(t, server)
				st := open(t, server, db, schema)
				if *update && version == len(all) && server.Name != servers.MySQL.Name { // MariaDB writes that of both
					dump(t, server, db, schema, version)
				}
				if schema != "" {
					if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
						t.Fatal(err)
					}
				}
				for _, file := range migrations(t, st)[:version] { // as a tool of somebody's own would
					execute(t, db, file)
				}
				rows, err := os.ReadFile(fixture(server, version))
				if err != nil {
					t.Fatal(err)
				}
				execute(t, db, strings.ReplaceAll(string(rows), "{}", qualified(schema, "")))
				if err := st.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				intact(t, st)
			})
		}
	})
}

// anyPool is any pool, for what only names the files.
func anyPool(t *testing.T, server servers.Server) *sql.DB {
	_, _, db := dsn(t, server)
	return db
}

func execute(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	for _, s := range strings.SplitAfter(text, ";\n") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if _, err := db.ExecContext(t.Context(), strings.TrimSuffix(s, ";")); err != nil {
			t.Fatalf("%v\n%s", err, s)
		}
	}
}

// intact wants all that the fixtures hold.
func intact(t *testing.T, st *sqlstore.Store) {
	t.Helper()
	key := store.Key{User: fixtureUser}
	want := storetest.Samples(fixtureUser)
	for _, r := range want {
		key.Parts = append(key.Parts, store.Part{Kind: r.Key().Kind, IDs: []string{r.Key().ID}})
	}
	snap, err := st.Load(t.Context(), store.Request{Keys: []store.Key{key}, Counters: []string{"budget/é"}})
	if err != nil {
		t.Fatal(err)
	}
	if snap.States[0].Version != 1 || snap.Counters["budget/é"] != 7 || snap.Stamp.Revision != 1 || len(snap.States[0].Rows) != len(want) {
		t.Fatalf("read version %d, counter %d, revision %d, %d rows", snap.States[0].Version, snap.Counters["budget/é"], snap.Stamp.Revision, len(snap.States[0].Rows))
	}
	for i, got := range snap.States[0].Rows {
		if string(got.Encode()) != string(want[i].Encode()) {
			t.Errorf("got  %s\nwant %s", got.Encode(), want[i].Encode())
		}
	}
	docs, _, err := st.Docs(t.Context(), 0)
	if err != nil || len(docs) != 1 || string(docs[0].Body) != `{"title":"用户 🙂"}` {
		t.Errorf("the documents are %v, %v", docs, err)
	}
}
