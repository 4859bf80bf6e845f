package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A decision is what one round makes of one user's events.
type decision struct {
	job     *job
	version int64        // of the user when it was made
	sent    bool         // the store was asked to commit it, and has not answered
	before  []store.Unit // what a recount wrote that does not fit into the unit; most have none
	unit    store.Unit
	causes  []*store.CauseRow
	results []placed
	rest    []item // what did not fit into the unit
}

// placed is the result of the event at a place of its call.
type placed struct {
	call   *call
	at     int
	result Result
	new    bool // it holds if the unit is written: the event, or one it repeats, is in it
}

// loading is what one round has read. Its States are in the order of the jobs.
type loading struct {
	store.Snapshot
	histories []map[string][]task.Entry // nil where nothing is counted again
}

// rounds is how often a round loads anew because the catalog moved.
const rounds = 3

// load reads what the jobs need under one catalog: the causes of their events, what deciding these reads, the records a
// replay answers with, and the stored events that are to be counted again. Most rounds load once.
func (c *call) load(ctx context.Context, cat *compiled, jobs []*job) (loading, *compiled, error) {
	for round := 0; ; round++ {
		for _, j := range jobs {
			c.needs(cat, j)
		}
		l, err := c.read(ctx, jobs, nil)
		if err != nil {
			return loading{}, nil, err
		}
		use, again, err := c.e.agree(ctx, cat, l.Stamp)
		switch {
		case err != nil:
			return loading{}, nil, err
		case again && round < rounds:
			cat = use
			continue
		case again:
			return loading{}, nil, ErrCatalogMoving
		}
		l, moved, err := c.complete(ctx, cat, jobs, l)
		if err != nil || !moved {
			return l, cat, err
		}
		if round >= rounds {
			return loading{}, nil, ErrCatalogMoving
		}
	}
}

// complete reads again where what was read showed that more is needed: a second time, and once more for each event that others
// recorded meanwhile, which shows more once. moved says that the catalog moved.
func (c *call) complete(ctx context.Context, cat *compiled, jobs []*job, l loading) (loaded loading, moved bool, err error) {
	readings := rounds
	for _, j := range jobs {
		readings += len(j.items)
	}
	var histories [][]string
	for range readings {
		c.fill(cat, jobs, l)
		more := false
		for i, j := range jobs {
			codes, wants := c.wants(cat, j)
			if more = more || wants; len(codes) > 0 {
				if histories == nil {
					histories = make([][]string, len(jobs))
				}
				histories[i] = append(histories[i], codes...)
			}
		}
		if !more {
			return l, false, nil
		}
		if l, err = c.read(ctx, jobs, histories); err != nil || l.Stamp.Revision > cat.stamp.Revision {
			return l, err == nil, err
		}
	}
	return l, false, fmt.Errorf("%d readings, and more to read: %w", readings, ErrBusy)
}

// wants adds what a job needs beyond what was read, and names the tasks whose stored events it needs. more reports whether
// there is any of either.
func (c *call) wants(cat *compiled, j *job) (codes []string, more bool) {
	w := j.space
	for k := range j.items {
		it := &j.items[k]
		if row := find(w.causes, it.given.ID); row != nil {
			if !it.recalled {
				it.recalled = true
				more = c.recall(&w.needs, row) || more
			}
			continue
		}
		if it.err != nil {
			continue
		}
		for _, code := range w.state.Missing(cat.Tasks[it.event.Task]) {
			if !slices.Contains(codes, code) {
				codes, more = append(codes, code), true
			}
		}
	}
	if more {
		w.needs.Sort()
	}
	return codes, more
}

// recall adds the records that a replay answers with.
func (c *call) recall(n *decide.Needs, row *store.CauseRow) bool {
	for _, t := range row.Tasks {
		n.Tasks = append(n.Tasks, decide.TaskKey{Task: t.Task, Period: t.Period})
	}
	for _, g := range row.Grants {
		for k := g.First; k < g.First+g.Count; k++ {
			n.Records = append(n.Records, decide.RecordKey{Reward: g.Reward, N: k})
		}
	}
	return len(row.Tasks)+len(row.Grants) > 0
}

// needs brings a user's events into canonical form and says what deciding them reads. An event that cannot be recorded
// is looked up all the same, because a repeat is never an error.
func (c *call) needs(cat *compiled, j *job) {
	if j.space == nil {
		j.space = c.e.shared.space()
	}
	n := &j.space.needs
	n.Reset()
	for i := range j.items {
		it := &j.items[i]
		it.recalled = false
		it.event, it.timeGiven, it.err = decide.Canonical(cat.Catalog, it.given, it.call.now)
		if it.final != nil {
			it.err = it.final
		}
		if it.err == nil {
			n.Event(cat.Catalog, it.event)
		}
	}
	n.Sort()
}

// read loads the parts of all jobs, and the stored events of the tasks named for each.
func (c *call) read(ctx context.Context, jobs []*job, histories [][]string) (loading, error) {
	r := store.Request{Keys: make([]store.Key, len(jobs)), ForUpdate: true}
	for i, j := range jobs {
		w := j.space
		w.ids = w.ids[:0]
		for _, it := range j.items {
			w.ids = append(w.ids, store.CauseID(store.CauseEvent, it.given.ID))
		}
		if len(w.ids) > 1 {
			slices.Sort(w.ids)
			w.ids = slices.Compact(w.ids)
		}
		w.parts, w.all = appendParts(w.parts[:0], w.all[:0], &w.needs, w.ids)
		r.Keys[i] = store.Key{User: j.user, Parts: w.parts}
		if histories != nil {
			for _, code := range histories[i] {
				r.Keys[i].Parts = append(r.Keys[i].Parts, history(j.user, code))
			}
		}
		r.Counters = append(r.Counters, w.needs.Counters...)
	}
	if len(jobs) > 1 {
		slices.Sort(r.Counters)
		r.Counters = slices.Compact(r.Counters)
	}
	since := c.clock()
	snap, err := c.e.st.Load(ctx, r)
	c.storedSince(since)
	if err != nil {
		return loading{}, wrap(err)
	}
	l := loading{Snapshot: snap}
	if histories != nil {
		l.histories = make([]map[string][]task.Entry, len(jobs))
	}
	for i, codes := range histories {
		if len(codes) > 0 {
			l.histories[i] = eventsOf(snap.States[i].Rows, codes)
		}
	}
	return l, nil
}

// history is the part of an aggregate that holds the stored events of a task.
func history(user, code string) store.Part {
	return store.Part{Kind: store.KindCause, Index: store.IndexCauseTask, Prefix: store.CauseTaskPrefix(user, code)}
}

// fill makes the states of what was read.
func (c *call) fill(cat *compiled, jobs []*job, l loading) {
	for i, j := range jobs {
		c.state(cat, l, i, j)
		j.space.causes = fill(j.space.state, l.States[i].Rows, j.space.causes[:0])
	}
}

// state makes the state of a job one of its user, with nothing in it yet.
func (c *call) state(cat *compiled, l loading, i int, j *job) {
	s := j.space.state
	s.Reset(cat.Catalog, j.user, j.items[0].call.now)
	s.Rows = c.e.st.Limits().RowsPerUnit
	if l.histories != nil {
		s.History = l.histories[i]
	}
	if l.Lagging { // all that is known of a counter is what it said when it refused
		s.Counters, s.Refused = nil, j.refused
	} else {
		s.Counters = l.Counters
		if j.tries >= trusting {
			s.Refused = j.refused
		}
	}
}

// trusting is after how many tries a counter's refusal is believed over what was read of it since. A reading tells of what was
// given back after the refusal; a refusal tells of a counter that was closed.
const trusting = 3

// seqs is how many events of one user a unit holds at most. Their seqs lie between those of two versions.
const seqs = 1024

// decide decides a user's events in order, as many as fit into one unit. Each gets what it would get by itself: one that others
// leave too little room begins the next unit.
func (c *call) decide(cat *compiled, j *job, l loading, at int) *decision {
	st := l.States[at]
	w := j.space
	s, causes := w.state, w.causes
	d := &w.decision
	*d = decision{job: j, version: st.Version, causes: d.causes[:0], results: d.results[:0]}
	for i, it := range j.items {
		if row := find(causes, it.given.ID); row != nil {
			d.results = append(d.results, placed{it.call, it.at, c.answer(s, j, i, row), slices.Contains(d.causes, row)})
			continue
		}
		if it.err != nil {
			d.results = append(d.results, placed{it.call, it.at, Result{Err: it.err}, false})
			continue
		}
		s.Now, s.Causes = it.call.now, len(d.causes)+1
		company := len(d.causes) > 0
		if company && (len(d.causes) >= seqs || j.fit > 0 && i >= j.fit || !s.Fits(cat.Tasks[it.event.Task])) {
			d.rest = j.items[i:]
			break
		}
		out, cause, err := s.Record(it.event, it.timeGiven, it.call.strict)
		switch {
		case errors.Is(err, task.ErrCompleted):
			d.results = append(d.results, placed{it.call, it.at, Result{Err: err}, false})
			continue
		case company && (s.Full() || s.Cramped() || errors.Is(err, ErrTooLarge)): // S6
			j.fit = i
			return d.again(j)
		case err == nil && s.Full(): // the first of a unit: it would never fit
			err = ErrTooLarge
			fallthrough
		case err != nil:
			j.items[i].final = fmt.Errorf("event %q of user %q: %w", it.given.ID, j.user, err)
			return d.again(j)
		}
		cause.Entry.Seq = (st.Version+1)*seqs + int64(len(d.causes))
		row := eventRow(&cause)
		causes, d.causes = append(causes, row), append(d.causes, row)
		d.results = append(d.results, placed{it.call, it.at, Result{Outcome: Outcome(out)}, true})
	}
	if len(d.causes) > 0 {
		changes := s.Changes()
		d.unit = w.rows.unit(j.user, st.Version, changes, d.causes)
		if len(changes.Recounted) > 0 {
			d.before = spill(&d.unit, changes.Recounted, s.Rows, s.Now, cat.stamp.Revision)
		}
	}
	return d
}

// again is a decision that nothing is written: the state is half changed, so all is decided again, and otherwise.
func (d *decision) again(j *job) *decision {
	*d = decision{job: j, version: d.version, causes: d.causes[:0], results: d.results[:0], rest: j.items}
	return d
}
