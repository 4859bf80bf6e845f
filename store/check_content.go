package store

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// fault tells what is wrong with the content of a row that is not nil, or is empty. It looks at what stores keep in columns
// of their own: a text, an owner or an instant that does not fit there would be found by one database and not by another.
func fault(r Row) string {
	switch r := r.(type) {
	case *CauseRow:
		return r.fault()
	case *TaskRow:
		return times(r.First, r.Last, r.Created, r.Updated)
	case *RewardRow:
		return r.fault()
	case *TransferRow:
		if r.After.Asset != r.Amount.Asset && (r.After.Asset != "" || !r.After.Value.IsZero()) {
			return "what is available after it is of another asset"
		}
		return times(r.Time)
	}
	return ""
}

func (r *CauseRow) fault() string {
	what := times(r.Time)
	if e := r.Event; e != nil {
		switch {
		case e.Event.User != r.User || e.Event.ID != r.ID:
			return "its event is another's"
		case !validMeta(e.Event.Meta):
			return "its meta is no JSON"
		case what == "":
			what = times(e.Event.Time, e.Arrived)
		}
	}
	if m := r.Move; m != nil && m.Record.User != r.User {
		return "its move is of another user's record"
	}
	for i := range r.Blocked {
		if what == "" {
			what = times(r.Blocked[i].Until)
		}
	}
	return what
}

func (r *RewardRow) fault() string {
	if !validMeta(r.Meta) {
		return "its meta is no JSON"
	}
	what := times(r.Time, r.Deadline)
	for i := range r.Moves {
		if what == "" {
			what = times(r.Moves[i].Time)
		}
	}
	return what
}

// validMeta reports whether the JSON that a row carries for the application is some, or absent. Bytes that are no UTF-8 are
// JSON to package json, and text to no database.
func validMeta(m json.RawMessage) bool { return len(m) == 0 || json.Valid(m) && utf8.Valid(m) }

// The first second of the year 1, which is the zero instant's, and the last of the year 9999, in UTC: what every database
// keeps, and JSON writes.
const (
	secondsMin = -62_135_596_800
	secondsMax = 253_402_300_799
)

func times(all ...time.Time) string {
	for i := range all {
		if s := all[i].Unix(); s < secondsMin || s > secondsMax {
			return "an instant outside the years 1 to 9999"
		}
	}
	return ""
}
