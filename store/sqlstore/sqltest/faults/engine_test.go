package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/workload"
	"github.com/guerdon-go/guerdon/task"
)

// most bounds a conversation, which is over long before.
const most = 300

// never is a call that no conversation comes to.
const never = 1 << 30

// every breaks a conversation at its n-th part for every n, until fail reports that there were not as many. Without GUERDON_LONG
// it leaves some out: which ones is drawn and printed.
func every(t *testing.T, fail func(t *testing.T, n int) (more bool)) {
	t.Helper()
	first, step := 1, 1
	if !servers.Long() {
		step = 10
		first = 1 + rand.IntN(step)
		t.Logf("every %d. from %d on", step, first)
	}
	for n, more := first, true; more && n < most; n += step {
		t.Run(fmt.Sprint(n), func(t *testing.T) { more = fail(t, n) })
	}
}

// calls is [every] for a driver's calls. It leaves none out that decides, and takes two others.
func calls(t *testing.T, rehearse func(t *testing.T) []Op, fail func(t *testing.T, n int) (more bool)) {
	t.Helper()
	if servers.Long() {
		every(t, fail)
		return
	}
	var decide, others []int
	t.Run("rehearsal", func(t *testing.T) {
		for i, op := range rehearse(t) {
			if op.Decides() {
				decide = append(decide, i+1)
			} else {
				others = append(others, i+1)
			}
		}
	})
	if len(decide) == 0 {
		t.Fatal("no call decides")
	}
	rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	for _, n := range append(decide, others[:min(2, len(others))]...) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if !fail(t, n) {
				t.Errorf("there were fewer than %d calls", n)
			}
		})
	}
}

// small is a workload of a few calls.
var small = workload.Plan{Name: "u", Users: 3, Events: 6, ScarceMax: 11, FifthMax: 2}

// converse is the conversation whose every part is broken once: the first calls of a new process, which finds out about the
// schema and the catalog, changes a document, and records single events and a batch. Nothing of it was recorded before.
func converse(ctx context.Context, e *engine.Engine) error {
	if _, err := e.Put(ctx, engine.By{Actor: "test"}, reward.Group{Code: "other", Title: "put under a fault"}); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	for n := range 2 {
		out, err := e.Record(ctx, small.Event(0, n))
		if err != nil {
			return fmt.Errorf("event %d: %w", n, err)
		}
		if out.Replay {
			return fmt.Errorf("event %d is called a repeat", n)
		}
	}
	batch := []task.Event{small.Event(1, 0), small.Event(0, 2), small.Event(1, 1), small.Event(2, 0)}
	results, err := e.RecordBatch(ctx, batch...)
	if err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	for i, r := range results {
		if r.Err != nil {
			return fmt.Errorf("item %d: %w", i, r.Err)
		}
		if r.Replay {
			return fmt.Errorf("item %d is called a repeat", i)
		}
	}
	return nil
}

// finish records everything without faults and checks the end state.
func finish(t *testing.T, server servers.Server, at servers.Place) {
	t.Helper()
	st := server.At(t, at)
	e := workload.Engine(t, st)
	random := workload.Seed(t)
	sender := workload.Sender{Engines: []*engine.Engine{e}, Goroutines: 2, Batch: 6, Patience: time.Second}
	if sent, err := sender.Send(t.Context(), random, small.All(random)); err != nil {
		t.Error(sent, err)
	}
	small.Check(t, st)
}

// Callers never hear of a statement that failed, wherever it did and whether or not the database had done it: conflicts and
// lost connections are retried as whole units, and a commit whose answer was lost is settled through its causes.
func TestEngine_settlesEveryFailedCall(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			places := server.Places(t)
			for _, mode := range Modes() {
				t.Run(string(mode), func(t *testing.T) {
					calls(t, rehearsal(server, places), func(t *testing.T, n int) bool { return failCall(t, server, places(t), mode, n) })
				})
			}
		})
	}
}

// rehearsal lists the calls of the conversation without faults.
func rehearsal(server servers.Server, places func(testing.TB) servers.Place) func(*testing.T) []Op {
	return func(t *testing.T) []Op {
		at := places(t)
		small.Put(t, workload.Engine(t, server.At(t, at)))
		db, injector := Open(t, server, at.DSN)
		injector.Arm(Before, never)
		if err := converse(t.Context(), workload.Engine(t, server.Store(t, db, at.Schema))); err != nil {
			t.Fatal(err)
		}
		return injector.Ops()
	}
}

// failCall lets the n-th call of the driver fail, and reports whether there were as many.
func failCall(t *testing.T, server servers.Server, at servers.Place, mode Mode, n int) bool {
	small.Put(t, workload.Engine(t, server.At(t, at)))
	db, injector := Open(t, server, at.DSN)
	st := server.Store(t, db, at.Schema)
	injector.Arm(mode, n)
	err := converse(t.Context(), workload.Engine(t, st))
	hit := injector.Disarm()
	if err != nil {
		t.Errorf("at %v: %v", hit, err)
	}
	lost := int64(0)
	if hit != nil && (mode == Before || mode == After) && hit.Decides() {
		lost = 1
	}
	if stats := st.Stats(); stats.Lost != lost {
		t.Errorf("at %v: %+v, want %d lost", hit, stats, lost)
	} else if hit != nil && lost == 0 && stats.Retries == 0 && mode != Unsent { // database/sql itself sends again what was not sent
		t.Errorf("at %v: %+v, want retries", hit, stats)
	}
	finish(t, server, at)
	return hit != nil
}

// Calls whose context ends while the database is slow answer with the context's error, and with ErrUnknown only where the
// database may have done it. The same events sent again are counted once.
func TestEngine_slowAnswers(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			places := server.Places(t)
			for _, mode := range []Mode{SlowBefore, SlowAfter} {
				t.Run(string(mode), func(t *testing.T) {
					calls(t, rehearsal(server, places), func(t *testing.T, n int) bool { return slowCall(t, server, places(t), mode, n) })
				})
			}
		})
	}
}

func slowCall(t *testing.T, server servers.Server, at servers.Place, mode Mode, n int) bool {
	small.Put(t, workload.Engine(t, server.At(t, at)))
	db, injector := Open(t, server, at.DSN)
	st := server.Store(t, db, at.Schema)
	e := workload.Engine(t, st)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	injector.Impatient(cancel)
	injector.Arm(mode, n)
	err := converse(ctx, e)
	hit := injector.Disarm()
	switch {
	case hit == nil && err != nil:
		t.Error(err)
	case hit != nil && err == nil:
		t.Errorf("at %v: no error", hit)
	case hit != nil:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("at %v: %v", hit, err)
		}
		if errors.Is(err, engine.ErrUnknown) != hit.Decides() {
			t.Errorf("at %v: unknown is %v: %v", hit, !hit.Decides(), err)
		}
	}
	finish(t, server, at)
	return hit != nil
}

// The same holds where it is the connection that is cut, at each thing that is said on it.
func TestEngine_settlesEveryCut(t *testing.T) {
	for _, server := range append(servers.MySQLs(), servers.PostgreSQL) {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			places := server.Places(t)
			addr, through := splice(t, server)
			proxy := NewProxy(t, addr)
			for _, cut := range Cuts() {
				t.Run(string(cut), func(t *testing.T) {
					every(t, func(t *testing.T, n int) bool { return cutAt(t, server, places(t), proxy, through(proxy.Addr), cut, n) })
				})
			}
		})
	}
}

func cutAt(t *testing.T, server servers.Server, at servers.Place, proxy *Proxy, dsn string, cut Cut, n int) bool {
	small.Put(t, workload.Engine(t, server.At(t, at)))
	st := server.Store(t, server.Open(t, dsn), at.Schema)
	proxy.Arm(cut, n)
	err := converse(t.Context(), workload.Engine(t, st))
	hit := proxy.Disarm()
	if err != nil {
		t.Error(err)
	}
	// An answer may have come through before the end of a connection that was cut at once.
	if stats := st.Stats(); hit && cut != CutAtOnce && !proxy.Idle() && stats.Retries+stats.Lost == 0 {
		t.Errorf("a cut %s %.200q was not noticed: %+v", cut, proxy.said, stats)
	}
	finish(t, server, at)
	return hit
}

// And where an answer, or what was asked, takes longer than the caller waits.
func TestEngine_slowConnections(t *testing.T) {
	for _, server := range append(servers.MySQLs(), servers.PostgreSQL) {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			places := server.Places(t)
			addr, through := splice(t, server)
			proxy := NewProxy(t, addr)
			for _, cut := range []Cut{Hold, HoldBefore} {
				t.Run(string(cut), func(t *testing.T) {
					every(t, func(t *testing.T, n int) bool {
						return holdAt(t, server, places(t), proxy, through(proxy.Addr), cut, n)
					})
				})
			}
		})
	}
}

func holdAt(t *testing.T, server servers.Server, at servers.Place, proxy *Proxy, dsn string, cut Cut, n int) bool {
	small.Put(t, workload.Engine(t, server.At(t, at)))
	st := server.Store(t, server.Open(t, dsn), at.Schema)
	e := workload.Engine(t, st)
	proxy.Arm(cut, n)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			proxy.mu.Lock()
			hit := proxy.hit
			proxy.mu.Unlock()
			if time.Sleep(2 * time.Millisecond); hit {
				cancel()
			}
		}
	}()
	err := converse(ctx, e)
	hit := proxy.Disarm()
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err != nil && !hit {
		t.Error("nothing was held: ", err)
	}
	finish(t, server, at)
	return hit
}

// splice tells where a server listens, and what connects to another address instead.
func splice(t *testing.T, server servers.Server) (addr string, through func(addr string) string) {
	t.Helper()
	if server.Dialect == sqlstore.MySQL {
		cfg, err := mysql.ParseDSN(server.DSN())
		if err != nil || cfg.Net != "tcp" {
			t.Skipf("the connection string must lead to a port: %v", err)
		}
		return cfg.Addr, func(addr string) string {
			c := cfg.Clone()
			c.Addr = addr
			return c.FormatDSN()
		}
	}
	u, err := url.Parse(server.DSN())
	if err != nil || u.Host == "" {
		t.Skipf("the connection string must be a URL: %v", err)
	}
	host := u.Host
	if u.Port() == "" {
		host += ":5432"
	}
	return host, func(addr string) string {
		c := *u
		c.Host = addr
		q := c.Query()
		q.Set("sslmode", "disable")
		c.RawQuery = q.Encode()
		return c.String()
	}
}
