package memory

import (
	"slices"

	"github.com/guerdon-go/guerdon/store"
)

// kinds are the kinds of rows; a row is kept in the map with the number its kind has here.
var kinds = [...]store.Kind{
	causes: store.KindCause, tasks: store.KindTask, tallies: store.KindTally, values: store.KindValue,
	entitlements: store.KindEntitlement, rewards: store.KindReward, caps: store.KindCap, transfers: store.KindTransfer,
	balances: store.KindBalance,
}

const (
	causes = iota
	tasks
	tallies
	values
	entitlements
	rewards
	caps
	transfers
	balances
)

// kindNumber is the place of a kind in kinds. store.Check has let pass only those.
func kindNumber(k store.Kind) int {
	for i := range kinds {
		if kinds[i] == k {
			return i
		}
	}
	return 0
}

// A user is one aggregate. It is guarded by the lock of its shard.
type user struct {
	version int64
	// rows are by kind and ID. Those of listed kinds are never changed, only replaced; the others are written over.
	rows [len(kinds)]map[string]store.Row
	// The user's entries in the indexes that begin with the user.
	causes, rewards, transfers index
}

// A change is what a unit does to one row; a nil row deletes. The row is the store's own if its kind is listed, else the
// caller's still.
type change struct {
	kind int
	id   string
	row  store.Row
}

// changes are those of a unit, with the rows copied that can be before any lock is taken: first Insert, then Put, then Delete. keys begin with theirs, in
// that order.
func changes(cs []change, u *store.Unit, keys []store.RowKey) []change {
	cs = slices.Grow(cs, len(u.Insert)+len(u.Put)+len(u.Delete))
	for _, rows := range [2][]store.Row{u.Insert, u.Put} {
		for _, r := range rows {
			key := &keys[len(cs)]
			kind := kindNumber(key.Kind)
			if listed(kind) {
				r = r.Clone()
			}
			cs = append(cs, change{kind, key.ID, r})
		}
	}
	for range u.Delete {
		key := &keys[len(cs)]
		cs = append(cs, change{kindNumber(key.Kind), key.ID, nil})
	}
	return cs
}

// write applies the changes of a unit whose version holds. sh.mu is held.
func (sh *shard) write(unit *store.Unit, cs []change) {
	u := sh.users[unit.User]
	if u == nil {
		u = new(user)
		sh.users[unit.User] = u
		sh.names.set(unit.User, nil)
	}
	u.version++
	for i := range cs {
		c := &cs[i]
		sh.reindex(u, c)
		rows := u.rows[c.kind]
		if c.row != nil && !listed(c.kind) {
			if old := rows[c.id]; old != nil && overwrite(old, c.row) {
				continue
			}
			c.row = c.row.Clone()
		}
		switch {
		case c.row == nil:
			delete(rows, c.id)
		case rows == nil:
			u.rows[c.kind] = map[string]store.Row{c.id: c.row}
		default:
			rows[c.id] = c.row
		}
	}
}

// once moves rows that are there several times behind the others, and gives how many stay. Few are compared pair by pair,
// which needs no memory.
func once(rows []store.Row) int {
	n := 0
	if len(rows) > 24 {
		seen := make(map[store.Row]struct{}, len(rows))
		for _, r := range rows {
			if _, twice := seen[r]; !twice {
				seen[r], rows[n] = struct{}{}, r
				n++
			}
		}
		return n
	}
	for _, r := range rows {
		if !slices.Contains(rows[:n], r) {
			rows[n] = r
			n++
		}
	}
	return n
}

// read gives the rows of the parts, the store's own. The lock of the shard is held.
func (u *user) read(parts []store.Part) []store.Row {
	room := 0
	for i := range parts {
		room += len(parts[i].IDs)
	}
	rows := make([]store.Row, 0, room)
	for i := range parts {
		p := &parts[i]
		if p.Index != "" {
			r := rangeOf(store.Query{Prefix: p.Prefix, After: p.After})
			rows = u.index(p.Index).rows(rows, r, p.Limit)
			continue
		}
		byID, from := u.rows[kindNumber(p.Kind)], len(rows)
		for _, id := range p.IDs {
			if row := byID[id]; row != nil {
				rows = append(rows, row)
			}
		}
		rows = rows[:from+once(rows[from:])]
	}
	return rows
}
