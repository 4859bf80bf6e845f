package mysql

import (
	"context"
	"database/sql"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A commit that waits for a row when its context ends has landed, or never will, when it answers: whoever looks for its cause then
// need not look again. It answers in time also where its context has no deadline.
func TestCommit_landsNotAfterItAnswered(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		places := server.Places(t)
		for _, what := range []string{"user", "counter", "table"} {
			for _, end := range []string{"deadline", "cancel", "cut"} {
				t.Run("one unit, "+what+" "+end, func(t *testing.T) { late(t, server, places(t), what, end, "ada") })
				if what != "user" { // several users wait for none
					t.Run("two units, "+what+" "+end, func(t *testing.T) { late(t, server, places(t), what, end, "ada", "bob") })
				}
			}
		}
	})
}

func late(t *testing.T, server servers.Server, at servers.Place, what, end string, users ...string) {
	clean := server.At(t, at)
	units := func(version int64, id string) (list []store.Unit) {
		for _, user := range users {
			u := requested(user, version, id)
			u.Take = []store.Take{{Counter: "c", N: 1, Max: 10}}
			list = append(list, u)
		}
		return list
	}
	commit(t, t.Context(), clean, units(0, "first"))
	db, cut := cuttable(t, at.DSN)
	st := server.Store(t, db, at.Schema)
	if _, err := st.Load(t.Context(), store.Request{Counters: []string{"c"}}); err != nil { // so that it need not be made
		t.Fatal(err)
	}
	release := hold(t, clean.DB(), at.Schema, what)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	switch end {
	case "deadline":
		ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
	case "cancel":
		time.AfterFunc(200*time.Millisecond, cancel)
	default:
		time.AfterFunc(200*time.Millisecond, cut)
		time.AfterFunc(300*time.Millisecond, cancel) // for a call that tries again
	}
	begun := time.Now()
	_, err := st.Commit(ctx, units(1, "second")...)
	if took := time.Since(begun); took > 4*time.Second || end == "deadline" && took > time.Second {
		t.Errorf("it answers after %v", took)
	}
	if err == nil {
		t.Error("it is written, or Moved, although somebody holds what it needs")
	}
	before := landed(t, clean)
	release()
	err2 := clean.Do(t.Context(), func(tx *sql.Tx) error { // whoever waits for the user still is in front of this one
		_, err := clean.In(tx).Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true})
		return err
	})
	if err2 != nil {
		t.Fatal(err2)
	}
	if after := landed(t, clean); before || after {
		t.Errorf("%v; a load said %v, and then it is %v", err, before, after)
	}
}

// hold has a row locked, or a table, until it is released.
func hold(t *testing.T, db *sql.DB, schema, what string) (release func()) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	take, give := "BEGIN", "ROLLBACK"
	if what == "table" {
		take, give = "LOCK TABLES "+schema+".guerdon_causes READ", "UNLOCK TABLES"
	}
	if _, err := conn.ExecContext(t.Context(), take); err != nil {
		t.Fatal(err)
	}
	row := map[string]string{"user": "guerdon_users WHERE id = 'ada'", "counter": "guerdon_counters WHERE name = 'c'"}[what]
	if row != "" {
		if _, err := conn.ExecContext(t.Context(), "SELECT 1 FROM "+schema+"."+row+" FOR UPDATE"); err != nil {
			t.Fatal(err)
		}
	}
	release = sync.OnceFunc(func() {
		_, _ = conn.ExecContext(context.Background(), give)
		_ = conn.Close()
	})
	t.Cleanup(release)
	return release
}

// cuttable opens a pool whose connections can be ended under it, as a network does.
func cuttable(t *testing.T, dsn string) (db *sql.DB, cut func()) {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var open []net.Conn
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			open = append(open, c)
		}
		return c, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db = sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db, func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
	}
}

// landed reports whether ada's second cause is there.
func landed(t *testing.T, st store.Store) bool {
	t.Helper()
	ids := []string{store.CauseID(store.CauseRequest, "second")}
	snap, err := st.Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada", Parts: []store.Part{{Kind: store.KindCause, IDs: ids}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return len(snap.States[0].Rows) > 0
}
