package crash

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/workload"
	"github.com/guerdon-go/guerdon/task"
)

// childVariable makes the test binary record events until it is done or killed. It holds an [errand].
const childVariable = "GUERDON_CRASH_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		if err := child(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// An errand is what a child does.
type errand struct {
	Server, DSN, Schema string
	Plan                workload.Plan
	Seed                uint64
}

// child writes a line when it begins and one for every event that was answered, so that its parent knows what must not be lost.
func child(text string) error {
	var c errand
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	server, ok := servers.Named(c.Server)
	if !ok {
		return fmt.Errorf("no server %q", c.Server)
	}
	db, err := sql.Open(server.Driver(), c.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	st, err := sqlstore.New(db, server.Dialect, sqlstore.Options{Schema: c.Schema})
	if err != nil {
		return err
	}
	e, err := engine.New(st, engine.Options{})
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(c.Seed, 2))
	sender := workload.Sender{
		Engines: []*engine.Engine{e}, Goroutines: 6, Batch: 12, Patience: time.Minute, // users are busy now and then
		Answered: func(ev task.Event) { fmt.Println(ev.User, ev.ID) },
	}
	fmt.Println("begun")
	_, err = sender.Send(context.Background(), random, c.Plan.All(random))
	return err
}
