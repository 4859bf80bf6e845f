package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// distant is a store that takes a while for each call, as a server does that works on two at a time: a part of it for the
// call, a part for each user in it.
type distant struct {
	store.Store
	call, user time.Duration
	commits    atomic.Int64
	server     chan struct{}
}

func (d *distant) work(users int) {
	d.server <- struct{}{}
	time.Sleep(d.call + time.Duration(users)*d.user)
	<-d.server
}

func (d *distant) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	d.work(len(r.Keys))
	return d.Store.Load(ctx, r)
}

func (d *distant) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	d.commits.Add(1)
	d.work(len(units))
	return d.Store.Commit(ctx, units...)
}

// payEngine is an engine over a store with a task that pays one reward each time.
func payEngine(b *testing.B, st store.Store, alone bool) *engine.Engine {
	b.Helper()
	eng, err := engine.New(st, engine.Options{Now: benchNow, Alone: alone})
	if err != nil {
		b.Fatal(err)
	}
	docs := []engine.Document{ledger.Asset{Code: "CNY", Scale: 2}, task.Config{Code: "order", Period: rule.Unlimited}, paysEach("RS1", "order")}
	if _, err := eng.Put(b.Context(), engine.By{Actor: "ops"}, docs...); err != nil {
		b.Fatal(err)
	}
	if _, err := eng.Catalog(b.Context()); err != nil {
		b.Fatal(err)
	}
	return eng
}

// callersEach lets so many callers record b.N events between them, each of the user it names. What is recorded is counted:
// a call that was too busy is none.
func callersEach(b *testing.B, eng *engine.Engine, callers int, user func(n int64) string) {
	b.Helper()
	var next, busy atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					return
				}
				ev := task.Event{ID: strconv.FormatInt(n, 10), User: user(n), Task: "order"}
				if _, err := eng.Record(b.Context(), ev); err != nil {
					busy.Add(1)
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(int64(b.N)-busy.Load())/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(busy.Load())/float64(b.N), "failed/op")
}

// sides runs a benchmark with calls that share and with calls that do not.
func sides(b *testing.B, f func(b *testing.B, alone bool)) {
	b.Run("shared", func(b *testing.B) { f(b, false) })
	b.Run("alone", func(b *testing.B) { f(b, true) })
}

// BenchmarkShared_oneUser measures so many callers who all record events of one user.
func BenchmarkShared_oneUser(b *testing.B) {
	for _, callers := range []int{1, 8, 32, 512} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			sides(b, func(b *testing.B, alone bool) {
				callersEach(b, payEngine(b, memory.New(), alone), callers, func(int64) string { return "lin" })
			})
		})
	}
}

// BenchmarkShared_manyUsers measures so many callers who record events of users of their own, in memory.
func BenchmarkShared_manyUsers(b *testing.B) {
	users := names("user-", 10_000)
	for _, callers := range []int{1, 2, 8, 32} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			sides(b, func(b *testing.B, alone bool) {
				callersEach(b, payEngine(b, memory.New(), alone), callers, func(n int64) string { return users[n%int64(len(users))] })
			})
		})
	}
}

// BenchmarkShared_distant measures the same on a store that takes two milliseconds for each load and each commit.
func BenchmarkShared_distant(b *testing.B) {
	users := names("user-", 10_000)
	for _, callers := range []int{1, 8, 32} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			sides(b, func(b *testing.B, alone bool) {
				st := &distant{Store: memory.New(), call: 2 * time.Millisecond, user: 200 * time.Microsecond, server: make(chan struct{}, 2)}
				callersEach(b, payEngine(b, st, alone), callers, func(n int64) string { return users[n%int64(len(users))] })
				b.ReportMetric(float64(st.commits.Load())/float64(b.N), "commits/op")
			})
		})
	}
}

// BenchmarkShared_givingUp measures how long so many callers who wait for one user take to give up together; ns/caller must not
// grow with their number, for they hold up everybody else meanwhile.
func BenchmarkShared_givingUp(b *testing.B) {
	for _, callers := range []int{1_000, 16_000} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			st := &hooked{Store: memory.New()}
			var came atomic.Int64
			eng, err := engine.New(st, engine.Options{Now: func() time.Time { came.Add(1); return benchNow() }})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := eng.Put(b.Context(), engine.By{}, counter("order")); err != nil {
				b.Fatal(err)
			}
			st.commit = func(ctx context.Context, _ []store.Unit, _ func() ([]store.Result, error)) ([]store.Result, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			for b.Loop() {
				b.StopTimer()
				came.Store(0)
				ctx, cancel := context.WithCancel(b.Context())
				var wg sync.WaitGroup
				for n := range callers {
					wg.Go(func() { eng.Record(ctx, task.Event{ID: strconv.Itoa(n), User: "lin", Task: "order"}) })
				}
				for came.Load() < int64(callers) {
					runtime.Gosched()
				}
				b.StartTimer()
				cancel()
				wg.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*callers), "ns/caller")
		})
	}
}
