package store

import (
	"context"
	"iter"
)

// A Store keeps users' aggregates, shared counters and the catalog. The package documentation has the contract; the
// clauses are numbered there, and package storetest has a case for each.
//
// A Store is safe for use by several goroutines at once unless it is bound to a transaction (Limits.Bound).
type Store interface {
	// Load answers one State for each key, in order, each as of one version, with the catalog's stamp and the named
	// counters. A user never seen has version 0 and no rows; a row that is not there is left out.
	Load(ctx context.Context, r Request) (Snapshot, error)
	// Commit applies each unit on its own, all of it or nothing, and answers for each. Users in a call are distinct and
	// sorted byte by byte.
	Commit(ctx context.Context, units ...Unit) ([]Result, error)
	// List yields the rows of an index in the order of its keys. It may lag behind commits. An error ends it.
	List(ctx context.Context, q Query) iter.Seq2[Row, error]
	// Docs yields the documents put after a revision, each in its newest form, and the stamp that they bring the reader to.
	// They come by the revision of that form, then by kind, then by code.
	Docs(ctx context.Context, after int64) ([]Doc, Stamp, error)
	// DocAt reads a document as of a revision: the newest form put at or before it. ErrNotFound if there was none, also for
	// a kind or code that no document can have.
	DocAt(ctx context.Context, kind DocKind, code string, revision int64) (Doc, error)
	// PutDocs writes all documents under the next stamp if the stamp still is old, and answers the new one. A stamp that
	// moved is ErrStale, and nothing was written.
	PutDocs(ctx context.Context, old Stamp, docs ...Doc) (Stamp, error)
	// Limits says what the store takes at once. It never changes.
	Limits() Limits
}

// Kind names a kind of row.
type Kind string

// The kinds. An adapter with tables has one for each.
const (
	KindCause       Kind = "cause"
	KindTask        Kind = "task"
	KindTally       Kind = "tally"
	KindValue       Kind = "value"
	KindEntitlement Kind = "entitlement"
	KindReward      Kind = "reward"
	KindCap         Kind = "cap"
	KindTransfer    Kind = "transfer"
	KindBalance     Kind = "balance"
)

// A RowKey identifies a row: its kind, its user, and an ID whose parts are joined by a zero byte. IDs order byte by byte.
type RowKey struct {
	Kind Kind
	User string
	ID   string
}

// A Row is one record of a user's aggregate. The types are concrete (CauseRow, TaskRow ...): an adapter with columns
// switches on them, one for documents calls these methods and knows no kind. Rows are handed over as pointers.
type Row interface {
	// Key identifies the row.
	Key() RowKey
	// Index lists the index entries that lead to it.
	Index() []Entry
	// Encode gives the row in the newest version of its stored form; see [Decode].
	Encode() []byte
	// Clone returns a copy that shares nothing with the row.
	Clone() Row
}

// An Entry leads from an index to a row. Keys are built by this package only.
type Entry struct {
	Index Index
	Key   string
}

// Index names an index.
type Index string

// The indexes, each with the parts of its keys.
const (
	// IndexCauseTask: a user's events of a task by arrival (user, task, seq, id).
	IndexCauseTask Index = "cause/task"
	// IndexRewardUser: a user's reward records (user, time, reward, n).
	IndexRewardUser Index = "reward/user"
	// IndexRewardReward: a reward's records (reward, time, user, n).
	IndexRewardReward Index = "reward/reward"
	// IndexRewardOpen: the records that are pending or claimable (time, user, reward, n). Rows enter and leave it.
	IndexRewardOpen Index = "reward/open"
	// IndexTransferAccount: a user's transfers of an asset (user, asset, seq).
	IndexTransferAccount Index = "transfer/account"
)

// A Request is what Load reads.
type Request struct {
	Keys     []Key
	Counters []string
	// ForUpdate says that a commit follows: only then may a bound store lock or make a user.
	ForUpdate bool
}

// A Key is one user and the parts of the aggregate to read. Users in a request are distinct and sorted byte by byte.
type Key struct {
	User  string
	Parts []Part
}

// A Part is either named rows of a kind or a page of an index of the user's own rows.
//
// Of named rows those that exist come, each once however often it is named. An ID that no row of the kind can have names
// none, whatever it looks like, and no IDs name no rows. A page is the rows of the user whose keys start with Prefix and come
// after After, at most Limit of them (0: all). Without a Prefix it stays with the user all the same.
type Part struct {
	Kind   Kind
	IDs    []string
	Index  Index
	Prefix string
	After  string
	Limit  int
}

// A Snapshot is what Load read. Counters holds each one named in the request, 0 for one that does not exist.
type Snapshot struct {
	Stamp    Stamp
	States   []State
	Counters map[string]int64
	// Lagging says that Counters may be older than what was committed before the call, as where a replica was read, or a
	// transaction that may read as of its beginning. They may be shown. Whoever decides concludes nothing from them, neither that
	// something is left nor that a counter is exhausted: the result of a Take says that. States may be decided on all the same,
	// since a unit is refused unless its user's version is the one that was read.
	Lagging bool
}

// A State is the part of a user's aggregate that was asked for, as of one version. Version 0: not seen before.
// Rows come in the order of the parts; within a part named rows come in any order, a page in the order of its keys.
type State struct {
	User    string
	Version int64
	Rows    []Row
}

// A Stamp identifies a state of the catalog. The hash is chained over all that was put, so two histories differ in it
// even where their revisions are equal. The zero Stamp is that of an empty catalog.
type Stamp struct {
	Revision int64
	Hash     [16]byte
}

// A Unit is rows of one user and what it takes from counters: all or nothing. It is refused unless the user's version
// still is Version, and a user that is written moves on to Version + 1.
type Unit struct {
	User    string
	Version int64
	// Insert holds causes and transfers, which are never replaced. There is at least one cause.
	Insert []Row
	// Put replaces rows or creates them.
	Put []Row
	// Delete removes rows; one that is not there, or cannot be, is no error.
	Delete []RowKey
	// Take is what the unit takes from counters.
	Take []Take
}

// A Take adds N to a counter unless that would pass Max or go below zero. A negative N gives back and is refused by no Max.
// Close, applied after N, refuses every positive N from then on, for good.
type Take struct {
	Counter string
	N       int64
	Max     int64
	Close   bool
}

// A Result answers a unit. The zero Result says that it was written.
type Result struct {
	// Moved says that the user's version is another, or that the row was locked by somebody else.
	Moved bool
	// Exhausted names counters that refused the unit, with what each could still give (Max - used), 0 when closed.
	Exhausted map[string]int64
}

// Written reports whether the unit was applied.
func (r Result) Written() bool { return !r.Moved && len(r.Exhausted) == 0 }

// A Query is a page of an index over all users: keys that start with Prefix, from From on and before To, after After in
// the direction of reading. An empty From or To is open. Desc reads from the greatest key down. Limit 0 yields all.
type Query struct {
	Index  Index
	Prefix string
	From   string
	To     string
	// After is the key of the last row read, exclusive.
	After string
	Desc  bool
	Limit int
}

// DocKind names a kind of catalog document.
type DocKind string

// A Doc is a catalog document as stored. Body belongs to the engine; a store keeps it as it is.
type Doc struct {
	Kind DocKind
	Code string
	// Revision is that of the put that wrote it. PutDocs sets it.
	Revision int64
	Body     []byte
}

// Limits says what a store takes at once.
type Limits struct {
	// Units is how many units Commit and keys Load take in one call.
	Units int
	// Rows is how many rows, keys to delete and takes all units of one Commit may have together.
	Rows int
	// RowsPerUnit is the same for one unit, at least 64.
	RowsPerUnit int
	// Bound says that the store lives in a caller's transaction: one goroutine, no retry.
	Bound bool
	// OneWriter says that commits wait for each other whatever they are about, as in a file of SQLite or bbolt. It is a hint:
	// callers then share commits as soon as there are two.
	OneWriter bool
}

// As finds an ability behind wrappers: s itself if it is a T, else what its Unwrap method leads to, and so on.
func As[T any](s Store) (T, bool) {
	for s != nil {
		if t, ok := s.(T); ok {
			return t, true
		}
		w, ok := s.(interface{ Unwrap() Store })
		if !ok {
			break
		}
		s = w.Unwrap()
	}
	var none T
	return none, false
}
