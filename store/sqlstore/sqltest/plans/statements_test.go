package plans

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

// How much there is. Few rows of a user a database sorts sooner than it looks at another index, and few users it reads all.
const (
	// busyUsers have busyRows causes, records and transfers each, of kindsOf tasks, rewards and assets. Tests call about some of them.
	busyUsers = 400
	busyRows  = 36
	kindsOf   = 12
	// idle is how many users and counters there are besides, of which there is nothing else.
	idle = 5000
)

// busy is the ID of a user.
func busy(i int) string { return fmt.Sprintf("user-%05d", 3*i) }

// filled is a store in which users have all kinds of rows.
func filled(t *testing.T, server servers.Server) *sqlstore.Store {
	t.Helper()
	db := server.Pool(t)
	schema := server.Schema(t, db)
	st := server.Migrated(t, db, schema)
	must := musting(t)
	var units []store.Unit
	for i := range busyUsers {
		if units = append(units, explainedUnit(busy(i), 0, busyRows)); len(units) == 50 {
			_, err := st.Commit(t.Context(), units...)
			must(err)
			units = nil
		}
	}
	var stamp store.Stamp
	for i := range 300 {
		docs := make([]store.Doc, 20)
		for j := range docs {
			docs[j] = store.Doc{Kind: "task", Code: fmt.Sprint("t", i, "-", j), Body: []byte(`{"code":"t","title":"a document as long as most are"}`)}
		}
		var err error
		stamp, err = st.PutDocs(t.Context(), stamp, docs...)
		must(err)
	}
	var users, counters []string
	for i := range idle {
		users, counters = append(users, fmt.Sprintf("('idle-%05d', 0)", i)), append(counters, fmt.Sprintf("('idle-%05d', 0, FALSE)", i))
	}
	statements := []string{
		"INSERT INTO " + in(schema) + "users (id, version) VALUES " + strings.Join(users, ", "),
		"INSERT INTO " + in(schema) + "counters (name, used, closed) VALUES " + strings.Join(counters, ", "),
	}
	for _, table := range tableNames() {
		analyze := "ANALYZE "
		if server.Dialect == sqlstore.MySQL {
			analyze = "ANALYZE TABLE "
		}
		statements = append(statements, analyze+in(schema)+table)
	}
	for _, s := range statements {
		_, err := db.ExecContext(t.Context(), s)
		must(err)
	}
	return st
}

// in is what stands before the names of tables.
func in(schema string) string {
	if schema != "" {
		schema += "."
	}
	return schema + "guerdon_"
}

func tableNames() []string {
	return []string{"users", "causes", "tasks", "tallies", "tally_values", "entitlements", "rewards", "caps", "transfers", "balances", "counters", "documents"}
}

// explainedUnit has all kinds of rows: n of those that users have ever more of, and one of the others.
func explainedUnit(user string, version int64, n int) store.Unit {
	u := store.Unit{User: user, Version: version, Take: []store.Take{{Counter: "counter/" + user, N: 1, Max: 100}}}
	for i := range n {
		nth, kind := version*busyRows+int64(i)+1, i%kindsOf
		for _, r := range storetest.Samples(user) {
			switch r := r.(type) {
			case *store.CauseRow:
				r.ID = fmt.Sprint("order-", nth)
				r.Event.Event.ID, r.Event.Event.Task, r.Event.Seq = r.ID, fmt.Sprintf("TS%06d", 61+kind), nth
				u.Insert = append(u.Insert, r)
			case *store.TransferRow:
				r.ID.Cause, r.Seq, r.Amount.Asset = fmt.Sprint("c", nth), nth, fmt.Sprintf("asset-%d", kind)
				r.After.Asset = r.Amount.Asset
				u.Insert = append(u.Insert, r)
			case *store.RewardRow:
				r.ID.Reward, r.ID.N, r.Time = fmt.Sprintf("RS%06d", 910+kind), nth, r.Time.Add(time.Duration(nth)*time.Minute)
				if i%4 > 0 {
					r.Status = reward.Granted
				}
				u.Put = append(u.Put, r)
			case *store.TaskRow:
				if r.Task = fmt.Sprintf("TS%06d", 61+kind); i < kindsOf {
					u.Put = append(u.Put, r)
				}
			default:
				if i == 0 {
					u.Put = append(u.Put, r)
				}
			}
		}
	}
	return u
}

// No call reads a table from end to end, and what comes in the order of an index is read in it, and not sorted.
func TestStatements_readNoTableFromEndToEnd(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			st := filled(t, server)
			tx, err := st.DB().BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			e := &explainer{t: t, dialect: server.Dialect, tx: tx}
			everything(t, st.InTx(e), e)
			if e.seen < 30 || e.beside == 0 {
				t.Errorf("%d statements were looked at, of which %d read side by side", e.seen, e.beside)
			}
		})
	}
}

// PostgreSQL keeps plans that it made when tables were new, until it next looks at how large they are: an application's first hour.
func TestPostgreSQL_plansOfEmptyTablesReadNoneFromEndToEnd(t *testing.T) {
	st := servers.PostgreSQL.Empty(t)
	tx, err := st.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	loadsAndCommits(t, st.InTx(&explainer{t: t, dialect: sqlstore.PostgreSQL, tx: tx, tables: large}))
}

// loadsAndCommits calls a store in all the ways that make different statements about users.
func loadsAndCommits(t *testing.T, st store.Store) {
	t.Helper()
	must := musting(t)
	for _, users := range []int{1, 3, 100} {
		var r store.Request
		var units []store.Unit
		r.ForUpdate = true
		for i := range users {
			user := busy(i)
			key := store.Key{User: user}
			for _, row := range storetest.Samples(user) {
				ids := []string{row.Key().ID}
				if row.Key().Kind == store.KindTask {
					for n := range 6 * users {
						ids = append(ids, store.TaskRowID("TS", int64(n)))
					}
				}
				key.Parts = append(key.Parts, store.Part{Kind: row.Key().Kind, IDs: ids})
			}
			r.Keys = append(r.Keys, key)
			r.Counters = append(r.Counters, "counter/"+user)
			unit := explainedUnit(user, int64(map[int]int{1: 1, 3: 2, 100: 3}[users]), 1)
			units = append(units, unit)
		}
		_, err := st.Load(t.Context(), r)
		must(err)
		fewRows(t, st, users)
		snap, err := st.Load(t.Context(), store.Request{Keys: []store.Key{r.Keys[0]}, Counters: r.Counters[:1]})
		must(err)
		for i := range units {
			if i == 0 {
				units[i].Version = snap.States[0].Version
			}
			units[i].Delete = []store.RowKey{{Kind: store.KindTask, User: units[i].User, ID: store.TaskRowID("TS000063", 1)}}
		}
		_, err = st.Commit(t.Context(), units...)
		must(err)
	}
}

func musting(t *testing.T) func(error) {
	return func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fewRows loads what an event with one reward needs: a few rows of each user, some of which are not there, and counters. These
// come side by side, of one user on every database, of several on PostgreSQL.
func fewRows(t *testing.T, st store.Store, users int) {
	t.Helper()
	r := store.Request{Counters: []string{"counter/none", "counter/" + busy(1)}}
	for i := range users {
		user := busy(i)
		key := store.Key{User: user}
		for _, row := range storetest.Samples(user) {
			switch row := row.(type) {
			case *store.CauseRow:
				key.Parts = append(key.Parts, store.Part{Kind: store.KindCause, IDs: []string{store.CauseID(store.CauseEvent, "order-1"), store.CauseID(store.CauseEvent, "new")}})
			case *store.TransferRow, *store.RewardRow:
				// read by an index
			default:
				key.Parts = append(key.Parts, store.Part{Kind: row.Key().Kind, IDs: []string{row.Key().ID}})
			}
		}
		r.Keys = append(r.Keys, key)
	}
	_, err := st.Load(t.Context(), r)
	musting(t)(err)
}

// everything does so in all ways there are.
func everything(t *testing.T, st store.Store, e *explainer) {
	t.Helper()
	loadsAndCommits(t, st)
	e.inOrder(func() {
		pages(t, st, e, 1)
		pages(t, st, e, 100)
		lists(t, st, e)
	})
	must := musting(t)
	var stamp store.Stamp
	var err error
	e.through("documents_revision", func() { _, stamp, err = st.Docs(t.Context(), 290) })
	must(err)
	_, err = st.DocAt(t.Context(), "task", "t17-3", 200)
	must(err)
	_, err = st.PutDocs(t.Context(), stamp, store.Doc{Kind: "task", Code: "new", Body: []byte("{}")})
	must(err)
}

// explainedAt is in the middle of the records.
var explainedAt = time.Date(2026, 2, 28, 0, 15, 0, 0, time.UTC)

// pages loads pages of the indexes of users' own rows.
func pages(t *testing.T, st store.Store, e *explainer, users int) {
	t.Helper()
	var r store.Request
	for i := range users {
		user := busy(i)
		r.Keys = append(r.Keys, store.Key{User: user, Parts: []store.Part{
			{Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix(user, "TS000061"), Limit: 5},
			{Index: store.IndexRewardUser, Limit: 5, After: store.RewardKey(store.IndexRewardUser, reward.ID{User: user, Reward: "a", N: 1}, explainedAt)},
			{Index: store.IndexTransferAccount, Prefix: store.TransferAccountPrefix(user, "asset-0"), Limit: 5},
			{Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix(user, "TS000062")},
		}})
	}
	for _, ix := range []string{"causes_task", "rewards_user", "transfers_account"} {
		e.through(ix, func() {
			_, err := st.Load(t.Context(), r)
			musting(t)(err)
		})
	}
}

// indexes are the names that databases know them by.
var indexes = map[store.Index]string{
	store.IndexCauseTask: "causes_task", store.IndexTransferAccount: "transfers_account",
	store.IndexRewardUser: "rewards_user", store.IndexRewardReward: "rewards_reward", store.IndexRewardOpen: "rewards_open",
}

// lists reads each index, both ways, from its beginning, from an instant and from a row.
func lists(t *testing.T, st store.Store, e *explainer) {
	t.Helper()
	at, must := explainedAt, musting(t)
	id := reward.ID{User: busy(10), Reward: "RS000910", N: 13}
	for _, desc := range []bool{false, true} {
		for _, q := range []store.Query{
			{Index: store.IndexRewardUser, Prefix: store.UserPrefix(busy(10))},
			{Index: store.IndexRewardUser, Prefix: store.UserPrefix(busy(10)), From: store.RewardUserFrom(busy(10), at)},
			{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("RS000910")},
			{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("RS000910"), After: store.RewardKey(store.IndexRewardReward, id, at)},
			{Index: store.IndexRewardReward, Prefix: store.RewardRewardPrefix("RS000910"), From: store.RewardRewardFrom("RS000910", at), To: store.RewardRewardFrom("RS000910", at.AddDate(0, 0, 2))},
			{Index: store.IndexRewardOpen},
			{Index: store.IndexRewardOpen, After: store.RewardKey(store.IndexRewardOpen, id, at)},
			{Index: store.IndexTransferAccount, Prefix: store.TransferAccountPrefix(busy(10), "asset-0")},
			{Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix(busy(10), "TS000061")},
		} {
			q.Desc, q.Limit = desc, 50
			e.ordered = q.To == "" // what is between two instants PostgreSQL takes for a few rows, and sorts
			e.through(indexes[q.Index], func() {
				for _, err := range st.List(t.Context(), q) {
					must(err)
				}
			})
		}
	}
}
