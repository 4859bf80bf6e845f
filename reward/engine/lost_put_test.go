package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
)

// lostPut is a store that loses the answer of the first put it applies, and then lets a test do something.
type lostPut struct {
	store.Store
	after func()
}

func (s *lostPut) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	stamp, err := s.Store.PutDocs(ctx, old, docs...)
	if err == nil && s.after != nil {
		after := s.after
		s.after = nil
		after()
		return store.Stamp{}, &store.Error{Op: "put", Err: store.ErrUnknown}
	}
	return stamp, err
}

func TestPut_afterALostAnswerEveryErrorIsErrUnknown(t *testing.T) {
	setup := func(t *testing.T) (*lostPut, *engine.Engine) {
		st := &lostPut{Store: memory.New()}
		eng, err := engine.New(st, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return st, eng
	}
	t.Run("repeated at once", func(t *testing.T) {
		st, eng := setup(t)
		st.after = func() {}
		revision, err := eng.Put(t.Context(), ops, counter("a"))
		want(t, "put", []any{revision, err}, "[1 <nil>]")
	})
	t.Run("the context is cancelled", func(t *testing.T) {
		st, eng := setup(t)
		ctx, cancel := context.WithCancel(t.Context())
		st.after = cancel
		_, err := eng.Put(ctx, ops, counter("a"))
		want(t, "put", errors.Is(err, engine.ErrUnknown), true)
	})
	t.Run("somebody else is faster", func(t *testing.T) {
		st, eng := setup(t)
		c := counter("a")
		revision, err := eng.Put(t.Context(), ops, c)
		if err != nil {
			t.Fatal(err)
		}
		c.Note, c.Revision = "mine", revision
		st.after = func() {
			c := c
			c.Note, c.Revision = "theirs", 0
			if _, err := eng.Put(t.Context(), ops, c); err != nil {
				t.Error(err)
			}
		}
		_, err = eng.Put(t.Context(), ops, c)
		want(t, "put", errors.Is(err, engine.ErrUnknown), true)
	})
}
