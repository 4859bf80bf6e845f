package task

import (
	"encoding/json"

	"github.com/guerdon-go/guerdon/rule"
)

// A Group is a catalog document: a heading under which pages list tasks. It changes nothing in how they count.
type Group struct {
	// Code identifies the group: 1 to 64 of A-Z a-z 0-9 . _ -.
	Code string `json:"code"`
	// Title is what people read.
	Title string `json:"title,omitempty"`
	// Order sorts lists, lower first; equals go by code.
	Order int `json:"order,omitempty"`
	// Extra is the application's own JSON, kept as it is: a label, a link, a picture.
	Extra json.RawMessage `json:"extra,omitempty"`
	// Note is for operators.
	Note string `json:"note,omitempty"`
	// Revision is the catalog revision the document was read at. A Put under it fails if the document changed since;
	// 0 overwrites.
	Revision int64 `json:"revision,omitempty"`
}

// A Config is a catalog document: one thing people do. The zero Period, Times and Levels make the simplest task, done once.
type Config struct {
	// Code identifies the task: 1 to 64 of A-Z a-z 0-9 . _ -.
	Code string `json:"code"`
	// Group is the code of the [Group] that lists the task, or empty.
	Group string `json:"group,omitempty"`
	// Title is what people read.
	Title string `json:"title,omitempty"`
	// Period says when the task may be done again: once (the default), daily, weekly, monthly or unlimited.
	Period rule.Period `json:"period,omitzero"`
	// Times is how many completions fit in a period. 0 means 1; an unlimited task has no bound and takes 0 alone.
	Times int64 `json:"times,omitempty"`
	// Window is when events count, [start, end). A zero bound is open.
	Window rule.Window `json:"window,omitzero"`
	// Levels are the growth each level needs, counted from the period's start and rising: [3, 7, 10].
	// Empty means one level of 1. More than one excludes Times above 1 and the unlimited period.
	Levels []int64 `json:"levels,omitempty"`
	// Attrs declares the attributes events may carry.
	Attrs rule.Schema `json:"attrs,omitempty"`
	// Where is a condition events must satisfy to count; see [rule.CompileCondition]. Empty: all do.
	Where string `json:"where,omitempty"`
	// Rule makes the task derived: it takes no events and is done, in each period, when the rule matches.
	Rule rule.Rule `json:"rule,omitzero"`
	// Draft says that the task counts nothing yet and may still change freely.
	Draft bool `json:"draft,omitempty"`
	// Order sorts lists, lower first; equals go by code.
	Order int `json:"order,omitempty"`
	// Extra is the application's own JSON, kept as it is: a label, a link, a picture.
	Extra json.RawMessage `json:"extra,omitempty"`
	// Note is for operators.
	Note string `json:"note,omitempty"`
	// Revision is the catalog revision the document was read at. A Put under it fails if the document changed since;
	// 0 overwrites.
	Revision int64 `json:"revision,omitempty"`
}

// Derived reports whether the task has a rule, and so no events, of its own.
func (c Config) Derived() bool { return !c.Rule.IsZero() }

// Targets returns the growth each level needs: Levels, or a single 1.
func (c Config) Targets() []int64 {
	if len(c.Levels) == 0 {
		return []int64{1}
	}
	return c.Levels
}

// Target is the formula by which the task's records count: its targets, and how many completions a period holds.
func (c Config) Target() rule.Target {
	times := c.Times
	switch {
	case c.Period == rule.Unlimited:
		times = rule.Unbounded
	case times == 0:
		times = 1
	}
	return rule.Target{Levels: c.Targets(), Times: times}
}
