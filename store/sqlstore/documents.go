package sqlstore

import (
	"context"
	"fmt"

	"github.com/guerdon-go/guerdon/store"
)

// Docs yields the documents put after a revision, each in its newest form, by revision, kind and code, and the stamp that
// the reader is then at, as of one instant. The first call looks whether the tables are those of this release: [ErrNotMigrated]
// or [ErrNewer] if not. See [store.Store].
func (s *Store) Docs(ctx context.Context, after int64) (docs []store.Doc, stamp store.Stamp, err error) {
	if err := ended(ctx, "docs"); err != nil {
		return nil, store.Stamp{}, err
	}
	err = s.again(ctx, true, func() error {
		if !s.checked.Load() {
			if err := s.checkSchema(ctx); err != nil {
				return err
			}
			s.checked.Store(true)
		}
		docs, stamp, err = s.docs(ctx, pool{s}, after)
		return err
	})
	return docs, stamp, s.wrap("docs", "", err, false)
}

// docsMost is how many documents are read at once.
const docsMost = 1000

// docs reads the stamp, and then the documents up to it, page by page. What is put meanwhile is beyond the stamp and left for
// the next call, and what is at or before it is never changed.
func (s *Store) docs(ctx context.Context, on runner, after int64) (docs []store.Doc, stamp store.Stamp, err error) {
	if err := ended(ctx, "docs"); err != nil {
		return nil, stamp, err
	}
	if s.checked.Load() || s.checkedIn.Load() {
		stamp, err = s.stamp(ctx, on, nil)
	} else { // in a caller's transaction
		stamp, err = s.firstStamp(ctx, on)
	}
	if err != nil {
		return nil, stamp, err
	}
	if after >= stamp.Revision { // which may be the greatest number there is
		return nil, stamp, nil
	}
	for last := (store.Doc{Revision: after + 1}); ; { // before all of that revision, whose kinds are not empty
		page, err := s.docsPage(ctx, on, last, stamp.Revision)
		if err != nil {
			return nil, store.Stamp{}, err
		}
		if docs = append(docs, page...); len(page) < docsMost {
			break
		}
		last = page[len(page)-1]
	}
	return docs, stamp, nil
}

// stamp reads the catalog's stamp, and the version of the tables beside it if that is asked for.
func (s *Store) stamp(ctx context.Context, on runner, version *int) (stamp store.Stamp, err error) {
	var hash []byte
	of, into := shape{what: 'c'}, []any{&stamp.Revision, &hash}
	if version != nil {
		of, into = shape{}, append(into, version)
	}
	p, args := s.build(of, func(b *statement) {
		b.add("SELECT revision, hash")
		if version != nil {
			b.add(", (SELECT coalesce(max(version), 0) FROM ")
			b.table(versionsTable)
			b.add(")")
		}
		b.add(" FROM ")
		b.table(catalogTable)
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return stamp, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows, into...); err != nil {
			return stamp, err
		}
	}
	if err := rows.Err(); err != nil {
		return stamp, err
	}
	if copy(stamp.Hash[:], hash) != len(stamp.Hash) {
		return stamp, &store.Error{Op: "docs", Err: fmt.Errorf("%w: the catalog has no stamp", store.ErrCorrupt)}
	}
	return stamp, nil
}

// docsPage reads the newest forms up to a revision of the documents behind one, in the order of an index.
func (s *Store) docsPage(ctx context.Context, on runner, last store.Doc, until int64) (docs []store.Doc, err error) {
	p, args := s.build(shape{what: 'd'}, func(b *statement) {
		b.add("SELECT x.kind, x.code, x.revision, x.body FROM ")
		b.table(documentsTable)
		b.add(" x WHERE x.revision <= ")
		b.arg(integer, until)
		b.add(" AND ")
		b.behind([]column{{"revision", integer}, {"kind", text}, {"code", text}}, []any{last.Revision, string(last.Kind), last.Code}, true, ">")
		b.add(" AND x.revision = (SELECT max(y.revision) FROM ") // looked up in the primary key, form by form
		b.table(documentsTable)
		b.add(" y WHERE y.kind = x.kind AND y.code = x.code AND y.revision <= ")
		b.arg(integer, until)
		b.addf(") ORDER BY x.revision, x.kind, x.code LIMIT %d", docsMost)
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d store.Doc
		var kind string
		if err := scan(rows, &kind, &d.Code, &d.Revision, &d.Body); err != nil {
			return nil, err
		}
		d.Kind = store.DocKind(kind)
		docs = append(docs, d)
	}
	return docs, rows.Err()
}

// DocAt reads a document as of a revision. See [store.Store].
func (s *Store) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (d store.Doc, err error) {
	err = s.again(ctx, true, func() error {
		d, err = s.docAt(ctx, pool{s}, kind, code, revision)
		return err
	})
	return d, s.wrap("docs", code, err, false)
}

func (s *Store) docAt(ctx context.Context, on runner, kind store.DocKind, code string, revision int64) (store.Doc, error) {
	if err := ended(ctx, "docs"); err != nil {
		return store.Doc{}, err
	}
	if store.CheckDocs(store.Doc{Kind: kind, Code: code}) != nil { // no document can have the name
		return store.Doc{}, &store.Error{Op: "docs", ID: code, Err: store.ErrNotFound}
	}
	p, args := s.build(shape{what: 'a'}, func(b *statement) {
		b.add("SELECT revision, body FROM ")
		b.table(documentsTable)
		b.add(" WHERE kind = ")
		b.arg(text, string(kind))
		b.add(" AND code = ")
		b.arg(text, code)
		b.add(" AND revision <= ")
		b.arg(integer, revision)
		b.add(" ORDER BY revision DESC LIMIT 1")
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return store.Doc{}, err
	}
	defer rows.Close()
	d := store.Doc{Kind: kind, Code: code}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return store.Doc{}, err
		}
		return store.Doc{}, &store.Error{Op: "docs", ID: code, Err: store.ErrNotFound}
	}
	if err := scan(rows, &d.Revision, &d.Body); err != nil {
		return store.Doc{}, err
	}
	return d, rows.Err()
}

// PutDocs writes all documents under the next stamp if the stamp still is old. See [store.Store].
func (s *Store) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (stamp store.Stamp, err error) {
	if err := ended(ctx, "put"); err != nil {
		return store.Stamp{}, err
	}
	if err := store.CheckDocs(docs...); err != nil {
		return store.Stamp{}, err
	}
	err = s.again(ctx, false, func() error {
		return s.transact(ctx, func(on runner) (err error) {
			stamp, err = s.putDocs(ctx, on, old, docs)
			return err
		})
	})
	if err != nil {
		return store.Stamp{}, s.wrap("put", "", err, true)
	}
	return stamp, nil
}

// fits is how many of some documents go into one statement: no more than [literalMost] bytes, but at least one.
func fits(docs []store.Doc) int {
	size := 0
	for i := range docs {
		if size += len(docs[i].Body); i > 0 && (size > literalMost || i == docsMost/4) {
			return i
		}
	}
	return len(docs)
}

// putDocs compares and moves on the stamp, and then inserts. Without documents it only compares.
func (s *Store) putDocs(ctx context.Context, on runner, old store.Stamp, docs []store.Doc) (store.Stamp, error) {
	if len(docs) == 0 {
		stamp, err := s.stamp(ctx, on, nil)
		if err == nil && stamp != old {
			err = &store.Error{Op: "put", Err: store.ErrStale}
		}
		return stamp, err
	}
	next := old.Next(docs...)
	p, args := s.build(shape{what: 's'}, func(b *statement) {
		b.add("UPDATE ")
		b.table(catalogTable)
		b.add(" SET revision = ")
		b.arg(integer, next.Revision)
		b.add(", hash = ")
		b.arg(binary, next.Hash[:])
		b.add(" WHERE revision = ")
		b.arg(integer, old.Revision)
		if s.d.Dialect == MySQL { // a key, without which sql_safe_updates refuses it
			b.add(" AND one = 1")
		}
		b.add(" AND hash = ")
		b.arg(binary, old.Hash[:])
	})
	n, err := counted(ctx, on, p, args)
	if err != nil {
		return store.Stamp{}, err
	}
	if n == 0 {
		return store.Stamp{}, &store.Error{Op: "put", Err: store.ErrStale}
	}
	for left := docs; len(left) > 0; {
		some := left[:fits(left)]
		left = left[len(some):]
		p, args := s.build(s.shapeOf('p', len(some)), func(b *statement) {
			b.insert(documentsTable, []string{"kind", "code", "revision", "body"}, len(some), func(i int) {
				b.arg(text, string(some[i].Kind))
				b.add(", ")
				b.arg(text, some[i].Code)
				b.add(", ")
				b.arg(integer, next.Revision)
				b.add(", ")
				b.arg(binary, append([]byte{}, some[i].Body...)) // a nil body would be NULL
			})
		})
		if _, err := on.exec(ctx, p, args); err != nil {
			return store.Stamp{}, err
		}
	}
	return next, nil
}
