package sqlstore

import (
	"reflect"
	"strconv"
)

func mysql() *dialect {
	return &dialect{
		Dialect: MySQL, quote: "`",
		cast: func(class) string { return "" },
		read: func(name string, c class) string {
			switch c {
			case number, instant, moment:
				return "CAST(" + name + " AS CHAR)"
			default:
				return name
			}
		},
		value:      textual,
		joined:     " STRAIGHT_JOIN ",
		null:       [lanes]string{"NULL", "NULL", "NULL", "NULL"},
		parameters: 60_000,
		no:         "0",
		replaces:   func(string) string { return " ON DUPLICATE KEY UPDATE " },
		replaced:   func(column string) string { return "VALUES(" + column + ")" },
		forUpdate:  " FOR UPDATE",
		skipLocked: " SKIP LOCKED",
		lock:       namedLock,
		failure:    mysqlFailure,
	}
}

// namedLock is the session's: MySQL ends a transaction with each table that is made.
func namedLock(key uint64) lock {
	name := "'guerdon " + strconv.FormatUint(key, 16) + "'"
	release := "DO RELEASE_LOCK(" + name + ")"
	return lock{begin: []string{"SELECT GET_LOCK(" + name + ", 60)"}, commit: release, undo: release}
}

// mysqlFailure reads the number of the server's error, which go-sql-driver/mysql has in a field.
func mysqlFailure(err error) failure {
	v, ok := field(err, "Number", reflect.Uint16)
	if !ok {
		return broken
	}
	switch v.Uint() {
	case 1213, 1205, 1020, // deadlock, lock wait timeout, changed since last read
		1040, 1203: // too many connections, of this user
		return conflict
	case 1062:
		return duplicate
	case 1053, 1180, 1927, 3024: // shutdown, error during COMMIT, killed
		return broken
	case 1264, 1366, 1406, 3140: // out of range, incorrect value, too long
		return unfit
	default:
		return refused
	}
}
