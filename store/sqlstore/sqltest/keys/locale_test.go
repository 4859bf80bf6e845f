package keys

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine/enginetest"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// A database whose own order of texts is that of a language, with "a" before "B" and "ä" before "b", changes nothing: every key says
// that it compares byte by byte.
func TestKeys_areBytesWhateverTheLocaleOfTheDatabase(t *testing.T) {
	server := servers.PostgreSQL
	db := server.Open(t, localized(t, server))
	db.SetMaxOpenConns(20)
	var before bool
	if err := db.QueryRowContext(t.Context(), "SELECT 'a' < 'B'").Scan(&before); err != nil || !before {
		t.Fatalf("the database orders texts byte by byte itself: %v", err)
	}
	t.Run("scene", func(t *testing.T) {
		enginetest.Keys(t, memory.New(), server.Migrated(t, db, server.Schema(t, db)))
	})
	t.Run("contract", func(t *testing.T) {
		empty := server.ReusedOn(t, db)
		storetest.Run(t, func(t *testing.T) store.Store { return empty(t) })
	})
}

// Also a transaction of the caller's locks counters as bytes, as every other commit does, with whom it would deadlock otherwise.
func TestKeys_areLockedAsBytes(t *testing.T) {
	server := servers.PostgreSQL
	db := server.Open(t, localized(t, server))
	schema := server.Schema(t, db)
	st := server.Migrated(t, db, schema)
	take := func(user string) store.Unit {
		u := store.Unit{User: user, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseRequest, ID: "1"}}}
		u.Take = []store.Take{{Counter: "C", N: 1, Max: 9}, {Counter: "b", N: 1, Max: 9}}
		return u
	}
	if _, err := st.Commit(t.Context(), take("first")); err != nil {
		t.Fatal(err)
	}
	begin := func() *sql.Tx {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	row := "SELECT 1 FROM " + schema + ".guerdon_counters WHERE name = $1 FOR UPDATE"
	other, tx := begin(), begin()
	defer other.Rollback()
	defer tx.Rollback()
	if _, err := other.ExecContext(t.Context(), row, "b"); err != nil { // which is in front of C in the language
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := st.In(tx).Commit(t.Context(), take("second"))
		done <- err
	}()
	for n := 0; n == 0; time.Sleep(time.Millisecond) {
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), row+" NOWAIT", "C"); err == nil {
		t.Error("it waits for b and has not locked C")
	}
	if err := other.Rollback(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// So does every index, also one that no list is read from.
func TestKeys_areBytesInEveryIndex(t *testing.T) {
	server := servers.PostgreSQL
	db := server.Pool(t)
	schema := server.Schema(t, db)
	server.Migrated(t, db, schema)
	rows, err := db.QueryContext(t.Context(), `
SELECT c.relname, a.attname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
CROSS JOIN unnest(i.indkey::int2[], i.indcollation::oid[]) AS k(attnum, ordered) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE c.relnamespace = $1::text::regnamespace AND k.ordered NOT IN (0, '"C"'::regcollation)`, schema)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var index, column string
		if err := rows.Scan(&index, &column); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s compares %s as the database does", index, column)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// localized makes a database with the order of a language, and gives its connection string. It is dropped when the test ends.
func localized(t *testing.T, server servers.Server) (dsn string) {
	t.Helper()
	db := server.Pool(t)
	u, err := url.Parse(server.DSN())
	if err != nil || u.Host == "" {
		t.Skip("the connection string must be a URL, to connect to another database of the server")
	}
	name := fmt.Sprintf("guerdon_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	locale, err := language(t.Context(), db)
	if err != nil {
		t.Skipf("PostgreSQL has no locale but C: %v", err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING UTF8 "+locale); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // what the test has opened there is closed before
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

// language chooses a locale of a language: of ICU where a database may have one, which is from PostgreSQL 15 on, else of the system.
func language(ctx context.Context, db *sql.DB) (clause string, err error) {
	var version, icu int
	err = db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, (SELECT count(*) FROM pg_collation WHERE collname = 'en-x-icu')").Scan(&version, &icu)
	if err != nil {
		return "", err
	}
	if version >= 150_000 && icu > 0 {
		return "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'", nil
	}
	var name string
	err = db.QueryRowContext(ctx, `SELECT collcollate FROM pg_collation WHERE collprovider = 'c' AND collencoding = pg_char_to_encoding('UTF8')
		AND lower(collcollate) ~ '^[a-z]{2}_[a-z]{2}[.]utf-?8$' ORDER BY collcollate LIMIT 1`).Scan(&name)
	return "LC_COLLATE '" + name + "' LC_CTYPE '" + name + "'", err
}
