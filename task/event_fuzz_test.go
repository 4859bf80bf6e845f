package task_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// FuzzEvent says of events in JSON that none panics, that a fault is typed, and that one that is valid is a repeat of
// itself, as it was given and as it is stored.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"id":"e","user":"lin","task":"order","attrs":{"total":12.50,"tags":["a"],"vip":true},"meta":{"a":[1]}}`))
	f.Add([]byte(`{"id":"e","user":"lin","task":"order","time":"2025-11-04T09:37:00.1234567+08:00","growth":3,"finish":true}`))
	f.Add([]byte(`{"id":"e","user":"lin","task":"order","attrs":{"total":1e1000000000,"at":{"time":"2025-11-04T09:37:00Z"}}}`))
	schema := rule.Schema{"total": rule.Decimal, "n": rule.Int, "vip": rule.Bool, "city": rule.String, "tags": rule.Strings, "at": rule.Time}
	now := time.Date(2025, 11, 4, 1, 37, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		var ev task.Event
		if json.Unmarshal(data, &ev) != nil {
			return
		}
		stored, given, err := ev.Canonical(schema, now)
		if err != nil {
			if !errors.Is(err, rule.ErrInvalid) {
				t.Fatalf("%s: %v", data, err)
			}
			return
		}
		entry := task.Entry{Event: stored, TimeGiven: given}
		if field := entry.Differs(ev); field != "" {
			t.Fatalf("%s: as it was given it differs in %s", data, field)
		}
		if field := entry.Differs(stored); field != "" {
			t.Fatalf("%s: as it is stored it differs in %s", data, field)
		}
		again, _, err := stored.Canonical(schema, now)
		if err != nil || entry.Differs(again) != "" || (task.Entry{Event: again, TimeGiven: true}).Differs(stored) != "" {
			t.Fatalf("%s: made canonical twice it is another, %v", data, err)
		}
	})
}
