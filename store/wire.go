package store

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

// wireVersion is the version of the stored form this release writes. It reads every version from 1 up to it.
const wireVersion = 1

// decimalMax bounds the text of a stored decimal, so that no stored form can make arithmetic explode.
const decimalMax = 256

// Decode reads what [Row.Encode] wrote, in this or an earlier release. The row shares nothing with data.
//
// The form is one JSON object with the version in "v". An unknown kind and a newer version are [ErrUnsupported]; anything
// else that Encode does not write, unknown fields included, is [ErrCorrupt]. Both come in an [*Error]. Nothing is read in
// part.
func Decode(kind Kind, data []byte) (Row, error) {
	form := newWire(kind)
	if form == nil {
		return nil, &Error{Op: "decode", ID: clip(string(kind)), Err: fmt.Errorf("%w: kind of row", ErrUnsupported)}
	}
	if err := decodeWire(data, form); err != nil {
		return nil, &Error{Op: "decode", ID: string(kind), Err: err}
	}
	row, err := form.row()
	if err != nil {
		return nil, &Error{Op: "decode", ID: string(kind), Err: fmt.Errorf("%w: %w", ErrCorrupt, err)}
	}
	return row, nil
}

// A wire is the stored form of a row.
type wire interface {
	row() (Row, error)
}

func newWire(kind Kind) wire {
	switch kind {
	case KindCause:
		return new(causeWire)
	case KindTask:
		return new(taskWire)
	case KindTally:
		return new(tallyWire)
	case KindValue:
		return new(valueWire)
	case KindEntitlement:
		return new(entitlementWire)
	case KindReward:
		return new(rewardWire)
	case KindCap:
		return new(capWire)
	case KindTransfer:
		return new(transferWire)
	case KindBalance:
		return new(balanceWire)
	default:
		return nil
	}
}

func decodeWire(data []byte, form wire) error {
	var head struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	switch {
	case head.V > wireVersion:
		return fmt.Errorf("%w: version %d of the stored form, this release knows %d", ErrUnsupported, head.V, wireVersion)
	case head.V < 1:
		return fmt.Errorf("%w: no version", ErrCorrupt)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(form); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one object", ErrCorrupt)
	}
	return nil
}

// encode writes a form. The forms hold nothing that JSON cannot write but a Meta or attributes that are not what Check
// takes; such a row has no stored form, and the result is nil, which no Decode takes.
func encode(form any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // what was given as JSON comes back byte for byte
	if err := enc.Encode(form); err != nil {
		return nil
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// micros is an instant in microseconds since 1970 in UTC; the zero instant is left out.
type micros struct{ t time.Time }

func (m micros) IsZero() bool { return m.t.IsZero() }

func (m micros) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, m.t.UnixMicro(), 10), nil
}

func (m *micros) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return fmt.Errorf("no instant in microseconds: %.40q", b)
	}
	m.t = time.UnixMicro(n).UTC()
	return nil
}

// number is a decimal as text; zero is left out.
type number struct{ d decimal.Decimal }

func (n number) IsZero() bool { return n.d.IsZero() }

func (n number) MarshalText() ([]byte, error) { return []byte(n.d.String()), nil }

func (n *number) UnmarshalText(b []byte) (err error) {
	n.d, err = parseDecimal(string(b))
	return err
}

// amount is an amount as text, "2888.5 CNY"; the zero amount is left out.
type amount struct{ a ledger.Amount }

func (a amount) IsZero() bool { return a.a.Asset == "" && a.a.Value.IsZero() }

func (a amount) MarshalText() ([]byte, error) {
	return []byte(a.a.Value.String() + " " + a.a.Asset), nil
}

func (a *amount) UnmarshalText(b []byte) (err error) {
	value, asset, ok := strings.Cut(string(b), " ")
	if !ok {
		return fmt.Errorf("no amount: %.40q", b)
	}
	a.a.Asset = asset
	a.a.Value, err = parseDecimal(value)
	return err
}

// parseDecimal reads digits with a sign and a point, and no exponent.
func parseDecimal(s string) (decimal.Decimal, error) {
	if len(s) > decimalMax || strings.ContainsAny(s, "eE") {
		return decimal.Decimal{}, fmt.Errorf("no decimal: %.40q", s)
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("no decimal: %.40q", s)
	}
	if d.IsZero() {
		return decimal.Decimal{}, nil
	}
	return d, nil
}

// hexBytes is a hash as text. Of is what it is read into.
type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

func (h *hexBytes) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

// into fills an array that has exactly as many bytes.
func (h hexBytes) into(array []byte) error {
	if len(h) != len(array) {
		return fmt.Errorf("a hash of %d bytes instead of %d", len(h), len(array))
	}
	copy(array, h)
	return nil
}

// storedAttrs are attributes in the form that is read back exactly without a schema.
type storedAttrs = rule.Stored

// compacted is JSON as it is kept: without white space, nil when absent.
func compacted(raw json.RawMessage) json.RawMessage {
	var buf bytes.Buffer
	if len(raw) == 0 || json.Compact(&buf, raw) != nil {
		return nil
	}
	return buf.Bytes()
}

// clip shortens foreign text for an error.
func clip(s string) string { return s[:min(len(s), 64)] }
