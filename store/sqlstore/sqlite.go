package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"slices"
)

func sqlite() *dialect {
	return &dialect{
		Dialect: SQLite, quote: `"`, tuples: true,
		cast:   func(class) string { return "" },
		read:   func(name string, _ class) string { return name },
		value:  textual,
		joined: " CROSS JOIN ",
		null:   [lanes]string{"NULL", "NULL", "NULL", "NULL"},
		// SQLite's own bound is 32,766.
		parameters: 20_000,
		oneWriter:  true,
		no:         "0",
		replaces:   onConflict,
		replaced:   excluded,
		lock:       transactional("BEGIN IMMEDIATE"),
		failure:    sqliteFailure,
	}
}

// sqliteCode is the result code, which modernc.org/sqlite gives by a method and mattn/go-sqlite3 in a field.
func sqliteCode(err error) (code int, ok bool) {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		return coded.Code(), true
	}
	v, ok := field(err, "ExtendedCode", reflect.Int)
	if ok {
		code = int(v.Int())
	}
	return code, ok
}

func sqliteFailure(err error) failure {
	code, ok := sqliteCode(err)
	if !ok {
		return broken
	}
	switch primary := code & 0xff; {
	case primary == 5, primary == 6, primary == 15: // busy, locked, others moved the WAL under every look at it
		return conflict
	case code == 1555, code == 2067: // primary key, unique
		return duplicate
	case primary == 9, primary == 10: // interrupted; an error of the disk, after which a COMMIT may stand in the file or not
		return broken
	case code == 275, code == 3091, primary == 20, primary == 18: // CHECK, a type of STRICT's, mismatch, too big
		return unfit
	default:
		return refused
	}
}

// meetDriver finds out, once, of which type the errors of SQLite's driver are: many an application's own have a method Code as well.
// So it makes a mistake on purpose, which changes nothing.
func (s *Store) meetDriver(ctx context.Context, tx *sql.Tx) {
	if s.driver.Load() != nil {
		return
	}
	_, err := tx.ExecContext(ctx, "SELECT guerdon_knows_no_such_function()")
	if code, ok := sqliteCode(err); !ok || code != sqliteError {
		return // it was another; the next transaction asks again
	}
	walk(err, func(err error) bool {
		_, coded := err.(interface{ Code() int })
		if !coded {
			_, coded = fieldOf(err, "ExtendedCode", reflect.Int)
		}
		if coded {
			t := reflect.TypeOf(err)
			s.driver.Store(&t)
		}
		return coded
	})
}

// sqliteError is the code of a mistake in a statement.
const sqliteError = 1

// findType finds the first error of a type in a tree.
func findType(err error, t reflect.Type) (found error) {
	walk(err, func(err error) bool {
		if reflect.TypeOf(err) == t {
			found = err
		}
		return found != nil
	})
	return found
}

// field finds a field of a kind in the first error of a tree that is a struct with one: drivers that give their code so have
// no method for it, and none of them is imported here.
func field(err error, name string, kind reflect.Kind) (f reflect.Value, found bool) {
	walk(err, func(err error) bool {
		f, found = fieldOf(err, name, kind)
		return found
	})
	return f, found
}

func fieldOf(err error, name string, kind reflect.Kind) (reflect.Value, bool) {
	v := reflect.ValueOf(err)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct {
		if f := v.FieldByName(name); f.IsValid() && f.Kind() == kind {
			return f, true
		}
	}
	return reflect.Value{}, false
}

// walk visits the errors of a tree, as errors.Is does, until f has seen enough.
func walk(err error, f func(error) (enough bool)) (enough bool) {
	for err != nil {
		if f(err) {
			return true
		}
		if several, is := err.(interface{ Unwrap() []error }); is {
			return slices.ContainsFunc(several.Unwrap(), func(err error) bool { return walk(err, f) })
		}
		err = errors.Unwrap(err)
	}
	return false
}
