package catalog

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A Change is what a call wants to write: documents to put, or to end.
type Change struct {
	Documents []Document
	// Missing writes only documents that do not exist, Retire ends those that do.
	Missing, Retire bool
	Actor, Reason   string
}

// Write is a document to be written, in its stored form.
type Write struct {
	Kind, Code string
	Body       []byte
}

// Plan works out what a change writes under the next revision and the catalog that results. No writes mean that the
// change changes nothing. Every fault is reported.
func (c *Catalog) Plan(ch Change, now time.Time) (*Catalog, []Write, error) {
	p := planner{c: c, next: c.Revision + 1, now: now, ch: ch, seen: map[use]bool{}}
	for _, d := range ch.Documents {
		p.document(d)
	}
	if p.stale != nil {
		return nil, nil, errors.Join(p.faults.Err(), p.stale)
	}
	if len(p.stored) == 0 {
		return c, nil, p.faults.Err()
	}
	next, err := c.Apply(p.next, p.stored...)
	if err := errors.Join(p.faults.Err(), err); err != nil {
		return nil, nil, err
	}
	if p.unwritten != nil { // what has no JSON has a fault that Apply found; this is for what it does not know
		return nil, nil, p.unwritten
	}
	return next, p.writes, nil
}

type planner struct {
	c      *Catalog
	next   int64
	now    time.Time
	ch     Change
	seen   map[use]bool
	stored []Stored
	writes []Write
	faults rule.Faults
	stale  error
	// unwritten is why a document has no stored form.
	unwritten error
}

// document plans one document: what it is now, whether it may change so, and what is kept about it.
func (p *planner) document(d Document) {
	kind, code, revision, ok := Identify(d)
	if !ok {
		p.faults.Addf("", "", "a %T is no document; put rule.Calendar, ledger.Asset, task.Group, task.Config, reward.Group or reward.Config", d)
		return
	}
	path := pathOf(kind, code)
	if p.seen[use{kind, code}] {
		p.refuse(path, "is put twice in one call")
		return
	}
	p.seen[use{kind, code}] = true
	old, exists := p.c.find(kind, code)
	s := Stored{Document: d, Meta: Meta{Since: p.next, Put: p.now}, Actor: p.ch.Actor, Reason: p.ch.Reason, Time: p.now}
	switch {
	case p.ch.Retire:
		p.retire(path, old, exists, s)
		return
	case p.ch.Missing && exists:
		return
	case exists && !old.Meta.Retired.IsZero():
		p.refuse(path, "is retired; a document that was ended stays so")
		return
	case exists && p.same(old.Document, d): // whatever revision was read: a put whose answer was lost can be repeated
		return
	case revision != 0 && revision != old.Meta.Revision:
		p.stale = staleError(kind+" "+code, revision, old.Meta.Revision)
		return
	}
	if !exists && kind != KindCalendar {
		p.ended(path, d)
	} else { // a calendar holds before one is put: the default one, which the first task fixes as well
		err := p.allowed(old, d)
		p.faults.At(path, err)
		if err != nil && kind == KindPause {
			return // the reward it pauses would say the same again
		}
		s.Meta.Since, s.Meta.Put, s.Meta.Moved = old.Meta.Since, old.Meta.Put, old.Meta.Moved
	}
	p.age(&s, old, exists)
	p.write(kind, code, s)
}

// refuse records a fault of a document as a whole.
func (p *planner) refuse(path, reason string) { p.faults.At(path, &rule.FieldError{Reason: reason}) }

// pathOf is where the faults of a document lie: "task sign-in: " before its fields. There is one calendar, and codes have
// dots of their own.
func pathOf(kind, code string) string {
	if kind == KindCalendar {
		return KindCalendar
	}
	return kind + " " + code + ": "
}

// age works out from when a document counts, and when its window's end last moved (S21).
func (p *planner) age(s *Stored, old Stored, exists bool) {
	draft, window := state(s.Document)
	wasDraft, wasWindow := true, rule.Window{}
	if exists {
		wasDraft, wasWindow = state(old.Document)
	}
	switch {
	case draft:
		s.Meta.Since, s.Meta.Put, s.Meta.Moved = 0, time.Time{}, 0
	case !exists || !p.fixed(wasDraft, wasWindow): // nothing was counted yet, and anything may have changed
		s.Meta.Since, s.Meta.Put, s.Meta.Moved = p.next, p.now, 0
	case !window.End.Equal(wasWindow.End):
		s.Meta.Moved = p.next
	}
}

// ended refuses a new document whose rule reads a task that was ended.
func (p *planner) ended(path string, d Document) {
	var r rule.Rule
	switch d := d.(type) {
	case task.Config:
		r = d.Rule
	case reward.Config:
		r = d.Rule
	}
	for _, code := range r.Tasks() {
		if t := p.c.Tasks[code]; t != nil && !t.Retired.IsZero() {
			p.faults.Add(path+"rule", code, "is retired")
		}
	}
}

func (p *planner) retire(path string, old Stored, exists bool, s Stored) {
	kind, code, _, _ := Identify(s.Document)
	switch {
	case !exists:
		p.refuse(path, "does not exist")
	case kind == KindCalendar || kind == KindAsset:
		p.refuse(path, "cannot be retired")
	case old.Meta.Retired.IsZero():
		s.Document, s.Meta = old.Document, old.Meta
		s.Meta.Retired = p.now
		p.write(kind, code, s)
	}
}

func (p *planner) write(kind, code string, s Stored) {
	body, err := s.Encode()
	if err != nil {
		var f rule.Faults
		f.At(pathOf(kind, code), err)
		p.unwritten = errors.Join(p.unwritten, f.Err())
	}
	s.Meta.Revision = p.next
	p.stored = append(p.stored, s)
	p.writes = append(p.writes, Write{kind, code, body})
}

// same reports whether a stored document and another have the same content. A calendar is kept with its defaults filled in.
func (p *planner) same(a, b Document) bool {
	if c, ok := b.(rule.Calendar); ok {
		if filled, err := c.Periods(); err == nil {
			b = filled.Calendar()
		}
	}
	x, err := content(a)
	y, err2 := content(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// find returns a document as it stands.
func (c *Catalog) find(kind, code string) (Stored, bool) {
	switch kind {
	case KindCalendar:
		return Stored{Document: c.Calendar, Meta: Meta{Revision: c.Calendar.Revision, Since: c.Calendar.Revision}}, c.Dated
	case KindAsset:
		if a := c.Assets[code]; a != nil {
			return Stored{Document: a.Config, Meta: a.Meta}, true
		}
	case KindTaskGroup:
		if g := c.TaskGroups[code]; g != nil {
			return Stored{Document: g.Config, Meta: g.Meta}, true
		}
	case KindTask:
		if t := c.Tasks[code]; t != nil {
			return Stored{Document: t.Config, Meta: t.Meta}, true
		}
	case KindRewardGroup:
		if g := c.RewardGroups[code]; g != nil {
			return Stored{Document: g.Config, Meta: g.Meta}, true
		}
	case KindReward:
		if r := c.Rewards[code]; r != nil {
			return Stored{Document: r.Config, Meta: r.Meta}, true
		}
	case KindPause:
		if r := c.Rewards[code]; r != nil {
			return Stored{Document: Pause{Reward: code, Policy: r.Paused}, Meta: Meta{Revision: r.PauseRevision, Since: r.PauseRevision}}, true
		}
	}
	return Stored{}, false
}

// state is whether a document is a draft, and its window.
func state(d Document) (draft bool, w rule.Window) {
	switch d := d.(type) {
	case task.Config:
		return d.Draft, d.Window
	case reward.Config:
		return d.Draft, d.Window
	}
	return false, rule.Window{}
}

// allowed reports the fields that changed though they are fixed (S21): from the skew before the window's start or, without
// one, from the put that ended the draft.
func (p *planner) allowed(old Stored, d Document) error {
	var f rule.Faults
	switch was := old.Document.(type) {
	case rule.Calendar:
		p.allowedCalendar(&f, was, d.(rule.Calendar))
	case ledger.Asset:
		if was.Scale != d.(ledger.Asset).Scale {
			f.Add("scale", itoa(int64(d.(ledger.Asset).Scale)), "is fixed from the first put")
		}
	case task.Config:
		if p.fixed(was.Draft, was.Window) {
			p.allowedTask(&f, was, d.(task.Config))
		}
	case reward.Config:
		if p.fixed(was.Draft, was.Window) {
			p.allowedReward(&f, was, d.(reward.Config))
		}
	case Pause:
		r := p.c.Rewards[was.Reward]
		if d.(Pause).Policy == reward.Hold && r.From != nil {
			f.Add("policy", string(reward.Hold), "is not offered for a reward whose amounts are computed; use drop")
		}
	}
	return f.Err()
}

const fixedReason = "is fixed once the document counts"

func (p *planner) fixed(draft bool, w rule.Window) bool {
	return !draft && (w.Start.IsZero() || !p.now.Before(w.Start.Add(-max(0, p.c.Calendar.Skew))))
}

// allowedCalendar lets a calendar change freely until a task exists; then its lateness may be lowered, and nothing else.
func (p *planner) allowedCalendar(f *rule.Faults, was, is rule.Calendar) {
	if len(p.c.Tasks) == 0 {
		return
	}
	filled, err := is.Periods()
	if err != nil {
		return // Apply says what is wrong
	}
	is = filled.Calendar()
	for _, field := range []struct {
		name    string
		changed bool
	}{{"zone", is.Zone != was.Zone}, {"first_day", is.FirstDay != was.FirstDay}, {"day_start", is.DayStart != was.DayStart},
		{"skew", is.Skew != was.Skew}} {
		if field.changed {
			f.Add(field.name, "", "is fixed from the first put of a task")
		}
	}
	if is.Lateness > was.Lateness {
		f.Add("lateness", is.Lateness.String(), "may only be lowered from the first put of a task: growth of ended periods is let go")
	}
}

func (p *planner) allowedTask(f *rule.Faults, was, is task.Config) {
	for _, field := range []struct {
		name    string
		changed bool
	}{{"draft", is.Draft}, {"period", is.Period != was.Period}, {"times", is.Target().Times != was.Target().Times},
		{"levels", !slices.Equal(is.Targets(), was.Targets())}, {"rule", !is.Rule.Equal(was.Rule)},
		{"window.start", !is.Window.Start.Equal(was.Window.Start)}} {
		if field.changed {
			f.Add(field.name, "", fixedReason)
		}
	}
	for _, name := range slices.Sorted(keys(was.Attrs)) {
		if kind := is.Attrs[name]; kind != was.Attrs[name] {
			f.Add("attrs."+name, "", "may not be removed or change its kind once the document counts")
		}
	}
}

func (p *planner) allowedReward(f *rule.Faults, was, is reward.Config) {
	for _, field := range []struct {
		name    string
		changed bool
	}{{"draft", is.Draft}, {"rule", !is.Rule.Equal(was.Rule)}, {"window.start", !is.Window.Start.Equal(was.Window.Start)},
		{"limit.cycle", is.Limit.Cycle != was.Limit.Cycle},
		{"budget.cycle", is.Budget.Cycle != was.Budget.Cycle && !was.Budget.Cycle.IsZero()},
		{"amount", is.Amount.Asset != was.Amount.Asset}, {"group", is.Group != was.Group},
		{"amount_from", is.AmountFrom != was.AmountFrom}} {
		if field.changed {
			f.Add(field.name, "", fixedReason)
		}
	}
}

func keys(s rule.Schema) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range s {
			if !yield(k) {
				return
			}
		}
	}
}
