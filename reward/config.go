package reward

import (
	"encoding/json"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

// A Group is a catalog document: rewards that lists show together and, with a Cap, that share a bound on what a user gets.
type Group struct {
	// Code identifies the group: 1 to 64 of A-Z a-z 0-9 . _ -.
	Code string `json:"code"`
	// Title is what people read.
	Title string `json:"title,omitempty"`
	// Cap bounds what one user gets of one asset from the group's rewards. The zero Amount is no cap. Rewards of other
	// assets in the group are not counted. Records count at the amount they were granted with, unless they were rejected.
	Cap ledger.Amount `json:"cap,omitzero"`
	// CapBlocks blocks a grant that would pass the cap; otherwise it is cut to what is left.
	CapBlocks bool `json:"cap_blocks,omitempty"`
	// Order sorts lists, lower first; equals go by code.
	Order int `json:"order,omitempty"`
	// Extra is the application's own JSON, kept as it is.
	Extra json.RawMessage `json:"extra,omitempty"`
	// Note is for operators.
	Note string `json:"note,omitempty"`
	// Revision is the catalog revision the document was read at. A Put under it fails if the document changed since;
	// 0 overwrites.
	Revision int64 `json:"revision,omitempty"`
}

// A Config is a catalog document: what users get, for what, how often, and how it is paid.
type Config struct {
	// Code identifies the reward: 1 to 64 of A-Z a-z 0-9 . _ -.
	Code string `json:"code"`
	// Group is the code of the [Group] it belongs to, or empty.
	Group string `json:"group,omitempty"`
	// Title is what people read.
	Title string `json:"title,omitempty"`
	// Amount is what one match gives. With AmountFrom it names the asset and its value is zero: "0 points".
	Amount ledger.Amount `json:"amount,omitzero"`
	// AmountFrom computes the value from the event's attributes, cut down to the asset's scale: "floor(total)"; see
	// [rule.CompileFormula]. It is for rules that are one Count(task, 1) on an unlimited task with target 1.
	AmountFrom string `json:"amount_from,omitempty"`
	// Window is which events count, by their own time, [start, end). A zero bound is open.
	Window rule.Window `json:"window,omitzero"`
	// Rule says what must have happened. Every match is one grant.
	Rule rule.Rule `json:"rule,omitzero"`
	// Limit bounds the grants of one user, in all and in each cycle. Zero fields do not limit.
	Limit rule.Limit `json:"limit,omitzero"`
	// Budget bounds the grants of all users together, in all and in each cycle, exactly. Zero fields do not limit.
	Budget rule.Limit `json:"budget,omitzero"`
	// Excludes lists rewards a user cannot hold together with this one, whichever side lists it.
	Excludes []string `json:"excludes,omitempty"`
	// Priority says which of several rewards due by one event is decided first: the higher; equals go by code.
	Priority int `json:"priority,omitempty"`
	// Review leaves new records pending until a review passes or rejects them.
	Review bool `json:"review,omitempty"`
	// Claim leaves records claimable until the user claims them.
	Claim bool `json:"claim,omitempty"`
	// NoDeduct says that records cannot be deducted.
	NoDeduct bool `json:"no_deduct,omitempty"`
	// KeepRejected lets rejected records go on using limit, budget and cap.
	KeepRejected bool `json:"keep_rejected,omitempty"`
	// ClaimWithin is how long a record stays claimable. 0 means for ever.
	ClaimWithin Duration `json:"claim_within,omitzero"`
	// Draft says that the reward counts nothing yet and may still change freely.
	Draft bool `json:"draft,omitempty"`
	// Order sorts lists, lower first; equals go by code.
	Order int `json:"order,omitempty"`
	// Extra is the application's own JSON, kept as it is.
	Extra json.RawMessage `json:"extra,omitempty"`
	// Note is for operators.
	Note string `json:"note,omitempty"`
	// Revision is the catalog revision the document was read at. A Put under it fails if the document changed since;
	// 0 overwrites.
	Revision int64 `json:"revision,omitempty"`
}

// A Phase is where a reward stands for display.
type Phase string

// The phases, in the order they are looked for.
const (
	// PhaseRetired: the document was ended.
	PhaseRetired Phase = "retired"
	// PhaseDraft: the reward counts nothing yet.
	PhaseDraft Phase = "draft"
	// PhasePaused: the switch is off, whatever the window says.
	PhasePaused Phase = "paused"
	// PhaseNotStarted: the window has not begun.
	PhaseNotStarted Phase = "not_started"
	// PhaseRunning: inside the window.
	PhaseRunning Phase = "running"
	// PhaseExpired: the window has ended. Late events inside it still count until the calendar's lateness has run out.
	PhaseExpired Phase = "expired"
)

// Phase tells where the reward stands at an instant, given its switch: paused, else not started, running or expired.
// A draft is PhaseDraft before all that.
func (c Config) Phase(now time.Time, paused bool) Phase {
	switch {
	case c.Draft:
		return PhaseDraft
	case paused:
		return PhasePaused
	case !c.Window.Start.IsZero() && now.Before(c.Window.Start):
		return PhaseNotStarted
	case !c.Window.End.IsZero() && !now.Before(c.Window.End):
		return PhaseExpired
	default:
		return PhaseRunning
	}
}

// A Policy says what a pause does with matches that become due.
type Policy string

const (
	// Hold leaves due matches undecided until after the resume. It is not offered with AmountFrom.
	Hold Policy = "hold"
	// Drop blocks them, and what still waits, when an event comes to decide it.
	Drop Policy = "drop"
)

// Duration is a time.Duration whose JSON is text: "72h0m0s".
type Duration time.Duration

// MarshalText gives the form of [time.Duration.String].
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText takes the forms of [time.ParseDuration].
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return &rule.FieldError{Value: string(b[:min(len(b), 80)]), Reason: "not a duration such as 72h or 30m"}
	}
	*d = Duration(v)
	return nil
}
