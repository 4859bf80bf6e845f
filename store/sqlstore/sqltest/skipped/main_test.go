package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// Port 1 has no server.
func TestReason_saysOnceAndShortlyWhyAServerIsNotThere(t *testing.T) {
	for _, tt := range []struct {
		variable, dsn string
		server        servers.Server
	}{
		{"GUERDON_POSTGRESQL", "postgres://ann:secret@127.0.0.1:1/test", servers.PostgreSQL},
		{"GUERDON_MARIADB", "ann:secret@tcp(127.0.0.1:1)/test", servers.MariaDB},
	} {
		t.Run(tt.server.Name, func(t *testing.T) {
			t.Setenv(tt.variable, tt.dsn)
			if got, want := reason(tt.server.Ask()), "127.0.0.1:1: connect: connection refused"; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	if got := reason(errors.New("one\n\ttwo " + strings.Repeat("x", 200))); got != "one two "+strings.Repeat("x", 92)+" ..." {
		t.Errorf("%q", got)
	}
}
