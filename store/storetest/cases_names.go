package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
)

// nameCases are about names of all lengths and scripts, and about names of nothing.
func nameCases() []testCase {
	return []testCase{
		{name: "load/named twice", clause: "3", run: loadTwice,
			sentence: "A row comes once, however often its ID is named in a part."},
		{name: "load/no IDs", clause: "3", run: loadNothing,
			sentence: "A part of a kind without IDs has no rows."},
		{name: "load/IDs of no row", clause: "3", run: loadMalformed,
			sentence: "An ID that no row of the kind can have names none, and is no error."},
		{name: "commit/delete of IDs of no row", clause: "6", run: commitDeleteMalformed,
			sentence: "Deleting what no row can be is no error, and deletes nothing."},
		{name: "keys/far apart", clause: "12", run: keyWide,
			sentence: "Users of 1 to 128 bytes, of any script, are told apart, and sort byte by byte in lists: U+1F642 after U+FF5A."},
		{name: "keys/pages", clause: "12", run: keyPages,
			sentence: "Pages in Load sort byte by byte to the last part of the key, and go on after any key."},
		{name: "keys/longest", clause: "12", run: keyLongest,
			sentence: "Keys may be as long as the engine builds them, and differ in the last byte alone."},
	}
}

func loadTwice(e *env) {
	r, other := record("u", "a", 1), record("u", "b", 2)
	e.write(unit("u", 0, "1", r, other))
	id := r.Key().ID
	many := slices.Repeat([]string{id}, 40)
	for _, ids := range [][]string{{id, id}, {id, other.Key().ID, id}, many} {
		keys := map[store.RowKey]int{}
		for _, row := range e.load("u", store.Part{Kind: store.KindTask, IDs: ids}).Rows {
			keys[row.Key()]++
		}
		want := map[store.RowKey]int{r.Key(): 1}
		if slices.Contains(ids, other.Key().ID) {
			want[other.Key()] = 1
		}
		if !maps.Equal(keys, want) {
			e.Errorf("named %d times, a row comes so often: %v", len(ids), keys)
		}
	}
}

func loadNothing(e *env) {
	e.write(unit("u", 0, "1", record("u", "t", 1)))
	for _, ids := range [][]string{nil, {}} {
		if rows := e.load("u", store.Part{Kind: store.KindTask, IDs: ids}, named(record("u", "t", 1))).Rows; len(rows) != 1 {
			e.Errorf("a part without IDs and one of a row have %d rows, want 1", len(rows))
		}
	}
}

// noIDs are IDs that no row of a kind has but are like that of a row.
func noIDs(id string) []string {
	ids := []string{
		"", "\x00", "\x00\x00\x00", "x", "x\x00", "\x00x", "x\x00x\x00x", "\xff", id + "\x00", id + " ", "\x00" + id, id[:len(id)-1],
		strings.Repeat("x", 5000), id + "\x00" + strings.Repeat("0", 16),
	}
	if upper := upperDigits(id); upper != id {
		ids = append(ids, upper)
	}
	return ids
}

// samples writes one row of each kind.
func (e *env) samples() []store.Row {
	e.Helper()
	u := store.Unit{User: "u"}
	for _, r := range Samples("u") {
		if k := r.Key().Kind; k == store.KindCause || k == store.KindTransfer {
			u.Insert = append(u.Insert, r)
		} else {
			u.Put = append(u.Put, r)
		}
	}
	e.write(u)
	return Samples("u")
}

func loadMalformed(e *env) {
	for _, r := range e.samples() {
		if rows := e.load("u", store.Part{Kind: r.Key().Kind, IDs: noIDs(r.Key().ID)}).Rows; len(rows) != 0 {
			e.Errorf("IDs that are none of a %s give %v", r.Key().Kind, rows)
		}
	}
}

func commitDeleteMalformed(e *env) {
	rows := e.samples()
	for _, r := range rows {
		key := r.Key()
		u := unit("u", e.version("u"), "deletes a "+string(key.Kind))
		for _, id := range noIDs(key.ID) {
			del := unit("u", 0, "1")
			if del.Delete = []store.RowKey{{Kind: key.Kind, User: "u", ID: id}}; store.Check(del) == nil {
				u.Delete = append(u.Delete, del.Delete...)
			}
		}
		e.write(u)
	}
	for _, r := range rows {
		if len(e.load("u", named(r)).Rows) != 1 {
			e.Errorf("deleting what cannot be there deleted %v", r.Key())
		}
	}
}

// upperDigits puts the parts of an ID that are numbers into upper case, which they never are.
func upperDigits(id string) string {
	parts := strings.Split(id, "\x00")
	for i, p := range parts {
		if len(p) >= 16 && strings.Trim(p, "0123456789abcdef") == "" {
			parts[i] = strings.ToUpper(p)
		}
	}
	return strings.Join(parts, "\x00")
}

// farApart are names of 1 to 128 bytes of several scripts, sorted byte by byte.
func farApart() []string {
	long := strings.Repeat("x", store.UserMax-1)
	names := []string{
		"!", "~", "\x01", "\x7f", "\n", "\t", "\"", "'", "\\", "%", "_", "用户", "用戶", "ｚ", "\ufffd", "🙂", "🙃", "\U0010ffff", "é", "߿", "ࠀ",
		long + "a", long + "b", long + " ", long, strings.Repeat("🙂", store.UserMax/4), strings.Repeat("用", store.UserMax/3),
	}
	slices.Sort(names)
	return names
}

// allNames are those of both kinds, sorted byte by byte.
func allNames() []string {
	names := slices.Concat(lookalikes(), farApart())
	slices.Sort(names)
	return slices.Compact(names)
}

func keyWide(e *env) {
	names := farApart()
	var rows []store.Row
	for i, user := range names {
		c, t := event(user, user, "t", 1), transferred(user, "1", 1)
		rows = append(rows, c, t)
		e.write(store.Unit{User: user, Insert: []store.Row{c, t}, Put: []store.Row{record(user, "t", int64(i))},
			Take: []store.Take{{Counter: user, N: int64(i), Max: 99}}})
	}
	for _, ix := range []store.Index{store.IndexCauseTask, store.IndexTransferAccount} {
		e.listed(store.Query{Index: ix}, sortedKeys(ix, rows))
	}
	r := store.Request{Counters: names}
	for _, user := range names {
		r.Keys = append(r.Keys, store.Key{User: user, Parts: []store.Part{named(record(user, "t", 0)), named(cause(user, user))}})
	}
	snap := e.snapshot(r)
	for _, st := range snap.States {
		i, _ := slices.BinarySearch(names, st.User)
		if st.Version != 1 || len(st.Rows) != 2 || snap.Counters[st.User] != int64(i) {
			e.Errorf("user %q has the state %+v and the counter %d", st.User, st, snap.Counters[st.User])
		}
		for _, row := range st.Rows {
			if t, ok := row.(*store.TaskRow); ok && t.Sum != int64(i) {
				e.Errorf("row of user %q is %+v, want sum %d", st.User, row, i)
			}
		}
	}
}

func keyPages(e *env) {
	var insert []store.Row
	for _, id := range allNames() {
		insert = append(insert, event("p", id, "t", 1), transferred("p", id, int64(len(insert))))
	}
	for some := range slices.Chunk(insert, 30) {
		v := e.version("p")
		e.write(store.Unit{User: "p", Version: v, Insert: append(slices.Clip(some), cause("p", fmt.Sprint("of version ", v)))})
	}
	want := sortedKeys(store.IndexCauseTask, insert)
	part := store.Part{Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix("p", "t")}
	if got := keysIn(part.Index, e.load("p", part).Rows); !slices.Equal(got, want) {
		e.Errorf("the page is\n%q, want\n%q", got, want)
	}
	for _, i := range []int{0, 7, len(want) / 2, len(want) - 2} {
		part.After, part.Limit = want[i], 5
		if got := keysIn(part.Index, e.load("p", part).Rows); !slices.Equal(got, want[i+1:min(i+6, len(want))]) {
			e.Errorf("the page of 5 after %q is\n%q, want\n%q", want[i], got, want[i+1:min(i+6, len(want))])
		}
	}
	for _, r := range insert {
		if !e.has(r) {
			e.Errorf("%s %q is not there under its ID", r.Key().Kind, r.Key().ID)
		}
	}
}

// keyLongest writes three of everything, with names as long as may be that differ at their end.
func keyLongest(e *env) {
	long := func(n int, end string) string { return strings.Repeat("k", n-len(end)) + end }
	var stamp store.Stamp
	var rows []store.Row
	ends := []string{"a", "b", " "}
	for i, end := range ends {
		user, code, id := long(store.UserMax, end), long(rule.CodeMax, strings.TrimSpace(end+"c")), long(rule.IDMax, end)
		u := store.Unit{User: user, Insert: []store.Row{
			event(user, id, code, 1), transferred(user, long(ledger.CauseMax, end), 1), &store.CauseRow{User: user, Type: store.CauseRequest, ID: id},
		}}
		u.Put = []store.Row{
			record(user, code, int64(i)), grant(user, code, 1, 0, reward.Pending),
			&store.ValueRow{User: user, Task: code, Leaf: 1 << 63, Outer: -1, Hash: [16]byte{15: byte(i)}},
			&store.CapRow{CapUse: reward.CapUse{User: user, Group: code, Used: ledger.Amount{Asset: code, Value: decimal.NewFromInt(int64(i))}}},
		}
		u.Take = []store.Take{{Counter: long(store.CounterMax, end), N: int64(i), Max: 9}}
		e.write(u)
		rows = append(append(rows, u.Insert...), u.Put...)
		stamp = e.put(stamp, store.Doc{Kind: store.DocKind(long(store.DocCodeMax, end+"k")), Code: long(store.DocCodeMax, end+"d"), Body: []byte(end)})
	}
	for _, want := range rows {
		if n := len(e.load(want.Key().User, named(want)).Rows); n != 1 {
			e.Errorf("%s %q is there %d times", want.Key().Kind, want.Key().ID, n)
		}
		for _, entry := range want.Index() {
			e.listed(store.Query{Index: entry.Index, Prefix: entry.Key}, []string{entry.Key})
		}
	}
	for i, end := range ends {
		counter := long(store.CounterMax, end)
		if n := e.snapshot(store.Request{Counters: []string{counter}}).Counters[counter]; n != int64(i) {
			e.Errorf("counter ending in %q is %d, want %d", end, n, i)
		}
		d, err := e.store().DocAt(e.Context(), store.DocKind(long(store.DocCodeMax, end+"k")), long(store.DocCodeMax, end+"d"), stamp.Revision)
		if err != nil || string(d.Body) != end {
			e.Errorf("the document whose code ends in %q is %q, %v", end+"d", d.Body, err)
		}
	}
}
