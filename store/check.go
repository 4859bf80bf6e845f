package store

import (
	"encoding/json"
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
//     that is no JSON.
//
// No units are no error.
func Check(units ...Unit) error {
	for i := range units {
		u := &units[i]
		if i > 0 && units[i-1].User >= u.User {
			return refuse(u.User, "users are not distinct and sorted byte by byte")
		}
		var few [keysFew]RowKey
		if _, err := u.keys(few[:0]); err != nil {
			return err
		}
	}
	return nil
}

// keysFew is up to how many keys of a unit need no memory of their own and are compared pair by pair.
const keysFew = 24

// keys checks one unit and appends the keys of its rows: Insert, Put, Delete.
func (u *Unit) keys(keys []RowKey) ([]RowKey, error) {
	if !validName(u.User, UserMax) {
		return nil, refuse(u.User, "a user is 1 to %d bytes of UTF-8 without NUL", UserMax)
	}
	if u.Version < 0 || u.Version == math.MaxInt64 {
		return nil, refuse(u.User, "version %d", u.Version)
	}
	causes := 0
	for _, r := range u.Insert {
		key, err := u.key(r, true)
		if err != nil {
			return nil, err
		}
		if key.Kind == KindCause {
			causes++
		}
		keys = append(keys, key)
	}
	if causes == 0 {
		return nil, refuse(u.User, "a unit inserts at least one cause")
	}
	for _, r := range u.Put {
		key, err := u.key(r, false)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	for _, key := range u.Delete {
		if err := u.checkDelete(key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if key, twice := repeated(keys); twice {
		return nil, refuse(u.User, "%s %q is there twice", key.Kind, key.ID)
	}
	return keys, u.checkTakes()
}

// key checks one row of a unit and gives its key.
func (u *Unit) key(r Row, insert bool) (RowKey, error) {
	kind, meta, ok := inspect(r)
	if !ok {
		return RowKey{}, &Error{Op: "commit", ID: clip(u.User), Err: fmt.Errorf("%w: row of type %T", ErrUnsupported, r)}
	}
	if appendOnly(kind) != insert {
		return RowKey{}, refuse(u.User, "%s: causes and transfers are inserted, other rows are put", kind)
	}
	if len(meta) > 0 && !json.Valid(meta) {
		return RowKey{}, refuse(u.User, "%s: its meta is no JSON", kind)
	}
	key := r.Key()
	return key, u.checkKey(key)
}

// inspect names the kind of a row of this release that is not nil, and gives the JSON it carries for the application.
func inspect(r Row) (kind Kind, meta json.RawMessage, ok bool) {
	switch r := r.(type) {
	case *CauseRow:
		if r != nil && r.Event != nil {
			meta = r.Event.Event.Meta
		}
		return KindCause, meta, r != nil
	case *TaskRow:
		return KindTask, nil, r != nil
	case *TallyRow:
		return KindTally, nil, r != nil
	case *ValueRow:
		return KindValue, nil, r != nil
	case *EntitlementRow:
		return KindEntitlement, nil, r != nil
	case *RewardRow:
		if r != nil {
			meta = r.Meta
		}
		return KindReward, meta, r != nil
	case *CapRow:
		return KindCap, nil, r != nil
	case *TransferRow:
		return KindTransfer, nil, r != nil
	case *BalanceRow:
		return KindBalance, nil, r != nil
	default:
		return "", nil, false
	}
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
func repeated(keys []RowKey) (RowKey, bool) {
	if len(keys) <= keysFew {
		for i, a := range keys {
			for _, b := range keys[:i] {
				if a.ID == b.ID && a.Kind == b.Kind {
					return a, true
				}
			}
		}
		return RowKey{}, false
	}
	seen := make(map[RowKey]struct{}, len(keys))
	for _, k := range keys {
		if _, twice := seen[k]; twice {
			return k, true
		}
		seen[k] = struct{}{}
	}
	return RowKey{}, false
}

// validName reports whether s is 1 to limit bytes of UTF-8 without NUL.
func validName(s string, limit int) bool {
	return s != "" && len(s) <= limit && strings.IndexByte(s, 0) < 0 && utf8.ValidString(s)
}

func refuse(user, format string, args ...any) error {
	return &Error{Op: "commit", ID: clip(user), Err: fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))}
}
