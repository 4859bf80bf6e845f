package rule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func everyKind() rule.Schema {
	return rule.Schema{"s": rule.String, "b": rule.Bool, "n": rule.Int, "d": rule.Decimal, "t": rule.Time, "l": rule.Strings}
}

// sortedNames gives the declared names in a fixed order, as rapid needs it.
func sortedNames(s rule.Schema) []string {
	var names []string
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestSchema_Canonical_S5(t *testing.T) {
	noon := time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	cut := time.Date(2024, 2, 29, 11, 0, 0, 123456000, time.UTC)
	dec := decimal.RequireFromString
	tests := []struct {
		name     string
		attr     string
		in, want any    // want nil: absent
		reason   string // of the fault, instead of want
	}{
		{"a string", "s", "é", "é", ""},
		{"an empty string is there", "s", "", "", ""},
		{"a string of 1,024 bytes", "s", strings.Repeat("x", 1024), strings.Repeat("x", 1024), ""},
		{"a longer one", "s", strings.Repeat("x", 1025), nil, "must have at most 1024 bytes"},
		{"invalid UTF-8", "s", "a\xff", nil, "must be valid UTF-8"},
		{"NUL", "s", "a\x00", nil, "must not contain NUL"},
		{"a number for a string", "s", 3, nil, "must be a string, got int"},
		{"nil is absent", "s", nil, nil, ""},
		{"a bool", "b", false, false, ""},
		{"a text for a bool", "b", "true", nil, "must be a bool, got string"},
		{"int", "n", -3, int64(-3), ""},
		{"int8", "n", int8(-3), int64(-3), ""},
		{"uint64", "n", uint64(math.MaxInt64), int64(math.MaxInt64), ""},
		{"uint64 beyond int64", "n", uint64(math.MaxInt64) + 1, nil, "must be within the range of a 64-bit integer"},
		{"a JSON number", "n", json.Number("9007199254740993"), int64(9007199254740993), ""},
		{"a JSON number of that value", "n", json.Number("3e2"), int64(300), ""},
		{"a JSON number with a fraction", "n", json.Number("3.5"), nil, "must be a whole number"},
		{"a JSON number beyond int64", "n", json.Number("9223372036854775808"), nil, "must be within the range of a 64-bit integer"},
		{"a JSON number that is none", "n", json.Number("x"), nil, "must be a whole number"},
		{"digits in a string are no int", "n", "3", nil, "must be an integer, got string"},
		{"a float", "n", 3.0, nil, "is a float64, which has lost digits: give an integer, a decimal or a json.Number"},
		{"a float for a decimal", "d", float32(1.5), nil, "is a float32, which has lost digits: give an integer, a decimal or a json.Number"},
		{"a duration is no int", "n", time.Second, nil, "must be an integer, got time.Duration"},
		{"a decimal", "d", dec("1.50"), dec("1.5"), ""},
		{"a decimal as a string", "d", "-1.50", dec("-1.5"), ""},
		{"a decimal as a JSON number", "d", json.Number("0.1"), dec("0.1"), ""},
		{"a decimal as an int", "d", 7, dec("7"), ""},
		{"a decimal as the largest uint64", "d", uint64(math.MaxUint64), dec("18446744073709551615"), ""},
		{"a decimal out of bounds", "d", decimal.New(1, 1_000_000_000), nil, "must have at most 38 digits, at most 18 of them after the point"},
		{"a string that is no decimal", "d", "1,5", nil, "must be a decimal number such as 12.50"},
		{"a time, cut and in UTC", "t", noon, cut, ""},
		{"a time as a string", "t", "2024-02-29T12:00:00.1234569+01:00", cut, ""},
		{"a time before 1970 is cut down", "t", time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC), ""},
		{"a day that is none", "t", "2023-02-29T12:00:00Z", nil, "must be a time of RFC 3339 such as 2024-02-29T18:00:00Z"},
		{"an hour of one digit", "t", "2023-02-28T1:00:00Z", nil, "must be a time of RFC 3339 such as 2024-02-29T18:00:00Z"},
		{"the zero time", "t", time.Time{}, nil, "is the zero time: leave out an attribute that is not known"},
		{"the year 10000", "t", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), nil, "must be in the years 1 to 9999"},
		{"a number for a time", "t", 1700000000, nil, "must be a time or a string of RFC 3339, got int"},
		{"a list", "l", []string{"b", "a", "b"}, []string{"b", "a", "b"}, ""},
		{"a list as JSON gives it", "l", []any{"b", "a"}, []string{"b", "a"}, ""},
		{"an empty list is there", "l", []any{}, []string{}, ""},
		{"a nil list is absent", "l", []string(nil), nil, ""},
		{"a list of other things", "l", []any{"a", 1}, nil, "must be a list of strings; element 1 is a int"},
		{"a list of 64", "l", make([]string, 64), make([]string, 64), ""},
		{"a list of 65", "l", make([]string, 65), nil, "must have at most 64 strings"},
		{"a faulty string in a list", "l", []string{"a", "\xff"}, nil, "must be valid UTF-8 (element 1)"},
		{"a string for a list", "l", "a", nil, "must be a list of strings, got string"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := everyKind().Canonical(rule.Attrs{tt.attr: tt.in})
			if tt.reason != "" {
				fe, ok := errors.AsType[*rule.FieldError](err)
				if !ok || fe.Field != "attrs."+tt.attr || fe.Reason != tt.reason {
					t.Fatalf("got %v, want %s", err, tt.reason)
				}
				return
			}
			want := rule.Attrs{tt.attr: tt.want}
			if tt.want == nil {
				want = rule.Attrs{}
			}
			if err != nil || !cmp.Equal(got, want) {
				t.Fatalf("got %v, %v", got, err)
			}
		})
	}
}

func TestSchema_Canonical_reportsEveryFaultAtOnce(t *testing.T) {
	_, err := everyKind().Canonical(rule.Attrs{"n": "x", "nope": 1, "d": 1.5, "b": true})
	want := "attrs.d: \"1.5\": is a float64, which has lost digits: give an integer, a decimal or a json.Number\n" +
		"attrs.n: \"x\": must be an integer, got string\nattrs.nope: is not declared"
	if err == nil || err.Error() != want || !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestSchema_Canonical_boundsTheWhole(t *testing.T) {
	schema, attrs := rule.Schema{}, rule.Attrs{}
	for i := range 17 {
		name := fmt.Sprint("a", i)
		schema[name], attrs[name] = rule.String, strings.Repeat("x", 1024)
	}
	if _, err := schema.Canonical(attrs); err == nil {
		t.Error("17 KiB of text pass")
	}
	delete(attrs, "a16")
	if _, err := schema.Canonical(attrs); err != nil {
		t.Errorf("16 KiB of text: %v", err)
	}
	many := rule.Attrs{}
	for i := range 100_000 {
		many[fmt.Sprint(i)] = i
	}
	if _, err := schema.Canonical(many); err == nil || len(err.Error()) > 200 {
		t.Error("a hundred thousand names pass, or are all named")
	}
}

func TestSchema_Canonical_sharesNothing(t *testing.T) {
	list := []string{"a"}
	got, err := everyKind().Canonical(rule.Attrs{"l": list})
	if err != nil {
		t.Fatal(err)
	}
	list[0] = "changed"
	if got["l"].([]string)[0] != "a" {
		t.Error("the canonical list changed with the caller's")
	}
}

func TestEqualValue_S4(t *testing.T) {
	noon := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name             string
		arriving, stored any
		want             bool
	}{
		{"int and int64", 3, int64(3), true},
		{"JSON and int64", json.Number("3"), int64(3), true},
		{"JSON 3.0 and int64", json.Number("3.0"), int64(3), true},
		{"JSON and int", json.Number("3"), 3, true},
		{"2^53+1 and 2^53", json.Number("9007199254740993"), int64(9007199254740992), false},
		{"decimals of other digits", decimal.RequireFromString("1.50"), decimal.RequireFromString("1.5"), true},
		{"a text and a decimal", "1.50", decimal.RequireFromString("1.5"), true},
		{"an int and a decimal", 2, decimal.RequireFromString("2"), true},
		{"a text and the same text", "1.5", "1.5", true},
		{"a text and another text of the same number", "1.50", "1.5", false},
		{"a decimal and a text", decimal.RequireFromString("1.5"), "1.5", false},
		{"a time in another zone", noon.In(time.FixedZone("", 7200)), noon, true},
		{"a time as text", "2024-02-29T13:00:00+01:00", noon, true},
		{"times within a microsecond", noon.Add(999), noon, true},
		{"times a microsecond apart", noon.Add(1000), noon, false},
		{"lists", []any{"a", "b"}, []string{"a", "b"}, true},
		{"lists in another order", []string{"b", "a"}, []string{"a", "b"}, false},
		{"an empty list and none", []string{}, nil, false},
		{"none and an empty list", nil, []string{}, false},
		{"a nil list and none", []string(nil), nil, true},
		{"none and none", nil, nil, true},
		{"none and a zero", nil, int64(0), false},
		{"bools", true, true, true},
		{"a bool and a text", "true", true, false},
		{"a float", 3.0, int64(3), false},
		{"something else", struct{}{}, int64(3), false},
		{"a list and a text", []string{"a"}, "a", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rule.EqualValue(tt.arriving, tt.stored); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAttrs_JSON(t *testing.T) {
	tests := []struct{ name, in, want, fault string }{
		{"numbers keep their digits", `{"a":9007199254740993,"b":0.10,"c":1e400}`, `{"a":9007199254740993,"b":0.10,"c":1e400}`, ""},
		{"names are sorted, null is absent", `{"b":null,"a":true,"A":"x"}`, `{"A":"x","a":true}`, ""},
		{"lists", `{"a":["x","y"],"b":[]}`, `{"a":["x","y"],"b":[]}`, ""},
		{"tagged forms", `{"a":{"decimal":"1.50"},"b":{"time":"2024-02-29T13:00:00+01:00"}}`, `{"a":{"decimal":"1.5"},"b":{"time":"2024-02-29T12:00:00Z"}}`, ""},
		{"every fault at once", `{"a":{},"b":[1],"c":{"decimal":1},"d":{"decimal":"x"},"e":{"time":"x","y":1}}`, "", "attrs.a attrs.b attrs.c attrs.d attrs.e"},
		{"no object", `[1]`, "", "attrs"},
		{"null", `null`, `null`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a rule.Attrs
			err := json.Unmarshal([]byte(tt.in), &a)
			if tt.fault != "" {
				var fields []string
				for _, line := range strings.Split(fmt.Sprint(err), "\n") {
					fields = append(fields, line[:strings.Index(line, ":")])
				}
				if strings.Join(fields, " ") != tt.fault || !errors.Is(err, rule.ErrInvalid) {
					t.Fatalf("got %v", err)
				}
				return
			}
			out, err2 := json.Marshal(a)
			if err != nil || err2 != nil || string(out) != tt.want {
				t.Fatalf("got %s, %v, %v", out, err, err2)
			}
		})
	}
	for _, v := range []any{1.5, struct{}{}, decimal.New(1, 1_000_000_000), json.Number("x")} {
		if out, err := (rule.Attrs{"a": v}).MarshalJSON(); !errors.Is(err, rule.ErrInvalid) {
			t.Errorf("%T gives %s, %v", v, out, err)
		}
	}
}

// Canonical attributes come back from their stored form exactly, types and digits included, and equal to themselves.
func TestStored_roundTripsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rule.Attrs{
			"s": rapid.StringN(0, 20, 1024).Filter(func(s string) bool { return !strings.Contains(s, "\x00") }).Draw(t, "s"),
			"b": rapid.Bool().Draw(t, "b"),
			"n": rapid.Int64().Draw(t, "n"),
			"d": decimal.New(rapid.Int64().Draw(t, "d"), rapid.Int32Range(-18, 18).Draw(t, "scale")),
			"t": time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")),
			"l": rapid.SliceOfN(rapid.StringMatching(`[a-c<&é" ]{0,4}`), 0, 5).Draw(t, "l"),
		}
		for _, name := range sortedNames(everyKind()) {
			if rapid.Bool().Draw(t, name+" absent") {
				delete(raw, name)
			}
		}
		a, err := everyKind().Canonical(raw)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(rule.Stored(a))
		if err != nil {
			t.Fatal(err)
		}
		var back rule.Stored
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(rule.Attrs(back), a) || fmt.Sprintf("%#v", back) != fmt.Sprintf("%#v", rule.Stored(a)) {
			t.Fatalf("%s\n%#v\n%#v", text, a, back)
		}
		var arriving rule.Attrs // what a client that sends the stored form back is taken to mean
		if err := json.Unmarshal(text, &arriving); err != nil {
			t.Fatal(err)
		}
		if again, err := everyKind().Canonical(arriving); err != nil || !cmp.Equal(again, a) {
			t.Fatalf("%s arrives as %v, %v", text, again, err)
		}
		for name := range a {
			if !rule.EqualValue(raw[name], a[name]) || !rule.EqualValue(arriving[name], a[name]) {
				t.Fatalf("%s: %v is not equal to %v", name, raw[name], a[name])
			}
		}
	})
}

// FuzzAttrs holds that no JSON panics, and that what is read is written and read back equal.
func FuzzAttrs(f *testing.F) {
	for _, text := range []string{`{"s":"a","b":true,"n":3,"d":{"decimal":"1.5"},"t":{"time":"2024-02-29T18:00:00Z"},"l":["x"]}`, `{"d":1e1000000000}`, `{"a":[{}]}`, `null`, `{"":null}`, `{"n":-0}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var a rule.Attrs
		if err := json.Unmarshal(data, &a); err != nil {
			return
		}
		schema := rule.Schema{}
		for name, v := range a {
			switch v.(type) {
			case string:
				schema[name] = rule.String
			case bool:
				schema[name] = rule.Bool
			case json.Number, decimal.Decimal:
				schema[name] = rule.Decimal
			case time.Time:
				schema[name] = rule.Time
			default:
				schema[name] = rule.Strings
			}
		}
		canonical, err := schema.Canonical(a)
		if err != nil {
			return
		}
		text, err := json.Marshal(rule.Stored(canonical))
		if err != nil {
			t.Fatal(err)
		}
		var back rule.Stored
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !cmp.Equal(rule.Attrs(back), canonical) {
			t.Fatalf("%s: %v is not %v", text, back, canonical)
		}
		for name, v := range a {
			if !rule.EqualValue(v, canonical[name]) {
				t.Fatalf("%s: %v is not equal to %v", name, v, canonical[name])
			}
		}
	})
}
