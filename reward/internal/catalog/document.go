package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// The kinds of documents, as stored.
const (
	KindCalendar    = "calendar"
	KindAsset       = "asset"
	KindTaskGroup   = "task_group"
	KindTask        = "task"
	KindRewardGroup = "reward_group"
	KindReward      = "reward"
	KindPause       = "pause"
)

// CalendarCode is the code of the one calendar.
const CalendarCode = "calendar"

// A Document is a configuration to put: rule.Calendar, ledger.Asset, task.Group, task.Config, reward.Group or
// reward.Config, or inside this module a Pause.
type Document any

// A Pause is the switch of a reward. The empty Policy is off.
type Pause struct {
	Reward string        `json:"reward"`
	Policy reward.Policy `json:"policy,omitempty"`
}

// Identify returns the kind and code of a document, and the revision its reader saw. ok is false for other types.
func Identify(d Document) (kind, code string, revision int64, ok bool) {
	switch d := d.(type) {
	case rule.Calendar:
		return KindCalendar, CalendarCode, d.Revision, true
	case ledger.Asset:
		return KindAsset, d.Code, d.Revision, true
	case task.Group:
		return KindTaskGroup, d.Code, d.Revision, true
	case task.Config:
		return KindTask, d.Code, d.Revision, true
	case reward.Group:
		return KindRewardGroup, d.Code, d.Revision, true
	case reward.Config:
		return KindReward, d.Code, d.Revision, true
	case Pause:
		return KindPause, d.Reward, 0, true
	}
	return "", "", 0, false
}

// unrevised returns the document without its revision, which is not part of its content.
func unrevised(d Document) Document {
	switch d := d.(type) {
	case rule.Calendar:
		d.Revision = 0
		return d
	case ledger.Asset:
		d.Revision = 0
		return d
	case task.Group:
		d.Revision = 0
		return d
	case task.Config:
		d.Revision = 0
		return d
	case reward.Group:
		d.Revision = 0
		return d
	case reward.Config:
		d.Revision = 0
		return d
	}
	return d
}

// format is the version of the stored form. Documents of a newer one are refused whole.
const format = 1

// ErrFormat is returned for a stored document this release cannot read.
var ErrFormat = errors.New("stored document of an unknown format")

// envelope is a document as stored.
type envelope struct {
	V       int             `json:"v"`
	Doc     json.RawMessage `json:"doc"`
	Since   int64           `json:"since,omitempty"`
	Put     time.Time       `json:"put,omitzero"`
	Moved   int64           `json:"moved,omitempty"`
	Retired time.Time       `json:"retired,omitzero"`
	Actor   string          `json:"actor,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Time    time.Time       `json:"time,omitzero"`
}

// A Stored is a document with what the catalog keeps about it, and who put it.
type Stored struct {
	Document Document
	Meta     Meta
	// Actor, Reason and Time are those of the call that wrote it.
	Actor, Reason string
	Time          time.Time
}

// rank orders documents so that what others name comes first.
func (s Stored) rank() int {
	switch s.Document.(type) {
	case rule.Calendar:
		return 0
	case ledger.Asset:
		return 1
	case task.Group, reward.Group:
		return 2
	case task.Config:
		return 3
	case reward.Config:
		return 4
	}
	return 5
}

// Encode gives the stored form.
func (s Stored) Encode() ([]byte, error) {
	doc, err := content(s.Document)
	if err != nil {
		return nil, err
	}
	return unescaped(envelope{V: format, Doc: doc, Since: s.Meta.Since, Put: s.Meta.Put, Moved: s.Meta.Moved,
		Retired: s.Meta.Retired, Actor: s.Actor, Reason: s.Reason, Time: s.Time})
}

// content is the document's own JSON without its revision: equal content is equal bytes.
func content(d Document) ([]byte, error) { return unescaped(unrevised(d)) }

// unescaped is json.Marshal without the escapes for HTML, which would make a link in an Extra longer than it may be.
func unescaped(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Decode reads the stored form of a document of a kind.
func Decode(kind string, revision int64, body []byte) (Stored, error) {
	var v struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(body, &v); err != nil || v.V != format {
		return Stored{}, fmt.Errorf("%w: %s at revision %d has format %d, this release reads %d", ErrFormat, kind, revision, v.V, format)
	}
	var e envelope
	if err := strict(body, &e); err != nil {
		return Stored{}, err
	}
	d, err := decodeContent(kind, e.Doc)
	if err != nil {
		return Stored{}, err
	}
	return Stored{Document: d, Meta: Meta{Revision: revision, Since: e.Since, Put: e.Put, Moved: e.Moved, Retired: e.Retired},
		Actor: e.Actor, Reason: e.Reason, Time: e.Time}, nil
}

func decodeContent(kind string, data []byte) (Document, error) {
	switch kind {
	case KindCalendar:
		return into[rule.Calendar](data)
	case KindAsset:
		return into[ledger.Asset](data)
	case KindTaskGroup:
		return into[task.Group](data)
	case KindTask:
		return into[task.Config](data)
	case KindRewardGroup:
		return into[reward.Group](data)
	case KindReward:
		return into[reward.Config](data)
	case KindPause:
		return into[Pause](data)
	}
	return nil, fmt.Errorf("%w: kind %q", ErrFormat, kind)
}

func into[T any](data []byte) (Document, error) {
	var v T
	if err := strict(data, &v); err != nil {
		return nil, err
	}
	return v, nil
}

// strict decodes one JSON value and refuses fields that v does not have, and anything after the value.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF { // a second value would be lost without a word
		return errors.New("must be one JSON value with nothing after it")
	}
	return nil
}

// ErrStale is returned when a document changed since the revision its writer read.
var ErrStale = errors.New("the document changed since it was read")

func staleError(path string, seen, now int64) error {
	return fmt.Errorf("%s: read at revision %d, now at %d: %w", path, seen, now, ErrStale)
}
