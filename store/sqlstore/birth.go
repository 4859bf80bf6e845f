package sqlstore

import (
	"context"
	"fmt"
	"strings"
)

// birthLocks is how many advisory locks of PostgreSQL stand for all the users that are being made: each user has one of them, by a
// hash of the name.
//
// All sessions of a server share one table of locks, with room for about as many as its connections would hold at 64 each, and nobody
// gets a lock when it is full. With a lock for each name seven batches of a thousand new users filled it; of these fifty fit, and of a
// hundred users as many as there are connections. Fewer locks would leave more room, but a transaction of a caller's that makes a user
// keeps out all that have the same lock: of other new users in a batch one in 256 is Moved, and another caller's transaction that makes
// one of these waits.
const birthLocks = 256

// birthClass tells these locks from those of others.
const birthClass = "720473118, "

// birthPatience is how long a statement of the store's own that has locked counters waits for somebody who makes the same user. If it
// had to wait for a counter it does not see a user who was made meanwhile, and whom a transaction of a caller's now has for as long
// as it lasts; the counter would be kept all that time. Instead it fails, and the next try sees the user.
const birthPatience = "50ms"

// birthKey is the second half of a birth's lock. Each table of users has keys of its own, under whatever name it is known.
func (s *Store) birthKey(id string) string {
	table := "'" + strings.ReplaceAll(s.table(usersTable), "'", "''") + "'"
	return fmt.Sprintf("((%s::regclass::oid::bigint & 8388607) * %d)::integer + (hashtext(%s) & %d)", table, birthLocks, id, birthLocks-1)
}

// births finds new: those of the absent whom no transaction of a caller's is making, which would hold the birth's lock until it ends.
// Units share it, and do not hinder each other.
func (b *statement) births(lock, when string) {
	if b.mute {
		return
	}
	b.add(",\nnew AS MATERIALIZED (SELECT id FROM (SELECT id, ", lock, "(", birthClass, b.s.birthKey("id"), ")::text AS got FROM absent", when,
		` ORDER BY id COLLATE "C") n WHERE got <> 'false')`)
}

// birthsByName is up to how many users are locked in the order of their names.
const birthsByName = 8

// lockNames holds the births of users that are not there until the transaction ends, so that commits of several users see that
// somebody is making them.
//
// A few are locked in the order of their names, as they are where they are made one by one. Of many names two transactions may well
// have several locks in common, of other names in another order, and would wait for each other: many are locked in the order of the keys.
func (t *bound) lockNames(ctx context.Context, users []string) error {
	of, order := shape{what: 'A'}, `id COLLATE "C"`
	if len(users) > birthsByName {
		of.count[0], order = 1, "key"
	}
	p, args := t.s.build(of, func(b *statement) {
		b.add("SELECT count(pg_advisory_xact_lock(", birthClass, "key)) FROM (SELECT g.id, ", t.s.birthKey("g.id"), " AS key FROM unnest(")
		b.array(text, users)
		b.add(") AS g(id) WHERE NOT EXISTS (SELECT FROM ")
		b.table(usersTable)
		b.add(" u WHERE u.id = g.id) ORDER BY ", order, ") AS new")
	})
	rows, err := t.on.query(ctx, p, args)
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}
