package engine

import (
	"cmp"
	"context"
	"errors"
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
	c.single.event[0], c.results, c.answered = ev, c.single.result[:], c.single.answered[:]
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
	c := &call{e: e, results: make([]Result, len(events)), answered: make([]bool, len(events))}
	if err := c.record(ctx, events); err != nil {
		return nil, err
	}
	return c.results, nil
}

// An item is one event of a call on its way.
type item struct {
	call      *call
	event     task.Event // canonical once it was found good
	given     task.Event
	timeGiven bool
	copied    bool  // given shares nothing with what the caller gave
	recalled  bool  // it is a repeat, and what it answers with was added to what is read
	lost      bool  // an answer was lost: what is found may be this call's own
	lostAt    int64 // and of which version of the user that commit was
	at        int   // its place in the call
	err       error // why it cannot be recorded; a repeat is answered all the same
	final     error // why deciding it failed: it is not tried again
}

// A job is events of one user that still wait, of one call or of several.
type job struct {
	user    string
	items   []item           // at most seqs of them
	more    []item           // those after them, which are not looked at yet
	refused map[string]int64 // counters that refused the tries since it last moved; it is then done alone
	tries   int
	alone   bool // it is done alone for another reason
	failed  bool // it failed in the company of others
	apart   bool // its rows failed: the items of each call go by themselves
	own     bool // its first try came to nothing: one of the calls it is of does it again
	left    bool // a call gave up that did it for others
	fit     int  // how many items the next unit takes at most, as far as it was tried; 0: not tried
	space   *workspace

	// What follows is the queue's.
	call       *call // whom it is of, or one of them
	in         *lane // where it waits, or nil
	prev, next *job  // who waits before and behind it
	into       *job  // what took in its items
	turn       chan struct{}
	lane       lane // of its user, if it was the first to come
}

// call is one Record or RecordBatch.
type call struct {
	e        *Engine
	now      time.Time
	results  []Result
	answered []bool
	strict   bool
	shares   bool    // others may wait for its users
	mixed    bool    // the round under way is of other calls as well
	timed    bool    // and is measured
	kept     bool    // the store may still look at single.units
	mine     int     // how many of its own results the round has found
	theirs   []given // and what it found of other calls
	stored   time.Duration
	part     part
	// single is room for the call of one event, which is most of them.
	single struct {
		event    [1]task.Event
		result   [1]Result
		answered [1]bool
		items    [1]item
		job      job
		jobs     [1]*job
		taken    [1]*job
		decided  [1]*decision
		units    [1]store.Unit
		of       [1]*decision
	}
}

// record decides and commits events. Results are filled in as they are known.
func (c *call) record(ctx context.Context, events []task.Event) error {
	e := c.e
	cat, err := e.catalog(ctx)
	if err != nil {
		return err
	}
	c.now = e.now()
	jobs := c.jobs(cat, events)
	if e.shared.alone || e.st.Limits().Bound {
		c.alone(ctx, cat, jobs)
	} else if len(jobs) > 0 {
		c.share(ctx, jobs)
	}
	return nil
}

// alone does all jobs itself, in as many rounds as it takes. Nobody waits for it.
func (c *call) alone(ctx context.Context, cat *compiled, jobs []*job) {
	for len(jobs) > 0 {
		n := together(jobs, c.e.st.Limits().Units)
		c.round(ctx, cat, jobs[:n])
		again := slices.DeleteFunc(jobs[:n:n], func(j *job) bool { return len(j.items) == 0 })
		jobs = append(again, jobs[n:]...)
		if k, _ := c.e.catalog(ctx); k != nil {
			cat = k
		}
		if len(again) > 0 {
			if err := pause(ctx, tried(again)); err != nil {
				for _, j := range jobs {
					c.fail(j, err)
				}
				return
			}
		}
	}
}

// tried is how often the most tried of some jobs was tried.
func tried(jobs []*job) int {
	n := 0
	for _, j := range jobs {
		n = max(n, j.tries)
	}
	return n
}

// together puts the jobs that go by themselves behind the others, and tells how many the next round takes: as many as the store
// does, or one of those. They may wait for somebody's lock, and the others do not wait for them.
func together(jobs []*job, most int) int {
	if len(jobs) > 1 {
		slices.SortStableFunc(jobs, func(a, b *job) int { return cmp.Compare(a.byItself(), b.byItself()) })
	}
	n := 0
	for n < len(jobs) && n < max(1, most) && jobs[n].byItself() == 0 {
		n++
	}
	return max(n, min(1, len(jobs)))
}

// byItself is 1 for a job that is done in a round of its own, and 0 for others. One that a counter refused is: in a batch a
// counter that cannot meet the whole demand may refuse every unit that names it. So is one that moved time and again: a commit of
// several users passes over rows that others have locked, where one of a single user waits until it is its turn.
func (j *job) byItself() int {
	if j.alone || j.refused != nil || j.tries >= passedOver {
		return 1
	}
	return 0
}

// passedOver is after how many tries a job goes by itself. A handful of tries gets most rows between two commits of others.
const passedOver = 5

// jobs sorts events by user, each user's in the order given. An event that cannot even be looked up has its answer.
func (c *call) jobs(cat *compiled, events []task.Event) []*job {
	if len(events) == 1 {
		one := &c.single
		if c.results[0].Err = c.nameable(cat, events[0]); c.results[0].Err != nil {
			return nil
		}
		one.items[0] = item{call: c, given: events[0]}
		one.job.user, one.job.call, one.job.items = events[0].User, c, one.items[:]
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
			j = &job{user: ev.User, call: c}
			users[ev.User] = j
			jobs = append(jobs, j)
		}
		j.items = append(j.items, item{call: c, given: ev, at: i})
	}
	for _, j := range jobs {
		j.more, j.items = j.items, nil
		j.take()
	}
	slices.SortFunc(jobs, byUser)
	return jobs
}

// take takes up the items that were not looked at yet, as many as a unit may hold: each round reads all that a job has.
func (j *job) take() {
	n := min(len(j.more), seqs)
	if j.apart {
		n = sameCall(j.more[:n])
	}
	j.items, j.more = j.more[:n:n], j.more[n:]
}

// sameCall is how many of the first items are of one call.
func sameCall(items []item) int {
	n := 0
	for n < len(items) && items[n].call == items[0].call {
		n++
	}
	return n
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
