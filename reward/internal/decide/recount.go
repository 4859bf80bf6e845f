package decide

import (
	"maps"
	"slices"

	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
)

// A tally is complete up to a catalog revision: a track put at or before it whose cell is not there counts nothing. A
// track that came later starts empty if it counts from later on. Two kinds start with what happened before: a gate, which
// is filled from its task's record; and a track whose window's end moved. Where the record cannot tell, and for moved
// ends, the stored events are counted again. Missing names the tasks whose events that takes.

// Missing lists the tasks, among those an event of t concerns, whose stored events must be in History before it is decided.
func (s *State) Missing(t *catalog.Task) []string {
	var codes []string
	need := func(code string) {
		if _, ok := s.History[code]; !ok && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	for _, tr := range t.Plan.Tracks {
		if s.source(tr) == fromEvents {
			need(tr.Task)
		}
	}
	for _, d := range t.Plan.Derived {
		s.missing(d.Program, need)
	}
	for _, r := range t.Plan.Rewards {
		if r.From == nil {
			s.missing(r.Program, need)
		}
	}
	return codes
}

// MissingFor lists the tasks whose stored events a program needs before it can be read.
func (s *State) MissingFor(p *rule.Program) []string {
	var codes []string
	s.missing(p, func(code string) {
		if _, ok := s.History[code]; !ok && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	})
	return codes
}

func (s *State) missing(p *rule.Program, need func(string)) {
	leaves := p.Leaves()
	for i := range leaves {
		l := &leaves[i]
		if l.Track == nil || s.source(l.Track) != fromEvents {
			continue
		}
		if l.Source == rule.FromRecord {
			r, _ := s.taskRecord(TaskKey{l.Task.Code, 0})
			if _, known := l.Opens(r.Sum, r.Finishes, r.First, r.Last, l.Track.Span.End); known {
				continue
			}
		}
		need(l.Task.Code)
	}
}

// start says where a track that a tally does not have yet starts.
type start int

const (
	complete start = iota
	empty
	fromRecord
	fromEvents
)

func (s *State) source(tr *rule.Track) start {
	t := s.Tallies[tr.Task]
	if t.Revision >= tr.Born {
		return complete
	}
	if tr.Since > 0 { // a gate counts from the beginning, all others from a put
		if t.Revision < tr.Since {
			return empty
		}
		return fromEvents
	}
	r, ok := s.taskRecord(TaskKey{tr.Task, 0})
	switch {
	case !ok:
		return empty
	case r.Last.Before(tr.Span.End):
		return fromRecord
	default:
		return fromEvents
	}
}

// prepare brings the tally of a task up to the present catalog: cells of tracks that are gone are dropped, those of new
// ones filled. Every event of the task passes here first, so a tally never misses one.
func (s *State) prepare(t *catalog.Task) {
	code, plan := t.Config.Code, t.Plan
	tally := s.Tallies[code]
	if tally.Revision >= plan.Born {
		return
	}
	tally.Cells = slices.DeleteFunc(tally.Cells, func(c rule.Cell) bool {
		return c.Key != rule.PeriodsKey && !slices.ContainsFunc(plan.Tracks, func(tr *rule.Track) bool { return tr.Key == c.Key })
	})
	for _, tr := range plan.Tracks {
		switch s.source(tr) {
		case fromRecord:
			r, _ := s.taskRecord(TaskKey{code, 0})
			tally.Seed(tr, r.Sum, r.Finishes)
		case fromEvents:
			s.recount(tr, &tally)
		}
	}
	tally.Revision = plan.Born
	s.putTally(code, tally)
}

// recount counts the stored events of a track again.
func (s *State) recount(tr *rule.Track, tally *Tally) {
	tally.Cells = slices.DeleteFunc(tally.Cells, func(c rule.Cell) bool { return c.Key == tr.Key })
	again := anew{values{s, tr.Task}, map[rule.ValueID]bool{}}
	for _, e := range s.History[tr.Task] {
		if e.Accepted && e.Revision >= tr.Since {
			tr.Add(&tally.Tally, s.Catalog.Periods, fact(e.Event), s.Scratch, again)
		}
	}
}

// anew is a set of values that starts empty, whatever was counted before, and stores what was not stored.
type anew struct {
	values
	seen map[rule.ValueID]bool
}

// Insert adds a value that this recount has not counted.
func (r anew) Insert(id rule.ValueID) bool {
	if r.seen[id] {
		return false
	}
	r.seen[id] = true
	if s := r.s; !s.Values[id] {
		s.Values[id] = true
		s.changes.Recounted = append(s.changes.Recounted, TaskValue{r.task, id})
	}
	return true
}

// Prepare brings the tallies of tasks whose History was loaded up to the present catalog.
func (s *State) Prepare() {
	if len(s.History) == 0 {
		return
	}
	for _, code := range slices.Sorted(maps.Keys(s.History)) {
		if t := s.Catalog.Tasks[code]; t != nil {
			s.prepare(t)
		}
	}
}
