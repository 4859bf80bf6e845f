package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/guerdon-go/guerdon/store"
)

// A catalog is the documents in all their forms.
type catalog struct {
	// stamp is read without the lock by every Load; it is written with mu held.
	stamp atomic.Pointer[store.Stamp]
	mu    sync.Mutex
	// forms are those of each document, by rising revision. Guarded by mu. Bodies are never changed.
	forms map[docName][]store.Doc
}

type docName struct {
	kind store.DocKind
	code string
}

func (c *catalog) init() {
	c.stamp.Store(new(store.Stamp))
	c.forms = make(map[docName][]store.Doc)
}

func (c *catalog) current() store.Stamp { return *c.stamp.Load() }

// Docs yields the documents put after a revision, each in its newest form, by revision, kind and code, and the stamp that
// the reader is then at. See [store.Store].
func (s *Store) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	if err := ctx.Err(); err != nil {
		return nil, store.Stamp{}, &store.Error{Op: "docs", Err: err}
	}
	c := &s.catalog
	c.mu.Lock()
	stamp := c.current()
	var docs []store.Doc
	for _, forms := range c.forms {
		if last := forms[len(forms)-1]; last.Revision > after {
			docs = append(docs, last)
		}
	}
	c.mu.Unlock()
	slices.SortFunc(docs, func(a, b store.Doc) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code))
	})
	for i := range docs {
		docs[i].Body = bytes.Clone(docs[i].Body)
	}
	return docs, stamp, nil
}

// DocAt reads a document as of a revision. See [store.Store].
func (s *Store) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
	if err := ctx.Err(); err != nil {
		return store.Doc{}, &store.Error{Op: "docs", ID: code, Err: err}
	}
	c := &s.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range slices.Backward(c.forms[docName{kind, code}]) {
		if d.Revision <= revision {
			d.Body = bytes.Clone(d.Body)
			return d, nil
		}
	}
	return store.Doc{}, &store.Error{Op: "docs", ID: code, Err: store.ErrNotFound}
}

// PutDocs writes all documents under the next stamp if the stamp still is old. See [store.Store].
func (s *Store) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	if err := ctx.Err(); err != nil {
		return store.Stamp{}, &store.Error{Op: "put", Err: err}
	}
	if err := store.CheckDocs(docs...); err != nil {
		return store.Stamp{}, err
	}
	c := &s.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current() != old {
		return store.Stamp{}, &store.Error{Op: "put", Err: store.ErrStale}
	}
	next := old.Next(docs...)
	for _, d := range docs {
		d.Revision, d.Body = next.Revision, bytes.Clone(d.Body)
		name := docName{d.Kind, d.Code}
		c.forms[name] = append(c.forms[name], d)
	}
	c.stamp.Store(&next)
	return next, nil
}
