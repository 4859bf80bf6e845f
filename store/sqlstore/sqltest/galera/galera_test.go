package galera

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/task"
)

const (
	users   = 40
	visits  = 18 // of each user
	engines = 2  // on each node
	clients = 3  // of each engine
	dropped = 300
	prizes  = 25
)

// What is given away: a point for each visit while there are some, one prize a user while there are some, and a point for each
// three visits.
func documents() []engine.Document {
	return []engine.Document{
		ledger.Asset{Code: "points"}, task.Config{Code: "visit", Period: rule.Unlimited},
		reward.Config{Code: "drop", Amount: ledger.Whole("points", 1), Rule: rule.Count("visit", 1), Budget: rule.Limit{Max: dropped}},
		reward.Config{Code: "prize", Amount: ledger.Whole("points", 100), Rule: rule.Count("visit", 1), Limit: rule.Limit{Max: 1}, Budget: rule.Limit{Max: prizes}},
		reward.Config{Code: "third", Amount: ledger.Whole("points", 1), Rule: rule.Count("visit", 3)},
	}
}

// All nodes are written at once by several engines, one is killed with -9 in the middle and its clients go over to the others.
// The same events are then sent again, also to the node when it is back. Nothing is lost, nothing doubled, the budgets are used
// up and not passed, the books are even, and all nodes hold the same.
func TestCluster_aNodeIsKilledWhileAllAreWritten(t *testing.T) {
	c := start(t)
	all := events()
	e := c.engines()
	if _, err := e[0].Put(t.Context(), engine.By{}, documents()...); err != nil {
		t.Fatal(err)
	}
	w := &work{t: t, engines: e, third: make(chan struct{}), total: len(all)}
	var killed sync.WaitGroup
	killed.Go(func() {
		<-w.third
		c.kill(1)
	})
	w.send(all)
	killed.Wait()
	t.Logf("%d events on three nodes, %d tries failed and were sent again", len(all), w.failed.Load())
	if w.failed.Load() == 0 {
		t.Error("no call noticed that a node was killed: the test tests nothing")
	}

	w.gone.Store(true)
	w.again(all)
	c.restart(1)
	w.gone.Store(false)
	w.again(all)
	c.check(w.engines[0])
	c.minority()
}

// minority kills all nodes but the first. It takes no statement any more, and what it refuses is not called unknown.
func (c *cluster) minority() {
	c.t.Helper()
	c.kill(2)
	c.kill(3)
	db := c.pool(1)
	for ready := true; ready; time.Sleep(100 * time.Millisecond) {
		_, err := db.ExecContext(c.t.Context(), "DO (SELECT COUNT(*) FROM guerdon_users)")
		refusal, is := errors.AsType[*mysql.MySQLError](err)
		ready = !is || refusal.Number != 1047
	}
	st, err := sqlstore.New(db, sqlstore.MySQL, sqlstore.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	var units []store.Unit
	for _, user := range []string{"a", "b"} {
		units = append(units, store.Unit{User: user, Insert: []store.Row{&store.CauseRow{User: user, Type: store.CauseRequest, ID: "late"}}})
		if _, err := st.Commit(c.t.Context(), units...); err == nil || errors.Is(err, store.ErrUnknown) || st.Stats().Lost > 0 {
			c.t.Errorf("a commit of %d on a node alone: %v, %+v", len(units), err, st.Stats())
		}
	}
}

func events() []task.Event {
	var all []task.Event
	for n := range visits {
		for u := range users {
			all = append(all, task.Event{ID: fmt.Sprint("visit-", n), User: fmt.Sprintf("用户%02d", u), Task: "visit"})
		}
	}
	return all
}

// engines makes the engines, each with a pool of its own: those of node 1, then of node 2 and 3. Like any process that starts,
// each migrates first.
func (c *cluster) engines() []*engine.Engine {
	c.t.Helper()
	list := make([]*engine.Engine, 3*engines)
	var starting sync.WaitGroup
	for i := range list {
		db := c.pool(1 + i/engines)
		starting.Go(func() {
			st, err := sqlstore.New(db, sqlstore.MySQL, sqlstore.Options{})
			if err == nil {
				err = st.Migrate(c.t.Context())
			}
			if err == nil {
				list[i], err = engine.New(st, engine.Options{})
			}
			if err != nil {
				c.t.Error(err)
			}
		})
	}
	starting.Wait()
	if c.t.Failed() {
		c.t.FailNow()
	}
	return list
}

// work is clients that send events until each was answered.
type work struct {
	t       *testing.T
	engines []*engine.Engine
	total   int
	done    atomic.Int64
	third   chan struct{} // closed when a third was answered
	failed  atomic.Int64
	gone    atomic.Bool // node 1 is known to be down
}

// send shares events out among all clients of all engines. A user's events go to all nodes.
func (w *work) send(all []task.Event) {
	var sending sync.WaitGroup
	next := make(chan task.Event)
	for i := range engines * clients * 3 {
		sending.Go(func() {
			at := i % len(w.engines)
			for ev := range next {
				at = w.record(at, ev)
				if w.done.Add(1) == int64(w.total/3) {
					close(w.third)
				}
			}
		})
	}
	for _, ev := range all {
		next <- ev
	}
	close(next)
	sending.Wait()
}

// record sends an event to an engine, and until it is answered again to the next node's. It answers whom it ended with.
func (w *work) record(at int, ev task.Event) int {
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		_, err := w.engines[at].Record(ctx, ev)
		if err == nil {
			return at
		}
		w.failed.Add(1)
		at = (at + engines) % len(w.engines)
	}
	w.t.Errorf("event %s of %s was never answered", ev.ID, ev.User)
	return at
}

// again sends all events once more, in batches of many users and to all nodes, and wants each to be known.
func (w *work) again(all []task.Event) {
	w.t.Helper()
	for i := 0; i < len(all); i += users {
		at := i / users % len(w.engines)
		if w.gone.Load() {
			at = engines + at%(len(w.engines)-engines)
		}
		results, err := w.engines[at].RecordBatch(w.t.Context(), all[i:i+users]...)
		if err != nil {
			w.t.Fatal(err)
		}
		for j, r := range results {
			if r.Err != nil || !r.Outcome.Replay {
				w.t.Errorf("event %s of %s, sent again: replay %t, %v", all[i+j].ID, all[i+j].User, r.Outcome.Replay, r.Err)
			}
		}
	}
}
