package migrate

import (
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// The causes of transfers lead to reward records, moves and events as the comment on the column says, also where the code of a reward
// has dots in it.
func TestTransfers_areJoinedAsTheirCommentSays(t *testing.T) {
	before := map[sqlstore.Dialect]string{
		sqlstore.PostgreSQL: `split_part(t.cause, '#', 1) = r.reward || '.' || r.n`,
		sqlstore.MySQL:      `substring_index(t.cause, '#', 1) = concat(r.reward, '.', r.n)`,
		sqlstore.SQLite:     `substr(t.cause, 1, instr(t.cause, '#') - 1) = r.reward || '.' || r.n`,
	}
	move := map[sqlstore.Dialect]string{
		sqlstore.PostgreSQL: `r.reward || '/' || r.n || '/' || split_part(t.cause, '#', 2)`,
		sqlstore.MySQL:      `concat(r.reward, '/', r.n, '/', substring_index(t.cause, '#', -1))`,
		sqlstore.SQLite:     `r.reward || '/' || r.n || '/' || substr(t.cause, instr(t.cause, '#') + 1)`,
	}
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			server.Need(t)
			_, schema, db := dsn(t, server)
			st := open(t, server, db, schema)
			if err := st.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			eng, err := engine.New(st, engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := eng.Put(t.Context(), engine.By{}, ledger.Asset{Code: "points"}, task.Config{Code: "order", Period: rule.Unlimited},
				reward.Config{Code: "R", Amount: ledger.Whole("points", 1), Rule: rule.Count("order", 1)},
				reward.Config{Code: "R.1", Amount: ledger.Whole("points", 1), Rule: rule.Count("order", 1)}); err != nil {
				t.Fatal(err)
			}
			for _, ev := range []task.Event{{ID: "1", User: "mei", Task: "order"}, {ID: "2", User: "mei", Task: "order"}, {ID: "1", User: "bo", Task: "order"}} {
				if _, err := eng.Record(t.Context(), ev); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := eng.Deduct(t.Context(), engine.By{}, reward.ID{User: "mei", Reward: "R.1", N: 2}); err != nil {
				t.Fatal(err)
			}
			join := strings.NewReplacer("{}", qualified(schema, ""), "{before}", before[server.Dialect], "{move}", move[server.Dialect]).Replace(`
SELECT count(*), count(c.id) FROM {}transfers t JOIN {}rewards r ON r.user_id = t.user_id AND {before}
LEFT JOIN {}causes c ON c.user_id = t.user_id AND (c.type = 'event' AND c.id = r.event AND t.cause LIKE '%#1' OR c.type = 'move' AND c.id = {move})`)
			var transfers, causes int
			if err := db.QueryRowContext(t.Context(), join).Scan(&transfers, &causes); err != nil {
				t.Fatal(err)
			}
			if transfers != 7 || causes != 7 {
				t.Errorf("%d transfers have a record, %d a cause, want 7 of each", transfers, causes)
			}
		})
	}
}
