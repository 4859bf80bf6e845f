package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// round loads, decides and commits once for a number of users, sorted. They may be of other calls than the one that does it.
// A job that still has items when it is over must be done again.
func (c *call) round(ctx context.Context, cat *compiled, jobs []*job) {
	loaded, cat, err := c.load(ctx, cat, jobs)
	if err != nil {
		for _, j := range jobs {
			c.faulty(ctx, j, err, len(jobs) > 1)
		}
		return
	}
	decided := c.single.decided[:0]
	var taken map[string]int64
	if len(jobs) > 1 {
		taken = map[string]int64{}
	}
	for i, j := range jobs {
		d := c.decide(cat, j, loaded, i)
		if len(jobs) > 1 && !loaded.Lagging && exceeds(d.unit.Take, loaded.Counters, taken) {
			continue // done again, with what is left then
		}
		decided = append(decided, d)
	}
	c.commit(ctx, decided, c.shares && len(jobs) > 1)
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

// commit writes what was decided, in as many calls as the store's limits ask for.
//
// A commit of one user may wait for somebody who holds that user's row, and none of several does. So in a round of several users
// that others may wait for none is committed by itself: that is done again, and nobody else waits for it.
func (c *call) commit(ctx context.Context, decided []*decision, several bool) {
	limits := c.e.st.Limits()
	units, of, rows := c.single.units[:0], c.single.of[:0], 0
	if c.kept {
		units = nil
	}
	flush := func() {
		switch {
		case len(units) == 0:
			return
		case len(units) == 1 && several:
			of[0].job.aside()
		default:
			since := c.clock()
			for _, d := range of {
				d.sent = true
			}
			results, err := c.e.st.Commit(ctx, units...)
			c.storedSince(since)
			for i, d := range of {
				if err != nil {
					c.broken(ctx, d, wrap(err), len(of) > 1)
				} else {
					c.settle(d, results[i])
				}
			}
			if err != nil {
				units, c.kept = nil, true
			}
		}
		units, of, rows = units[:0], of[:0], 0
	}
	for _, d := range decided {
		if len(d.causes) == 0 { // nothing to write: the answers hold
			c.settle(d, store.Result{})
			continue
		}
		if len(d.before) > 0 && several {
			d.job.aside()
			continue
		}
		if r, err := c.chain(ctx, d.before); err != nil {
			c.broken(ctx, d, wrap(err), false)
			continue
		} else if !r.Written() {
			c.settle(d, r)
			continue
		}
		if len(units) > 0 && (len(units) >= limits.Units || rows+size(d.unit) > limits.Rows) {
			flush()
		}
		units, of, rows = append(units, d.unit), append(of, d), rows+size(d.unit)
	}
	flush()
}

// aside has a job done again, in a round of its own.
func (j *job) aside() { j.own, j.alone = true, true }

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

// given is a result for a call other than the one that found it.
type given struct {
	to     *call
	at     int
	result Result
}

// give answers an event. Its own the call may write at once; others may have been given up by their callers, and are
// answered when the round is over.
func (c *call) give(to *call, at int, r Result) {
	if to != c {
		c.theirs = append(c.theirs, given{to, at, r})
		return
	}
	c.results[at], c.answered[at] = r, true
	c.mine++
}

// refuse answers items with an error. Where an answer was lost before, that is what it says.
func (c *call) refuse(items []item, err error) {
	for _, it := range items {
		if it.lost {
			c.give(it.call, it.at, Result{Err: unsure(err)})
			continue
		}
		c.give(it.call, it.at, Result{Err: err})
	}
}

// unsure makes an error one of unknown outcome, because an answer was lost before it: what was not found may be on its way. A
// conflict is sure, for it was found.
func unsure(err error) error {
	if err == nil || errors.Is(err, ErrUnknown) || errors.Is(err, task.ErrConflict) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}

// fail answers with an error what a job still has, or the part of it that goes by itself.
func (c *call) fail(j *job, err error) {
	c.refuse(j.items, err)
	if j.items = nil; j.apart && len(j.more) > 0 {
		j.tries, j.refused = 0, nil
		j.take()
		return
	}
	c.refuse(j.more, err)
	j.more = nil
}

// drop takes the items of some calls out of a job, and answers them with an error if there is one.
func (c *call) drop(j *job, err error, whose func(*call) bool) {
	for _, list := range []*[]item{&j.items, &j.more} {
		*list = slices.DeleteFunc(*list, func(it item) bool {
			if !whose(it.call) {
				return false
			}
			if err != nil {
				c.refuse([]item{it}, err)
			}
			return true
		})
	}
	if len(j.items) == 0 {
		j.take()
	}
}

// settle takes the store's answer to a unit: the results hold, or the job is done again.
func (c *call) settle(d *decision, r store.Result) {
	j := d.job
	d.sent = false
	if r.Written() {
		for i := range d.results {
			p := &d.results[i]
			if len(d.causes) == 0 && j.items[i].mayLand(d.version) {
				p.result.Err = unsure(p.result.Err)
			}
			c.give(p.call, p.at, p.result)
		}
		j.items, j.refused, j.tries, j.alone, j.own, j.failed = d.rest, nil, 0, false, j.apart, j.apart
		if len(j.items) == 0 {
			j.take()
		} else if len(d.causes) > 0 {
			j.fit = 0
			// What an earlier try wrote was all found now, so nothing of this is among it. Where an event failed nothing
			// was written, and what that try wrote is yet to be answered.
			for i := range j.items {
				j.items[i].lost = false
			}
		}
		if len(j.items) == 0 {
			c.e.shared.free(j)
		}
		return
	}
	switch {
	case r.Moved:
		j.refused = nil
	case j.refused == nil:
		j.refused = r.Exhausted
	default: // what refused before is still used up, also where this try did without
		maps.Copy(j.refused, r.Exhausted)
	}
	c.retry(j, ErrBusy)
}

// broken takes an error of a commit, of several users or of this one: a lost answer is settled by looking for the causes, all
// else is a fault.
func (c *call) broken(ctx context.Context, d *decision, err error, several bool) {
	j := d.job
	if !errors.Is(err, ErrUnknown) {
		c.faulty(ctx, j, err, several)
		return
	}
	j.space = nil // the store may still look at what it was given
	c.e.shared.log.Warn("the answer to a commit was lost", "user", j.user, "error", err)
	d.lose()
	if !c.leaves(ctx, j, err) {
		c.retry(j, err)
	}
}

// lose marks the events of a unit as ones whose answer was lost.
func (d *decision) lose() {
	for i := range d.results { // those of the first items, in order
		if it := &d.job.items[i]; d.results[i].new {
			it.lost, it.lostAt = true, d.unit.Version
		}
	}
}

// mayLand reports whether a commit of an item whose answer was lost may still be on its way to a user of this version. What has
// moved since is no more to be had.
func (it *item) mayLand(version int64) bool { return it.lost && version <= it.lostAt }

// leaves takes the call's own items out of a job if its caller has given up, and reports whether others' are left. Those have lost
// no try. The next leader takes them, but the second time they are left to a call of theirs: where all have little time, each
// leader would give up on them.
func (c *call) leaves(ctx context.Context, j *job, err error) bool {
	if !c.mixed || ctx.Err() == nil {
		return false
	}
	c.drop(j, err, func(of *call) bool { return of == c })
	j.own = j.own || j.left || slices.ContainsFunc(j.items, func(it item) bool { return it.lost })
	j.left = true
	return len(j.items) > 0
}

// faulty takes an error that says that nothing was written. It may be about the rows of one of several users, about one of
// several calls' events, or about the context of the call that does it: so what was done in company is first done again without.
// A bound store is not asked again: on some databases nothing works in a transaction that has seen an error.
func (c *call) faulty(ctx context.Context, j *job, err error, several bool) {
	j.space = nil // the store may still look at what it was given
	rows := ofRows(err)
	switch {
	case c.leaves(ctx, j, err) || len(j.items) == 0:
	case rows && several && !c.e.st.Limits().Bound:
		j.aside()
	case rows && !j.apart && sameCall(j.items) < len(j.items):
		j.more, j.items, j.apart, j.own = append(j.items, j.more...), nil, true, true
		j.take()
	case !rows && c.mixed && !j.failed:
		j.failed, j.own = true, true
	default:
		c.fail(j, err)
	}
}

// ofRows reports whether an error of a store is about the rows it was given or asked for, and not about the store.
func ofRows(err error) bool {
	if errors.As(err, new(ofCatalog)) {
		return false
	}
	for _, is := range []error{store.ErrCorrupt, store.ErrTooLarge, store.ErrUnsupported, store.ErrInvalid} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// retry lets a job be done again, or answers it when it was tried often enough or its store is bound to a transaction.
func (c *call) retry(j *job, err error) {
	j.tries++
	j.own = true
	// In a transaction of the caller's nothing moves what was read and locked; but a counter may have been used up since, and a
	// refusal wrote nothing.
	if j.tries >= tries || c.e.st.Limits().Bound && j.refused == nil {
		c.e.shared.log.Warn("tries ran out", "user", j.user, "tries", j.tries)
		c.fail(j, fmt.Errorf("user %q, %d tries: %w", j.user, j.tries, err))
	}
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

// answer compares an event with what is stored under its ID: a repeat, or a conflict. It is no repeat of what was stored by
// this very call, whose answer had been lost.
func (c *call) answer(s *decide.State, j *job, i int, row *store.CauseRow) Result {
	it := &j.items[i]
	cause := eventCause(row)
	if field := cause.Entry.Differs(it.given); field != "" {
		return Result{Err: &task.ConflictError{User: j.user, ID: it.given.ID, Field: field}}
	}
	s.Now = it.call.now
	out := Outcome(s.Replay(cause))
	if it.lost && row.Time.Equal(it.call.now) && !repeated(j.items[:i], it.given.ID) {
		out.Replay = false
	}
	if c.mixed {
		out.unshare()
	}
	return Result{Outcome: out}
}

// unshare copies what two callers who repeat one event would otherwise have in common.
func (o *Outcome) unshare() {
	o.Blocked = slices.Clone(o.Blocked)
	for i := range o.Rewards {
		r := &o.Rewards[i]
		r.Moves, r.Meta, r.Taken.Counters = slices.Clone(r.Moves), bytes.Clone(r.Meta), slices.Clone(r.Taken.Counters)
	}
}

// repeated reports whether an ID is that of one of these items.
func repeated(before []item, id string) bool {
	return slices.ContainsFunc(before, func(it item) bool { return it.given.ID == id })
}
