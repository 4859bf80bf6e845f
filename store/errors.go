package store

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknown is matched by an error after which a commit may have been applied, in whole or for some of its units:
	// loading the causes tells.
	ErrUnknown = errors.New("outcome unknown")
	// ErrStale is returned by PutDocs when the catalog's stamp is another.
	ErrStale = errors.New("catalog moved")
	// ErrNotFound is returned by DocAt for a document that did not exist.
	ErrNotFound = errors.New("not found")
	// ErrUnsupported is returned for a kind, index or option a store does not know, and for a stored form that is newer
	// than this release. Nothing was changed.
	ErrUnsupported = errors.New("unsupported")
	// ErrCorrupt is returned when what is stored contradicts itself: a cause that is already there under a version that
	// held, a row that does not decode.
	ErrCorrupt = errors.New("corrupt")
	// ErrTooLarge is returned for more units, keys or rows in one call than [Limits] has. Nothing was changed.
	ErrTooLarge = errors.New("more than the store takes at once")
	// ErrInvalid is returned by Check for what no store may be given. It is a fault of the caller of the store.
	ErrInvalid = errors.New("invalid use of a store")
)

// An Error says which operation failed and on whose rows.
type Error struct {
	// Op is the operation: "load", "commit", "list", "docs" (of Docs and of DocAt), "put", "decode". An adapter may have more, such
	// as sqlstore's "do" (a transaction of Store.Do) and "schema" (the tables are not those of its release).
	Op string
	// ID is the user, index or document concerned, or empty.
	ID string
	// Err is the cause; it leads to one of the sentinels where the contract has one.
	Err error
}

// Error gives the operation, the ID and the cause.
func (e *Error) Error() string {
	if e.ID == "" {
		return fmt.Sprintf("store %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("store %s %q: %v", e.Op, e.ID, e.Err)
}

// Unwrap leads to the cause.
func (e *Error) Unwrap() error { return e.Err }
