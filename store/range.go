package store

import (
	"strings"
	"time"
)

// ParseNumber reads a number as it stands in row IDs and index keys. Other text is not ok.
func ParseNumber(s string) (n int64, ok bool) {
	if len(s) != numberLen {
		return 0, false
	}
	v, exact, ok := ceilHex(s)
	return int64(v ^ 1<<63), ok && exact
}

// A ColumnType says what a part of an index's keys is.
type ColumnType int

// The types of the parts of keys, with the Go type of their values.
const (
	// TextColumn is a string.
	TextColumn ColumnType = iota
	// NumberColumn is an int64.
	NumberColumn
	// TimeColumn is a time.Time.
	TimeColumn
)

// A Column is a part of an index's keys: the name it has in the lists at [Index] and its type.
type Column struct {
	Name string
	Type ColumnType
}

// Columns lists the parts of an index's keys in their order, for adapters that keep them in columns of a table. An index this
// release does not know has none.
func (ix Index) Columns() []Column {
	switch ix {
	case IndexCauseTask:
		return []Column{{"user", TextColumn}, {"task", TextColumn}, {"seq", NumberColumn}, {"id", TextColumn}}
	case IndexRewardUser:
		return []Column{{"user", TextColumn}, {"time", TimeColumn}, {"reward", TextColumn}, {"n", NumberColumn}}
	case IndexRewardReward:
		return []Column{{"reward", TextColumn}, {"time", TimeColumn}, {"user", TextColumn}, {"n", NumberColumn}}
	case IndexRewardOpen:
		return []Column{{"time", TimeColumn}, {"user", TextColumn}, {"reward", TextColumn}, {"n", NumberColumn}}
	case IndexTransferAccount:
		return []Column{{"user", TextColumn}, {"asset", TextColumn}, {"seq", NumberColumn}}
	default:
		return nil
	}
}

// A Place lies between keys of an index, as values of its columns: a key lies behind it if its first columns, compared
// in turn, are greater than Values, or equal to them and not Strict. Without values every key lies behind it, and none does if
// it is Strict. Text compares byte by byte.
type Place struct {
	Values []any
	Strict bool
}

// A Range is what a [Query] reads, for adapters that keep the parts of keys in columns: the keys whose first columns equal
// Equal, that lie behind Low and not behind High.
type Range struct {
	// Equal are the whole parts the prefix of the query names. Low and High say the same and more.
	Equal []any
	Low   Place
	// High is nil where the range has no end.
	High *Place
	// Empty says that no key can lie in the range.
	Empty bool
}

// Range gives the query's range in columns: it holds just the keys that [Query.Match] takes.
func (q Query) Range() Range {
	columns := q.Index.Columns()
	var r Range
	low, high := max(q.Prefix, q.From), q.To
	if end := following(q.Prefix); q.Prefix != "" && end != "" && (high == "" || end < high) {
		high = end
	}
	if q.After != "" && q.Desc && (high == "" || q.After < high) {
		high = q.After
	}
	if q.After != "" && !q.Desc {
		low = max(low, q.After+"\x00") // the least text behind it
	}
	r.Low = place(columns, low)
	if high != "" {
		p := place(columns, high)
		r.High = &p
	}
	r.Empty = high != "" && low >= high || r.Low.Strict && len(r.Low.Values) == 0 ||
		r.High != nil && len(r.High.Values) == 0 && !r.High.Strict
	r.Equal = whole(columns, q.Prefix)
	return r
}

// following is the least text above all that starts with a prefix, or empty if there is none.
func following(prefix string) string {
	for r := []rune(prefix); len(r) > 0; r = r[:len(r)-1] {
		last := r[len(r)-1] + 1
		if 0xd800 <= last && last < 0xe000 { // no characters, and no UTF-8
			last = 0xe000
		}
		if last <= 0x10ffff {
			return string(append(r[:len(r)-1], last))
		}
	}
	return ""
}

// whole gives the values of the columns that a prefix names in full.
func whole(columns []Column, prefix string) (values []any) {
	for _, c := range columns {
		part, rest, ok := strings.Cut(prefix, "\x00")
		if !ok {
			break
		}
		v, exact, ok := c.value(part)
		if !exact || !ok {
			break
		}
		values, prefix = append(values, v), rest
	}
	return values
}

// place is that of a key, or of the beginning of one, in columns.
func place(columns []Column, key string) (p Place) {
	for _, c := range columns {
		if key == "" {
			return p
		}
		part, rest, more := strings.Cut(key, "\x00")
		v, exact, ok := c.value(part)
		if !ok {
			p.Strict = true
			return p
		}
		if p.Values = append(p.Values, v); !exact {
			return p
		}
		if key = rest; !more {
			return p
		}
	}
	p.Strict = true // there is more of it than a key has
	return p
}

// value gives the least value of the column whose text is not below part; exact says that it is the same. Without one, ok is
// false.
func (c Column) value(part string) (v any, exact, ok bool) {
	if c.Type == TextColumn {
		return part, true, true
	}
	u, exact, ok := ceilHex(part)
	n := int64(u ^ 1<<63)
	if c.Type == NumberColumn || !ok {
		return n, exact, ok
	}
	switch {
	case n < minMicros:
		return time.UnixMicro(minMicros).UTC(), false, true
	case n > maxMicros:
		return nil, false, false
	}
	return time.UnixMicro(n).UTC(), exact, true
}

// The instants that rows may have, in microseconds since 1970: from the year 1 to the year 9999.
const (
	minMicros = -62135596800 * 1e6
	maxMicros = 253402300800*1e6 - 1
)

// ceilHex gives the least number whose 16 digits are not below text.
func ceilHex(text string) (v uint64, exact, ok bool) {
	exact = len(text) >= numberLen
	for i := range numberLen {
		d := uint64(0)
		if i < len(text) {
			switch c := text[i]; {
			case '0' <= c && c <= '9':
				d = uint64(c - '0')
			case 'a' <= c && c <= 'f':
				d = uint64(c-'a') + 10
			case c < '0': // below every digit: the rest is zeros
				return v << (4 * (numberLen - i)), false, true
			case c < 'a':
				return (v<<4 | 10) << (4 * (numberLen - 1 - i)), false, true
			default: // above every digit: the digits so far must be more
				if v++; v == 1<<(4*i) {
					return 0, false, false
				}
				return v << (4 * (numberLen - i)), false, true
			}
		}
		v = v<<4 | d
	}
	if len(text) > numberLen { // a number that only begins the text is below it
		v++
		return v, false, v != 0
	}
	return v, exact, true
}
