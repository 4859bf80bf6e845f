package memory

import "github.com/guerdon-go/guerdon/store"

// An index is built when it is first read and kept up from then on. Most are never read, as those of a user whom nobody
// looks at, and cost a commit nothing. The zero index is not built.
type index struct {
	built   bool
	entries ordered
}

// replace takes the entry of the old row out and puts that of the new one in; either may be nil.
func (x *index) replace(name store.Index, old, row store.Row) {
	if !x.built {
		return
	}
	key := ""
	if row != nil {
		key = store.IndexKey(name, row)
	}
	if old != nil {
		if was := store.IndexKey(name, old); was != "" && was != key {
			x.entries.del(was)
		}
	}
	if key != "" {
		x.entries.set(key, row)
	}
}

// add puts in what rows have in the index.
func (x *index) add(name store.Index, rows map[string]store.Row) {
	for _, row := range rows {
		if key := store.IndexKey(name, row); key != "" {
			x.entries.set(key, row)
		}
	}
}

// reindex brings the built indexes of a row's kind to its new form, before it is in its map. Causes and transfers have no
// old form. sh.mu is held.
func (sh *shard) reindex(u *user, c *change) {
	switch c.kind {
	case causes:
		u.causes.replace(store.IndexCauseTask, nil, c.row)
	case rewards:
		if !u.rewards.built && !sh.rewards.built && !sh.open.built {
			return
		}
		old := u.rows[rewards][c.id]
		u.rewards.replace(store.IndexRewardUser, old, c.row)
		sh.rewards.replace(store.IndexRewardReward, old, c.row)
		sh.open.replace(store.IndexRewardOpen, old, c.row)
	case transfers:
		u.transfers.replace(store.IndexTransferAccount, nil, c.row)
	}
}

// index gives the entries of an index that does not begin with the user, built if need be. sh.mu is held.
func (sh *shard) index(name store.Index) *ordered {
	x := &sh.rewards
	if name == store.IndexRewardOpen {
		x = &sh.open
	}
	if !x.built {
		x.built = true
		for _, u := range sh.users {
			x.add(name, u.rows[rewards])
		}
	}
	return &x.entries
}

// index gives the user's entries of an index that begins with the user, built if need be. The lock of the shard is held.
func (u *user) index(name store.Index) *ordered {
	x, kind := &u.transfers, transfers
	switch name {
	case store.IndexCauseTask:
		x, kind = &u.causes, causes
	case store.IndexRewardUser:
		x, kind = &u.rewards, rewards
	}
	if !x.built {
		x.built = true
		x.add(name, u.rows[kind])
	}
	return &x.entries
}
