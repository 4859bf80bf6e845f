package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// Record records that a user did something, and answers what it finished and what it earned. The same event recorded
// again changes nothing and answers as the first time.
//
// An error means that nothing was recorded: a [rule.FieldError] for each fault of the event, [task.ErrUnknown],
// [task.ErrDerived], [rule.ErrTooLate] and [rule.ErrTooEarly] for times that are not taken, a [task.ConflictError] for an
// ID that was used for something else, [ErrTooLarge], [ledger.ErrOverflow] where a balance would become too large, [ErrBusy],
// [ErrCatalogMoving], or what the store answered. After one that matches
// [ErrUnknown] it may have been recorded: repeat it.
func (e *Engine) Record(ctx context.Context, ev task.Event) (Outcome, error) {
	return e.one(ctx, ev, false)
}

// Complete records an event that finishes its task's period, or the next of its levels or times: Finish is set. Unlike
// Record it answers a [task.CompletedError] with the record, and stores nothing, when the period is finished already.
// Where rules read the task through a window or a condition, Record is the right call: what Complete refuses counts nowhere.
func (e *Engine) Complete(ctx context.Context, ev task.Event) (Outcome, error) {
	ev.Finish = true
	return e.one(ctx, ev, true)
}

func (e *Engine) one(ctx context.Context, ev task.Event, strict bool) (Outcome, error) {
	c := &call{e: e, strict: strict}
	c.single.event[0], c.results = ev, c.single.result[:]
	err := c.record(ctx, c.single.event[:])
	if err == nil {
		err = c.results[0].Err
	}
	return c.results[0].Outcome, err
}

// RecordBatch records events of any number of users. It answers one Result for each, in the order given; a bad event stops
// no other. The events of one user are decided in the order given, as if recorded one by one; other users' are decided
// independently. Repeating a batch is a set of replays. No events are no results. The error of the call itself means that
// nothing was tried.
func (e *Engine) RecordBatch(ctx context.Context, events ...task.Event) ([]Result, error) {
	c := &call{e: e, results: make([]Result, len(events))}
	if err := c.record(ctx, events); err != nil {
		return nil, err
	}
	return c.results, nil
}

// An item is one event of a call on its way.
type item struct {
	event     task.Event // canonical once it was found good
	given     task.Event
	timeGiven bool
	recalled  bool  // it is a repeat, and what it answers with was added to what is read
	at        int   // its place in the call
	err       error // why it cannot be recorded; a repeat is answered all the same
	final     error // why deciding it failed: it is not tried again
}

// A job is the events of one user in a call that still wait.
type job struct {
	user    string
	items   []item           // at most seqs of them
	more    []item           // those after them, which are not looked at yet
	refused map[string]int64 // counters that refused the last try; it is then done alone
	tries   int
	lost    bool // an answer was lost: what is found may be this call's own
	space   *workspace
}

// record decides and commits events, in as many rounds as it takes. Results are filled in as they are known.
func (c *call) record(ctx context.Context, events []task.Event) error {
	e := c.e
	cat, err := e.catalog(ctx)
	if err != nil {
		return err
	}
	c.now = e.now()
	jobs := c.jobs(cat, events)
	for len(jobs) > 0 {
		n := together(jobs, e.st.Limits().Units)
		again, err := c.round(ctx, cat, jobs[:n])
		if err != nil {
			c.fail(jobs[:n], err)
			again = nil
		}
		if jobs = jobs[n:]; len(again) > 0 {
			jobs = append(again, jobs...)
		}
		if k, _ := e.catalog(ctx); k != nil {
			cat = k
		}
		if len(again) > 0 {
			if err := pause(ctx, slices.MaxFunc(again, func(a, b *job) int { return cmp.Compare(a.tries, b.tries) }).tries); err != nil {
				c.fail(jobs, err)
				return nil
			}
		}
	}
	return nil
}

// together is how many jobs the next round takes: as many as the store does, but one that a counter refused goes alone. In a
// batch a counter that cannot meet the whole demand may refuse every unit that names it.
func together(jobs []*job, most int) int {
	n := 0
	for n < len(jobs) && n < max(1, most) {
		if jobs[n].refused != nil {
			return max(n, 1)
		}
		n++
	}
	return n
}

// jobs sorts events by user, each user's in the order given. An event that cannot even be looked up has its answer.
func (c *call) jobs(cat *compiled, events []task.Event) []*job {
	if len(events) == 1 {
		one := &c.single
		if c.results[0].Err = c.nameable(cat, events[0]); c.results[0].Err != nil {
			return nil
		}
		one.items[0] = item{given: events[0]}
		one.job = job{user: events[0].User, items: one.items[:]}
		one.jobs[0] = &one.job
		return one.jobs[:]
	}
	var jobs []*job
	users := map[string]*job{}
	for i, ev := range events {
		if err := c.nameable(cat, ev); err != nil {
			c.results[i].Err = err
			continue
		}
		j := users[ev.User]
		if j == nil {
			j = &job{user: ev.User}
			users[ev.User] = j
			jobs = append(jobs, j)
		}
		j.items = append(j.items, item{given: ev, at: i})
	}
	for _, j := range jobs {
		j.more, j.items = j.items, nil
		j.next()
	}
	slices.SortFunc(jobs, byUser)
	return jobs
}

// next takes up the items that were not looked at yet, as many as a unit may hold: each round reads all that a job has.
func (j *job) next() {
	n := min(len(j.more), seqs)
	j.items, j.more = j.more[:n:n], j.more[n:]
}

func byUser(a, b *job) int { return cmp.Compare(a.user, b.user) }

// nameable reports why an event cannot even be looked up, with whatever else is wrong with it.
func (c *call) nameable(cat *compiled, ev task.Event) error {
	if rule.CheckID(ev.User) == nil && rule.CheckID(ev.ID) == nil {
		return nil
	}
	if _, _, err := decide.Canonical(cat.Catalog, ev, c.now); errors.Is(err, rule.ErrInvalid) {
		return err
	}
	var f rule.Faults
	f.At("user", rule.CheckID(ev.User))
	f.At("id", rule.CheckID(ev.ID))
	return f.Err()
}

// call is one Record or RecordBatch.
type call struct {
	e       *Engine
	now     time.Time
	strict  bool
	results []Result
	// single is room for the call of one event, which is most of them.
	single struct {
		event   [1]task.Event
		result  [1]Result
		items   [1]item
		job     job
		jobs    [1]*job
		decided [1]*decision
		units   [1]store.Unit
		of      [1]*decision
	}
}

// fail answers everything that still waits with an error. Where an answer was lost before, that is what it says.
func (c *call) fail(jobs []*job, err error) {
	for _, j := range jobs {
		for _, it := range j.items {
			if j.lost && !errors.Is(err, ErrUnknown) {
				c.results[it.at].Err = fmt.Errorf("%w: %w", ErrUnknown, err)
				continue
			}
			c.results[it.at].Err = err
		}
		for _, it := range j.more {
			c.results[it.at].Err = err
		}
	}
}

// round loads, decides and commits once for a number of users, and returns the jobs that must be done again.
func (c *call) round(ctx context.Context, cat *compiled, jobs []*job) ([]*job, error) {
	loaded, cat, err := c.load(ctx, cat, jobs)
	if err != nil {
		return nil, err
	}
	decided := c.single.decided[:0]
	var deferred []*job
	var taken map[string]int64
	if len(jobs) > 1 {
		taken = map[string]int64{}
	}
	for i, j := range jobs {
		d := c.decide(cat, j, loaded, i)
		if len(jobs) > 1 && !loaded.Lagging && exceeds(d.unit.Take, loaded.Counters, taken) {
			deferred = append(deferred, j)
			continue
		}
		decided = append(decided, d)
	}
	again := append(c.commit(ctx, decided), deferred...)
	slices.SortFunc(again, byUser) // stores take users in byte order, and each kind of retry has an order of its own
	return again, nil
}

// exceeds reports whether what a unit takes, together with what the ones before it in the round do, is more than counters
// have left. Such a unit waits for the next round, which reads what is left then: it could not be refused without hindering
// the others, and nothing may be blocked because of what another user may yet fail to take.
func exceeds(takes []store.Take, used, taken map[string]int64) bool {
	for _, t := range takes {
		if t.N > 0 && used[t.Counter]+taken[t.Counter]+t.N > t.Max && taken[t.Counter] > 0 {
			return true
		}
	}
	for _, t := range takes {
		taken[t.Counter] += max(0, t.N)
	}
	return false
}

// commit writes what was decided, in as many calls as the store's limits ask for, and returns the jobs to do again.
func (c *call) commit(ctx context.Context, decided []*decision) (again []*job) {
	limits := c.e.st.Limits()
	units, of, rows := c.single.units[:0], c.single.of[:0], 0
	flush := func() {
		if len(units) == 0 {
			return
		}
		results, err := c.e.st.Commit(ctx, units...)
		for i, d := range of {
			if err != nil {
				again = append(again, c.broken(d, wrap(err))...)
			} else {
				again = append(again, c.settle(d, results[i])...)
			}
		}
		units, of, rows = units[:0], of[:0], 0
	}
	for _, d := range decided {
		if len(d.causes) == 0 { // nothing to write: the answers hold
			again = append(again, c.settle(d, store.Result{})...)
			continue
		}
		if r, err := c.chain(ctx, d.before); err != nil {
			again = append(again, c.broken(d, wrap(err))...)
			continue
		} else if !r.Written() {
			again = append(again, c.settle(d, r)...)
			continue
		}
		if len(units) > 0 && (len(units) >= limits.Units || rows+size(d.unit) > limits.Rows) {
			flush()
		}
		units, of, rows = append(units, d.unit), append(of, d), rows+size(d.unit)
	}
	flush()
	return again
}

// chain commits units of one user one after the other, and answers the first result that is not written.
func (c *call) chain(ctx context.Context, units []store.Unit) (store.Result, error) {
	for _, u := range units {
		results, err := c.e.st.Commit(ctx, u)
		if err != nil || !results[0].Written() {
			if err == nil {
				return results[0], nil
			}
			return store.Result{}, err
		}
	}
	return store.Result{}, nil
}

// settle takes the store's answer to a unit: the results hold, or the job is done again.
func (c *call) settle(d *decision, r store.Result) []*job {
	j := d.job
	if r.Written() {
		for _, p := range d.results {
			c.results[p.at] = p.result
		}
		j.items, j.refused, j.tries = d.rest, nil, 0
		if len(j.items) == 0 {
			j.next()
		}
		if len(j.items) == 0 {
			c.e.shared.free(j)
			return nil
		}
		// Where an event failed nothing was written, and what an earlier try wrote is yet to be answered.
		j.lost = j.lost && len(d.causes) == 0 && len(d.rest) > 0
		return []*job{j}
	}
	j.refused = nil
	if !r.Moved {
		j.refused = r.Exhausted
	}
	return c.retry(j, ErrBusy)
}

// broken takes an error of a commit: a lost answer is settled by looking for the causes, all else is the caller's.
func (c *call) broken(d *decision, err error) []*job {
	d.job.space = nil // the store may still look at what it was given
	if !errors.Is(err, ErrUnknown) {
		c.fail([]*job{d.job}, err)
		return nil
	}
	c.e.shared.log.Warn("the answer to a commit was lost", "user", d.job.user, "error", err)
	d.job.lost = true
	return c.retry(d.job, err)
}

// retry lets a job be done again, or answers it when it was tried often enough or its store is bound to a transaction.
func (c *call) retry(j *job, err error) []*job {
	j.tries++
	if j.tries >= tries || c.e.st.Limits().Bound {
		c.e.shared.log.Warn("tries ran out", "user", j.user, "tries", j.tries)
		c.fail([]*job{j}, fmt.Errorf("user %q, %d tries: %w", j.user, j.tries, err))
		return nil
	}
	return []*job{j}
}

// find returns the cause of an event among those loaded.
func find(causes []*store.CauseRow, id string) *store.CauseRow {
	for _, c := range causes {
		if c.Type == store.CauseEvent && c.ID == id {
			return c
		}
	}
	return nil
}

// answer compares an event with what is stored under its ID: a repeat, or a conflict. mine says that it was stored by
// this very call, whose answer had been lost.
func (c *call) answer(s *decide.State, j *job, it item, row *store.CauseRow) Result {
	cause := eventCause(row)
	if field := cause.Entry.Differs(it.given); field != "" {
		return Result{Err: &task.ConflictError{User: j.user, ID: it.given.ID, Field: field}}
	}
	out := Outcome(s.Replay(cause))
	if j.lost && row.Time.Equal(c.now) && !repeated(j.items, it) {
		out.Replay = false
	}
	return Result{Outcome: out}
}

// repeated reports whether an item's ID stands before it in the call.
func repeated(items []item, it item) bool {
	for _, other := range items {
		if other.at < it.at && other.given.ID == it.given.ID {
			return true
		}
	}
	return false
}
