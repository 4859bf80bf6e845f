package sqlstore

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/guerdon-go/guerdon/store"
)

// gated commits units with one statement of PostgreSQL: a SELECT over data-modifying WITH queries, each of which takes its rows
// only for units that passed those before it. The users are locked and compared first, then the counters, and then what passed
// is written. A unit that is refused has done nothing.
func (s *Store) gated(ctx context.Context, on runner, w *writing) ([]store.Result, error) {
	p, args := s.gatedStatement(w)
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	results := make([]store.Result, len(w.units))
	for i := range results {
		results[i].Moved = true
	}
	bad := map[string]counter{}
	var what, used int64
	var name string
	var closed bool
	for rows.Next() {
		if err := rows.Scan(&what, &name, &used, &closed); err != nil {
			return nil, err
		}
		switch what {
		case foundUser:
			i, _ := slices.BinarySearchFunc(w.units, name, byUser)
			results[i].Moved = false
		case foundCounter:
			bad[name] = counter{used: used, closed: closed}
		default: // it was there once, and is no more: somebody has put an older state of the database back
			s.known.remove(name)
			bad[name] = counter{changed: true}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	rows.Close()
	for _, t := range w.takes {
		if c, refused := bad[t.Counter]; refused && !results[t.unit].Moved {
			if results[t.unit].Moved = c.changed; !c.changed {
				exhausted(&results[t.unit], t, c.used, c.closed)
			}
		}
	}
	if err := s.movedMeanwhile(ctx, on, w, results); err != nil {
		return nil, err
	}
	return results, nil
}

// movedMeanwhile finds who is there now, of the users that were not and whose units are refused by a counter. A statement that waited
// for it, or for a birth, did not see them.
func (s *Store) movedMeanwhile(ctx context.Context, on runner, w *writing, results []store.Result) error {
	var users []string
	for i := range results {
		if len(results[i].Exhausted) > 0 && w.units[i].Version == 0 {
			users = append(users, w.units[i].User)
		}
	}
	if len(users) == 0 {
		return nil
	}
	there, err := s.withVersion(ctx, on, users)
	if _, landed := on.(onConn); err != nil && landed { // the other units hold, and these were not written anyhow
		there, err = users, nil
	}
	for _, user := range there {
		i, _ := slices.BinarySearchFunc(w.units, user, byUser)
		results[i] = store.Result{Moved: true}
	}
	return err
}

// withVersion finds the users that have one.
func (s *Store) withVersion(ctx context.Context, on runner, users []string) (there []string, err error) {
	p, args := s.build(shape{what: 'n'}, func(b *statement) {
		b.add("SELECT id FROM ")
		b.table(usersTable)
		b.add(" WHERE version > 0 AND id = ANY (ARRAY(SELECT id FROM unnest(")
		b.array(text, users)
		b.add(") AS g(id)))")
	})
	rows, err := on.query(ctx, p, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var user string
		if err := rows.Scan(&user); err != nil {
			return nil, err
		}
		there = append(there, user)
	}
	return there, rows.Err()
}

func byUser(u store.Unit, user string) int { return strings.Compare(u.User, user) }

// What a row of the statement's answer is: a user whose unit is not Moved, a counter that refused units, or one that is not there.
const (
	foundUser = iota
	foundCounter
	missingCounter
)

func (s *Store) gatedStatement(w *writing) (*prepared, []any) {
	of := shape{what: 'C'}
	if len(w.units) == 1 {
		of.what = '1'
		if w.units[0].Version == 0 {
			of.what = '0'
		}
	}
	for i := range w.rows {
		of.count[i] = s.form(len(w.rows[i]))
	}
	for i := range w.slots {
		slot := &w.slots[i]
		slot.settle(&s.variety)
		of.what, of.varies[i] = 'c', slot.varies
		of.slots[i] = uint8(slot.table) + 1
	}
	of.count[9] = s.form(len(w.takes))
	if slices.ContainsFunc(w.deletes[:], func(keys [][]any) bool { return len(keys) > 0 }) {
		of = shape{} // seldom
	}
	return s.build(of, func(b *statement) {
		switch {
		case len(w.takes) == 0 && len(w.units) == 1:
			b.moveOne(w)
		default:
			b.lockUsers(w)
			b.moveAll(w)
		}
		if len(w.takes) > 0 {
			b.takeCounters()
		}
		if w.slots != nil {
			b.besideOthers(w)
			b.writeSlots(w.slots)
		}
		for i, t := range tables {
			if len(w.rows[i]) > 0 {
				b.add(",\nw", strconv.Itoa(i), " AS (")
				b.write(t, w.rows[i], len(w.units) == 1)
				b.add(")")
			}
			if len(w.deletes[i]) > 0 {
				b.add(",\nd", strconv.Itoa(i), " AS (")
				b.remove(t, w.deletes[i])
				b.add(")")
			}
		}
		b.addf("\nSELECT %d, id, 0::bigint, FALSE FROM ok", foundUser)
		if len(w.takes) > 0 {
			b.addf(" UNION ALL SELECT %d, id, 0, FALSE FROM refused UNION ALL SELECT what, name, used, closed FROM bad", foundUser)
		}
	})
}

// moveOne compares and moves on the version of one user who takes nothing from counters: ok has its row if it held.
func (b *statement) moveOne(w *writing) {
	u := &w.units[0]
	if u.Version == 0 { // not seen before, or made by a transaction that then wrote nothing
		b.add("WITH ok AS (INSERT INTO ")
		b.table(usersTable)
		b.add(" AS u (id, version) SELECT ")
		b.arg(text, u.User)
		b.add(", 1 WHERE ")
		b.patience(w.patience)
		b.add(" ON CONFLICT (id) DO UPDATE SET version = 1 WHERE u.version = 0 RETURNING u.id)")
		return
	}
	b.add("WITH ok AS (UPDATE ")
	b.table(usersTable)
	b.add(" SET version = version + 1 WHERE id = ")
	b.arg(text, u.User)
	b.add(" AND version = ")
	b.arg(integer, u.Version)
	b.add(" AND ")
	b.patience(w.patience)
	b.add(" RETURNING id)")
}

// lockUsers finds the users whose version holds, and the counters they take from: old are there and locked, absent are not there,
// and those of the absent who may be made are new. Of several units a row that somebody else has locked is passed over, and so is a
// user whom a caller's transaction may be making. A single one waits.
//
// A single unit sees to its user first. Several see to births last, when they have their counters: they only try, so that no order is
// needed, and while they wait for a counter they keep nobody who has it from making a user.
func (b *statement) lockUsers(w *writing) {
	single, takes, skip := len(w.units) == 1, len(w.takes) > 0, " SKIP LOCKED"
	if single {
		skip = ""
	}
	b.add("WITH g AS (")
	b.versions(w)
	b.add("),\nold AS MATERIALIZED (SELECT u.id FROM g JOIN ")
	b.table(usersTable)
	b.add(" u ON u.id = g.id AND u.version = g.version ORDER BY u.id FOR UPDATE OF u", skip, "),\n",
		"absent AS MATERIALIZED (SELECT g.id FROM g WHERE g.version = 0 AND NOT EXISTS (SELECT FROM ")
	b.table(usersTable)
	b.add(" u WHERE u.id = g.id))")
	switch {
	case single:
		b.births("pg_advisory_xact_lock_shared", "")
		b.gateCounters(w, "new")
	case takes:
		b.gateCounters(w, "absent")
		b.births("pg_try_advisory_xact_lock_shared", " WHERE (SELECT count(*) FROM bad) >= 0") // which is found first
	default:
		b.births("pg_try_advisory_xact_lock_shared", "")
	}
	if takes { // who was passed over is Moved, whatever the counters have
		b.add(",\nrefused AS MATERIALIZED (SELECT DISTINCT t.id FROM t JOIN bad ON bad.name = t.name",
			" WHERE t.id IN (SELECT id FROM old UNION ALL SELECT id FROM new))")
	}
}

// versions are the users of units with the versions they are to have. Whatever is waited for is waited for behind them.
func (b *statement) versions(w *writing) {
	if u := &w.units[0]; len(w.units) == 1 {
		b.add("SELECT ")
		b.arg(text, u.User)
		b.add(" AS id, ")
		b.arg(integer, u.Version)
		b.add(" AS version WHERE ")
		b.patience(w.patience)
		return
	}
	users, versions := make([]string, len(w.units)), make([]int64, len(w.units))
	for i := range w.units {
		users[i], versions[i] = w.units[i].User, w.units[i].Version
	}
	b.add("SELECT * FROM unnest(")
	b.array(text, users)
	b.add(", ")
	b.array(integer, versions)
	b.add(") AS g(id, version) WHERE (SELECT ") // once
	b.patience(w.patience)
	b.add(")")
}

// patience is true, and says how long the statement waits for each lock from then on; nil leaves that as it is.
func (b *statement) patience(long any) {
	b.add("set_config('lock_timeout', coalesce(")
	b.arg(text, long)
	b.add(", current_setting('lock_timeout')), TRUE) > ''")
}

// gateCounters locks the counters in the order of their names, once the old users and the unborn are there, and finds those that
// cannot give what is asked of them: bad.
func (b *statement) gateCounters(w *writing, unborn string) {
	rows := make([][]any, len(w.takes))
	for i, t := range w.takes {
		rows[i] = []any{w.units[t.unit].User, t.Counter, t.N, max(0, t.Max), t.Close}
	}
	b.add(",\nheld AS MATERIALIZED (SELECT id FROM old UNION ALL SELECT id FROM ", unborn, "),\n",
		"t AS MATERIALIZED (SELECT c1 AS id, c2 AS name, c3 AS n, c4 AS most, c5 AS closes FROM ")
	b.rows("r", []class{text, text, integer, integer, boolean}, rows)
	b.add(" JOIN held ON held.id = c1),\nc AS MATERIALIZED (SELECT name, used, closed FROM ")
	b.table(countersTable)
	b.add(" WHERE name = ANY (ARRAY(SELECT name FROM t)) ORDER BY name FOR UPDATE),\n",
		"bad AS MATERIALIZED (SELECT CASE WHEN c.name IS NULL THEN ", strconv.Itoa(missingCounter), " ELSE ", strconv.Itoa(foundCounter), " END AS what,",
		" d.name, coalesce(c.used, 0) AS used, coalesce(c.closed, FALSE) AS closed FROM (SELECT name,",
		" coalesce(sum(n) FILTER (WHERE n > 0), 0) AS up, coalesce(sum(n) FILTER (WHERE n < 0), 0) AS down,",
		" min(most) FILTER (WHERE n > 0) AS most, bool_or(closes) AND count(*) > 1 AS closing FROM t GROUP BY name) d LEFT JOIN c ON c.name = d.name",
		" WHERE c.name IS NULL OR d.up > 0 AND (c.closed OR d.closing OR c.used + d.up > d.most) OR c.used + d.down < 0)")
}

// takeCounters writes what the units that moved on take.
func (b *statement) takeCounters() {
	b.add(",\ntaken AS (UPDATE ")
	b.table(countersTable)
	b.add(" x SET used = c.used + s.n, closed = c.closed OR s.closes FROM (SELECT t.name, sum(t.n)::bigint AS n, bool_or(t.closes) AS closes",
		" FROM t JOIN ok ON ok.id = t.id GROUP BY t.name) s JOIN c ON c.name = s.name WHERE x.name = c.name)")
}

// moveAll moves the versions of the users on whose units are not refused: ok. One who was made by somebody else meanwhile is not
// among them.
func (b *statement) moveAll(w *writing) {
	const refused = " IN (SELECT id FROM refused)" // which is hashed, where a join of so few as PostgreSQL expects would compare each with each
	takes := len(w.takes) > 0
	b.add(",\nmoved AS (UPDATE ")
	b.table(usersTable)
	b.add(" u SET version = u.version + 1 FROM old WHERE u.id = old.id")
	if takes {
		b.add(" AND NOT old.id", refused)
	}
	b.add(" RETURNING u.id),\nmade AS (INSERT INTO ")
	b.table(usersTable)
	b.add(" (id, version) SELECT id, 1 FROM new")
	if takes { // in this order: what tells who is refused has waited for counters
		b.add(" WHERE CASE WHEN id", refused, " THEN FALSE ELSE ")
		b.patience(w.haste)
		b.add(" END")
	}
	b.add(` ORDER BY id COLLATE "C" ON CONFLICT (id) DO NOTHING RETURNING id),`, "\nok AS (SELECT id FROM moved UNION ALL SELECT id FROM made)")
}

// write inserts rows of the units that passed, or replaces them. The first parameter of a statement for one unit is its user.
func (b *statement) write(t *table, rows [][]any, single bool) {
	classes := t.classes
	b.add("INSERT INTO ")
	b.table(t.name)
	b.add(" (")
	b.names(t.names...)
	switch b.add(") SELECT "); {
	case single && len(rows) == 1:
		b.add("ok.id")
		for i, c := range classes[1:] {
			b.add(", ")
			b.arg(c, rows[0][i+1])
			b.add(written("", c))
		}
		b.add(" FROM ok")
	case single:
		own := make([][]any, len(rows))
		for i := range rows {
			own[i] = rows[i][1:]
		}
		b.add("ok.id")
		b.converted(classes[1:])
		b.add(" FROM ok, ")
		b.rows("r", classes[1:], own)
	default:
		b.add("ok.id")
		for i, c := range classes[1:] {
			b.add(", ", written("r.c"+strconv.Itoa(i+2), c))
		}
		b.add(" FROM ")
		b.rows("r", classes, rows)
		b.add(" JOIN ok ON ok.id = r.c1")
	}
	if !t.once {
		b.replace(t.identity, t.others)
	}
}

// converted writes the columns of rows as what their columns of a table are.
func (b *statement) converted(classes []class) {
	for i, c := range classes {
		b.add(", ", written("r.c"+strconv.Itoa(i+1), c))
	}
}

// remove deletes rows of the units that passed.
func (b *statement) remove(t *table, keys [][]any) {
	b.add("DELETE FROM ")
	b.table(t.name)
	b.add(" t USING ok, ")
	places := b.rows("r", t.classes[:len(t.identity)], keys)
	b.add(" WHERE ok.id = t.")
	b.name(userID)
	b.add(" AND t.")
	b.name(userID)
	b.add(" = ", places[0])
	for i, c := range t.key {
		b.add(" AND t.")
		b.name(c.name)
		b.add(" = ", places[i+1])
	}
}
