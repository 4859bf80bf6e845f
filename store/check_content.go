package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

// fault tells what is wrong with the content of a row that is not nil, or is empty. It looks at what stores keep in columns
// of their own, or as text: what does not fit there would be found by one database and not by another.
func fault(r Row) string {
	switch r := r.(type) {
	case *CauseRow:
		return cmp.Or(r.fault(), r.ledTo())
	case *TaskRow:
		return cmp.Or(code("task", r.Task), times(r.First, r.Last, r.Created, r.Updated))
	case *TallyRow:
		return code("task", r.Task)
	case *ValueRow:
		return code("task", r.Task)
	case *EntitlementRow:
		what := code("reward", r.Reward)
		for i := range r.Blocked {
			what = cmp.Or(what, text("reason", string(r.Blocked[i].Reason), textMax))
		}
		return what
	case *RewardRow:
		return r.fault()
	case *CapRow:
		return cmp.Or(code("group", r.Group), code("asset", r.Used.Asset))
	case *TransferRow:
		return r.fault()
	case *BalanceRow:
		return cmp.Or(text("kind", string(r.Account.Kind), TypeMax), code("asset", r.Account.Asset))
	}
	return ""
}

func (r *CauseRow) fault() string {
	what := cmp.Or(text("type", string(r.Type), TypeMax), text("ID", r.ID, RowIDMax), times(r.Time))
	if e := r.Event; e != nil {
		switch {
		case e.Event.User != r.User || e.Event.ID != r.ID:
			return "its event is another's"
		case !validMeta(e.Event.Meta):
			return "its meta is no JSON"
		}
		what = cmp.Or(what, code("task", e.Event.Task), text("ignored", string(e.Ignored), TypeMax), times(e.Event.Time, e.Arrived))
		for name, v := range e.Event.Attrs {
			what = cmp.Or(what, attribute(name, v))
		}
	}
	if m := r.Move; m != nil {
		if m.Record.User != r.User {
			return "its move is of another user's record"
		}
		what = cmp.Or(what, text("op", m.Op, textMax), code("reward", m.Record.Reward), by(m.Actor, m.Reason, m.Request))
	}
	return what
}

// ledTo is what is wrong with what the cause led to.
func (r *CauseRow) ledTo() (what string) {
	for i := range r.Tasks {
		what = cmp.Or(what, code("task", r.Tasks[i].Task))
	}
	for i := range r.Grants {
		what = cmp.Or(what, code("reward", r.Grants[i].Reward))
	}
	for i := range r.Blocked {
		b := &r.Blocked[i]
		what = cmp.Or(what, code("reward", b.Reward), text("reason", string(b.Reason), textMax), code("by", b.By), times(b.Until))
	}
	return what
}

func (r *RewardRow) fault() string {
	if !validMeta(r.Meta) {
		return "its meta is no JSON"
	}
	what := cmp.Or(code("reward", r.ID.Reward), text("status", string(r.Status), TypeMax), code("asset", r.Amount.Asset),
		text("event", r.Event, rule.IDMax), code("cap", r.Taken.Cap), times(r.Time, r.Deadline))
	for _, name := range r.Taken.Counters {
		what = cmp.Or(what, text("counter", name, CounterMax))
	}
	for i := range r.Moves {
		m := &r.Moves[i]
		what = cmp.Or(what, text("status", string(m.Status), TypeMax), by(m.Actor, m.Reason, m.Request), times(m.Time))
	}
	return what
}

func (r *TransferRow) fault() string {
	if r.After.Asset != r.Amount.Asset && (r.After.Asset != "" || !r.After.Value.IsZero()) {
		return "what is available after it is of another asset"
	}
	return cmp.Or(text("cause", r.ID.Cause, RowIDMax), text("debit", string(r.Debit), TypeMax), text("credit", string(r.Credit), TypeMax),
		code("asset", r.Amount.Asset), by(r.Actor, r.Reason, ""), times(r.Time))
}

// textMax bounds the texts that stand in a document, where no column does.
const textMax = ledger.ReasonMax

// text tells whether a text is what every store can keep as text and give back unchanged.
func text(name, s string, most int) string {
	if len(s) <= most && strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return ""
	}
	return fmt.Sprintf("its %s is not at most %d bytes of UTF-8 without NUL", name, most)
}

func code(name, s string) string { return text(name, s, rule.CodeMax) }

// by is what a call carries.
func by(actor, reason, request string) string {
	return cmp.Or(text("actor", actor, ledger.ActorMax), text("reason", reason, ledger.ReasonMax), text("request", request, rule.IDMax))
}

// attribute looks at the texts of an attribute; rule.Attrs has its own checks of the rest.
func attribute(name string, v any) string {
	what := text("attribute's name", name, textMax)
	switch v := v.(type) {
	case string:
		what = cmp.Or(what, text("attribute", v, rule.StringMax))
	case []string:
		for _, s := range v {
			what = cmp.Or(what, text("attribute", s, rule.StringMax))
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
