package catalog

import (
	"maps"
	"slices"
	"strconv"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// use is a name a task or reward refers to: a task its rule reads, a group, an asset, a reward it excludes.
type use struct{ kind, code string }

// Apply returns the catalog with stored documents added or replaced, compiling those and what depends on them. Its cost
// beyond copying the indexes grows with what the change reaches, not with the catalog.
//
// Every fault is reported, by path: "reward RS1: rule.all[0].n". Documents are expected to be of one put or, on a first
// load, of all puts so far; revision is the newest.
func (c *Catalog) Apply(revision int64, docs ...Stored) (*Catalog, error) {
	n := &applier{Catalog: c.copy(revision), old: c, tasks: map[string]bool{}, rewards: map[string]bool{}, faulty: map[string]bool{},
		named: map[use]map[string]bool{}}
	for _, d := range slices.SortedStableFunc(slices.Values(docs), func(a, b Stored) int { return a.rank() - b.rank() }) {
		n.add(d)
	}
	n.settle()
	n.spread()
	n.compileTasks()
	for _, code := range sorted(n.rewards) {
		n.compileReward(code)
	}
	if err := n.faults.Err(); err != nil {
		return nil, err
	}
	n.plan()
	return n.Catalog, nil
}

func (c *Catalog) copy(revision int64) *Catalog {
	d := *c
	d.Revision = max(c.Revision, revision)
	d.Assets, d.TaskGroups, d.RewardGroups = maps.Clone(c.Assets), maps.Clone(c.TaskGroups), maps.Clone(c.RewardGroups)
	d.Tasks, d.Rewards, d.uses = maps.Clone(c.Tasks), maps.Clone(c.Rewards), maps.Clone(c.uses)
	return &d
}

// applier is a catalog that is being changed. tasks and rewards are the codes to compile anew.
type applier struct {
	*Catalog
	old     *Catalog
	tasks   map[string]bool
	rewards map[string]bool
	named   map[use]map[string]bool // who began to refer to a name (true) or ceased to (false), until settle
	faults  rule.Faults
	all     bool // the calendar changed: everything is compiled anew
	// faulty are tasks with faults of their own. Rules that read them are not compiled: they would only repeat them.
	faulty map[string]bool
}

// add puts one document into the indexes and notes what it reaches.
func (n *applier) add(s Stored) {
	switch d := s.Document.(type) {
	case rule.Calendar:
		p, err := d.Periods()
		if err != nil {
			n.faults.At("calendar", err)
			return
		}
		n.Calendar, n.Periods, n.Dated, n.all = p.Calendar(), p, true, true
		n.Calendar.Revision = s.Meta.Revision
	case ledger.Asset:
		d.Revision = s.Meta.Revision
		n.faults.At("asset "+d.Code+": ", d.Validate())
		n.Assets[d.Code] = &Asset{s.Meta, d}
		n.reach(KindAsset, d.Code)
	case task.Group:
		d.Revision = s.Meta.Revision
		n.faults.At("task_group "+d.Code+": ", d.Validate())
		n.TaskGroups[d.Code] = &TaskGroup{s.Meta, d}
	case reward.Group:
		d.Revision = s.Meta.Revision
		n.RewardGroups[d.Code] = &RewardGroup{s.Meta, d}
		n.faults.At("reward_group "+d.Code+": ", n.checkGroup(d))
		n.reach(KindRewardGroup, d.Code)
	case task.Config:
		n.addTask(d, s.Meta)
	case reward.Config:
		n.addReward(d, s.Meta)
	case Pause:
		if r := n.Rewards[d.Reward]; r != nil {
			next := *r
			next.Paused, next.PauseRevision = d.Policy, s.Meta.Revision
			n.Rewards[d.Reward] = &next
			n.rewards[d.Reward] = true
		} else {
			n.faults.Add("pause "+d.Reward, "", "no such reward")
		}
	}
}

func (n *applier) addTask(d task.Config, m Meta) {
	d.Revision = m.Revision
	if err := d.Validate(); err != nil {
		n.faults.At("task "+d.Code+": ", err)
		n.faulty[d.Code] = true
	}
	if old := n.Tasks[d.Code]; old != nil {
		n.use(d.Code, old.names(), false)
	}
	t := &Task{Meta: m, Config: d}
	n.Tasks[d.Code] = t
	n.use(d.Code, t.names(), true)
	n.tasks[d.Code] = true
}

func (n *applier) addReward(d reward.Config, m Meta) {
	d.Revision = m.Revision
	n.faults.At("reward "+d.Code+": ", d.Validate())
	r := &Reward{Meta: m, Config: d}
	if old := n.Rewards[d.Code]; old != nil {
		n.use(d.Code, old.names(), false)
		n.touch(old.Config.Excludes)
		r.Paused, r.PauseRevision = old.Paused, old.PauseRevision
	}
	n.Rewards[d.Code] = r
	n.use(d.Code, r.names(), true)
	n.touch(d.Excludes)
	n.rewards[d.Code] = true
}

// names lists what a task refers to.
func (t *Task) names() []use {
	var names []use
	for _, code := range t.Config.Rule.Tasks() {
		names = append(names, use{KindTask, code})
	}
	return names
}

// names lists what a reward refers to.
func (r *Reward) names() []use {
	var names []use
	for _, code := range r.Config.Rule.Tasks() {
		names = append(names, use{KindTask, code})
	}
	for _, code := range r.Config.Excludes {
		names = append(names, use{KindReward, code})
	}
	if r.Config.Group != "" {
		names = append(names, use{KindRewardGroup, r.Config.Group})
	}
	return append(names, use{KindAsset, r.Config.Amount.Asset})
}

// use notes that a document begins to refer to names, or ceases to.
func (n *applier) use(by string, names []use, on bool) {
	for _, u := range names {
		if n.named[u] == nil {
			n.named[u] = map[string]bool{}
		}
		n.named[u][by] = on
	}
}

// settle brings the lists of who refers to a name up to date, each once however many documents changed: an asset may have
// as many as there are rewards. The lists are replaced, never changed: older catalogs share them. Documents that are named
// come before those that name them, so what a changed asset or group reached was in the lists before.
func (n *applier) settle() {
	for u, changed := range n.named {
		list := n.uses[u]
		maps.DeleteFunc(changed, func(by string, on bool) bool {
			_, there := slices.BinarySearch(list, by)
			return there == on
		})
		if len(changed) == 0 {
			continue
		}
		next := make([]string, 0, len(list)+len(changed))
		rest := list
		for _, by := range sorted(changed) {
			i, _ := slices.BinarySearch(rest, by)
			next, rest = append(next, rest[:i]...), rest[i:]
			if changed[by] {
				next = append(next, by)
			} else {
				rest = rest[1:]
			}
		}
		n.uses[u] = append(next, rest...)
	}
}

// reach notes the rewards that refer to a changed document.
func (n *applier) reach(kind, code string) { n.touch(n.uses[use{kind, code}]) }

// touch notes rewards to compile anew. Codes of tasks among them, and of rewards that do not exist, are passed over.
func (n *applier) touch(codes []string) {
	for _, code := range codes {
		if n.Rewards[code] != nil {
			n.rewards[code] = true
		}
	}
}

// spread notes everything whose rule reads a changed task, directly or through derived tasks.
func (n *applier) spread() {
	if n.all {
		for code := range n.Tasks {
			n.tasks[code] = true
		}
		for code := range n.Rewards {
			n.rewards[code] = true
		}
		return
	}
	queue := sorted(n.tasks)
	for len(queue) > 0 {
		code := queue[0]
		queue = queue[1:]
		for _, by := range n.uses[use{KindTask, code}] {
			if t := n.Tasks[by]; t != nil && t.reads(code) && !n.tasks[by] {
				n.tasks[by] = true
				queue = append(queue, by)
			}
			if r := n.Rewards[by]; r != nil && slices.Contains(r.Config.Rule.Tasks(), code) {
				n.rewards[by] = true
			}
		}
	}
}

func (t *Task) reads(code string) bool { return slices.Contains(t.Config.Rule.Tasks(), code) }

// compileTasks compiles the noted tasks, each after those its rule reads. A circle is a fault of each task on it.
func (n *applier) compileTasks() {
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(code string) bool
	visit = func(code string) bool {
		switch {
		case state[code] == visiting:
			return false
		case state[code] == done || !n.tasks[code]:
			return true
		}
		state[code] = visiting
		round := true
		for _, child := range n.Tasks[code].Config.Rule.Tasks() {
			if n.Tasks[child] != nil && !visit(child) {
				n.faults.Add("task "+code+": rule", child, "reads, through others, the task itself")
				round = false
			}
		}
		state[code] = done
		if round {
			n.compileTask(code)
		}
		return true
	}
	for _, code := range sorted(n.tasks) {
		visit(code)
	}
}

func (n *applier) compileTask(code string) {
	old := n.Tasks[code]
	t := &Task{Meta: old.Meta, Config: old.Config}
	c := t.Config
	path := "task " + code + ": "
	t.Rule = rule.Task{Code: code, Period: c.Period, Target: c.Target(), Window: c.Window, Attrs: c.Attrs, Derived: c.Derived()}
	if c.Group != "" && n.TaskGroups[c.Group] == nil {
		n.faults.Add(path+"group", c.Group, "no such group")
	}
	if c.Where != "" && c.Attrs.Validate() == nil {
		where, err := rule.CompileCondition(c.Where, c.Attrs)
		n.faults.At(path+"where", err)
		t.Where = where
	}
	if c.Derived() && !t.Retired.IsZero() {
		t.Program = n.ended(c.Rule, rule.Scope{Window: c.Window, Derived: true, Period: c.Period, Since: t.Since, Put: t.Put, Moved: t.Moved})
	} else if c.Derived() && !n.readsFaulty(c.Rule) {
		scope := rule.Scope{Window: c.Window, Derived: true, Period: c.Period, Since: n.since(t.Meta), Put: t.Put, Moved: t.Moved}
		program, err := rule.Compile(c.Rule, scope, n.Periods, n.lookup(c.Draft, path+"rule"))
		n.faults.At(path+"rule", err)
		t.Program = program
	}
	n.Tasks[code] = t
}

// ended compiles the rule of a retired document. It decides nothing any more, so what is edited later may not fit it: then
// it never matches.
func (n *applier) ended(r rule.Rule, scope rule.Scope) *rule.Program {
	p, err := rule.Compile(r, scope, n.Periods, func(code string) (rule.Task, bool) {
		t := n.Tasks[code]
		return ruleOf(t), t != nil
	})
	if err != nil {
		return &rule.Program{}
	}
	return p
}

// ruleOf is what rules need to know of a task, nothing for nil.
func ruleOf(t *Task) rule.Task {
	if t == nil {
		return rule.Task{}
	}
	return t.Rule
}

// readsFaulty reports whether a rule reads a task with faults of its own.
func (n *applier) readsFaulty(r rule.Rule) bool {
	return slices.ContainsFunc(r.Tasks(), func(code string) bool { return n.faulty[code] })
}

// since is the revision a document counts from; a draft is compiled as if it were put for good now.
func (n *applier) since(m Meta) int64 {
	if m.Since == 0 {
		return n.Revision
	}
	return m.Since
}

// lookup finds tasks for a rule. What counts may not read a draft.
func (n *applier) lookup(draft bool, path string) func(string) (rule.Task, bool) {
	return func(code string) (rule.Task, bool) {
		t := n.Tasks[code]
		if t == nil {
			return rule.Task{}, false
		}
		if t.Config.Draft && !draft {
			n.faults.Add(path, code, "is a draft and counts nothing yet")
		}
		if t.Rule.Code == "" { // on a circle, reported elsewhere
			return rule.Task{Code: code, Period: t.Config.Period, Target: t.Config.Target(), Attrs: t.Config.Attrs}, true
		}
		return t.Rule, true
	}
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
