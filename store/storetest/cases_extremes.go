package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
)

// extremeCases are about what rows and documents may hold at most, and at least.
func extremeCases() []testCase {
	return []testCase{
		{name: "rows/meta", clause: "1", run: rowMeta,
			sentence: "Meta comes back byte for byte: the order of fields, digits, escapes, 4096 bytes."},
		{name: "rows/longest texts", clause: "1", run: rowTexts,
			sentence: "Texts may be as long as the engine takes them, in characters of four bytes."},
		{name: "rows/texts of no row", clause: "1", run: rowBadTexts,
			sentence: "A text that is not UTF-8 without NUL, or is longer than its kind may be, is ErrInvalid wherever it stands in a row."},
		{name: "rows/nearly empty", clause: "1", run: rowEmpty,
			sentence: "What is absent in a row stays absent: no slice, no event, no move, no asset, the zero instant."},
		{name: "rows/first and last instants", clause: "12", run: rowLastInstants,
			sentence: "Every instant of every kind may be of the years 1 to 9999, to the microsecond."},
		{name: "rows/instants of other zones", clause: "12", run: rowZones,
			sentence: "Every instant of every kind may be given in any zone, also where it is of another year there: it comes back as the same instant."},
		{name: "rows/sums", clause: "12", run: rowSums,
			sentence: "Sums are longer than amounts: caps, balances and After have up to 29 digits before the point, totals 47, and 18 after it."},
		{name: "catalog/bodies", clause: "9", run: catalogBodies,
			sentence: "A document's body comes back byte for byte, also an empty one and one of 200,000 bytes."},
	}
}

func rowMeta(e *env) {
	deep := strings.Repeat(`{"a":[`, 500) + `"` + strings.Repeat("🙂", 20) + `"` + strings.Repeat(`]}`, 500)
	for i, meta := range []string{
		`{"b":1,"a":2,"b":3}`, `{"n":[1.50,-0,1e400,12345678901234567890.123456789,0.10]}`, `"\u0000"`, `{"\u0000":"\ud83d\ude42 \u00e9 \/"}`,
		`"用户 🙂 \" \\ \n <&> ` + "\u2028" + `"`, deep, `"` + strings.Repeat("m", 4094) + `"`, `null`, `""`, `{}`, `0`, ` true `[1:5],
	} {
		if !json.Valid([]byte(meta)) {
			e.Fatalf("this is no JSON: %s", meta)
		}
		c, r := event("u", fmt.Sprint(i), "t", 1), grant("u", "r", int64(i), 0, reward.Pending)
		c.Event.Event.Meta, r.Meta = json.RawMessage(meta), json.RawMessage(meta)
		e.write(store.Unit{User: "u", Version: e.version("u"), Insert: []store.Row{c}, Put: []store.Row{r}})
		gotCause, _ := e.row(c.Key()).(*store.CauseRow)
		gotReward, _ := e.row(r.Key()).(*store.RewardRow)
		if gotCause == nil || gotCause.Event == nil || string(gotCause.Event.Event.Meta) != meta {
			e.Errorf("meta %.60s of an event came back otherwise: %+v", meta, gotCause)
		}
		if gotReward == nil || string(gotReward.Meta) != meta {
			e.Errorf("meta %.60s of a record came back otherwise: %+v", meta, gotReward)
		}
	}
}

func rowTexts(e *env) {
	wide := func(n int) string { return strings.Repeat("🙂", n/4) }
	c, r, t := event("u", "1", "t", 1), grant("u", "r", 1, 0, reward.Pending), transferred("u", "1", 1)
	c.Event.Event.Attrs = rule.Attrs{"text": wide(rule.StringMax), "list": []string{wide(rule.StringMax), "用户", ""}}
	c.Move = &store.Move{Op: "review", Record: r.ID, Seq: 1, Actor: wide(ledger.ActorMax), Reason: wide(ledger.ReasonMax), Request: wide(rule.IDMax)}
	r.Moves[0].Actor, r.Moves[0].Reason, r.Moves[0].Request = wide(ledger.ActorMax), wide(ledger.ReasonMax), wide(rule.IDMax)
	r.Event = wide(rule.IDMax)
	t.Actor, t.Reason = wide(ledger.ActorMax), wide(ledger.ReasonMax)
	e.write(store.Unit{User: "u", Insert: []store.Row{c, t}, Put: []store.Row{r}})
	for _, want := range []store.Row{c, r, t} {
		got := e.row(want.Key())
		if got == nil {
			e.Fatalf("%v is not there", want.Key())
		}
		if diff := rowDiff(want, got); diff != "" {
			e.Errorf("it came back different (-handed over +got):\n%s", diff)
		}
	}
}

func rowBadTexts(e *env) {
	long := strings.Repeat("x", ledger.ReasonMax+1) // than any text may be
	for i, kind := range store.Kinds() {
		for n, text := range texts(reflect.ValueOf(Samples("u")[i])) {
			for _, bad := range []string{"\x00", "a\x00b", "\xff", long} {
				if text.String() == "u" { // another user's row is refused for that
					continue
				}
				row := Samples("u")[i]
				for _, same := range texts(reflect.ValueOf(row)) { // a cause's ID is that of its event
					if same.String() == text.String() {
						same.SetString(bad)
					}
				}
				u := unit("u", 0, "1", row)
				if kind == store.KindCause || kind == store.KindTransfer {
					u.Insert, u.Put = append(u.Insert, row), nil
				}
				if _, err := e.store().Commit(e.Context(), u); !errors.Is(err, store.ErrInvalid) {
					e.Errorf("%s with %.10q as text %d: %v, want ErrInvalid", kind, bad, n, err)
				}
			}
		}
	}
	if e.version("u") != 0 {
		e.Errorf("something was written")
	}
}

// texts are the fields below v that are texts, attributes left out.
func texts(v reflect.Value) (all []reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		return texts(v.Elem())
	case reflect.String:
		return []reflect.Value{v}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, texts(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				all = append(all, texts(v.Field(i))...)
			}
		}
	}
	return all
}

func rowEmpty(e *env) {
	rows := []store.Row{
		&store.CauseRow{User: "u", Type: store.CauseRecount, ID: "1"},
		&store.TaskRow{},
		&store.TallyRow{User: "u", Task: "t"},
		&store.ValueRow{User: "u", Task: "t"},
		&store.EntitlementRow{Entitlement: reward.Entitlement{User: "u", Reward: "r"}},
		&store.RewardRow{Record: reward.Record{ID: reward.ID{User: "u", Reward: "r", N: 1}, Status: reward.Granted, Seq: 1}},
		&store.CapRow{CapUse: reward.CapUse{User: "u", Group: "g", Used: ledger.Amount{Asset: "CNY"}}},
		&store.TransferRow{Transfer: ledger.Transfer{ID: ledger.TransferID{User: "u", Cause: "1"}, Debit: ledger.Issued, Credit: ledger.Available, Amount: ledger.Whole("CNY", 1)}},
		&store.BalanceRow{Balance: ledger.Balance{Account: ledger.Account{User: "u", Kind: ledger.Available, Asset: "CNY"}}},
	}
	rows[1].(*store.TaskRow).User, rows[1].(*store.TaskRow).Task = "u", "t"
	var kinds []store.Kind
	u := store.Unit{User: "u"}
	for _, r := range rows {
		kinds = append(kinds, r.Key().Kind)
		if k := r.Key().Kind; k == store.KindCause || k == store.KindTransfer {
			u.Insert = append(u.Insert, r)
		} else {
			u.Put = append(u.Put, r)
		}
	}
	if !slices.Equal(kinds, store.Kinds()) {
		e.Fatalf("this case knows rows of the kinds %v", kinds)
	}
	e.write(u)
	for _, want := range rows {
		got := e.row(want.Key())
		if got == nil {
			e.Fatalf("%v is not there", want.Key())
		}
		if diff := rowDiff(want, got); diff != "" {
			e.Errorf("%s came back different (-handed over +got):\n%s", want.Key().Kind, diff)
		}
	}
}

func rowLastInstants(e *env) {
	for n, at := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 1_000, time.UTC), time.Date(999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(1582, 10, 10, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		for _, row := range e.allAt(fmt.Sprint("u", n), at) {
			for _, entry := range row.Index() {
				e.listed(store.Query{Index: entry.Index, Prefix: entry.Key}, []string{entry.Key})
			}
		}
	}
}

func rowZones(e *env) {
	for n, at := range []time.Time{
		time.Date(2030, 1, 1, 0, 0, 0, 999, time.FixedZone("of seconds", 19*60+32)),
		time.Date(2030, 1, 1, 0, 0, 0, 0, time.FixedZone("of a day", 24*3600)),
		time.Date(9999, 12, 31, 23, 30, 0, 0, time.UTC).In(time.FixedZone("east", 3600)),
		time.Date(1, 1, 1, 0, 30, 0, 0, time.UTC).In(time.FixedZone("west", -3600)),
	} {
		e.allAt(fmt.Sprint("u", n), at)
	}
}

// allAt writes a row of each kind that has instants, all of them the same, reads them back, and gives the rows.
func (e *env) allAt(user string, at time.Time) (rows []store.Row) {
	e.Helper()
	for i, row := range Samples(user) {
		all := instants(reflect.ValueOf(row))
		if len(all) == 0 {
			continue
		}
		for _, t := range all {
			t.Set(reflect.ValueOf(at))
		}
		u := unit(user, e.version(user), fmt.Sprint("of kind ", i), row)
		if k := row.Key().Kind; k == store.KindCause || k == store.KindTransfer {
			u.Insert, u.Put = append(u.Insert, row), nil
		}
		e.write(u)
		got := e.row(row.Key())
		if got == nil {
			e.Fatalf("%v is not there", row.Key())
		}
		for _, t := range instants(reflect.ValueOf(got)) {
			if back := t.Interface().(time.Time); !back.Equal(store.Instant(at)) {
				e.Errorf("of a %s %v came back as %v", row.Key().Kind, at, back)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// instants are the fields below v that are instants, attributes left out.
func instants(v reflect.Value) (all []reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		return instants(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, instants(v.Index(i))...)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return []reflect.Value{v}
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				all = append(all, instants(v.Field(i))...)
			}
		}
	}
	return all
}

func rowSums(e *env) {
	digits := func(n int) decimal.Decimal {
		return decimal.RequireFromString(strings.Repeat("9", n) + "." + strings.Repeat("9", 18))
	}
	for i, sign := range []decimal.Decimal{decimal.NewFromInt(1), decimal.NewFromInt(-1)} {
		user := fmt.Sprint("u", i)
		tally, transfer := sampleTally(user), sampleTransfer(user)
		balance := Samples(user)[len(store.Kinds())-1].(*store.BalanceRow)
		limit := &store.CapRow{CapUse: reward.CapUse{User: user, Group: "g", Used: ledger.Amount{Asset: "CNY", Value: digits(29).Mul(sign)}}}
		tally.Tally.Cells[0].Total, transfer.After.Value, balance.Value = digits(47).Mul(sign), digits(29).Mul(sign), digits(29).Mul(sign)
		transfer.Amount.Value = digits(20)
		u := unit(user, 0, "1", tally, balance, limit)
		u.Insert = append(u.Insert, transfer)
		e.write(u)
		for _, want := range []store.Row{tally, transfer, balance, limit} {
			if got := e.row(want.Key()); got == nil || !sum(got).Equal(sum(want)) {
				e.Errorf("%s came back as %+v, want %+v", want.Key().Kind, got, want)
			}
		}
	}
}

// sum is what a row of four kinds adds up.
func sum(r store.Row) decimal.Decimal {
	switch r := r.(type) {
	case *store.TallyRow:
		return r.Tally.Cells[0].Total
	case *store.TransferRow:
		return r.After.Value
	case *store.BalanceRow:
		return r.Value
	case *store.CapRow:
		return r.Used.Value
	}
	return decimal.Decimal{}
}

func catalogBodies(e *env) {
	bodies := [][]byte{{}, []byte(" "), []byte("{\"b\":1, \"a\":\"用户 🙂 \\u0000\",\n\"a\":1.50}  "), []byte(strings.Repeat("🙂", 50_000))}
	var docs []store.Doc
	for i, body := range bodies {
		docs = append(docs, doc(fmt.Sprint(i), string(body)))
	}
	e.put(store.Stamp{}, docs...)
	got, _ := e.docs(0)
	for i, want := range docs {
		at, err := e.store().DocAt(e.Context(), want.Kind, want.Code, 1)
		if err != nil || !bytes.Equal(at.Body, want.Body) || len(got) != len(docs) || !bytes.Equal(got[i].Body, want.Body) {
			e.Errorf("the body %.60q of %d bytes came back as %.60q: %v", want.Body, len(want.Body), at.Body, err)
		}
	}
}
