package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

func rowCases() []testCase {
	var all []testCase
	for i, kind := range store.Kinds() {
		all = append(all, testCase{
			name: "rows/" + string(kind), clause: "1", sentence: fmt.Sprintf("Every exported field of a %s row comes back.", kind),
			run: func(e *env) { rowSample(e, i) },
		})
	}
	return append(all,
		testCase{name: "rows/instants", clause: "12", run: rowInstants,
			sentence: "Instants come back to the microsecond in UTC, cut and not rounded."},
		testCase{name: "rows/decimals", clause: "12", run: rowDecimals,
			sentence: "Decimals come back exactly, up to 20 digits before the point and 18 after it."},
		testCase{name: "rows/changed after they were handed over", clause: "12", run: rowKept,
			sentence: "A store keeps no row or slice of its caller's."},
		testCase{name: "rows/changed after they were received", clause: "12", run: rowReceived,
			sentence: "Rows that Load and List give belong to the receiver."},
	)
}

func rowSample(e *env, i int) {
	sample := Samples("u")[i]
	if zero := zeroFields(reflect.ValueOf(sample), "row"); len(zero) > 0 {
		e.Fatalf("the sample has zero fields, which prove nothing: %v", zero)
	}
	u := unit("u", 0, "its cause", sample)
	if k := sample.Key().Kind; k == store.KindCause || k == store.KindTransfer {
		u.Insert, u.Put = append(u.Insert, sample), nil
	}
	e.write(u)
	got := e.row(sample.Key())
	if got == nil {
		e.Fatalf("it is not there")
	}
	if diff := rowDiff(sample, got); diff != "" {
		e.Errorf("it came back different (-handed over +got):\n%s", diff)
	}
	for _, entry := range sample.Index() {
		for _, r := range e.list(store.Query{Index: entry.Index, Prefix: entry.Key}) {
			if diff := rowDiff(sample, r); diff != "" {
				e.Errorf("index %s lists it different (-handed over +got):\n%s", entry.Index, diff)
			}
		}
	}
}

func rowInstants(e *env) {
	zone := time.FixedZone("", 3600)
	for i, at := range []time.Time{
		time.Date(2026, 2, 3, 4, 5, 6, 7_999, zone),
		time.Date(2026, 2, 3, 4, 5, 6, 999_999_999, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 1_999, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		row := record("u", fmt.Sprint(i), 1)
		row.Created = at
		e.write(unit("u", e.version("u"), fmt.Sprint(i), row))
		got, _ := e.row(row.Key()).(*store.TaskRow)
		if got == nil {
			e.Fatalf("row %d is not there", i)
		}
		if want := store.Instant(at); !got.Created.Equal(want) || got.Created.Location() != time.UTC {
			e.Errorf("%v came back as %v, want %v", at, got.Created, want)
		}
		if !got.First.IsZero() {
			e.Errorf("a zero instant came back as %v", got.First)
		}
	}
}

func rowDecimals(e *env) {
	for i, text := range []string{
		"0.1", "-0.000000000000000001", "99999999999999999999.999999999999999999", "9007199254740993", "0", "100", "2888.50",
	} {
		row := &store.CapRow{CapUse: reward.CapUse{User: "u", Group: fmt.Sprint(i), Used: sampleAmount(text + " CNY")}}
		e.write(unit("u", e.version("u"), fmt.Sprint(i), row))
		got, _ := e.row(row.Key()).(*store.CapRow)
		if got == nil || !got.Used.Value.Equal(decimal.RequireFromString(text)) || got.Used.Asset != "CNY" {
			e.Errorf("%s CNY came back as %+v", text, got)
		}
	}
}

func rowKept(e *env) {
	c, r := event("u", "1", "t", 1), grant("u", "r", 1, 0, reward.Pending)
	c.Event.Event.Meta = []byte(`{"a":1}`)
	r.Meta, r.Taken.Counters = []byte(`{"b":1}`), []string{"c"}
	u := store.Unit{User: "u", Insert: []store.Row{c}, Put: []store.Row{r}}
	wantCause, wantReward := c.Clone(), r.Clone()
	e.write(u)
	c.Hash, c.Event.Event.Growth, c.Event.Event.Meta[2], c.Due = [32]byte{}, 99, 'X', 99
	r.Status, r.Meta[2], r.Taken.Counters[0], r.Moves[0].Actor = reward.Granted, 'X', "X", "X"
	u.Insert[0], u.Put[0] = cause("u", "X"), record("u", "X", 1)
	for _, want := range []store.Row{wantCause, wantReward} {
		if got := e.row(want.Key()); got == nil || rowDiff(want, got) != "" {
			e.Errorf("the caller's change reached the store: %+v", got)
		}
	}
}

func rowReceived(e *env) {
	r := grant("u", "r", 1, 0, reward.Pending)
	r.Meta, r.Taken.Counters = []byte(`{"b":1}`), []string{"c"}
	e.write(unit("u", 0, "1", r))
	spoil := func(row store.Row) {
		if got, ok := row.(*store.RewardRow); ok && len(got.Moves) == 1 && len(got.Meta) > 2 && len(got.Taken.Counters) == 1 {
			got.Status, got.Meta[2], got.Taken.Counters[0], got.Moves[0].Actor = reward.Granted, 'X', "X", "X"
		}
	}
	spoil(e.row(r.Key()))
	for _, row := range e.list(store.Query{Index: store.IndexRewardReward}) {
		spoil(row)
	}
	if got := e.row(r.Key()); got == nil || rowDiff(r, got) != "" {
		e.Errorf("the receiver's change reached the store: %+v", got)
	}
}

func keyCases() []testCase {
	const rest = "Keys compare and sort byte by byte: case, accents, composition and spaces count, in "
	return []testCase{
		{name: "keys/users", clause: "12", run: keyUsers, sentence: rest + "users."},
		{name: "keys/ids", clause: "12", run: keyIDs, sentence: rest + "row IDs."},
		{name: "keys/counters", clause: "12", run: keyCounters, sentence: rest + "counters' names."},
		{name: "keys/documents", clause: "12", run: keyDocs, sentence: rest + "documents' codes."},
	}
}

// lookalikes are names that some databases take for one another, sorted byte by byte.
func lookalikes() []string {
	names := []string{" a", "A", "A ", "B", "a", "a ", "a  ", "e\u0301", "\u00e9", "\u00c9", "ss", "ß", "i", "ı", "\u00c5", "\u212b", "ａ"}
	slices.Sort(names)
	return names
}

func keyUsers(e *env) {
	for i, user := range lookalikes() {
		if r := e.commit(unit(user, 0, "1", record(user, "t", int64(i))))[0]; !r.Written() {
			e.Errorf("user %q is answered %+v", user, r)
		}
	}
	for i, user := range lookalikes() {
		if r, _ := e.row(record(user, "t", 0).Key()).(*store.TaskRow); r == nil || r.Sum != int64(i) {
			e.Errorf("row of user %q is %+v, want sum %d", user, r, i)
		}
	}
	if v := e.version("a   "); v > 0 {
		e.Errorf("a user never seen has version %d", v)
	}
}

func keyIDs(e *env) {
	for i, id := range lookalikes() {
		e.write(store.Unit{User: "u", Version: e.version("u"), Insert: []store.Row{cause("u", id)}, Put: []store.Row{record("u", id, int64(i))}})
	}
	for i, id := range lookalikes() {
		want := cause("u", id)
		if rows := e.load("u", named(want)).Rows; len(rows) != 1 || rows[0].Key() != want.Key() {
			e.Errorf("cause %q gives %v", id, rows)
		}
		if r, _ := e.row(record("u", id, 0).Key()).(*store.TaskRow); r == nil || r.Sum != int64(i) {
			e.Errorf("row %q is %+v, want sum %d", id, r, i)
		}
	}
}

func keyCounters(e *env) {
	for i, name := range lookalikes() {
		e.write(takes("u", e.version("u"), fmt.Sprint(i), store.Take{Counter: name, N: int64(i), Max: int64(i)}))
	}
	counters := e.snapshot(store.Request{Counters: lookalikes()}).Counters
	for i, name := range lookalikes() {
		if counters[name] != int64(i) {
			e.Errorf("counter %q is %d, want %d", name, counters[name], i)
		}
	}
}

func keyDocs(e *env) {
	var docs []store.Doc
	for _, code := range lookalikes() {
		docs = append(docs, store.Doc{Kind: "task", Code: code, Body: []byte(code)})
	}
	if _, err := e.store().PutDocs(e.Context(), store.Stamp{}, docs...); err != nil {
		e.Fatalf("put: %v", err)
	}
	for _, d := range docs {
		got, err := e.store().DocAt(e.Context(), d.Kind, d.Code, 1)
		if err != nil || string(got.Body) != d.Code {
			e.Errorf("document %q is %q, %v", d.Code, got.Body, err)
		}
	}
}
