package storetest

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"

	"github.com/guerdon-go/guerdon/store"
)

func catalogCases() []testCase {
	return []testCase{
		{name: "catalog/empty", clause: "9", run: catalogEmpty,
			sentence: "An empty catalog has the zero stamp and no documents."},
		{name: "catalog/put", clause: "9", run: catalogPut,
			sentence: "PutDocs writes all documents under the next stamp, Stamp.Next, and its revision."},
		{name: "catalog/put nothing", clause: "9", run: catalogPutNothing,
			sentence: "A put of no documents leaves the stamp as it is."},
		{name: "catalog/stale", clause: "9", run: catalogStale,
			sentence: "A put under a stamp that moved is ErrStale and writes nothing; so is one with the right revision and another hash."},
		{name: "catalog/chained", clause: "9", run: catalogChained,
			sentence: "A stamp stands for all that was put: two histories differ in it also where revision and last put are equal."},
		{name: "catalog/docs after", clause: "9", run: catalogAfter,
			sentence: "Docs yields what was put after a revision, each document in its newest form, by revision, kind and code."},
		{name: "catalog/docs after any number", clause: "9", run: catalogAfterAny,
			sentence: "Docs takes every number for a revision: after the greatest there is nothing, after the least everything."},
		{name: "catalog/doc at", clause: "9", run: catalogAt,
			sentence: "DocAt gives the newest form at or before a revision, and ErrNotFound if there was none."},
		{name: "catalog/no such name", clause: "9", run: catalogNoName,
			sentence: "DocAt of a kind or code that no document can have is ErrNotFound."},
		{name: "catalog/invalid", clause: "1", run: catalogInvalid,
			sentence: "Documents that CheckDocs refuses are refused, and nothing is written."},
		{name: "catalog/ownership", clause: "12", run: catalogOwnership,
			sentence: "A store keeps no body of its caller's and hands out none of its own."},
	}
}

func doc(code, body string) store.Doc { return store.Doc{Kind: "task", Code: code, Body: []byte(body)} }

// put writes documents under the stamp that holds, and gives the next one.
func (e *env) put(old store.Stamp, docs ...store.Doc) store.Stamp {
	e.Helper()
	stamp, err := e.store().PutDocs(e.Context(), old, docs...)
	if err != nil {
		e.Fatalf("put under %v: %v", old, err)
	}
	return stamp
}

// docs reads what was put after a revision.
func (e *env) docs(after int64) ([]store.Doc, store.Stamp) {
	e.Helper()
	docs, stamp, err := e.store().Docs(e.Context(), after)
	if err != nil {
		e.Fatalf("docs after %d: %v", after, err)
	}
	return docs, stamp
}

func catalogEmpty(e *env) {
	if docs, stamp := e.docs(0); len(docs) != 0 || stamp != (store.Stamp{}) {
		e.Errorf("got %v, %v", docs, stamp)
	}
}

func catalogPut(e *env) {
	a := e.put(store.Stamp{}, doc("a", "1"), store.Doc{Kind: "reward", Code: "a", Body: []byte{}, Revision: 99})
	if want := (store.Stamp{}).Next(doc("a", "1"), store.Doc{Kind: "reward", Code: "a"}); a != want {
		e.Errorf("the stamp is %v, want %v", a, want)
	}
	docs, stamp := e.docs(0)
	if len(docs) != 2 || stamp != a {
		e.Fatalf("got %v under %v, want two documents under %v", docs, stamp, a)
	}
	for _, d := range docs {
		if d.Revision != 1 || d.Code != "a" || d.Kind == "task" && string(d.Body) != "1" {
			e.Errorf("got %+v", d)
		}
	}
}

func catalogPutNothing(e *env) {
	a := e.put(store.Stamp{}, doc("a", "1"))
	if got := e.put(a); got != a {
		e.Errorf("the stamp went from %v to %v", a, got)
	}
}

func catalogStale(e *env) {
	a := e.put(store.Stamp{}, doc("a", "1"))
	wrong := a
	wrong.Hash[0]++
	for _, old := range []store.Stamp{{}, wrong, {Revision: 5, Hash: a.Hash}} {
		if _, err := e.store().PutDocs(e.Context(), old, doc("a", "2"), doc("b", "2")); !errors.Is(err, store.ErrStale) {
			e.Errorf("put under %v: %v, want ErrStale", old, err)
		}
	}
	if docs, stamp := e.docs(0); len(docs) != 1 || string(docs[0].Body) != "1" || stamp != a {
		e.Errorf("afterwards there are %v under %v", docs, stamp)
	}
}

func catalogChained(e *env) {
	var stamps []store.Stamp
	for _, body := range []string{"1", "2"} {
		one := &env{tb: e.tb, open: e.open}
		stamps = append(stamps, one.put(one.put(store.Stamp{}, doc("a", body)), doc("b", "same")))
	}
	if stamps[0].Revision != stamps[1].Revision || stamps[0].Hash == stamps[1].Hash {
		e.Errorf("two histories end in %v and %v", stamps[0], stamps[1])
	}
}

func catalogAfter(e *env) {
	a := e.put(store.Stamp{}, doc("a", "1"), doc("b", "1"), doc("c", "1"))
	b := e.put(a, doc("b", "2"))
	c := e.put(b, doc("d", "3"), doc("a", "3"))
	for after, want := range []string{"c1 b2 a3 d3 ", "b2 a3 d3 ", "a3 d3 ", ""} {
		docs, stamp := e.docs(int64(after))
		var got string
		for _, d := range docs {
			got += d.Code + string(d.Body) + " "
		}
		if got != want || stamp.Revision != c.Revision {
			e.Errorf("after %d: %q at %d, want %q at %d", after, got, stamp.Revision, want, c.Revision)
		}
	}
}

func catalogAfterAny(e *env) {
	stamp := e.put(store.Stamp{}, doc("a", "1"))
	for after, want := range map[int64]int{math.MaxInt64: 0, math.MaxInt64 - 1: 0, 2: 0, -1: 1, math.MinInt64: 1} {
		if docs, at := e.docs(after); len(docs) != want || at != stamp {
			e.Errorf("after %d there are %d documents under %v, want %d under %v", after, len(docs), at, want, stamp)
		}
	}
}

func catalogAt(e *env) {
	a := e.put(store.Stamp{}, doc("x", "1"))
	b := e.put(a, doc("a", "2"))
	c := e.put(b, doc("x", "3"))
	e.put(c, doc("a", "4"))
	for revision, want := range []string{"", "", "2", "2", "4", "4"} {
		d, err := e.store().DocAt(e.Context(), "task", "a", int64(revision))
		if want == "" && !errors.Is(err, store.ErrNotFound) {
			e.Errorf("at %d: %v, want ErrNotFound", revision, err)
		}
		if want != "" && (err != nil || string(d.Body) != want || d.Revision != int64(revision)&^1) {
			e.Errorf("at %d: %q of %d, %v, want %q", revision, d.Body, d.Revision, err, want)
		}
	}
	if _, err := e.store().DocAt(e.Context(), "reward", "a", 4); !errors.Is(err, store.ErrNotFound) {
		e.Errorf("of another kind: %v, want ErrNotFound", err)
	}
}

func catalogNoName(e *env) {
	e.put(store.Stamp{}, doc("a", "1"))
	for _, name := range []string{"", "\x00", "a\x00", "a\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\xff", strings.Repeat("x", 5000)} {
		_, codeErr := e.store().DocAt(e.Context(), "task", name, 1)
		_, kindErr := e.store().DocAt(e.Context(), store.DocKind(name), "a", 1)
		if !errors.Is(codeErr, store.ErrNotFound) || !errors.Is(kindErr, store.ErrNotFound) {
			e.Errorf("%.20q gives %v as a code and %v as a kind, want ErrNotFound", name, codeErr, kindErr)
		}
	}
}

func catalogInvalid(e *env) {
	for name, docs := range map[string][]store.Doc{
		"twice": {doc("a", "1"), doc("a", "2")}, "no code": {doc("b", "1"), doc("", "1")}, "NUL": {doc("b\x00", "1")},
	} {
		if _, err := e.store().PutDocs(e.Context(), store.Stamp{}, docs...); !errors.Is(err, store.ErrInvalid) {
			e.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	if docs, _ := e.docs(0); len(docs) != 0 {
		e.Errorf("something was written: %v", docs)
	}
}

func catalogOwnership(e *env) {
	body := []byte("abc")
	e.put(store.Stamp{}, store.Doc{Kind: "task", Code: "a", Body: body})
	body[0] = 'X'
	want := []byte("abc")
	for range 2 {
		docs, _ := e.docs(0)
		d, err := e.store().DocAt(e.Context(), "task", "a", 1)
		if err != nil || len(docs) != 1 || !bytes.Equal(docs[0].Body, want) || !bytes.Equal(d.Body, want) {
			e.Fatalf("got %v and %v, %v", docs, d, err)
		}
		docs[0].Body[1], d.Body[2] = 'Y', 'Z'
	}
}

func contextCases() []testCase {
	return []testCase{
		{name: "context/cancelled", clause: "13", run: contextCancelled,
			sentence: "A cancelled context changes nothing, or matches ErrUnknown, and the store works on afterwards."},
		{name: "context/list cancelled inside", clause: "13", run: contextList,
			sentence: "A context cancelled while a list is read ends the list with an error, or with its last row."},
	}
}

func contextCancelled(e *env) {
	e.write(unit("u", 0, "0"))
	ctx, cancel := context.WithCancel(e.Context())
	cancel()
	s := e.store()
	_, loadErr := s.Load(ctx, store.Request{Keys: []store.Key{{User: "u"}}})
	_, commitErr := s.Commit(ctx, unit("u", e.version("u"), "1"))
	_, putErr := s.PutDocs(ctx, store.Stamp{}, doc("a", "1"))
	_, _, docsErr := s.Docs(ctx, 0)
	_, atErr := s.DocAt(ctx, "task", "a", 1)
	var listErr error
	for _, err := range s.List(ctx, store.Query{Index: store.IndexRewardOpen}) {
		listErr = err
	}
	for op, err := range map[string]error{"load": loadErr, "commit": commitErr, "put": putErr, "docs": docsErr, "doc at": atErr, "list": listErr} {
		if !errors.Is(err, context.Canceled) {
			e.Errorf("%s: %v, want context.Canceled", op, err)
		}
	}
	if !errors.Is(commitErr, store.ErrUnknown) && e.has(cause("u", "1")) {
		e.Errorf("the commit was applied")
	}
	if docs, _ := e.docs(0); !errors.Is(putErr, store.ErrUnknown) && len(docs) > 0 {
		e.Errorf("the documents were put")
	}
	e.write(unit("v", 0, "1"))
}

func contextList(e *env) {
	rows := e.grants("R")
	ctx, cancel := context.WithCancel(e.Context())
	defer cancel()
	n, failed := 0, false
	for _, err := range e.store().List(ctx, store.Query{Index: store.IndexRewardReward}) {
		if failed {
			e.Fatalf("the list went on after its error")
		}
		if err != nil {
			failed = true
			continue
		}
		n++
		cancel()
	}
	if !failed && n != len(rows) {
		e.Errorf("the list ended without an error after %d rows of %d", n, len(rows))
	}
	e.write(unit("zz", 0, "1"))
}
