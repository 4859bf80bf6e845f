package task

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknown is returned for a task code that no document has.
	ErrUnknown = errors.New("unknown task")
	// ErrCompleted is what a [CompletedError] unwraps to.
	ErrCompleted = errors.New("task already completed")
	// ErrConflict is what a [ConflictError] unwraps to.
	ErrConflict = errors.New("same ID, other content")
	// ErrDerived is returned for an event of a derived task, which takes none.
	ErrDerived = errors.New("a derived task takes no events")
)

// A CompletedError answers Complete when the task is finished in that period already. Nothing was stored.
type CompletedError struct {
	// Record is the finished record.
	Record Record
}

// Error names the user, the task and the period.
func (e *CompletedError) Error() string {
	return fmt.Sprintf("task %q of user %q: already completed (period %d)", e.Record.Task, e.Record.User, e.Record.Period)
}

// Unwrap leads to [ErrCompleted].
func (e *CompletedError) Unwrap() error { return ErrCompleted }

// A ConflictError answers an event or request whose ID was used before with other content. Nothing changed.
type ConflictError struct {
	// User and ID name what was recorded before.
	User, ID string
	// Field is what differs: "task", "time", "growth", "finish", "attrs.total", "meta", or of a request "op", "reward", "n" ...
	Field string
}

// Error names the user, the ID and the field that differs.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%q of user %q was recorded with another %s", e.ID, e.User, e.Field)
}

// Unwrap leads to [ErrConflict].
func (e *ConflictError) Unwrap() error { return ErrConflict }
