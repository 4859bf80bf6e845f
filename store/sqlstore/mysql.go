package sqlstore

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// mysql is MySQL and MariaDB. A statement is one text with its values in it as literals, and has no parameters: it is sent at
// once whatever the DSN says of interpolateParams, it is the same in every character set of a connection, and no preparing or
// closing of statements stands between those of a transaction, where Galera's servers were known to lose the report that they
// ended it. It is as fast as a prepared one.
func mysql() *dialect {
	return &dialect{
		Dialect: MySQL, quote: "`", together: true,
		cast: func(class) string { return "" },
		read: func(name string, c class) string {
			switch c {
			case text, number, document, instant, moment, binary: // bytes come as they are, whatever the character set, parseTime and the union
				return "CAST(" + name + " AS BINARY)"
			default:
				return name
			}
		},
		value:   textual,
		literal: mysqlLiteral,
		byIndex: func(name string) string { return " FORCE INDEX (`" + name + "`)" },
		joined:  " STRAIGHT_JOIN ",
		null:    [lanes]string{"NULL", "NULL", "NULL", "NULL"},
		// There are none; but a statement must fit into the server's max_allowed_packet, by default 16 MB.
		parameters: 10_000,
		no:         "0",
		open:       "`open` = 1", // a column that stands for the condition: there are no partial indexes
		replaces:   func(string) string { return " ON DUPLICATE KEY UPDATE " },
		replaced:   func(column string) string { return "VALUES(" + column + ")" },
		forUpdate:  " FOR UPDATE",
		skipLocked: " SKIP LOCKED",
		byKey:      " FORCE INDEX (PRIMARY)",
		callers:    &sql.TxOptions{Isolation: sql.LevelReadCommitted}, // see errSnapshot
		lock:       namedLock,
		failure:    mysqlFailure,
	}
}

// mysqlLiteral writes a value as a literal. Text is written as bytes in hexadecimal: nothing needs escaping, and columns with a
// character set check that the bytes are of it.
func mysqlLiteral(c class, v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		if v {
			return "1"
		}
		return "0"
	case time.Time:
		return "'" + v.UTC().Format(instantForm) + "'"
	case []byte:
		return hexLiteral(v)
	case string:
		if c == number && strings.Trim(v, "0123456789.-") == "" { // bytes would be taken as a number in another way
			return "'" + v + "'"
		}
		return hexLiteral([]byte(v))
	default:
		return hexLiteral(fmt.Append(nil, v))
	}
}

func hexLiteral(b []byte) string {
	if len(b) == 0 {
		return "''"
	}
	out := make([]byte, 0, 3+2*len(b))
	return string(append(hex.AppendEncode(append(out, "x'"...), b), '\''))
}

// namedLock is the session's: MySQL ends a transaction with each table that is made.
func namedLock(key uint64) lock {
	name := "'guerdon " + strconv.FormatUint(key, 16) + "'"
	release := "DO RELEASE_LOCK(" + name + ")"
	return lock{begin: []string{"SELECT GET_LOCK(" + name + ", 60)"}, commit: release, undo: release}
}

// mysqlNumber is the number of the server's error, which go-sql-driver/mysql has in a field, 0 for others.
func mysqlNumber(err error) uint64 {
	if v, ok := field(err, "Number", reflect.Uint16); ok {
		return v.Uint()
	}
	return 0
}

// tooLarge is what go-sql-driver/mysql says of a statement that it does not send, because the DSN's maxAllowedPacket is smaller.
const tooLarge = "packet for query is too large"

func mysqlFailure(err error) failure {
	if errors.Is(err, errBrokenOff) {
		return conflict
	}
	switch mysqlNumber(err) {
	case 0: // not the server's
		if strings.Contains(err.Error(), tooLarge) {
			return refused
		}
		return broken
	case 1213, 1205, 1020, 3572, // deadlock or Galera's certification, lock wait timeout, changed since last read, NOWAIT
		3101,       // group replication's certification
		1040, 1203: // too many connections, of this user
		return conflict
	case 1062:
		return duplicate
	case 1047: // Galera's node is not ready: it looks before each statement, COMMIT among them
		return unsent
	case 1053, 1180, 1317, 1927, 1969, 3024, // shutdown, error at COMMIT, interrupted, killed, time is up
		1152, 1158, 1159, 1160, 1161: // the server lost the connection, and could still say so
		return broken
	case 1264, 1265, 1292, 1300, 1366, 1406, 3140, 3819, 4025: // out of range, truncated, incorrect value, too long, CHECK
		return unfit
	default:
		return refused
	}
}
