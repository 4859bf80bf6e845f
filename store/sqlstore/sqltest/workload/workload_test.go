package workload

import (
	"context"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
)

// The check holds where nothing happened, and sees what is wrong where something did.
func TestPlan_isWhatAnUndisturbedStoreHolds(t *testing.T) {
	p := Plan{Name: "u", Users: 7, Events: 23, ScarceMax: 100, FifthMax: 20}
	st := memory.New()
	e := Engine(t, st)
	p.Put(t, e)
	random := Seed(t)
	events := p.All(random)
	send := Sender{Engines: []*engine.Engine{e, Engine(t, st)}, Goroutines: 4, Batch: 10}
	sent, err := send.Send(t.Context(), random, events[:100])
	if err != nil {
		t.Fatal(sent, err)
	}
	if faults := p.Faults(t.Context(), st); len(faults) == 0 {
		t.Error("events are missing and nothing was found")
	}
	sent, err = send.Send(t.Context(), random, events)
	if err != nil || sent.Replays != 100 {
		t.Fatal(sent, err)
	}
	p.Check(t, st)
}

// A counter that says more than the records did take is found.
func TestPlan_seesACounterThatIsOff(t *testing.T) {
	p := Plan{Name: "u", Users: 2, Events: 5, ScarceMax: 7, FifthMax: 1}
	st := memory.New()
	e := Engine(t, st)
	p.Put(t, e)
	if _, err := (Sender{Engines: []*engine.Engine{e}, Goroutines: 1, Batch: 1}).Send(t.Context(), Seed(t), p.All(Seed(t))); err != nil {
		t.Fatal(err)
	}
	p.Check(t, st)
	if faults := p.Faults(t.Context(), off{st}); len(faults) != 3 {
		t.Errorf("found %q", faults)
	}
}

// off reads one more than counters have.
type off struct{ store.Store }

func (o off) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	snap, err := o.Store.Load(ctx, r)
	for name := range snap.Counters {
		snap.Counters[name]++
	}
	return snap, err
}
