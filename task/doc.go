// Package task says what people do: task groups and configs, the events that count towards a task, and the records that
// show how far somebody has come. It is pure: it keeps nothing, reads no clock and does no I/O. Its types are values,
// and its functions may be called by many goroutines at once.
//
// # Periods and completions
//
// A [Config] names one thing people do. Its Period says when it may be done again: once, daily, weekly, monthly or
// without bound; the zero Config is done once. Times says how often it can be completed in a period, once unless it
// says more. Levels are targets of growth: with [3, 7, 10] a weekly task reaches level 1 at a growth of 3 in that week.
// Growth never carries over into the next period.
//
// A period's record follows from two numbers, the sum of growth and the number of events with Finish, and so not from
// the order they came in. With one level of T, completions are growth / T, rounded down, plus the finishes; with
// several, the level is the highest that the growth reaches, plus the finishes. Neither passes what the period holds.
//
// # Events
//
// An [Event] is a fact about one user and one task, with an ID of the application's. What an application says with an
// ID is said once and for all: the same event again is answered as the first time, and another event under that ID is a
// [ConflictError] that names the field. A fact that serves several tasks is one event of one task, and the others are
// derived.
//
// An event counts by its own time, cut to the microsecond; without one, by the clock's. It may come late, as far as the
// calendar's Lateness (72 hours unless it says otherwise), and a little early. So one of 23:59 that arrives at 00:05
// counts for yesterday, and one of a window that has ended counts if its time lies inside.
//
// Attributes are declared by the task, with a kind, and any may be absent. One that is not declared, or of another
// kind, is a fault; a float is never taken.
//
// # What counts
//
// An event is accepted if its time lies in the task's window and its attributes satisfy the task's Where. That is
// decided once, when it is recorded, and is final: an edit of the task changes nothing about it. Recorded and without
// effect, with the [Reason] in the answer, are events [Outside] the window, those that are [Unmet], and those of a task
// that is a [Draft] or [Retired].
//
// An event for a period that is finished is answered [Completed], and is accepted all the same: it finishes nothing,
// and the rules of rewards see it. (A rule with a condition may count it where the record had no room for it.) Only the
// engine's Complete refuses it, with [CompletedError], and then stores nothing.
//
// # Derived tasks
//
// A task with a Rule has no events of its own: recording one is [ErrDerived]. In each of its periods the rule looks at
// what happened in that period, and once it matches the task is done in it, a single time. It is daily, weekly, monthly
// or once, and reads tasks without bound, tasks of its own period, daily tasks inside a week or a month, and one-off
// tasks as gates (see package rule); one that is done once reads any. Derived tasks may feed others, but not in a
// circle.
//
// A derived task counts what is recorded after it was put: in the period of the put, only what came after it, gates
// excepted. When its window's end moves, the user's next event that feeds it, also one that is ignored, finishes the periods
// that were missed while the window was closed, however long ago they are.
//
// # Records
//
// A [Record] exists from the first accepted event of a period on. Its Period is the ordinal of the day, week or month;
// see [rule.Periods].
//
// # Errors and limits
//
// [Config.Validate], [Group.Validate] and [Event.Canonical] report every fault at once, each a
// [rule.FieldError] with the path of the field in JSON. A task has at most [LevelsMax]
// levels and [TimesMax] times, an event a growth of at most [GrowthMax] and a Meta of [MetaMax] bytes. Sums of growth
// stop at the largest int64.
package task
