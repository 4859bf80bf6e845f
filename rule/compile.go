package rule

import (
	"fmt"
	"strconv"
	"time"
)

// A Task is what a rule needs to know of a task it reads.
type Task struct {
	Code   string
	Period Period
	Target Target
	Window Window
	Attrs  Schema
	// Derived says that the task has a rule of its own: leaves read its periods, not its events.
	Derived bool
}

// gate reports whether every leaf on the task is a gate.
func (t Task) gate() bool { return t.Period == Once && t.Target.Times == 1 }

// A Scope is where a rule stands: what its leaves may count.
type Scope struct {
	// Window is the reward's or the derived task's. Leaves count events whose time lies in it.
	Window Window
	// Derived says that the rule is a task's, and Period that task's.
	Derived bool
	Period  Period
	// Since and Put are the catalog revision from which the rule counts and the engine's clock at that put.
	Since int64
	Put   time.Time
	// Moved is the revision at which the end of Window last changed, 0 if it never did.
	Moved int64
}

// Compile checks a rule against the tasks it reads and the place it stands in, and makes it fit to be evaluated. task
// finds a task by its code. Every fault is reported, as joined [FieldError] values with the path inside the rule; see the
// package documentation for what is refused.
func Compile(r Rule, scope Scope, periods *Periods, task func(code string) (Task, bool)) (*Program, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	c := binder{scope: scope, periods: periods, task: task, conds: map[string]*Condition{}}
	p := &Program{rule: r, periods: periods}
	if r.IsZero() {
		return p, nil
	}
	c.node(p, r, "")
	if err := c.faults.Err(); err != nil {
		return nil, err
	}
	p.bounded = !p.open()
	switch {
	case scope.Derived && scope.Period != Once && !p.bounded:
		c.faults.Add("", "", "would be done in every period once its gates are open; add a leaf that is counted in the period")
	case p.eval(nil, c.room) == 0:
		c.faults.Add("", "", "can never match: "+c.tight(p))
	}
	if err := c.faults.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// binder ties a tree to its tasks: it checks each leaf against its task and sets up what the leaf reads.
type binder struct {
	scope   Scope
	periods *Periods
	task    func(string) (Task, bool)
	conds   map[string]*Condition
	faults  Faults
	room    []int64 // the most each leaf can ever have
	depth   int
}

// node appends the code of a rule: its children first, then itself.
func (c *binder) node(p *Program, r Rule, path string) {
	if r.isLeaf() {
		c.leaf(p, r, path)
		c.depth++
		p.depth = max(p.depth, c.depth)
		return
	}
	below := c.depth
	form, _ := formOf(r.Op)
	for i, child := range r.Of {
		c.node(p, child, at(join(path, form.list), i))
	}
	c.depth = below + 1
	p.depth = max(p.depth, c.depth)
	p.code = append(p.code, instr{step: nodeStep(r.Op), n: r.K, args: int32(len(r.Of))})
}

// leaf appends a leaf: what it reads, and what must be kept for it.
func (c *binder) leaf(p *Program, r Rule, path string) {
	at := func(field string) string { return join(path, field) }
	t, ok := c.task(r.Task)
	if !ok {
		c.faults.Add(at(opName(r.Op)), r.Task, "no such task")
		t = Task{Code: r.Task, Period: Unlimited, Target: Target{Levels: []int64{1}, Times: Unbounded}}
		p.leaves, c.room = append(p.leaves, Leaf{Rule: r, Path: path, Task: t}), append(c.room, Unbounded)
		return
	}
	if !t.Target.sound() {
		c.faults.Add(at(opName(r.Op)), r.Task, "has no target: levels above 0 that rise, and times of at least 1")
		t.Target = Target{Levels: []int64{1}, Times: 1}
	}
	l := Leaf{Rule: r, Path: path, Task: t, Level: r.Level, n: max(1, r.N)}
	if l.Level == 0 {
		l.Level = len(t.Target.Levels)
	}
	c.check(l, at)
	switch {
	case t.gate():
		l.Source = FromRecord
		c.gate(&l, at)
	case t.Derived:
		l.Source = FromPeriods
		c.derived(&l, at)
	default:
		l.Source = FromEvents
		c.events(&l, at)
	}
	p.leaves = append(p.leaves, l)
	p.code = append(p.code, instr{step: l.step(), leaf: int32(len(p.leaves) - 1), n: l.n})
	c.room = append(c.room, c.most(l))
}

// check holds what S9 and S10 say of a leaf and its task.
func (c *binder) check(l Leaf, at func(string) string) {
	r, t := l.Rule, l.Task
	levels := len(t.Target.Levels)
	simple := t.Period == Unlimited && levels == 1 && t.Target.Levels[0] == 1
	if r.Level > levels && !t.Derived {
		c.faults.Addf(at("level"), strconv.Itoa(r.Level), "task %s has %d", t.Code, levels)
	}
	switch r.Op {
	case OpDone:
		if !t.gate() {
			c.faults.Addf(at("done"), t.Code, "is %s; done reads a task that is done once, with times 1", t.Period)
		}
	case OpSum, OpDistinct:
		switch kind := t.Attrs[r.Attr]; {
		case t.Derived:
			c.faults.Add(at(opName(r.Op)), t.Code, "is derived and has no attributes")
		case !simple:
			c.faults.Add(at(opName(r.Op)), t.Code, "must be unlimited with a single target of 1")
		case kind == 0:
			c.faults.Addf(at("attr"), r.Attr, "task %s declares no such attribute", t.Code)
		case r.Op == OpSum && kind != Int && kind != Decimal:
			c.faults.Addf(at("attr"), r.Attr, "is a %s; a sum needs an int or a decimal", kind)
		}
	case OpCount, OpStreak:
		if r.N > 1 && t.Period == Once && (r.Op == OpStreak || t.Target.Times == 1) {
			c.faults.Addf(at("n"), strconv.FormatInt(r.N, 10), "task %s is done once", t.Code)
		}
	}
	const derived = "task %s is derived: only its finished periods can be read"
	if t.Derived && r.Cond != "" {
		c.faults.Addf(at("where"), r.Cond, derived, t.Code)
	}
	if t.Derived && r.Level != 0 {
		c.faults.Addf(at("level"), strconv.Itoa(r.Level), derived, t.Code)
	}
	if t.gate() && !t.Derived && r.Cond != "" {
		c.faults.Addf(at("where"), r.Cond, "task %s is done once, so the leaf is a gate and takes no condition", t.Code)
	}
}

// gate sets up a leaf that is closed until its task is done and open from then on (S11).
func (c *binder) gate(l *Leaf, at func(string) string) {
	t := l.Task
	single := len(t.Target.Levels) == 1 && t.Target.Levels[0] == 1
	if c.scope.Derived && c.scope.Period != Once && (t.Derived || !single) {
		c.faults.Addf(at(opName(l.Rule.Op)), t.Code, "a gate of a task done every period must be on a plain task with a single target of 1")
	}
	end := c.scope.Window.End
	if t.Derived {
		if !end.IsZero() && (t.Window.End.IsZero() || t.Window.End.After(end)) {
			c.faults.Addf(at(opName(l.Rule.Op)), t.Code, "is derived and must end by %s, when what reads it ends", stamp(end))
		}
		return
	}
	l.end = end
	if end.IsZero() || single {
		return // the record alone can tell
	}
	// Also where the task's window ends first: that may move later, and the track must have counted from the beginning.
	l.Track = &Track{Task: t.Code, Form: FormGrowth, Span: Window{End: end}, Target: t.Target, Level: l.Level,
		Born: max(c.scope.Since, c.scope.Moved)}
	l.Track.seal()
}

// derived sets up a leaf that reads the finished periods of a derived task (S10).
func (c *binder) derived(l *Leaf, at func(string) string) {
	t := l.Task
	c.nests(t, at(opName(l.Rule.Op)))
	unit, w := t.Period.Unit(), c.scope.Window
	l.lo, l.hi = minOrdinal, maxOrdinal
	if !w.Start.IsZero() {
		l.lo = c.periods.Ordinal(unit, w.Start)
	}
	if !c.scope.Put.IsZero() { // the period of the put is the first that ends after it
		l.lo = max(l.lo, c.periods.Ordinal(unit, c.scope.Put))
	}
	if w.End.IsZero() {
		return
	}
	l.hi = c.periods.Ordinal(unit, w.End.Add(-time.Microsecond))
	whole := c.periods.Bounds(unit, l.hi).End.Equal(w.End)
	if !whole && (t.Window.End.IsZero() || t.Window.End.After(w.End)) {
		c.faults.Addf(at(opName(l.Rule.Op)), t.Code, "the window that reads a derived task must end where a %s of it does, such as %s, or not before the task",
			unit, stamp(c.periods.Bounds(unit, l.hi).End))
	}
}

// events sets up a leaf that counts events itself.
func (c *binder) events(l *Leaf, at func(string) string) {
	t, r := l.Task, l.Rule
	c.nests(t, at(opName(r.Op)))
	tr := &Track{Task: t.Code, Span: c.scope.Window, Target: t.Target, Level: l.Level, Attr: r.Attr,
		Since: c.scope.Since, Born: max(c.scope.Since, c.scope.Moved)}
	if c.scope.Derived {
		tr.Outer = c.scope.Period
	}
	switch {
	case r.Op == OpSum:
		tr.Form = FormSum
	case r.Op == OpDistinct:
		tr.Form = FormDistinct
	case r.Op == OpStreak && t.Period == Unlimited:
		tr.Form, tr.Inner = FormDone, Day
		tr.Target.Times = 1
	case t.Period == Unlimited:
		tr.Form = FormGrowth
	case r.Op == OpStreak || t.Target.Times == 1:
		tr.Form, tr.Inner = FormDone, t.Period.Unit()
	default:
		tr.Form, tr.Inner = FormTimes, t.Period.Unit()
	}
	if r.Cond != "" {
		cond, err := CompileCondition(r.Cond, t.Attrs)
		if err != nil {
			c.faults.At(at("where"), err)
			return
		}
		tr.Where = cond
	}
	tr.seal()
	l.Track = tr
}

// nests holds what S8 says of the tasks a derived one may read.
func (c *binder) nests(t Task, path string) {
	if !c.scope.Derived || c.scope.Period == Once {
		return
	}
	switch {
	case t.Period == Unlimited || t.Period == c.scope.Period:
	case t.Period == Daily && (c.scope.Period == Weekly || c.scope.Period == Monthly):
	default:
		c.faults.Addf(path, t.Code, "is %s, and periods of a %s task do not hold whole ones of it", t.Period, c.scope.Period)
	}
}

// most is the largest number of matches a leaf can ever have.
func (c *binder) most(l Leaf) int64 {
	w := c.scope.Window.intersect(l.Task.Window)
	empty := !w.Start.IsZero() && !w.End.IsZero() && !w.Start.Before(w.End)
	switch {
	case l.Source == FromRecord:
		if end := c.scope.Window.End; !end.IsZero() && !l.Task.Window.Start.Before(end) {
			return 0
		}
		return Unbounded
	case empty:
		return 0
	case l.Rule.Op == OpSum || l.Rule.Op == OpDistinct || l.Rule.Op == OpCount && l.Task.Period == Unlimited:
		return Unbounded
	}
	unit := l.Task.Period.Unit()
	if l.Task.Period == Unlimited {
		unit = Day
	}
	periods := c.periodsIn(w, unit)
	if l.Rule.Op == OpStreak {
		return periods / l.n
	}
	if periods > Unbounded/l.Task.Target.Times {
		return Unbounded
	}
	return periods * l.Task.Target.Times / l.n
}

// periodsIn is how many periods of a unit a window or, for a task done every period, one of its periods can hold.
func (c *binder) periodsIn(w Window, unit Unit) int64 {
	n := int64(Unbounded)
	if unit == 0 {
		return 1
	}
	if !w.Start.IsZero() && !w.End.IsZero() {
		n = c.periods.Ordinal(unit, w.End.Add(-time.Microsecond)) - c.periods.Ordinal(unit, w.Start) + 1
	}
	if !c.scope.Derived {
		return n
	}
	switch outer := c.scope.Period.Unit(); {
	case outer == 0:
		return n
	case outer == unit:
		return 1
	case outer == Week:
		return min(n, 7)
	default:
		return min(n, 31)
	}
}

// tight names the first leaf that has no room, for people. There is one: where each leaf fits once, so does every node.
func (c *binder) tight(p *Program) string {
	for i, room := range c.room {
		if l := p.leaves[i]; room == 0 {
			return fmt.Sprintf("%s %s of task %s does not fit into the windows", l.Path, opName(l.Rule.Op), l.Task.Code)
		}
	}
	return "its leaves leave no room for one"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// opName is the operator's field in JSON.
func opName(op Op) string {
	form, _ := formOf(op)
	return form.name
}
