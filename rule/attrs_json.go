package rule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// MarshalJSON writes the attributes as one object, names sorted: strings, bools, integers and JSON numbers as themselves, a
// list as an array, a decimal as {"decimal":"1.5"} and a time as {"time":"2024-02-29T18:00:00Z"}, so that a reader needs no
// schema. Absent ones are left out; nil Attrs are null. A value that [Attrs] may not hold, and a decimal or time out of bounds,
// is a [FieldError] below "attrs".
func (a Attrs) MarshalJSON() ([]byte, error) {
	if a == nil {
		return []byte("null"), nil
	}
	var faults Faults
	var buf bytes.Buffer
	buf.WriteByte('{')
	for _, name := range a.names() {
		v, reason := jsonValue(a[name])
		if reason != "" {
			faults.Add("attrs."+clip(name, valueMax), valueText(a[name]), reason)
			continue
		}
		if v == nil {
			continue
		}
		key, _ := json.Marshal(name) // a string
		val, err := json.Marshal(v)
		if err != nil {
			faults.Add("attrs."+clip(name, valueMax), "", err.Error())
			continue
		}
		if buf.Len() > 1 {
			buf.WriteByte(',')
		}
		buf.Write(key)
		buf.WriteByte(':')
		buf.Write(val)
	}
	buf.WriteByte('}')
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

type (
	taggedDecimal struct {
		Decimal string `json:"decimal"`
	}
	taggedTime struct {
		Time string `json:"time"`
	}
)

// jsonValue gives what encoding/json writes for a value; nil without a reason means absent.
func jsonValue(v any) (_ any, reason string) {
	if num, ok := v.(json.Number); ok {
		if !isNumber(num.String()) || len(num) > decimalTextMax {
			return nil, "must be a number"
		}
		return num, ""
	}
	v, reason = canonical(kindOf(v), v)
	switch v := v.(type) {
	case decimal.Decimal:
		return taggedDecimal{v.String()}, reason
	case time.Time:
		return taggedTime{v.Format(time.RFC3339Nano)}, reason
	default:
		return v, reason
	}
}

// UnmarshalJSON reads one object, or null, which leaves a as it was. Numbers become [json.Number] and keep their digits, arrays
// of strings []string, and {"decimal":"1.5"} and {"time":"..."} what they say; null is absent. Any other value is a
// [FieldError] below "attrs", all of them at once. Of a name given twice the last value counts, as everywhere in encoding/json.
// Whether the attributes are valid is for [Schema.Canonical] to say.
func (a *Attrs) UnmarshalJSON(data []byte) error {
	read, err := readAttrs(data, func(num json.Number) (any, string) { return num, "" })
	if err == nil && read != nil {
		*a = read
	}
	return err
}

// Stored are canonical attributes in the form in which they are kept: the JSON of [Attrs.MarshalJSON], but read back exactly,
// without a schema, into the canonical Go types, integers as int64. Convert with Stored(a) and Attrs(s).
type Stored Attrs

// MarshalJSON writes what [Attrs.MarshalJSON] writes.
func (s Stored) MarshalJSON() ([]byte, error) { return Attrs(s).MarshalJSON() }

// UnmarshalJSON reads what [Stored.MarshalJSON] wrote. A number that is no 64-bit integer, and whatever else is not canonical,
// is a [FieldError] below "attrs". null leaves s as it was.
func (s *Stored) UnmarshalJSON(data []byte) error {
	read, err := readAttrs(data, func(num json.Number) (any, string) { return canonicalInt(num) })
	if err == nil && read != nil {
		*s = Stored(read)
	}
	return err
}

// readAttrs reads an object of attributes; number says what becomes of a number. The result is nil for null.
func readAttrs(data []byte, number func(json.Number) (any, string)) (Attrs, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, &FieldError{Field: "attrs", Reason: "must be a JSON object: " + err.Error()}
	}
	if raw == nil {
		return nil, nil
	}
	read := make(Attrs, len(raw))
	names := make(Attrs, len(raw))
	for name := range raw {
		names[name] = nil
	}
	var faults Faults
	for _, name := range names.names() {
		v, reason := readValue(raw[name], number)
		if reason != "" {
			faults.Add("attrs."+clip(name, valueMax), strings.ToValidUTF8(clip(string(raw[name]), valueMax), "\uFFFD"), reason)
		} else if v != nil {
			read[name] = v
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return read, nil
}

func readValue(raw json.RawMessage, number func(json.Number) (any, string)) (any, string) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err.Error()
	}
	switch v := v.(type) {
	case nil, string, bool:
		return v, ""
	case json.Number:
		return number(v)
	case []any:
		return readList(v)
	case map[string]any:
		return readTagged(v)
	default:
		return nil, fmt.Sprintf("must not be a %T", v)
	}
}

func readList(v []any) (any, string) {
	list := make([]string, len(v))
	for i, e := range v {
		s, ok := e.(string)
		if !ok {
			return nil, fmt.Sprintf("must be a list of strings; element %d is none", i)
		}
		list[i] = s
	}
	return list, ""
}

func readTagged(v map[string]any) (any, string) {
	const reason = `must be a string, bool, number, list of strings, {"decimal":"1.5"} or {"time":"2024-02-29T18:00:00Z"}`
	if len(v) != 1 {
		return nil, reason
	}
	if text, ok := v["decimal"].(string); ok {
		return canonicalDecimal(text)
	}
	if text, ok := v["time"].(string); ok {
		return canonicalTime(text)
	}
	return nil, reason
}
