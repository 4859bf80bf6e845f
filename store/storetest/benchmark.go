package storetest

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

// Benchmark measures a store with rows alone, no engine above it. open gives an empty store for each measurement.
//
//   - load: six named rows of one user, all there.
//   - commit: a cause inserted and five rows replaced, for one of 1,000 users in turn.
//   - event: the two together, as an event costs them.
//   - counter: a commit from each of GOMAXPROCS goroutines, all taking from one counter.
//   - batch: one call with 100 users' units, or as many as the store takes; ns/op is of the call.
//   - page: a page of 50 of 10,000 records of a reward.
func Benchmark(b *testing.B, open func(b *testing.B) store.Store) {
	b.Run("load", func(b *testing.B) { newBench(b, open).load(b) })
	b.Run("commit", func(b *testing.B) { newBench(b, open).commit(b, false) })
	b.Run("event", func(b *testing.B) { newBench(b, open).commit(b, true) })
	b.Run("counter", func(b *testing.B) { newBench(b, open).counter(b) })
	b.Run("batch", func(b *testing.B) { newBench(b, open).batch(b) })
	b.Run("page", func(b *testing.B) { newBench(b, open).page(b) })
}

const benchUsers = 1000

// A bench is a store with users, and one unit of each.
type bench struct {
	ctx   context.Context
	s     store.Store
	units []store.Unit
	keys  []store.Key
}

func newBench(b *testing.B, open func(b *testing.B) store.Store) *bench {
	x := &bench{ctx: context.Background(), s: open(b)}
	for i := range benchUsers {
		user := fmt.Sprintf("user-%04d", i)
		tally := sampleTally(user)
		put := []store.Row{
			record(user, "order", 1), tally, grant(user, "RS000910", 1, i, reward.Granted),
			&store.EntitlementRow{Entitlement: reward.Entitlement{User: user, Reward: "RS000910", Decided: 1}},
			Samples(user)[len(store.Kinds())-1],
		}
		u := store.Unit{User: user, Insert: []store.Row{event(user, "first", "order", 0)}, Put: put}
		key := store.Key{User: user, Parts: []store.Part{named(u.Insert[0])}}
		for _, r := range put {
			key.Parts = append(key.Parts, named(r))
		}
		x.units, x.keys = append(x.units, u), append(x.keys, key)
		x.land(b, u)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return x
}

// land commits units and wants them written.
func (x *bench) land(b *testing.B, units ...store.Unit) {
	results, err := x.s.Commit(x.ctx, units...)
	if err != nil {
		b.Fatal(err)
	}
	for i := range results {
		if !results[i].Written() {
			b.Fatalf("unit of %q: %+v", units[i].User, results[i])
		}
	}
}

// next is the i-th user's next unit: the rows are those of the last one, which the store has copied.
func (x *bench) next(i int) store.Unit {
	u := &x.units[i]
	u.Version++
	c := u.Insert[0].(*store.CauseRow)
	c.ID = strconv.FormatInt(u.Version, 10)
	c.Event.Event.ID, c.Event.Seq = c.ID, u.Version
	u.Put[0].(*store.TaskRow).Sum = u.Version
	return *u
}

func (x *bench) load(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		snap, err := x.s.Load(x.ctx, store.Request{Keys: x.keys[i%benchUsers : i%benchUsers+1]})
		if err != nil || len(snap.States[0].Rows) != 6 {
			b.Fatal(snap, err)
		}
	}
}

func (x *bench) commit(b *testing.B, loads bool) {
	for i := 0; b.Loop(); i++ {
		n := i % benchUsers
		if loads {
			if _, err := x.s.Load(x.ctx, store.Request{ForUpdate: true, Keys: x.keys[n : n+1]}); err != nil {
				b.Fatal(err)
			}
		}
		x.land(b, x.next(n))
	}
}

func (x *bench) counter(b *testing.B) {
	if x.s.Limits().Bound {
		return // one goroutine has nobody to contend with
	}
	users := make(chan string, 1<<16)
	for i := range cap(users) {
		users <- fmt.Sprint("c", i)
	}
	b.RunParallel(func(pb *testing.PB) {
		user := <-users
		for version := int64(0); pb.Next(); version++ {
			u := store.Unit{User: user, Version: version, Take: []store.Take{{Counter: "hot", N: 1, Max: 1 << 62}},
				Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseEvent, ID: strconv.FormatInt(version, 10)}}}
			if results, err := x.s.Commit(x.ctx, u); err != nil || !results[0].Written() {
				b.Error(results, err)
				return
			}
		}
	})
}

func (x *bench) batch(b *testing.B) {
	size := min(100, x.s.Limits().Units)
	units := make([]store.Unit, size)
	for i := 0; b.Loop(); i++ {
		from := i * size % (benchUsers - size + 1)
		for j := range units {
			units[j] = x.next(from + j)
		}
		x.land(b, units...)
	}
	b.ReportMetric(float64(size), "users/op")
}

func (x *bench) page(b *testing.B) {
	for i := range 10_000 / benchUsers {
		for n := range x.units {
			u := x.next(n)
			u.Put = []store.Row{grant(u.User, "many", int64(i), i, reward.Granted)}
			x.land(b, u)
		}
	}
	q := store.Query{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("many"), Limit: 50}
	b.ResetTimer()
	for b.Loop() {
		n := 0
		for r, err := range x.s.List(x.ctx, q) {
			if err != nil {
				b.Fatal(err)
			}
			n++
			q.After = keyIn(q.Index, r)
		}
		if n < q.Limit {
			q.After = ""
		}
	}
}
