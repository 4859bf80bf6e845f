package store

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// What keys may be. Stores build their columns for these lengths.
const (
	// UserMax is the most bytes a user has.
	UserMax = 128
	// RowIDMax is the most bytes a row's ID has.
	RowIDMax = 640
	// CounterMax is the most bytes a counter's name has.
	CounterMax = 256
	// TypeMax is the most bytes a cause's type, an account's kind or a record's status has.
	TypeMax = 32
	// DocCodeMax is the most bytes a document's kind or code has.
	DocCodeMax = 128
)

// Check tells whether a store may be given units, and every store calls it first in Commit. Its errors are an [*Error] with
// Op "commit" and the user, and nothing may be changed then:
//
//   - [ErrUnsupported]: a row whose type, or a key to delete whose kind, this release does not know;
//   - [ErrInvalid]: users that are not distinct and sorted byte by byte, or not 1 to [UserMax] bytes of UTF-8 without NUL; a
//     negative version; a unit without a cause; Insert of what is no cause or transfer, Put or Delete of what is one; a row
//     or key of another user; a key twice in a unit; an ID that is empty or longer than [RowIDMax]; a counter twice in a
//     unit, or whose name is not 1 to [CounterMax] bytes of UTF-8 without NUL; a positive take with a negative Max; a Meta
//     that is no JSON or no UTF-8; a text of a row, attributes included, that is not UTF-8 without NUL or is longer than the
//     engine lets it be: a code of more than 64 bytes, the type of a cause of more than [TypeMax] and so on; a cause whose event
//     is another user's or has another ID, or whose move is of another user's record; a transfer whose After is of another
//     asset (unless it is zero without one); an instant before the year 1 or after 9999 in UTC. Of attributes nothing else is
//     looked at: rule.Attrs has its own checks.
//
// No units are no error.
func Check(units ...Unit) error {
	var few [keysFew]RowKey
	for i := range units {
		if i > 0 && units[i-1].User >= units[i].User {
			return unsorted(units[i].User)
		}
		if _, err := units[i].keys(few[:0]); err != nil {
			return err
		}
	}
	return nil
}

// CheckKeys checks units as [Check] does and appends to keys those of their rows: of each unit in turn, of Insert, Put and
// Delete. A store that needs the keys calls it instead of Check, which is cheaper than [Row.Key] of each row.
func CheckKeys(keys []RowKey, units ...Unit) ([]RowKey, error) {
	for i := range units {
		if i > 0 && units[i-1].User >= units[i].User {
			return nil, unsorted(units[i].User)
		}
		var err error
		if keys, err = units[i].keys(keys); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func unsorted(user string) error {
	return refuse(user, "users are not distinct and sorted byte by byte")
}

// keysFew is up to how many keys of a unit need no memory of their own and are compared pair by pair.
const keysFew = 24

// keys checks one unit and appends the keys of its rows: Insert, Put, Delete. The IDs of its rows are parts of one string.
func (u *Unit) keys(keys []RowKey) ([]RowKey, error) {
	if !validName(u.User, UserMax) {
		return nil, refuse(u.User, "a user is 1 to %d bytes of UTF-8 without NUL", UserMax)
	}
	if u.Version < 0 || u.Version == math.MaxInt64 {
		return nil, refuse(u.User, "version %d", u.Version)
	}
	from := len(keys)
	ids, ends := make([]byte, 0, 512), make([]int, 0, keysFew)
	causes := 0
	for n, rows := range [2][]Row{u.Insert, u.Put} {
		for i := range rows {
			kind, all, err := u.row(rows[i], n == 0, ids)
			if err != nil {
				return nil, err
			}
			if kind == KindCause {
				causes++
			}
			ids = all
			keys, ends = append(keys, RowKey{Kind: kind, User: u.User}), append(ends, len(ids))
		}
	}
	if causes == 0 {
		return nil, refuse(u.User, "a unit inserts at least one cause")
	}
	all, start := string(ids), 0
	for i, end := range ends {
		keys[from+i].ID, start = all[start:end], end
	}
	for _, key := range u.Delete {
		if err := u.checkDelete(key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if key := repeated(keys[from:]); key != nil {
		return nil, refuse(u.User, "%s %q is there twice", key.Kind, key.ID)
	}
	return keys, u.checkTakes()
}

// row checks one row of a unit, gives its kind and appends its ID.
func (u *Unit) row(r Row, insert bool, ids []byte) (Kind, []byte, error) {
	from := len(ids)
	kind, user, ids := identify(r, ids)
	switch {
	case kind == "":
		return "", nil, &Error{Op: "commit", ID: clip(u.User), Err: fmt.Errorf("%w: row of type %T", ErrUnsupported, r)}
	case appendOnly(kind) != insert:
		return "", nil, refuse(u.User, "%s: causes and transfers are inserted, other rows are put", kind)
	case user != u.User:
		return "", nil, refuse(u.User, "%s of user %q", kind, clip(user))
	case len(ids) == from || len(ids)-from > RowIDMax || !utf8.Valid(ids[from:]):
		return "", nil, refuse(u.User, "%s: an ID is 1 to %d bytes of UTF-8", kind, RowIDMax)
	}
	if what := fault(r); what != "" {
		return "", nil, refuse(u.User, "%s: %s", kind, what)
	}
	return kind, ids, nil
}

// identify gives the kind and user of a row of this release that is not nil, and appends its ID. Of any other row the kind
// is empty.
func identify(r Row, ids []byte) (Kind, string, []byte) {
	switch r := r.(type) {
	case *CauseRow:
		if r != nil {
			return KindCause, r.User, appendTwo(ids, string(r.Type), r.ID)
		}
	case *TaskRow:
		if r != nil {
			return KindTask, r.User, appendNumbered(ids, r.Task, r.Period)
		}
	case *TallyRow:
		if r != nil {
			return KindTally, r.User, append(ids, r.Task...)
		}
	case *ValueRow:
		if r != nil {
			return KindValue, r.User, appendValueID(ids, r.Task, r.Leaf, r.Outer, r.Hash)
		}
	case *EntitlementRow:
		if r != nil {
			return KindEntitlement, r.User, append(ids, r.Reward...)
		}
	case *RewardRow:
		if r != nil {
			return KindReward, r.ID.User, appendNumbered(ids, r.ID.Reward, r.ID.N)
		}
	case *CapRow:
		if r != nil {
			return KindCap, r.User, appendTwo(ids, r.Group, r.Used.Asset)
		}
	case *TransferRow:
		if r != nil {
			return KindTransfer, r.ID.User, appendNumbered(ids, r.ID.Cause, int64(r.ID.Leg))
		}
	case *BalanceRow:
		if r != nil {
			return KindBalance, r.Account.User, appendTwo(ids, string(r.Account.Kind), r.Account.Asset)
		}
	}
	return "", "", ids
}

// appendOnly reports whether rows of a kind are inserted once and never replaced.
func appendOnly(kind Kind) bool { return kind == KindCause || kind == KindTransfer }

// known reports whether this release knows a kind.
func known(kind Kind) bool {
	switch kind {
	case KindCause, KindTask, KindTally, KindValue, KindEntitlement, KindReward, KindCap, KindTransfer, KindBalance:
		return true
	default:
		return false
	}
}

func (u *Unit) checkDelete(key RowKey) error {
	switch {
	case !known(key.Kind):
		return &Error{Op: "commit", ID: clip(u.User), Err: fmt.Errorf("%w: kind %q", ErrUnsupported, clip(string(key.Kind)))}
	case appendOnly(key.Kind):
		return refuse(u.User, "%s: causes and transfers are never deleted", key.Kind)
	}
	return u.checkKey(key)
}

func (u *Unit) checkKey(key RowKey) error {
	if key.User != u.User {
		return refuse(u.User, "%s of user %q", key.Kind, clip(key.User))
	}
	if key.ID == "" || len(key.ID) > RowIDMax || !utf8.ValidString(key.ID) {
		return refuse(u.User, "%s: an ID is 1 to %d bytes of UTF-8", key.Kind, RowIDMax)
	}
	return nil
}

func (u *Unit) checkTakes() error {
	for i, t := range u.Take {
		switch {
		case !validName(t.Counter, CounterMax):
			return refuse(u.User, "a counter's name is 1 to %d bytes of UTF-8 without NUL", CounterMax)
		case t.N > 0 && t.Max < 0:
			return refuse(u.User, "counter %q: max %d", t.Counter, t.Max)
		}
		for _, other := range u.Take[:i] {
			if other.Counter == t.Counter {
				return refuse(u.User, "counter %q is there twice", t.Counter)
			}
		}
	}
	return nil
}

// repeated finds a key that is there twice. Few keys are compared pair by pair, which is faster than a map and needs no memory.
func repeated(keys []RowKey) *RowKey {
	if len(keys) <= keysFew {
		for i := range keys {
			a := &keys[i]
			for j := range i {
				if b := &keys[j]; a.ID == b.ID && a.Kind == b.Kind {
					return a
				}
			}
		}
		return nil
	}
	seen := make(map[RowKey]struct{}, len(keys))
	for i := range keys {
		if _, twice := seen[keys[i]]; twice {
			return &keys[i]
		}
		seen[keys[i]] = struct{}{}
	}
	return nil
}

// validName reports whether s is 1 to limit bytes of UTF-8 without NUL.
func validName(s string, limit int) bool {
	return s != "" && len(s) <= limit && strings.IndexByte(s, 0) < 0 && utf8.ValidString(s)
}

func refuse(user, format string, args ...any) error {
	return &Error{Op: "commit", ID: clip(user), Err: fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))}
}
