package galera

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
)

// check compares the nodes with each other and with what must have come of the events.
func (c *cluster) check(e *engine.Engine) {
	c.t.Helper()
	var first map[string]string
	for node := 1; node <= 3; node++ {
		db := c.pool(node, "wsrep_sync_wait=1") // reads wait until the node has what the others have
		c.counts(node, db)
		c.halves(node, db)
		got := c.digest(db)
		if node == 1 {
			first = got
		}
		for table, sum := range got {
			if sum != first[table] {
				c.t.Errorf("node %d and node 1 differ in %s: %s and %s", node, table, sum, first[table])
			}
		}
	}
	c.books(e)
}

// counts wants each event once, each completion once, each budget used up and as many records as its counter says.
func (c *cluster) counts(node int, db *sql.DB) {
	c.t.Helper()
	for _, n := range []struct {
		what, query string
		want        int
	}{
		{"events", "SELECT COUNT(*) FROM guerdon_causes WHERE type = 'event'", users * visits},
		{"users", "SELECT COUNT(*) FROM guerdon_users WHERE version > 0", users},
		{"completions", "SELECT SUM(times) FROM guerdon_tasks", users * visits},
		{"drops", "SELECT COUNT(*) FROM guerdon_rewards WHERE reward = 'drop' AND status = 'granted'", dropped},
		{"prizes", "SELECT COUNT(*) FROM guerdon_rewards WHERE reward = 'prize' AND status = 'granted'", prizes},
		{"users with a prize", "SELECT COUNT(DISTINCT user_id) FROM guerdon_rewards WHERE reward = 'prize'", prizes},
		{"thirds", "SELECT COUNT(*) FROM guerdon_rewards WHERE reward = 'third' AND status = 'granted'", users * (visits / 3)},
		{"what counters hold", "SELECT SUM(used) FROM guerdon_counters", dropped + prizes},
		{"what users have", "SELECT SUM(value) FROM guerdon_balances WHERE kind = 'available'", dropped + 100*prizes + users*(visits/3)},
	} {
		var got decimal.NullDecimal
		if err := db.QueryRowContext(c.t.Context(), n.query).Scan(&got); err != nil {
			c.t.Fatal(err)
		}
		if !got.Decimal.Equal(decimal.NewFromInt(int64(n.want))) {
			c.t.Errorf("node %d: %s: %s, want %d", node, n.what, got.Decimal, n.want)
		}
	}
}

// halves wants each unit whole: a record of an event's has its cause, its transfer and its entitlement.
func (c *cluster) halves(node int, db *sql.DB) {
	c.t.Helper()
	for what, query := range map[string]string{
		"records without their event": `SELECT COUNT(*) FROM guerdon_rewards r LEFT JOIN guerdon_causes c
			ON c.user_id = r.user_id AND c.type = 'event' AND c.id = r.event WHERE c.id IS NULL`,
		"records and transfers": `SELECT (SELECT COUNT(*) FROM guerdon_rewards) - (SELECT COUNT(*) FROM guerdon_transfers)`,
		"entitlements that differ from the records": `SELECT COUNT(*) FROM guerdon_entitlements e WHERE e.live <>
			(SELECT COUNT(*) FROM guerdon_rewards r WHERE r.user_id = e.user_id AND r.reward = e.reward)`,
		"completions that differ from the events": `SELECT COUNT(*) FROM guerdon_tasks t WHERE t.times <>
			(SELECT COUNT(*) FROM guerdon_causes c WHERE c.user_id = t.user_id AND c.task = t.task)`,
	} {
		var n int
		if err := db.QueryRowContext(c.t.Context(), query).Scan(&n); err != nil {
			c.t.Fatal(err)
		}
		if n != 0 {
			c.t.Errorf("node %d: %s: %d", node, what, n)
		}
	}
}

// digest is a hash of all rows of each table.
func (c *cluster) digest(db *sql.DB) map[string]string {
	c.t.Helper()
	sums := map[string]string{}
	for _, table := range []string{
		"users", "causes", "tasks", "tallies", "tally_values", "entitlements", "rewards", "caps", "transfers", "balances", "counters",
		"documents", "catalog", "schema_versions",
	} {
		rows, err := db.QueryContext(c.t.Context(), "SELECT * FROM guerdon_"+table+"")
		if err != nil {
			c.t.Fatal(err)
		}
		sums[table] = c.sum(rows)
	}
	return sums
}

func (c *cluster) sum(rows *sql.Rows) string {
	c.t.Helper()
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		c.t.Fatal(err)
	}
	values, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			c.t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(values))
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d rows, %x", len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))))
}

// books audits the ledger of each user, and wants the records to be numbered without two of a number.
func (c *cluster) books(e *engine.Engine) {
	c.t.Helper()
	for u := range users {
		user := fmt.Sprintf("用户%02d", u)
		balances, err := e.Balances(c.t.Context(), user)
		if err != nil {
			c.t.Fatal(err)
		}
		var failed error
		if err := ledger.Audit(transfers(c, e, user, &failed), balances); err != nil || failed != nil {
			c.t.Errorf("the books of %s: %v, %v", user, err, failed)
		}
		seen := map[reward.ID]bool{}
		for r, err := range e.Rewards(c.t.Context(), reward.Query{User: user}) {
			if err != nil {
				c.t.Fatal(err)
			}
			if seen[r.ID] {
				c.t.Errorf("the record %v is listed twice", r.ID)
			}
			seen[r.ID] = true
		}
	}
}

func transfers(c *cluster, e *engine.Engine, user string, failed *error) iter.Seq[ledger.Transfer] {
	return func(yield func(ledger.Transfer) bool) {
		for line, err := range e.Statement(c.t.Context(), user, "points") {
			if err != nil {
				*failed = err
				return
			}
			if !yield(line.Transfer) {
				return
			}
		}
	}
}
