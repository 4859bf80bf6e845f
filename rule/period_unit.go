package rule

import (
	"fmt"
	"strconv"
)

// A Unit is a length a [Calendar] counts in: the unit of a [Cycle] or of a [Period]. The zero Unit is none.
// As text, and so in JSON, a Unit is "day", "week" or "month"; the zero Unit is empty text.
type Unit uint8

// The units. A week starts on the calendar's FirstDay, a month on its first day, both at the calendar's DayStart.
const (
	Day Unit = iota + 1
	Week
	Month
)

// known reports whether u is a unit other than none.
func (u Unit) known() bool { return u >= Day && u <= Month }

// String returns the text of u, and "Unit(9)" for a value that is no unit.
func (u Unit) String() string {
	switch u {
	case 0:
		return ""
	case Day:
		return "day"
	case Week:
		return "week"
	case Month:
		return "month"
	}
	return "Unit(" + strconv.Itoa(int(u)) + ")"
}

// MarshalText returns the text of u. A value that is no unit is an error that matches [ErrInvalid].
func (u Unit) MarshalText() ([]byte, error) {
	if u != 0 && !u.known() {
		return nil, &FieldError{Value: u.String(), Reason: unitReason}
	}
	return []byte(u.String()), nil
}

// UnmarshalText reads what MarshalText writes, in lower case alone; empty text is the zero Unit.
// Other text is a [FieldError] and leaves u as it was.
func (u *Unit) UnmarshalText(text []byte) error {
	for v := Unit(0); v <= Month; v++ {
		if string(text) == v.String() {
			*u = v
			return nil
		}
	}
	return &FieldError{Value: clip(string(text), valueMax), Reason: unitReason}
}

const unitReason = `must be "day", "week" or "month"`

// A Period says when a task may be done again. The zero Period is [Once].
// As text, and so in JSON, it is "once", "daily", "weekly", "monthly" or "unlimited".
type Period uint8

// The periods. The one period of a once or unlimited task is the task's window.
const (
	Once Period = iota
	Daily
	Weekly
	Monthly
	Unlimited
)

// Unit returns the unit of the calendar that p goes by: [Day], [Week] or [Month].
// It is zero for [Once], [Unlimited] and a value that is no period.
func (p Period) Unit() Unit {
	switch p {
	case Daily:
		return Day
	case Weekly:
		return Week
	case Monthly:
		return Month
	}
	return 0
}

// String returns the text of p, and "Period(9)" for a value that is no period.
func (p Period) String() string {
	switch p {
	case Once:
		return "once"
	case Daily:
		return "daily"
	case Weekly:
		return "weekly"
	case Monthly:
		return "monthly"
	case Unlimited:
		return "unlimited"
	}
	return fmt.Sprintf("Period(%d)", uint8(p))
}

// MarshalText returns the text of p. A value that is no period is an error that matches [ErrInvalid].
func (p Period) MarshalText() ([]byte, error) {
	if p > Unlimited {
		return nil, &FieldError{Value: p.String(), Reason: periodReason}
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads what MarshalText writes, in lower case alone.
// Other text, empty text too, is a [FieldError] and leaves p as it was.
func (p *Period) UnmarshalText(text []byte) error {
	for v := Once; v <= Unlimited; v++ {
		if string(text) == v.String() {
			*p = v
			return nil
		}
	}
	return &FieldError{Value: clip(string(text), valueMax), Reason: periodReason}
}

const periodReason = `must be "once", "daily", "weekly", "monthly" or "unlimited"`
