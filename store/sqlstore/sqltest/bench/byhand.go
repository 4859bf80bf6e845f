package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// byHand is the same event on the same tables as somebody would write it who has this one campaign: one read of the rows that
// matter, whole, and one write of the nine rows, gated by the user's version. It checks nothing and knows no rule; it is the limit
// of what a library over these tables can do.
type byHand struct {
	w     *world
	key   rule.Key // of the leaf, so that the engine can go on with the rows
	begin time.Time
	read  *sql.Stmt
	write *sql.Stmt
	take  *sql.Stmt // the write of an event that takes from a budget as well
	many  [2]string // read and write of many users
	// where a statement writes one table
	reading step
	steps   []step
	taking  step // the last one of an event that takes from a budget
}

// row is what the read gives.
type row struct {
	user                          string
	version, growth, seq, balance int64
	decided                       int64
}

func newByHand(ctx context.Context, w *world, server servers.Server) (*byHand, error) {
	h := &byHand{w: w, begin: now()}
	snap, err := w.st.Load(ctx, store.Request{Keys: []store.Key{{User: name(0), Parts: []store.Part{{Kind: store.KindTally, IDs: []string{store.TallyRowID("order")}}}}}})
	if err != nil {
		return nil, err
	}
	tally, ok := snap.States[0].Rows[0].(*store.TallyRow)
	if !ok || len(tally.Tally.Cells) != 1 {
		return nil, errors.New("no tally to begin with")
	}
	h.key = tally.Tally.Cells[0].Key
	if _, err := w.db.ExecContext(ctx, h.names("INSERT INTO {}counters (name, used, closed) VALUES ('by hand', 0, FALSE)")); err != nil {
		return nil, err
	}
	switch server.Dialect {
	case sqlstore.PostgreSQL:
		h.many = [2]string{h.names(readManyPostgreSQL), h.names(writeManyPostgreSQL)}
		return h, h.prepare(ctx)
	default:
		return h, h.stepwise(ctx, server.Dialect)
	}
}

// one gives what records an event of one user.
func (h *byHand) one(user func(client int, n int64) int) func(context.Context, int, int64) (int, error) {
	if h.steps != nil {
		return h.singleSteps(nil, user)
	}
	return h.single(h.write, user)
}

// hot gives what records an event of one user that takes from a budget which all of them share.
func (h *byHand) hot(user func(client int, n int64) int) func(context.Context, int, int64) (int, error) {
	if h.steps != nil {
		return h.singleSteps([]step{h.taking}, user)
	}
	return h.single(h.take, user)
}

// hundred records events of 100 users at once.
func (h *byHand) hundred(ctx context.Context, client int, n int64) (int, error) {
	if h.steps != nil {
		return h.batchSteps(ctx, client, n)
	}
	return h.batches(ctx, client, n)
}

// names puts the schema before the tables.
func (h *byHand) names(text string) string {
	if h.w.schema == "" {
		return strings.ReplaceAll(text, "{}", "guerdon_")
	}
	return strings.ReplaceAll(text, "{}", h.w.schema+".guerdon_")
}

func (h *byHand) prepare(ctx context.Context) error {
	for text, into := range map[string]**sql.Stmt{
		readPostgreSQL: &h.read, movePostgreSQL + writePostgreSQL: &h.write, takePostgreSQL + writePostgreSQL: &h.take,
	} {
		stmt, err := h.w.db.PrepareContext(ctx, h.names(text))
		if err != nil {
			return err
		}
		*into = stmt
	}
	return nil
}

const readPostgreSQL = `
SELECT u.version, t.sum, e.decided, b.value::text, b.seq, c.revision, c.hash, x.id, l.cells, i.value::text, i.seq, l.revision, e.used, e.live, e.cycles, e.blocked,
	t.level, t.growth, t.goal, t.times, t.finished, t.finishes, t.first, t.last, t.created, t.updated
FROM {}catalog c
LEFT JOIN {}users u ON u.id = $1
LEFT JOIN {}causes x ON x.user_id = $1 AND x.type = 'event' AND x.id = $2
LEFT JOIN {}tasks t ON t.user_id = $1 AND t.task = 'order' AND t.period = 0
LEFT JOIN {}tallies l ON l.user_id = $1 AND l.task = 'order'
LEFT JOIN {}entitlements e ON e.user_id = $1 AND e.reward = 'RS1'
LEFT JOIN {}balances b ON b.user_id = $1 AND b.kind = 'available' AND b.asset = 'points'
LEFT JOIN {}balances i ON i.user_id = $1 AND i.kind = 'issued' AND i.asset = 'points'`

const movePostgreSQL = `
WITH ok AS (UPDATE {}users SET version = version + 1 WHERE id = $1 AND version = $2 RETURNING id),`

// takePostgreSQL locks the user and then the budget, and takes from it if it has something left.
const takePostgreSQL = `
WITH u AS MATERIALIZED (SELECT id FROM {}users WHERE id = $1 AND version = $2 FOR UPDATE),
b AS MATERIALIZED (SELECT u.id FROM u CROSS JOIN {}counters c WHERE c.name = 'by hand' AND NOT c.closed AND c.used < 1000000000 FOR UPDATE OF c),
taken AS (UPDATE {}counters SET used = used + 1 FROM b WHERE name = 'by hand'),
ok AS (UPDATE {}users x SET version = x.version + 1 FROM b WHERE x.id = b.id RETURNING x.id),`

const writePostgreSQL = `
cause AS (INSERT INTO {}causes (user_id, type, id, hash, decided, revision, task, happened, growth, finish, time_given, accepted, ignored, event_revision, seq, arrived, outcome)
	SELECT id, 'event', $3, $4::bytea, $5::timestamptz, 1, 'order', $5, 1, FALSE, FALSE, TRUE, '', 1, $6, $5, $7::text::json FROM ok),
task AS (UPDATE {}tasks SET sum = $8, times = $8, last = $5, updated = $5 FROM ok WHERE user_id = id AND task = 'order' AND period = 0),
tally AS (UPDATE {}tallies SET cells = $9::text::json FROM ok WHERE user_id = id AND task = 'order'),
entitlement AS (UPDATE {}entitlements SET decided = $10::bigint, used = $10, live = $10 FROM ok WHERE user_id = id AND reward = 'RS1'),
record AS (INSERT INTO {}rewards (user_id, reward, n, status, asset, amount, revision, seq, event, made, claim, no_deduct, keep_rejected, claim_within, cycle, cycled, cap_group, moves)
	SELECT id, 'RS1', $10, 'granted', 'points', 1, 1, 1, $3, $5, FALSE, FALSE, FALSE, 0, 0, FALSE, '', $11::text::json FROM ok),
transfer AS (INSERT INTO {}transfers (user_id, cause, leg, debit, credit, asset, amount, actor, reason, made, seq, after)
	SELECT id, $12, 0, 'issued', 'available', 'points', 1, '', '', $5, $13::bigint, $14::text::numeric FROM ok),
available AS (UPDATE {}balances SET value = $14::text::numeric, seq = $13 FROM ok WHERE user_id = id AND kind = 'available' AND asset = 'points'),
issued AS (UPDATE {}balances SET value = -$14::text::numeric, seq = $13 FROM ok WHERE user_id = id AND kind = 'issued' AND asset = 'points')
SELECT id FROM ok`

const readManyPostgreSQL = `
SELECT u.id, u.version, t.sum, e.decided, b.value::text, b.seq, c.revision, c.hash, x.id, l.cells, i.value::text, i.seq, l.revision, e.used, e.live, e.cycles, e.blocked,
	t.level, t.growth, t.goal, t.times, t.finished, t.finishes, t.first, t.last, t.created, t.updated
FROM unnest((SELECT $1::text[]), (SELECT $2::text[])) AS k(id, event) CROSS JOIN {}catalog c
JOIN {}users u ON u.id = k.id
LEFT JOIN {}causes x ON x.user_id = k.id AND x.type = 'event' AND x.id = k.event
LEFT JOIN {}tasks t ON t.user_id = k.id AND t.task = 'order' AND t.period = 0
LEFT JOIN {}tallies l ON l.user_id = k.id AND l.task = 'order'
LEFT JOIN {}entitlements e ON e.user_id = k.id AND e.reward = 'RS1'
LEFT JOIN {}balances b ON b.user_id = k.id AND b.kind = 'available' AND b.asset = 'points'
LEFT JOIN {}balances i ON i.user_id = k.id AND i.kind = 'issued' AND i.asset = 'points'`

const writeManyPostgreSQL = `
WITH v AS (SELECT * FROM unnest((SELECT $1::text[]), (SELECT $2::bigint[]), (SELECT $3::text[]), (SELECT $4::bytea[]), (SELECT $6::bigint[]), (SELECT $7::text[]), (SELECT $8::bigint[]),
	(SELECT $9::text[]), (SELECT $10::bigint[]), (SELECT $12::text[]), (SELECT $13::bigint[]), (SELECT $14::text[])) AS v(id, version, event, hash, seq, outcome, growth, cells, n, cause, place, value)),
ok AS MATERIALIZED (UPDATE {}users u SET version = u.version + 1 FROM v WHERE u.id = v.id AND u.version = v.version RETURNING v.*),
cause AS (INSERT INTO {}causes (user_id, type, id, hash, decided, revision, task, happened, growth, finish, time_given, accepted, ignored, event_revision, seq, arrived, outcome)
	SELECT id, 'event', event, hash, $5::timestamptz, 1, 'order', $5, 1, FALSE, FALSE, TRUE, '', 1, seq, $5, outcome::json FROM ok),
task AS (UPDATE {}tasks t SET sum = ok.growth, times = ok.growth, last = $5, updated = $5 FROM ok WHERE t.user_id = id AND t.task = 'order' AND t.period = 0),
tally AS (UPDATE {}tallies t SET cells = ok.cells::json FROM ok WHERE t.user_id = id AND t.task = 'order'),
entitlement AS (UPDATE {}entitlements t SET decided = n, used = n, live = n FROM ok WHERE t.user_id = id AND t.reward = 'RS1'),
record AS (INSERT INTO {}rewards (user_id, reward, n, status, asset, amount, revision, seq, event, made, claim, no_deduct, keep_rejected, claim_within, cycle, cycled, cap_group, moves)
	SELECT id, 'RS1', n, 'granted', 'points', 1, 1, 1, event, $5, FALSE, FALSE, FALSE, 0, 0, FALSE, '', $11::text::json FROM ok),
transfer AS (INSERT INTO {}transfers (user_id, cause, leg, debit, credit, asset, amount, actor, reason, made, seq, after)
	SELECT id, cause, 0, 'issued', 'available', 'points', 1, '', '', $5, place, value::numeric FROM ok),
available AS (UPDATE {}balances t SET value = ok.value::numeric, seq = place FROM ok WHERE t.user_id = id AND t.kind = 'available' AND t.asset = 'points'),
issued AS (UPDATE {}balances t SET value = -ok.value::numeric, seq = place FROM ok WHERE t.user_id = id AND t.kind = 'issued' AND t.asset = 'points')
SELECT count(*) FROM ok`

// scan reads one row.
func scan(into func(...any) error, first ...any) (r row, err error) {
	var value, other, event, cells, cycles, blocked sql.NullString
	var revision, seq, complete, used, live, level, growth, goal, times, finishes int64
	var finished, begun, last, created, updated any // in whatever form the driver has
	var hash []byte
	err = into(append(first, &r.version, &r.growth, &r.decided, &value, &r.seq, &revision, &hash, &event, &cells, &other, &seq, &complete, &used, &live, &cycles, &blocked,
		&level, &growth, &goal, &times, &finished, &finishes, &begun, &last, &created, &updated)...)
	if err == nil && event.Valid {
		err = errors.New("recorded before")
	}
	if err == nil {
		whole, _, _ := strings.Cut(value.String, ".")
		r.balance, err = strconv.ParseInt(whole, 10, 64)
	}
	return r, err
}

// writing gives the parameters of the write, in the order of the statement.
func (h *byHand) writing(r row, event string) []any {
	n, at := r.decided+1, now()
	cells := fmt.Sprintf(`[{"key":"%016x","sum":%d}]`, uint64(h.key), r.growth+1)
	return []any{
		r.user, r.version, event, make([]byte, 32), at, (r.version + 1) * 1024,
		fmt.Sprintf(`{"tasks":[{"task":"order"}],"grants":[{"reward":"RS1","first":%d,"count":1}]}`, n), r.growth + 1, cells, n,
		`[{"seq":1,"status":"granted","time":"` + at.Format(time.RFC3339Nano) + `"}]`, "RS1." + strconv.FormatInt(n, 10) + "#1", r.seq + 1,
		strconv.FormatInt(r.balance+1, 10),
	}
}

// single records an event of one user by one of the writes.
func (h *byHand) single(write *sql.Stmt, user func(client int, n int64) int) func(context.Context, int, int64) (int, error) {
	return func(ctx context.Context, client int, n int64) (int, error) {
		for { // until nobody was in between
			ev := h.w.event(user(client, n), "order")
			r, err := scan(h.read.QueryRowContext(ctx, ev.User, ev.ID).Scan)
			if err != nil {
				return 0, err
			}
			r.user = ev.User
			var id string
			switch err := write.QueryRowContext(ctx, h.writing(r, ev.ID)...).Scan(&id); {
			case err == nil:
				return 1, nil
			case !errors.Is(err, sql.ErrNoRows):
				return 0, err
			}
		}
	}
}

// batches records events of 100 users at once.
func (h *byHand) batches(ctx context.Context, client int, n int64) (int, error) {
	events, users := make([]string, 100), make([]string, 100)
	byUser := map[string]string{}
	for i := range users {
		ev := h.w.event(h.w.spread(client, n*100+int64(i)), "order")
		users[i], events[i] = ev.User, ev.ID
		byUser[ev.User] = ev.ID
	}
	found, err := h.w.db.QueryContext(ctx, h.many[0], users, events)
	if err != nil {
		return 0, err
	}
	defer found.Close()
	var columns [14][]any
	for found.Next() {
		var user string
		r, err := scan(found.Scan, &user)
		if err != nil {
			return 0, err
		}
		r.user = user
		for i, v := range h.writing(r, byUser[user]) {
			columns[i] = append(columns[i], v)
		}
	}
	if err := found.Err(); err != nil {
		return 0, err
	}
	found.Close()
	args := make([]any, len(columns))
	for i, c := range columns {
		switch {
		case i == 4 || i == 10:
			args[i] = c[0]
		default:
			args[i] = typed(c)
		}
	}
	var written int
	if err := h.w.db.QueryRowContext(ctx, h.many[1], args...).Scan(&written); err != nil {
		return 0, err
	}
	if written != len(users) {
		return 0, fmt.Errorf("%d of %d users were written", written, len(users))
	}
	return written, nil
}

func typed(values []any) any {
	switch values[0].(type) {
	case string:
		return all[string](values)
	case int64:
		return all[int64](values)
	default:
		return all[[]byte](values)
	}
}

func all[T any](values []any) []T {
	list := make([]T, len(values))
	for i, v := range values {
		list[i] = v.(T)
	}
	return list
}
