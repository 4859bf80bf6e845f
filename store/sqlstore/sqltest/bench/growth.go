package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// growth measures an event beside more and more reward records and transfers of others, and what a row of them takes on disk.
func (m *measuring) growth(ctx context.Context, rows []int) error {
	w, err := newWorld(ctx, m.server, m.users)
	if err != nil {
		return err
	}
	defer w.done()
	fmt.Printf("%s\n\n| rows of each | events/s, 8 clients | against the first | page of 50 of a reward's records | filled in |\n|---|---|---|---|---|\n", m.server.Name)
	first, have := 0.0, 0
	for _, n := range rows {
		begin := time.Now()
		if err := w.grow(ctx, m.server.Dialect, have, n); err != nil {
			return err
		}
		have = n
		if err := w.analyze(ctx, m.server); err != nil {
			return err
		}
		took := time.Since(begin)
		var rates, pages []float64
		for range m.rounds {
			rate, _, err := m.round(ctx, 8, contender{do: w.single(w.alone, "order", w.spread)})
			if err != nil {
				return err
			}
			page, _, err := m.round(ctx, 1, contender{do: w.pages(n)})
			if err != nil {
				return err
			}
			rates, pages = append(rates, rate), append(pages, page)
		}
		rate := median(rates)
		if first == 0 {
			first = rate
		}
		fmt.Printf("| %d | %.0f | %.2f | %.2f ms | %v |\n", n, rate, rate/first, 1000/median(pages), took.Round(time.Second))
	}
	return w.sizes(ctx, m.server.Dialect)
}

const growthBlock = 200_000

// grow adds reward records and transfers, each user's a hundred of them.
func (w *world) grow(ctx context.Context, d sqlstore.Dialect, from, to int) error {
	for ; from < to; from += growthBlock {
		for _, statement := range growing(d) {
			statement = strings.NewReplacer("{from}", fmt.Sprint(from), "{to}", fmt.Sprint(min(to, from+growthBlock)-1)).Replace(statement)
			if _, err := w.db.ExecContext(ctx, w.named(statement)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) named(text string) string {
	schema := ""
	if w.schema != "" {
		schema = w.schema + "."
	}
	return strings.ReplaceAll(text, "{}", schema+"guerdon_")
}

// growing are the statements that add a block, over a series g.
func growing(d sqlstore.Dialect) []string {
	series, user, at, cause := "", "", "", ""
	switch d {
	case sqlstore.PostgreSQL:
		series = "FROM generate_series({from}::bigint, {to}::bigint) AS g"
		user, cause = "'grown-' || lpad((g * 7919 % 100000)::text, 8, '0')", "'grown.' || g"
		at = "timestamptz '2026-01-01 00:00:00Z' + g * interval '1 second'"
	case sqlstore.SQLite:
		series = "FROM (WITH RECURSIVE s(g) AS (SELECT {from} UNION ALL SELECT g + 1 FROM s WHERE g < {to}) SELECT g FROM s)"
		user, cause = "printf('grown-%08d', g * 7919 % 100000)", "'grown.' || g"
		at = "strftime('%Y-%m-%d %H:%M:%f000', '2026-01-01', g || ' seconds')"
	default:
		series = "FROM (SELECT {from} + seq AS g FROM seq_0_to_199999) s WHERE g <= {to}"
		user, cause = "CONCAT('grown-', LPAD(g * 7919 % 100000, 8, '0'))", "CONCAT('grown.', g)"
		at = "TIMESTAMP('2026-01-01') + INTERVAL g SECOND"
	}
	moves := `'[{"seq":1,"status":"granted","time":"2026-01-01T00:00:00Z"}]'`
	no := map[bool]string{true: "FALSE", false: "0"}[d == sqlstore.PostgreSQL]
	return []string{
		"INSERT INTO {}rewards (user_id, reward, n, status, asset, amount, revision, seq, event, made, claim, no_deduct, keep_rejected, claim_within, cycle, cycled, cap_group, moves) " +
			"SELECT " + user + ", 'RS1', g + 1, 'granted', 'points', '1', 1, 1, " + cause + ", " + at + ", " + no + ", " + no + ", " + no + ", 0, 0, " + no + ", '', " + moves + " " + series,
		"INSERT INTO {}transfers (user_id, cause, leg, debit, credit, asset, amount, actor, reason, made, seq, after) " +
			"SELECT " + user + ", " + cause + ", 0, 'issued', 'available', 'points', '1', '', '', " + at + ", g + 1, '1' " + series,
	}
}

// sizes prints what rows take, with their indexes.
func (w *world) sizes(ctx context.Context, d sqlstore.Dialect) error {
	for _, table := range []string{"causes", "rewards", "transfers", "tasks", "tallies", "entitlements", "balances", "users"} {
		var rows, bytes int64
		if err := w.db.QueryRowContext(ctx, w.named("SELECT count(*) FROM {}"+table)).Scan(&rows); err != nil {
			return err
		}
		size := w.named("SELECT pg_total_relation_size('{}" + table + "')")
		switch d {
		case sqlstore.SQLite:
			size = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'guerdon_" + table + "%'"
		case sqlstore.MySQL:
			size = "SELECT data_length + index_length FROM information_schema.tables WHERE table_schema = '" + w.schema + "' AND table_name = 'guerdon_" + table + "'"
		}
		if err := w.db.QueryRowContext(ctx, size).Scan(&bytes); err != nil {
			fmt.Printf("%s: %v\n", table, err)
			continue
		}
		fmt.Printf("%s: %d rows, %d bytes each with indexes\n", table, rows, bytes/max(1, rows))
	}
	fmt.Println()
	return nil
}
