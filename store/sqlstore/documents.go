package sqlstore

import (
	"context"
	"math"

	"github.com/guerdon-go/guerdon/store"
)

// Docs yields the documents put after a revision, each in its newest form, by revision, kind and code, and the stamp that
// brings the reader to, as of one instant. The first call looks whether the tables are those of this release: [ErrNotMigrated]
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

func (s *Store) docs(ctx context.Context, on runner, after int64) (docs []store.Doc, stamp store.Stamp, err error) {
	if err := ended(ctx, "docs"); err != nil {
		return nil, stamp, err
	}
	p, args := s.build(shape{what: 'd'}, func(b *statement) {
		b.add("SELECT c.revision, c.hash, d.kind, d.code, d.revision, d.body FROM ")
		b.table(catalogTable)
		b.add(" c LEFT JOIN (SELECT kind, code, revision, body FROM ")
		b.table(documentsTable)
		b.add(" x WHERE revision > ")
		b.arg(integer, after)
		b.add(" AND NOT EXISTS (SELECT 1 FROM ")
		b.table(documentsTable)
		b.add(" y WHERE y.kind = x.kind AND y.code = x.code AND y.revision > x.revision)) d ON 1 = 1 ORDER BY d.revision, d.kind, d.code")
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return nil, stamp, err
	}
	defer rows.Close()
	for rows.Next() {
		var hash, body []byte
		var kind, code *string
		var revision *int64
		if err := rows.Scan(&stamp.Revision, &hash, &kind, &code, &revision, &body); err != nil {
			return nil, store.Stamp{}, err
		}
		if copy(stamp.Hash[:], hash) != len(stamp.Hash) {
			return nil, store.Stamp{}, &store.Error{Op: "docs", Err: store.ErrCorrupt}
		}
		if kind != nil && code != nil && revision != nil {
			docs = append(docs, store.Doc{Kind: store.DocKind(*kind), Code: *code, Revision: *revision, Body: body})
		}
	}
	return docs, stamp, rows.Err()
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
	if err := rows.Scan(&d.Revision, &d.Body); err != nil {
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

// putDocs compares and moves on the stamp, and then inserts. Without documents it only compares.
func (s *Store) putDocs(ctx context.Context, on runner, old store.Stamp, docs []store.Doc) (store.Stamp, error) {
	if len(docs) == 0 {
		_, stamp, err := s.docs(ctx, on, math.MaxInt64)
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
	for _, d := range docs {
		p, args := s.build(shape{what: 'p'}, func(b *statement) {
			b.insert(documentsTable, []string{"kind", "code", "revision", "body"}, 1, func(int) {
				b.arg(text, string(d.Kind))
				b.add(", ")
				b.arg(text, d.Code)
				b.add(", ")
				b.arg(integer, next.Revision)
				b.add(", ")
				b.arg(binary, append([]byte{}, d.Body...))
			})
		})
		if _, err := on.exec(ctx, p, args); err != nil {
			return store.Stamp{}, err
		}
	}
	return next, nil
}
