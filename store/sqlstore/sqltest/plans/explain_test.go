package plans

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// An explainer is a transaction that has each statement explained before it is run.
type explainer struct {
	t       *testing.T
	dialect sqlstore.Dialect
	tx      *sql.Tx
	seen    int
	// tables are those that are not to be read from end to end: all, unless some are named, with | between.
	tables string
}

// large are the tables that have rows of users.
const large = "causes|tasks|tallies|tally_values|entitlements|rewards|caps|transfers|balances"

func (e *explainer) Query(ctx context.Context, query string, args ...any) (sqlstore.Rows, error) {
	e.explain(ctx, query, args)
	rows, err := e.tx.QueryContext(ctx, query, args...)
	return closing{rows}, err
}

func (e *explainer) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	e.explain(ctx, query, args)
	r, err := e.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

type closing struct{ *sql.Rows }

func (c closing) Close() { _ = c.Rows.Close() }

// explain reports a statement that reads a table from end to end. The catalog is one row.
func (e *explainer) explain(ctx context.Context, query string, args []any) {
	e.t.Helper()
	e.seen++
	if e.tables == "" {
		e.tables = "users|counters|documents|" + large
	}
	switch e.dialect {
	case sqlstore.PostgreSQL:
		if !strings.Contains(query, "SAVEPOINT") { // which has no plan
			e.generic(ctx, query)
		}
	case sqlstore.SQLite:
		e.plan(ctx, query, "EXPLAIN QUERY PLAN "+query, args, regexp.MustCompile(`SCAN (t|u|x|guerdon_(`+e.tables+`))\|`))
	default:
		for _, one := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(query, "BEGIN NOT ATOMIC\n"), ";\nEND"), ";\n") {
			values := strings.HasPrefix(one, "INSERT") && !strings.Contains(one, "SELECT")
			if keyword, _, _ := strings.Cut(strings.TrimLeft(one, "("), " "); !values && strings.Contains("SELECT UPDATE DELETE INSERT", keyword) {
				// of the columns id, select_type, table, on MySQL partitions, and type
				e.plan(ctx, one, "EXPLAIN FORMAT=TRADITIONAL "+one, nil, regexp.MustCompile(`(?m)^[^|]*\|[^|]*\|(t\d*|u|x|y|n\d|guerdon_[^c][^|]*|guerdon_c[^|]*[^g|])\|\|?(ALL|index)\|.*$`))
			}
		}
	}
}

// generic explains the plan that PostgreSQL keeps for a statement, whatever its parameters are.
func (e *explainer) generic(ctx context.Context, query string) {
	e.t.Helper()
	n := 0
	for strings.Contains(query, fmt.Sprintf("$%d", n+1)) {
		n++
	}
	nulls := strings.TrimSuffix(strings.Repeat("NULL,", n), ",")
	name := fmt.Sprintf("explained_%d", e.seen)
	for _, s := range []string{"SET LOCAL plan_cache_mode = force_generic_plan", "PREPARE " + name + " AS " + query} {
		if _, err := e.tx.ExecContext(ctx, s); err != nil {
			e.t.Fatalf("%v\n%s", err, s)
		}
	}
	explain := "EXPLAIN EXECUTE " + name
	if n > 0 {
		explain += "(" + nulls + ")"
	}
	e.plan(ctx, query, explain, nil, regexp.MustCompile(`Seq Scan on guerdon_(`+e.tables+`)`))
}

func (e *explainer) plan(ctx context.Context, query, explain string, args []any, scan *regexp.Regexp) {
	e.t.Helper()
	rows, err := e.tx.QueryContext(ctx, explain, args...)
	if err != nil {
		e.t.Fatalf("%v\n%s", err, explain)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		e.t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			e.t.Fatal(err)
		}
		for _, c := range cells {
			plan.WriteString(c.String + "|")
		}
		plan.WriteByte('\n')
	}
	// SQLite calls the result of a subquery t as well.
	if found := scan.FindString(plan.String()); found != "" && !strings.Contains(plan.String(), "CO-ROUTINE t") {
		e.t.Errorf("a table is read from end to end (%s):\n%s\n\n%s", found, query, plan.String())
	}
}

const explainedUsers = 4000

// filled is a store in which users have all kinds of rows.
func filled(t *testing.T, server servers.Server) *sqlstore.Store {
	t.Helper()
	db := server.Pool(t)
	schema := server.Schema(t, db)
	st := server.Migrated(t, db, schema)
	var units []store.Unit
	for i := range explainedUsers {
		units = append(units, explainedUnit(fmt.Sprintf("user-%05d", i), 0))
		if len(units) == 500 {
			if _, err := st.Commit(t.Context(), units...); err != nil {
				t.Fatal(err)
			}
			units = nil
		}
	}
	var stamp store.Stamp
	for i := range 300 {
		docs := make([]store.Doc, 20)
		for j := range docs {
			docs[j] = store.Doc{Kind: "task", Code: fmt.Sprint("t", i, "-", j), Body: []byte(`{"code":"t","title":"a document as long as most are"}`)}
		}
		next, err := st.PutDocs(t.Context(), stamp, docs...)
		if err != nil {
			t.Fatal(err)
		}
		stamp = next
	}
	for _, table := range tableNames() {
		statement := "ANALYZE "
		if server.Dialect == sqlstore.MySQL {
			statement = "ANALYZE TABLE "
		}
		if schema != "" {
			statement += schema + "."
		}
		rows, err := db.QueryContext(t.Context(), statement+"guerdon_"+table)
		if err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return st
}

func tableNames() []string {
	return []string{"users", "causes", "tasks", "tallies", "tally_values", "entitlements", "rewards", "caps", "transfers", "balances", "counters", "documents"}
}

func explainedUnit(user string, version int64) store.Unit {
	rows := storetest.Samples(user)
	u := store.Unit{User: user, Version: version}
	for _, r := range rows {
		switch r := r.(type) {
		case *store.CauseRow:
			r.ID = fmt.Sprint("order-", version)
			r.Event.Event.ID = r.ID
			u.Insert = append(u.Insert, r)
		case *store.TransferRow:
			r.ID.Cause, r.Seq = fmt.Sprint("c", version), version+1
			u.Insert = append(u.Insert, r)
		default:
			u.Put = append(u.Put, r)
		}
	}
	u.Take = []store.Take{{Counter: "counter/" + user, N: 1, Max: 100}}
	return u
}

func TestStatements_readNoTableFromEndToEnd(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			st := filled(t, server)
			tx, err := st.DB().BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			e := &explainer{t: t, dialect: server.Dialect, tx: tx}
			everything(t, st.InTx(e))
			if e.seen < 30 {
				t.Errorf("only %d statements were looked at", e.seen)
			}
		})
	}
}

// PostgreSQL keeps plans that it made when tables were new, until it next looks at how large they are: an application's first hour.
func TestPostgreSQL_plansOfEmptyTablesReadNoneFromEndToEnd(t *testing.T) {
	st := servers.PostgreSQL.Empty(t)
	tx, err := st.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	loadsAndCommits(t, st.InTx(&explainer{t: t, dialect: sqlstore.PostgreSQL, tx: tx, tables: large}))
}

// loadsAndCommits calls a store in all the ways that make different statements about users.
func loadsAndCommits(t *testing.T, st store.Store) {
	t.Helper()
	must := musting(t)
	for _, users := range []int{1, 3, 100} {
		var r store.Request
		var units []store.Unit
		r.ForUpdate = true
		for i := range users {
			user := fmt.Sprintf("user-%05d", i*7)
			key := store.Key{User: user}
			for _, row := range storetest.Samples(user) {
				ids := []string{row.Key().ID}
				if row.Key().Kind == store.KindTask {
					for n := range 6 * users {
						ids = append(ids, store.TaskRowID("TS", int64(n)))
					}
				}
				key.Parts = append(key.Parts, store.Part{Kind: row.Key().Kind, IDs: ids})
			}
			r.Keys = append(r.Keys, key)
			r.Counters = append(r.Counters, "counter/"+user)
			unit := explainedUnit(user, int64(map[int]int{1: 1, 3: 2, 100: 3}[users]))
			units = append(units, unit)
		}
		_, err := st.Load(t.Context(), r)
		must(err)
		snap, err := st.Load(t.Context(), store.Request{Keys: []store.Key{r.Keys[0]}, Counters: r.Counters[:1]})
		must(err)
		for i := range units {
			if i == 0 {
				units[i].Version = snap.States[0].Version
			}
			units[i].Delete = []store.RowKey{{Kind: store.KindTask, User: units[i].User, ID: store.TaskRowID("TS000063", 1)}}
		}
		_, err = st.Commit(t.Context(), units...)
		must(err)
	}
}

func musting(t *testing.T) func(error) {
	return func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// everything does so in all ways there are.
func everything(t *testing.T, st store.Store) {
	t.Helper()
	must := musting(t)
	loadsAndCommits(t, st)
	at := time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC)
	_, err := st.Load(t.Context(), store.Request{Keys: []store.Key{{User: "user-00007", Parts: []store.Part{
		{Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix("user-00007", "TS000061")},
		{Index: store.IndexRewardUser, Limit: 10, After: store.RewardKey(store.IndexRewardUser, reward.ID{User: "user-00007", Reward: "a", N: 1}, at)},
		{Index: store.IndexTransferAccount, Prefix: store.TransferAccountPrefix("user-00007", "CNY"), Limit: 5},
	}}}})
	must(err)
	id := reward.ID{User: "user-00100", Reward: "RS000910", N: 2}
	for _, desc := range []bool{false, true} {
		for _, q := range []store.Query{
			{Index: store.IndexRewardUser, Prefix: store.UserPrefix("user-00100")},
			{Index: store.IndexRewardUser, Prefix: store.UserPrefix("user-00100"), From: store.RewardUserFrom("user-00100", at)},
			{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("RS000910")},
			{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("RS000910"), After: store.RewardKey(store.IndexRewardReward, id, at)},
			{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("RS000910"), From: store.RewardRewardFrom("RS000910", at), To: store.RewardRewardFrom("RS000910", at.AddDate(0, 0, 2))},
			{Index: store.IndexRewardOpen},
			{Index: store.IndexRewardOpen, After: store.RewardKey(store.IndexRewardOpen, id, at)},
			{Index: store.IndexTransferAccount, Prefix: store.TransferAccountPrefix("user-00100", "CNY")},
			{Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix("user-00100", "TS000061")},
		} {
			q.Desc, q.Limit = desc, 50
			for _, err := range st.List(t.Context(), q) {
				must(err)
			}
		}
	}
	_, stamp, err := st.Docs(t.Context(), 290)
	must(err)
	_, err = st.DocAt(t.Context(), "task", "t17-3", 200)
	must(err)
	_, err = st.PutDocs(t.Context(), stamp, store.Doc{Kind: "task", Code: "new", Body: []byte("{}")})
	must(err)
}

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
