package sqlstore

import (
	"database/sql"
	"errors"
	"reflect"
	"strings"
)

func postgresql() *dialect {
	return &dialect{
		Dialect: PostgreSQL, quote: `"`, numbered: true, arrays: true, tuples: true, cached: true,
		cast: func(c class) string {
			switch c {
			case integer:
				return "::bigint"
			case boolean:
				return "::boolean"
			case instant, moment:
				return "::timestamptz"
			case binary:
				return "::bytea"
			default:
				return "::text"
			}
		},
		read: func(name string, c class) string {
			switch c {
			case boolean:
				return name + "::int"
			case number, document:
				return name + "::text"
			default:
				return name
			}
		},
		value:      func(v any) any { return v },
		joined:     " JOIN ",
		null:       [lanes]string{"NULL::text", "NULL::bigint", "NULL::timestamptz", "NULL::bytea"},
		parameters: 60_000,
		no:         "FALSE",
		replaces:   onConflict,
		replaced:   excluded,
		forUpdate:  " FOR UPDATE",
		skipLocked: " SKIP LOCKED",
		isolation:  &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		lock:       transactional("BEGIN ISOLATION LEVEL READ COMMITTED", "SELECT 1 FROM (SELECT pg_advisory_xact_lock({key})) AS l"),
		failure:    postgresqlFailure,
	}
}

func onConflict(key string) string { return " ON CONFLICT (" + key + ") DO UPDATE SET " }

func excluded(column string) string { return "excluded." + column }

// written is how the value of a parameter becomes that of a column: numbers and documents are handed over as text, so that no
// driver changes them.
func written(name string, c class) string {
	switch c {
	case number:
		return name + "::numeric"
	case document:
		return name + "::json"
	default:
		return name
	}
}

// rolledBack is what pgx says of a COMMIT that the server answered with ROLLBACK, because a statement before it had failed.
const rolledBack = "commit unexpectedly resulted in rollback"

// postgresqlFailure reads the code that pgx and lib/pq have on what the server reported. Of any other error only one that says
// nothing was sent is certain.
func postgresqlFailure(err error) failure {
	var coded interface{ SQLState() string }
	if !errors.As(err, &coded) {
		if strings.Contains(err.Error(), rolledBack) {
			return refused
		}
		var retry interface{ SafeToRetry() bool }
		if errors.As(err, &retry) && retry.SafeToRetry() {
			return unsent
		}
		return broken
	}
	if severity, ok := field(err, "Severity", reflect.String); ok && severity.String() == "PANIC" {
		return broken // the server itself has ended, perhaps while it wrote that it commits
	}
	switch code := coded.SQLState(); {
	case code == "40001", code == "40P01", code == "55P03", // serialization, deadlock, lock not available
		code == "53200",                  // out of memory: as a rule the locks that all sessions share are used up
		code == "53300", code == "57P03": // too many connections, starting up: asked before anything was done
		return conflict
	case code == "40003", strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), // the session ended, at whatever point
		code == "25P03", code == "25P04": // as one that was idle or took too long in a transaction does
		return broken
	case code == "23505":
		return duplicate
	case code == "23514", strings.HasPrefix(code, "22"): // CHECK, data
		return unfit
	default:
		return refused
	}
}
