package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/examples/database"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/task"
)

// A played is a campaign after its events.
type played struct {
	db      *database.Database // nil if there were no events
	eng     *engine.Engine
	catalog *engine.Catalog
	place   *time.Location
	// now is where the clock stands.
	now time.Time
	// users are in the order of their first event.
	users []string
	steps []step
}

// A step is one event and what came of it.
type step struct {
	event task.Event
	out   engine.Outcome
	// before says that another run had recorded it.
	before bool
}

// play puts the campaign into a database and records the events in the order of the file. The clock stands at the
// latest time that any event so far had: an event with an earlier time arrives late, and one without a time happens then.
func play(ctx context.Context, doc, lines source, dsn string) (p *played, err error) {
	events, err := readEvents(lines)
	if err != nil {
		return nil, err
	}
	p = &played{now: earliest(events)}
	if p.now.IsZero() && len(events) > 0 {
		return nil, atLine(lines.name, events[0].line, errors.New("time: must be given, as the clock follows the events"))
	}
	// Into memory first: a campaign at fault, or one without events, leaves nothing behind.
	if err := p.put(ctx, memory.New(), doc); err != nil || len(events) == 0 {
		return p, err
	}
	var st *sqlstore.Store
	if p.db, st, err = open(ctx, dsn); err != nil {
		return nil, err
	}
	if err = p.putWhereItBelongs(ctx, st, doc); err == nil {
		err = p.record(ctx, lines.name, events)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// close ends the connections to the database.
func (p *played) close() {
	if p.db != nil {
		_ = p.db.Close()
	}
}

// put makes an engine on a store and puts the campaign. Equal documents that are there already are left as they are.
func (p *played) put(ctx context.Context, st store.Store, doc source) error {
	if err := checkSyntax(doc); err != nil {
		return err
	}
	eng, err := engine.New(st, engine.Options{Now: func() time.Time { return p.now }})
	if err != nil {
		return err
	}
	if _, err := eng.PutJSON(ctx, engine.By{Actor: "quickstart"}, bytes.NewReader(doc.data)); err != nil {
		return locate(doc, err)
	}
	if p.catalog, err = eng.Catalog(ctx); err != nil {
		return err
	}
	p.eng = eng
	p.place, err = time.LoadLocation(p.catalog.Calendar().Zone)
	return err
}

// putWhereItBelongs refuses a database that holds another campaign: its tasks would count in this one's page and stay
// for good, as no document is ever deleted. A campaign has no name, but an edited one still has all it had.
func (p *played) putWhereItBelongs(ctx context.Context, st store.Store, doc source) error {
	eng, err := engine.New(st, engine.Options{})
	if err != nil {
		return err
	}
	there, err := eng.Catalog(ctx)
	if err != nil {
		return err
	}
	for _, t := range there.Tasks() {
		if _, ok := p.catalog.Task(t.Code); !ok {
			return fmt.Errorf("%s holds another campaign: %s has no task %s; name another database with -dsn", p.db.Name, doc.name, t.Code)
		}
	}
	for _, r := range there.Rewards() {
		if _, ok := p.catalog.Reward(r.Code); !ok {
			return fmt.Errorf("%s holds another campaign: %s has no reward %s; name another database with -dsn", p.db.Name, doc.name, r.Code)
		}
	}
	return p.put(ctx, st, doc)
}

// record records the events. Those at fault are reported together, and the others recorded all the same.
func (p *played) record(ctx context.Context, name string, events []lineEvent) error {
	var faults []error
	type id struct{ user, event string }
	seen := map[id]bool{}
	for _, e := range events {
		if e.Time.After(p.now) {
			p.now = e.Time
		}
		out, err := p.eng.Record(ctx, e.Event)
		if err != nil {
			faults = append(faults, atLine(name, e.line, err))
			continue
		}
		this := id{e.User, e.ID}
		s := step{e.Event, out, out.Replay && !seen[this]}
		if s.event.Time.IsZero() {
			s.event.Time = p.now
		}
		seen[this] = true
		p.steps = append(p.steps, s)
		if !slices.Contains(p.users, e.User) {
			p.users = append(p.users, e.User)
		}
	}
	return errors.Join(faults...)
}

// A lineEvent is an event and the line it stands on.
type lineEvent struct {
	task.Event
	line int
}

// readEvents reads one event a line; empty lines are passed over. Every line at fault is reported.
func readEvents(src source) ([]lineEvent, error) {
	var events []lineEvent
	var faults []error
	for i, text := range bytes.Split(src.data, []byte("\n")) {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		e := lineEvent{line: i + 1}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		err := d.Decode(&e.Event)
		if err == nil {
			if _, err = d.Token(); err == io.EOF {
				err = nil
			} else {
				err = errors.New("must be one JSON object on a line")
			}
		}
		if err != nil {
			faults = append(faults, atLine(src.name, e.line, err))
			continue
		}
		events = append(events, e)
	}
	return events, errors.Join(faults...)
}

// earliest is when the campaign is put: before anything happens, so that all of it counts.
func earliest(events []lineEvent) time.Time {
	var first time.Time
	for _, e := range events {
		if !e.Time.IsZero() && (first.IsZero() || e.Time.Before(first)) {
			first = e.Time
		}
	}
	return first
}
