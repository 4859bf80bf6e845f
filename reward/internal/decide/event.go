package decide

import (
	"fmt"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// DecidedMax is how many matches of one reward an event decides at most (S14).
const DecidedMax = 1000

// An Outcome answers an event; see engine.Outcome, which has the same fields.
type Outcome struct {
	Replay  bool
	Ignored task.Reason
	Tasks   []task.Record
	Rewards []reward.Record
	Blocked []reward.Block
	Due     int64
}

// A Cause is what is stored of an event: itself, and what it led to.
type Cause struct {
	Entry   task.Entry
	Tasks   []TaskKey
	Grants  []Grants
	Blocked []reward.Block
	Due     int64
}

// Grants are records with adjacent numbers that an event made.
type Grants struct {
	Reward       string
	First, Count int64
}

// Canonical finds an event's task and brings the event into the form that is stored. It checks everything that can be
// known without the user's state: the task, the fields, and that the time is taken (S3, S5).
func Canonical(c *catalog.Catalog, e task.Event, now time.Time) (canonical task.Event, timeGiven bool, err error) {
	t := c.Tasks[e.Task]
	switch {
	case t == nil:
		var f rule.Faults
		f.At("user", rule.CheckID(e.User))
		f.At("id", rule.CheckID(e.ID))
		if err := f.Err(); err != nil {
			return e, false, err
		}
		return e, false, fmt.Errorf("task %q: %w", e.Task, task.ErrUnknown)
	case t.Config.Derived():
		return e, false, fmt.Errorf("task %q: %w", e.Task, task.ErrDerived)
	}
	canonical, timeGiven, err = e.Canonical(t.Config.Attrs, now)
	if err != nil {
		return e, false, err
	}
	if err := c.Periods.Takes(now, canonical.Time); err != nil {
		return e, false, fmt.Errorf("event %q of user %q at %s: %w", e.ID, e.User, canonical.Time.Format(time.RFC3339Nano), err)
	}
	return canonical, timeGiven, nil
}

// Record decides a canonical event that was not recorded before. strict is Complete: a finished record is then an error,
// and nothing has changed.
func (s *State) Record(e task.Event, timeGiven, strict bool) (Outcome, Cause, error) {
	t := s.Catalog.Tasks[e.Task]
	cause := Cause{Entry: task.Entry{Event: e, TimeGiven: timeGiven, Revision: s.Catalog.Revision, Arrived: s.Now}}
	reason := s.refuses(t, e)
	record := s.record(t, period(s.Catalog, t, e.Time))
	if reason == "" && record.Finished {
		if strict {
			return Outcome{}, Cause{}, &task.CompletedError{Record: record}
		}
		reason = task.Completed
	}
	before := s.rows() - 1 // without the cause
	s.cramped = false
	s.catchUp(t)
	out := Outcome{Ignored: reason}
	accepted := reason == "" || reason == task.Completed
	if accepted {
		s.prepare(t)
		record = record.Add(t.Rule.Target, e.Growth, e.Finish, e.Time, s.Now)
		s.putTask(record)
		cause.Tasks = append(cause.Tasks, TaskKey{record.Task, record.Period})
		s.count(t, e)
	}
	s.derive(t, e, accepted, &cause)
	if err := s.decide(t, e, accepted, &out, &cause); err != nil {
		return Outcome{}, Cause{}, err
	}
	for _, k := range cause.Tasks {
		r, _ := s.taskRecord(k)
		out.Tasks = append(out.Tasks, r)
	}
	cause.Entry.Accepted, cause.Entry.Ignored = accepted, reason
	s.most = max(s.most, s.rows()-before)
	cause.Blocked, cause.Due = out.Blocked, out.Due
	if s.loaded(e.Task) { // what counts again for a later event counts this one too
		s.History[e.Task] = append(s.History[e.Task], cause.Entry)
	}
	return out, cause, nil
}

// Replay answers an event that was recorded before: as the first time, with the records in their present state.
func (s *State) Replay(c Cause) Outcome {
	out := Outcome{Replay: true, Ignored: c.Entry.Ignored, Blocked: c.Blocked, Due: c.Due}
	for _, k := range c.Tasks {
		r, _ := s.taskRecord(k)
		out.Tasks = append(out.Tasks, r)
	}
	for _, g := range c.Grants {
		for n := g.First; n < g.First+g.Count; n++ {
			r, _ := s.rewardRecord(RecordKey{g.Reward, n})
			out.Rewards = append(out.Rewards, r.At(s.Now))
		}
	}
	return out
}

// refuses says why an event does not count, or nothing.
func (s *State) refuses(t *catalog.Task, e task.Event) task.Reason {
	switch {
	case !t.Retired.IsZero():
		return task.Retired
	case t.Config.Draft:
		return task.Draft
	case !t.Config.Window.Contains(e.Time):
		return task.Outside
	case t.Where != nil && !t.Where.Match(s.Scratch, e.Attrs):
		return task.Unmet
	}
	return ""
}

// record returns a task's record of a period, which may have nothing in it yet.
func (s *State) record(t *catalog.Task, period int64) task.Record {
	if r, ok := s.taskRecord(TaskKey{t.Config.Code, period}); ok {
		return r
	}
	return task.Record{User: s.User, Task: t.Config.Code, Period: period}.Shown(t.Rule.Target)
}

// count adds an accepted event to the tracks on its task.
func (s *State) count(t *catalog.Task, e task.Event) {
	plan, tally := t.Plan, s.Tallies[t.Config.Code]
	if len(plan.Tracks) == 0 {
		return
	}
	changed := false
	f := fact(e)
	for _, tr := range plan.Tracks {
		if tr.Add(&tally.Tally, s.Catalog.Periods, f, s.Scratch, values{s, t.Config.Code}) {
			changed = true
		}
	}
	if changed {
		s.putTally(t.Config.Code, tally)
	}
}

// foldMargin is how much longer than the lateness growth is kept: clocks of two processes may differ.
const foldMargin = 24 * time.Hour

// fold lets go of what no event can change any more, in every tally that changed. It comes after all decisions: a period
// that was counted anew may have ended long ago and still complete a derived task.
func (s *State) fold() {
	horizon := s.Catalog.Periods.Horizon(s.Now).Add(-foldMargin)
	for i := range s.changes.Tallies {
		t := &s.changes.Tallies[i]
		for _, tr := range s.Catalog.Tasks[t.Task].Plan.Tracks {
			tr.Fold(&t.Tally.Tally, s.Catalog.Periods, horizon)
		}
		s.Tallies[t.Task] = t.Tally
	}
}

// values is the set of values counted so far, as tracks on a task see it.
type values struct {
	s    *State
	task string
}

// Insert adds a value that was not counted before.
func (v values) Insert(id rule.ValueID) bool {
	if v.s.Values[id] {
		return false
	}
	v.s.Values[id] = true
	v.s.changes.Values = append(v.s.changes.Values, TaskValue{v.task, id})
	return true
}
