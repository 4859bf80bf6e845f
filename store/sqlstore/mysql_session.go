package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// A flavour is which of the servers that speak MySQL's protocol one is. It is asked for once.
type flavour int32

const (
	unasked flavour = iota
	// plainMySQL takes one statement at a time.
	plainMySQL
	// mariaDB also takes compound statements, several in one round trip: BEGIN NOT ATOMIC ... END.
	mariaDB
	// galera is a MariaDB in a cluster, which must not be asked for rows in a compound statement; see [script].
	galera
)

// errSession is the error of connections whose settings would make answers wrong.
var errSession = errors.New("sqlstore: connections of this pool cannot be used")

// usable looks at a connection of the pool before the first statement is sent to any, where the DSN may set what makes answers wrong.
func (s *Store) usable(ctx context.Context) error {
	if s.d.Dialect != MySQL || s.looked.Load() {
		return nil
	}
	v, err := s.session(ctx, pool{s})
	if err == nil {
		err = v.fault()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errBegin, err)
	}
	s.server.Store(int32(v.flavour))
	s.looked.Store(true)
	return nil
}

// flavour asks the server what it is, and whether statements on the connection do what they say.
func (s *Store) flavour(ctx context.Context, on runner) (flavour, error) {
	if f := flavour(s.server.Load()); f != unasked {
		return f, nil
	}
	v, err := s.session(ctx, on)
	if err == nil {
		err = v.looseness()
	}
	if err != nil {
		return unasked, err
	}
	s.server.Store(int32(v.flavour))
	return v.flavour, nil
}

// A session is what matters of the settings of a connection.
type session struct {
	flavour    flavour
	mode       string
	autocommit bool
	most       uint64 // rows of a SELECT
	isolation  string
}

// session asks for the settings. Each server reads one of the two comments, and neither knows the other's name.
func (s *Store) session(ctx context.Context, on runner) (v session, err error) {
	rows, err := on.query(ctx, &prepared{once: true, text: "SELECT VERSION(), @@SESSION.sql_mode, @@SESSION.autocommit, @@SESSION.sql_select_limit," +
		" /*M! @@SESSION.tx_isolation */ /*!80000 @@SESSION.transaction_isolation */"}, nil)
	if err != nil {
		return v, err
	}
	defer rows.Close()
	var version string
	if rows.Next() {
		if err := rows.Scan(&version, &v.mode, &v.autocommit, &v.most, &v.isolation); err != nil {
			return v, err
		}
	}
	if err := rows.Err(); err != nil {
		return v, err
	}
	rows.Close()
	v.flavour = plainMySQL
	if strings.Contains(version, "MariaDB") {
		if v.flavour, err = clustered(ctx, on); err != nil {
			return v, err
		}
	}
	return v, nil
}

// selectLeast is how many rows a statement must be allowed to yield.
const selectLeast = 1_000_000

// looseness is why statements would do something else than they say.
func (v *session) looseness() error {
	switch {
	case !strings.Contains(v.mode, "STRICT_"): // a value that does not fit its column would be cut
		return fmt.Errorf("%w: their sql_mode has neither STRICT_TRANS_TABLES nor STRICT_ALL_TABLES", errSession)
	case strings.Contains(v.mode, "ORACLE"), strings.Contains(v.mode, "EMPTY_STRING_IS_NULL"):
		return fmt.Errorf("%w: their sql_mode is %s", errSession, v.mode)
	case v.most < selectLeast:
		return fmt.Errorf("%w: their sql_select_limit is %d", errSession, v.most)
	default:
		return nil
	}
}

// fault is why a store's own statements would not answer what holds. In a transaction of the caller's these are the caller's matter.
func (v *session) fault() error {
	switch {
	case !v.autocommit:
		return fmt.Errorf("%w: their autocommit is off", errSession)
	case v.isolation == "READ-UNCOMMITTED":
		return fmt.Errorf("%w: their transaction_isolation is %s", errSession, v.isolation)
	default:
		return v.looseness()
	}
}

// clustered asks a MariaDB whether it is one of a cluster.
func clustered(ctx context.Context, on runner) (flavour, error) {
	rows, err := on.query(ctx, &prepared{text: "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'", once: true}, nil)
	if err != nil {
		return unasked, err
	}
	defer rows.Close()
	f := mariaDB
	var name, value string
	if rows.Next() {
		if err := rows.Scan(&name, &value); err != nil {
			return unasked, err
		}
	}
	if value == "ON" {
		f = galera
	}
	return f, rows.Err()
}
