package sqlstore

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// A Dialect says which database a [Store] talks to.
type Dialect int

// The dialects.
const (
	// PostgreSQL is PostgreSQL 13 and later, with a driver that takes slices for arrays: pgx, by its package stdlib or natively.
	PostgreSQL Dialect = iota + 1
	// MySQL is MySQL 8 and MariaDB 10.6 and later, with go-sql-driver/mysql.
	MySQL
	// SQLite is SQLite 3.37 and later, such as modernc.org/sqlite.
	SQLite
)

// String gives the name of the dialect, which is also that of the folder of its migrations.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "postgresql"
	case MySQL:
		return "mysql"
	case SQLite:
		return "sqlite"
	default:
		return "dialect " + strconv.Itoa(int(d))
	}
}

// A dialect is what differs between databases.
type dialect struct {
	Dialect
	// quote stands around identifiers.
	quote string
	// numbered says that parameters are $1, $2 ... instead of ?.
	numbered bool
	// arrays says that parameters may be arrays, and that one statement commits units; see [Store.gated].
	arrays bool
	// tuples says that (a, b) > (?, ?) is read from an index.
	tuples bool
	// cached says that the driver keeps statements prepared by their text, so that a store need not.
	cached bool
	// cast is what follows a parameter of a class.
	cast func(class) string
	// read is the expression that gives a column in its lane.
	read func(column string, c class) string
	// value is what a parameter is given to the driver as.
	value func(any) any
	// literal writes a value into the text of a statement, which then has no parameters and is not kept. It is nil elsewhere.
	literal func(class, any) string
	// together says that users and counters are locked by one statement.
	together bool
	// byIndex follows a table of which a page is read by an index, nil where the database finds it. MariaDB looks up what is equal
	// and then reads all before a cursor, unless it is told that the index is the way: then it begins behind the cursor.
	byIndex func(name string) string
	// open is the condition of a partial index of open rewards where it is another than its own; see [indexOf].
	open string
	// joined stands between rows of values and the table they are looked up in, so that they are, one by one.
	joined string
	// null is an empty value of a lane.
	null [lanes]string
	// parameters is how many a statement may have, and so bounds how much is read or written at once.
	parameters int
	// no is the literal for false.
	no string
	// replaces begins what an INSERT says of rows that are there, for a table with the key given, and replaced is a column's new
	// value in it.
	replaces func(key string) string
	replaced func(column string) string
	// forUpdate ends a SELECT that locks its rows, and skipLocked one that passes over those that others have locked.
	forUpdate, skipLocked string
	// byKey follows a table whose rows are locked by its primary key, so that they are looked up in it. A table of a few rows
	// would be read from end to end, and whatever is read so is locked or waited for.
	byKey string
	// oneWriter says that one transaction alone may write at any time.
	oneWriter bool
	// isolation is that of the store's own transactions, nil where any does.
	isolation *sql.TxOptions
	// callers is that of the transactions of [Store.Do], nil for the sessions' own.
	callers *sql.TxOptions
	// lock is that of a migration, by a key.
	lock func(key uint64) lock
	// failure tells what an error of the driver means.
	failure func(error) failure
}

// differences are what differs, nil for a dialect that does not exist.
func (d Dialect) differences() *dialect {
	switch d {
	case PostgreSQL:
		return postgresql()
	case MySQL:
		return mysql()
	case SQLite:
		return sqlite()
	default:
		return nil
	}
}

// A statement is SQL under construction, with its arguments. Where the text is known already only the arguments are collected.
type statement struct {
	s    *Store
	text strings.Builder
	args []any
	mute bool // the text is known
	// apart takes the parameters instead, if it is there; see [Store.alike].
	apart *parameters
}

// add writes SQL.
func (b *statement) add(parts ...string) {
	if b.mute {
		return
	}
	for _, p := range parts {
		b.text.WriteString(p)
	}
}

// addf writes SQL with a number in it.
func (b *statement) addf(format string, args ...any) {
	if !b.mute {
		fmt.Fprintf(&b.text, format, args...)
	}
}

// arg writes a parameter.
func (b *statement) arg(c class, v any) {
	if b.apart != nil {
		b.add(b.apart.take(c, v))
		return
	}
	if b.s.d.literal != nil {
		b.text.WriteString(b.s.d.literal(c, v))
		return
	}
	b.args = append(b.args, b.s.d.value(v))
	b.parameter("", b.s.d.cast(c))
}

// first writes the parameter that was the statement's first again, where parameters have numbers.
func (b *statement) first(c class, v any) {
	if b.s.d.numbered && len(b.args) > 0 {
		b.add("$1")
		return
	}
	b.arg(c, v)
}

// array writes a parameter that is an array, as rows of a table. It stands in a SELECT of its own, which PostgreSQL plans once
// and for all; a bare array it would plan anew for each value.
func (b *statement) array(c class, v any) {
	b.args = append(b.args, v)
	b.parameter("(SELECT ", b.s.d.cast(c)+"[])")
}

func (b *statement) parameter(before, after string) {
	if b.mute {
		return
	}
	b.text.WriteString(before)
	if b.s.d.numbered {
		b.text.WriteByte('$')
		b.text.WriteString(strconv.Itoa(len(b.args)))
	} else {
		b.text.WriteByte('?')
	}
	b.text.WriteString(after)
}

// table writes the name of a table.
func (b *statement) table(name string) { b.add(b.s.table(name)) }

// name writes a column.
func (b *statement) name(column string) { b.add(b.s.d.quote, column, b.s.d.quote) }

// list writes n things with commas between.
func (b *statement) list(n int, one func(i int)) {
	for i := range n {
		if i > 0 {
			b.add(", ")
		}
		one(i)
	}
}

// names writes columns with commas between.
func (b *statement) names(columns ...string) {
	b.list(len(columns), func(i int) { b.name(columns[i]) })
}
