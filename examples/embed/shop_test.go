package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/task"
)

// A fixture is a shop, its clock, and a way to send requests.
type fixture struct {
	*testing.T
	*shop
	mu    sync.Mutex
	clock time.Time // guarded by mu
}

// everywhere runs a test on SQLite, and on PostgreSQL where there is one.
func everywhere(t *testing.T, f func(f *fixture)) {
	for _, server := range []servers.Server{servers.SQLite, servers.PostgreSQL} {
		t.Run(server.Name, func(t *testing.T) {
			f(setup(t, server, options{}))
		})
	}
}

// setup is a shop with two products and a customer.
func setup(t *testing.T, server servers.Server, opt options) *fixture {
	t.Helper()
	f := bare(t, server, opt)
	f.send(200, "PUT", "/products/tea", `{"price": 1250, "stock": 1000}`, nil)
	f.send(200, "PUT", "/products/pot", `{"price": 60000, "stock": 1}`, nil)
	f.send(200, "PUT", "/customers/mei", `{"name": "Mei"}`, nil)
	return f
}

// bare is a shop with nothing in it.
func bare(t *testing.T, server servers.Server, opt options) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: time.Date(2025, time.November, 4, 12, 0, 0, 0, time.UTC)}
	opt.Now = func() time.Time {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.clock
	}
	db, err := open(dsnOf(t, server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if f.shop, err = newShop(t.Context(), db.DB, db.Dialect, opt); err != nil {
		t.Fatal(err)
	}
	return f
}

// send sends a request and reads the answer into v.
func (f *fixture) send(status int, method, path, body string, v any) {
	f.Helper()
	r := httptest.NewRequestWithContext(f.Context(), method, path, strings.NewReader(body))
	r.Header.Set("X-Operator", "ann")
	w := httptest.NewRecorder()
	f.handler().ServeHTTP(w, r)
	if again := w.Header().Get("Retry-After"); (again != "") != (w.Code == 503) {
		f.Errorf("%s %s answered %d, to be sent again after %q seconds", method, path, w.Code, again)
	}
	if w.Code != status {
		f.Errorf("%s %s answered %d, want %d: %s", method, path, w.Code, status, w.Body)
		return
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		f.Errorf("%s %s: %v in %s", method, path, err, w.Body)
	}
}

// has compares a customer's orders and points with what they should be, and what is left of a product.
func (f *fixture) has(id string, orders int, points int64, left string, stock int64) {
	f.Helper()
	var p page
	f.send(200, "GET", "/customers/"+id, "", &p)
	have := f.points(id)
	var n int64
	if err := f.db.QueryRowContext(f.Context(), `SELECT stock FROM products WHERE id = $1`, left).Scan(&n); err != nil {
		f.Fatal(err)
	}
	if len(p.Orders) != orders || have != points || n != stock {
		f.Errorf("%s has %d orders and %d points, %d of %s are left; want %d, %d and %d", id, len(p.Orders), have, n, left, orders, points, stock)
	}
}

// points is what a customer holds.
func (f *fixture) points(id string) int64 {
	f.Helper()
	var p page
	f.send(200, "GET", "/customers/"+id, "", &p)
	if len(p.Board.Balances) == 0 {
		return 0
	}
	return p.Board.Balances[0].Value.IntPart()
}

func earned(records []reward.Record) string {
	var list []string
	for _, r := range records {
		list = append(list, r.ID.Reward)
	}
	return strings.Join(list, " ")
}

func TestShop_writesAnOrderWithItsPoints(t *testing.T) {
	everywhere(t, func(f *fixture) {
		var r receipt
		f.send(200, "PUT", "/customers/mei/orders/1", `{"product": "tea", "quantity": 2}`, &r)
		if r.Repeat || r.Order.Total != 2500 || earned(r.Rewards) != "cashback welcome" {
			f.Errorf("the first order answered %+v", r)
		}
		f.send(200, "PUT", "/customers/mei/orders/2", `{"product": "tea", "quantity": 1}`, &r)
		f.has("mei", 2, 25+25+12, "tea", 997)
	})
}

// A repeat is answered as the first time, at the price of the first time, and changes nothing.
func TestShop_takesTheSameOrderOnce(t *testing.T) {
	everywhere(t, func(f *fixture) {
		var first, again receipt
		f.send(200, "PUT", "/customers/mei/orders/1", `{"product": "tea", "quantity": 2}`, &first)
		f.send(200, "PUT", "/products/tea", `{"price": 9900, "stock": 500}`, nil)
		f.send(200, "PUT", "/customers/mei/orders/1", `{"product": "tea", "quantity": 2}`, &again)
		if !again.Repeat || again.Order != first.Order || earned(again.Rewards) != earned(first.Rewards) {
			f.Errorf("first %+v, then %+v", first, again)
		}
		f.send(409, "PUT", "/customers/mei/orders/1", `{"product": "tea", "quantity": 3}`, nil)
		f.send(200, "PUT", "/customers/bo", `{"name": "Bo"}`, nil)
		f.send(409, "PUT", "/customers/bo/orders/1", `{"product": "tea", "quantity": 2}`, nil)
		f.has("mei", 1, 50, "tea", 500)
		f.has("bo", 0, 0, "tea", 500)
	})
}

// An order that cannot be served takes its points with it: the stock is looked at after they were written.
func TestShop_undoesThePointsOfAnOrderThatFails(t *testing.T) {
	everywhere(t, func(f *fixture) {
		f.send(409, "PUT", "/customers/mei/orders/1", `{"product": "pot", "quantity": 2}`, nil)
		f.has("mei", 0, 0, "pot", 1)
		var r receipt
		f.send(200, "PUT", "/customers/mei/orders/1", `{"product": "pot", "quantity": 1}`, &r) // the ID is free
		if r.Repeat || earned(r.Rewards) != "cashback patron welcome" {
			f.Errorf("the order answered %+v", r)
		}
		f.has("mei", 1, 600+25, "pot", 0)
	})
}

// Nothing is left in memory either of what was rolled back: the engine answers what is in the tables.
func TestShop_forgetsATransactionThatWasRolledBack(t *testing.T) {
	everywhere(t, func(f *fixture) {
		stop := errors.New("stop")
		err := f.transact(f.Context(), func(_ *sql.Tx, eng *engine.Engine) error {
			if err := eng.Pause(f.Context(), engine.By{Actor: "ann"}, "cashback", reward.Drop); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			f.Fatalf("the transaction answered %v", err)
		}
		var r receipt
		f.send(200, "PUT", "/customers/mei/orders/1", `{"product": "tea", "quantity": 1}`, &r)
		if earned(r.Rewards) != "cashback welcome" {
			f.Errorf("a pause that was rolled back holds: %+v", r)
		}
	})
}

// Orders of one customer and of many, each sent twice and all at once: every one counts once, and the budget is exact.
func TestShop_takesOrdersAtOnce(t *testing.T) {
	everywhere(t, func(f *fixture) {
		if _, err := f.eng.Put(f.Context(), engine.By{Actor: "ann"}, reward.Config{Code: "few", Rule: rule.Count("order", 1),
			Amount: ledger.Whole("points", 1000), Limit: rule.Limit{Max: 1}, Budget: rule.Limit{Max: 3}}); err != nil {
			f.Fatal(err)
		}
		for i := range 6 {
			f.send(200, "PUT", fmt.Sprint("/customers/c", i), `{"name": "C"}`, nil)
		}
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				for n := range 4 {
					f.send(200, "PUT", fmt.Sprintf("/customers/c%d/orders/c%d-%d", i%6, i%6, n), `{"product": "tea", "quantity": 1}`, nil)
					f.send(200, "PUT", fmt.Sprintf("/customers/mei/orders/mei-%d", (i*4+n)%24), `{"product": "tea", "quantity": 1}`, nil)
				}
			})
		}
		wg.Wait()
		var all, few int64
		for i := range 7 {
			id := fmt.Sprint("c", i)
			if i == 6 {
				id = "mei"
			}
			all += f.points(id)
			for _, err := range f.eng.Rewards(f.Context(), reward.Query{User: id, Reward: "few"}) {
				if err != nil {
					f.Fatal(err)
				}
				few++
			}
		}
		if want := int64(48*12 + 7*25 + 3*1000); all != want || few != 3 {
			f.Errorf("%d points in all and %d of the few, want %d and 3", all, few, want)
		}
	})
}

func TestShop_rewardsDaysInARow(t *testing.T) {
	everywhere(t, func(f *fixture) {
		for day := range 4 {
			f.mu.Lock()
			f.clock = time.Date(2025, time.November, 4+day, 12, 0, 0, 0, time.UTC)
			f.mu.Unlock()
			for range 2 {
				var out engine.Outcome
				f.send(200, "POST", "/customers/mei/signin", "", &out)
				if got := len(out.Rewards) == 1; got != (day == 2) {
					f.Errorf("day %d: %+v", day, out)
				}
			}
		}
		f.has("mei", 0, 10, "tea", 1000)
		f.send(404, "POST", "/customers/nobody/signin", "", nil)
	})
}

func TestShop_letsOperatorsReview(t *testing.T) {
	everywhere(t, func(f *fixture) {
		f.send(200, "PUT", "/customers/mei/orders/1", `{"product": "pot", "quantity": 1}`, nil)
		var list []reward.Record
		f.send(200, "GET", "/reviews", "", &list)
		if len(list) != 1 || list[0].ID != (reward.ID{User: "mei", Reward: "patron", N: 1}) || list[0].Status != reward.Pending {
			f.Fatalf("waiting: %+v", list)
		}
		verdict := fmt.Sprintf(`{"pass": true, "reason": "a good customer", "seq": %d}`, list[0].Seq)
		for range 2 { // the second is a repeat, and answers as the first
			var m reward.Moved
			f.send(200, "POST", "/reviews/mei/patron/1", verdict, &m)
			if m.Record.Status != reward.Granted || !m.Changed {
				f.Errorf("the review answered %+v", m)
			}
		}
		f.send(409, "POST", "/reviews/mei/patron/1", `{"pass": false, "seq": 1}`, nil)
		f.send(404, "POST", "/reviews/mei/patron/2", verdict, nil)
		f.send(200, "GET", "/reviews", "", &list)
		if len(list) > 0 {
			f.Errorf("still waiting: %+v", list)
		}
		f.has("mei", 1, 600+25+200, "pot", 0)
	})
}

func TestShop_refusesWhatItCannotServe(t *testing.T) {
	f := setup(t, servers.SQLite, options{})
	f.send(404, "GET", "/customers/nobody", "", nil)
	f.send(404, "PUT", "/customers/nobody/orders/1", `{"product": "tea", "quantity": 1}`, nil)
	f.send(404, "PUT", "/customers/mei/orders/1", `{"product": "gold", "quantity": 1}`, nil)
	f.send(422, "PUT", "/customers/mei/orders/1", `{"product": "tea", "quantity": 0}`, nil)
	f.send(422, "PUT", "/customers/mei/orders/1", `{"product": "tea", "qty": 1}`, nil)
	f.send(422, "PUT", "/customers/mei/orders/"+strings.Repeat("x", 200), `{"product": "tea", "quantity": 1}`, nil)
	f.send(422, "PUT", "/products/tea", `{"price": 0}`, nil)
	f.send(422, "PUT", "/customers/bo", `{"name": "`+strings.Repeat("o", 201)+`"}`, nil)
	f.send(422, "POST", "/reviews/mei/patron/one", `{}`, nil)
	f.has("mei", 0, 0, "tea", 1000)
}

// NUL and what is no UTF-8 are no text to PostgreSQL, and to SQLite they are.
func TestShop_refusesWhatIsNoText(t *testing.T) {
	everywhere(t, func(f *fixture) {
		for _, no := range []string{"%00", "a%00b", "%ff", "%c3%28"} {
			f.send(422, "GET", "/customers/"+no, "", nil)
			f.send(422, "PUT", "/customers/"+no, `{"name": "No"}`, nil)
			f.send(422, "POST", "/customers/"+no+"/signin", "", nil)
			f.send(422, "PUT", "/products/"+no, `{"price": 1, "stock": 1}`, nil)
			f.send(422, "PUT", "/customers/mei/orders/"+no, `{"product": "tea", "quantity": 1}`, nil)
			f.send(422, "POST", "/reviews/"+no+"/patron/1", `{"pass": true}`, nil)
			f.send(422, "POST", "/reviews/mei/"+no+"/1", `{"pass": true}`, nil)
		}
		f.send(422, "PUT", "/customers/bo", `{"name": "\u0000"}`, nil)
		f.send(422, "PUT", "/customers/mei/orders/1", `{"product": "\u0000", "quantity": 1}`, nil)
		f.has("mei", 0, 0, "tea", 1000)
	})
}

// A client repeats after 503 and after nothing else, so what is not known to fail again is 503.
func TestShop_tellsWhatMayWorkTheNextTime(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{fmt.Errorf("%w: %w", engine.ErrUnknown, task.ErrConflict), 503},
		{store.ErrUnknown, 503},
		{engine.ErrBusy, 503},
		{engine.ErrCatalogMoving, 503},
		{&sqlstore.RerunError{Err: errors.New("deadlock")}, 503},
		{errors.New("connection refused"), 503},
		{context.DeadlineExceeded, 503},
		{&rule.FieldError{}, 422},
		{rule.ErrTooLate, 422},
		{reward.ErrUnknown, 404},
		{&task.ConflictError{}, 409},
		{&reward.StatusError{}, 409},
		{task.ErrUnknown, 500},
		{engine.ErrTooLarge, 500},
		{&store.Error{Op: "commit", Err: store.ErrCorrupt}, 500},
	} {
		if got := statusOf(tt.err); got != tt.want {
			t.Errorf("%v is %d, want %d", tt.err, got, tt.want)
		}
	}
}

func TestShop_answers503WhileItsDatabaseIsAway(t *testing.T) {
	everywhere(t, func(f *fixture) {
		if err := f.db.Close(); err != nil {
			f.Fatal(err)
		}
		for _, tt := range []struct{ method, path, body string }{
			{"GET", "/customers/mei", ""},
			{"PUT", "/customers/bo", `{"name": "Bo"}`},
			{"PUT", "/products/tea", `{"price": 1, "stock": 1}`},
			{"PUT", "/customers/mei/orders/1", `{"product": "tea", "quantity": 1}`},
			{"POST", "/customers/mei/signin", ""},
			{"GET", "/reviews", ""},
			{"POST", "/reviews/mei/patron/1", `{"pass": true}`},
		} {
			f.send(503, tt.method, tt.path, tt.body, nil)
		}
	})
}

// A shop that is opened again finds everything, and leaves alone what operators edited.
func TestShop_opensAgain(t *testing.T) {
	ctx := context.Background()
	dsn := dsnOf(t, servers.SQLite)
	for round := range 2 {
		db, err := open(dsn)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newShop(ctx, db.DB, db.Dialect, options{})
		if err != nil {
			t.Fatal(err)
		}
		catalog, err := s.eng.Catalog(ctx)
		if err != nil {
			t.Fatal(err)
		}
		loyal, _ := catalog.Reward("loyal")
		if round == 0 {
			loyal.Title = "Thrice"
			if _, err := s.eng.Put(ctx, engine.By{Actor: "ann"}, loyal); err != nil {
				t.Fatal(err)
			}
		} else if loyal.Title != "Thrice" {
			t.Errorf("an operator's edit is gone: %+v", loyal)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpen_refusesWhatItDoesNotKnow(t *testing.T) {
	for _, dsn := range []string{"mongodb://ann:secret@127.0.0.1", "mysql://ann:secret@127.0.0.1:3306/test", ""} {
		if _, err := open(dsn); err == nil || !strings.HasPrefix(err.Error(), "-dsn: ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
	if err := serve(t.Context(), nil, filepath.Join(t.TempDir(), "none", "shop.sqlite"), "127.0.0.1:0", false); err == nil {
		t.Error("opened in a folder that is not there")
	}
}

// dsnOf is a new file, or a schema of the test's own.
func dsnOf(t *testing.T, server servers.Server) string {
	t.Helper()
	if server.Name == servers.SQLite.Name {
		return filepath.Join(t.TempDir(), "shop.sqlite")
	}
	db := server.Pool(t)
	schema := server.Schema(t, db)
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
