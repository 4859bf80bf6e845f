package ledger_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

func TestParse_readsWhatItSays(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"whole", "5 points", "5 points"},
		{"fraction", "2888.5 CNY", "2888.5 CNY"},
		{"zeros at the end", "2888.50 CNY", "2888.5 CNY"},
		{"zero", "0 CNY", "0 CNY"},
		{"zero with a fraction", "0.00 CNY", "0 CNY"},
		{"minus zero", "-0 CNY", "0 CNY"},
		{"below zero", "-0.5 CNY", "-0.5 CNY"},
		{"largest and finest", "99999999999999999999.999999999999999999 X", "99999999999999999999.999999999999999999 X"},
		{"smallest step", "0.000000000000000001 X", "0.000000000000000001 X"},
		{"code of digits", "1 2", "1 2"},
		{"longest code", "1 " + strings.Repeat("x", 64), "1 " + strings.Repeat("x", 64)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ledger.Parse(tt.text)
			if err != nil || got.String() != tt.want {
				t.Errorf("Parse(%q) = %s, %v; want %s", tt.text, got, err, tt.want)
			}
		})
	}
}

var refused = []struct{ name, text string }{
	{"empty", ""},
	{"number alone", "1"},
	{"asset alone", "CNY"},
	{"space alone", " "},
	{"space before", " 1 CNY"},
	{"two spaces", "1  CNY"},
	{"space after", "1 CNY "},
	{"tab", "1\tCNY"},
	{"no-break space", "1\u00a0CNY"},
	{"newline at the end", "1 CNY\n"},
	{"other way round", "CNY 1"},
	{"empty code", "1 "},
	{"code of 65 bytes", "1 " + strings.Repeat("x", 65)},
	{"code with a slash", "1 a/b"},
	{"code with NUL", "1 a\x00"},
	{"broken UTF-8", "1 \xff"},
	{"exponent", "1e5 CNY"},
	{"capital exponent", "1E5 CNY"},
	{"exponent that fills a gigabyte", "1e1000000000 CNY"},
	{"exponent below zero", "1e-1000000000 CNY"},
	{"plus", "+1 CNY"},
	{"two minuses", "--1 CNY"},
	{"minus alone", "- CNY"},
	{"minus sign of typography", "−1 CNY"},
	{"NaN", "NaN X"},
	{"infinity", "Inf X"},
	{"hexadecimal", "0x1 X"},
	{"full-width digit", "１ X"},
	{"Arabic digit", "٣ X"},
	{"zero before", "007 CNY"},
	{"two zeros", "00 CNY"},
	{"no digit before the point", ".5 CNY"},
	{"no digit after the point", "5. CNY"},
	{"point alone", ". CNY"},
	{"two points", "1.2.3 CNY"},
	{"comma", "1,5 CNY"},
	{"thousands", "1,000 CNY"},
	{"underscore", "1_000 CNY"},
	{"21 digits before the point", "100000000000000000000 X"},
	{"19 digits after the point", "0.0000000000000000001 X"},
	{"19 zeros after the point", "0.0000000000000000000 X"},
	{"10,000 digits", strings.Repeat("9", 10_000) + " X"},
	{"10,000 digits after the point", "0." + strings.Repeat("9", 10_000) + " X"},
	{"fraction", "1/2 X"},
}

func TestParse_S23_refusesEverythingElseWithATypedError(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ledger.Parse(tt.text)
			fe, ok := errors.AsType[*rule.FieldError](err)
			if !ok || !errors.Is(err, rule.ErrInvalid) || !got.IsZero() {
				t.Fatalf("Parse = %v, %v; want a FieldError", got, err)
			}
			if len(err.Error()) > 1000 || fe.Field != "" {
				t.Errorf("error = %+v", fe)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range refused {
		f.Add(tt.text)
	}
	f.Add("2888.50 CNY")
	f.Add("-99999999999999999999.999999999999999999 X")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ledger.Parse(text)
		if err != nil {
			if !errors.Is(err, rule.ErrInvalid) {
				t.Fatalf("Parse(%q): untyped error %v", text, err)
			}
			return
		}
		if err := a.Check(); err != nil {
			t.Fatalf("Parse(%q) gave what Check refuses: %v", text, err)
		}
		again, err := ledger.Parse(a.String())
		if err != nil || !again.Equal(a) || again.String() != a.String() {
			t.Fatalf("Parse(%q) = %s, and that again = %s, %v", text, a, again, err)
		}
	})
}

// Every amount is read back from its text and its JSON as the same number, and in the same text.
func TestAmount_textRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := amount().Draw(t, "a")
		read, err := ledger.Parse(a.String())
		if err != nil || !read.Equal(a) || read.String() != a.String() {
			t.Fatalf("Parse(%s) = %s, %v", a, read, err)
		}
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var decoded ledger.Amount
		if err := json.Unmarshal(data, &decoded); err != nil || !decoded.Equal(a) {
			t.Fatalf("JSON %s read as %s, %v", data, decoded, err)
		}
	})
}

// Subtracting what was added gives the amount back, adding commutes, and both are exact by an independent calculation.
func TestAmount_S23_addAndSubAreInverseAndExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := amount().Draw(t, "a"), amount().Draw(t, "b")
		b.Asset = a.Asset
		sum, err := a.Add(b)
		if errors.Is(err, ledger.ErrOverflow) {
			if a.Sign() != b.Sign() {
				t.Fatalf("%s + %s overflows", a, b)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := new(big.Rat).Add(a.Value.Rat(), b.Value.Rat()); sum.Value.Rat().Cmp(want) != 0 {
			t.Fatalf("%s + %s = %s", a, b, sum)
		}
		if other, err := b.Add(a); err != nil || !other.Equal(sum) {
			t.Fatalf("%s + %s = %s, %v", b, a, other, err)
		}
		if back, err := sum.Sub(b); err != nil || !back.Equal(a) {
			t.Fatalf("%s - %s = %s, %v", sum, b, back, err)
		}
	})
}

// Cutting down never raises an amount, takes away less than one step, and a second time changes nothing.
func TestAmount_floorTakesLessThanAStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, scale := amount().Draw(t, "a"), rapid.IntRange(0, ledger.ScaleMax).Draw(t, "scale")
		cut, err := a.Floor(scale)
		if errors.Is(err, ledger.ErrOverflow) && a.Sign() < 0 {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		gone := a.Value.Sub(cut.Value)
		if gone.IsNegative() || !gone.LessThan(decimal.New(1, int32(-scale))) {
			t.Fatalf("%s cut to %d digits = %s", a, scale, cut)
		}
		if again, err := cut.Floor(scale); err != nil || !again.Equal(cut) {
			t.Fatalf("%s cut again = %s, %v", cut, again, err)
		}
	})
}

func TestAmount_floorTakesProducts(t *testing.T) {
	product := decimal.RequireFromString("1.000000000000000001").Pow(decimal.NewFromInt(3))
	cut, err := ledger.Amount{Asset: "CNY", Value: product}.Floor(2)
	if err != nil || cut.String() != "1 CNY" {
		t.Errorf("Floor = %s, %v", cut, err)
	}
	if _, err := ledger.Whole("CNY", 1).Floor(19); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("scale 19: %v", err)
	}
	if zero, err := (ledger.Amount{}).Floor(2); err != nil || !zero.IsZero() {
		t.Errorf("zero Amount: %s, %v", zero, err)
	}
}

func TestAmount_S23_equalComparesNumbersWhereTheOperatorLies(t *testing.T) {
	a, b := parse(t, "2.5 CNY"), parse(t, "2.50 CNY")
	if a == b || !a.Equal(b) || !cmp.Equal(a, b) {
		t.Errorf("== %v, Equal %v, cmp.Equal %v", a == b, a.Equal(b), cmp.Equal(a, b))
	}
	if a.Equal(parse(t, "2.5 USD")) {
		t.Error("equal in two assets")
	}
	if (ledger.Amount{}).Equal(ledger.Whole("CNY", 0)) || !(ledger.Amount{}).Equal(ledger.Amount{}) {
		t.Error("the zero Amount equals itself only")
	}
}

func TestAmount_S23_noFloatComesIn(t *testing.T) {
	for _, text := range []string{`1`, `1.5`, `{"asset":"CNY","value":1.5}`, `["1 CNY"]`, `"1.5"`, `true`} {
		var a ledger.Amount
		if err := json.Unmarshal([]byte(text), &a); err == nil {
			t.Errorf("%s is read as %s", text, a)
		}
	}
}

func TestAmount_zeroAmountIsAbsent(t *testing.T) {
	type document struct {
		Cap ledger.Amount `json:"cap,omitzero"`
	}
	for _, tt := range []struct {
		name string
		cap  ledger.Amount
		want string
	}{
		{"none", ledger.Amount{}, `{}`},
		{"zero of an asset", ledger.Whole("CNY", 0), `{"cap":"0 CNY"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := json.Marshal(document{tt.cap})
			if err != nil || string(data) != tt.want {
				t.Fatalf("JSON = %s, %v", data, err)
			}
			var back document
			if err := json.Unmarshal(data, &back); err != nil || !back.Cap.Equal(tt.cap) {
				t.Errorf("read back %+v, %v", back, err)
			}
		})
	}
	a := ledger.Whole("CNY", 1)
	if err := a.UnmarshalText([]byte("")); err != nil || !a.IsZero() || a.String() != "" {
		t.Errorf("empty text = %s, %v", a, err)
	}
	a = ledger.Whole("CNY", 1)
	if err := a.UnmarshalText([]byte("x")); err == nil || !a.Equal(ledger.Whole("CNY", 1)) {
		t.Errorf("after an error: %s, %v", a, err)
	}
}

func TestAmount_twoAssetsDoNotMix(t *testing.T) {
	cny, usd := ledger.Whole("CNY", 1), ledger.Whole("USD", 0)
	if _, err := cny.Add(usd); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("Add: %v", err)
	}
	if _, err := cny.Sub(usd); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("Sub: %v", err)
	}
	if _, err := cny.Cmp(usd); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("Cmp: %v", err)
	}
	if c, err := cny.Cmp(ledger.Whole("CNY", -3)); err != nil || c != 1 {
		t.Errorf("Cmp = %d, %v", c, err)
	}
}

func TestAmount_sumMayStartFromTheZeroAmount(t *testing.T) {
	for _, tt := range []struct {
		name      string
		a, b      ledger.Amount
		sum, diff string
	}{
		{"left", ledger.Amount{}, ledger.Whole("CNY", 2), "2 CNY", "-2 CNY"},
		{"right", ledger.Whole("CNY", 2), ledger.Amount{}, "2 CNY", "2 CNY"},
		{"both", ledger.Amount{}, ledger.Amount{}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sum, err := tt.a.Add(tt.b)
			if err != nil || sum.String() != tt.sum {
				t.Errorf("Add = %q, %v", sum, err)
			}
			diff, err := tt.a.Sub(tt.b)
			if err != nil || diff.String() != tt.diff {
				t.Errorf("Sub = %q, %v", diff, err)
			}
		})
	}
}

func TestAmount_overflowIsAnError(t *testing.T) {
	most := parse(t, "99999999999999999999.999999999999999999 X")
	step := parse(t, "0.000000000000000001 X")
	if sum, err := most.Add(step); !errors.Is(err, ledger.ErrOverflow) || !sum.IsZero() {
		t.Errorf("Add = %s, %v", sum, err)
	}
	if _, err := most.Neg().Sub(step); !errors.Is(err, ledger.ErrOverflow) {
		t.Errorf("Sub: %v", err)
	}
	if _, err := most.Neg().Floor(0); !errors.Is(err, ledger.ErrOverflow) {
		t.Errorf("Floor: %v", err)
	}
	if a := ledger.Whole("X", math.MinInt64); a.Check() != nil {
		t.Errorf("Whole(MinInt64): %v", a.Check())
	}
}

// Decimals of a few bytes that would fill all memory once they are scaled.
func TestAmount_hostileDecimalsAreRefusedBeforeArithmetic(t *testing.T) {
	one := ledger.Whole("X", 1)
	asset := ledger.Asset{Code: "X", Scale: 2}
	for _, tt := range []struct {
		name  string
		value decimal.Decimal
	}{
		{"huge", decimal.New(1, math.MaxInt32)},
		{"hugely negative", decimal.New(-1, math.MaxInt32)},
		{"tiny", decimal.New(1, math.MinInt32)},
		{"21 digits", decimal.New(1, 20)},
		{"many digits", decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(5000), nil), 0)},
		{"many digits after the point", decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(3), big.NewInt(5000), nil), -2400)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ledger.Amount{Asset: "X", Value: tt.value}
			_, add := one.Add(a)
			_, sub := a.Sub(one)
			_, floor := a.Floor(2)
			_, text := a.MarshalText()
			for name, err := range map[string]error{"Check": a.Check(), "Asset.Check": asset.Check(a), "Add": add, "Sub": sub, "Floor": floor, "MarshalText": text} {
				if !errors.Is(err, rule.ErrInvalid) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if !a.Equal(a) || a.Equal(one) || one.Equal(a) {
				t.Error("Equal")
			}
			if c, err := a.Cmp(one); err != nil || c == 0 {
				t.Errorf("Cmp = %d, %v", c, err)
			}
			for _, s := range []string{a.String(), asset.Format(a)} {
				if _, err := ledger.Parse(s); err == nil || len(s) > 100 {
					t.Errorf("text %q", s)
				}
			}
		})
	}
}

func TestAmount_zeroOfAnyExponentIsZero(t *testing.T) {
	for _, exp := range []int32{math.MinInt32, -300, 300, math.MaxInt32} {
		a := ledger.Amount{Asset: "X", Value: decimal.New(0, exp)}
		sum, err := ledger.Whole("X", 1).Add(a)
		if err != nil || sum.String() != "1 X" || a.String() != "0 X" || !a.Equal(ledger.Whole("X", 0)) {
			t.Errorf("0e%d: %s, sum %s, %v", exp, a, sum, err)
		}
		if cut, err := a.Floor(2); err != nil || cut.String() != "0 X" {
			t.Errorf("0e%d: Floor = %s, %v", exp, cut, err)
		}
	}
}

func parse(t testing.TB, s string) ledger.Amount {
	t.Helper()
	a, err := ledger.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// amount draws proper amounts of few assets, also with zeros at the end and at the bounds.
func amount() *rapid.Generator[ledger.Amount] {
	return rapid.Custom(func(t *rapid.T) ledger.Amount {
		text := rapid.OneOf(
			rapid.StringMatching(`-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,3})?`),
			rapid.StringMatching(`-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,18})?`),
			rapid.StringMatching(`-?9{20}\.9{18}`),
		).Draw(t, "number")
		asset := rapid.SampledFrom([]string{"CNY", "points", "a.B-c_1"}).Draw(t, "asset")
		a, err := ledger.Parse(text + " " + asset)
		if err != nil {
			t.Fatal(err)
		}
		return a
	})
}

func TestAmount_S23_digitsBeyondTheEighteenthMustBeZeros(t *testing.T) {
	zeros := ledger.Amount{Asset: "X", Value: decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(30), nil), -30)}
	sum, err := zeros.Add(ledger.Whole("X", 1))
	if err != nil || sum.String() != "2 X" || !zeros.Equal(ledger.Whole("X", 1)) {
		t.Errorf("1 with 30 zeros after the point: sum %s, %v", sum, err)
	}
	if text, err := zeros.MarshalText(); err != nil || string(text) != "1 X" {
		t.Errorf("text %q, %v", text, err)
	}
	finer := ledger.Amount{Asset: "X", Value: decimal.New(1, -19)}
	if _, err := finer.Add(zeros); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("finer: %v", err)
	}
	if _, err := finer.MarshalText(); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("text of finer: %v", err)
	}
	if text, err := (ledger.Amount{}).MarshalText(); err != nil || len(text) != 0 {
		t.Errorf("text of none: %q, %v", text, err)
	}
	if _, err := ledger.Whole("a b", 1).Floor(0); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("bad code: %v", err)
	}
}

func BenchmarkParse(b *testing.B) { // one amount from text
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ledger.Parse("2888.50 CNY"); err != nil {
			b.Fatal(err)
		}
	}
}
