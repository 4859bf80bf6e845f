package rule_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestParseDecimal(t *testing.T) {
	nines := strings.Repeat("9", 38)
	tests := []struct{ name, in, want string }{
		{"an integer", "12", "12"},
		{"zeros at the end go", "-12.500", "-12.5"},
		{"zeros in front go", "007", "7"},
		{"an exponent", "1.5e3", "1500"},
		{"a small exponent", "15E-2", "0.15"},
		{"minus zero", "-0.00", "0"},
		{"the largest", nines, nines},
		{"the smallest fraction", "0.000000000000000001", "0.000000000000000001"},
		{"a fraction of zeros only", "1." + strings.Repeat("0", 40), "1"},
		{"38 digits about the point", "12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"},
		{"39 digits", nines + "9", ""},
		{"19 digits after the point", "0.0000000000000000001", ""},
		{"an exponent that would take all memory", "1e1000000000", ""},
		{"a tiny one", "1e-1000000000", ""},
		{"an exponent beyond 32 bits", "1e99999999999", ""},
		{"39 digits by exponent", "1e38", ""},
		{"long text", strings.Repeat("0", 101), ""},
		{"nothing", "", ""},
		{"a plus", "+1", ""},
		{"no digit after the point", "1.", ""},
		{"no digit before the point", ".5", ""},
		{"a space", " 1", ""},
		{"an underscore", "1_000", ""},
		{"hexadecimal", "0x1F", ""},
		{"another minus", "\u22121", ""},
		{"no number", "NaN", ""},
		{"infinity", "Inf", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := rule.ParseDecimal(tt.in)
			if tt.want == "" {
				if err == nil {
					t.Fatalf("got %s, want an error", d)
				}
				return
			}
			if err != nil || d.String() != tt.want || d.Exponent() > 0 {
				t.Fatalf("got %s, %v", d, err)
			}
		})
	}
}

// TestCheckDecimal_boundsBeforeArithmetic would run out of memory or time if anything were computed first.
func TestCheckDecimal_boundsBeforeArithmetic(t *testing.T) {
	huge := new(big.Int).Lsh(big.NewInt(1), 1<<20)
	for name, d := range map[string]decimal.Decimal{
		"a large exponent":        decimal.New(1, 1_000_000_000),
		"a small exponent":        decimal.New(1, -1_000_000_000),
		"a large coefficient":     decimal.NewFromBigInt(huge, 0),
		"and with a fraction too": decimal.NewFromBigInt(huge, -5),
	} {
		if _, err := rule.CheckDecimal(d); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if d, err := rule.CheckDecimal(decimal.New(0, 2_000_000_000)); err != nil || !d.IsZero() || d.Exponent() != 0 {
		t.Errorf("zero with a large exponent: %v", err)
	}
}

// A checked decimal equals the given one, has the canonical exponent, and is checked again without change.
func TestCheckDecimal_keepsTheValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := decimal.New(rapid.Int64().Draw(t, "coefficient"), rapid.Int32Range(-40, 40).Draw(t, "exponent"))
		got, err := rule.CheckDecimal(d)
		// The model: d times 10^18 is whole, and the digits of the canonical text count.
		fits := new(big.Rat).Mul(d.Rat(), new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil))).IsInt()
		digits := strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(d.String()), "0")
		fits = fits && len(digits) <= 38
		if (err == nil) != fits {
			t.Fatalf("%s: %v, want %v", d, err, fits)
		}
		if err != nil {
			return
		}
		again, err := rule.CheckDecimal(got)
		if err != nil || !got.Equal(d) || again.String() != got.String() || got.Exponent() > 0 || got.Exponent() < -18 || again.Exponent() != got.Exponent() {
			t.Fatalf("%s gives %s with exponent %d", d, got, got.Exponent())
		}
	})
}
