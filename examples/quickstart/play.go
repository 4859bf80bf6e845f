package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// A played is a campaign after its events.
type played struct {
	eng     *engine.Engine
	catalog *engine.Catalog
	place   *time.Location
	// users are in the order of their first event.
	users []string
	steps []step
}

// A step is one event and what came of it.
type step struct {
	event task.Event
	out   engine.Outcome
}

// play puts the campaign into an empty store and records the events in the order of the file. The clock stands at the
// latest time that any event so far had: an event with an earlier time arrives late, and one without a time happens then.
func play(doc, lines source) (*played, error) {
	events, err := readEvents(lines)
	if err != nil {
		return nil, err
	}
	now := earliest(events)
	if now.IsZero() && len(events) > 0 {
		return nil, atLine(lines.name, events[0].line, errors.New("time: must be given, as the clock follows the events"))
	}
	eng, err := engine.New(memory.New(), engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if err := checkSyntax(doc); err != nil {
		return nil, err
	}
	if _, err := eng.PutJSON(ctx, engine.By{Actor: "quickstart"}, bytes.NewReader(doc.data)); err != nil {
		return nil, locate(doc, err)
	}
	p := &played{eng: eng}
	if p.catalog, err = eng.Catalog(ctx); err != nil {
		return nil, err
	}
	if p.place, err = time.LoadLocation(p.catalog.Calendar().Zone); err != nil {
		return nil, err
	}
	var faults []error
	for _, e := range events {
		if e.Time.After(now) {
			now = e.Time
		}
		out, err := eng.Record(ctx, e.Event)
		if err != nil {
			faults = append(faults, atLine(lines.name, e.line, err))
			continue
		}
		p.steps = append(p.steps, step{e.Event, out})
		if !slices.Contains(p.users, e.User) {
			p.users = append(p.users, e.User)
		}
	}
	return p, errors.Join(faults...)
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
