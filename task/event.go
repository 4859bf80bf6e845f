package task

import (
	"encoding/json"
	"time"

	"github.com/guerdon-go/guerdon/rule"
)

// An Event is a fact: a user did something that one task counts.
//
// It is identified by User and ID together. Recording it again with the same content changes nothing and answers as the
// first time; with other content it is a [ConflictError]. Content is Task, Time (compared only if both were given),
// Growth and Finish after their defaults, Attrs by value, and Meta as compacted JSON.
type Event struct {
	// ID names the fact among the user's: 1 to 128 bytes of UTF-8 without NUL, from the application ("order-1042").
	ID string `json:"id"`
	// User is who did it: 1 to 128 bytes of UTF-8 without NUL, compared byte by byte.
	User string `json:"user"`
	// Task is the code of the task that counts it.
	Task string `json:"task"`
	// Time is when it happened, to the microsecond. Zero means now.
	Time time.Time `json:"time,omitzero"`
	// Growth is how much it adds. 0 means 1, or 0 with Finish. It is never negative and at most [GrowthMax].
	Growth int64 `json:"growth,omitempty"`
	// Finish completes the period, or the next of its levels or times, whatever its growth.
	Finish bool `json:"finish,omitempty"`
	// Attrs are what conditions, sums and amounts see. The task declares which there may be; any may be absent.
	Attrs rule.Attrs `json:"attrs,omitempty"`
	// Meta is JSON of at most [MetaMax] bytes that no rule sees. It is copied to the reward records the event causes.
	Meta json.RawMessage `json:"meta,omitempty"`
}

const (
	// GrowthMax is the largest growth of one event. Sums of growth stop at the largest int64.
	GrowthMax = 1_000_000_000_000
	// MetaMax is the most bytes Event.Meta may have.
	MetaMax = 4096
)

// An Entry is an event as it was stored: what it says after defaults, whether it counted, and under what.
type Entry struct {
	// Event is what was recorded: Time and Growth filled in, Attrs canonical, Meta compacted.
	Event Event
	// TimeGiven says that the caller gave the time, and so that a repeat must give the same.
	TimeGiven bool
	// Accepted says that the event counts: inside its task's window and satisfying its condition. It is final.
	Accepted bool
	// Ignored is why it earned nothing by itself; see [Reason].
	Ignored Reason
	// Revision is the catalog revision it was decided under.
	Revision int64
	// Seq orders a user's events by arrival.
	Seq int64
	// Arrived is the engine's clock when it was decided.
	Arrived time.Time
}

// A Reason says why an event that was recorded finished no task.
type Reason string

// The reasons. The zero Reason means that the event counted.
const (
	// Completed: the task was finished in that period already. The event is accepted all the same.
	Completed Reason = "completed"
	// Outside: the event's time lies outside the task's window.
	Outside Reason = "outside"
	// Unmet: the event does not satisfy the task's condition.
	Unmet Reason = "unmet"
	// Draft: the task is a draft and counts nothing yet.
	Draft Reason = "draft"
	// Retired: the task was ended.
	Retired Reason = "retired"
)
