package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

func boundsCases() []testCase {
	return []testCase{{
		name: "range/any bounds", clause: "3, 11", broad: true, run: runBounds,
		sentence: "Whatever the bounds of a list or a page, it holds the rows whose keys Query.Match takes, in their order.",
	}}
}

// boundsNames are what users, tasks, rewards and assets are named: near to each other, first and last.
var boundsNames = []string{"a", "A", "a ", "ab", "ä", "b", "\U0010ffff", "\uffff", "a\x01"}

// boundsTimes are instants on either side of where numbers change their sign, and the first and the last.
var boundsTimes = []time.Time{
	{}, time.UnixMicro(-1).UTC(), time.UnixMicro(0).UTC(), time.UnixMicro(1).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
}

// runBounds reads the same rows by bounds that are keys, parts of keys, and texts close to them.
func runBounds(e *env) {
	b := &bounds{all: map[store.Index][]string{}, of: map[string]map[store.Index][]string{}}
	for i, user := range boundsNames {
		e.write(b.unit(user, i))
	}
	for _, keys := range b.all {
		slices.Sort(keys)
	}
	rapid.Check(e.tb, func(t *rapid.T) {
		in := &env{tb: inSequence{t, e.Context()}, open: e.open, s: e.store()}
		for range 10 { // what a database takes long for is the rows
			b.list(in, t)
			b.pages(in, t)
		}
	})
}

// bounds are the keys of what was written, by index, and by user.
type bounds struct {
	all map[store.Index][]string
	of  map[string]map[store.Index][]string
}

// unit has rows of every index, and notes their keys.
func (b *bounds) unit(user string, n int) store.Unit {
	u := store.Unit{User: user}
	name := func(i int) string { return boundsNames[(n+i)%len(boundsNames)] }
	for i := range 12 {
		id := fmt.Sprint(name(i), i)
		record := grant(user, name(2*i), int64(i-3), 0, []reward.Status{reward.Pending, reward.Granted}[i%2])
		record.Time = boundsTimes[(n+i)%len(boundsTimes)]
		u.Insert = append(u.Insert, event(user, id, name(i/2), int64(i%5-2)), &store.TransferRow{
			Transfer: ledger.Transfer{
				ID: ledger.TransferID{User: user, Cause: id}, Debit: "x", Credit: "y",
				Amount: ledger.Amount{Asset: name(i % 3), Value: decimal.NewFromInt(1)},
			}, Seq: int64(i),
		})
		u.Put = append(u.Put, record)
	}
	mine := map[store.Index][]string{}
	for _, r := range slices.Concat(u.Insert, u.Put) {
		for _, entry := range r.Index() {
			mine[entry.Index] = append(mine[entry.Index], entry.Key)
		}
	}
	for ix, keys := range mine {
		slices.Sort(keys)
		b.all[ix] = append(b.all[ix], keys...)
	}
	b.of[user] = mine
	return u
}

// list reads a list of bounds that are drawn.
func (b *bounds) list(e *env, t *rapid.T) {
	q := store.Query{Index: rapid.SampledFrom(store.Indexes()).Draw(t, "index")}
	keys := b.all[q.Index]
	q.Prefix, q.From = drawBound(t, "prefix", keys), drawBound(t, "from", keys)
	q.To, q.After = drawBound(t, "to", keys), drawBound(t, "after", keys)
	q.Desc, q.Limit = rapid.Bool().Draw(t, "desc"), rapid.IntRange(0, 9).Draw(t, "limit")
	e.listed(q, matching(q, keys))
}

// pages reads a page of each of some users.
func (b *bounds) pages(e *env, t *rapid.T) {
	ix := rapid.SampledFrom(slices.DeleteFunc(store.Indexes(), func(ix store.Index) bool { return !ix.ByUser() })).Draw(t, "index of pages")
	var r store.Request
	var want [][]string
	for _, user := range slices.Sorted(maps.Keys(b.of)) {
		if rapid.IntRange(0, 2).Draw(t, "left out") == 0 {
			continue
		}
		keys := b.of[user][ix]
		p := store.Part{Index: ix, Prefix: drawBound(t, "prefix", keys), After: drawBound(t, "after", b.all[ix]), Limit: rapid.IntRange(0, 9).Draw(t, "limit")}
		if !strings.HasPrefix(p.Prefix, store.UserPrefix(user)) {
			p.Prefix = store.UserPrefix(user)
		}
		r.Keys = append(r.Keys, store.Key{User: user, Parts: []store.Part{p}})
		want = append(want, matching(store.Query{Index: ix, Prefix: p.Prefix, After: p.After, Limit: p.Limit}, keys))
	}
	for i, st := range e.snapshot(r).States {
		if got := keysIn(ix, st.Rows); !slices.Equal(got, want[i]) {
			e.Errorf("page %+v of %q gives\n%q, want\n%q", r.Keys[i].Parts, st.User, got, want[i])
		}
	}
}

// matching are the keys that a query takes, in its order.
func matching(q store.Query, keys []string) []string {
	want := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !q.Match(k) })
	if q.Desc {
		slices.Reverse(want)
	}
	if q.Limit > 0 {
		want = want[:min(len(want), q.Limit)]
	}
	return want
}

// drawBound draws none, or a key with something cut off, put in, or moved by one.
func drawBound(t *rapid.T, name string, keys []string) string {
	if rapid.Bool().Draw(t, "no "+name) {
		return ""
	}
	key := []rune(rapid.SampledFrom(keys).Draw(t, name))
	i := rapid.IntRange(0, len(key)-1).Draw(t, name+" at")
	switch rapid.IntRange(0, 3).Draw(t, name+" is") {
	case 0:
		key = key[:i]
	case 1:
		key = slices.Insert(key, i+1, []rune(rapid.SampledFrom([]string{"\x00", "\x01", "/", "0", "A", "g", "\x00x"}).Draw(t, name+" with"))...)
	case 2:
		if r := key[i] + rapid.SampledFrom([]rune{-1, 1}).Draw(t, name+" by"); strings.ContainsRune(string(r), r) && r > 0 { // a character
			key[i] = r
		}
	}
	return string(key)
}
