package galera

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
)

// A cluster is three nodes, numbered from 1.
type cluster struct {
	t   *testing.T
	dir string
	dsn []string
}

// start starts a cluster that is stopped when the test ends. Where it cannot be started the test is skipped, or fails if
// GUERDON_REQUIRE names galera.
func start(t *testing.T) *cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "guerdon-galera-")
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, dir: dir}
	t.Cleanup(func() {
		_, _ = c.script("stop")
		if t.Failed() {
			t.Logf("the nodes' logs are in %s", dir)
			return
		}
		_ = os.RemoveAll(dir)
	})
	out, err := c.script("start")
	if err != nil {
		if strings.Contains(os.Getenv("GUERDON_REQUIRE"), "galera") {
			t.Fatalf("a Galera cluster is required: %v", err)
		}
		t.Skipf("no Galera cluster: %v", err)
	}
	c.dsn = strings.Fields(out)
	if len(c.dsn) != 3 {
		t.Fatalf("cluster.sh printed %q", out)
	}
	return c
}

// script runs a command of cluster.sh. Its error is the last line the script wrote.
func (c *cluster) script(command string, args ...string) (string, error) {
	cmd := exec.CommandContext(context.WithoutCancel(c.t.Context()), "bash", append([]string{"cluster.sh", command, c.dir}, args...)...)
	cmd.Env = append(os.Environ(), fmt.Sprint("GALERA_GUARD=", os.Getpid()))
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	err := cmd.Run()
	if _, gone := errors.AsType[*exec.Error](err); gone || errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(bad.String()), "\n")
		err = fmt.Errorf("%s (%w)", lines[len(lines)-1], err)
	}
	return out.String(), err
}

// kill kills a node with -9.
func (c *cluster) kill(node int) {
	c.t.Helper()
	if _, err := c.script("kill", fmt.Sprint(node)); err != nil {
		c.t.Fatal(err)
	}
}

// restart starts a node again and waits until it has all that the others have.
func (c *cluster) restart(node int) {
	c.t.Helper()
	if _, err := c.script("restart", fmt.Sprint(node)); err != nil {
		c.t.Fatal(err)
	}
}

// pool opens connections to a node, with more parameters of the DSN if some are given.
func (c *cluster) pool(node int, parameters ...string) *sql.DB {
	c.t.Helper()
	dsn := c.dsn[node-1]
	if len(parameters) > 0 {
		dsn += "?" + strings.Join(parameters, "&")
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = db.Close() })
	return db
}
