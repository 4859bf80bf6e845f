package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

func loadCases() []testCase {
	return []testCase{
		{name: "load/a user never seen", clause: "3", run: loadUnseen,
			sentence: "A user never seen has version 0 and no rows, and reading makes none."},
		{name: "load/states in the order of keys", clause: "3", run: loadOrder,
			sentence: "Load answers one State for each key, in order."},
		{name: "load/rows that are not there", clause: "3", run: loadAbsent,
			sentence: "A row that is not there is left out."},
		{name: "load/rows in the order of parts", clause: "3", run: loadParts,
			sentence: "Rows of a state come in the order of the parts."},
		{name: "load/counters", clause: "8", run: loadCounters,
			sentence: "A snapshot holds each counter named, 0 for one that does not exist; unless Lagging it is up to date."},
		{name: "load/many counters", clause: "8", run: loadManyCounters,
			sentence: "A request may name any number of counters."},
		{name: "load/stamp", clause: "9", run: loadStamp,
			sentence: "A snapshot carries the stamp of the catalog."},
		{name: "load/too many keys", clause: "1", run: loadTooMany,
			sentence: "More keys than Limits.Units are ErrTooLarge."},
		{name: "load/unknown kind", clause: "1", run: loadUnknownKind,
			sentence: "A kind or index that the release does not know is ErrUnsupported."},
		{name: "load/invalid request", clause: "1", run: loadInvalid,
			sentence: "A request that CheckRequest refuses is refused."},
		{name: "load/bounds in UTF-8", clause: "1", run: loadBounds,
			sentence: "A page whose Prefix or After is not UTF-8 is ErrInvalid."},
	}
}

func loadUnseen(e *env) {
	for range 2 {
		st := e.snapshot(store.Request{ForUpdate: true, Keys: []store.Key{{User: "nobody", Parts: []store.Part{
			{Kind: store.KindTask, IDs: []string{store.TaskRowID("t", 0)}}, {Index: store.IndexCauseTask, Prefix: store.UserPrefix("nobody")},
		}}}}).States[0]
		if st.User != "nobody" || st.Version != 0 || len(st.Rows) != 0 {
			e.Errorf("a user never seen is %+v", st)
		}
	}
}

func loadOrder(e *env) {
	e.write(unit("a", 0, "1", record("a", "t", 1)), unit("c", 0, "1", record("c", "t", 3)))
	part := []store.Part{{Kind: store.KindTask, IDs: []string{store.TaskRowID("t", 0)}}}
	snap := e.snapshot(store.Request{Keys: []store.Key{{User: "a", Parts: part}, {User: "b", Parts: part}, {User: "c", Parts: part}}})
	for i, want := range []struct {
		user string
		rows int
	}{{"a", 1}, {"b", 0}, {"c", 1}} {
		st := snap.States[i]
		if st.User != want.user || len(st.Rows) != want.rows {
			e.Fatalf("state %d is of user %q with %d rows, want %q with %d", i, st.User, len(st.Rows), want.user, want.rows)
		}
		for _, r := range st.Rows {
			if r.Key().User != st.User {
				e.Errorf("state of user %q has a row of %q", st.User, r.Key().User)
			}
		}
	}
}

func loadAbsent(e *env) {
	e.write(unit("u", 0, "1", record("u", "here", 1)))
	st := e.load("u", store.Part{Kind: store.KindTask, IDs: []string{store.TaskRowID("gone", 0), store.TaskRowID("here", 0), store.TaskRowID("here", 1)}})
	if len(st.Rows) != 1 || st.Rows[0] == nil || st.Rows[0].Key() != record("u", "here", 1).Key() {
		e.Errorf("got rows %v, want the one that is there", st.Rows)
	}
}

func loadParts(e *env) {
	rows := []store.Row{record("u", "t", 1), grant("u", "r", 1, 0, reward.Granted), record("u", "a", 1)}
	e.write(unit("u", 0, "1", rows...))
	st := e.load("u", named(rows[0]), named(rows[1]), named(rows[2]))
	if len(st.Rows) != 3 {
		e.Fatalf("got %d rows of 3", len(st.Rows))
	}
	for i, r := range st.Rows {
		if r.Key() != rows[i].Key() {
			e.Errorf("row %d is %v, want %v", i, r.Key(), rows[i].Key())
		}
	}
}

func loadCounters(e *env) {
	e.write(takes("u", 0, "1", store.Take{Counter: "used", N: 3, Max: 5}))
	snap := e.snapshot(store.Request{Counters: []string{"used", "never"}})
	if _, ok := snap.Counters["never"]; !ok || len(snap.Counters) != 2 {
		e.Errorf("counters are %v, want both that were named", snap.Counters)
	}
	if !snap.Lagging && snap.Counters["used"] != 3 {
		e.Errorf("counter is %d after 3 were taken", snap.Counters["used"])
	}
}

// loadManyCounters names more than databases take parameters.
func loadManyCounters(e *env) {
	names := make([]string, 70_000)
	for i := range names {
		names[i] = fmt.Sprintf("c%05d", i)
	}
	first, last := names[0], names[len(names)-1]
	e.write(takes("u", 0, "1", store.Take{Counter: first, N: 1, Max: 5}, store.Take{Counter: last, N: 2, Max: 5}))
	snap := e.snapshot(store.Request{Counters: names})
	if !snap.Lagging && (snap.Counters[first] != 1 || snap.Counters[last] != 2) {
		e.Errorf("of %d counters the first is %d and the last %d, want 1 and 2", len(names), snap.Counters[first], snap.Counters[last])
	}
}

func loadStamp(e *env) {
	stamp, err := e.store().PutDocs(e.Context(), store.Stamp{}, store.Doc{Kind: "task", Code: "t", Body: []byte("{}")})
	if err != nil {
		e.Fatalf("put: %v", err)
	}
	if got := e.snapshot(store.Request{}).Stamp; got != stamp {
		e.Errorf("stamp is %v, want %v", got, stamp)
	}
}

func loadTooMany(e *env) {
	keys := make([]store.Key, e.store().Limits().Units+1)
	for i := range keys {
		keys[i].User = fmt.Sprintf("u%09d", i)
	}
	if _, err := e.store().Load(e.Context(), store.Request{Keys: keys}); !errors.Is(err, store.ErrTooLarge) {
		e.Errorf("load of %d keys: %v, want ErrTooLarge", len(keys), err)
	}
}

func loadUnknownKind(e *env) {
	for _, p := range []store.Part{{Kind: "no such kind", IDs: []string{"1"}}, {Index: "no/such"}, {Index: store.IndexRewardOpen}} {
		_, err := e.store().Load(e.Context(), store.Request{Keys: []store.Key{{User: "u", Parts: []store.Part{p}}}})
		if !errors.Is(err, store.ErrUnsupported) {
			e.Errorf("part %+v: %v, want ErrUnsupported", p, err)
		}
	}
}

func loadInvalid(e *env) {
	for _, r := range []store.Request{
		{Keys: []store.Key{{User: "b"}, {User: "a"}}},
		{Keys: []store.Key{{User: "a"}, {User: "a"}}},
		{Keys: []store.Key{{User: "a", Parts: []store.Part{{Index: store.IndexCauseTask, Prefix: store.UserPrefix("b")}}}}},
	} {
		if _, err := e.store().Load(e.Context(), r); !errors.Is(err, store.ErrInvalid) {
			e.Errorf("request %+v: %v, want ErrInvalid", r, err)
		}
	}
}

func loadBounds(e *env) {
	prefix := store.UserPrefix("u")
	for _, p := range []store.Part{{Prefix: prefix + "\xff"}, {Prefix: prefix, After: prefix + "\xe7\x94"}} {
		p.Index = store.IndexCauseTask
		_, err := e.store().Load(e.Context(), store.Request{Keys: []store.Key{{User: "u", Parts: []store.Part{p}}}})
		if !errors.Is(err, store.ErrInvalid) {
			e.Errorf("part %+v: %v, want ErrInvalid", p, err)
		}
	}
}

func pageCases() []testCase {
	const rest = "A part may be a page of an index of the user's own rows, in the order of its keys: "
	return []testCase{
		{name: "load page/order", clause: "3", run: pageOrder, sentence: rest + "all of them without a limit, and no other user's."},
		{name: "load page/after", clause: "3", run: pageAfter, sentence: rest + "those after After, exclusive."},
		{name: "load page/after what Prefix has", clause: "3", run: pageBeyond, sentence: rest + "none if After lies behind all that starts with Prefix."},
		{name: "load page/limit", clause: "3", run: pageLimit, sentence: rest + "at most Limit."},
		{name: "load page/prefix", clause: "3", run: pagePrefix, sentence: rest + "those that start with Prefix."},
		{name: "load page/same version", clause: "3", run: pageFresh, sentence: rest + "as of the state's version, so an event is there after the commit that wrote it."},
	}
}

// pageRows writes events of two tasks, out of order, beside those of other users, and gives the first task's in order.
func pageRows(e *env) (all []string) {
	var insert []store.Row
	for _, seq := range []int64{3, 1, 10, 2, -1} {
		insert = append(insert, event("u", fmt.Sprintf("e%d", seq), "t", seq), event("u", fmt.Sprintf("f%d", seq), "t2", seq))
		all = append(all, keyIn(store.IndexCauseTask, insert[len(insert)-2]))
	}
	e.write(
		store.Unit{User: "t", Insert: []store.Row{event("t", "x", "t", 1)}},
		store.Unit{User: "u", Insert: insert},
		store.Unit{User: "v", Insert: []store.Row{event("v", "x", "t", 1)}},
	)
	slices.Sort(all)
	return all
}

// page wants a page to be some keys.
func (e *env) page(p store.Part, want []string) {
	e.Helper()
	p.Index = store.IndexCauseTask
	if got := keysIn(p.Index, e.load("u", p).Rows); !slices.Equal(got, want) {
		e.Errorf("page %+v gives %q, want %q", p, got, want)
	}
}

func pageOrder(e *env) {
	all := pageRows(e)
	e.page(store.Part{Prefix: store.CauseTaskPrefix("u", "t")}, all)
}

func pageAfter(e *env) {
	all := pageRows(e)
	e.page(store.Part{Prefix: store.CauseTaskPrefix("u", "t"), After: all[1]}, all[2:])
	e.page(store.Part{Prefix: store.CauseTaskPrefix("u", "t"), After: all[4]}, []string{})
}

func pageBeyond(e *env) {
	e.write(store.Unit{User: "ada", Insert: []store.Row{event("ada", "1", "b", 1), event("ada", "2", "c", 1)}})
	prefix := store.CauseTaskPrefix("ada", "b")
	for _, after := range []string{store.CauseTaskPrefix("ada", "c"), store.CauseTaskKey("ada", "c", 1, "0"), "ada\x00c", "b"} {
		if rows := e.load("ada", store.Part{Index: store.IndexCauseTask, Prefix: prefix, After: after}).Rows; len(rows) > 0 {
			e.Errorf("the page of %q after %q has %d rows, want none", prefix, after, len(rows))
		}
	}
}

func pageLimit(e *env) {
	all := pageRows(e)
	for _, limit := range []int{1, 2, 5, 6, math.MaxInt} {
		e.page(store.Part{Prefix: store.CauseTaskPrefix("u", "t"), Limit: limit}, all[:min(limit, len(all))])
	}
	both := keysIn(store.IndexCauseTask, e.load("u", store.Part{Index: store.IndexCauseTask}).Rows)
	for limit := 5; limit < len(both); limit++ {
		e.page(store.Part{Limit: limit}, both[:limit])
	}
}

func pagePrefix(e *env) {
	all := pageRows(e)
	rows := e.load("u", store.Part{Index: store.IndexCauseTask}).Rows
	if len(rows) != 10 {
		e.Errorf("without a prefix there are %d rows of the user's, want all 10", len(rows))
	}
	e.page(store.Part{Prefix: all[3]}, all[3:4])
}

func pageFresh(e *env) {
	for seq := range int64(3) {
		e.write(store.Unit{User: "u", Version: e.version("u"), Insert: []store.Row{event("u", fmt.Sprint(seq), "t", seq)}})
		if n := len(e.load("u", store.Part{Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix("u", "t")}).Rows); n != int(seq)+1 {
			e.Errorf("after %d commits the page has %d events", seq+1, n)
		}
	}
}
