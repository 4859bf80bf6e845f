package postgresql

import (
	"net/url"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// A session of another encoding would take one user's ID for another's, and is refused before anything is recorded.
func TestDocs_refusesASessionThatChangesTexts(t *testing.T) {
	at := servers.PostgreSQL.Places(t)(t)
	u, err := url.Parse(at.DSN)
	if err != nil || u.Host == "" {
		t.Skip("the connection string must be a URL, to add to it")
	}
	q := u.Query()
	q.Set("client_encoding", "LATIN1")
	u.RawQuery = q.Encode()
	st := servers.PostgreSQL.Store(t, servers.PostgreSQL.Open(t, u.String()), at.Schema)
	eng, err := engine.New(st, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = eng.Record(t.Context(), task.Event{ID: "1", User: "é", Task: "order"})
	if err == nil || !strings.Contains(err.Error(), "client_encoding is LATIN1") {
		t.Errorf("outside of a transaction: %v", err)
	}
	tx, err := st.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	_, err = eng.With(st.In(tx)).Record(t.Context(), task.Event{ID: "1", User: "é", Task: "order"})
	if err == nil || !strings.Contains(err.Error(), "client_encoding is LATIN1") {
		t.Errorf("in a transaction: %v", err)
	}
}
