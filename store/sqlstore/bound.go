package sqlstore

import (
	"context"
	"errors"
	"iter"

	"github.com/guerdon-go/guerdon/store"
)

// bound is a store in a caller's transaction. It stands for its Store by the same statements, run one after the other, and no
// statement of it fails by plan: a failed one would end the caller's transaction.
type bound struct {
	s  *Store
	on runner
	// begun says that the transaction was found under way, so that its end is noticed; see [bound.probe].
	begun bool
}

// Limits are those of the Store, bound.
func (t *bound) Limits() store.Limits {
	l := t.s.Limits()
	l.Bound = true
	return l
}

// Load locks the users of a request for a commit, making those that are not there, and reads in a later statement: one that
// locks and reads at once would read what was there before it waited.
func (t *bound) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	if err := t.s.checkLoad(ctx, r); err != nil {
		return store.Snapshot{}, err
	}
	var locked map[string]int64
	if r.ForUpdate && len(r.Keys) > 0 {
		err := t.write(ctx, "load", func(on runner, _ func() error) (err error) {
			locked, err = t.lock(ctx, on, r.Keys)
			return err
		})
		if err != nil {
			return store.Snapshot{}, err
		}
	}
	snap, err := t.s.load(ctx, t.on, r)
	if err != nil {
		return store.Snapshot{}, t.wrap(ctx, "load", "", err)
	}
	// Where a transaction reads as of its first statement, counters are as of then too, and are not locked yet.
	snap.Lagging = snap.Lagging || !t.s.d.oneWriter
	for _, st := range snap.States {
		if version, was := locked[st.User]; was && version != st.Version {
			return store.Snapshot{}, &RerunError{Err: errSnapshot}
		}
	}
	return snap, nil
}

// errSnapshot is why a transaction must run again that reads as of an instant before its lock, as MySQL's do unless they are
// READ COMMITTED. What is equal in both versions has not changed between.
var errSnapshot = errors.New("the transaction reads as of an instant before the user was locked")

// lock makes users and locks them in the order of their IDs.
func (t *bound) lock(ctx context.Context, on runner, keys []store.Key) (map[string]int64, error) {
	users, rows := make([]string, len(keys)), make([][]any, len(keys))
	for i, k := range keys {
		users[i], rows[i] = k.User, []any{k.User}
	}
	if t.s.d.arrays {
		if err := t.lockNames(ctx, users); err != nil {
			return nil, err
		}
	}
	if err := t.s.bornUsers(ctx, on, rows); err != nil {
		return nil, err
	}
	return t.s.lockUsers(ctx, on, users, false)
}

// Commit writes units in the transaction.
func (t *bound) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	w, err := t.s.writing(ctx, units)
	if err != nil || len(units) == 0 {
		return nil, err
	}
	var results []store.Result
	err = t.write(ctx, "commit", func(on runner, mark func() error) (err error) {
		if !t.s.d.arrays {
			w.births, w.mark = w.names, mark
			results, err = t.s.steps(ctx, on, w)
			return err
		}
		if err = t.hold(ctx, w); err == nil {
			results, err = t.s.gated(ctx, on, w)
		}
		if err != nil && ctx.Err() != nil {
			err = &RerunError{Err: err} // one statement may have written everything, with an answer that nobody waited for
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// List reads in the transaction. See [store.Store].
func (t *bound) List(ctx context.Context, q store.Query) iter.Seq2[store.Row, error] {
	return t.s.list(ctx, t.on, q, func(err error) error { return t.wrap(ctx, "list", string(q.Index), err) })
}

// Docs reads in the transaction.
func (t *bound) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	docs, stamp, err := t.s.docs(ctx, t.on, after)
	return docs, stamp, t.wrap(ctx, "docs", "", err)
}

// DocAt reads in the transaction.
func (t *bound) DocAt(ctx context.Context, kind store.DocKind, code string, revision int64) (store.Doc, error) {
	d, err := t.s.docAt(ctx, t.on, kind, code, revision)
	return d, t.wrap(ctx, "docs", code, err)
}

// PutDocs writes in the transaction.
func (t *bound) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	if err := ended(ctx, "put"); err != nil {
		return store.Stamp{}, err
	}
	if err := store.CheckDocs(docs...); err != nil {
		return store.Stamp{}, err
	}
	var stamp store.Stamp
	err := t.write(ctx, "put", func(on runner, mark func() error) error {
		err := mark()
		if err == nil {
			stamp, err = t.s.putDocs(ctx, on, old, docs)
		}
		return err
	})
	if err != nil {
		return store.Stamp{}, err
	}
	return stamp, nil
}

// wrap gives an error its meaning; one that calls for another run of the transaction says so. Where the connection was lost the
// transaction went with it and holds nothing: no error here is one of a lost answer.
func (t *bound) wrap(ctx context.Context, op, id string, err error) error {
	var again *RerunError
	if err == nil || errors.As(err, &again) {
		return err
	}
	switch t.s.failure(err) {
	case conflict:
		return &RerunError{Err: err}
	case unsent, broken:
		if ctx.Err() == nil {
			return &RerunError{Err: err}
		}
	case refused, duplicate, unfit:
	}
	return t.s.wrap(op, id, err, false)
}
