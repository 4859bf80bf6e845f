package mysql

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// Variables of a compound statement are found by looking through all of them: with two for each of thousands of counters a commit
// took seven seconds, most of it with its counters locked.
func TestCommit_takesFromThousandsOfCountersWithoutAVariableForEach(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		at, most := server.Places(t)(t), 0
		st := server.Store(t, watched(t, at.DSN, watch{before: func(query string) error {
			most = max(most, strings.Count(query, "DECLARE"))
			return nil
		}}), at.Schema)
		unit := func(version int64, id string) store.Unit {
			u := requested("ada", version, id)
			for i := range st.Limits().RowsPerUnit - 1 {
				u.Take = append(u.Take, store.Take{Counter: fmt.Sprint("c", i), N: 1, Max: 1})
			}
			return u
		}
		commit(t, t.Context(), st, []store.Unit{unit(0, "first")})
		results, err := st.Commit(t.Context(), unit(1, "second"))
		if err != nil || results[0].Moved || len(results[0].Exhausted) != st.Limits().RowsPerUnit-1 {
			t.Errorf("of counters that are used up a unit is moved: %t, and exhausts %d: %v", results[0].Moved, len(results[0].Exhausted), err)
		}
		if most > 300 {
			t.Errorf("a statement has %d variables", most)
		}
	})
}

// What takes from counters is text as well, which the server must have time for.
func TestCommit_timeIsAllowedForTheTextOfTakes(t *testing.T) {
	server := servers.MariaDB
	at, allowed := server.Places(t)(t), ""
	limit := regexp.MustCompile(`max_statement_time = ([0-9.]+) FOR`)
	st := server.Store(t, watched(t, at.DSN, watch{before: func(query string) error {
		if found := limit.FindStringSubmatch(query); found != nil {
			allowed = found[1]
		}
		return nil
	}}), at.Schema)
	seconds := func(u store.Unit) float64 {
		commit(t, t.Context(), st, []store.Unit{u})
		n, err := strconv.ParseFloat(allowed, 64)
		if err != nil {
			t.Fatalf("the time is %q: %v", allowed, err)
		}
		return n
	}
	none := seconds(requested("ada", 0, "1"))
	with := requested("ada", 1, "2")
	for i := range 100 {
		with.Take = append(with.Take, store.Take{Counter: fmt.Sprintf("%0250d", i), N: 1, Max: 1})
	}
	if some := seconds(with); some < none+0.3 { // for 100 kB and more
		t.Errorf("%v seconds without takes, %v with a hundred", none, some)
	}
}
