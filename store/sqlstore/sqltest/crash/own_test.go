package crash

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// own is a server that a test starts for itself, and so may kill.
type own struct {
	server servers.Server
	dir    string
	port   int
	cmd    *exec.Cmd
	log    bytes.Buffer
	done   chan struct{} // closed when it has ended
}

// ownServer makes a database in a directory of its own and starts a server on it, which ends with the test.
func ownServer(t *testing.T, server servers.Server) *own {
	t.Helper()
	if server.Dialect == sqlstore.SQLite {
		t.Skip("a process that uses SQLite is its own server, and is killed above")
	}
	dir, err := os.MkdirTemp("", "guerdon-"+server.Name) // that of the test is closed to the user the server runs as
	if err != nil {
		t.Fatal(err)
	}
	o := &own{server: server, dir: dir, port: freePort(t)}
	t.Cleanup(func() {
		o.kill(t)
		_ = os.RemoveAll(dir)
	})
	var command *exec.Cmd
	switch server.Name {
	case servers.PostgreSQL.Name:
		command = o.as("postgres", o.program(t, "initdb"), "-D", o.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	case servers.MySQL.Name:
		command = o.mysqld(t, "--initialize-insecure")
	default:
		command = o.as("mysql", o.program(t, "mariadb-install-db"), "--no-defaults", "--datadir="+o.data(),
			"--auth-root-authentication-method=normal", "--skip-test-db")
	}
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	o.start(t)
	return o
}

func (o *own) data() string { return filepath.Join(o.dir, "data") }

// program finds a program of the server, where distributions keep it.
func (o *own) program(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/usr/local/pgsql/bin/", "/usr/sbin/", "/usr/local/sbin/"} {
		if found, _ := filepath.Glob(pattern + name); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	o.server.Absent(t, "no "+name+" is installed")
	return ""
}

// mysqld is a command that runs MySQL, with these arguments and those both its ways have in common.
func (o *own) mysqld(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "bash", "../mysql/server.sh", "command").Output()
	if err != nil {
		o.server.Absent(t, "no mysqld is there")
	}
	words := strings.Fields(string(out))
	return o.as("mysql", words[0], append(append(words[1:], "--datadir="+o.data()), args...)...)
}

// as is a command, run as another user if this is root, as which servers refuse to run.
func (o *own) as(name, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = o.dir
	if os.Geteuid() != 0 {
		return cmd
	}
	if u, err := user.Lookup(name); err == nil {
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		_ = os.Chown(o.dir, int(uid), int(gid))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	return cmd
}

// start runs the server and waits until it answers. What is written reaches the operating system before a commit is answered,
// though not the disk: processes are killed here, no machine.
func (o *own) start(t *testing.T) {
	t.Helper()
	port := strconv.Itoa(o.port)
	mysql := []string{"--port=" + port, "--bind-address=127.0.0.1", "--socket=" + filepath.Join(o.dir, "socket"),
		"--pid-file=" + filepath.Join(o.dir, "pid"), "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M"}
	switch o.server.Name {
	case servers.PostgreSQL.Name:
		o.cmd = o.as("postgres", o.program(t, "postgres"), "-D", o.data(), "-p", port, "-c", "listen_addresses=127.0.0.1",
			"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=50")
	case servers.MySQL.Name:
		o.cmd = o.mysqld(t, append(mysql, "--mysqlx=OFF", "--secure-file-priv=")...)
	default:
		o.cmd = o.as("mysql", o.program(t, "mariadbd"), append(mysql, "--datadir="+o.data())...)
		o.cmd.Args = slices.Insert(o.cmd.Args, 1, "--no-defaults") // which must be the first
	}
	o.log.Reset()
	o.cmd.Stdout, o.cmd.Stderr = &o.log, &o.log
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		defer close(done)
		_ = cmd.Wait()
	}(o.cmd, o.done)
	db := o.server.Open(t, o.dsn())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			break
		}
		select {
		case <-o.done:
			t.Fatalf("the server ended: %s", o.log.String())
		case <-ctx.Done():
			t.Fatalf("the server does not answer: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// dsn is how the server is reached.
func (o *own) dsn() string {
	if o.server.Dialect == sqlstore.PostgreSQL {
		return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres", o.port)
	}
	return fmt.Sprintf("root@tcp(127.0.0.1:%d)/mysql?interpolateParams=true", o.port)
}

// kill ends the server with SIGKILL, and every process it has started: those of PostgreSQL have groups of their own. It is
// stopped before, so that it neither starts another nor sees them go.
func (o *own) kill(t *testing.T) {
	if o.cmd == nil || o.cmd.Process == nil {
		return
	}
	pid := o.cmd.Process.Pid
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	for _, child := range children(pid) {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	select {
	case <-o.done:
	case <-time.After(time.Minute):
		t.Error("the server does not end")
	}
	o.cmd = nil
}

// children lists the processes that a process has started.
func children(pid int) (list []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it is gone
		}
		_, rest, _ := strings.Cut(string(text), ") ") // behind the name: state, parent
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			list = append(list, child)
		}
	}
	return list
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
