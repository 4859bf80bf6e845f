package reward_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
)

var day = time.Date(2026, time.June, 1, 9, 0, 0, 0, time.UTC)

// wantFaults compares the faults joined in an error, by their texts in order.
func wantFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
		if !errors.Is(err, rule.ErrInvalid) {
			t.Errorf("%v is not ErrInvalid", err)
		}
	}
	if got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func points(n int64) ledger.Amount { return ledger.Whole("points", n) }

func TestGroup_Validate(t *testing.T) {
	tests := []struct {
		name  string
		group reward.Group
		want  []string
	}{
		{"the least", reward.Group{Code: "g"}, nil},
		{"S16 a cap", reward.Group{Code: "g", Cap: points(999), CapBlocks: true}, nil},
		{"no code", reward.Group{}, []string{`code: must not be empty`}},
		{"S16 a cap of zero", reward.Group{Code: "g", Cap: points(0)}, []string{`cap: must be above zero`}},
		{"S16 a cap below zero", reward.Group{Code: "g", Cap: points(-1)}, []string{`cap: must be above zero`}},
		{"S16 a cap that blocks and is none", reward.Group{Code: "g", CapBlocks: true}, []string{`cap_blocks: "true": needs a cap`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantFaults(t, tt.group.Validate(), tt.want...) })
	}
	if err := (reward.Group{Code: "g", Cap: ledger.Amount{Asset: "points", Value: decimal.New(1, 1e9)}}).Validate(); err == nil || len(err.Error()) > 500 {
		t.Error("a cap of an exploding exponent passes, or is printed")
	}
}

func TestConfig_Validate(t *testing.T) {
	with := func(change func(*reward.Config)) reward.Config {
		c := reward.Config{Code: "r", Amount: points(5)}
		change(&c)
		return c
	}
	tests := []struct {
		name   string
		config reward.Config
		want   []string
	}{
		{"the least", with(func(*reward.Config) {}), nil},
		{"everything", with(func(c *reward.Config) {
			*c = reward.Config{Code: "r", Group: "g", Title: "t", Amount: points(1), Window: rule.Window{Start: day}, Rule: rule.Count("a", 1), Limit: rule.Limit{Max: 1},
				Budget: rule.Limit{PerCycle: 3, Cycle: rule.Cycle{Every: 1, Unit: rule.Day}}, Excludes: []string{"s"}, Review: true, KeepRejected: true, Claim: true,
				ClaimWithin: reward.ClaimWithinMax, Extra: json.RawMessage(`{}`)}
		}), nil},
		{"S16 an amount that is computed", with(func(c *reward.Config) { c.Amount, c.AmountFrom = points(0), "floor(total)" }), nil},
		{"nothing given", reward.Config{}, []string{`code: must not be empty`, `amount: must name an asset, as in "5 points"`}},
		{"codes that are none", with(func(c *reward.Config) { c.Code, c.Group, c.Excludes = "a b", "c d", []string{"s", "", "e f"} }), []string{
			`code: "a b": must have only letters A-Z and a-z, digits, dots, underscores and hyphens`,
			`group: "c d": must have only letters A-Z and a-z, digits, dots, underscores and hyphens`, `excludes[1]: must not be empty`,
			`excludes[2]: "e f": must have only letters A-Z and a-z, digits, dots, underscores and hyphens`}},
		{"a window that ends before it starts", with(func(c *reward.Config) { c.Window = rule.Window{Start: day, End: day.Add(-1)} }),
			[]string{`window.end: "2026-06-01T08:59:59.999999999Z": must be after start`}},
		{"limits", with(func(c *reward.Config) {
			c.Limit, c.Budget = rule.Limit{Max: -1}, rule.Limit{PerCycle: 1}
		}), []string{`limit.max: "-1": must not be negative`, `budget.cycle: must be set where per_cycle is`}},
		{"S16 an amount of zero", with(func(c *reward.Config) { c.Amount = points(0) }), []string{`amount: "0 points": must be above zero`}},
		{"S16 an amount below zero", with(func(c *reward.Config) { c.Amount = points(-3) }), []string{`amount: "-3 points": must be above zero`}},
		{"S16 an amount beside a computed one", with(func(c *reward.Config) { c.AmountFrom = "total" }), []string{`amount: "5 points": must be zero with amount_from, as in "0 points"`}},
		{"a claim within less than nothing", with(func(c *reward.Config) { c.Claim, c.ClaimWithin = true, -1 }), []string{`claim_within: "-1ns": must be 0s to 87840h0m0s`}},
		{"a claim within too long", with(func(c *reward.Config) { c.Claim, c.ClaimWithin = true, reward.ClaimWithinMax+1 }),
			[]string{`claim_within: "87840h0m0.000000001s": must be 0s to 87840h0m0s`}},
		{"a deadline without a claim", with(func(c *reward.Config) { c.ClaimWithin = reward.Duration(time.Hour) }), []string{`claim_within: "1h0m0s": needs claim`}},
		{"S19 keep rejected without review", with(func(c *reward.Config) { c.KeepRejected = true }), []string{`keep_rejected: "true": needs review`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantFaults(t, tt.config.Validate(), tt.want...) })
	}
	huge := with(func(c *reward.Config) { c.Amount.Value = decimal.New(-1, 1e9) })
	if err := huge.Validate(); err == nil || len(err.Error()) > 500 {
		t.Error("an amount of an exploding exponent passes, or is printed")
	}
}

func TestConfig_Phase(t *testing.T) {
	c := reward.Config{Window: rule.Window{Start: day, End: day.Add(time.Hour)}}
	tests := []struct {
		name   string
		draft  bool
		paused bool
		window rule.Window
		now    time.Time
		want   reward.Phase
	}{
		{"just before the start", false, false, c.Window, day.Add(-1), reward.PhaseNotStarted},
		{"S2 at the start", false, false, c.Window, day, reward.PhaseRunning},
		{"just before the end", false, false, c.Window, day.Add(time.Hour - 1), reward.PhaseRunning},
		{"S2 at the end", false, false, c.Window, day.Add(time.Hour), reward.PhaseExpired},
		{"no window", false, false, rule.Window{}, day, reward.PhaseRunning},
		{"no start", false, false, rule.Window{End: day}, day.Add(-1), reward.PhaseRunning},
		{"no end", false, false, rule.Window{Start: day}, day.AddDate(99, 0, 0), reward.PhaseRunning},
		{"paused while running", false, true, c.Window, day, reward.PhasePaused},
		{"paused before the start", false, true, c.Window, day.Add(-1), reward.PhasePaused},
		{"paused after the end", false, true, c.Window, day.Add(time.Hour), reward.PhasePaused},
		{"a draft", true, false, c.Window, day, reward.PhaseDraft},
		{"a draft that is paused", true, true, c.Window, day, reward.PhaseDraft},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := reward.Config{Window: tt.window, Draft: tt.draft}
			if got := c.Phase(tt.now, tt.paused); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDuration_textRoundTrips(t *testing.T) {
	for _, d := range []reward.Duration{0, 1, reward.Duration(72 * time.Hour), -reward.Duration(time.Minute), 1<<63 - 1, -1 << 63} {
		b, err := json.Marshal(struct{ D reward.Duration }{d})
		var back struct{ D reward.Duration }
		if err != nil || json.Unmarshal(b, &back) != nil || back.D != d {
			t.Errorf("%s reads back as %d, %v", b, back.D, err)
		}
	}
	for _, text := range []string{"", "3", "3 days", "h", strings.Repeat("9", 500) + "h"} {
		d := reward.Duration(7)
		err := d.UnmarshalText([]byte(text))
		if !errors.Is(err, rule.ErrInvalid) || d != 7 || len(err.Error()) > 200 {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	}
}

func TestRecord_At_S19_lapsesAtItsDeadline(t *testing.T) {
	tests := []struct {
		name     string
		status   reward.Status
		deadline time.Time
		now      time.Time
		want     reward.Status
	}{
		{"just before", reward.Claimable, day, day.Add(-time.Microsecond), reward.Claimable},
		{"at the deadline", reward.Claimable, day, day, reward.Lapsed},
		{"after", reward.Claimable, day, day.Add(time.Hour), reward.Lapsed},
		{"no deadline", reward.Claimable, time.Time{}, day.AddDate(99, 0, 0), reward.Claimable},
		{"granted in time", reward.Granted, day, day.Add(time.Hour), reward.Granted},
		{"pending has no deadline yet", reward.Pending, day, day.Add(time.Hour), reward.Pending},
		{"rejected", reward.Rejected, day, day.Add(time.Hour), reward.Rejected},
		{"lapsed and written", reward.Lapsed, day, day.Add(-time.Hour), reward.Lapsed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reward.Record{Status: tt.status, Deadline: tt.deadline, Seq: 2}
			if got := r.At(tt.now); got.Status != tt.want || got.Seq != 2 || r.Status != tt.status {
				t.Errorf("reads as %s, want %s", got.Status, tt.want)
			}
		})
	}
}

func TestStatusError_saysWhatItFound(t *testing.T) {
	var err error = &reward.StatusError{Op: "claim", Record: reward.Record{ID: reward.ID{User: "u7", Reward: "RS000910", N: 3}, Status: reward.Pending, Seq: 1}}
	if err.Error() != "claim RS000910/3 of u7: it is pending (seq 1)" || !errors.Is(err, reward.ErrStatus) {
		t.Error(err)
	}
}

// FuzzDuration says that no text panics, that a fault is typed, and that what parses prints and parses back equal.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"", "72h", "-1ns", "1.5h", "1h1h", "9223372036854775807ns", "1e3s", "h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d, back reward.Duration
		if err := d.UnmarshalText([]byte(s)); err != nil {
			if !errors.Is(err, rule.ErrInvalid) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		text, err := d.MarshalText()
		if err != nil || back.UnmarshalText(text) != nil || back != d {
			t.Fatalf("%q is %s and back %v, %v", s, text, back, err)
		}
	})
}
