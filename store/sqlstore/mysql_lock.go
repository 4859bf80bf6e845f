package sqlstore

import "context"

// bornElsewhere makes users that are not there yet, at version 0, and passes over those that other transactions are making,
// which it sees as long as it may see what is not committed: a plain insert would wait for them. In between somebody may begin
// to make one, and is waited for; that somebody has only just begun.
func (s *Store) bornElsewhere(ctx context.Context, on runner, users [][]any) error {
	if len(users) == 0 {
		return nil
	}
	p, args := s.build(shape{}, func(b *statement) {
		b.add("INSERT INTO ")
		b.table(usersTable)
		b.add(" (id, version) SELECT k.c1, 0 FROM ")
		b.rows("k", []class{text}, users)
		b.add(" LEFT JOIN ")
		b.table(usersTable)
		b.add(" t ON t.id = k.c1 WHERE t.id IS NULL")
		b.add(s.d.replaces("id"), s.table(usersTable), ".version = ", s.table(usersTable), ".version")
	})
	_, err := on.exec(ctx, p, args)
	return err
}

// lockAll locks users and then counters by one statement, and reads them. Both come in the order of their keys, in which they
// are named and in which the primary key is read.
func (s *Store) lockAll(ctx context.Context, on runner, users, names []string, skip bool) (map[string]int64, map[string]*counter, error) {
	p, args := s.build(shape{}, func(b *statement) {
		b.locking(usersTable, "0, id, version, 0", "id", users)
		if skip {
			b.add(s.d.skipLocked)
		}
		b.add(")")
		if len(names) > 0 {
			b.add(" UNION ALL ")
			b.locking(countersTable, "1, name, used, closed", "name", names)
			b.add(")")
		}
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	versions, counters := make(map[string]int64, len(users)), make(map[string]*counter, len(names))
	for rows.Next() {
		var what int
		var key string
		var n int64
		var closed bool
		if err := rows.Scan(&what, &key, &n, &closed); err != nil {
			return nil, nil, err
		}
		if what == 0 {
			versions[key] = n
		} else {
			counters[key] = &counter{used: n, closed: closed}
		}
	}
	return versions, counters, rows.Err()
}

func (b *statement) locking(table, columns, key string, keys []string) {
	b.add("(SELECT ", columns, " FROM ")
	b.table(table)
	b.add(b.s.d.byKey, " WHERE ", key, " IN (")
	b.list(len(keys), func(i int) { b.arg(text, keys[i]) })
	b.add(")", b.s.d.forUpdate)
}
