package galera

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/task"
)

// Orders of a few customers are written on all nodes at once, each in one transaction with its points and with what is left in
// stock, which is written behind the points. The cluster breaks such transactions off wherever they are: Do runs them again, and
// no part of one stands without the others.
func TestDo_anOrderAndItsPointsAreWholeOnAllNodes(t *testing.T) {
	const customers, orders, stock = 3, 20, 1000
	c := start(t)
	first := c.pool(1)
	for _, s := range []string{"CREATE TABLE orders (id VARCHAR(64) PRIMARY KEY, customer VARCHAR(64) NOT NULL)",
		"CREATE TABLE stock (one INT PRIMARY KEY, n INT NOT NULL)", fmt.Sprintf("INSERT INTO stock VALUES (1, %d)", stock)} {
		if _, err := first.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	var books []*sqlstore.Store
	var engines []*engine.Engine
	for node := range 3 {
		st, err := sqlstore.New(c.pool(node+1), sqlstore.MySQL, sqlstore.Options{})
		if err == nil {
			err = st.Migrate(t.Context())
		}
		e, engineErr := engine.New(st, engine.Options{})
		if err := errors.Join(err, engineErr); err != nil {
			t.Fatal(err)
		}
		books, engines = append(books, st), append(engines, e)
	}
	if _, err := engines[0].Put(t.Context(), engine.By{}, documents()...); err != nil {
		t.Fatal(err)
	}
	var buying sync.WaitGroup
	for node := range 3 {
		for who := range customers {
			buying.Go(func() {
				for n := range orders {
					o := task.Event{ID: fmt.Sprintf("order-%d-%d-%d", node, who, n), User: fmt.Sprint("customer-", who), Task: "visit"}
					for buy(t, books[node], engines[node], o) != nil && t.Context().Err() == nil { // busy now and then: the same order again
					}
				}
			})
		}
	}
	buying.Wait()
	retries := int64(0)
	for _, st := range books {
		retries += st.Stats().Retries
	}
	t.Logf("%d transactions were run again", retries)
	if retries == 0 {
		t.Error("nobody was in anybody's way: the test tests nothing")
	}
	const all = 3 * customers * orders
	for node := 1; node <= 3; node++ {
		db := c.pool(node, "wsrep_sync_wait=1")
		c.halves(node, db)
		for what, want := range map[string]int{
			"(SELECT COUNT(*) FROM orders)": all,
			"(SELECT n FROM stock)":         stock - all,
			"(SELECT COUNT(*) FROM orders o JOIN guerdon_causes c ON c.user_id = o.customer AND c.type = 'event' AND c.id = o.id)": all,
			"(SELECT COUNT(*) FROM guerdon_causes WHERE type = 'event')":                                                           all,
			"(SELECT COUNT(*) FROM guerdon_rewards WHERE reward = 'drop')":                                                         min(all, dropped),
		} {
			var n int
			if err := db.QueryRowContext(t.Context(), "SELECT "+what).Scan(&n); err != nil || n != want {
				t.Errorf("node %d: %s: %d, want %d (%v)", node, what, n, want, err)
			}
		}
	}
}

// buy writes an order, its points and the stock, or nothing.
func buy(t *testing.T, books *sqlstore.Store, e *engine.Engine, o task.Event) error {
	return books.Do(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), "INSERT INTO orders (id, customer) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = id", o.ID, o.User)
		if err != nil {
			return err
		}
		out, err := e.With(books.In(tx)).Record(t.Context(), o)
		if err != nil || out.Replay {
			return err
		}
		_, err = tx.ExecContext(t.Context(), "UPDATE stock SET n = n - ? WHERE one = 1", 1)
		return err
	})
}
