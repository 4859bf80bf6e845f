package decide

import (
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// derive completes the derived tasks that an event makes complete (S8). They come in the order in which they feed each
// other. One that is not accepted completes what a recount found: the recount is written with it, and not seen again.
func (s *State) derive(t *catalog.Task, e task.Event, accepted bool, cause *Cause) {
	if !accepted && len(s.History) == 0 {
		return
	}
	late := s.gateOf(t) // a gate that opens may complete every later period whose events are there already
	for _, d := range t.Plan.Derived {
		u := d.Unit()
		if u == 0 {
			s.complete(d, 0, rule.Window{}, cause)
			continue
		}
		first := s.Catalog.Periods.Ordinal(u, e.Time)
		last := first
		if !accepted {
			last = first - 1
		} else if late {
			last = max(last, s.Catalog.Periods.Ordinal(u, s.Now.Add(s.Catalog.Calendar.Skew)))
		}
		for _, o := range s.outers(d, first, last) {
			s.complete(d, o, s.Catalog.Periods.Bounds(u, o), cause)
		}
	}
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

// outers lists the periods of a derived task to look at: those from first to last, and those of cells that were counted
// anew because a window's end moved.
func (s *State) outers(d *catalog.Task, first, last int64) []int64 {
	var list []int64
	for o := first; o <= last; o++ {
		list = append(list, o)
	}
	for _, l := range d.Program.Leaves() {
		if l.Track == nil || s.History[l.Task.Code] == nil {
			continue
		}
		for _, c := range s.Tallies[l.Task.Code].Cells {
			if c.Key == l.Track.Key && !slices.Contains(list, c.Outer) {
				list = append(list, c.Outer)
			}
		}
	}
	slices.Sort(list)
	return list
}

// complete finishes a period of a derived task if its rule matches and it is not finished.
func (s *State) complete(d *catalog.Task, period int64, bounds rule.Window, cause *Cause) {
	code := d.Config.Code
	tally := s.Tallies[code]
	if u := d.Unit(); u != 0 {
		if c := tally.Cell(rule.PeriodsKey, 0); c != nil && c.Done.Has(period) {
			return
		}
	} else if r := s.Tasks[TaskKey{code, 0}]; r != nil && r.Finished {
		return
	}
	if d.Program.Matches(s.read(d.Program, period, bounds)) < 1 {
		return
	}
	record := s.record(d, period).Add(d.Rule.Target, 0, true, time.Time{}, s.Now)
	s.putTask(record)
	cause.Tasks = append(cause.Tasks, TaskKey{code, period})
	if d.Unit() != 0 {
		tally.Finish(period)
		s.putTally(code, tally)
	}
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
