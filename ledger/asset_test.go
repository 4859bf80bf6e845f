package ledger_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

func TestAsset_validateFindsEveryFaultAtOnce(t *testing.T) {
	bad := ledger.Asset{Code: "a b", Title: "\xff", Scale: 19, Extra: json.RawMessage(`{`), Note: "\x00", Revision: -1}
	if got, want := fields(bad.Validate()), []string{"code", "title", "extra", "note", "revision", "scale"}; !cmp.Equal(got, want) {
		t.Errorf("faulty fields = %v, want %v", got, want)
	}
	long := ledger.Asset{Code: "x", Title: strings.Repeat("x", 257), Scale: -1,
		Extra: json.RawMessage(strings.Repeat(" ", 20_000) + "1"), Note: strings.Repeat("x", 4097)}
	if got, want := fields(long.Validate()), []string{"title", "extra", "note", "scale"}; !cmp.Equal(got, want) {
		t.Errorf("faulty fields = %v, want %v", got, want)
	}
	if err := (ledger.Asset{Code: "points"}).Validate(); err != nil {
		t.Errorf("a code is enough: %v", err)
	}
}

func TestAsset_jsonLeavesZeroFieldsOut(t *testing.T) {
	for _, tt := range []struct {
		name  string
		asset ledger.Asset
		want  string
	}{
		{"least", ledger.Asset{Code: "points"}, `{"code":"points"}`},
		{"all", ledger.Asset{Code: "CNY", Title: "Yuan", Scale: 2, Order: -1, Extra: json.RawMessage(`{"a":1}`), Note: "n", Revision: 7},
			`{"code":"CNY","title":"Yuan","scale":2,"order":-1,"extra":{"a":1},"note":"n","revision":7}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := json.Marshal(tt.asset)
			if err != nil || string(data) != tt.want {
				t.Fatalf("JSON = %s, %v", data, err)
			}
			var back ledger.Asset
			if err := json.Unmarshal(data, &back); err != nil || !cmp.Equal(back, tt.asset) {
				t.Errorf("read back %+v, %v", back, err)
			}
		})
	}
}

func TestAsset_S23_checkRefusesWhatIsFinerThanTheScale(t *testing.T) {
	cny := ledger.Asset{Code: "CNY", Scale: 2}
	for _, tt := range []struct {
		name, amount string
		ok           bool
	}{
		{"whole", "5 CNY", true},
		{"at the scale", "5.25 CNY", true},
		{"zeros beyond the scale", "5.250000 CNY", true},
		{"below zero", "-5.25 CNY", true},
		{"zero", "0 CNY", true},
		{"finer", "5.251 CNY", false},
		{"much finer", "0.000000000000000001 CNY", false},
		{"another asset", "5 USD", false},
		{"code in another case", "5 cny", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := cny.Check(parse(t, tt.amount))
			if _, typed := errors.AsType[*rule.FieldError](err); tt.ok != (err == nil) || tt.ok == typed {
				t.Errorf("Check = %v", err)
			}
		})
	}
	if err := cny.Check(ledger.Amount{}); err == nil {
		t.Error("the zero Amount passes")
	}
}

func TestAsset_formatPadsAndNeverRounds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		scale  int
		amount string
		want   string
	}{
		{"padded", 2, "2888.5 CNY", "2888.50 CNY"},
		{"whole", 2, "1 CNY", "1.00 CNY"},
		{"no scale", 0, "1 CNY", "1 CNY"},
		{"zeros cut to the scale", 1, "1.500 CNY", "1.5 CNY"},
		{"below zero", 2, "-0.5 CNY", "-0.50 CNY"},
		{"finer than the scale", 2, "0.999 CNY", "0.999 CNY"},
		{"another asset", 2, "1 USD", "1 USD"},
		{"scale that is none", 1 << 40, "1 CNY", "1.000000000000000000 CNY"},
		{"scale below zero", -5, "1.5 CNY", "1.5 CNY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (ledger.Asset{Code: "CNY", Scale: tt.scale}).Format(parse(t, tt.amount)); got != tt.want {
				t.Errorf("Format = %q, want %q", got, tt.want)
			}
		})
	}
	if got := (ledger.Asset{}).Format(ledger.Amount{}); got != "" {
		t.Errorf("zero Amount: %q", got)
	}
}

// What an asset formats is the same amount when it is read.
func TestAsset_formatLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := amount().Draw(t, "a")
		text := ledger.Asset{Code: a.Asset, Scale: rapid.IntRange(0, ledger.ScaleMax).Draw(t, "scale")}.Format(a)
		if back, err := ledger.Parse(text); err != nil || !back.Equal(a) {
			t.Fatalf("%s is formatted %q, read as %s, %v", a, text, back, err)
		}
	})
}

// fields lists the paths of the faults in err, in order.
func fields(err error) []string {
	switch e := err.(type) {
	case nil:
		return nil
	case *rule.FieldError:
		return []string{e.Field}
	case interface{ Unwrap() []error }:
		var all []string
		for _, one := range e.Unwrap() {
			all = append(all, fields(one)...)
		}
		return all
	default:
		return []string{"untyped: " + err.Error()}
	}
}
