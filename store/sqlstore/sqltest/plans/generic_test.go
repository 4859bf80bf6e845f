package plans

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// PostgreSQL keeps one plan for a statement after a few uses, unless its parameters would be planned anew each time.
func TestPostgreSQL_keepsGenericPlans(t *testing.T) {
	db, _ := pool(t, servers.PostgreSQL)
	schema := servers.PostgreSQL.Schema(t, db)
	st := servers.PostgreSQL.Migrated(t, db, schema)
	eng := shop(t, st)
	for _, table := range tableNames() { // news of the tables' sizes in the middle would have plans compared again
		if _, err := db.ExecContext(t.Context(), "ALTER TABLE "+schema+".guerdon_"+table+" SET (autovacuum_enabled = false)"); err != nil {
			t.Fatal(err)
		}
	}
	record := func(name string, times int) {
		t.Helper()
		for _, code := range []string{"order", "rare"} {
			for _, users := range []int{1, 100} {
				for i := range times {
					if _, err := eng.RecordBatch(t.Context(), events(code, fmt.Sprint(name, code, users, "-", i), users)...); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	record("first", 15)
	before := planned(t, db)
	record("then", 10)
	kept := 0
	for statement, after := range planned(t, db) {
		if after.generic-before[statement].generic < 10 {
			continue // not one of an event's
		}
		if kept++; after.custom > before[statement].custom {
			t.Errorf("planned anew %d more times:\n%s", after.custom-before[statement].custom, statement)
		}
	}
	if kept < 8 {
		t.Errorf("only %d statements are kept", kept)
	}
}

// Whoever asks for pages of a size of their own asks in few texts: a driver keeps some hundreds, each with a plan in the server.
func TestPostgreSQL_keepsFewTextsOfPages(t *testing.T) {
	db, _ := pool(t, servers.PostgreSQL)
	st := servers.PostgreSQL.Migrated(t, db, servers.PostgreSQL.Schema(t, db))
	must := musting(t)
	for limit := 1; limit <= 300; limit++ {
		for _, err := range st.List(t.Context(), store.Query{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("r"), Limit: limit}) {
			must(err)
		}
		_, err := st.Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada", Parts: []store.Part{{Index: store.IndexRewardUser, Limit: limit}}}}})
		must(err)
	}
	texts := 0
	for statement := range planned(t, db) {
		if strings.Contains(statement, "LIMIT") {
			texts++
		}
	}
	if texts == 0 || texts > 20 {
		t.Errorf("%d texts of pages are kept", texts)
	}
}

// plans is how often a statement was planned for any parameters, and for those it had.
type plans struct{ generic, custom int }

func planned(t *testing.T, db *sql.DB) map[string]plans {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%guerdon_%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]plans{}
	for rows.Next() {
		var statement string
		var p plans
		if err := rows.Scan(&statement, &p.generic, &p.custom); err != nil {
			t.Fatal(err)
		}
		all[statement] = p
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
