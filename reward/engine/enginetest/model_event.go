package enginetest

import (
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// event answers Record and, with finish, Complete.
func (m *model) event(e task.Event, finish bool) (engine.Outcome, error) {
	if finish {
		e.Finish = true
	}
	if e.Growth == 0 && !e.Finish {
		e.Growth = 1
	}
	p := m.person(e.User)
	if f := p.byID[e.ID]; f != nil {
		if field := f.differs(e); field != "" {
			return engine.Outcome{}, &task.ConflictError{User: e.User, ID: e.ID, Field: field}
		}
		out := m.outcome(p, f)
		out.Replay = true
		return out, nil
	}
	if err := m.refusal(e); err != nil {
		return engine.Outcome{}, err
	}
	f := &fact{event: e, timeGiven: !e.Time.IsZero(), arrived: m.now, revision: m.revision}
	if !f.timeGiven {
		f.event.Time = m.now
	}
	f.event.Time = f.event.Time.UTC().Truncate(time.Microsecond)
	t := m.tasks[e.Task]
	f.ignored = m.ignored(p, t, f.event)
	if finish && f.ignored == task.Completed {
		return engine.Outcome{}, &task.CompletedError{Record: m.record(p, t, m.period(t, f.event.Time))}
	}
	f.accepted = f.ignored == "" || f.ignored == task.Completed
	before := m.matching(p)
	p.events = append(p.events, f)
	p.byID[e.ID] = f
	if f.accepted {
		f.tasks = append(f.tasks, taskPeriod{e.Task, m.period(t, f.event.Time)})
	}
	m.finishDerived(p, f, before)
	m.decide(p, f)
	return m.outcome(p, f), nil
}

// refusal is why an event that was not seen before is not recorded.
func (m *model) refusal(e task.Event) error {
	t := m.tasks[e.Task]
	switch {
	case t == nil:
		return task.ErrUnknown
	case t.config.Derived():
		return task.ErrDerived
	}
	for name, v := range e.Attrs {
		if !fits(t.config.Attrs[name], v) {
			return rule.ErrInvalid
		}
	}
	calendar := m.periods.Calendar()
	switch {
	case e.Time.IsZero():
		return nil
	case e.Time.Before(m.now.Add(-max(0, calendar.Lateness))):
		return rule.ErrTooLate
	case e.Time.After(m.now) && !e.Time.Before(m.now.Add(calendar.Skew)):
		return rule.ErrTooEarly
	}
	return nil
}

// fits reports whether a value is of a kind; no kind has none.
func fits(k rule.Kind, v any) bool {
	switch v.(type) {
	case string:
		return k == rule.String
	case bool:
		return k == rule.Bool
	case int, int64:
		return k == rule.Int || k == rule.Decimal
	}
	return k == rule.Decimal
}

func (m *model) ignored(p *person, t *taskDoc, e task.Event) task.Reason {
	switch {
	case t.retired:
		return task.Retired
	case t.since == 0:
		return task.Draft
	case !t.config.Window.Contains(e.Time):
		return task.Outside
	case !m.words.match(t.config.Where, e.Attrs):
		return task.Unmet
	case m.record(p, t, m.period(t, e.Time)).Finished:
		return task.Completed
	}
	return ""
}

// differs names the first field whose content is not that of the recorded event (S4).
func (f *fact) differs(e task.Event) string {
	was := f.event
	switch {
	case was.Task != e.Task:
		return "task"
	case f.timeGiven && !e.Time.IsZero() && !was.Time.Equal(e.Time.Truncate(time.Microsecond)):
		return "time"
	case was.Growth != e.Growth:
		return "growth"
	case was.Finish != e.Finish:
		return "finish"
	}
	for _, name := range []string{"city", "qty", "total", "vip"} {
		v, had := was.Attrs[name]
		w, has := e.Attrs[name]
		if had != has || had && text(v) != text(w) {
			return "attrs." + name
		}
	}
	if string(was.Meta) != string(e.Meta) {
		return "meta"
	}
	return ""
}

// matching are the periods of derived tasks whose rules match, finished or not.
func (m *model) matching(p *person) map[taskPeriod]bool {
	all := map[taskPeriod]bool{}
	for code, t := range m.tasks {
		if !t.config.Derived() || !t.live() {
			continue
		}
		for _, period := range m.periodsOf(p, t) {
			if m.matches(p, t.config.Rule, t.place(period)) > 0 {
				all[taskPeriod{code, period}] = true
			}
		}
	}
	return all
}

// finishDerived finishes the periods of derived tasks that match by the event: those it counts in, and those that did not
// match before it. A period that matched before, because of what happened before the task was put, is not finished by an
// event elsewhere (S8), unless the task's window moved and everything is counted again (S21). A finished one stays so.
func (m *model) finishDerived(p *person, f *fact, before map[taskPeriod]bool) {
	for again := true; again; {
		again = false
		for code, t := range m.tasks {
			if !t.config.Derived() || !t.live() || !m.feeds(f.event.Task, t.config.Rule) {
				continue
			}
			if !m.fixed(t.config.Window) {
				continue // its rule may still change
			}
			for _, period := range m.periodsOf(p, t) {
				key := taskPeriod{code, period}
				by := !before[key] || t.moved || f.accepted && period == m.period(t, f.event.Time)
				if _, ok := p.done[key]; ok || !by || m.matches(p, t.config.Rule, t.place(period)) == 0 {
					continue
				}
				r := task.Record{User: p.name, Task: code, Period: period, Finishes: 1, Created: m.now, Updated: m.now}
				p.done[key] = shown(t.config, r)
				f.tasks = append(f.tasks, key)
				again = true // it may finish others
			}
		}
	}
}

// periodsOf are the periods of a derived task that may have been finished: those in which the user did something.
func (m *model) periodsOf(p *person, t *taskDoc) []int64 {
	var periods []int64
	for _, f := range p.events {
		if n := m.period(t, f.event.Time); !slices.Contains(periods, n) {
			periods = append(periods, n)
		}
	}
	return periods
}

// feeds reports whether a rule reads a task, directly or through derived tasks that are alive.
func (m *model) feeds(code string, r rule.Rule) bool {
	for _, read := range r.Tasks() {
		t := m.tasks[read]
		if read == code || t.config.Derived() && t.live() && m.feeds(code, t.config.Rule) {
			return true
		}
	}
	return false
}

// outcome is what an event is answered with: what it was the first time, records as they are now.
func (m *model) outcome(p *person, f *fact) engine.Outcome {
	out := engine.Outcome{Ignored: f.ignored, Blocked: f.blocked, Due: f.due}
	for _, key := range f.tasks {
		out.Tasks = append(out.Tasks, m.record(p, m.tasks[key.task], key.period))
	}
	for _, id := range f.rewards {
		out.Rewards = append(out.Rewards, m.present(p.records[id]))
	}
	return out
}

// present is a record as it reads now.
func (m *model) present(g *granted) reward.Record {
	r := g.Record
	r.Moves = slices.Clone(r.Moves)
	if r.Status == reward.Claimable && !r.Deadline.IsZero() && !m.now.Before(r.Deadline) {
		r.Status = reward.Lapsed
	}
	return r
}
