package storetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

func listCases() []testCase {
	return []testCase{
		{name: "list/every index", clause: "3", run: listIndexes,
			sentence: "Every entry that Row.Index gives leads to its row."},
		{name: "list/order", clause: "12", run: listOrder,
			sentence: "Lists come in the order of their keys, byte by byte, over all users."},
		{name: "list/entries move", clause: "3", run: listOpen,
			sentence: "Rows enter and leave an index as they are replaced."},
		{name: "list/deleted rows", clause: "6", run: listDeleted,
			sentence: "A deleted row leaves every index."},
		{name: "list/left early", clause: "11", run: listLeft,
			sentence: "A loop over a list may be left at any time, and the store works on."},
		{name: "list/store used inside", clause: "11", run: listInside,
			sentence: "Load, Commit and List inside the loop over a list work on every store."},
		{name: "list/read again", clause: "11", run: listAgain,
			sentence: "The sequence that List gives can be read again from its start."},
		{name: "list/unknown index", clause: "1", run: listUnknown,
			sentence: "An index that the release does not know is ErrUnsupported, a negative limit ErrInvalid, and ends the list."},
		{name: "list/bounds in UTF-8", clause: "1", run: listBounds,
			sentence: "A Prefix, From, To or After that is not UTF-8 is ErrInvalid and ends the list."},
	}
}

// transferred is a transfer with a place in the user's statement.
func transferred(user, cause string, seq int64) *store.TransferRow {
	t := sampleTransfer(user)
	t.ID, t.Seq = ledger.TransferID{User: user, Cause: cause}, seq
	return t
}

func listIndexes(e *env) {
	rows := []store.Row{event("u", "1", "t", 1), transferred("u", "1", 1), grant("u", "r", 1, 0, reward.Pending)}
	e.write(store.Unit{User: "u", Insert: rows[:2], Put: rows[2:]}, store.Unit{User: "v", Insert: []store.Row{event("v", "1", "t", 1)}})
	seen := 0
	for _, want := range rows {
		for _, entry := range want.Index() {
			seen++
			got := e.list(store.Query{Index: entry.Index, Prefix: entry.Key})
			if len(got) != 1 || got[0].Key() != want.Key() {
				e.Errorf("index %s gives %v under the key of %v", entry.Index, got, want.Key())
			}
		}
	}
	if seen != len(store.Indexes()) {
		e.Fatalf("this case knows rows of %d indexes of %d", seen, len(store.Indexes()))
	}
}

// grants writes reward records of all sorts of users with ties in time, and gives them.
func (e *env) grants(code string) []store.Row {
	var rows []store.Row
	var units []store.Unit
	for i, user := range allNames() {
		mine := []store.Row{grant(user, code, 1, i%2-1, reward.Pending), grant(user, code, 2, i%2-1, reward.Granted)}
		rows = append(rows, mine...)
		units = append(units, unit(user, e.version(user), code, mine...))
	}
	e.write(units...)
	return rows
}

func sortedKeys(ix store.Index, rows []store.Row) []string {
	keys := keysIn(ix, rows)
	slices.Sort(keys)
	return slices.DeleteFunc(keys, func(k string) bool { return k == "" })
}

// listed wants a list to be some keys.
func (e *env) listed(q store.Query, want []string) {
	e.Helper()
	if got := keysIn(q.Index, e.list(q)); !slices.Equal(got, want) {
		e.Errorf("list %+v gives\n%q, want\n%q", q, got, want)
	}
}

func listOrder(e *env) {
	rows := e.grants("R")
	for _, ix := range []store.Index{store.IndexRewardReward, store.IndexRewardUser, store.IndexRewardOpen} {
		e.listed(store.Query{Index: ix}, sortedKeys(ix, rows))
	}
}

func listOpen(e *env) {
	open := func(n int, when string) {
		if got := len(e.list(store.Query{Index: store.IndexRewardOpen})); got != n {
			e.Errorf("%s there are %d records open, want %d", when, got, n)
		}
		if got := len(e.list(store.Query{Index: store.IndexRewardReward})); got != 1 {
			e.Errorf("%s there are %d records of the reward, want 1", when, got)
		}
	}
	for i, tt := range []struct {
		status reward.Status
		open   int
	}{{reward.Granted, 0}, {reward.Pending, 1}, {reward.Claimable, 1}, {reward.Lapsed, 0}, {reward.Pending, 1}} {
		e.write(unit("u", e.version("u"), fmt.Sprint(i), grant("u", "r", 1, 0, tt.status)))
		open(tt.open, fmt.Sprintf("as %s", tt.status))
	}
}

func listDeleted(e *env) {
	r := grant("u", "r", 1, 0, reward.Pending)
	e.write(unit("u", 0, "1", r))
	u := unit("u", e.version("u"), "2")
	u.Delete = []store.RowKey{r.Key()}
	e.write(u)
	for _, entry := range r.Index() {
		if rows := e.list(store.Query{Index: entry.Index}); len(rows) != 0 {
			e.Errorf("index %s still gives %v", entry.Index, rows[0].Key())
		}
	}
}

func listLeft(e *env) {
	rows := e.grants("R")
	for range 20 { // more often than any pool has connections
		for _, err := range e.store().List(e.Context(), store.Query{Index: store.IndexRewardReward}) {
			if err != nil {
				e.Fatalf("list: %v", err)
			}
			break
		}
	}
	if n := len(e.list(store.Query{Index: store.IndexRewardReward})); n != len(rows) {
		e.Errorf("afterwards the list has %d rows of %d", n, len(rows))
	}
	e.write(unit("zz", 0, "1"))
}

func listInside(e *env) {
	rows := e.grants("R")
	n := 0
	for r, err := range e.store().List(e.Context(), store.Query{Index: store.IndexRewardReward}) {
		if err != nil {
			e.Fatalf("list: %v", err)
		}
		n++
		user := r.Key().User
		e.write(unit(user, e.version(user), fmt.Sprint("inside", n), record(user, "t", 1)))
		for _, err := range e.store().List(e.Context(), store.Query{Index: store.IndexRewardUser, Prefix: store.UserPrefix(user), Limit: 1}) {
			if err != nil {
				e.Fatalf("list inside a list: %v", err)
			}
		}
	}
	if n != len(rows) {
		e.Errorf("the list gave %d rows of %d", n, len(rows))
	}
}

func listAgain(e *env) {
	rows := e.grants("R")
	seq := e.store().List(e.Context(), store.Query{Index: store.IndexRewardReward})
	for range 2 {
		n := 0
		for _, err := range seq {
			if err != nil {
				e.Fatalf("list: %v", err)
			}
			n++
		}
		if n != len(rows) {
			e.Errorf("the sequence gave %d rows of %d", n, len(rows))
		}
	}
}

func listUnknown(e *env) {
	e.refusedList(store.Query{Index: "no/such"}, store.ErrUnsupported)
	e.refusedList(store.Query{Index: store.IndexRewardOpen, Limit: -1}, store.ErrInvalid)
}

func listBounds(e *env) {
	cut := store.RewardRewardPrefix("r") + "\xe7\x94" // a character's first bytes
	for _, q := range []store.Query{{Prefix: cut}, {From: cut}, {To: cut}, {After: cut}, {After: cut, Desc: true}} {
		q.Index = store.IndexRewardReward
		e.refusedList(q, store.ErrInvalid)
	}
}

// refusedList wants a list to be an error and nothing else.
func (e *env) refusedList(q store.Query, want error) {
	e.Helper()
	n := 0
	for _, err := range e.store().List(e.Context(), q) {
		n++
		if !errors.Is(err, want) {
			e.Errorf("query %+v: %v, want %v", q, err, want)
		}
	}
	if n != 1 {
		e.Errorf("query %+v yielded %d times, want its error once", q, n)
	}
}

func rangeCases() []testCase {
	return []testCase{
		{name: "range/desc", clause: "11", run: rangeDesc, sentence: "Desc reads from the greatest key down."},
		{name: "range/limit", clause: "11", run: rangeLimit, sentence: "A list has at most Limit rows; 0 is all."},
		{name: "range/after", clause: "11", run: rangeAfter,
			sentence: "After is exclusive and the key of the last row read: pages put together are the list; the zero cursor is the start."},
		{name: "range/after a row that left", clause: "11", run: rangeAfterGone,
			sentence: "A page goes on after a key also when its row has left the index."},
		{name: "range/from and to", clause: "11", run: rangeFromTo, sentence: "From is inclusive and To exclusive, in either direction."},
		{name: "range/prefix", clause: "11", run: rangePrefix, sentence: "A prefix is compared byte by byte; no character stands for others."},
	}
}

func rangeDesc(e *env) {
	rows := e.grants("R")
	for _, ix := range []store.Index{store.IndexRewardReward, store.IndexRewardUser} {
		want := sortedKeys(ix, rows)
		slices.Reverse(want)
		e.listed(store.Query{Index: ix, Desc: true}, want)
	}
}

func rangeLimit(e *env) {
	rows := e.grants("R")
	want := sortedKeys(store.IndexRewardReward, rows)
	for _, limit := range []int{1, 7, len(rows), len(rows) + 1} {
		e.listed(store.Query{Index: store.IndexRewardReward, Limit: limit}, want[:min(limit, len(want))])
	}
}

func rangeAfter(e *env) {
	rows := e.grants("R")
	for _, ix := range []store.Index{store.IndexRewardReward, store.IndexRewardUser} {
		want := sortedKeys(ix, rows)
		for _, desc := range []bool{false, true} {
			var got []string
			q := store.Query{Index: ix, Desc: desc, Limit: 7}
			for range len(rows) {
				page := e.list(q)
				if len(page) == 0 {
					break
				}
				got = append(got, keysIn(ix, page[:min(len(page), q.Limit)])...)
				q.After = got[len(got)-1]
			}
			if desc {
				slices.Reverse(got)
			}
			if !slices.Equal(got, want) {
				e.Errorf("pages of %s, desc %v, put together are\n%q, want\n%q", ix, desc, got, want)
			}
		}
	}
}

func rangeAfterGone(e *env) {
	var keys []string
	for n := range int64(4) {
		r := grant("u", "r", n, 0, reward.Pending)
		keys = append(keys, keyIn(store.IndexRewardOpen, r))
		e.write(unit("u", e.version("u"), fmt.Sprint(n), r))
	}
	e.write(unit("u", e.version("u"), "gone", grant("u", "r", 1, 0, reward.Granted)))
	e.listed(store.Query{Index: store.IndexRewardOpen, After: keys[1]}, keys[2:])
	e.listed(store.Query{Index: store.IndexRewardOpen, After: keys[1], Desc: true}, keys[:1])
}

func rangeFromTo(e *env) {
	rows := e.grants("R")
	ix := store.IndexRewardReward
	want := sortedKeys(ix, rows)
	e.listed(store.Query{Index: ix, From: want[3]}, want[3:])
	e.listed(store.Query{Index: ix, To: want[5]}, want[:5])
	e.listed(store.Query{Index: ix, From: want[3], To: want[5]}, want[3:5])
	e.listed(store.Query{Index: ix, From: want[5], To: want[3]}, []string{})
	down := slices.Clone(want[3:5])
	slices.Reverse(down)
	e.listed(store.Query{Index: ix, From: want[3], To: want[5], Desc: true}, down)
	at := sampleTime(0)
	e.listed(store.Query{Index: ix, Prefix: store.RewardRewardPrefix("R"), From: store.RewardRewardFrom("R", at)},
		slices.DeleteFunc(slices.Clone(want), func(k string) bool { return k < store.RewardRewardFrom("R", at) }))
}

func rangePrefix(e *env) {
	codes := []string{"a", "a.b", "a_b", "ab", "axb", "A_b"}
	var rows []store.Row
	for _, code := range codes {
		rows = append(rows, grant("u", code, 1, 0, reward.Pending), grant("%", code, 1, 0, reward.Pending))
	}
	var mine, others []store.Row
	for _, r := range rows {
		if r.Key().User == "u" {
			mine = append(mine, r)
		} else {
			others = append(others, r)
		}
	}
	e.write(unit("%", 0, "1", others...), unit("u", 0, "1", mine...))
	ix := store.IndexRewardReward
	for _, code := range codes {
		if rows := e.list(store.Query{Index: ix, Prefix: store.RewardRewardPrefix(code)}); len(rows) != 2 {
			e.Errorf("the records of %q are %q", code, keysIn(ix, rows))
		}
	}
	if rows := e.list(store.Query{Index: store.IndexRewardUser, Prefix: store.UserPrefix("%")}); len(rows) != len(codes) {
		e.Errorf("the records of the user %%%% are %q", keysIn(store.IndexRewardUser, rows))
	}
	if rows := e.list(store.Query{Index: ix, Prefix: "a"}); len(rows) != 10 {
		e.Errorf("under \"a\" are %q", keysIn(ix, rows))
	}
}
