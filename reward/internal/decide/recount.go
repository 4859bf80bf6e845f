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
// ends, the stored events are counted again.
//
// A derived task whose window's end moved needs more than tallies: what was counted in its past periods is let go of with
// them, and any event may have counted the tally again since, also one that the derived task has nothing to do with. So the
// first event that feeds it counts again from the stored events, whatever the tallies say, and looks at all its periods. Up
// to which move that was done, the derived task's own tally says.
//
// Missing names the tasks whose stored events all this takes. What is counted again is counted for one event: a unit may end
// before the next, which then finds it undone (S6).

// Missing lists the tasks whose stored events must be in History before an event of t is decided.
func (s *State) Missing(t *catalog.Task) []string {
	var codes []string
	need := func(code string) {
		if !s.loaded(code) && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	s.behind(t, need)
	for _, d := range s.again(t) {
		s.counted(d, need)
	}
	return codes
}

// MissingFor lists the tasks whose stored events a program needs before it can be read.
func (s *State) MissingFor(p *rule.Program) []string {
	var codes []string
	s.missing(p, func(code string) {
		if !s.loaded(code) && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	})
	return codes
}

func (s *State) loaded(code string) bool {
	_, ok := s.History[code]
	return ok
}

// behind names the tasks, among those an event of t concerns, whose tallies the stored events must complete.
func (s *State) behind(t *catalog.Task, need func(string)) {
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
}

func (s *State) missing(p *rule.Program, need func(string)) {
	leaves := p.Leaves()
	for i := range leaves {
		l := &leaves[i]
		if l.Track == nil || s.source(l.Track) != fromEvents || s.source(s.shared(l)) != fromEvents {
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

// shared is the track that a tally keeps for a leaf. Equal leaves share the oldest, which is complete for longest.
func (s *State) shared(l *rule.Leaf) *rule.Track {
	for _, tr := range s.Catalog.Tasks[l.Task.Code].Plan.Tracks {
		if tr.Key == l.Track.Key {
			return tr
		}
	}
	return l.Track
}

// again lists the derived tasks fed by t whose past periods an event of t looks at: those whose window's end moved, and
// those that read periods of these.
func (s *State) again(t *catalog.Task) []*catalog.Task {
	var list []*catalog.Task
	for _, d := range t.Plan.Derived {
		if d.Unit() != 0 && (s.moved(d) || readsAny(d, list)) {
			list = append(list, d)
		}
	}
	return list
}

// readsAny reports whether a derived task reads periods of any of these.
func readsAny(d *catalog.Task, of []*catalog.Task) bool {
	if len(of) == 0 {
		return false
	}
	return slices.ContainsFunc(d.Program.Leaves(), func(l rule.Leaf) bool {
		return l.Source == rule.FromPeriods && slices.ContainsFunc(of, func(t *catalog.Task) bool { return t.Config.Code == l.Task.Code })
	})
}

// counted names the tasks whose events a derived task may have counted. One without a tally has none since the task was put.
func (s *State) counted(d *catalog.Task, need func(string)) {
	leaves := d.Program.Leaves()
	for i := range leaves {
		if l := &leaves[i]; l.Source == rule.FromEvents && s.Tallies[l.Task.Code].Revision >= l.Track.Since {
			need(l.Task.Code)
		}
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

// catchUp counts again what an event of t reads, as far as Missing named it.
func (s *State) catchUp(t *catalog.Task) {
	if len(s.History) == 0 {
		return
	}
	for _, d := range s.again(t) {
		leaves := d.Program.Leaves()
		for i := range leaves {
			l := &leaves[i]
			if l.Source != rule.FromEvents || !s.loaded(l.Task.Code) || s.source(s.shared(l)) == fromEvents {
				continue // what is behind follows
			}
			tally := s.Tallies[l.Task.Code]
			s.recount(s.shared(l), &tally)
			s.putTally(l.Task.Code, tally)
		}
	}
	s.behind(t, func(code string) {
		if s.loaded(code) {
			s.prepare(s.Catalog.Tasks[code])
		}
	})
}

// Prepare brings the tallies of all tasks whose History was loaded up to the present catalog, for one who only reads.
func (s *State) Prepare() {
	for _, code := range slices.Sorted(maps.Keys(s.History)) {
		if t := s.Catalog.Tasks[code]; t != nil {
			s.prepare(t)
		}
	}
}
