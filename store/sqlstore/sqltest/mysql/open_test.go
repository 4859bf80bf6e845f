package mysql

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// each runs a test on every server that speaks MySQL's protocol.
func each(t *testing.T, test func(t *testing.T, server servers.Server)) {
	t.Helper()
	for _, server := range servers.MySQLs() {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			server.Need(t)
			test(t, server)
		})
	}
}

// pool opens connections to a server with these parameters of the DSN and no others.
func pool(t *testing.T, server servers.Server, parameters string) *sql.DB {
	t.Helper()
	dsn, _, _ := strings.Cut(server.DSN(), "?")
	return server.Open(t, dsn+"?"+parameters)
}
