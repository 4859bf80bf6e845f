// Package catalog turns stored documents into what decisions need: compiled rules, and for each task a plan of what one
// of its events concerns. A [Catalog] is immutable; a change makes a new one that shares what did not change.
package catalog

import (
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A Catalog is a compiled state of all documents.
type Catalog struct {
	// Revision is that of the newest document.
	Revision int64
	// Calendar and Periods are the store's, or the defaults before one is put.
	Calendar rule.Calendar
	Periods  *rule.Periods
	// Dated says that a calendar document exists.
	Dated bool

	Assets       map[string]*Asset
	TaskGroups   map[string]*TaskGroup
	Tasks        map[string]*Task
	RewardGroups map[string]*RewardGroup
	Rewards      map[string]*Reward

	uses map[use][]string // who names a document: the codes of tasks and rewards, sorted
}

// A Meta is what the catalog keeps about a document beside its content.
type Meta struct {
	// Revision is that of the put that wrote it last.
	Revision int64
	// Since and Put are the revision and the engine's clock of the put that ended its draft, from which it counts. Both
	// are zero for a draft.
	Since int64
	Put   time.Time
	// Moved is the revision at which its window's end last changed, 0 if it never did.
	Moved int64
	// Retired is when it was ended. Zero: it was not.
	Retired time.Time
}

// Live reports whether the document counts: no draft and not retired.
func (m Meta) Live() bool { return m.Since != 0 && m.Retired.IsZero() }

// An Asset is what amounts are counted in.
type Asset struct {
	Meta
	Config ledger.Asset
}

// A TaskGroup is a heading for tasks.
type TaskGroup struct {
	Meta
	Config task.Group
}

// A RewardGroup is a heading for rewards, with their cap.
type RewardGroup struct {
	Meta
	Config reward.Group
}

// A Task is a compiled task.
type Task struct {
	Meta
	Config task.Config
	// Rule is what rules need to know of it.
	Rule rule.Task
	// Where is its compiled condition, nil for none.
	Where *rule.Condition
	// Program is a derived task's compiled rule, else nil.
	Program *rule.Program
	// Plan is what one of its events, or of a derived task's periods, concerns.
	Plan *Plan
}

// Unit is the unit of its periods, 0 for once and unlimited.
func (t *Task) Unit() rule.Unit { return t.Config.Period.Unit() }

// A Reward is a compiled reward.
type Reward struct {
	Meta
	Config reward.Config
	// Program is its compiled rule.
	Program *rule.Program
	// From computes the amount, nil for a fixed one.
	From *rule.Formula
	// Asset is what it pays in.
	Asset ledger.Asset
	// Cap is its group if that caps its asset, else nil.
	Cap *RewardGroup
	// Excludes are the codes that exclude it, either side counted, sorted.
	Excludes []string
	// Paused is the policy of its pause, empty when it is not paused.
	Paused reward.Policy
	// PauseRevision is that of its switch, 0 if it was never paused.
	PauseRevision int64
}

// A Plan is what an event of a task concerns: everything that is read and may be written because of it.
type Plan struct {
	// Tracks are the tracks on the task itself, each once, and Born the newest revision that brought one about.
	Tracks []*rule.Track
	Born   int64
	// Derived are the derived tasks the task feeds, directly or through others, each after those that feed it.
	Derived []*Task
	// Rewards are those whose rule reads the task, directly or through derived ones, in the order in which they decide.
	Rewards []*Reward
	// Computed is how many of them have computed amounts: their matches are decided with the event or never.
	Computed int
	// Tallies are the tasks whose tallies are read, and Records the tasks done once whose records are, sorted.
	Tallies, Records []*Task
	// Entitlements are the codes of the rewards and of those that exclude them, Caps what their groups gave, Assets the codes, sorted.
	Entitlements []string
	Caps         []Cap
	Assets       []string
}

// A Cap names what a user got of an asset from a group of rewards.
type Cap struct {
	Group, Asset string
}

// Empty is the catalog without documents.
func Empty() (*Catalog, error) {
	p, err := rule.Calendar{}.Periods()
	if err != nil {
		return nil, err
	}
	return &Catalog{Calendar: p.Calendar(), Periods: p, Assets: map[string]*Asset{}, TaskGroups: map[string]*TaskGroup{},
		Tasks: map[string]*Task{}, RewardGroups: map[string]*RewardGroup{}, Rewards: map[string]*Reward{}, uses: map[use][]string{}}, nil
}
