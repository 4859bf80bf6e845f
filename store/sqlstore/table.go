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

	// What follows is worked out of the columns by newTable.

	// columns are all but the user's ID, and width is how many there are in each lane.
	columns []column
	width   [lanes]int
	// names and classes are of all columns, the user's ID first, and identity and others are the names of the key, the user's ID
	// first, and of the rest.
	names            []string
	classes          []class
	identity, others []string
}

// newTable completes a table.
func newTable(t table) *table {
	t.columns = append(t.key[:len(t.key):len(t.key)], t.rest...)
	t.names, t.classes = []string{userID}, []class{text}
	for _, c := range t.columns {
		t.width[c.class.lane()]++
		t.names, t.classes = append(t.names, c.name), append(t.classes, c.class)
	}
	t.identity, t.others = t.names[:1+len(t.key)], t.names[1+len(t.key):]
	return &t
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

// tables lists all tables in the order in which they are written.
var tables = [kinds]*table{causes, transfers, tasks, tallies, tallyValues, entitlements, rewards, caps, balances}

// kinds is how many tables have rows of users.
const kinds = 9

// tableOf is where the table of a kind stands in tables, negative for a kind that has none.
func tableOf(kind store.Kind) int {
	for i, t := range tables {
		if t.kind == kind {
			return i
		}
	}
	return -1
}

// kindOf is the kind of a row, empty for a type that is not known here.
func kindOf(r store.Row) store.Kind {
	switch r.(type) {
	case *store.CauseRow:
		return store.KindCause
	case *store.TaskRow:
		return store.KindTask
	case *store.TallyRow:
		return store.KindTally
	case *store.ValueRow:
		return store.KindValue
	case *store.EntitlementRow:
		return store.KindEntitlement
	case *store.RewardRow:
		return store.KindReward
	case *store.CapRow:
		return store.KindCap
	case *store.TransferRow:
		return store.KindTransfer
	case *store.BalanceRow:
		return store.KindBalance
	default:
		return ""
	}
}

// An index is the columns that the keys of one of store's indexes are made of, in their order.
type index struct {
	// name is that of the database's index, behind the prefix.
	name  string
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
		return index{"causes_task", causes, []column{user, {"task", text}, {"seq", integer}, {"id", text}}, "type = 'event' AND task IS NOT NULL"}
	case store.IndexRewardUser:
		return index{"rewards_user", rewards, []column{user, {"made", moment}, {"reward", text}, {"n", integer}}, ""}
	case store.IndexRewardReward:
		return index{"rewards_reward", rewards, []column{{"reward", text}, {"made", moment}, user, {"n", integer}}, ""}
	case store.IndexRewardOpen:
		return index{"rewards_open", rewards, []column{{"made", moment}, user, {"reward", text}, {"n", integer}}, "status IN ('pending', 'claimable')"}
	default:
		return index{"transfers_account", transfers, []column{user, {"asset", text}, {"seq", integer}}, "seq <> 0"}
	}
}
