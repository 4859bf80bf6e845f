package memory

import (
	"slices"

	"github.com/guerdon-go/guerdon/store"
)

// kinds are the kinds of rows; a row is kept in the map with the number its kind has here.
var kinds = [...]store.Kind{
	store.KindCause, store.KindTask, store.KindTally, store.KindValue, store.KindEntitlement, store.KindReward,
	store.KindCap, store.KindTransfer, store.KindBalance,
}

// kindNumber is the place of a kind in kinds. store.Check has let pass only those.
func kindNumber(k store.Kind) int {
	for i, have := range kinds {
		if have == k {
			return i
		}
	}
	return 0
}

// A user is one aggregate. It is guarded by the lock of its shard.
type user struct {
	version int64
	// rows are by kind and ID. A row is never changed, only replaced: readers copy it after the lock.
	rows [len(kinds)]map[string]store.Row
	// The user's entries in the indexes that begin with the user.
	causes, rewards, transfers ordered
}

// A change is what a unit does to one row; a nil row deletes.
type change struct {
	kind int
	id   string
	row  store.Row
}

// changes copies a unit's rows, before any lock is taken: first Insert, then Put, then Delete. keys begin with theirs, in
// that order.
func changes(cs []change, u *store.Unit, keys []store.RowKey) []change {
	cs = slices.Grow(cs, len(u.Insert)+len(u.Put)+len(u.Delete))
	for _, rows := range [2][]store.Row{u.Insert, u.Put} {
		for _, r := range rows {
			key := &keys[len(cs)]
			cs = append(cs, change{kindNumber(key.Kind), key.ID, r.Clone()})
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
	for _, c := range cs {
		old := u.rows[c.kind][c.id]
		sh.reindex(u, old, c.row)
		switch {
		case c.row == nil:
			delete(u.rows[c.kind], c.id)
		case u.rows[c.kind] == nil:
			u.rows[c.kind] = map[string]store.Row{c.id: c.row}
		default:
			u.rows[c.kind][c.id] = c.row
		}
	}
}

// reindex takes a row's old entries out and puts its new ones in. sh.mu is held.
func (sh *shard) reindex(u *user, old, row store.Row) {
	var entries []store.Entry
	if row != nil {
		entries = row.Index()
	}
	if old != nil {
		for _, e := range old.Index() {
			if !has(entries, e) {
				sh.index(u, e.Index).del(e.Key)
			}
		}
	}
	for _, e := range entries {
		sh.index(u, e.Index).set(e.Key, row)
	}
}

func has(entries []store.Entry, e store.Entry) bool {
	for _, other := range entries {
		if other == e {
			return true
		}
	}
	return false
}

// index is where entries of an index are kept: with the user or with the shard.
func (sh *shard) index(u *user, ix store.Index) *ordered {
	switch ix {
	case store.IndexRewardReward:
		return &sh.rewards
	case store.IndexRewardOpen:
		return &sh.open
	default:
		return u.index(ix)
	}
}

// index is the user's entries of an index that begins with the user.
func (u *user) index(ix store.Index) *ordered {
	switch ix {
	case store.IndexCauseTask:
		return &u.causes
	case store.IndexRewardUser:
		return &u.rewards
	default:
		return &u.transfers
	}
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
		byID := u.rows[kindNumber(p.Kind)]
		for _, id := range p.IDs {
			if row := byID[id]; row != nil {
				rows = append(rows, row)
			}
		}
	}
	return rows
}
