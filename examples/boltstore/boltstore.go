// Package boltstore keeps Guerdon in a bbolt file. It is a whole adapter and a short one, to be read beside "Writing an
// adapter" in the documentation of package store, whose steps it takes in order; the last ones are its tests. It knows no
// kind of row and no index by name, so it goes on working when a release adds one.
package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/guerdon-go/guerdon/store"
)

// Step 1: what stands where. One bucket holds it all, so that the application has room for its own beside it.
//
//	users      user                        version
//	rows       user 0 kind 0 ID            Row.Encode
//	an index   Entry.Key                   the row's key in rows
//	counters   name                        used, and a byte more once it is closed
//	documents  kind 0 code 0 revision      body
//	stamp                                  revision, hash; the catalog's, and no bucket of its own
//
// bbolt compares and sorts bytes, as the contract does. A number is eight bytes, the highest first, and so sorts as numbers
// do. No user, kind or code has a zero byte, so no two keys fall together.
const root, stamp, users, rows, counters, documents = "guerdon", "stamp", "users", "rows", "counters", "documents"

// A Store keeps everything in a bbolt file. Unless it came from In it is safe for use by several goroutines at once.
type Store struct {
	db *bolt.DB
	tx *bolt.Tx // the caller's, or nil
}

// New returns a store on an open file, which its caller closes. It makes the buckets that are not there yet.
func New(db *bolt.DB) (*Store, error) {
	names := []string{users, rows, counters, documents}
	for _, ix := range store.Indexes() {
		names = append(names, string(ix))
	}
	err := db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(root))
		for i := 0; err == nil && i < len(names); i++ {
			_, err = b.CreateBucketIfNotExists([]byte(names[i]))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("boltstore: %w", err)
	}
	return &Store{db: db}, nil
}

// Limits says what one call takes, which bbolt holds in memory until its transaction ends.
func (s *Store) Limits() store.Limits {
	return store.Limits{Units: 1_000, Rows: 50_000, RowsPerUnit: 10_000, Bound: s.tx != nil, OneWriter: true}
}

// Step 2: transactions. Each call has one of its own, or works in its caller's.

// In returns the store within a transaction of the caller's, for one goroutine and until that ends: the application changes
// its own buckets and records what happened, and both hold when it commits, or neither. Such a transaction has the file to
// itself, so ForUpdate has nothing left to lock, and a commit outside waits for its end.
func (s *Store) In(tx *bolt.Tx) *Store { return &Store{s.db, tx} }

// data is the store as a transaction sees it. What it gets from bbolt is bbolt's memory and ends with the transaction:
// whatever leaves is decoded or copied before.
type data struct{ root *bolt.Bucket }

func open(tx *bolt.Tx) data                    { return data{tx.Bucket([]byte(root))} }
func (d data) bucket(name string) *bolt.Bucket { return d.root.Bucket([]byte(name)) }

func (s *Store) view(ctx context.Context, op string, f func(d data) error) error {
	switch {
	case ctx.Err() != nil:
		return failed(op, ctx.Err())
	case s.tx != nil:
		return failed(op, f(open(s.tx)))
	}
	return failed(op, s.db.View(func(tx *bolt.Tx) error { return f(open(tx)) }))
}

func (s *Store) update(ctx context.Context, op string, f func(d data) error) error {
	if s.tx != nil {
		return s.view(ctx, op, f)
	}
	ended := false
	err := s.db.Update(func(tx *bolt.Tx) (err error) { // waits for whoever else writes, and knows no context
		if err = ctx.Err(); err == nil {
			err = f(open(tx))
		}
		ended = err == nil
		return err
	})
	if err != nil && ended { // a sync that failed: the file may have it all the same
		err = fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	return failed(op, err)
}

// failed puts an error into the contract's form, which those of package store have already.
func failed(op string, err error) error {
	if _, known := errors.AsType[*store.Error](err); known || err == nil {
		return err
	}
	return &store.Error{Op: op, Err: err}
}

// Step 3: Load. The checks of package store come first, here as everywhere. Rows, version, counters and stamp are read in one
// transaction, and so are of one moment.

// Load answers one State for each key. See [store.Store].
func (s *Store) Load(ctx context.Context, r store.Request) (snap store.Snapshot, err error) {
	if err = errors.Join(store.CheckRequest(r), s.Limits().CheckRequest(r)); err != nil {
		return snap, err
	}
	err = s.view(ctx, "load", func(d data) (err error) {
		snap.Stamp, snap.Counters = d.stamp(), make(map[string]int64)
		for _, name := range r.Counters {
			snap.Counters[name], _ = d.counter(name)
		}
		snap.States = make([]store.State, len(r.Keys))
		for i, k := range r.Keys {
			st := &snap.States[i]
			st.User, st.Version = k.User, d.version(k.User)
			for j := 0; err == nil && j < len(k.Parts); j++ {
				st.Rows, err = d.part(st.Rows, k.User, k.Parts[j])
			}
		}
		return err
	})
	return snap, err
}

func (d data) version(user string) int64 { return number(d.bucket(users).Get([]byte(user))) }

// part appends a page of an index of the user's own rows, or named rows: those that are there, each once.
func (d data) part(found []store.Row, user string, p store.Part) ([]store.Row, error) {
	if p.Index != "" {
		prefix := max(p.Prefix, store.UserPrefix(user)) // which every prefix but the empty one starts with
		page, _, err := d.page(store.Query{Index: p.Index, Prefix: prefix, After: p.After}, p.Limit)
		return append(found, page...), err
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(p.IDs))) {
		row, err := d.row(place(store.RowKey{Kind: p.Kind, User: user, ID: id}))
		if err != nil {
			return nil, err
		} else if row != nil {
			found = append(found, row)
		}
	}
	return found, nil
}

// row reads the row at a place, nil if there is none.
func (d data) row(at []byte) (row store.Row, err error) {
	if form := d.bucket(rows).Get(at); form != nil {
		row, err = store.Decode(store.Kind(bytes.SplitN(at, []byte{0}, 3)[1]), form)
	}
	return row, err
}

// place is a row's key in the bucket of rows.
func place(k store.RowKey) []byte { return []byte(k.User + "\x00" + string(k.Kind) + "\x00" + k.ID) }

// Step 4: Commit. What is an error is found before anything is written, and a refusal is an answer. There is one writer and
// users are distinct, so a version that held in the first loop holds in the second.

// Commit applies each unit on its own, and writes them together. See [store.Store].
func (s *Store) Commit(ctx context.Context, units ...store.Unit) (results []store.Result, err error) {
	keys, err := store.CheckKeys(nil, units...) // Check, and the keys of the rows
	if err = errors.Join(err, s.Limits().Check(units...)); err == nil {
		err = s.update(ctx, "commit", func(d data) error { results, err = d.commit(units, keys); return err })
	}
	return results, err
}

func (d data) commit(units []store.Unit, keys []store.RowKey) (_ []store.Result, err error) {
	results, changes, rest := make([]store.Result, len(units)), make([][]store.Row, len(units)), keys
	for i, u := range units {
		results[i].Moved = d.version(u.User) != u.Version
		for _, key := range rest[:len(u.Insert)] {
			if !results[i].Moved && d.bucket(rows).Get(place(key)) != nil {
				return nil, fmt.Errorf("%w: %s %q of user %q is already there", store.ErrCorrupt, key.Kind, key.ID, key.User)
			}
		}
		changes[i] = slices.Concat(u.Insert, u.Put, make([]store.Row, len(u.Delete))) // no row: it is deleted
		rest = rest[len(changes[i]):]
	}
	for i, u := range units {
		mine := keys[:len(changes[i])]
		if keys = keys[len(mine):]; results[i].Moved {
			continue
		}
		if results[i].Exhausted, err = d.take(u.Take); err == nil && results[i].Exhausted == nil {
			for j, row := range changes[i] {
				err = errors.Join(err, d.put(place(mine[j]), row))
			}
			err = errors.Join(err, d.bucket(users).Put([]byte(u.User), appendNumber(nil, u.Version+1)))
		}
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// take takes from all counters, or from none and tells what those that refused could give.
func (d data) take(takes []store.Take) (exhausted map[string]int64, err error) {
	for _, t := range takes {
		used, closed := d.counter(t.Counter)
		var left int64
		if t.Max > used && !closed {
			left = t.Max - used
		}
		if t.N > 0 && t.N > left || t.N < -used { // what is given back is refused by no Max
			if exhausted == nil {
				exhausted = make(map[string]int64)
			}
			exhausted[t.Counter] = left
		}
	}
	for i := 0; err == nil && exhausted == nil && i < len(takes); i++ {
		used, closed := d.counter(takes[i].Counter)
		form := appendNumber(nil, used+takes[i].N)
		if closed || takes[i].Close {
			form = append(form, 1)
		}
		err = d.bucket(counters).Put([]byte(takes[i].Counter), form)
	}
	return exhausted, err
}

// counter reads one, 0 if it does not exist.
func (d data) counter(name string) (used int64, closed bool) {
	form := d.bucket(counters).Get([]byte(name))
	return number(form), len(form) > 8
}

// put replaces or creates a row, or deletes it if it is nil. The entries of the row that stood there go first: the new one
// may stand elsewhere in an index, or nowhere.
func (d data) put(at []byte, row store.Row) error {
	was, err := d.row(at)
	if was != nil {
		for _, e := range was.Index() {
			err = errors.Join(err, d.bucket(string(e.Index)).Delete([]byte(e.Key)))
		}
	}
	if row == nil {
		return errors.Join(err, d.bucket(rows).Delete(at))
	}
	for _, e := range row.Index() {
		err = errors.Join(err, d.bucket(string(e.Index)).Put([]byte(e.Key), at))
	}
	return errors.Join(err, d.bucket(rows).Put(at, row.Encode()))
}

// Step 5: List. A page is read in a transaction that ends before the first of its rows is yielded, so that the loop body may
// commit: a file that has to grow waits for all who read. The next page starts behind the last key.

// List yields the rows of an index in the order of its keys. See [store.Store].
func (s *Store) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		q, n, left, err := q, 1, cmp.Or(q.Limit, math.MaxInt), store.CheckQuery(q) // q is this reading's own
		for ; err == nil && n > 0 && left > 0; left -= n {
			var page []store.Row
			err = s.view(ctx, "list", func(d data) (err error) { page, q.After, err = d.page(q, min(left, 256)); return err })
			n = len(page)
			for i := 0; err == nil && i < n; i++ {
				if err = failed("list", ctx.Err()); err == nil && !yield(page[i], nil) {
					return
				}
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// page reads the first rows of a query, at most limit (0: all), and gives the key of the last.
func (d data) page(q store.Query, limit int) (found []store.Row, last string, err error) {
	c := d.bucket(string(q.Index)).Cursor()
	step, key, at := c.Next, []byte(nil), []byte(nil)
	if !q.Desc {
		key, at = c.Seek([]byte(max(q.Prefix, q.From, q.After+"\x00")))
	} else {
		end := q.Prefix + "\xff" // behind all that starts with the prefix: keys are UTF-8
		for _, bound := range []string{q.To, q.After} {
			end = min(end, cmp.Or(bound, end))
		}
		step = c.Prev
		if key, _ = c.Seek([]byte(end)); key == nil {
			key, at = c.Last()
		} else {
			key, at = c.Prev()
		}
	}
	for last = q.After; key != nil && q.Match(string(key)) && (limit == 0 || len(found) < limit); key, at = step() {
		row, err := d.row(at)
		if row == nil {
			return nil, "", cmp.Or(err, fmt.Errorf("%w: %s leads to %q", store.ErrCorrupt, q.Index, at))
		}
		found, last = append(found, row), string(key)
	}
	return found, last, nil
}

// Step 6: the catalog. Every form of a document stays. The stamp is kept, since it cannot be worked out from documents.

// Docs yields the documents put after a revision. See [store.Store].
func (s *Store) Docs(ctx context.Context, after int64) (docs []store.Doc, st store.Stamp, err error) {
	err = s.view(ctx, "docs", func(d data) error {
		st = d.stamp()
		c := d.bucket(documents).Cursor()
		for key, body := c.First(); key != nil; key, body = c.Next() { // a document's forms stand together, the newest last
			doc, n := document(key, body), len(docs)
			if n > 0 && docs[n-1].Kind == doc.Kind && docs[n-1].Code == doc.Code {
				docs = docs[:n-1]
			}
			docs = append(docs, doc)
		}
		return nil
	})
	docs = slices.DeleteFunc(docs, func(d store.Doc) bool { return d.Revision <= after })
	slices.SortFunc(docs, func(a, b store.Doc) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code))
	})
	return docs, st, err
}

// DocAt reads a document as of a revision. See [store.Store].
func (s *Store) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (doc store.Doc, err error) {
	err = s.view(ctx, "docs", func(d data) error {
		prefix, c := docPrefix(kind, code), d.bucket(documents).Cursor()
		for key, body := c.Seek(prefix); bytes.HasPrefix(key, prefix) && len(key) == len(prefix)+8; key, body = c.Next() {
			if form := document(key, body); form.Revision <= revision {
				doc = form
			}
		}
		if doc.Revision == 0 {
			return fmt.Errorf("%s %q at %d: %w", kind, code, revision, store.ErrNotFound)
		}
		return nil
	})
	return doc, err
}

// PutDocs writes all documents under the next stamp if the stamp still is old. See [store.Store].
func (s *Store) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (next store.Stamp, err error) {
	if err = store.CheckDocs(docs...); err != nil {
		return next, err
	}
	err = s.update(ctx, "put", func(d data) error {
		if d.stamp() != old {
			return store.ErrStale
		}
		next = old.Next(docs...)
		err := d.root.Put([]byte(stamp), append(appendNumber(nil, next.Revision), next.Hash[:]...))
		for _, doc := range docs {
			key := appendNumber(docPrefix(doc.Kind, doc.Code), next.Revision)
			err = errors.Join(err, d.bucket(documents).Put(key, bytes.Clone(doc.Body))) // bbolt keeps it until the commit
		}
		return err
	})
	return next, err
}

func (d data) stamp() (st store.Stamp) {
	form := d.root.Get([]byte(stamp))
	st.Revision = number(form)
	copy(st.Hash[:], form[min(8, len(form)):])
	return st
}

func docPrefix(kind store.DocKind, code string) []byte {
	return []byte(string(kind) + "\x00" + code + "\x00")
}

// document reads a form of a document out of the file's memory.
func document(key, body []byte) store.Doc {
	part := bytes.SplitN(key, []byte{0}, 3) // kind, code, revision
	return store.Doc{Kind: store.DocKind(part[0]), Code: string(part[1]), Revision: number(part[2]), Body: bytes.Clone(body)}
}

// number reads eight bytes, and is 0 for what is not there.
func number(b []byte) int64 {
	if len(b) < 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func appendNumber(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }
