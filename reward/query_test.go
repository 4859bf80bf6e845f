package reward_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
)

func TestQuery_Validate(t *testing.T) {
	const needs = `a query needs a user, a reward, or a status of only pending and claimable`
	tests := []struct {
		name  string
		query reward.Query
		want  []string
	}{
		{"of a user", reward.Query{User: "u"}, nil},
		{"of a reward", reward.Query{Reward: "r"}, nil},
		{"of all that wait", reward.Query{Status: []reward.Status{reward.Pending, reward.Claimable}}, nil},
		{"of a user in any state", reward.Query{User: "u", Status: []reward.Status{reward.Pending, reward.Claimable, reward.Granted, reward.Rejected, reward.Deducted, reward.Lapsed}}, nil},
		{"of everybody", reward.Query{}, []string{needs}},
		{"of all that are granted", reward.Query{Status: []reward.Status{reward.Pending, reward.Granted}}, []string{needs}},
		{"a state that is none", reward.Query{User: "u", Status: []reward.Status{"paid"}}, []string{`status: "paid": no such status`}},
		{"names that are none", reward.Query{User: "a\x00", Reward: "a b"},
			[]string{`user: "a\x00": must not have a NUL byte`, `reward: "a b": must have only letters A-Z and a-z, digits, dots, underscores and hyphens`}},
		{"a time that ends before it starts", reward.Query{User: "u", Time: rule.Window{Start: day, End: day}}, []string{`time.end: "2026-06-01T09:00:00Z": must be after start`}},
		{"a limit below zero", reward.Query{User: "u", Limit: -1}, []string{`limit: must not be negative`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantFaults(t, tt.query.Validate(), tt.want...) })
	}
}

func TestQuery_Next_continuesBehindARecord(t *testing.T) {
	q := reward.Query{User: "u", Limit: 3}
	r := reward.Record{ID: reward.ID{User: "u", Reward: "r", N: 7}, Time: day}
	next := q.Next(r)
	at, id := next.After.Position()
	if !at.Equal(day) || id != r.ID || next.User != "u" || next.Limit != 3 || !q.After.IsZero() {
		t.Errorf("got %+v from %+v", next, q)
	}
}

// A cursor's text is safe in a URL and gives the same position back, whatever the record.
func TestCursor_textRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := reward.Record{Time: time.UnixMicro(rapid.Int64Range(-62135596800000000, 253402300799999999).Draw(t, "time")).UTC(),
			ID: reward.ID{User: rapid.StringOfN(rapid.RuneFrom([]rune("ab é\n/")), 1, 60, 128).Draw(t, "user"), Reward: rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`).Draw(t, "reward"), N: rapid.Int64Min(1).Draw(t, "n")}}
		c := reward.Query{}.Next(r).After
		text, err := c.MarshalText()
		var back reward.Cursor
		if err != nil || back.UnmarshalText(text) != nil || back != c {
			t.Fatalf("%s gives %v back, %v", text, back, err)
		}
		if at, id := back.Position(); !at.Equal(r.Time) || id != r.ID {
			t.Fatalf("%v %v", at, id)
		}
		if strings.Trim(string(text), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("%s is not safe in a URL", text)
		}
	})
	var zero reward.Cursor
	if text, err := zero.MarshalText(); err != nil || len(text) != 0 || !zero.IsZero() {
		t.Errorf("the start is %q, %v", text, err)
	}
}

func TestCursor_refusesWhatItDidNotGive(t *testing.T) {
	good, err := reward.Query{}.Next(reward.Record{Time: day, ID: reward.ID{User: "u", Reward: "r", N: 7}}).After.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	bytes16 := strings.Repeat("\x00", 16)
	raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, text := range map[string]string{"words": "not a cursor", "short": "AAAA", "padded": string(good) + "=", "a line more": string(good) + "\n",
		"a line within": string(good[:8]) + "\r\n" + string(good[8:]), "long": strings.Repeat("A", 513), "no user": raw(bytes16 + "r"), "an empty user": raw(bytes16 + "r\x00"),
		"no reward": raw(bytes16 + "\x00u"), "a bad reward": raw(bytes16 + "a b\x00u"), "a second NUL": raw(bytes16 + "r\x00u\x00v")} {
		c := reward.Query{}.Next(reward.Record{Time: day, ID: reward.ID{User: "old", Reward: "r", N: 1}}).After
		was := c
		if err := c.UnmarshalText([]byte(text)); !errors.Is(err, rule.ErrInvalid) || c != was || len(err.Error()) > 200 {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

// FuzzCursor holds that no text panics, and that one which is read is the very text that is printed.
func FuzzCursor(f *testing.F) {
	good, _ := reward.Query{}.Next(reward.Record{Time: day, ID: reward.ID{User: "u", Reward: "r", N: 7}}).After.MarshalText()
	for _, seed := range [][]byte{nil, good, append(good, '\n'), []byte("AAAA"), bytes.Repeat([]byte("_"), 512)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var c reward.Cursor
		if err := c.UnmarshalText(text); err != nil {
			if !errors.Is(err, rule.ErrInvalid) || !c.IsZero() {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if again, err := c.MarshalText(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q is printed as %q, %v", text, again, err)
		}
		if _, id := c.Position(); !c.IsZero() && (rule.CheckCode(id.Reward) != nil || rule.CheckID(id.User) != nil) {
			t.Fatalf("%q is of %v", text, id)
		}
	})
}
