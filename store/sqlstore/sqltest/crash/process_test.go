package crash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/workload"
)

// plan is what a child does before it is killed.
var plan = workload.Plan{Name: "u", Users: 12, Events: 12, ScarceMax: 90, FifthMax: 15}

// Every event is counted once and every grant paid once when processes are killed at random moments and what they sent is sent
// again.
func TestKilledProcess(t *testing.T) {
	kills := 3
	if servers.Long() {
		kills = 200
	}
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			server.Need(t)
			random := workload.Seed(t)
			k := &killer{server: server, random: random}
			whole := k.round(t, 0) // undisturbed, to know how long it takes
			answered, rounds := 0, 0
			for ; k.killed < kills && rounds < 10*kills; rounds++ { // some are done before
				k.round(t, time.Duration(random.Int64N(int64(whole)))+1)
				if t.Failed() {
					t.Fatalf("after %d kills", k.killed)
				}
				answered += k.answered
			}
			if k.killed < kills {
				t.Errorf("only %d processes of %d were killed: the others were done before", k.killed, rounds)
			}
			t.Logf("%d processes killed within %v, %d of %d events answered before; %d events were there and not answered",
				k.killed, whole, answered, rounds*plan.Users*plan.Events, k.unanswered)
		})
	}
}

type killer struct {
	server servers.Server
	random *rand.Rand
	killed int
	// answered is how many events the last child had an answer for, unanswered how many those of all children had none for
	// although they were recorded.
	answered, unanswered int
}

// round lets a child record and kills it after a while, sends all of it again and checks. It answers how long the child ran.
func (k *killer) round(t *testing.T, after time.Duration) (ran time.Duration) {
	t.Run("", func(t *testing.T) { // with clean-up of its own
		dsn, schema := k.prepare(t)
		ran = k.child(t, errand{Server: k.server.Name, DSN: dsn, Schema: schema, Plan: plan, Seed: k.random.Uint64()}, after)
		db := k.server.Open(t, dsn)
		st := k.server.Store(t, db, schema)
		sender := workload.Sender{Engines: []*engine.Engine{workload.Engine(t, st)}, Goroutines: 4, Batch: 30, Patience: 5 * time.Second}
		sent, err := sender.Send(t.Context(), k.random, plan.All(k.random))
		if err != nil || sent.Replays < int64(k.answered) {
			t.Errorf("sent again after %d answers: %v, %v", k.answered, sent, err)
		}
		k.unanswered += int(sent.Replays) - k.answered
		plan.Check(t, st)
	})
	return ran
}

// prepare makes tables with the catalog in them.
func (k *killer) prepare(t *testing.T) (dsn, schema string) {
	if k.server.Dialect == sqlstore.SQLite {
		dsn = servers.File(filepath.Join(t.TempDir(), "guerdon.db"))
		db := k.server.Open(t, dsn)
		plan.Put(t, workload.Engine(t, k.server.Migrated(t, db, "")))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return dsn, ""
	}
	dsn = k.server.DSN()
	db := k.server.Open(t, dsn)
	schema = k.server.Schema(t, db)
	plan.Put(t, workload.Engine(t, k.server.Migrated(t, db, schema)))
	return dsn, schema
}

// child runs one until it is done, or kills it.
func (k *killer) child(t *testing.T, e errand, after time.Duration) time.Duration {
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the child did not begin: %v, %s", cmd.Wait(), &stderr)
	}
	begun := time.Now()
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	k.answered = 0
	for lines.Scan() {
		k.answered++
	}
	ran := time.Since(begun)
	switch err := cmd.Wait(); {
	case err == nil && after == 0:
	case err != nil && after > 0 && cmd.ProcessState.ExitCode() < 0:
		k.killed++
	case err != nil:
		t.Fatalf("the child failed: %v, %s", err, &stderr)
	}
	return ran
}
