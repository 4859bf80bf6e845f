package reward

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// A Query selects reward records: those of a user, of a reward, or of everybody that wait for review or claim. One of
// User, Reward, or a Status of only Pending and Claimable is required. Records come by the time they were made, newest
// first, then by user, reward and number, descending.
type Query struct {
	// User and Reward, where given, select their records.
	User, Reward string
	// Status selects records in one of these states as they read now. Empty: any.
	Status []Status
	// Time selects records made in it.
	Time rule.Window
	// After continues behind a record; see [Query.Next].
	After Cursor
	// Limit is the most records to yield, 0 for all.
	Limit int
}

// Next returns the query that continues behind the last record read.
func (q Query) Next(last Record) Query {
	q.After = Cursor{time: last.Time, id: last.ID}
	return q
}

// Validate reports every fault of a query as joined [rule.FieldError] values.
func (q Query) Validate() error {
	var f rule.Faults
	if q.User != "" {
		f.At("user", rule.CheckID(q.User))
	}
	if q.Reward != "" {
		f.At("reward", rule.CheckCode(q.Reward))
	}
	for _, s := range q.Status {
		if !slices.Contains([]Status{Pending, Claimable, Granted, Rejected, Deducted, Lapsed}, s) {
			f.Add("status", string(s), "no such status")
		}
	}
	if q.User == "" && q.Reward == "" && !q.open() {
		f.Add("", "", "a query needs a user, a reward, or a status of only pending and claimable")
	}
	f.At("time", q.Time.Validate())
	if q.Limit < 0 {
		f.Add("limit", "", "must not be negative")
	}
	return f.Err()
}

// open reports whether only records that wait are asked for.
func (q Query) open() bool {
	for _, s := range q.Status {
		if s != Pending && s != Claimable {
			return false
		}
	}
	return len(q.Status) > 0
}

// A Cursor is a place in a list of records. Its text is opaque and safe in a URL; the zero Cursor, whose text is empty, is
// the start. A cursor stays valid when records are added or move.
type Cursor struct {
	time time.Time
	id   ID
}

// IsZero reports whether the cursor is the start.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// Position is the time and ID of the record the cursor stands behind.
func (c Cursor) Position() (time.Time, ID) { return c.time, c.id }

// MarshalText gives the opaque text.
func (c Cursor) MarshalText() ([]byte, error) {
	if c.IsZero() {
		return []byte{}, nil
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(c.time.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(c.id.N))
	b = append(append(append(b, c.id.Reward...), 0), c.id.User...)
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText takes what MarshalText gave. Anything else is a [rule.FieldError].
func (c *Cursor) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Cursor{}
		return nil
	}
	fault := &rule.FieldError{Value: string(text[:min(len(text), 80)]), Reason: "not a cursor"}
	if len(text) > 512 || bytes.ContainsAny(text, "\r\n") { // base64 would pass over the ends of lines
		return fault
	}
	b, err := base64.RawURLEncoding.Strict().AppendDecode(nil, text)
	if err != nil || len(b) < 16 {
		return fault
	}
	code, user, ok := strings.Cut(string(b[16:]), "\x00")
	if !ok || rule.CheckCode(code) != nil || rule.CheckID(user) != nil {
		return fault
	}
	c.time = time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC()
	c.id = ID{User: user, Reward: code, N: int64(binary.BigEndian.Uint64(b[8:]))}
	return nil
}
