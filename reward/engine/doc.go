// Package engine is what an application calls: it records what users did, and answers what that finished and earned.
//
// An [Engine] stands on a store and keeps nothing but compiled catalogs. Each call reads the clock once, loads what it
// needs of one user, decides with pure functions, and writes if nothing has moved meanwhile; else it does so again. It
// starts no goroutine and opens no file. Any number of engines, in any number of processes, may work on one store.
//
// # The catalog
//
// What there is to do and to get is said by documents: [rule.Calendar] (one, in UTC unless put), [ledger.Asset],
// [task.Group], [task.Config], [reward.Group] and [reward.Config]. [Engine.Put] checks those it is given together with
// those that are there, and writes all of them under one revision, or none. Equal content changes nothing.
// [Engine.PutJSON] reads them from a file.
//
// An application puts its documents at every start with [Engine.PutMissing], which writes only what is not there and so
// undoes no operator's edit. Who edits a document puts it with the Revision it was read at: if somebody else was
// faster, that is [ErrStale].
//
// What counts is fixed from the start of the window; see package reward. The calendar is fixed by the first task, but
// for its Lateness, which may be lowered. [Engine.Retire] ends documents, and nothing deletes them.
//
// # Recording
//
// [Engine.Record] takes one event. The answer lists the records of the tasks it changed, the reward records it made,
// what was blocked and until when, and how many matches still wait. [Engine.RecordBatch] takes events of many users:
// each has an answer of its own, and those of one user are decided in the order given. [Engine.Complete] finishes the
// task's period, and refuses one that is finished already.
//
// An event decides the rewards whose rules read its task, also when it finished nothing itself. Package task says what
// counts, package rule what matches, package reward what is granted.
//
// # Repeating
//
// Every call may be repeated, so whoever is in doubt repeats it. The same event again changes nothing, and is answered
// as the first time with Replay set: the same Ignored, the same records, in their present state, the same blocks. That
// holds whatever has changed since: a repeat is looked up before anything else is checked, so it is never too late, and
// its task may be retired. Another event under the same ID is a [task.ConflictError].
//
// Operators' calls are made safe to repeat by [By]: with Request, an ID of the call among those about the same user, a
// repeat answers as the first time; with Seq, a record that has moved on in any other way than by this call is a
// [reward.StatusError]. With neither, a record that is already where the call leads is answered with Changed false, and
// after a deduct and a reinstate a repeated deduct deducts again.
//
// # Errors
//
// An error means that nothing was recorded, unless it matches [ErrUnknown]: then the store's answer was lost, and the
// same call, repeated, tells, whatever else the error matches. [ErrBusy] and [ErrCatalogMoving] ask to try again. A fault
// of the input matches [rule.ErrInvalid] and will fail again; each is a [rule.FieldError], all of them joined. A time
// that is not taken is [rule.ErrTooLate] or [rule.ErrTooEarly]. [ErrTooLarge] is an event that too much depends on, and
// [ErrStale] a document that somebody else was faster with. What does not exist is ErrUnknown of its package:
// [task.ErrUnknown] and [reward.ErrUnknown] have nothing to do with the one of this. That a recorded fact earned nothing
// is never an error: it stands in the [Outcome].
//
// # Explaining
//
// [Engine.Explain] says where somebody stands with a reward: the rule with what there is and what the next match needs,
// what was decided, and everything that would block the next match. [Engine.Board] says it for a whole page, read at
// one instant. Both run the functions that decide, so they cannot disagree with them, and change nothing.
// [Engine.Rewards] lists records, and [Engine.Statement] and [Engine.Balances] show the books.
//
// # Time
//
// Options.Now is the clock, cut to the microsecond. Events have times of their own; see package task. Clocks of several
// processes may differ by less than the calendar's Skew.
//
// # Transactions
//
// [Engine.With] gives the same engine on another view of its store, such as one bound to a transaction of the caller's:
// what it answers holds once that is committed. It goes by the documents its transaction sees, and what it puts is nothing
// to others until then. Such an engine answers [ErrBusy] when something moved that it had locked; a budget that somebody
// else used up in between is decided again.
//
// # Concurrency
//
// An Engine is safe for use by several goroutines at once, unless its store is bound to a transaction. Two events of
// one user are decided one after the other; in the store users do not wait for each other, but for budgets they share.
//
// In one process calls about one user wait for each other, and the events that wait are decided together, in order of
// arrival. So however many goroutines record for one user, they do not collide; calls of several processes do, and
// are tried again, forty times, before the answer is [ErrBusy].
//
// Where the store takes long, as a database on a server does, calls of more than a few goroutines share loads and
// commits: those who arrive while one is under way are done together in the next, on the goroutine of one of them. An
// engine with little to do waits for nothing. The answers are those of some order of the calls, each decided by the
// clock it read itself. The store sees the context of the call that does the work, so what a wrapper reads from it, a
// trace or a deadline, is that call's.
//
// A call whose context ends while others do its events leaves at once: with [ErrUnknown] if they had begun, else nothing
// was recorded. One that does the work leaves when the store comes back to it. What it did for others is then done again,
// by the next or, the second time, by a call of their own: it takes them longer, and fails none of them. Nor does what is
// wrong with the rows of one user fail the calls about others.
//
// A row that somebody else holds is waited for by those who record for its user, and by nobody else: a commit of several
// users passes over such a row, and a call that waits for it alone is in the way of others for some milliseconds at most,
// until they go on without it.
//
// A store must not call the engine it serves: a call about the same user would wait for itself. Options.Alone turns all of
// this off. Engines bound to a transaction never share, and a call outside of the transaction waits for nothing inside of
// it but the database.
//
// # Testing
//
// Package store/memory is a store for tests, and a clock is one line of Options. See the examples.
package engine
