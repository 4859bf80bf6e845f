// Package contention crowds users and budgets: many goroutines over several engines, each with a store and a pool of its own as
// processes have, on one database.
package contention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/workload"
	"github.com/guerdon-go/guerdon/task"
)

// engines is how many there are, and goroutines how many call them in all.
const (
	engines    = 4
	goroutines = 64
	// connections is how many the pool of each engine opens at most.
	connections = 8
	// retriesOneIn is how many events there are for each call that may be tried again, because a busy machine held a server up. None
	// at all is usual, and counters that are locked in two orders make several for each event.
	retriesOneIn = 20
)

// crowd is what everybody is after.
type crowd struct {
	name  string
	plan  workload.Plan
	batch int
}

// crowds are one user, one budget of 100 and many users, by single events and in batches.
func crowds() []crowd {
	user, users, each := 192, 600, 1
	if servers.Long() {
		user, users, each = 2000, 10_000, 3
	}
	one := workload.Plan{Name: "one", Users: 1, Events: user, ScarceMax: 100, FifthMax: 10}
	budget := workload.Plan{Name: "budget", Users: users / 3, Events: each, ScarceMax: 100, FifthMax: 10, Plain: true}
	many := workload.Plan{Name: "many", Users: users, Events: each, Plain: true}
	return []crowd{
		{"one user alone", one, 1}, {"one user in batches", one, 20},
		{"one budget alone", budget, 1}, {"one budget in batches", budget, 20},
		{"many users alone", many, 1}, {"many users in batches", many, 100},
	}
}

// What comes of it is exact, and no error reaches a caller: no deadlock, no serialization failure, no busy database. Nor is such a
// thing tried again behind the caller's back until it works: everybody locks users and counters in one order, singly and in batches.
func TestCrowd(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			places := server.Places(t)
			for _, c := range crowds() {
				t.Run(c.name, func(t *testing.T) { c.run(t, server, places(t), int64(c.plan.Users*c.plan.Events/retriesOneIn)) })
			}
		})
	}
}

// run lets the crowd at it, and stops it where stores try again more often than that: deadlocks may go on for minutes.
func (c crowd) run(t *testing.T, server servers.Server, at servers.Place, retriesMost int64) {
	t.Helper()
	var stores []*sqlstore.Store
	var over []*engine.Engine
	again := conflicts{Handler: slog.DiscardHandler}
	for range engines {
		db := server.Open(t, at.DSN)
		db.SetMaxOpenConns(connections)
		db.SetMaxIdleConns(connections)
		st, err := sqlstore.New(db, server.Dialect, sqlstore.Options{Schema: at.Schema, Logger: slog.New(&again)})
		if err != nil {
			t.Fatal(err)
		}
		stores, over = append(stores, st), append(over, workload.Engine(t, st))
	}
	c.plan.Put(t, over[0])
	random := workload.Seed(t)
	begun := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sender := workload.Sender{Engines: over, Goroutines: goroutines, Batch: c.batch, Patience: time.Minute, Answered: func(task.Event) {
		if again.n.Load() > retriesMost {
			cancel()
		}
	}}
	sent, err := sender.Send(ctx, random, c.plan.All(random))
	took := time.Since(begun)
	if ctx.Err() != nil {
		t.Fatalf("%d retries within %v: they are in each other's way", again.n.Load(), took)
	}
	if err != nil {
		t.Error(err)
	}
	var stats []string
	for _, st := range stores {
		stats = append(stats, fmt.Sprintf("%+v", st.Stats()))
	}
	t.Logf("%v: %v; %.0f events a second; %v", took.Round(time.Millisecond), sent, float64(sent.Events)/took.Seconds(), stats)
	if sent.Unknown+sent.Other+sent.Busy > 0 || sent.Replays > 0 {
		t.Errorf("callers were answered with errors: %v", sent)
	}
	c.plan.Check(t, stores[0])
}

// conflicts is a log that counts how often stores have tried again. Left out is who waited for a lock on PostgreSQL for as long as a
// statement that commits by itself does: the others are slow then, and nobody need be in the wrong order.
type conflicts struct {
	slog.Handler
	n atomic.Int64
}

func (c *conflicts) Enabled(context.Context, slog.Level) bool { return true }

func (c *conflicts) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "sqlstore: run again" {
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		if err, is := a.Value.Any().(error); is {
			var coded interface{ SQLState() string }
			if !errors.As(err, &coded) || coded.SQLState() != "55P03" {
				c.n.Add(1)
			}
		}
		return true
	})
	return nil
}
