package contention

import (
	"math"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// The same holds on a PostgreSQL whose transactions are stricter than they need to be, and so fail whenever somebody else was
// quicker.
func TestCrowd_onStrictIsolation(t *testing.T) {
	levels := []string{"repeatable read", "serializable"}
	if !servers.Long() {
		levels = levels[:1]
	}
	for _, level := range levels {
		t.Run(level, func(t *testing.T) {
			with(t, servers.PostgreSQL, func(dsn string) string {
				mark := "?"
				if strings.Contains(dsn, "?") {
					mark = "&"
				}
				return dsn + mark + "default_transaction_isolation=" + strings.ReplaceAll(level, " ", "%20")
			})
		})
	}
}

// And on a SQLite that answers at once that it is busy, instead of waiting.
func TestCrowd_withoutABusyTimeout(t *testing.T) {
	with(t, servers.SQLite, func(dsn string) string { return strings.ReplaceAll(dsn, "busy_timeout(10000)", "busy_timeout(0)") })
}

// with runs the crowds that are after more than one user with other settings.
func with(t *testing.T, server servers.Server, set func(dsn string) string) {
	places := server.Places(t)
	list := crowds()[2:]
	if !servers.Long() {
		list = list[:1]
	}
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			at := places(t)
			at.DSN = set(at.DSN)
			c.run(t, server, at, math.MaxInt64) // which is what these settings are about
		})
	}
}
