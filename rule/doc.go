// Package rule says what must have happened: rule trees and what they match, conditions on events, the calendar that
// cuts time into days, weeks and months, windows and limits. It is pure: it keeps nothing, reads no clock and does no
// I/O but for the zone database, and every function may be called by many goroutines at once (a [Scratch] belongs to
// one).
//
// # Trees
//
// A [Rule] is a tree. Its leaves look at one task each, [Count], [Streak], [Sum], [Distinct] and [Done]; its nodes are
// [All], [Any] and [AtLeast]. A rule is a plain value, and its JSON says the same:
//
//	rule.All(rule.Streak("login", 3), rule.Any(rule.Done("profile"), rule.Count("order", 2).Where("total >= 100")))
//	{"all":[{"streak":"login","n":3},{"any":[{"done":"profile"},{"count":"order","n":2,"where":"total >= 100"}]}]}
//
// The zero Rule never matches.
//
// # Matches
//
// A rule does not just hold or not: it matches a number of times, and each match of a reward is a grant. Count(order,
// 3) matches after the 3rd, 6th and 9th order. An All matches as often as the child that matches least, an Any as often
// as its children together, an AtLeast(k) as often as k of its children can be set aside with each match used once.
//
// Leaves do not compete: one event may serve several leaves, of one rule or of many. Matches follow from which events
// were accepted, never from the order they came in, and an accepted event never makes them fewer. So a late event may
// join two runs of days into one, and match then; and what was granted never turns out to be wrong.
//
// # Leaves
//
// A leaf counts the accepted events of its task whose time lies in the window of the reward or task the rule belongs to
// and, with Where, that satisfy the condition. By these alone it forms completions, as the task would (see package
// task): with Where on a daily task, a day counts when events that satisfy the condition reach the day's target. With
// levels, a period is one completion when it reaches the leaf's level, the last one unless [Rule.AtLevel] says another.
//
//   - Count(task, n): every n completions.
//   - Streak(task, n): every n adjacent periods with a completion. A run of 7 days matches Streak(3) twice, and a gap
//     begins a new run. On an unlimited task the periods are days. A run does not reach beyond the window. A day that
//     the calendar skipped interrupts nothing.
//   - Sum(task, attr, total): each time the sum of an int or decimal attribute passes another total, exactly. Values
//     below zero count nothing.
//   - Distinct(task, attr, n): every n different values of an attribute, compared by value. A leaf keeps 10,000 values
//     of a user; further ones count nothing, which [Progress].Full tells.
//
// Sum and Distinct are for unlimited tasks with the single target 1. A leaf on a derived task reads the periods in
// which that task is done, from the period in which the rule was put; it takes no Where and no level.
//
// # Gates
//
// [Done], and any leaf on a task that is done once, is a gate: closed until the task is done, open from then on, never
// used up. A gate looks back: what was done before the window began, or before the rule was written, opens it, and only
// what happened after the window's end does not. So All(Streak(login, 3), Done(profile)) matches for every three days,
// the profile done at any time. A gate takes no Where. A rule in which gates alone can match, such as Done(profile),
// matches once.
//
// # What a rule cannot say
//
// [Compile] refuses, each by its path, what could never match or would not mean what it says:
//   - a task or attribute that does not exist, or an attribute of the wrong kind;
//   - Done on a task that is not once with Times 1; n above 1 on such a task; Streak with n above 1 on any one-off
//     task;
//   - Sum or Distinct on a task that is not unlimited with target 1; Where, Level, Sum or Distinct on a derived task;
//     Where on a gate;
//   - a level the task does not have;
//   - leaves that do not fit into the window: a streak of ten days in a window of a week;
//   - a window that ends in the middle of a period of a derived task it reads, because what happened after the end
//     would count; unless that task itself ends by then;
//   - in a derived task that is not once: tasks whose periods do not lie whole inside its own, gates on derived tasks
//     or on tasks with several levels, and trees in which gates alone can match, as these would be done in every
//     period.
//
// # Conditions and formulas
//
// A [Condition] asks about one event's attributes, total >= 100 and city != "Paris"; a [Formula] computes an amount
// from them, floor(total * 0.05). Both are compiled against a [Schema], so a wrong name or kind is found when they are
// written, and shown with a caret. Neither sees anything but the one event: no user, no other event, no clock.
//
// A condition is made of comparisons (== != < <= > >=), of x in [...] with a list of literals and "vip" in tags, of contains,
// startsWith and endsWith, of bare bools, and of has(x); and, or and not join them. There is no arithmetic in it, no other
// function, no loop and no regular expression. A formula knows + - *, floor, min and max, and no division. [Condition] and
// [Formula] have the whole of both languages.
//
// An absent attribute makes a comparison unknown: not unknown is unknown, and what is unknown in the end does not match. So
// city != "Paris" does not match an event without a city; not has(city) or city != "Paris" does. A formula without one of
// its attributes has no value. Numbers are exact: no float comes in, and 2^53 + 1 is not 2^53.
//
// A source has at most [SourceMax] bytes and 512 words and signs, brackets at most 32 deep, and lists of at most 128
// elements. What is longer is refused before it is parsed, and what is taken runs in time proportional to its length and
// the attributes'.
//
// # The calendar
//
// A [Calendar] belongs to the campaign, not to the user or the server. A day runs from its start, local midnight unless
// DayStart names another hour, to the start of the next: it may have 23 or 25 hours, and nothing is computed as 24
// hours. An instant at midnight belongs to the day that begins. Where clocks are set back the date does not go back;
// where the first hour is skipped the day begins after the gap. [Calendar.Periods] numbers days, weeks and months so
// that neighbours differ by one, and [Calendar.Date] gives the first instant of a date, to write windows with.
//
// # Windows, cycles and limits
//
// A [Window] holds its start and not its end; a zero bound is open. A [Cycle] is a number of days, weeks or months that
// comes again and again, tumbling: it does not slide with the user. Cycles are counted from the unit that holds the
// window's start, so that every second week means weeks 1 and 2, 3 and 4 of the campaign. A [Limit] bounds a number in
// all and in each cycle; zero is no bound.
//
// # Errors and limits
//
// Every fault of an input is found at once: a [FieldError] for each, joined, with the path of the field in JSON and the
// value, and all of them match [ErrInvalid]. [Faults] collects them. The time of an event that is not taken is
// [ErrTooLate] or [ErrTooEarly].
//
// A tree has at most 256 nodes and is at most 16 deep; codes have at most [CodeMax] bytes, IDs [IDMax]; a schema declares
// at most [AttrsMax] attributes, and those of one event have at most [AttrsBytes] bytes of text. Decimals have at most [DigitsMax] digits, [FractionMax] of them after the point, and
// are checked before anything is computed, so that no short input takes long.
//
// # For the engine
//
// [Compile] makes a [Program] of a rule. What its leaves need of a user's past is kept in a [Tally], to which a [Track]
// adds one event at a time, in any order; [Program.Matches] evaluates without an allocation. Applications have no need
// of these.
package rule
