package sqlstore_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// A numbered error is an application's, with a number of its own that means nothing to SQLite.
type numbered struct {
	code  int
	cause error
}

func (e *numbered) Error() string { return "no such order" }
func (e *numbered) Code() int     { return e.code }
func (e *numbered) Unwrap() error { return e.cause }

func TestDo_answersTheApplicationsErrorsAfterOneRun(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			st := server.Empty(t)
			for _, code := range []int{5, 6, 15, 404, 1555} {
				mine, runs := &numbered{code: code}, 0
				err := st.Do(t.Context(), func(*sql.Tx) error { runs++; return mine })
				if err != error(mine) || runs != 1 {
					t.Errorf("%d: %d runs, %v", code, runs, err)
				}
			}
		})
	}
}

// SQLite's own error calls for another run also within one of the application's.
func TestDo_runsAgainAfterABusyDatabase(t *testing.T) {
	place := servers.SQLite.Places(t)(t)
	st := servers.SQLite.At(t, place)
	hasty := servers.SQLite.Open(t, strings.Replace(place.DSN, "busy_timeout(10000)", "busy_timeout(0)", 1))
	runs := 0
	err := st.Do(t.Context(), func(*sql.Tx) error {
		if runs++; runs > 1 {
			return nil
		}
		_, err := hasty.BeginTx(t.Context(), nil)
		if err == nil {
			return errors.New("there are two writers")
		}
		return &numbered{404, err}
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, %v", runs, err)
	}
}
