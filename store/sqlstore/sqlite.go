package sqlstore

import (
	"errors"
	"reflect"
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

// sqliteFailure reads the result code, which modernc.org/sqlite gives by a method and mattn/go-sqlite3 in a field.
func sqliteFailure(err error) failure {
	code, ok := 0, false
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		code, ok = coded.Code(), true
	} else if v, found := field(err, "ExtendedCode", reflect.Int); found {
		code, ok = int(v.Int()), true
	}
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

// field finds a field of a kind in the first error of a tree that is a struct with one: drivers that give their code so have
// no method for it, and none of them is imported here.
func field(err error, name string, kind reflect.Kind) (reflect.Value, bool) {
	for err != nil {
		v := reflect.ValueOf(err)
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if v.Kind() == reflect.Struct {
			if f := v.FieldByName(name); f.IsValid() && f.Kind() == kind {
				return f, true
			}
		}
		if several, is := err.(interface{ Unwrap() []error }); is {
			for _, err := range several.Unwrap() {
				if f, found := field(err, name, kind); found {
					return f, true
				}
			}
			break
		}
		err = errors.Unwrap(err)
	}
	return reflect.Value{}, false
}
