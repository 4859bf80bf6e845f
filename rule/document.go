package rule

import (
	"encoding/json"
	"strconv"
)

// Limits of the parts that every catalog document has.
const (
	// TitleMax is the most bytes a title has.
	TitleMax = 256
	// NoteMax is the most bytes a note has.
	NoteMax = 4096
	// ExtraMax is the most bytes an Extra has.
	ExtraMax = 16384
)

// Heading is the parts that every catalog document has, for [Faults.Heading] to check.
type Heading struct {
	Code, Title, Note string
	Extra             json.RawMessage
	Revision          int64
}

// Heading records the faults of a document's common parts: code, title, note, extra and revision.
func (f *Faults) Heading(h Heading) {
	f.At("code", CheckCode(h.Code))
	f.At("title", CheckText(h.Title, TitleMax))
	switch {
	case len(h.Extra) > ExtraMax:
		f.Addf("extra", string(h.Extra[:valueMax]), "must have at most %d bytes, has %d", ExtraMax, len(h.Extra))
	case len(h.Extra) > 0 && !json.Valid(h.Extra):
		f.Add("extra", string(h.Extra), "must be valid JSON")
	}
	f.At("note", CheckText(h.Note, NoteMax))
	if h.Revision < 0 {
		f.Add("revision", strconv.FormatInt(h.Revision, 10), "must not be negative")
	}
}
