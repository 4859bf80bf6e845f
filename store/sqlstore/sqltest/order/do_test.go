package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store/sqlstore"
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

// impatient is a store over a SQLite file whose connections wait for nobody, and which are open already: to open one is to wait too.
func impatient(t *testing.T, conns int) *sqlstore.Store {
	t.Helper()
	place := servers.SQLite.Places(t)(t)
	place.DSN = strings.Replace(place.DSN, "busy_timeout(10000)", "busy_timeout(0)", 1)
	st := servers.SQLite.At(t, place)
	st.DB().SetMaxOpenConns(conns)
	st.DB().SetMaxIdleConns(conns)
	for range conns {
		conn, err := st.DB().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	return st
}

// SQLite has no queue for writers, so that a store has one: those who are in the middle of a Do do not fight with others.
func TestDo_onSQLiteWritersOfAStoreWaitInTurn(t *testing.T) {
	const callers = 40
	st := impatient(t, 4)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := range 5 {
				user := fmt.Sprint("user-", i, "-", n)
				err := st.Do(t.Context(), func(tx *sql.Tx) error {
					_, err := st.In(tx).Commit(t.Context(), asked(user))
					return err
				})
				if err == nil {
					_, err = st.Commit(t.Context(), asked(user+"-again"))
				}
				if err != nil {
					t.Errorf("%s: %v", user, err)
				}
			}
		})
	}
	wg.Wait()
	if n := st.Stats().Retries; n >= callers { // some, if the machine stands still for as long as a turn may take
		t.Errorf("%d writes were run again", n)
	}
}

// A function that writes through the pool waits for its own turn to end. It gets no further, as it would not without turns either: its
// write ends with its context, or is answered Moved when the database was asked for long enough. And nobody's turn is lost by it.
func TestDo_onSQLiteAFunctionThatWritesThroughThePoolWaitsInVain(t *testing.T) {
	st := impatient(t, 4)
	for name, limit := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"with little time": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 20*time.Millisecond)
		},
		"without a limit": context.WithCancel,
	} {
		t.Run(name, func(t *testing.T) {
			err := st.Do(t.Context(), func(*sql.Tx) error {
				ctx, cancel := limit(t.Context())
				defer cancel()
				results, err := st.Commit(ctx, asked("nobody"))
				if err == nil && !results[0].Moved || err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%+v, %v", results, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	if results, err := st.Commit(t.Context(), asked("nobody")); err != nil || !results[0].Written() {
		t.Errorf("afterwards: %+v, %v", results, err)
	}
}
