package enginetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A model says what an engine must answer. It keeps every event and works everything out anew from all of them, slowly and
// plainly: no tally, no counter, no compiled rule. Only the calendar's ordinals come from the library.
//
// Its methods are those of an engine, answer as one, and are called after the engine has answered.
type model struct {
	periods  *rule.Periods
	now      time.Time
	revision int64
	// words leads from the text of conditions and formulas to what they mean.
	words   words
	assets  map[string]ledger.Asset
	groups  map[string]reward.Group
	tasks   map[string]*taskDoc
	rewards map[string]*rewardDoc
	people  map[string]*person
	// batchOrder is the order in which the users of a batch are taken; nil is that of the input.
	batchOrder []string
}

// A document counts from the put that ended its draft: since and put are that revision and instant, zero for a draft.
type document struct {
	since   int64
	put     time.Time
	retired bool
	// moved says that its window's end moved since.
	moved bool
}

func (d document) live() bool { return d.since != 0 && !d.retired }

type taskDoc struct {
	document
	config task.Config
}

type rewardDoc struct {
	document
	config reward.Config
	paused reward.Policy
}

// A person is all that is known of one user.
type person struct {
	name   string
	events []*fact
	byID   map[string]*fact
	// done are the finished periods of derived tasks.
	done map[taskPeriod]task.Record
	// decided and blocked are what matches came to, by reward.
	decided  map[string]int64
	blocked  map[string]map[reward.Reason]int64
	records  map[reward.ID]*granted
	requests map[string]answered
	// lines are the statements, by asset.
	lines map[string][]ledger.Line
}

type taskPeriod struct {
	task   string
	period int64
}

// A fact is an event that was recorded, and what it was answered with.
type fact struct {
	event     task.Event
	timeGiven bool
	accepted  bool
	revision  int64
	arrived   time.Time

	ignored task.Reason
	tasks   []taskPeriod
	rewards []reward.ID
	blocked []reward.Block
	due     int64
}

// granted is a reward record with what it uses.
type granted struct {
	reward.Record
	// cycle is the user's limit cycle, where cycled.
	cycle  int64
	cycled bool
	// budget and budgetCycle say that the shared budget counts it, the latter in the cycle numbered shared.
	budget, budgetCycle bool
	shared              int64
	group               string
	calls               []call // by seq, from 1
}

// A call is an operator's or a user's call about a record.
type call struct {
	request       string // another request is another call, whatever it asks for
	op            string
	pass          bool
	id            reward.ID
	actor, reason string
}

// answered is a call with a request ID, and whether it moved the record the first time.
type answered struct {
	call
	changed bool
}

func newModel(now time.Time, w words) *model {
	return &model{now: now, words: w, assets: map[string]ledger.Asset{}, groups: map[string]reward.Group{},
		tasks: map[string]*taskDoc{}, rewards: map[string]*rewardDoc{}, people: map[string]*person{}}
}

func (m *model) person(name string) *person {
	p := m.people[name]
	if p == nil {
		p = &person{name: name, byID: map[string]*fact{}, done: map[taskPeriod]task.Record{}, decided: map[string]int64{},
			blocked: map[string]map[reward.Reason]int64{}, records: map[reward.ID]*granted{}, requests: map[string]answered{},
			lines: map[string][]ledger.Line{}}
		m.people[name] = p
	}
	return p
}

// put takes documents that were put under a revision.
func (m *model) put(revision int64, docs ...engine.Document) {
	m.revision = max(m.revision, revision)
	for _, doc := range docs {
		switch d := doc.(type) {
		case rule.Calendar:
			m.periods, _ = d.Periods()
		case ledger.Asset:
			m.assets[d.Code] = d
		case reward.Group:
			m.groups[d.Code] = d
		case task.Config:
			t := m.tasks[d.Code]
			if t == nil {
				t = &taskDoc{}
				m.tasks[d.Code] = t
			}
			if same(t.config, d) {
				continue
			}
			t.begin(d.Draft, m.fixed(t.config.Window), revision, m.now, d.Window.End.Equal(t.config.Window.End))
			t.config = d
		case reward.Config:
			r := m.rewards[d.Code]
			if r == nil {
				r = &rewardDoc{}
				m.rewards[d.Code] = r
			}
			if same(r.config, d) {
				continue
			}
			r.begin(d.Draft, m.fixed(r.config.Window), revision, m.now, d.Window.End.Equal(r.config.Window.End))
			r.config = d
		}
	}
}

// same says whether a document has the content it had: then nothing is written, and nothing begins anew.
func same(was, is any) bool {
	a, _ := json.Marshal(was)
	b, _ := json.Marshal(is)
	return string(a) == string(b)
}

// fixed says whether a document with this window can no longer change freely (S21).
func (m *model) fixed(w rule.Window) bool {
	return w.Start.IsZero() || !m.now.Before(w.Start.Add(-max(0, m.periods.Calendar().Skew)))
}

// begin notes from when a document counts: from the put that ended its draft or, until it is fixed, from its last put.
func (d *document) begin(draft, fixed bool, revision int64, now time.Time, sameEnd bool) {
	switch {
	case draft:
		d.since, d.put, d.moved = 0, time.Time{}, false
	case d.since == 0 || !fixed:
		d.since, d.put, d.moved = revision, now, false
	default:
		d.moved = d.moved || !sameEnd
	}
}

// retire ends documents.
func (m *model) retire(revision int64, docs ...engine.Document) {
	m.revision = max(m.revision, revision)
	for _, doc := range docs {
		switch d := doc.(type) {
		case task.Config:
			m.tasks[d.Code].retired = true
		case reward.Config:
			m.rewards[d.Code].retired = true
		}
	}
}

// period is the period of a task that an instant belongs to.
func (m *model) period(t *taskDoc, at time.Time) int64 {
	if u := t.config.Period.Unit(); u != 0 {
		return m.periods.Ordinal(u, at)
	}
	return 0
}

// record gives the record of a task in a period from the accepted events of that period (S7).
func (m *model) record(p *person, t *taskDoc, period int64) task.Record {
	key := taskPeriod{t.config.Code, period}
	if t.config.Derived() {
		if r, ok := p.done[key]; ok {
			return r
		}
	}
	r := task.Record{User: p.name, Task: key.task, Period: period}
	for _, f := range p.events {
		if !f.accepted || f.event.Task != key.task || m.period(t, f.event.Time) != period {
			continue
		}
		r.Sum += f.event.Growth
		if f.event.Finish {
			r.Finishes++
		}
		if r.First.IsZero() || f.event.Time.Before(r.First) {
			r.First = f.event.Time
		}
		if r.Last.IsZero() || f.event.Time.After(r.Last) {
			r.Last = f.event.Time
		}
		if r.Created.IsZero() {
			r.Created = f.arrived
		}
		r.Updated = f.arrived
	}
	return shown(t.config, r)
}

// shown fills in what follows from growth and finishes.
func shown(c task.Config, r task.Record) task.Record {
	levels := levelsOf(c)
	if len(levels) == 1 {
		r.Max = levels[0]
		r.Times = completions(c, 1, r.Sum, r.Finishes)
		r.Level = int(min(1, r.Times))
		r.Growth = r.Sum % r.Max
		r.Finished = c.Period != rule.Unlimited && r.Times == max(1, c.Times)
	} else {
		r.Level = int(levelReached(levels, r.Sum, r.Finishes))
		r.Finished = r.Level == len(levels)
		r.Max = levels[min(r.Level, len(levels)-1)]
		r.Growth = r.Sum
		if r.Level > 0 && r.Growth < levels[r.Level-1] {
			r.Growth = levels[r.Level-1] // a Finish lifted it
		}
		r.Growth = min(r.Growth, r.Max)
		if r.Finished {
			r.Times = 1
		}
	}
	if r.Finished {
		r.Growth = r.Max
	}
	return r
}

func levelsOf(c task.Config) []int64 {
	if len(c.Levels) == 0 {
		return []int64{1}
	}
	return c.Levels
}

// levelReached is min(number of levels, (number of levels with target <= growth) + finishes).
func levelReached(levels []int64, growth, finishes int64) int64 {
	n := finishes
	for _, target := range levels {
		if target <= growth {
			n++
		}
	}
	return min(n, int64(len(levels)))
}

// completions are those of one period: of a level where there are several, else min(Times, floor(G / target) + F).
func completions(c task.Config, level int, growth, finishes int64) int64 {
	levels := levelsOf(c)
	if len(levels) > 1 {
		if levelReached(levels, growth, finishes) >= int64(level) {
			return 1
		}
		return 0
	}
	n := growth/levels[0] + finishes
	if c.Period != rule.Unlimited {
		n = min(n, max(1, c.Times))
	}
	return n
}

// liveRewards are the rewards that decide, by priority and code.
func (m *model) liveRewards() []*rewardDoc {
	var list []*rewardDoc
	for _, r := range m.rewards {
		if r.live() {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *rewardDoc) int {
		return cmp.Or(cmp.Compare(b.config.Priority, a.config.Priority), cmp.Compare(a.config.Code, b.config.Code))
	})
	return list
}
