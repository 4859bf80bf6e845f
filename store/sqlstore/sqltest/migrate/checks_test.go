package migrate

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A refusal is a column with values that a database must not take for it, whoever writes them, and some that it must. They are SQL.
type refusal struct {
	table, column string
	values, fine  []string
}

// refusals are the rules that the tables repeat.
func refusals(d sqlstore.Dialect) []refusal {
	long := func(n int) string { return "'" + strings.Repeat("x", n) + "'" }
	bytes := func(n int) string {
		if d == sqlstore.PostgreSQL {
			return "decode('" + strings.Repeat("0a", n) + "', 'hex')"
		}
		return "x'" + strings.Repeat("0a", n) + "'"
	}
	hash := func(n int) []string {
		if d == sqlstore.MySQL { // which fills a short one up
			return []string{bytes(n + 1)}
		}
		return []string{bytes(n - 1), bytes(n + 1), bytes(0)}
	}
	yes := []string{"2", "-1"} // to PostgreSQL, which has a type for it, no number is a truth
	below := []string{"-1", "-9223372036854775808"}
	count := []string{"0", "9223372036854775807"}
	words := []string{"'abc'", "''", "'1,5'", "'--1'", "'1-'", "'1-1'", "'1.2.3'", "'-'", "'.'", "'..'", "'-.'"}
	if d == sqlstore.SQLite { // whose amounts are text and compare by their digits
		words = append(words, "' 1'", "'1 '", "'1.'", "'.5'", "'-.5'", "'+1'", "'1e5'", "'0x1'", "'NaN'", "'1١'", "x'31'")
	}
	if d == sqlstore.PostgreSQL { // whose NUMERIC has no bounds, and is greater than all numbers where it is none; "Infinity" is of version 14 and later
		words = append(words, "'NaN'", "'Infinity'", "'-Infinity'", "1e38", "'100000000000000000000000000000000000000.5'")
	}
	amount := []string{"'0'", "'-0.5'", "'12345678901234567890.123456789012345678'", "'-7'"}
	return []refusal{
		{"schema_versions", "version", []string{"0", "-1"}, []string{"2"}},
		{"users", "id", []string{"''", long(129)}, []string{long(1), long(128)}},
		{"users", "version", below, count},
		{"causes", "hash", hash(32), []string{bytes(32)}},
		{"causes", "finish", yes, nil}, {"causes", "time_given", yes, nil}, {"causes", "accepted", yes, nil},
		{"tasks", "level", below, count}, {"tasks", "finished", yes, nil}, {"tasks", "sum", below, count}, {"tasks", "finishes", below, count},
		{"tally_values", "hash", hash(16), []string{bytes(16)}},
		{"entitlements", "decided", below, count}, {"entitlements", "used", below, count}, {"entitlements", "live", below, count},
		{"rewards", "status", []string{"''", "'open'", "'Granted'", "'granted '"}, []string{"'pending'", "'claimable'", "'granted'", "'rejected'", "'deducted'", "'lapsed'"}},
		{"rewards", "amount", words, amount},
		{"rewards", "claim", yes, nil}, {"rewards", "no_deduct", yes, nil}, {"rewards", "keep_rejected", yes, nil}, {"rewards", "cycled", yes, nil},
		{"caps", "used", words, amount},
		{"transfers", "leg", below, count},
		{"transfers", "amount", append([]string{"'0'", "'0.00'", "'-1'", "'-0.01'"}, words...), []string{"'0.000000000000000001'", "'10'", "'12345678901234567890'"}},
		{"transfers", "seq", below, count},
		{"transfers", "debit", []string{"credit"}, []string{"'other'"}}, {"transfers", "credit", []string{"debit"}, nil},
		{"transfers", "after", words, append([]string{"NULL"}, amount...)},
		{"balances", "value", append([]string{"'lots'"}, words...), amount},
		{"balances", "seq", below, count},
		{"counters", "name", []string{"''", long(257)}, []string{long(1), long(256)}},
		{"counters", "used", below, count}, {"counters", "closed", yes, nil},
		{"documents", "revision", []string{"0", "-1"}, []string{"1"}},
		{"catalog", "one", []string{"NOT one"}, []string{"one"}},
		{"catalog", "revision", below, count}, {"catalog", "hash", hash(16), []string{bytes(16)}},
	}
}

// The tables repeat the rules: what the store never writes, nobody else can write either.
func TestTables_refuseWhatBreaksTheRules(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		_, schema, db := dsn(t, server)
		st := open(t, server, db, schema)
		if err := st.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		fill(t, st)
		for _, r := range refusals(server.Dialect) {
			for _, v := range slices.Concat([]string{r.column}, r.fine) {
				if err := r.write(t, db, schema, v); err != nil {
					t.Errorf("%s.%s = %s: %v", r.table, r.column, v, err)
				}
			}
			for _, v := range append(r.values, "NULL") {
				if slices.Contains(r.fine, v) {
					continue
				}
				if err := r.write(t, db, schema, v); err == nil {
					t.Errorf("%s.%s = %s is taken", r.table, r.column, v)
				}
			}
		}
	})
}

// write sets the column of the table's one row, in a transaction that holds nothing.
func (r refusal) write(t *testing.T, db *sql.DB, schema, value string) error {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var rows int
	if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM "+qualified(schema, r.table)).Scan(&rows); err != nil || rows != 1 {
		t.Fatalf("%s has %d rows, %v", r.table, rows, err)
	}
	_, err = tx.ExecContext(t.Context(), "UPDATE "+qualified(schema, r.table)+" SET "+r.column+" = "+value)
	return err
}
