package postgresql

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A commit that waits for a lock when its context ends has landed, or never will, when it answers: whoever looks for its cause then
// need not look again. That holds too where the network is gone, so that the server is not asked to break off.
func TestCommit_landsNotAfterItAnswered(t *testing.T) {
	servers.PostgreSQL.Need(t)
	places := servers.PostgreSQL.Places(t)
	for _, what := range []string{"user", "birth", "counter"} {
		for _, end := range []string{"deadline", "cancel", "cut"} {
			t.Run("one unit, "+what+" "+end, func(t *testing.T) { late(t, places(t), what, end, "ada") })
			if what == "counter" { // several users wait for nothing else
				t.Run("two units, "+what+" "+end, func(t *testing.T) { late(t, places(t), what, end, "ada", "bob") })
			}
		}
	}
}

func late(t *testing.T, at servers.Place, what, end string, users ...string) {
	clean := servers.PostgreSQL.At(t, at)
	units := func(version int64, id string) (list []store.Unit) {
		for _, user := range users {
			list = append(list, taking(user, version, id, "c"))
		}
		return list
	}
	written(t, clean, taking("first", 0, "1", "c"))
	var version int64
	if what != "birth" {
		written(t, clean, units(0, "first")...)
		version = 1
	}
	db, n := wired(t, at.DSN)
	st := servers.PostgreSQL.Store(t, db, at.Schema)
	if _, err := st.Load(t.Context(), store.Request{Counters: []string{"c"}}); err != nil { // so that it need not be made
		t.Fatal(err)
	}
	release := hold(t, clean, at.Schema, what)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const soon = 50 * time.Millisecond // in the first try, which commits by itself
	switch end {
	case "deadline":
		ctx, cancel = context.WithTimeout(ctx, soon)
		defer cancel()
		time.AfterFunc(soon-10*time.Millisecond, func() { n.lost.Store(true) })
	case "cancel":
		time.AfterFunc(soon, func() { n.lost.Store(true); cancel() })
	default:
		time.AfterFunc(soon, n.cut)
	}
	begun := time.Now()
	_, err := st.Commit(ctx, units(version, "second")...)
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it answers after %v", took)
	}
	if err == nil {
		t.Error("it is written, or Moved, although somebody holds what it needs")
	}
	before := landed(t, clean)
	release()
	if err := clean.Do(t.Context(), func(tx *sql.Tx) error { // whoever waits for the user still is in front of this one
		_, err := clean.In(tx).Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if after := landed(t, clean); before || after {
		t.Errorf("%v; a load said %v, and then it is %v", err, before, after)
	}
}

// hold has somebody hold a row, or make a user, until it is released.
func hold(t *testing.T, st *sqlstore.Store, schema, what string) (release func()) {
	t.Helper()
	tx, err := st.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	switch what {
	case "user":
		_, err = tx.ExecContext(t.Context(), "SELECT 1 FROM "+schema+".guerdon_users WHERE id = 'ada' FOR UPDATE")
	case "counter":
		_, err = tx.ExecContext(t.Context(), "SELECT 1 FROM "+schema+".guerdon_counters WHERE name = 'c' FOR UPDATE")
	default:
		_, err = st.In(tx).Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}}, ForUpdate: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = tx.Rollback() })
	t.Cleanup(release)
	return release
}

// A wire is a network that can be lost, for new connections, or cut.
type wire struct {
	lost atomic.Bool
	mu   sync.Mutex
	open []net.Conn
}

var errLost = errors.New("no route to host")

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if w.lost.Load() {
		return nil, errLost
	}
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.open = append(w.open, c)
	}
	return c, err
}

func (w *wire) cut() {
	w.lost.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		_ = c.Close()
	}
}

// wired opens a pool over such a network.
func wired(t *testing.T, dsn string) (*sql.DB, *wire) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	config.DialFunc = w.dial
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return db, w
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
