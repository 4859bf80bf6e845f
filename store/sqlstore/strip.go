package sqlstore

import "time"

// A strip is the values of one column of a slot, unit by unit. As long as they are all the same it is one value and a count.
type strip struct {
	class class
	n     int  // values so far, those that were skipped among them
	is    bool // there was one that was not skipped
	null  bool // and it was NULL

	// The value, in the lane of the class.
	text    string
	integer int64
	boolean bool
	time    time.Time
	blob    []byte

	// The values once they differ: one of these, as the class has it, and which of them are NULL.
	texts    []string
	integers []int64
	booleans []bool
	times    []time.Time
	blobs    [][]byte
	nulls    []bool
}

func newStrips(classes []class) []strip {
	list := make([]strip, len(classes))
	for i, c := range classes {
		list[i].class = c
	}
	return list
}

// varies reports whether the values differ.
func (s *strip) varies() bool { return s.nulls != nil }

// skip passes over units that have no value. What stands there is not written.
func (s *strip) skip(n int) {
	s.n += n
	if s.varies() {
		s.grow(n)
	}
}

// grow adds zero values to a strip that varies.
func (s *strip) grow(n int) {
	s.nulls = append(s.nulls, make([]bool, n)...)
	switch s.class {
	case integer:
		s.integers = append(s.integers, make([]int64, n)...)
	case boolean:
		s.booleans = append(s.booleans, make([]bool, n)...)
	case instant, moment:
		s.times = append(s.times, make([]time.Time, n)...)
	case binary:
		s.blobs = append(s.blobs, make([][]byte, n)...)
	default:
		s.texts = append(s.texts, make([]string, n)...)
	}
}

// next makes room for a value, and reports whether it must be put there. same says that it is like those before.
func (s *strip) next(same bool) bool {
	s.n++
	if !s.varies() {
		if same || !s.is {
			return false
		}
		s.spread(s.n - 1)
	}
	s.grow(1)
	return true
}

// roomFor is for how many values a strip has room as soon as they differ: as many as most batches have units.
const roomFor = 128

// spread writes the one value out n times.
func (s *strip) spread(n int) {
	room := max(n, roomFor)
	s.nulls = filled(s.null, n, room)
	switch s.class {
	case integer:
		s.integers = filled(s.integer, n, room)
	case boolean:
		s.booleans = filled(s.boolean, n, room)
	case instant, moment:
		s.times = filled(s.time, n, room)
	case binary:
		s.blobs = filled(s.blob, n, room)
	default:
		s.texts = filled(s.text, n, room)
	}
}

func filled[T any](v T, n, room int) []T {
	list := make([]T, n, room)
	for i := range list {
		list[i] = v
	}
	return list
}

func (s *strip) addNull() {
	if s.next(s.null) {
		s.nulls[s.n-1] = true
		return
	}
	s.is, s.null = true, true
}

func (s *strip) addText(v string) {
	if s.next(!s.null && s.text == v) {
		s.texts[s.n-1] = v
		return
	}
	s.is, s.text = true, v
}

func (s *strip) addInteger(v int64) {
	if s.next(!s.null && s.integer == v) {
		s.integers[s.n-1] = v
		return
	}
	s.is, s.integer = true, v
}

func (s *strip) addBoolean(v bool) {
	if s.next(!s.null && s.boolean == v) {
		s.booleans[s.n-1] = v
		return
	}
	s.is, s.boolean = true, v
}

func (s *strip) addTime(v time.Time) {
	if s.next(!s.null && s.time.Equal(v)) {
		s.times[s.n-1] = v
		return
	}
	s.is, s.time = true, v
}

// add takes a part of a key, in whatever form it has.
func (s *strip) add(v any) {
	switch v := v.(type) {
	case string:
		s.addText(v)
	case int64:
		s.addInteger(v)
	case []byte:
		s.addBlob(v)
	default:
		s.addNull()
	}
}

// addBlob adds bytes, which are never compared: they are hashes.
func (s *strip) addBlob(v []byte) {
	if s.next(false) {
		s.blobs[s.n-1] = v
		return
	}
	s.is, s.blob = true, v
}

// one is the value of a strip that does not vary, as a parameter.
func (s *strip) one() any {
	if s.null {
		return nil
	}
	switch s.class {
	case integer:
		return s.integer
	case boolean:
		return s.boolean
	case instant, moment:
		return s.time
	case binary:
		return s.blob
	default:
		return s.text
	}
}

// array is all values as a parameter: a slice of their type, or of pointers where some are NULL.
func (s *strip) array() any {
	if !s.varies() {
		s.spread(s.n)
	}
	switch s.class {
	case integer:
		return nullable(s.integers, s.nulls)
	case boolean:
		return nullable(s.booleans, s.nulls)
	case instant, moment:
		return nullable(s.times, s.nulls)
	case binary:
		return s.blobs
	default:
		return nullable(s.texts, s.nulls)
	}
}

func nullable[T any](list []T, nulls []bool) any {
	for i := range nulls {
		if nulls[i] {
			return withNulls(list, nulls)
		}
	}
	return list
}

func withNulls[T any](list []T, nulls []bool) []*T {
	out := make([]*T, len(list))
	for i := range list {
		if !nulls[i] {
			out[i] = &list[i]
		}
	}
	return out
}
