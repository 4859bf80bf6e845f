// Package engine is what an application calls: it records what users did, and answers what that finished and earned.
//
// An [Engine] keeps everything in its store, and in memory only compiled catalogs. Each call reads the clock once, loads what it
// needs of one user, decides with pure functions, and writes. If somebody else changed the same data meanwhile, it loads and
// decides again. An engine starts no goroutine and opens no file. Any number of engines, in any number of processes, may
// work on one store.
//
// # The catalog
//
// Documents say what there is to do and to get: one [rule.Calendar] (days are those of UTC until it is put), [ledger.Asset],
// [task.Group], [task.Config], [reward.Group] and [reward.Config]. [Engine.Put] checks the documents it is given together
// with those that are there, and writes all of them under one revision, or none. Equal content changes nothing.
// [Engine.PutJSON] reads them from a file.
//
// An application puts its documents at every start with [Engine.PutMissing]. That writes only what is not there, so it
// undoes no operator's edit. To edit a document, put it with the Revision it was read at; if somebody else was faster,
// the answer is [ErrStale].
//
// Once a reward has started, the parts that decide what counts are frozen; see Editing in package reward. Once there is a
// task the calendar is frozen too, except that its Lateness may be lowered. [Engine.Retire] ends documents; nothing
// deletes them.
//
// # Recording
//
// [Engine.Record] takes one event. The answer lists the records of the tasks it changed, the reward records it made,
// what was blocked and until when, and how many matches still wait. [Engine.RecordBatch] takes events of many users.
// Each event has an answer of its own, and the events of one user are decided in the order given. [Engine.Complete]
// finishes the task's period, and refuses if it is finished already.
//
// An event decides the rewards whose rules read its task, also if the event finished nothing. Package task says what
// counts, package rule what matches, package reward what is granted.
//
// # Repeating
//
// Every call may be repeated: if you are in doubt, repeat it. An event is identified by its user and its ID. The same event
// again changes nothing and is answered as the first time, with Replay set: the same Ignored, the same blocks, and the same
// records in their present state. That holds whatever has changed since. A repeat is looked up before anything else is
// checked, so it is never too late, and its task may be retired. Another event under the same user and ID is a
// [task.ConflictError].
//
// [By] makes operators' calls safe to repeat. Request is an ID of the call; it must differ from those of other calls about
// the same user, and a repeat with it is answered as the first time. With Seq, the answer is a [reward.StatusError] if
// anything but this call has moved the record since. Without both, a record that is already where the call leads is
// answered with Changed false; but a deduct that is repeated after a reinstate deducts again.
//
// # Errors
//
// An error means that nothing was recorded, unless it matches [ErrUnknown]: then, whatever else it matches, the outcome is
// unknown; repeat the same call to find out. The error of a transaction that was lost around bound calls matches it too. That
// an event earned nothing is never an error: the [Outcome] says so.
//
// These errors come back when the call is repeated, as long as what they are about is as it was:
//
//   - Faults of the input match [rule.ErrInvalid]; each fault is a [rule.FieldError], and all of them are joined.
//   - An event whose time is not accepted is [rule.ErrTooLate] or [rule.ErrTooEarly].
//   - Unknown codes and records match [task.ErrUnknown] or [reward.ErrUnknown] (not found), unrelated to engine.ErrUnknown
//     (outcome unknown).
//   - Another event, or another call of an operator's, had that ID: [task.ErrConflict].
//   - A task is finished already ([task.ErrCompleted], of [Engine.Complete] alone), or takes no events ([task.ErrDerived]).
//   - A record's state or its terms do not allow the move: [reward.ErrStatus], with the record in a [reward.StatusError], and
//     [reward.ErrNoDeduct].
//   - A deduction takes more than there is, [ledger.ErrInsufficient], or a balance would become too large, [ledger.ErrOverflow].
//   - [ErrTooLarge] is an event that too many tasks and rewards depend on, and [ErrStale] a document that somebody else
//     changed first.
//   - What is stored, rows or documents, cannot be read: [store.ErrUnsupported] if a newer release wrote it, and
//     [store.ErrCorrupt] if not. So it is with what the store was given, and with books that do not balance:
//     [store.ErrInvalid], [store.ErrTooLarge], [ledger.ErrUnbalanced].
//
// After every other error repeat the call with the same ID: after [ErrBusy] and [ErrCatalogMoving], and after what the
// store says that is down. In a transaction of yours the transaction is what you repeat. The example of errors has both lists
// for events.
//
// # Explaining
//
// [Engine.Explain] says where a user stands with a reward: for each part of the rule what there is and what the next match
// needs, what was decided, and everything that would block the next match. [Engine.Board] says it for a whole page, as
// of one instant. Both run the functions that decide, so they cannot disagree with them. They change nothing.
// [Engine.Rewards] lists records, and [Engine.Statement] and [Engine.Balances] show the books.
//
// # Time
//
// Options.Now is the clock, cut to the microsecond. Events have times of their own; see package task. The clocks of two
// processes must differ by less than the calendar's Skew.
//
// # Transactions
//
// [Engine.With] gives the same engine on another view of its store, such as one bound to a transaction of the caller's.
// What it answers there holds once the transaction is committed. It goes by the documents its transaction sees, and what it
// puts is nothing to others until then. If somebody else used up a budget in between, it decides again by itself. It
// tries nothing else again: where another engine would, it answers [ErrBusy]. Putting documents does so if somebody else put
// some after it had read the catalog, which a transaction does not lock; recording, and moving records, only if the store let
// go of a user whom it had locked, which sqlstore does not. Then roll back and run all of it again: sqlstore's Store.Do does
// not do so by itself.
//
// # Concurrency
//
// An Engine is safe for use by several goroutines at once, unless its store is bound to a transaction. Two events of
// one user are decided one after the other. Users do not wait for each other, except for budgets they share.
//
// In one process calls about one user wait for each other, and the events that wait are decided together, in order of
// arrival. So however many goroutines record for one user, they do not collide; calls of several processes do, and
// are tried again, up to two hundred times, before the answer is [ErrBusy].
//
// Where the store takes long, as a database on a server does, calls of more than five goroutines, or batches of many users of
// more than eight, share loads and commits: those who arrive while one is under way are done together in the next, on the
// goroutine of one of them. An engine with little to do waits for nothing. The answers are those of some order of the calls, each decided by the
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
// this off. Engines bound to a transaction never share, and a call outside the transaction waits for nothing inside it
// but the database.
//
// # Testing
//
// Package store/memory is a store for tests, and a clock is one line of Options. See the examples.
package engine
