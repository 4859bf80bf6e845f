package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/guerdon-go/guerdon/store"
)

// single commits one unit on MariaDB in one round trip: a compound statement locks and compares the user, then the counters,
// and writes only if all passed, so that a refusal is no error. Locks last no longer than the server's work, which is what a hot
// budget waits for. What it found comes as a row when the transaction has ended. A unit that is too large for one statement goes
// another way, and Galera is not asked; see [script].
func (s *Store) single(ctx context.Context, on runner, w *writing, text string) (r store.Result, err error) {
	rows, err := on.query(ctx, &prepared{text: text, once: true}, nil)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	found := make([]*int64, 2+2*len(w.takes)) // whether it was written, the version, and what each counter held
	into := make([]any, len(found))
	for i := range found {
		into[i] = &found[i]
	}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return r, err
		}
		return r, errNoAnswer
	}
	if err := rows.Scan(into...); err != nil {
		return r, err
	}
	for rows.Next() { // the end of the compound statement comes after its row
	}
	if err := rows.Err(); err != nil {
		return r, err
	}
	return s.found(w, found), nil
}

// commitSingle tries to commit one unit in one round trip. Where the server cannot it is not ok, and nothing was done.
func (s *Store) commitSingle(ctx context.Context, w *writing) (results []store.Result, ok bool, err error) {
	server, err := s.flavour(ctx, pool{s})
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", errBegin, err)
	}
	if server != mariaDB || len(w.takes) > takesMost {
		return nil, false, nil
	}
	writes := &collected{}
	if err := s.writeUnit(ctx, writes, w); err != nil || writes.size > scriptMost {
		return nil, false, err
	}
	p, _ := s.build(shape{}, func(b *statement) { b.single(&w.units[0], w.takes, writes.texts) })
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", errBegin, err)
	}
	defer conn.Close() // it goes back to the pool
	a := allow(ctx, singleLeast, len(p.text))
	defer a.stop()
	r, err := s.single(a.waiting, onConn{conn}, w, a.within()+p.text)
	if err != nil {
		undo(ctx, conn, "ROLLBACK")
		return nil, false, s.settle(ctx, conn, &w.units[0], s.answer(ctx, a, err))
	}
	return []store.Result{r}, true, nil
}

// takesMost is how many counters a unit takes from in a compound statement. Each has variables in it, which the server finds by
// looking through all of them: for thousands that takes seconds.
const takesMost = 100

var errNoAnswer = errors.New("a compound statement yielded no row")

// found tells what became of a unit.
func (s *Store) found(w *writing, found []*int64) (r store.Result) {
	if done, version := found[0], found[1]; done != nil && *done == 1 {
		return r
	} else if version == nil || *version != w.units[0].Version {
		return store.Result{Moved: true}
	}
	for i, t := range w.takes {
		used, closed := found[2+2*i], found[3+2*i]
		switch {
		case used == nil || closed == nil: // as in takeUnit
			s.known.remove(t.Counter)
			return store.Result{Moved: true}
		case t.N > 0 && (*closed != 0 || t.N > t.Max-*used), t.N < 0 && t.N < -*used:
			exhausted(&r, t, *used, *closed != 0)
		}
	}
	return r
}

// writeUnit collects the statements that write what the only unit has.
func (s *Store) writeUnit(ctx context.Context, on runner, w *writing) error {
	for i, t := range tables {
		if err := s.writeRows(ctx, on, t, w.rows[i]); err != nil {
			return err
		}
		for _, key := range w.deletes[i] {
			if err := s.deleteRow(ctx, on, t, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// collected keeps the texts of statements instead of running them.
type collected struct {
	texts []string
	size  int
}

func (c *collected) exec(_ context.Context, p *prepared, _ []any) (int64, error) {
	c.texts, c.size = append(c.texts, p.text), c.size+len(p.text)
	return 0, nil
}

func (c *collected) query(context.Context, *prepared, []any) (Rows, error) {
	return nil, errors.New("sqlstore: rows of a statement that is not run")
}

// single writes the compound statement. The names of its variables are none of a column.
func (b *statement) single(u *store.Unit, takes []take, writes []string) {
	b.add("BEGIN NOT ATOMIC\nDECLARE g_done INT DEFAULT 0;\nDECLARE g_version BIGINT;\n")
	for i := range takes {
		b.addf("DECLARE g_used%d BIGINT;\nDECLARE g_closed%d INT;\n", i, i)
	}
	b.add("DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;\n", // a lock that took too long ends no transaction
		"SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\nSTART TRANSACTION;\n") // which locks no gaps
	if u.Version == 0 {
		b.add("INSERT INTO ")
		b.table(usersTable)
		b.add(" (id, version) VALUES (")
		b.arg(text, u.User)
		b.add(", 0)", b.s.d.replaces("id"), "version = ", b.s.table(usersTable), ".version;\n")
	}
	b.add("SELECT version INTO g_version FROM ")
	b.table(usersTable)
	b.add(" WHERE id = ")
	b.arg(text, u.User)
	b.add(" FOR UPDATE;\n")
	if len(takes) > 0 {
		b.addf("IF g_version = %d THEN\n", u.Version)
	}
	for i, t := range takes {
		b.addf("SELECT used, closed INTO g_used%d, g_closed%d FROM ", i, i)
		b.table(countersTable)
		b.add(" WHERE name = ")
		b.arg(text, t.Counter)
		b.add(" FOR UPDATE;\n")
	}
	if len(takes) > 0 {
		b.add("END IF;\n")
	}
	b.addf("IF g_version = %d", u.Version)
	for i, t := range takes {
		b.add(" AND ", allows(i, t))
	}
	b.add(" THEN\n")
	for i, t := range takes {
		b.add("UPDATE ")
		b.table(countersTable)
		b.addf(" SET used = g_used%d + %d, closed = g_closed%d OR ", i, t.N, i)
		b.arg(boolean, t.Close)
		b.add(" WHERE name = ")
		b.arg(text, t.Counter)
		b.add(";\n")
	}
	for _, text := range writes {
		b.add(text, ";\n")
	}
	b.add("UPDATE ")
	b.table(usersTable)
	b.addf(" SET version = %d WHERE id = ", u.Version+1)
	b.arg(text, u.User)
	b.add(";\nCOMMIT;\nSET g_done = 1;\nELSE ROLLBACK;\nEND IF;\nSELECT g_done, g_version")
	for i := range takes {
		b.addf(", g_used%d, g_closed%d", i, i)
	}
	b.add(";\nEND")
}

// allows is the condition that a counter can serve a take. NULL, where the counter is not there, is none.
func allows(i int, t take) string {
	used, n := "g_used"+strconv.Itoa(i), t.N
	switch {
	case n > 0 && t.Max < n, n == math.MinInt64: // no counter can
		return "0 = 1"
	case n > 0:
		return fmt.Sprintf("g_closed%d = 0 AND %s <= %d", i, used, t.Max-n)
	default:
		return fmt.Sprintf("%s >= %d", used, -n)
	}
}
