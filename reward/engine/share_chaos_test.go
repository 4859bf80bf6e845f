package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// Callers of a few users meet on a store that takes its time, takes little at once, fails, panics, loses answers, applies half and
// finds rows locked, and whose callers give up at any moment or never. Operators deduct what was granted. Everybody repeats what was
// not answered.
func TestShared_whateverGoesWrongEachEventCountsOnce(t *testing.T) {
	for _, alone := range []bool{false, true} {
		for range 5 {
			seed := rand.Uint64()
			t.Run(fmt.Sprintf("alone %v, seed %d", alone, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { chaos(t, alone, seed) })
			})
		}
	}
}

// luck is random numbers for several goroutines.
type luck struct {
	mu sync.Mutex
	r  *rand.Rand // guarded by mu
}

func (l *luck) up(to int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.IntN(to)
}

func chaos(t *testing.T, alone bool, seed uint64) {
	const callers, times, people = 24, 12, 5
	r := each("R", "order")
	r.Budget.Max = callers * times * 3 / 4
	b := setup(t, counter("order"), counter("other"), r)
	l := &luck{r: rand.New(rand.NewPCG(seed, 1))}
	units, rows := []int{1, 2, 1000}[l.up(3)], []int{12, 1000}[l.up(2)]
	b.st.limits = func(l store.Limits) store.Limits { l.Units, l.Rows = units, rows; return l }
	down := errors.New("down")
	b.st.load = func(ctx context.Context, _ store.Request, next func() (store.Snapshot, error)) (store.Snapshot, error) {
		time.Sleep(time.Duration(l.up(1000)) * time.Microsecond)
		if l.up(40) == 0 {
			return store.Snapshot{}, down
		}
		return next()
	}
	b.st.commit = func(ctx context.Context, units []store.Unit, next func() ([]store.Result, error)) ([]store.Result, error) {
		time.Sleep(time.Duration(l.up(3000)) * time.Microsecond)
		lost := &store.Error{Op: "commit", Err: store.ErrUnknown}
		switch l.up(24) {
		case 0:
			return nil, down
		case 1:
			return nil, lost
		case 2:
			if _, err := next(); err != nil {
				return nil, err
			}
			return nil, lost
		case 3: // half of it
			if _, err := b.st.Store.Commit(ctx, units[:len(units)/2+len(units)%2]...); err != nil {
				return nil, err
			}
			return nil, lost
		case 4: // rows are locked
			results := make([]store.Result, len(units))
			for i := range results {
				results[i].Moved = true
			}
			return results, nil
		case 5: // takes longer than some wait
			time.Sleep(30 * time.Millisecond)
		case 6:
			if l.up(2) == 0 {
				if _, err := next(); err != nil {
					return nil, err
				}
			}
			panic(down)
		}
		return next()
	}
	eng, err := engine.New(b.st, engine.Options{Now: b.clk.Now, Alone: alone})
	if err != nil {
		t.Fatal(err)
	}
	engines := []*engine.Engine{eng, eng, eng.With(&hooked{Store: b.st})}
	var mu sync.Mutex
	firsts := map[string]int{}
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := range times {
				ev := task.Event{ID: fmt.Sprint((i*times + n) / 2), User: fmt.Sprint("u", l.up(people)), Task: "order"} // half are repeats
				out := persist(t, l, func(ctx context.Context) (out engine.Outcome, err error) {
					defer func() {
						if p := recover(); p != nil {
							err = p.(error)
						}
					}()
					eng := engines[l.up(len(engines))]
					if l.up(4) > 0 {
						return eng.Record(ctx, ev)
					}
					other := task.Event{ID: fmt.Sprint("b", i, " ", n), User: fmt.Sprint("u", l.up(people)), Task: "other"}
					if l.up(3) == 0 { // whatever comes of it
						eng.Deduct(ctx, ops, reward.ID{User: other.User, Reward: "R", N: int64(l.up(5) + 1)})
					}
					results, err := eng.RecordBatch(ctx, other, ev)
					if err != nil {
						return engine.Outcome{}, err
					}
					return results[1].Outcome, results[1].Err
				})
				mu.Lock()
				if key := ev.User + " " + ev.ID; !out.Replay {
					firsts[key]++
				} else if firsts[key] == 0 {
					firsts[key] = 0
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	b.st.load, b.st.commit = nil, nil
	for key, n := range firsts {
		if n > 1 {
			t.Errorf("event %s was answered as the first %d times", key, n)
		}
	}
	total := 0
	for i := range people {
		user := fmt.Sprint("u", i)
		if _, err := eng.Record(b.ctx, task.Event{ID: "last", User: user, Task: "order"}); err != nil { // nobody holds the user any more
			t.Error(err)
		}
		firsts[user+" last"] = 1
		total += len(b.records(user, "R"))
		b.books(user, "points")
	}
	want(t, "records", total, min(len(firsts), int(r.Budget.Max)))
}

// persist makes a call until it is answered. Some callers have no time, and some have all of it.
func persist(t *testing.T, l *luck, call func(context.Context) (engine.Outcome, error)) engine.Outcome {
	for range 1000 {
		ctx, cancel := context.WithCancel(t.Context())
		if l.up(3) > 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(l.up(20)+1)*time.Millisecond)
		}
		out, err := call(ctx)
		cancel()
		if err == nil {
			return out
		}
	}
	t.Error("never answered")
	return engine.Outcome{}
}
