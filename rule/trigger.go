package rule

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// The numbers and words of the triggerRules form.
const (
	triggerAnd        = "and"
	triggerOr         = "or"
	triggerCumulative = 1
	triggerStreak     = 2
)

// triggerGroup and triggerTask are the printed form of trigger rules.
type triggerGroup struct {
	RuleType  string        `json:"ruleType"`
	TaskRules []triggerTask `json:"taskRules"`
}

type triggerTask struct {
	TaskConfigCode string `json:"taskConfigCode"`
	MatchNumType   int64  `json:"matchNumType"`
	MatchNumMin    int64  `json:"matchNumMin"`
}

// ParseTriggerRules reads the triggerRules list that Freelog's reward configs carry:
//
//	[{"ruleType":"and","taskRules":[{"taskConfigCode":"TS000061","matchNumType":2,"matchNumMin":3}]}]
//
// All groups must match; within one, all tasks (ruleType "and") or any of them ("or"). A matchNumType of 1 is cumulative
// and gives a [Count], 2 is consecutive and gives a [Streak], of matchNumMin. The tree always has the two levels of the
// list, an All of an All or Any for each group, also where a group is alone or has one task. An empty list and null are
// the zero Rule, which never matches.
//
// All fields are required and no others known. The error joins a [FieldError] for every fault, by a path in the list:
// "[0].taskRules[1].matchNumMin"; after 100 faults reading ends. A rule that is returned without an error is valid.
func ParseTriggerRules(data []byte) (Rule, error) {
	var d jsonReader
	raw, ok := d.text(data)
	if !ok {
		return Rule{}, d.faults.Err()
	}
	var groups []Rule
	if string(raw) != "null" {
		d.enter() // the root
		d.list(raw, "", func(element json.RawMessage, path string) {
			groups = append(groups, d.triggerGroup(element, path))
		})
	}
	if err := d.faults.Err(); err != nil || len(groups) == 0 {
		return Rule{}, err
	}
	return All(groups...), nil
}

func (d *jsonReader) triggerGroup(raw json.RawMessage, path string) Rule {
	var group Rule
	if !d.enter() {
		return group
	}
	for _, f := range d.required(raw, path, "ruleType", "taskRules") {
		field := join(path, f.name)
		if f.name == "ruleType" {
			group.Op = d.triggerOp(f.raw, field)
			continue
		}
		known := len(d.faults.errs)
		d.list(f.raw, field, func(element json.RawMessage, path string) {
			if d.enter() {
				group.Of = append(group.Of, d.triggerTask(element, path))
			}
		})
		if len(group.Of) == 0 && len(d.faults.errs) == known {
			d.add(field, "", "must not be empty")
		}
	}
	return group
}

func (d *jsonReader) triggerOp(raw json.RawMessage, path string) Op {
	known := len(d.faults.errs)
	switch s := d.string(raw, path); {
	case s == triggerAnd:
		return OpAll
	case s == triggerOr:
		return OpAny
	case len(d.faults.errs) == known:
		d.add(path, s, `must be "and" or "or"`)
	}
	return OpNone
}

func (d *jsonReader) triggerTask(raw json.RawMessage, path string) Rule {
	var leaf Rule
	for _, f := range d.required(raw, path, "taskConfigCode", "matchNumType", "matchNumMin") {
		field, known := join(path, f.name), len(d.faults.errs)
		switch f.name {
		case "taskConfigCode":
			if leaf.Task = d.string(f.raw, field); len(d.faults.errs) == known {
				d.addErr(field, CheckCode(leaf.Task))
			}
		case "matchNumType":
			switch n := d.whole(f.raw, field, 64); {
			case n == triggerCumulative:
				leaf.Op = OpCount
			case n == triggerStreak:
				leaf.Op = OpStreak
			case len(d.faults.errs) == known:
				d.add(field, strconv.FormatInt(n, 10), "must be 1 (cumulative) or 2 (consecutive)")
			}
		case "matchNumMin":
			leaf.N = d.whole(f.raw, field, 64)
			if leaf.N < 1 && len(d.faults.errs) == known {
				d.add(field, strconv.FormatInt(leaf.N, 10), "must be at least 1")
			}
		}
	}
	return leaf
}

// required lists the fields of an object that must have exactly these.
func (d *jsonReader) required(raw json.RawMessage, path string, names ...string) []jsonField {
	fields := d.object(raw, path, func(name string) bool { return slices.Contains(names, name) })
	if raw[0] != '{' {
		return nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(fields, func(f jsonField) bool { return f.name == name }) {
			d.add(join(path, name), "", "must be given")
		}
	}
	return fields
}

// FormatTriggerRules prints a rule as a triggerRules list; see [ParseTriggerRules]. What that returned is printed so that
// it parses back Equal.
//
// The form has two levels, and a rule that has them only in part is brought to them when it means the same: a group or a
// leaf that stands alone becomes the only group, and leaves directly below an All that is the root become one "and" group
// at the place of the first. So Count("a", 1) is printed as All(All(Count("a", 1))) is, and All(a, Any(b, c), d) as
// All(All(a, d), Any(b, c)). The zero Rule is [].
//
// A rule that [Rule.Validate] refuses is refused with its faults. Otherwise each part that the form cannot say is a
// [FieldError], by its path in the JSON of the rule, as in "all[1].any[0].where": AtLeast, Done, Distinct and Sum,
// conditions, levels, deeper nesting; and, without a path, a tree that the added groups bring above 256 nodes.
func FormatTriggerRules(r Rule) ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if r.Op == OpNone {
		return []byte("[]"), nil
	}
	f := triggerFormatter{loose: -1}
	f.root(r)
	nodes := 1 + len(f.groups)
	for _, g := range f.groups {
		nodes += len(g.TaskRules)
	}
	if nodes > ruleNodesMax {
		f.faults.Add("", "", tooManyNodes()+", the groups of trigger rules counted")
	}
	if err := f.faults.Err(); err != nil {
		return nil, err
	}
	return json.Marshal(f.groups)
}

// A triggerFormatter gathers the groups of a rule and what cannot be said of it.
type triggerFormatter struct {
	groups []triggerGroup
	// loose is the index of the group that takes the leaves directly below the root, -1 until there is one.
	loose  int
	faults Faults
}

func (f *triggerFormatter) root(r Rule) {
	if r.Op != OpAll {
		f.child(r, "")
		return
	}
	for i, child := range r.Of {
		f.child(child, at("all", i))
	}
}

// child adds a group, or adds a leaf to the group of loose leaves.
func (f *triggerFormatter) child(r Rule, path string) {
	switch {
	case r.isLeaf():
		if f.loose < 0 {
			f.loose = len(f.groups)
			f.groups = append(f.groups, triggerGroup{RuleType: triggerAnd})
		}
		group := &f.groups[f.loose]
		group.TaskRules = append(group.TaskRules, f.leaf(r, path))
	case r.Op == OpAll || r.Op == OpAny:
		form, _ := formOf(r.Op)
		group := triggerGroup{RuleType: triggerOr}
		if r.Op == OpAll {
			group.RuleType = triggerAnd
		}
		for i, leaf := range r.Of {
			group.TaskRules = append(group.TaskRules, f.leaf(leaf, at(join(path, form.list), i)))
		}
		f.groups = append(f.groups, group)
	default:
		f.refuse(r, path)
	}
}

func (f *triggerFormatter) leaf(r Rule, path string) triggerTask {
	task := triggerTask{TaskConfigCode: r.Task, MatchNumType: triggerCumulative, MatchNumMin: r.N}
	switch r.Op {
	case OpCount:
	case OpStreak:
		task.MatchNumType = triggerStreak
	default:
		f.refuse(r, path)
		return task
	}
	if r.Cond != "" {
		f.faults.Add(join(path, "where"), r.Cond, "must not be set: trigger rules have no conditions")
	}
	if r.Level != 0 {
		f.faults.Add(join(path, "level"), strconv.Itoa(r.Level), "must not be set: trigger rules have no levels")
	}
	return task
}

// refuse records an operator the form does not have at its place.
func (f *triggerFormatter) refuse(r Rule, path string) {
	form, _ := formOf(r.Op)
	if r.Op == OpAll || r.Op == OpAny {
		f.faults.Add(path, "", fmt.Sprintf("must be a count or streak, not %s: trigger rules have two levels", form.name))
		return
	}
	f.faults.Add(join(path, form.name), "", fmt.Sprintf("must be all, any, count or streak: trigger rules have no %s", form.name))
}
