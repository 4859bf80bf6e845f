// Package faults breaks what lies between a store and its database: a statement of the driver, or the bytes of a connection. A
// fault strikes the n-th of them, for every n up to the end of a conversation, so that nothing depends on luck.
package faults

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// A Mode is how a statement fails.
type Mode string

// The modes of an [Injector].
const (
	// Unsent: the driver says that nothing was sent.
	Unsent Mode = "unsent"
	// Conflict: the database says that others were in the way.
	Conflict Mode = "conflict"
	// Before: the connection ends before the statement reaches the database.
	Before Mode = "before"
	// After: the connection ends when the database has done what it was asked.
	After Mode = "after"
	// SlowBefore: the statement waits until its context is done, and never reaches the database.
	SlowBefore Mode = "slow before"
	// SlowAfter: the database has done what it was asked, and its answer waits until the context is done.
	SlowAfter Mode = "slow after"
)

// Modes lists those that a caller with enough time never hears of.
func Modes() []Mode { return []Mode{Unsent, Conflict, Before, After} }

// An Op is a call of a driver.
type Op struct {
	// Name is "connect", "begin", "prepare", "query", "exec", "commit" or "rollback".
	Name string
	// Text is the statement, for a commit the last one before it.
	Text string
}

// String gives the beginning of it.
func (o *Op) String() string {
	if o == nil {
		return "no call"
	}
	text := strings.Join(strings.Fields(o.Text), " ")
	return o.Name + " " + text[:min(len(text), 80)]
}

// Decides reports whether the database keeps what was asked of it when the call is done: a commit, or a statement that writes by
// itself and is all there is to a commit of units. Counters that are born at zero are no part of what was asked.
func (o Op) Decides() bool {
	words := strings.FieldsFunc(o.Text, func(r rune) bool { return r < 'A' || r > 'Z' }) // COMMITTED is no COMMIT
	switch o.Name {
	case "commit":
		return !strings.Contains(o.Text, "guerdon_counters") || strings.Contains(o.Text, "guerdon_causes")
	case "query", "exec": // MariaDB and MySQL are sent their COMMIT as a statement, alone or at the end of several
		return strings.HasPrefix(o.Text, "WITH ") || o.Text == "COMMIT" ||
			slices.Contains(words, "COMMIT") && (strings.Contains(o.Text, "guerdon_users") || strings.Contains(o.Text, "guerdon_documents"))
	default:
		return false
	}
}

// An Injector makes one call of a driver fail. It is safe for use by several goroutines at once.
type Injector struct {
	dialect   sqlstore.Dialect
	mu        sync.Mutex
	left      int // calls until the fault; 0 is none. guarded by mu
	mode      Mode
	hit       *Op
	impatient func()
	ops       []Op // all calls since it was armed
}

// Ops lists the calls since the injector was armed.
func (i *Injector) Ops() []Op {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.ops)
}

// Impatient lets f, which ends a context, be called when a call waits for that, and not before.
func (i *Injector) Impatient(f func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.impatient = f
}

// until waits for a context.
func (i *Injector) until(ctx context.Context) error {
	i.mu.Lock()
	f := i.impatient
	i.mu.Unlock()
	f()
	<-ctx.Done()
	return ctx.Err()
}

// Arm lets the n-th call from now on fail.
func (i *Injector) Arm(mode Mode, n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mode, i.left, i.hit, i.ops = mode, n, nil, nil
}

// Disarm ends it, and answers which call failed: nil if there were fewer.
func (i *Injector) Disarm() *Op {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.left = 0
	return i.hit
}

// strikes reports whether this is the call to fail, and how.
func (i *Injector) strikes(op Op) (Mode, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.left == 0 || op.Name == "rollback" { // what comes after a failure is no part of the conversation
		return "", false
	}
	i.ops = append(i.ops, op)
	if i.left--; i.left > 0 {
		return "", false
	}
	i.hit = &op
	return i.mode, true
}

// errCut is an error of a connection, without a code.
var errCut = errors.New("connection reset by a test")

// conflicts are what the databases answer with where the same again may succeed.
func (i *Injector) conflict() error {
	switch i.dialect {
	case sqlstore.PostgreSQL:
		return stateError("40P01")
	case sqlstore.MySQL:
		return &numberError{1213}
	default:
		return codeError(5)
	}
}

// stateError has its code by a method, as an error of pgx has.
type stateError string

func (e stateError) Error() string    { return "injected: SQLSTATE " + string(e) }
func (e stateError) SQLState() string { return string(e) }

// numberError has its code in a field, as one of go-sql-driver/mysql has.
type numberError struct{ Number uint16 }

func (e *numberError) Error() string { return "injected: deadlock" }

// codeError has its code by a method, as one of modernc.org/sqlite has.
type codeError int

func (e codeError) Error() string { return "injected: busy" }
func (e codeError) Code() int     { return int(e) }
