package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

func modelCases() []testCase {
	return []testCase{{
		name: "model", clause: "3 to 12", broad: true, run: runModel,
		sentence: "After any sequence of commits a store holds what a plain model holds.",
	}}
}

// runModel plays random sequences on one store, each with names of its own.
func runModel(e *env) {
	round := 0
	rapid.Check(e.tb, func(t *rapid.T) {
		round++
		m := &model{env: &env{tb: inSequence{t, e.tb.Context()}, open: e.open, s: e.store()}, t: t, name: fmt.Sprintf("m%d-", round), users: map[string]*modelUser{},
			counters: map[string]int64{}, closed: map[string]bool{}}
		t.Repeat(map[string]func(*rapid.T){"commit": m.commit, "load": m.load, "list": m.list, "": m.check})
	})
}

// inSequence fails the sequence that is played, so that it is made shorter.
type inSequence struct {
	*rapid.T
	ctx context.Context
}

// Context is that of the case: rapid's own would end with each sequence.
func (t inSequence) Context() context.Context { return t.ctx }

// A model is what a store should hold, kept in the plainest way.
type model struct {
	env      *env
	t        *rapid.T
	name     string // begins the users' and counters' names and the rewards' codes of this sequence
	causes   int
	users    map[string]*modelUser
	counters map[string]int64
	closed   map[string]bool
}

type modelUser struct {
	version int64
	rows    map[store.RowKey]store.Row
}

func (m *model) user(name string) *modelUser {
	if u := m.users[name]; u != nil {
		return u
	}
	return &modelUser{rows: map[store.RowKey]store.Row{}}
}

// commit draws a call of one to three units, some at a wrong version, and mirrors what it says was written.
func (m *model) commit(t *rapid.T) {
	var units []store.Unit
	for _, name := range []string{"A", "a", "b"} {
		if rapid.Bool().Draw(t, "unit of "+name) {
			units = append(units, m.unit(t, m.name+name))
		}
	}
	for i, r := range m.env.commit(units...) {
		m.mirror(t, units[i], r, len(units) > 1)
	}
}

func (m *model) unit(t *rapid.T, name string) store.Unit {
	m.causes++
	u := unit(name, m.user(name).version, fmt.Sprint(m.causes))
	if rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
		u.Version++
	}
	for n := range int64(3) {
		rows := []store.Row{
			record(name, fmt.Sprint(n), int64(rapid.IntRange(0, 99).Draw(t, "sum"))),
			grant(name, m.name+"r", n, rapid.IntRange(0, 2).Draw(t, "time"), rapid.SampledFrom([]reward.Status{reward.Pending, reward.Granted}).Draw(t, "status")),
		}
		for _, r := range rows {
			switch rapid.IntRange(0, 4).Draw(t, "do") {
			case 0, 1:
				u.Put = append(u.Put, r)
			case 2:
				u.Delete = append(u.Delete, r.Key())
			}
		}
	}
	for _, c := range []string{"c", "d"} {
		if rapid.Bool().Draw(t, "take from "+c) {
			u.Take = append(u.Take, store.Take{
				Counter: m.name + c, N: int64(rapid.IntRange(-2, 3).Draw(t, "n")), Max: int64(rapid.IntRange(0, 6).Draw(t, "max")),
				Close: rapid.IntRange(0, 19).Draw(t, "close") == 0,
			})
		}
	}
	return u
}

// mirror applies a unit to the model. In a call of several units a counter may refuse more than it must.
func (m *model) mirror(t *rapid.T, u store.Unit, r store.Result, several bool) {
	have := m.user(u.User)
	if moved := have.version != u.Version; r.Moved != moved {
		t.Fatalf("unit of %q at version %d of %d is answered %+v", u.User, u.Version, have.version, r)
	}
	fits := true
	for _, k := range u.Take {
		used := m.counters[k.Counter]
		fits = fits && (k.N <= 0 || !m.closed[k.Counter] && used+k.N <= k.Max) && used+k.N >= 0
	}
	switch {
	case r.Moved:
		return
	case r.Written() && !fits, !r.Written() && fits && !several:
		t.Fatalf("unit %+v with counters %v, closed %v, is answered %+v", u.Take, m.counters, m.closed, r)
	case !r.Written():
		return
	}
	m.users[u.User] = have
	have.version++
	for _, row := range slices.Concat(u.Insert, u.Put) {
		have.rows[row.Key()] = row
	}
	for _, key := range u.Delete {
		delete(have.rows, key)
	}
	for _, k := range u.Take {
		m.counters[k.Counter] += k.N
		m.closed[k.Counter] = m.closed[k.Counter] || k.Close
	}
}

// load reads the rows a user has and one it has not.
func (m *model) load(t *rapid.T) {
	name := m.name + rapid.SampledFrom([]string{"A", "a", "b", "c"}).Draw(t, "user")
	have := m.user(name)
	key := store.Key{User: name, Parts: []store.Part{named(record(name, "none", 0))}}
	for _, r := range have.rows {
		key.Parts = append(key.Parts, named(r))
	}
	snap, err := m.env.store().Load(m.env.Context(), store.Request{Keys: []store.Key{key}})
	if err != nil || len(snap.States) != 1 {
		t.Fatalf("load: %v", err)
	}
	st := snap.States[0]
	if st.Version != have.version || len(st.Rows) != len(have.rows) {
		t.Fatalf("user %q is at version %d with %d rows, want %d with %d", name, st.Version, len(st.Rows), have.version, len(have.rows))
	}
	for _, r := range st.Rows {
		want := have.rows[r.Key()]
		if want == nil {
			t.Fatalf("there is a row %v", r.Key())
		}
		if diff := rowDiff(want, r); diff != "" {
			t.Fatalf("row %v (-want +got):\n%s", r.Key(), diff)
		}
	}
}

// list reads a page of an index, with random bounds.
func (m *model) list(t *rapid.T) {
	q := store.Query{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix(m.name + "r"), Desc: rapid.Bool().Draw(t, "desc")}
	if rapid.Bool().Draw(t, "of one user") {
		q.Index, q.Prefix = store.IndexRewardUser, store.UserPrefix(m.name+"a")
	}
	q.Limit = rapid.IntRange(0, 4).Draw(t, "limit")
	var all []string
	for _, u := range m.users {
		for _, r := range u.rows {
			if key := keyIn(q.Index, r); key != "" {
				all = append(all, key)
			}
		}
	}
	slices.Sort(all)
	if len(all) > 0 {
		some := rapid.SampledFrom(append(all, ""))
		q.From, q.To, q.After = some.Draw(t, "from"), some.Draw(t, "to"), some.Draw(t, "after")
	}
	want := slices.DeleteFunc(slices.Clone(all), func(k string) bool { return !q.Match(k) })
	if q.Desc {
		slices.Reverse(want)
	}
	if q.Limit > 0 {
		want = want[:min(len(want), q.Limit)]
	}
	var got []string
	for r, err := range m.env.store().List(m.env.Context(), q) {
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		got = append(got, keyIn(q.Index, r))
	}
	if !slices.Equal(got, want) {
		t.Fatalf("list %+v gives\n%q, want\n%q", q, got, want)
	}
}

// check compares the counters, and wants a cause that is inserted again to be found.
func (m *model) check(t *rapid.T) {
	names := slices.Sorted(maps.Keys(m.counters))
	snap, err := m.env.store().Load(m.env.Context(), store.Request{Counters: names})
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	for _, name := range names {
		if snap.Counters[name] != m.counters[name] {
			t.Fatalf("counter %q is %d, want %d", name, snap.Counters[name], m.counters[name])
		}
	}
	for name, u := range m.users {
		if m.env.store().Limits().Bound {
			break // it may end the transaction
		}
		again := unit(name, u.version, "1")
		if u.rows[again.Insert[0].Key()] == nil {
			continue
		}
		if _, err := m.env.store().Commit(m.env.Context(), again); !errors.Is(err, store.ErrCorrupt) {
			t.Fatalf("a cause inserted again: %v, want ErrCorrupt", err)
		}
	}
}
