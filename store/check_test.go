package store_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func TestCheck_takesSamplesAndNamesEachFault(t *testing.T) {
	good := func() store.Unit {
		s := storetest.Samples("u")
		return store.Unit{User: "u", Insert: []store.Row{s[0], s[7]}, Put: append(s[1:7:7], s[8]), Take: []store.Take{{Counter: "c", N: 1, Max: 1}}}
	}
	if err := store.Check(good()); err != nil {
		t.Fatalf("samples are refused: %v", err)
	}
	long := strings.Repeat("x", 700)
	for _, tt := range []struct {
		name string
		bad  func(u *store.Unit)
		want error
	}{
		{"empty user", func(u *store.Unit) { u.User = "" }, store.ErrInvalid},
		{"user with NUL", func(u *store.Unit) { u.User = "u\x00" }, store.ErrInvalid},
		{"negative version", func(u *store.Unit) { u.Version = -1 }, store.ErrInvalid},
		{"nil row", func(u *store.Unit) { u.Put[0] = nil }, store.ErrUnsupported},
		{"nil pointer", func(u *store.Unit) { u.Put[0] = (*store.TaskRow)(nil) }, store.ErrUnsupported},
		{"transfer alone", func(u *store.Unit) { u.Insert = u.Insert[1:] }, store.ErrInvalid},
		{"delete of a cause", func(u *store.Unit) { u.Delete = []store.RowKey{{Kind: store.KindCause, User: "u", ID: "x"}} }, store.ErrInvalid},
		{"delete of what is put", func(u *store.Unit) { u.Delete = []store.RowKey{u.Put[0].Key()} }, store.ErrInvalid},
		{"long ID", func(u *store.Unit) { u.Delete = []store.RowKey{{Kind: store.KindTask, User: "u", ID: long}} }, store.ErrInvalid},
		{"counter twice", func(u *store.Unit) { u.Take = append(u.Take, u.Take[0]) }, store.ErrInvalid},
		{"counter without a name", func(u *store.Unit) { u.Take[0].Counter = "" }, store.ErrInvalid},
		{"negative max", func(u *store.Unit) { u.Take[0].Max = -1 }, store.ErrInvalid},
		{"meta that is no UTF-8", func(u *store.Unit) { u.Insert[0].(*store.CauseRow).Event.Event.Meta = []byte("\"\xff\"") }, store.ErrInvalid},
		{"event of another user", func(u *store.Unit) { u.Insert[0].(*store.CauseRow).Event.Event.User = "v" }, store.ErrInvalid},
		{"event of another ID", func(u *store.Unit) { u.Insert[0].(*store.CauseRow).Event.Event.ID = "another" }, store.ErrInvalid},
		{"move of another user", func(u *store.Unit) { u.Insert[0].(*store.CauseRow).Move.Record.User = "v" }, store.ErrInvalid},
		{"after of another asset", func(u *store.Unit) { u.Insert[1].(*store.TransferRow).After.Asset = "USD" }, store.ErrInvalid},
		{"after without an asset", func(u *store.Unit) { u.Insert[1].(*store.TransferRow).After.Asset = "" }, store.ErrInvalid},
		{"type of 33 bytes", func(u *store.Unit) { u.Insert[0].(*store.CauseRow).Type = store.CauseType(long[:33]) }, store.ErrInvalid},
		{"code of 65 bytes", func(u *store.Unit) { u.Put[0].(*store.TaskRow).Task = long[:65] }, store.ErrInvalid},
		{"reason of 1025 bytes", func(u *store.Unit) { u.Insert[1].(*store.TransferRow).Reason = long + long[:325] }, store.ErrInvalid},
		{"attribute with NUL", func(u *store.Unit) { u.Insert[0].(*store.CauseRow).Event.Event.Attrs["name"] = "a\x00b" }, store.ErrInvalid},
		{"attribute of a list that is no UTF-8", func(u *store.Unit) {
			u.Insert[0].(*store.CauseRow).Event.Event.Attrs["tags"] = []string{"a", "\xff"}
		}, store.ErrInvalid},
		{"name of an attribute with NUL", func(u *store.Unit) { u.Insert[0].(*store.CauseRow).Event.Event.Attrs["a\x00b"] = true }, store.ErrInvalid},
		{"meta that is no JSON", func(u *store.Unit) { u.Insert[0].(*store.CauseRow).Event.Event.Meta = []byte("{") }, store.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := good()
			tt.bad(&u)
			err := store.Check(u)
			var detail *store.Error
			if !errors.Is(err, tt.want) || !errors.As(err, &detail) || detail.Op != "commit" {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// TestCheck_takesInstantsOfTheYears1To9999 looks at every instant of every kind of row, found by reflection.
func TestCheck_takesInstantsOfTheYears1To9999(t *testing.T) {
	east := time.FixedZone("", 3600)
	for _, tt := range []struct {
		at   time.Time
		want error
	}{
		{time.Time{}, nil},
		{time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), nil},
		{time.Date(10_000, 1, 1, 0, 30, 0, 0, east), nil},
		{time.Time{}.Add(-1), store.ErrInvalid},
		{time.Date(1, 1, 1, 0, 30, 0, 0, east), store.ErrInvalid},
		{time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), store.ErrInvalid},
	} {
		for i, kind := range store.Kinds() {
			for n := range instants(reflect.ValueOf(storetest.Samples("u")[i])) {
				row := storetest.Samples("u")[i]
				instants(reflect.ValueOf(row))[n].Set(reflect.ValueOf(tt.at))
				u := store.Unit{User: "u", Insert: []store.Row{&store.CauseRow{User: "u", Type: store.CauseEvent, ID: "other"}}}
				if kind == store.KindCause || kind == store.KindTransfer {
					u.Insert = append(u.Insert, row)
				} else {
					u.Put = []store.Row{row}
				}
				if err := store.Check(u); !errors.Is(err, tt.want) {
					t.Errorf("%s with %v as instant %d: %v, want %v", kind, tt.at, n, err, tt.want)
				}
			}
		}
	}
}

// TestCheck_wantsEveryTextInUTF8WithoutNUL looks at every text of every kind of row, found by reflection.
func TestCheck_wantsEveryTextInUTF8WithoutNUL(t *testing.T) {
	for i, kind := range store.Kinds() {
		for n, field := range texts(reflect.ValueOf(storetest.Samples("u")[i]), string(kind)) {
			for _, bad := range []string{"a\x00b", "\x00", "\xff", "\xed\xa0\x80"} {
				row := storetest.Samples("u")[i]
				texts(reflect.ValueOf(row), "")[n].v.SetString(bad)
				u := store.Unit{User: "u", Insert: []store.Row{&store.CauseRow{User: "u", Type: store.CauseEvent, ID: "other"}}}
				if kind == store.KindCause || kind == store.KindTransfer {
					u.Insert = append(u.Insert, row)
				} else {
					u.Put = []store.Row{row}
				}
				if err := store.Check(u); !errors.Is(err, store.ErrInvalid) {
					t.Errorf("%s %q: %v, want ErrInvalid", field.path, bad, err)
				}
			}
		}
	}
}

// A text is a field that is a string, and where it stands.
type text struct {
	v    reflect.Value
	path string
}

// texts are the fields below v that are texts, maps left out.
func texts(v reflect.Value, path string) (all []text) {
	switch v.Kind() {
	case reflect.Pointer:
		return texts(v.Elem(), path)
	case reflect.String:
		return []text{{v, path}}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, texts(v.Index(i), path)...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				all = append(all, texts(v.Field(i), path+"."+f.Name)...)
			}
		}
	}
	return all
}

// instants are the fields below v that are instants, maps left out.
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

// TestCheck_takesATransferWithoutAfter holds for one that stands in no statement.
func TestCheck_takesATransferWithoutAfter(t *testing.T) {
	row := storetest.Samples("u")[7].(*store.TransferRow)
	row.After = ledger.Amount{}
	u := store.Unit{User: "u", Insert: []store.Row{&store.CauseRow{User: "u", Type: store.CauseEvent, ID: "1"}, row}}
	if err := store.Check(u); err != nil {
		t.Error(err)
	}
}

// TestCheckQuery_wantsBoundsInUTF8 holds for each bound, in List and in Load.
func TestCheckQuery_wantsBoundsInUTF8(t *testing.T) {
	for _, bound := range []string{"\xff", "u\x00\xe4\xb8", "u\x00\xed\xa0\x80"} {
		for _, q := range []store.Query{{Prefix: bound}, {From: bound}, {To: bound}, {After: bound}} {
			q.Index = store.IndexRewardUser
			if err := store.CheckQuery(q); !errors.Is(err, store.ErrInvalid) {
				t.Errorf("query %+v: %v, want ErrInvalid", q, err)
			}
		}
		for _, p := range []store.Part{{Prefix: "u\x00" + bound}, {After: bound}} {
			p.Index = store.IndexRewardUser
			err := store.CheckRequest(store.Request{Keys: []store.Key{{User: "u", Parts: []store.Part{p}}}})
			if !errors.Is(err, store.ErrInvalid) {
				t.Errorf("part %+v: %v, want ErrInvalid", p, err)
			}
		}
	}
	whole := "用户\x00🙂"
	if err := store.CheckQuery(store.Query{Index: store.IndexRewardUser, Prefix: whole, From: whole, To: whole, After: whole}); err != nil {
		t.Error(err)
	}
}

// BenchmarkCheck measures the check of a unit with a row of each kind.
func BenchmarkCheck(b *testing.B) {
	s := storetest.Samples("u")
	u := store.Unit{User: "u", Insert: []store.Row{s[0], s[7]}, Put: append(s[1:7:7], s[8])}
	b.ReportAllocs()
	for b.Loop() {
		if err := store.Check(u); err != nil {
			b.Fatal(err)
		}
	}
}
