// Package workload is an application that harm is done to: events of many users against shared budgets, sent at full speed by
// several goroutines, singly and in batches, as often as it takes, and what must stand in the store at the end whatever happened
// on the way. It is used by the tests that kill processes and servers, cut connections and crowd users and budgets.
package workload

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// The task and the rewards of every workload.
const (
	// Play is the task that all events are of.
	Play = "play"
	// Each pays one point for every event.
	Each = "each"
	// Scarce pays for every event as long as its budget lasts.
	Scarce = "scarce"
	// Scant is another such, so that units take from two counters.
	Scant = "scant"
	// Fifth pays for every fifth event of a user as long as its budget lasts.
	Fifth = "fifth"
	// Kinds pays for every three kinds of events, of which there are [kinds].
	Kinds = "kinds"
	// Capped pays for every event up to the cap of its group.
	Capped = "capped"
)

// kinds is how many kinds of events there are, capMost how many records of Capped a user gets.
const (
	kinds   = 10
	capMost = 7
)

// A Plan says how large a workload is.
type Plan struct {
	// Name begins the IDs of the users, so that plans on one store do not meet.
	Name string
	// Users is how many there are, and Events how many events each of them has.
	Users, Events int
	// ScarceMax and FifthMax are the budgets, that of Scant being as large as that of Scarce. Zero is none: everything is paid.
	ScarceMax, FifthMax int64
	// Plain leaves the rewards away that are not about budgets, so that events cost less.
	Plain bool
}

// User is the ID of the i-th user.
func (p Plan) User(i int) string { return fmt.Sprintf("%s-%05d", p.Name, i) }

// Event is the n-th event of the i-th user, always the same.
func (p Plan) Event(i, n int) task.Event {
	return task.Event{
		ID: fmt.Sprintf("e%d", n), User: p.User(i), Task: Play,
		Attrs: rule.Attrs{"kind": fmt.Sprintf("kind %d", n%kinds), "total": int64(100*i + n)},
	}
}

// All lists the events in an order drawn from random.
func (p Plan) All(random *rand.Rand) []task.Event {
	events := make([]task.Event, 0, p.Users*p.Events)
	for i := range p.Users {
		for n := range p.Events {
			events = append(events, p.Event(i, n))
		}
	}
	random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	return events
}

// Documents is the catalog.
func (p Plan) Documents() []engine.Document {
	docs := []engine.Document{
		ledger.Asset{Code: "points"}, ledger.Asset{Code: "CNY", Scale: 2},
		task.Config{Code: Play, Period: rule.Unlimited, Attrs: rule.Schema{"kind": rule.String, "total": rule.Int}},
		reward.Config{Code: Scarce, Amount: amount("0.25 CNY"), Rule: rule.Count(Play, 1), Budget: rule.Limit{Max: p.ScarceMax}},
		reward.Config{Code: Scant, Amount: amount("0.01 CNY"), Rule: rule.Count(Play, 1), Budget: rule.Limit{Max: p.ScarceMax}},
		reward.Config{Code: Fifth, Amount: amount("5 CNY"), Rule: rule.Count(Play, 5), Budget: rule.Limit{Max: p.FifthMax}},
	}
	if p.Plain {
		return docs
	}
	return append(docs,
		reward.Group{Code: "group", Cap: ledger.Whole("points", capMost)},
		reward.Config{Code: Each, Amount: ledger.Whole("points", 1), Rule: rule.Count(Play, 1)},
		reward.Config{Code: Kinds, Amount: ledger.Whole("points", 2), Rule: rule.Distinct(Play, "kind", 3)},
		reward.Config{Code: Capped, Group: "group", Amount: ledger.Whole("points", 1), Rule: rule.Count(Play, 1)},
	)
}

func amount(text string) ledger.Amount {
	a, err := ledger.Parse(text)
	if err != nil {
		panic(err) // a constant of this package
	}
	return a
}

// Put writes the catalog.
func (p Plan) Put(t testing.TB, e *engine.Engine) {
	t.Helper()
	if _, err := e.Put(t.Context(), engine.By{Actor: "test"}, p.Documents()...); err != nil {
		t.Fatal(err)
	}
}

// Engine is one more engine on a store, as another process would have.
func Engine(t testing.TB, st store.Store) *engine.Engine {
	t.Helper()
	e, err := engine.New(st, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Seed draws the seed of a random test and prints it.
func Seed(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}
