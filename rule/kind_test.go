package rule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/parser/operator"
	"github.com/guerdon-go/guerdon/rule"
)

func TestKind_textRoundTrips(t *testing.T) {
	for kind, name := range map[rule.Kind]string{rule.String: "string", rule.Bool: "bool", rule.Int: "int", rule.Decimal: "decimal", rule.Time: "time", rule.Strings: "strings"} {
		text, err := json.Marshal(rule.Schema{"a": kind})
		if want := `{"a":"` + name + `"}`; err != nil || string(text) != want {
			t.Errorf("got %s %v, want %s", text, err, want)
		}
		var back rule.Schema
		if err := json.Unmarshal(text, &back); err != nil || back["a"] != kind {
			t.Errorf("%s read back is %v, %v", text, back, err)
		}
	}
	if _, err := rule.Kind(0).MarshalText(); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("the zero Kind: %v", err)
	}
	kind := rule.Bool
	if err := kind.UnmarshalText([]byte("float")); !errors.Is(err, rule.ErrInvalid) || kind != rule.Bool {
		t.Errorf("float: %v, %v", kind, err)
	}
}

func TestSchema_JSON_namesEveryFault(t *testing.T) {
	tests := []struct {
		name, text string
		want       string // the whole error; empty if there is none
	}{
		{"an object of kinds", `{"a":"int","_":"time"}`, ""},
		{"null changes nothing", `null`, ""},
		{"names are for Validate to judge", `{"has":"int","":"bool"}`, ""},
		{"every fault by its name", `{"a":"float","b":3,"c":"int","c":"bool","d e":"Int","f":null}`,
			"a: \"float\": must be string, bool, int, decimal, time or strings\nb: \"3\": must be a string\nc: must not be given twice\n" +
				"[\"d e\"]: \"Int\": must be string, bool, int, decimal, time or strings\nf: \"null\": must be a string"},
		{"a list", `["int"]`, `"[\"int\"]": must be an object`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, schema := "", rule.Schema{"before": rule.Bool}
			if err := json.Unmarshal([]byte(tt.text), &schema); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if kept := schema["before"] == rule.Bool; kept != (tt.want != "" || tt.text == "null") {
				t.Errorf("it is %v afterwards", schema)
			}
		})
	}
	var schema rule.Schema
	if err := schema.UnmarshalJSON([]byte(`{"a":`)); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("no JSON: %v", err)
	}
}

// FuzzSchema_JSON: no text panics, and what is read prints and reads back the same.
func FuzzSchema_JSON(f *testing.F) {
	f.Add([]byte(`{"total":"decimal","shop":"string"}`))
	f.Add([]byte(`{"a":"float","a":"int","\u0000":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s, back rule.Schema
		if s.UnmarshalJSON(data) != nil {
			return
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		if err := json.Unmarshal(text, &back); err != nil || !maps.Equal(back, s) {
			t.Fatalf("%s: %v, %v", text, back, err)
		}
	})
}

func TestSchema_Validate_S5(t *testing.T) {
	tests := []struct {
		name   string
		schema rule.Schema
		want   string // the whole error; empty if there is none
	}{
		{"nil declares nothing", nil, ""},
		{"names of every shape", rule.Schema{"a": rule.Int, "_": rule.Bool, "A1_b": rule.Time, strings.Repeat("x", 64): rule.Strings}, ""},
		{"a word within a name is no word", rule.Schema{"index": rule.Int, "notes": rule.String, "In": rule.Bool}, ""},
		{"every fault at once", rule.Schema{"a": 0, "b": 77, "has": rule.Int, "user": rule.Int},
			"attrs.a: \"Kind(0)\": must be string, bool, int, decimal, time or strings\nattrs.b: \"Kind(77)\": must be string, bool, int, decimal, time or strings\n" +
				"attrs.has: is a word of the expression language: choose another name\nattrs.user: is a word of the expression language: choose another name"},
		{"an empty name", rule.Schema{"": rule.Int}, "attrs: must be a name: a letter or _, then letters, digits and _, at most 64 bytes"},
		{"a digit first", rule.Schema{"1a": rule.Int}, `attrs: "1a": must be a name: a letter or _, then letters, digits and _, at most 64 bytes`},
		{"a letter beyond ASCII", rule.Schema{"é": rule.Int}, `attrs: "é": must be a name: a letter or _, then letters, digits and _, at most 64 bytes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := tt.schema.Validate(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	if err := (rule.Schema{strings.Repeat("x", 65): rule.Int}).Validate(); err == nil {
		t.Error("a name of 65 bytes passes")
	}
	many := rule.Schema{}
	for i := range 65 {
		many[fmt.Sprint("a", i)] = rule.Int
	}
	if err := many.Validate(); err == nil {
		t.Error("65 attributes pass")
	}
	delete(many, "a0")
	if err := many.Validate(); err != nil {
		t.Errorf("64 attributes: %v", err)
	}
}

// TestSchema_Validate_S5_knowsEveryWordOfTheLibrary fails when a newer library has words that our list lacks.
func TestSchema_Validate_S5_knowsEveryWordOfTheLibrary(t *testing.T) {
	words := []string{"let", "if", "else", "true", "false", "nil", "has", "floor", "min", "max", "event", "user", "task", "reward", "now"}
	for name := range operator.Binary {
		words = append(words, name)
	}
	for name := range operator.Unary {
		words = append(words, name)
	}
	for _, word := range words {
		if err := (rule.Schema{word: rule.Int}).Validate(); err == nil {
			t.Errorf("%s passes as a name", word)
		}
	}
}

// TestSchema_S5_functionsOfTheLibraryAreNamesLikeAnyOther declares each, and reads it wherever a name may stand; as a function
// it is still none.
func TestSchema_S5_functionsOfTheLibraryAreNamesLikeAnyOther(t *testing.T) {
	for name := range builtin.Index {
		if slices.Contains([]string{"floor", "min", "max", "now"}, name) {
			continue
		}
		s := rule.Schema{name: rule.Int, "other": rule.Bool}
		attrs := rule.Attrs{name: int64(7)}
		matches := func(src string, a rule.Attrs) bool {
			c, err := rule.CompileCondition(src, s)
			if err != nil {
				t.Fatalf("%s: %v", src, err)
			}
			return c.Match(nil, a)
		}
		for src, want := range map[string]bool{"X == 7": true, "7 == X": true, "X > 7": false, "has(X)": true, "not has(X)": false, "5 < X < 9": true, "X in [1, 7]": true,
			"(X) == 7": true, "not (X != 7)": true, "X\n== 7 and (X == 7 or other)": true, "other or X == 7 or (other)": true, "X == X": true} {
			src = strings.ReplaceAll(src, "X", name)
			if matches(src, attrs) != want {
				t.Errorf("%s is %v", src, !want)
			}
		}
		if matches(name+" == 7", nil) {
			t.Errorf("%s is there though it is absent", name)
		}
		f, err := rule.CompileFormula(strings.ReplaceAll("floor(X * 2) - X + max(X, 3, -X)", "X", name), s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v, ok := f.Eval(nil, attrs); !ok || v.IntPart() != 14 {
			t.Errorf("a formula with %s gives %s, %v", name, v, ok)
		}
		for _, src := range []string{name + "(other)", name + " (other) == 7", name + "\n(7) == 7", "other | " + name + "()", "other." + name + " == 7", name + "[0] == 7"} {
			if _, err := rule.CompileCondition(src, s); !errors.Is(err, rule.ErrInvalid) || strings.Contains(err.Error(), "cannot be compiled") {
				t.Errorf("%s: %v", src, err)
			}
		}
	}
}
