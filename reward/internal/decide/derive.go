package decide

import (
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// derive completes the derived tasks that an event makes complete (S8). They come in the order in which they feed each
// other. An event that is not accepted completes what is found where a window's end moved, because that is looked for once;
// other derived tasks wait for an event of their own.
func (s *State) derive(t *catalog.Task, e task.Event, accepted bool, cause *Cause) {
	if !accepted && !slices.ContainsFunc(t.Plan.Derived, s.moved) {
		return
	}
	late := accepted && s.gateOf(t) // a gate that opens may complete every later period whose events are there already
	var done []TaskKey
	for _, d := range t.Plan.Derived {
		if s.unbegun(d) {
			continue
		}
		var periods []int64
		if accepted {
			periods = s.around(d, e.Time, late)
		}
		periods = s.reread(d, accepted, periods)
		periods = s.holding(d, done, periods)
		for _, p := range periods {
			bounds := rule.Window{}
			if u := d.Unit(); u != 0 {
				bounds = s.Catalog.Periods.Bounds(u, p)
			}
			if s.complete(d, p, bounds) {
				done = append(done, TaskKey{d.Config.Code, p})
			}
		}
	}
	cause.Tasks = append(cause.Tasks, done...)
}

// unbegun reports whether a derived task's rule may still change (S21), so that nothing can finish it yet. It goes by the
// clock: an event of a time before the window may open a gate, and finish a period inside it, whenever it arrives.
func (s *State) unbegun(d *catalog.Task) bool {
	start := d.Config.Window.Start
	return !start.IsZero() && s.Now.Before(start.Add(-max(0, s.Catalog.Calendar.Skew)))
}

// around lists the period of a derived task that an event's time falls into and, where a gate may have opened, those after
// it, up to the one that holds the latest event there can be.
func (s *State) around(d *catalog.Task, at time.Time, late bool) []int64 {
	u := d.Unit()
	if u == 0 {
		return []int64{0}
	}
	first := s.Catalog.Periods.Ordinal(u, at)
	periods := []int64{first}
	if late {
		for p, last := first+1, s.Catalog.Periods.Ordinal(u, s.Now.Add(max(0, s.Catalog.Calendar.Skew))); p <= last; p++ {
			periods = append(periods, p)
		}
	}
	return periods
}

// moved reports whether the end of a derived task's window moved since its periods were last looked at again. Of one done
// once that is always so: there is one period to look at, and nothing is kept.
func (s *State) moved(d *catalog.Task) bool {
	return d.Moved > 0 && d.Moved > s.Tallies[d.Config.Code].Revision
}

// reread adds, after the end of a derived task's window moved, the periods in which anything was counted, and those that
// hold finished ones of derived tasks it reads: they may have been missed while the window was closed.
func (s *State) reread(d *catalog.Task, accepted bool, periods []int64) []int64 {
	if !s.moved(d) {
		return periods
	}
	u := d.Unit()
	if u == 0 {
		return []int64{0}
	}
	before := len(periods)
	add := func(p int64) {
		if !slices.Contains(periods, p) {
			periods = append(periods, p)
		}
	}
	leaves := d.Program.Leaves()
	for i := range leaves {
		l := &leaves[i]
		t := s.Tallies[l.Task.Code]
		switch l.Source {
		case rule.FromEvents:
			for _, c := range t.Cells {
				if c.Key == l.Track.Key {
					add(c.Outer)
				}
			}
		case rule.FromPeriods:
			if c := t.Cell(rule.PeriodsKey, 0); c != nil {
				for inner := range c.Done.All() {
					add(s.Catalog.Periods.Ordinal(u, s.Catalog.Periods.Bounds(l.Task.Period.Unit(), inner).Start))
				}
			}
		}
	}
	if accepted || len(s.History) > 0 || len(periods) > before { // else it costs little to look again
		tally := s.Tallies[d.Config.Code]
		tally.Revision = d.Moved
		s.putTally(d.Config.Code, tally)
	}
	return periods
}

// holding adds the periods of a derived task that hold ones which this event completed of tasks it reads.
func (s *State) holding(d *catalog.Task, done []TaskKey, periods []int64) []int64 {
	for _, k := range done {
		t, u := s.Catalog.Tasks[k.Task], d.Unit()
		if !slices.Contains(d.Config.Rule.Tasks(), k.Task) {
			continue
		}
		p := int64(0)
		if u != 0 && t.Unit() != 0 {
			p = s.Catalog.Periods.Ordinal(u, s.Catalog.Periods.Bounds(t.Unit(), k.Period).Start)
		}
		if !slices.Contains(periods, p) {
			periods = append(periods, p)
		}
	}
	slices.Sort(periods)
	return periods
}

// gateOf reports whether a derived task reads the task as a gate.
func (s *State) gateOf(t *catalog.Task) bool {
	for _, d := range t.Plan.Derived {
		for _, l := range d.Program.Leaves() {
			if l.Source == rule.FromRecord && l.Task.Code == t.Config.Code {
				return true
			}
		}
	}
	return false
}

// complete finishes a period of a derived task if its rule matches and it is not finished, and reports whether it did.
func (s *State) complete(d *catalog.Task, period int64, bounds rule.Window) bool {
	code := d.Config.Code
	tally := s.Tallies[code]
	if u := d.Unit(); u != 0 {
		if c := tally.Cell(rule.PeriodsKey, 0); c != nil && c.Done.Has(period) {
			return false
		}
	} else if r := s.Tasks[TaskKey{code, 0}]; r != nil && r.Finished {
		return false
	}
	if d.Program.Matches(s.read(d.Program, period, bounds)) < 1 {
		return false
	}
	s.putTask(s.record(d, period).Add(d.Rule.Target, 0, true, time.Time{}, s.Now))
	if d.Unit() != 0 {
		tally.Finish(period)
		s.putTally(code, tally)
	}
	return true
}

// read gathers the inputs of a program's leaves. The slice is used again by the next call.
func (s *State) read(p *rule.Program, outer int64, bounds rule.Window) []rule.Input {
	s.inputs = s.inputs[:0]
	leaves := p.Leaves()
	for i := range leaves {
		l := &leaves[i]
		var in rule.Input
		switch l.Source {
		case rule.FromEvents:
			t := s.Tallies[l.Task.Code]
			in.Cell = t.Cell(l.Track.Key, outer)
		case rule.FromPeriods:
			t := s.Tallies[l.Task.Code]
			in.Cell = t.Cell(rule.PeriodsKey, 0)
			in.Lo, in.Hi = p.Periods(l, bounds)
		case rule.FromRecord:
			in.Open = s.opens(l, bounds.End)
		}
		s.inputs = append(s.inputs, in)
	}
	return s.inputs
}

// opens reports whether a gate is open for a rule whose period ends at end.
func (s *State) opens(l *rule.Leaf, end time.Time) bool {
	r, ok := s.taskRecord(TaskKey{l.Task.Code, 0})
	switch {
	case !ok:
		return false
	case l.Task.Derived:
		return r.Finished
	}
	open, known := l.Opens(r.Sum, r.Finishes, r.First, r.Last, end)
	if !known {
		t := s.Tallies[l.Task.Code]
		return l.Reached(t.Cell(l.Track.Key, 0))
	}
	return open
}
