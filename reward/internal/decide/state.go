// Package decide holds the decisions: what an event finishes and pays, what moves a record, what a page shows. Its
// functions are pure. They take what was loaded of one user as a [State], change that State, and say what changed; they
// do no I/O, read no clock and depend on no order but the one given.
package decide

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A TaskKey names a task record of a user.
type TaskKey struct {
	Task   string
	Period int64
}

// A RecordKey names a reward record of a user.
type RecordKey struct {
	Reward string
	N      int64
}

// A BalanceKey names an account of a user.
type BalanceKey struct {
	Kind  ledger.AccountKind
	Asset string
}

// A CapKey names what a user got of an asset from a group of rewards.
type CapKey struct {
	Group, Asset string
}

// A Tally is what the leaves on one task have counted, and up to which catalog revision it is complete.
type Tally struct {
	Revision int64
	rule.Tally
}

// A State is what was loaded of one user, and what decisions made of it. The engine fills the exported fields; what is not
// there does not exist. What the maps point to is the State's, which changes it in place. Decisions on one State see each
// other. A State is for one goroutine.
type State struct {
	Catalog *catalog.Catalog
	User    string
	// Now is the engine's clock, read once for the operation, at microseconds.
	Now time.Time
	// Rows is how many rows a unit may have, and Causes how many of them are causes so far.
	Rows, Causes int

	Tasks        map[TaskKey]*task.Record
	Tallies      map[string]Tally
	Values       map[rule.ValueID]bool
	Entitlements map[string]*reward.Entitlement
	Records      map[RecordKey]*reward.Record
	Caps         map[CapKey]decimal.Decimal
	Balances     map[BalanceKey]*ledger.Balance
	// Counters is how much of each shared counter is used. A counter that is missing decides nothing: the store will.
	Counters map[string]int64
	// Refused is what each counter that refused a commit can still give. It outdoes Counters.
	Refused map[string]int64
	// History is the stored events of tasks that Missing named, in any order.
	History map[string][]task.Entry
	// Scratch is working space for conditions. It may be nil.
	Scratch *rule.Scratch

	changes Changes
	inputs  []rule.Input
	cramped bool // the last event left matches undecided because the unit had no room
	most    int  // rows that one event of the unit added, at most
}

// Changes is what decisions did to a State, in the order in which each row first changed. What it points to is the State's.
type Changes struct {
	Tasks   []*task.Record
	Tallies []TaskTally
	Values  []TaskValue
	// Recounted are values that were counted anew. They may be more than a unit takes, and may be written before it, in
	// units of their own: until the tally they belong to is there they mean nothing.
	Recounted    []TaskValue
	Entitlements []*reward.Entitlement
	Records      []*reward.Record
	Caps         []reward.CapUse
	Balances     []*ledger.Balance
	Transfers    []Posted
	Takes        []Take
}

// A TaskTally is the tally of a task.
type TaskTally struct {
	Task string
	Tally
}

// A TaskValue is a value a leaf on a task has counted.
type TaskValue struct {
	Task string
	rule.ValueID
}

// Posted is a transfer with what was available after it, and its place among those that touched what is available.
type Posted struct {
	ledger.Transfer
	Seq   int64
	After ledger.Amount
}

// A Take is what is taken from a shared counter, or given back where N is below zero.
type Take struct {
	Counter string
	N, Max  int64
}

// New returns a State of a user about whom nothing is loaded yet.
func New(c *catalog.Catalog, user string, now time.Time) *State {
	return &State{Catalog: c, User: user, Now: now, Rows: 1 << 20,
		Tasks: map[TaskKey]*task.Record{}, Tallies: map[string]Tally{}, Values: map[rule.ValueID]bool{},
		Entitlements: map[string]*reward.Entitlement{}, Records: map[RecordKey]*reward.Record{},
		Caps: map[CapKey]decimal.Decimal{}, Balances: map[BalanceKey]*ledger.Balance{}}
}

// Reset makes the State one of another user about whom nothing is loaded yet, and keeps its memory. What it handed out by
// pointer, its Changes above all, must not be used any more.
func (s *State) Reset(c *catalog.Catalog, user string, now time.Time) {
	s.Catalog, s.User, s.Now, s.Rows, s.Causes = c, user, now, 1<<20, 0
	clear(s.Tasks)
	clear(s.Tallies)
	clear(s.Values)
	clear(s.Entitlements)
	clear(s.Records)
	clear(s.Caps)
	clear(s.Balances)
	s.Counters, s.Refused, s.History = nil, nil, nil
	s.cramped, s.most = false, 0
	s.changes.reset()
	clear(s.inputs[:cap(s.inputs)])
}

// Small reports whether the State's memory is worth keeping for another user: a large batch leaves a large one.
func (s *State) Small() bool {
	const most = 64
	return len(s.Tasks) < most && len(s.Values) < most && len(s.Records) < most && cap(s.changes.Records) < most
}

func (c *Changes) reset() {
	clear(c.Tasks)
	clear(c.Tallies)
	clear(c.Entitlements)
	clear(c.Records)
	clear(c.Caps)
	clear(c.Balances)
	clear(c.Transfers)
	*c = Changes{c.Tasks[:0], c.Tallies[:0], c.Values[:0], nil, c.Entitlements[:0], c.Records[:0], c.Caps[:0], c.Balances[:0],
		c.Transfers[:0], c.Takes[:0]}
}

// Changes returns what all decisions changed. It is called once, after the last.
func (s *State) Changes() Changes {
	s.fold()
	s.changes.Takes = slices.DeleteFunc(s.changes.Takes, func(t Take) bool { return t.N == 0 })
	return s.changes
}

// rows is how many rows the changes so far have, but for those that may be written before.
func (s *State) rows() int {
	c := &s.changes
	return s.Causes + len(c.Tasks) + len(c.Tallies) + len(c.Values) + len(c.Entitlements) + len(c.Records) + len(c.Caps) +
		len(c.Balances) + len(c.Transfers) + len(c.Takes)
}

// Fits reports whether an event of a task is likely to fit into the unit: what it must write, one grant that can wait, and no
// less than any event before. Where that was wrong, Full or Cramped say so.
func (s *State) Fits(t *catalog.Task) bool {
	p := t.Plan
	n := 2 + len(p.Tracks) + 2*len(p.Derived) + len(p.Rewards) + rowsAGrant*(1+p.Computed)
	return s.rows()+max(n, s.most+rowsAGrant) <= s.Rows
}

// Full reports whether the changes are more than the unit may have.
func (s *State) Full() bool { return s.rows() > s.Rows }

// Cramped reports whether the last event left matches due for no other reason than that the unit had no room for them.
func (s *State) Cramped() bool { return s.cramped }

// The lists of changes are short: one entry for each task, reward or asset that the events of a unit concern. They are
// searched for the pointer the state holds, which costs less than an index of them. What was loaded is not found there.

func (s *State) putTask(r task.Record) {
	k := TaskKey{r.Task, r.Period}
	p := s.Tasks[k]
	if p == nil {
		p = new(task.Record)
		s.Tasks[k] = p
	}
	*p = r
	if !slices.Contains(s.changes.Tasks, p) {
		s.changes.Tasks = append(s.changes.Tasks, p)
	}
}

func (s *State) putTally(code string, t Tally) {
	s.Tallies[code] = t
	for i := range s.changes.Tallies {
		if s.changes.Tallies[i].Task == code {
			s.changes.Tallies[i].Tally = t
			return
		}
	}
	s.changes.Tallies = append(s.changes.Tallies, TaskTally{code, t})
}

func (s *State) putEntitlement(e reward.Entitlement) {
	p := s.Entitlements[e.Reward]
	if p == nil {
		p = new(reward.Entitlement)
		s.Entitlements[e.Reward] = p
	}
	*p = e
	if !slices.Contains(s.changes.Entitlements, p) {
		s.changes.Entitlements = append(s.changes.Entitlements, p)
	}
}

func (s *State) putRecord(r reward.Record) {
	k := RecordKey{r.ID.Reward, r.ID.N}
	p := s.Records[k]
	known := p != nil && slices.Contains(s.changes.Records, p) // there may be many records, and most are new
	if p == nil {
		p = new(reward.Record)
		s.Records[k] = p
	}
	*p = r
	if !known {
		s.changes.Records = append(s.changes.Records, p)
	}
}

func (s *State) putCap(k CapKey, used decimal.Decimal) {
	s.Caps[k] = used
	for i := range s.changes.Caps {
		if c := &s.changes.Caps[i]; c.Group == k.Group && c.Used.Asset == k.Asset {
			c.Used.Value = used
			return
		}
	}
	s.changes.Caps = append(s.changes.Caps, reward.CapUse{User: s.User, Group: k.Group, Used: ledger.Amount{Asset: k.Asset, Value: used}})
}

func (s *State) putBalance(b ledger.Balance) {
	k := BalanceKey{b.Account.Kind, b.Account.Asset}
	p := s.Balances[k]
	if p == nil {
		p = new(ledger.Balance)
		s.Balances[k] = p
	}
	*p = b
	if !slices.Contains(s.changes.Balances, p) {
		s.changes.Balances = append(s.changes.Balances, p)
	}
}

// take notes what is taken from a counter. Takes of one counter are one.
func (s *State) take(counter string, n, most int64) {
	t := s.taken(counter)
	if t == nil {
		s.changes.Takes = append(s.changes.Takes, Take{Counter: counter, N: n, Max: most})
		return
	}
	t.N += n
	if n > 0 {
		t.Max = most
	}
}

// taken is what the changes take from a counter, or nil. The pointer holds until the next take.
func (s *State) taken(counter string) *Take {
	for i := range s.changes.Takes {
		if s.changes.Takes[i].Counter == counter {
			return &s.changes.Takes[i]
		}
	}
	return nil
}

// left is how much a counter can still give, as far as is known here.
func (s *State) left(counter string, most int64) int64 {
	var taken int64
	if t := s.taken(counter); t != nil {
		taken = t.N
	}
	if left, ok := s.Refused[counter]; ok {
		return left - taken
	}
	if used, ok := s.Counters[counter]; ok {
		return most - used - taken
	}
	return rule.Unbounded
}

// entitlement returns what a user's matches of a reward came to, which may be nothing yet.
func (s *State) entitlement(code string) reward.Entitlement {
	if e := s.Entitlements[code]; e != nil {
		return *e
	}
	return reward.Entitlement{User: s.User, Reward: code}
}

// taskRecord returns a task's record as it is stored, and whether there is one.
func (s *State) taskRecord(k TaskKey) (task.Record, bool) {
	if r := s.Tasks[k]; r != nil {
		return *r, true
	}
	return task.Record{}, false
}

// rewardRecord returns a reward record, and whether there is one.
func (s *State) rewardRecord(k RecordKey) (reward.Record, bool) {
	if r := s.Records[k]; r != nil {
		return *r, true
	}
	return reward.Record{}, false
}

// balance returns the balance of an account, the zero one where no transfer has touched it.
func (s *State) balance(k BalanceKey) ledger.Balance {
	if b := s.Balances[k]; b != nil {
		return *b
	}
	return ledger.Balance{}
}

// post moves an amount between two accounts of the user (S24).
func (s *State) post(t ledger.Transfer) error {
	asset := t.Amount.Asset
	debit, credit := BalanceKey{t.Debit, asset}, BalanceKey{t.Credit, asset}
	d, c, err := ledger.Post(t, s.balance(debit), s.balance(credit))
	if err != nil {
		return err
	}
	s.putBalance(d)
	s.putBalance(c)
	available := s.balance(BalanceKey{ledger.Available, asset})
	s.changes.Transfers = append(s.changes.Transfers, Posted{Transfer: t, Seq: available.Seq,
		After: ledger.Amount{Asset: asset, Value: available.Value}})
	return nil
}
