package mysql

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// What certainly was not done is not called unknown.
func TestCommit_isNotUnknownWhereTheErrorSaysThatNothingRan(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		at := server.Places(t)(t)
		units := []store.Unit{requested("ada", 0, "first"), requested("bob", 0, "first")}
		large := requested("eve", 0, strings.Repeat("x", 60))
		for i := range 2000 {
			large.Put = append(large.Put, &store.ValueRow{User: "eve", Task: "t", Outer: int64(i), Hash: [16]byte{1}})
		}
		notReady := func(query string) error { // as Galera answers to any statement
			if strings.Contains(query, "COMMIT;") || query == "COMMIT" {
				return &mysql.MySQLError{Number: 1047, Message: "WSREP has not yet prepared node for application use"}
			}
			return nil
		}
		for name, tt := range map[string]struct {
			parameters string
			before     func(string) error
			units      []store.Unit
		}{
			"a unit on a node that is not ready":        {"", notReady, units[:1]},
			"units on a node that is not ready":         {"", notReady, units},
			"a unit larger than the driver's bound":     {"maxAllowedPacket=65536", nil, []store.Unit{large}},
			"units, one larger than the driver's bound": {"maxAllowedPacket=65536", nil, append([]store.Unit{units[0]}, large)},
		} {
			t.Run(name, func(t *testing.T) {
				st := server.Store(t, watched(t, with(at.DSN, tt.parameters), watch{before: tt.before}), at.Schema)
				_, err := st.Commit(t.Context(), tt.units...)
				if err == nil || errors.Is(err, store.ErrUnknown) || st.Stats().Lost > 0 {
					t.Errorf("%v, %+v", err, st.Stats())
				}
				snap, err := server.At(t, at).Load(t.Context(), store.Request{Keys: []store.Key{{User: "ada"}, {User: "bob"}, {User: "eve"}}})
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range snap.States {
					if s.Version > 0 {
						t.Errorf("%s is written", s.User)
					}
				}
			})
		}
	})
}

// with adds a parameter to a connection string.
func with(dsn, parameter string) string {
	if parameter == "" {
		return dsn
	}
	if strings.Contains(dsn, "?") {
		return dsn + "&" + parameter
	}
	return dsn + "?" + parameter
}
