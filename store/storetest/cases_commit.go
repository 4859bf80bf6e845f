package storetest

import (
	"errors"
	"fmt"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
)

func commitCases() []testCase {
	return []testCase{
		{name: "commit/version", clause: "3", run: commitVersion,
			sentence: "A user that is written moves on to Version + 1, one by one from 0."},
		{name: "commit/put", clause: "6", run: commitPut,
			sentence: "Put replaces or creates."},
		{name: "commit/delete", clause: "6", run: commitDelete,
			sentence: "Delete removes a row."},
		{name: "commit/delete of an absent row", clause: "6", run: commitDeleteAbsent,
			sentence: "Deleting an absent row is no error."},
		{name: "commit/several users", clause: "3", run: commitSeveral,
			sentence: "Each unit of a call is applied and answered for, in order."},
		{name: "commit/no units", clause: "3", run: commitNothing,
			sentence: "A commit of no units does nothing and is no error."},
		{name: "commit/64 rows", clause: "2", run: commitFull,
			sentence: "A unit may have 64 rows, keys and takes in any store, and up to Limits.RowsPerUnit."},
		{name: "commit/too large", clause: "1", run: commitTooLarge,
			sentence: "A unit with more than Limits.RowsPerUnit rows, keys and takes is ErrTooLarge and changes nothing."},
	}
}

func commitVersion(e *env) {
	for v := range int64(3) {
		if v > 0 && e.version("u") != v {
			e.Fatalf("after %d commits the version is %d", v, e.version("u"))
		}
		e.write(unit("u", v, fmt.Sprint(v)))
	}
}

func commitPut(e *env) {
	e.write(unit("u", 0, "1", record("u", "t", 1), record("u", "other", 7)))
	e.write(unit("u", e.version("u"), "2", record("u", "t", 2)))
	for code, want := range map[string]int64{"t": 2, "other": 7} {
		if r, ok := e.row(record("u", code, 0).Key()).(*store.TaskRow); !ok || r.Sum != want {
			e.Errorf("row %s is %+v, want sum %d", code, r, want)
		}
	}
}

func commitDelete(e *env) {
	gone := record("u", "t", 1)
	e.write(unit("u", 0, "1", gone, record("u", "stays", 1)))
	u := unit("u", e.version("u"), "2")
	u.Delete = []store.RowKey{gone.Key()}
	e.write(u)
	if e.has(gone) || !e.has(record("u", "stays", 1)) {
		e.Errorf("deleted row is there: %v; the other one is there: %v", e.has(gone), e.has(record("u", "stays", 1)))
	}
}

func commitDeleteAbsent(e *env) {
	u := unit("u", 0, "1", record("u", "t", 1))
	u.Delete = []store.RowKey{record("u", "never", 0).Key()}
	e.write(u)
	if !e.has(record("u", "t", 1)) {
		e.Errorf("the rest of the unit was not written")
	}
}

func commitSeveral(e *env) {
	e.write(unit("b", 0, "1"))
	results := e.commit(unit("a", 0, "1", record("a", "t", 1)), unit("b", 0, "2", record("b", "t", 1)), unit("c", 0, "1", record("c", "t", 1)))
	for i, user := range []string{"a", "b", "c"} {
		if want := user != "b"; results[i].Written() != want || e.has(record(user, "t", 1)) != want {
			e.Errorf("unit %d: %+v, its row is there: %v; want written and there: %v", i, results[i], e.has(record(user, "t", 1)), want)
		}
	}
}

func commitNothing(e *env) {
	if results, err := e.store().Commit(e.Context()); err != nil || len(results) != 0 {
		e.Errorf("got %v, %v", results, err)
	}
}

func commitFull(e *env) {
	l := e.store().Limits()
	if l.Units < 1 || l.RowsPerUnit < 64 || l.Rows < l.RowsPerUnit {
		e.Fatalf("limits are %+v: RowsPerUnit is at least 64, Rows not below it, Units at least 1", l)
	}
	u := takes("u", 0, "1", store.Take{Counter: "c", N: 1, Max: 1})
	for i := range int64(62) {
		u.Put = append(u.Put, record("u", "t", i))
		u.Put[i].(*store.TaskRow).Period = i
	}
	e.write(u)
	var ids []string
	for _, r := range u.Put {
		ids = append(ids, r.Key().ID)
	}
	if n := len(e.load("u", store.Part{Kind: store.KindTask, IDs: ids}).Rows); n != 62 {
		e.Errorf("%d of 62 rows came back", n)
	}
}

func commitTooLarge(e *env) {
	u := unit("u", 0, "1", record("u", "t", 1))
	for i := range int64(e.store().Limits().RowsPerUnit) {
		u.Delete = append(u.Delete, store.RowKey{Kind: store.KindTask, User: "u", ID: store.TaskRowID("gone", i)})
	}
	if _, err := e.store().Commit(e.Context(), u); !errors.Is(err, store.ErrTooLarge) {
		e.Errorf("commit of %d rows: %v, want ErrTooLarge", len(u.Delete)+2, err)
	}
	if e.has(record("u", "t", 1)) {
		e.Errorf("its rows were written")
	}
}

func refusalCases() []testCase {
	return []testCase{
		{name: "refusal/moved", clause: "3, 4", run: refusalMoved,
			sentence: "A unit whose user is at another version is answered Moved, without an error, writes none of its rows and takes nothing."},
		{name: "refusal/exhausted writes nothing", clause: "3, 4", run: refusalExhausted,
			sentence: "A unit refused by a counter is answered Exhausted, without an error, writes none of its rows and leaves the version."},
		{name: "refusal/exhausted takes nothing", clause: "3", run: refusalTakesNothing,
			sentence: "A unit refused by one counter takes nothing from the others."},
		{name: "refusal/hinders no other", clause: "3", run: refusalAlone,
			sentence: "A refused unit hinders no other of its call."},
		{name: "refusal/moved before exhausted", clause: "7", run: refusalOrder,
			sentence: "Moved is reported before Exhausted."},
		{name: "refusal/inserted twice", clause: "6", run: refusalTwice, raises: true,
			sentence: "A cause that is already there under a version that held is ErrCorrupt, and nothing is written."},
		{name: "refusal/inserted twice among others", clause: "5", run: refusalTwiceBatch, raises: true,
			sentence: "An error means that nothing was written, also of the other units, unless it matches ErrUnknown."},
		{name: "refusal/repeat of an old unit", clause: "6", run: refusalRepeat,
			sentence: "A unit that is repeated after it landed is answered Moved, not ErrCorrupt."},
		{name: "refusal/invalid", clause: "1", run: refusalInvalid,
			sentence: "Units that Check refuses are refused with its error, and nothing is changed."},
		{name: "refusal/invalid content", clause: "1", run: refusalContent,
			sentence: "So are rows whose content contradicts itself or fits into no column: another's event or move, an instant outside the years 1 to 9999."},
		{name: "refusal/unknown kind", clause: "1", run: refusalUnknown,
			sentence: "A row of a kind that the release does not know is ErrUnsupported, and nothing is changed."},
	}
}

func refusalMoved(e *env) {
	e.write(unit("u", 0, "1", record("u", "t", 1)))
	now := e.version("u")
	for _, version := range []int64{0, now + 1} {
		u := takes("u", version, "2", store.Take{Counter: "c", N: 1, Max: 10})
		u.Put = []store.Row{record("u", "t", 2)}
		u.Delete = []store.RowKey{record("u", "other", 0).Key()}
		if r := e.commit(u)[0]; !r.Moved {
			e.Errorf("a unit at version %d of %d is answered %+v", version, now, r)
		}
		row, _ := e.row(record("u", "t", 0).Key()).(*store.TaskRow)
		if row == nil || row.Sum != 1 || e.has(cause("u", "2")) || e.counter("c") != 0 || e.version("u") != now {
			e.Errorf("it left something: row %+v, cause %v, counter %d, version %d of %d", row, e.has(cause("u", "2")), e.counter("c"), e.version("u"), now)
		}
	}
	if r := e.commit(unit("unseen", 5, "1"))[0]; !r.Moved || e.has(cause("unseen", "1")) {
		e.Errorf("a user never seen, expected at version 5, is answered %+v", r)
	}
}

func refusalExhausted(e *env) {
	e.write(unit("u", 0, "1"))
	now := e.version("u")
	u := takes("u", now, "2", store.Take{Counter: "c", N: 1, Max: 0})
	u.Put = []store.Row{record("u", "t", 1)}
	if r := e.commit(u)[0]; r.Written() {
		e.Errorf("the unit is answered %+v", r)
	}
	if e.has(cause("u", "2")) || e.has(record("u", "t", 1)) || e.version("u") != now {
		e.Errorf("it left something: cause %v, row %v, version %d of %d", e.has(cause("u", "2")), e.has(record("u", "t", 1)), e.version("u"), now)
	}
}

func refusalTakesNothing(e *env) {
	r := e.commit(takes("u", 0, "1",
		store.Take{Counter: "b", N: 1, Max: 10}, store.Take{Counter: "a", N: 2, Max: 10}, store.Take{Counter: "c", N: 1, Max: 0}))[0]
	if _, ok := r.Exhausted["c"]; !ok || len(r.Exhausted) != 1 {
		e.Errorf("exhausted are %v, want c alone", r.Exhausted)
	}
	if a, b := e.counter("a"), e.counter("b"); a != 0 || b != 0 {
		e.Errorf("counters are %d and %d, want 0", a, b)
	}
}

func refusalAlone(e *env) {
	results := e.commit(unit("a", 0, "1"), takes("b", 0, "1", store.Take{Counter: "c", N: 1, Max: 0}), unit("c", 0, "1"))
	if !results[0].Written() || results[1].Written() || !results[2].Written() || !e.has(cause("a", "1")) || !e.has(cause("c", "1")) {
		e.Errorf("results are %+v, the others' causes are there: %v, %v", results, e.has(cause("a", "1")), e.has(cause("c", "1")))
	}
}

func refusalOrder(e *env) {
	e.write(unit("u", 0, "1"))
	if r := e.commit(takes("u", 0, "2", store.Take{Counter: "c", N: 1, Max: 0}))[0]; !r.Moved || len(r.Exhausted) > 0 {
		e.Errorf("a unit that is both is answered %+v, want Moved alone", r)
	}
}

func refusalTwice(e *env) {
	e.write(unit("u", 0, "1"))
	now := e.version("u")
	u := unit("u", now, "1", record("u", "t", 1))
	u.Take = []store.Take{{Counter: "c", N: 1, Max: 5}}
	if _, err := e.store().Commit(e.Context(), u); !errors.Is(err, store.ErrCorrupt) {
		e.Errorf("got %v, want ErrCorrupt", err)
	}
	if e.has(record("u", "t", 1)) || e.version("u") != now || e.counter("c") != 0 {
		e.Errorf("something was written: row %v, version %d of %d, counter %d", e.has(record("u", "t", 1)), e.version("u"), now, e.counter("c"))
	}
}

func refusalTwiceBatch(e *env) {
	if e.store().Limits().Units < 3 {
		return // one unit at a time has no others
	}
	e.write(unit("b", 0, "1"))
	_, err := e.store().Commit(e.Context(), unit("a", 0, "1"), unit("b", e.version("b"), "1"), unit("c", 0, "1"))
	if err == nil {
		return // refusal/inserted twice says so
	}
	if !errors.Is(err, store.ErrUnknown) && (e.has(cause("a", "1")) || e.has(cause("c", "1"))) {
		e.Errorf("error %v, and yet others' units were written: %v, %v", err, e.has(cause("a", "1")), e.has(cause("c", "1")))
	}
}

func refusalRepeat(e *env) {
	u := unit("u", 0, "1")
	e.write(u)
	if results, err := e.store().Commit(e.Context(), u); err != nil || !results[0].Moved {
		e.Errorf("got %+v, %v, want Moved", results, err)
	}
}

func refusalInvalid(e *env) {
	foreign := unit("u", 0, "1", record("v", "t", 1))
	bare := store.Unit{User: "u", Put: []store.Row{record("u", "t", 1)}}
	put := unit("u", 0, "1", cause("u", "2"))
	for name, units := range map[string][]store.Unit{
		"users not sorted": {unit("v", 0, "1"), unit("u", 0, "1")},
		"a user twice":     {unit("u", 0, "1"), unit("u", 0, "2")},
		"another's row":    {foreign},
		"no cause":         {bare},
		"a cause to put":   {put},
		"a row twice":      {unit("u", 0, "1", record("u", "t", 1), record("u", "t", 2))},
	} {
		if _, err := e.store().Commit(e.Context(), units...); !errors.Is(err, store.ErrInvalid) {
			e.Errorf("%s: %v, want ErrInvalid", name, err)
		}
		for _, r := range []store.Row{cause("u", "1"), cause("v", "1"), record("u", "t", 1), record("v", "t", 1)} {
			if e.has(r) {
				e.Errorf("%s: %v was written", name, r.Key())
			}
		}
	}
}

func refusalContent(e *env) {
	foreign, renamed, moved, late := event("u", "1", "t", 1), event("u", "1", "t", 1), cause("u", "1"), cause("u", "1")
	foreign.Event.Event.User = "v"
	renamed.Event.Event.ID = "2"
	moved.Move = &store.Move{Op: "claim", Record: reward.ID{User: "v", Reward: "r", N: 1}, Seq: 1}
	late.Time = sampleTime(0).AddDate(8_000, 0, 0)
	for name, c := range map[string]*store.CauseRow{
		"another's event": foreign, "another event": renamed, "another's move": moved, "the year 10026": late,
	} {
		u := store.Unit{User: "u", Insert: []store.Row{c}}
		if _, err := e.store().Commit(e.Context(), u); !errors.Is(err, store.ErrInvalid) {
			e.Errorf("%s: %v, want ErrInvalid", name, err)
		}
		if e.has(c) {
			e.Errorf("%s: it was written", name)
		}
	}
}

// unknownRow is a row of a later release.
type unknownRow struct{ *store.TaskRow }

// Key identifies the row.
func (r unknownRow) Key() store.RowKey { return store.RowKey{Kind: "later", User: r.User, ID: "1"} }

func refusalUnknown(e *env) {
	u := unit("u", 0, "1", unknownRow{record("u", "t", 1)})
	d := unit("u", 0, "1")
	d.Delete = []store.RowKey{{Kind: "later", User: "u", ID: "1"}}
	for name, u := range map[string]store.Unit{"put": u, "delete": d} {
		if _, err := e.store().Commit(e.Context(), u); !errors.Is(err, store.ErrUnsupported) {
			e.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
		if e.has(cause("u", "1")) {
			e.Errorf("%s: the rest of the unit was written", name)
		}
	}
}
