package faults

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/workload"
	"github.com/guerdon-go/guerdon/task"
)

// unit is one that has a row of each way to write, and takes from a counter that all share.
func unit(user string) store.Unit {
	at := time.Date(2025, 11, 4, 9, 37, 0, 0, time.UTC)
	event := &task.Entry{Event: task.Event{ID: "e", User: user, Task: "t", Time: at, Growth: 1}, Accepted: true, Seq: 1024, Arrived: at}
	account := ledger.Account{User: user, Kind: ledger.Available, Asset: "points"}
	return store.Unit{
		User:   user,
		Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseEvent, ID: "e", Time: at, Event: event}},
		Put:    []store.Row{&store.BalanceRow{Balance: ledger.Balance{Account: account, Value: decimal.NewFromInt(1), Seq: 1}}},
		Take:   []store.Take{{Counter: "shared", N: 1, Max: 100}},
	}
}

// stands counts of which of the users the cause is there, and fails the test if that is not also who has a balance, a version
// and a share of the counter.
func stands(t *testing.T, st store.Store, users []string) int64 {
	t.Helper()
	r := store.Request{Counters: []string{"shared"}}
	for _, u := range users {
		r.Keys = append(r.Keys, store.Key{User: u, Parts: []store.Part{
			{Kind: store.KindCause, IDs: []string{store.CauseID(store.CauseEvent, "e")}},
			{Kind: store.KindBalance, IDs: []string{store.BalanceRowID(ledger.Available, "points")}},
		}})
	}
	snap, err := st.Load(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	for _, s := range snap.States {
		if len(s.Rows) != int(2*s.Version) || s.Version > 1 {
			t.Errorf("%s: %d rows at version %d", s.User, len(s.Rows), s.Version)
		}
		n += s.Version
	}
	if used := snap.Counters["shared"]; used != n {
		t.Errorf("%d are taken by %d users", used, n)
	}
	return n
}

// An error of Commit matches ErrUnknown if, and only if, the call failed that the database keeps what was written by. After any
// other error nothing is there; and where the caller has time there is none. Connections are made anew for each use, so that
// making them fails too.
func TestCommit_isUnknownOnlyWhereItMayHold(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			places := server.Places(t)
			for _, mode := range append(Modes(), SlowBefore, SlowAfter) {
				for _, users := range [][]string{{"a"}, {"a", "b", "c"}} {
					t.Run(fmt.Sprint(mode, " ", len(users)), func(t *testing.T) {
						rehearse := func(t *testing.T) []Op { return failCommit(t, server, places(t), Before, users, never).Ops() }
						calls(t, rehearse, func(t *testing.T, n int) bool {
							return failCommit(t, server, places(t), mode, users, n).hit != nil
						})
					})
				}
			}
		})
	}
}

func failCommit(t *testing.T, server servers.Server, at servers.Place, mode Mode, users []string, n int) *Injector {
	db, injector := Open(t, server, at.DSN)
	db.SetMaxIdleConns(-1)
	st := server.Store(t, db, at.Schema)
	var units []store.Unit
	for _, u := range users {
		units = append(units, unit(u))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if mode == SlowBefore || mode == SlowAfter {
		injector.Impatient(cancel)
	}
	injector.Arm(mode, n)
	results, err := st.Commit(ctx, units...)
	hit := injector.Disarm()
	for err == nil && results[0].Moved { // what the lost connection had locked was passed over before the server noticed
		results, err = st.Commit(ctx, units...)
	}
	there := stands(t, server.At(t, at), users)
	deciding := hit != nil && hit.Decides() && mode != Unsent && mode != Conflict
	switch {
	case deciding:
		if !errors.Is(err, store.ErrUnknown) {
			t.Errorf("at %v: %v is not unknown", hit, err)
		}
		if done := mode == After || mode == SlowAfter; done != (there > 0) {
			t.Errorf("at %v: %d are there", hit, there)
		}
	case err == nil:
		for _, r := range results {
			if !r.Written() {
				t.Errorf("at %v: %+v", hit, r)
			}
		}
		if there != int64(len(users)) {
			t.Errorf("at %v: no error, and %d are there", hit, there)
		}
	case ctx.Err() == nil:
		t.Errorf("at %v: %v", hit, err)
	default:
		if errors.Is(err, store.ErrUnknown) || !errors.Is(err, context.Canceled) {
			t.Errorf("at %v: %v", hit, err)
		}
		if there != 0 {
			t.Errorf("at %v: %v, and %d are there", hit, err, there)
		}
	}
	if lost := st.Stats().Lost; lost == 1 != deciding {
		t.Errorf("at %v: %d are counted as lost", hit, lost)
	}
	return injector
}

// A commit that waits for a connection of the pool until its context ends was never sent.
func TestCommit_waitingForAConnectionIsNotUnknown(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			at := server.Places(t)(t)
			db := server.Open(t, at.DSN)
			db.SetMaxOpenConns(1)
			st := server.Store(t, db, at.Schema)
			if _, err := st.Load(t.Context(), store.Request{Counters: []string{"shared"}}); err != nil {
				t.Fatal(err)
			}
			u := unit("a")
			if _, err := st.Commit(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			held, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			u = unit("b") // of which nothing is new to the store
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err = st.Commit(ctx, u)
			if err == nil || errors.Is(err, store.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) || st.Stats().Lost != 0 {
				t.Errorf("%v, %+v", err, st.Stats())
			}
			_ = held.Close()
			if n := stands(t, st, []string{"a", "b"}); n != 1 {
				t.Errorf("%d are there", n)
			}
		})
	}
}

// A server that does not listen is no lost answer either.
func TestCommit_withoutAServerIsNotUnknown(t *testing.T) {
	for _, server := range append(servers.MySQLs(), servers.PostgreSQL) {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			server.Need(t)
			addr, through := splice(t, server)
			proxy := NewProxy(t, addr)
			db := server.Open(t, through(proxy.Addr))
			if err := db.PingContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			proxy.Stop()
			st := server.Store(t, db, "nowhere")
			u := unit("a")
			u.Take = nil // so that the commit is the first thing said
			for range 3 {
				if _, err := st.Commit(t.Context(), u); err == nil || errors.Is(err, store.ErrUnknown) && st.Stats().Lost > 1 {
					t.Errorf("%v, %+v", err, st.Stats())
				}
			}
		})
	}
}

// A function that Do runs is run again from its start after a conflict, wherever it struck, and an error is unknown only if the
// COMMIT failed.
func TestDo_isUnknownOnlyWhereItMayHold(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			places := server.Places(t)
			for _, mode := range append(Modes(), SlowBefore, SlowAfter) {
				t.Run(string(mode), func(t *testing.T) {
					rehearse := func(t *testing.T) []Op { return failDo(t, server, places(t), Before, never).Ops() }
					calls(t, rehearse, func(t *testing.T, n int) bool { return failDo(t, server, places(t), mode, n).hit != nil })
				})
			}
		})
	}
}

func failDo(t *testing.T, server servers.Server, at servers.Place, mode Mode, n int) *Injector {
	small.Put(t, workload.Engine(t, server.At(t, at)))
	db, injector := Open(t, server, at.DSN)
	st := server.Store(t, db, at.Schema)
	e := workload.Engine(t, st)
	if _, err := e.Catalog(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if mode == SlowBefore || mode == SlowAfter {
		injector.Impatient(cancel)
	}
	injector.Arm(mode, n)
	var replay bool
	err := st.Do(ctx, func(tx *sql.Tx) error {
		out, err := e.With(st.In(tx)).Record(ctx, small.Event(0, 0))
		replay = out.Replay
		return err
	})
	hit := injector.Disarm()
	committing := hit != nil && hit.Name == "commit" && mode != Unsent && mode != Conflict
	switch {
	case committing != errors.Is(err, store.ErrUnknown):
		t.Errorf("at %v: %v", hit, err)
	case mode == Conflict && err != nil:
		t.Errorf("at %v: %v", hit, err)
	case err == nil && replay:
		t.Errorf("at %v: it is called a repeat", hit)
	case errors.Is(err, engine.ErrUnknown) && !committing:
		t.Errorf("at %v: %v", hit, err)
	}
	if lost := st.Stats().Lost; lost == 1 != committing {
		t.Errorf("at %v: %d are counted as lost", hit, lost)
	}
	var snap store.Snapshot
	clean := server.At(t, at)
	snap, loadErr := clean.Load(t.Context(), store.Request{Keys: []store.Key{{User: small.User(0)}}})
	if loadErr != nil {
		t.Fatal(loadErr)
	}
	if there := snap.States[0].Version == 1; there != (err == nil || committing && (mode == After || mode == SlowAfter)) {
		t.Errorf("at %v: %v, and there is %v", hit, err, there)
	}
	finish(t, server, at)
	return injector
}
