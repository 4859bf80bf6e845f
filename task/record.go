package task

import (
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// A Record is how far a user has come with a task in one period of it.
type Record struct {
	// User and Task name whose record of what it is.
	User string `json:"user"`
	Task string `json:"task"`
	// Period is the ordinal of the day, week or month, counted from the one that holds 1970-01-01. It is 0 for tasks
	// that are done once or without bound.
	Period int64 `json:"period"`
	// Level is the level reached, 0 before the first.
	Level int `json:"level"`
	// Growth is the progress towards Max: of the next completion or, with several levels, of the period.
	// Once the record is finished it equals Max.
	Growth int64 `json:"growth"`
	// Max is the growth the next completion or level needs.
	Max int64 `json:"max"`
	// Times is how many completions the period has.
	Times int64 `json:"times"`
	// Finished says that no further completion or level is left in the period.
	Finished bool `json:"finished"`
	// Sum is the growth of all accepted events, and Finishes the number of those with Finish: everything above follows
	// from these two. Sums stop at the largest int64.
	Sum      int64 `json:"sum"`
	Finishes int64 `json:"finishes,omitempty"`
	// First and Last are the earliest and the latest time of an accepted event.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	// Created and Updated are the engine's clock at the first and the last change.
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// Add returns the record after one more accepted event: its growth, its finish, its time, and the engine's clock.
// The result does not depend on the order in which events are added, but for Created and Updated.
func (r Record) Add(target rule.Target, growth int64, finish bool, at, now time.Time) Record {
	r.Sum = rule.AddCapped(r.Sum, growth)
	if finish {
		r.Finishes = rule.AddCapped(r.Finishes, 1)
	}
	if r.First.IsZero() || at.Before(r.First) {
		r.First = at
	}
	if r.Last.IsZero() || at.After(r.Last) {
		r.Last = at
	}
	if r.Created.IsZero() {
		r.Created = now
	}
	r.Updated = now
	return r.Shown(target)
}

// Shown returns the record with Level, Growth, Max, Times and Finished worked out anew from Sum and Finishes. It is how
// a page shows a record that nothing was added to yet.
func (r Record) Shown(target rule.Target) Record {
	levels := int64(len(target.Levels))
	r.Times = target.Completions(r.Sum, r.Finishes)
	r.Level = target.Level(r.Sum, r.Finishes)
	r.Max = target.Levels[min(int64(r.Level), levels-1)]
	switch {
	case levels > 1:
		r.Finished = int64(r.Level) >= levels
		r.Growth = r.Sum
		if r.Level > 0 {
			r.Growth = max(r.Growth, target.Levels[r.Level-1])
		}
		r.Growth = min(r.Growth, r.Max)
	default:
		r.Finished = target.Times != rule.Unbounded && r.Times >= target.Times
		r.Growth = r.Sum % r.Max
	}
	if r.Finished {
		r.Growth = r.Max
	}
	return r
}
