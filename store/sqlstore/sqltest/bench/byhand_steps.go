package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// What is written by hand where a statement writes one table: a short transaction of prepared statements, the first of which
// compares and raises the version. The numbers are those of the parameters of [byHand.writing].
var steps = []string{
	`UPDATE {}users SET version = version + 1 WHERE id = $1 AND version = $2`,
	`INSERT INTO {}causes (user_id, type, id, hash, decided, revision, task, happened, growth, finish, time_given, accepted, ignored, event_revision, seq, arrived, outcome)
		VALUES ($1, 'event', $3, $4, $5, 1, 'order', $5, 1, 0, 0, 1, '', 1, $6, $5, $7)`,
	`UPDATE {}tasks SET sum = $8, times = $8, last = $5, updated = $5 WHERE user_id = $1 AND task = 'order' AND period = 0`,
	`UPDATE {}tallies SET cells = $9 WHERE user_id = $1 AND task = 'order'`,
	`UPDATE {}entitlements SET decided = $10, used = $10, live = $10 WHERE user_id = $1 AND reward = 'RS1'`,
	`INSERT INTO {}rewards (user_id, reward, n, status, asset, amount, revision, seq, event, made, claim, no_deduct, keep_rejected, claim_within, cycle, cycled, cap_group, moves)
		VALUES ($1, 'RS1', $10, 'granted', 'points', '1', 1, 1, $3, $5, 0, 0, 0, 0, 0, 0, '', $11)`,
	`INSERT INTO {}transfers (user_id, cause, leg, debit, credit, asset, amount, actor, reason, made, seq, after)
		VALUES ($1, $12, 0, 'issued', 'available', 'points', '1', '', '', $5, $13, $14)`,
	`UPDATE {}balances SET value = $14, seq = $13 WHERE user_id = $1 AND kind = 'available' AND asset = 'points'`,
	`UPDATE {}balances SET value = $15, seq = $13 WHERE user_id = $1 AND kind = 'issued' AND asset = 'points'`,
}

// taking takes from a budget. It is the last step, so that others wait for the budget no longer than for the COMMIT.
const taking = `UPDATE {}counters SET used = used + 1 WHERE name = 'by hand' AND closed = 0 AND used < 1000000000`

// A step is a prepared statement with the numbers of its parameters.
type step struct {
	stmt       *sql.Stmt
	parameters []int
}

// stepwise prepares the read and the steps for a database whose parameters are question marks.
func (h *byHand) stepwise(ctx context.Context, d sqlstore.Dialect) (err error) {
	reserved := strings.NewReplacer("::text", "", "::bigint", "")
	if d == sqlstore.MySQL {
		reserved = strings.NewReplacer("::text", "", "::bigint", "", " after)", " `after`)", "t.first", "CAST(t.first AS CHAR)", "t.last", "CAST(t.last AS CHAR)",
			"t.created", "CAST(t.created AS CHAR)", "t.updated", "CAST(t.updated AS CHAR)")
	}
	prepare := func(text string) (s step, err error) {
		text, s.parameters = questions(reserved.Replace(text))
		s.stmt, err = h.w.db.PrepareContext(ctx, h.names(text))
		return s, err
	}
	if h.reading, err = prepare(readPostgreSQL); err != nil {
		return err
	}
	for _, text := range steps {
		s, err := prepare(text)
		if err != nil {
			return fmt.Errorf("%w: %s", err, text)
		}
		h.steps = append(h.steps, s)
	}
	h.taking, err = prepare(taking)
	return err
}

// questions turns numbered parameters into question marks, and gives their numbers in order.
func questions(text string) (string, []int) {
	var out strings.Builder
	var numbers []int
	for {
		before, after, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String(), numbers
		}
		n := 0
		for len(after) > 0 && '0' <= after[0] && after[0] <= '9' {
			n, after = 10*n+int(after[0]-'0'), after[1:]
		}
		out.WriteByte('?')
		numbers, text = append(numbers, n), after
	}
}

func (s step) args(all []any) []any {
	args := make([]any, len(s.parameters))
	for i, n := range s.parameters {
		args[i] = all[n-1]
	}
	return args
}

// singleSteps records an event of one user, by the steps and more.
func (h *byHand) singleSteps(more []step, user func(client int, n int64) int) func(context.Context, int, int64) (int, error) {
	return func(ctx context.Context, client int, n int64) (int, error) {
		for range 1000 {
			ev := h.w.event(user(client, n), "order")
			done, err := h.event(ctx, ev.User, ev.ID, more)
			if err != nil && !strings.Contains(err.Error(), "Deadlock") {
				return 0, err
			}
			if done {
				return 1, nil
			}
		}
		return 0, errors.New("somebody was always in between")
	}
}

func (h *byHand) event(ctx context.Context, user, event string, more []step) (done bool, err error) {
	r, err := scan(h.reading.stmt.QueryRowContext(ctx, h.reading.args([]any{user, event})...).Scan)
	if err != nil {
		return false, err
	}
	r.user = user
	tx, err := h.w.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	done, err = h.inside(ctx, tx, r, event, more)
	if err != nil || !done {
		return false, err
	}
	return true, tx.Commit()
}

// inside writes the rows of one user's event. The first step and those after the usual ones may find that it must not be.
func (h *byHand) inside(ctx context.Context, tx *sql.Tx, r row, event string, more []step) (bool, error) {
	args := h.writing(r, event)
	args[4] = now().Format("2006-01-02 15:04:05.000000")
	args = append(args, "-"+args[13].(string))
	for i, s := range append(h.steps[:len(h.steps):len(h.steps)], more...) {
		result, err := tx.StmtContext(ctx, s.stmt).ExecContext(ctx, s.args(args)...)
		if err != nil {
			return false, err
		}
		if i == 0 || i >= len(h.steps) {
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				return false, err
			}
		}
	}
	return true, nil
}

// batchSteps records events of 100 users in one transaction, one after the other.
func (h *byHand) batchSteps(ctx context.Context, client int, n int64) (int, error) {
	tx, err := h.w.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	for i := range int64(100) {
		ev := h.w.event(h.w.spread(client, n*100+i), "order")
		r, err := scan(tx.StmtContext(ctx, h.reading.stmt).QueryRowContext(ctx, h.reading.args([]any{ev.User, ev.ID})...).Scan)
		if err != nil {
			return 0, err
		}
		r.user = ev.User
		if done, err := h.inside(ctx, tx, r, ev.ID, nil); err != nil || !done {
			return 0, errors.Join(err, errors.New("not written"))
		}
	}
	return 100, tx.Commit()
}
