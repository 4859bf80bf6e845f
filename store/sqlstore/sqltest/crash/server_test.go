package crash

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/workload"
	"github.com/guerdon-go/guerdon/task"
)

// Every event is counted once and every grant paid once when the server is killed at random moments while engines record, and
// started again: the engines go on by themselves. What they were told is recorded is there afterwards.
func TestKilledServer(t *testing.T) {
	kills := 1
	if servers.Long() {
		kills = 10
	}
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			o := ownServer(t, server)
			random := workload.Seed(t)
			for n := range kills {
				o.round(t, fmt.Sprint("guerdon_", n), random)
				if t.Failed() {
					t.Fatalf("at kill %d; the server said: %s", n+1, o.log.String())
				}
			}
		})
	}
}

// round records with two engines, kills the server in the middle and starts it again.
func (o *own) round(t *testing.T, schema string, random *rand.Rand) {
	plan := workload.Plan{Name: "u", Users: 20, Events: 25, ScarceMax: 333, FifthMax: 60}
	db := o.server.Open(t, o.dsn())
	st, other := o.server.Migrated(t, db, schema), o.server.Store(t, o.server.Open(t, o.dsn()), schema)
	engines := []*engine.Engine{workload.Engine(t, st), workload.Engine(t, other)}
	plan.Put(t, engines[0])

	answered, at := 0, random.IntN(plan.Users*plan.Events*3/4)
	wait := time.Duration(random.Int64N(int64(10 * time.Millisecond))) // so that it is not always behind an answer
	now := make(chan struct{})
	sender := workload.Sender{
		Engines: engines, Goroutines: 8, Batch: 12, Patience: time.Minute,
		Answered: func(task.Event) {
			if answered == at {
				close(now)
			}
			answered++
		},
	}
	ended := make(chan struct{})
	r := rand.New(rand.NewPCG(random.Uint64(), 3))
	var sent *workload.Sent
	var err error
	go func() {
		defer close(ended)
		sent, err = sender.Send(t.Context(), r, plan.All(r))
	}()
	select {
	case <-now:
	case <-ended:
		t.Errorf("it ended before: %v, %v", sent, err)
		return
	}
	time.Sleep(wait)
	o.kill(t)
	o.start(t)
	<-ended
	if err != nil {
		t.Error(err)
	}
	if sent.Unknown == 0 && sent.Replays > 0 {
		t.Errorf("what was recorded once is called a repeat: %v", sent)
	}
	t.Logf("killed after %d of %d answers: %v; %+v, %+v", at, plan.Users*plan.Events, sent, st.Stats(), other.Stats())
	plan.Check(t, st)
	again := workload.Sender{Engines: engines[:1], Goroutines: 2, Batch: 50}
	switch sent, err := again.Send(t.Context(), r, plan.All(r)); {
	case err != nil:
		t.Error(err)
	case sent.Replays != sent.Events:
		t.Errorf("sent again: %v", sent)
	}
	plan.Check(t, st)
}
