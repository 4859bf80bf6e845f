package plans

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// An explainer is a transaction that has each statement explained before it is run.
type explainer struct {
	t       *testing.T
	dialect sqlstore.Dialect
	tx      *sql.Tx
	// seen is how many statements were explained, and beside how many of them read rows of a user side by side.
	seen, beside int
	// tables are those that are not to be read from end to end: all, unless some are named, with | between.
	tables string
	// plans is what databases have said of them since the last [explainer.through].
	plans strings.Builder
	// ordered says that what is read comes in the order of an index, so that nothing is to be sorted.
	ordered bool
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

// inOrder has what f calls explained as reads in the order of an index.
func (e *explainer) inOrder(f func()) {
	e.ordered = true
	defer func() { e.ordered = false }()
	f()
}

// through wants what f calls to read by an index.
func (e *explainer) through(index string, f func()) {
	e.t.Helper()
	e.plans.Reset()
	if f(); !regexp.MustCompile(`\bguerdon_` + index + `\b`).MatchString(e.plans.String()) {
		e.t.Errorf("%s is not read:\n%s", index, &e.plans)
	}
}

// explain reports a statement that reads a table from end to end, or sorts what is to come in the order of an index. The catalog
// is one row.
func (e *explainer) explain(ctx context.Context, query string, args []any) {
	e.t.Helper()
	if e.seen++; strings.Contains(query, ", c.revision, c.hash, u.version") {
		e.beside++
	}
	if e.tables == "" {
		e.tables = "users|counters|documents|" + large
	}
	switch e.dialect {
	case sqlstore.PostgreSQL:
		if !strings.Contains(query, "SAVEPOINT") { // which has no plan
			e.generic(ctx, query)
		}
	case sqlstore.SQLite:
		e.judge(query, e.plan(ctx, "EXPLAIN QUERY PLAN "+query, args), e.ofSQLite)
	default:
		for _, one := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(query, "BEGIN NOT ATOMIC\n"), ";\nEND"), ";\n") {
			values := strings.HasPrefix(one, "INSERT") && !strings.Contains(one, "SELECT")
			if keyword, _, _ := strings.Cut(strings.TrimLeft(one, "("), " "); !values && strings.Contains("SELECT UPDATE DELETE INSERT", keyword) {
				e.judge(one, e.plan(ctx, "EXPLAIN FORMAT=TRADITIONAL "+one, nil), e.ofMySQL) // MySQL's own choice is a tree
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
	e.judge(query, e.plan(ctx, explain, nil), e.ofPostgreSQL)
}

// A step is a row of a plan, by the names of its columns in lower case.
type step map[string]string

// plan gives the rows that a database explains a statement with.
func (e *explainer) plan(ctx context.Context, explain string, args []any) (steps []step) {
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
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			e.t.Fatal(err)
		}
		s := step{}
		for i, c := range cells {
			s[strings.ToLower(columns[i])] = c.String
		}
		steps = append(steps, s)
	}
	if err := rows.Err(); err != nil {
		e.t.Fatal(err)
	}
	return steps
}

// judge reports what is wrong with the plan of a statement: the first of its steps that is.
func (e *explainer) judge(query string, steps []step, wrong func(steps []step, i int) string) {
	e.t.Helper()
	var plan strings.Builder
	for _, s := range steps {
		fmt.Fprintln(&plan, s)
	}
	e.plans.WriteString(plan.String())
	for i := range steps {
		if what := wrong(steps, i); what != "" {
			e.t.Errorf("%s (%v):\n%s\n\n%s", what, steps[i], query, &plan)
			return
		}
	}
}

// What may be wrong with a step.
const (
	fromEndToEnd = "a table is read from end to end"
	sorted       = "what is to come in the order of an index is sorted"
)

var (
	postgresqlSort  = regexp.MustCompile(`^ *(-> +)?(Incremental )?Sort `)
	postgresqlIndex = regexp.MustCompile(`Index (Only )?Scan (Backward )?using (\w+) on guerdon_(\w+)`)
	sqliteScan      = regexp.MustCompile(`^SCAN (\w+)`)
)

// ofPostgreSQL looks at a line of a plan. An index without a condition is read from end to end as well, but for that of open
// records, of which there are few.
func (e *explainer) ofPostgreSQL(steps []step, i int) string {
	line := steps[i]["query plan"]
	if m := postgresqlIndex.FindStringSubmatch(line); m != nil && m[3] != "guerdon_rewards_open" && slices.Contains(strings.Split(e.tables, "|"), m[4]) {
		if i+1 == len(steps) || !strings.Contains(steps[i+1]["query plan"], "Index Cond:") {
			return fromEndToEnd
		}
	}
	switch {
	case regexp.MustCompile(`Seq Scan on guerdon_(` + e.tables + `)\b`).MatchString(line):
		return fromEndToEnd
	case e.ordered && postgresqlSort.MatchString(line):
		return sorted
	}
	return ""
}

// ofSQLite looks at a line of a plan. It calls the results of subqueries by their names too, which are declared beside.
func (e *explainer) ofSQLite(steps []step, i int) string {
	detail := steps[i]["detail"]
	if e.ordered && strings.Contains(detail, "USE TEMP B-TREE") {
		return sorted
	}
	m := sqliteScan.FindStringSubmatch(detail)
	if m == nil || strings.Contains(detail, "CONSTANT ROW") || strings.Contains(detail, "VALUES CLAUSE") || strings.Contains(detail, "guerdon_rewards_open") {
		return ""
	}
	if m[1] == "c" || m[1] == "guerdon_catalog" {
		return ""
	}
	for _, s := range steps {
		if s["parent"] == steps[i]["parent"] && (s["detail"] == "CO-ROUTINE "+m[1] || s["detail"] == "MATERIALIZE "+m[1]) {
			return ""
		}
	}
	return fromEndToEnd
}

// ofMySQL looks at a table of a plan. Results of subqueries have names in pointed brackets.
func (e *explainer) ofMySQL(steps []step, i int) string {
	s := steps[i]
	switch table := s["table"]; {
	case e.ordered && strings.Contains(s["extra"], "Using filesort"):
		return sorted
	case strings.HasPrefix(table, "<"), table == "c", table == "guerdon_catalog":
	case s["type"] == "ALL", s["type"] == "index":
		return fromEndToEnd
	}
	return ""
}
