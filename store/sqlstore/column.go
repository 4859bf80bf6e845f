package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/store"
)

// A class is what a column holds, whatever a database calls its type.
type class uint8

const (
	// text is text of any length; columns of keys compare byte by byte.
	text class = iota
	// integer is a 64-bit integer.
	integer
	// boolean is true or false.
	boolean
	// instant is a time in UTC to the microsecond; the zero time is NULL.
	instant
	// moment is the same in columns that are part of an index: the zero time is stored as it is.
	moment
	// number is an exact decimal, and NULL stands for none.
	number
	// document is JSON, and NULL stands for none.
	document
	// binary is bytes.
	binary
)

// A lane is where the values of some classes are scanned: what one statement reads of several tables comes in the same
// columns, as many of each lane as the widest table has.
type lane uint8

const (
	texts lane = iota
	integers
	times
	blobs
	lanes
)

func (c class) lane() lane {
	switch c {
	case integer, boolean:
		return integers
	case instant, moment:
		return times
	case binary:
		return blobs
	default:
		return texts
	}
}

// A column is one of a table's.
type column struct {
	name  string
	class class
}

// stamp is an instant as databases return it: a time where they have a type for it, else text.
type stamp struct{ t time.Time }

// instantForm is how instants are written where they are text. It sorts as they do.
const instantForm = "2006-01-02 15:04:05.000000"

// Scan takes what a driver returns; see [sql.Scanner].
func (s *stamp) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		s.t = time.Time{}
	case time.Time:
		s.t = v.UTC()
	case string:
		return s.parse(v)
	case []byte:
		return s.parse(string(v))
	default:
		return fmt.Errorf("an instant of type %T", v)
	}
	return nil
}

func (s *stamp) parse(text string) (err error) {
	s.t, err = time.Parse(instantForm[:19], text) // a fraction is taken where there is one
	return err
}

// cells are one row as it is scanned, by lane.
type cells struct {
	texts    []sql.NullString
	integers []sql.NullInt64
	times    []stamp
	blobs    [][]byte
	next     [lanes]int
	err      error
}

// newCells makes room for a number of values in each lane.
func newCells(width [lanes]int) *cells {
	return &cells{
		texts: make([]sql.NullString, width[texts]), integers: make([]sql.NullInt64, width[integers]),
		times: make([]stamp, width[times]), blobs: make([][]byte, width[blobs]),
	}
}

// targets are where to scan, lane by lane.
func (c *cells) targets(into []any) []any {
	for i := range c.texts {
		into = append(into, &c.texts[i])
	}
	for i := range c.integers {
		into = append(into, &c.integers[i])
	}
	for i := range c.times {
		into = append(into, &c.times[i])
	}
	for i := range c.blobs {
		into = append(into, &c.blobs[i])
	}
	return into
}

// rewind lets the row that was scanned be read from its first column.
func (c *cells) rewind() { c.next, c.err = [lanes]int{}, nil }

func (c *cells) at(l lane) int {
	i := c.next[l]
	c.next[l]++
	return i
}

// The methods below give the next column of their lane. Rows are read in the order of their columns.

func (c *cells) text() string { return c.texts[c.at(texts)].String }

func (c *cells) optional() (string, bool) {
	v := c.texts[c.at(texts)]
	return v.String, v.Valid
}

func (c *cells) int() int64 { return c.integers[c.at(integers)].Int64 }

func (c *cells) bool() bool { return c.int() != 0 }

func (c *cells) time() time.Time { return c.times[c.at(times)].t }

func (c *cells) bytes() []byte { return c.blobs[c.at(blobs)] }

// decimal reads a number without the zeros a database adds behind the point.
func (c *cells) decimal() (decimal.Decimal, bool) {
	s, ok := c.optional()
	if !ok {
		return decimal.Decimal{}, false
	}
	if strings.IndexByte(s, '.') >= 0 {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		c.fail(err)
	}
	if d.IsZero() {
		return decimal.Decimal{}, true
	}
	return d, true
}

// json reads a document into v, and leaves v as it is where there is none.
func (c *cells) json(v any) {
	if s, ok := c.optional(); ok {
		c.fail(json.Unmarshal([]byte(s), v))
	}
}

// raw reads a document as it is.
func (c *cells) raw() json.RawMessage {
	if s, ok := c.optional(); ok {
		return json.RawMessage(s)
	}
	return nil
}

// hash fills an array.
func (c *cells) hash(into []byte) {
	if b := c.bytes(); copy(into, b) != len(into) || len(b) != len(into) {
		c.fail(fmt.Errorf("a hash of %d bytes instead of %d", len(b), len(into)))
	}
}

func (c *cells) fail(err error) {
	if c.err == nil && err != nil {
		c.err = fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
}

// values takes what is written of one row, in the order of its columns: into a list, or each into the strip of its column.
type values struct {
	list   []any
	strips []strip
	at     int
	err    error
}

// strip is that of the next column, nil if the row becomes a list.
func (v *values) strip() *strip {
	if v.strips == nil {
		return nil
	}
	v.at++
	return &v.strips[v.at-1]
}

func (v *values) text(list ...string) {
	for _, x := range list {
		if s := v.strip(); s != nil {
			s.addText(x)
		} else {
			v.list = append(v.list, x)
		}
	}
}

func (v *values) integer(list ...int64) {
	for _, x := range list {
		if s := v.strip(); s != nil {
			s.addInteger(x)
		} else {
			v.list = append(v.list, x)
		}
	}
}

func (v *values) boolean(list ...bool) {
	for _, x := range list {
		if s := v.strip(); s != nil {
			s.addBoolean(x)
		} else {
			v.list = append(v.list, x)
		}
	}
}

func (v *values) binary(x []byte) {
	if s := v.strip(); s != nil {
		s.addBlob(x)
	} else {
		v.list = append(v.list, x)
	}
}

// null adds NULL for each of n columns.
func (v *values) null(n int) {
	for range n {
		if s := v.strip(); s != nil {
			s.addNull()
		} else {
			v.list = append(v.list, nil)
		}
	}
}

// time adds an instant: NULL for none.
func (v *values) time(t time.Time) {
	if t.IsZero() {
		v.null(1)
		return
	}
	v.moment(t)
}

func (v *values) moment(t time.Time) {
	if t = store.Instant(t); v.strips != nil {
		v.strip().addTime(t)
	} else {
		v.list = append(v.list, t)
	}
}

// json adds a document, or NULL unless there is one.
func (v *values) json(is bool, x any) {
	if !is {
		v.null(1)
		return
	}
	b, err := json.Marshal(x)
	if err != nil && v.err == nil {
		v.err = fmt.Errorf("%w: %w", store.ErrInvalid, err)
	}
	v.text(string(b))
}

func (v *values) raw(m json.RawMessage) {
	if len(m) == 0 {
		v.null(1)
		return
	}
	v.text(string(m))
}

// Rows come from a driver or from a caller's own transaction; both read instants with this.
var _ sql.Scanner = (*stamp)(nil)

// textual are values in the form of a database without a type for instants, such as SQLite.
func textual(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.Format(instantForm)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return v
}
