package sqlstore

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/guerdon-go/guerdon/store"
)

// A table keeps the rows of one kind. Its first column is the user's ID, which is not among the columns listed; the key
// follows, and is the row's ID.
type table struct {
	kind store.Kind
	name string
	// key are the columns that tell a user's rows apart, in the order of the parts of a row's ID.
	key []column
	// rest are the other columns.
	rest []column
	// write adds the values of a row: those of the key, then the rest.
	write func(store.Row, *values)
	// read makes the row of a user of what was scanned.
	read func(user string, c *cells) store.Row
	// once says that rows are inserted and never replaced.
	once bool
}

// columns are all but the user's ID.
func (t *table) columns() []column { return append(t.key[:len(t.key):len(t.key)], t.rest...) }

// width is how many columns a table has in each lane.
func (t *table) width() (w [lanes]int) {
	for _, c := range t.columns() {
		w[c.class.lane()]++
	}
	return w
}

// parse splits a row's ID into the values of the key. An ID that no row of the table can have is not ok: it must not reach the
// database, which may refuse it by an error that ends a caller's transaction.
func (t *table) parse(id string) (key []any, ok bool) {
	if len(id) > store.RowIDMax || !utf8.ValidString(id) {
		return nil, false
	}
	key = make([]any, 0, len(t.key))
	for i, c := range t.key {
		part := id
		if i < len(t.key)-1 {
			if part, id, ok = strings.Cut(id, "\x00"); !ok {
				return nil, false
			}
		}
		switch c.class {
		case integer:
			n, ok := store.ParseNumber(part)
			if !ok {
				return nil, false
			}
			key = append(key, n)
		case binary:
			b, ok := parseHash(part)
			if !ok {
				return nil, false
			}
			key = append(key, b)
		default:
			if strings.IndexByte(part, 0) >= 0 {
				return nil, false
			}
			key = append(key, part)
		}
	}
	return key, true
}

func parseHash(s string) ([]byte, bool) {
	if len(s) != 32 || strings.ToLower(s) != s {
		return nil, false
	}
	b := make([]byte, 0, 16)
	for ; len(s) > 0; s = s[2:] {
		n, err := strconv.ParseUint(s[:2], 16, 8)
		if err != nil {
			return nil, false
		}
		b = append(b, byte(n))
	}
	return b, true
}

// tableOf is the table of a kind, nil for a kind that has none.
func tableOf(kind store.Kind) *table {
	switch kind {
	case store.KindCause:
		return &causes
	case store.KindTask:
		return &tasks
	case store.KindTally:
		return &tallies
	case store.KindValue:
		return &tallyValues
	case store.KindEntitlement:
		return &entitlements
	case store.KindReward:
		return &rewards
	case store.KindCap:
		return &caps
	case store.KindTransfer:
		return &transfers
	case store.KindBalance:
		return &balances
	default:
		return nil
	}
}

// tables lists all tables in the order in which they are written.
func tables() []*table {
	return []*table{&causes, &transfers, &tasks, &tallies, &tallyValues, &entitlements, &rewards, &caps, &balances}
}

// An index is the columns that the keys of one of store's indexes are made of, in their order.
type index struct {
	table *table
	// columns of the keys. The user's ID is named here like any other.
	columns []column
	// only is the condition that rows of the index satisfy, in every dialect's SQL, or empty.
	only string
}

// userID is the first column of every user's rows.
const userID = "user_id"

// indexOf gives the columns of an index.
func indexOf(ix store.Index) index {
	user := column{userID, text}
	switch ix {
	case store.IndexCauseTask:
		return index{&causes, []column{user, {"task", text}, {"seq", integer}, {"id", text}}, "type = 'event' AND task IS NOT NULL"}
	case store.IndexRewardUser:
		return index{&rewards, []column{user, {"made", moment}, {"reward", text}, {"n", integer}}, ""}
	case store.IndexRewardReward:
		return index{&rewards, []column{{"reward", text}, {"made", moment}, user, {"n", integer}}, ""}
	case store.IndexRewardOpen:
		return index{&rewards, []column{{"made", moment}, user, {"reward", text}, {"n", integer}}, "status IN ('pending', 'claimable')"}
	default:
		return index{&transfers, []column{user, {"asset", text}, {"seq", integer}}, "seq <> 0"}
	}
}
