// Package store is the contract between Guerdon and a database.
//
// All rows about one user belong together and have one version. What users share, such as a budget, is a counter with a
// bound. Configuration is a catalog of documents with one stamp. The engine loads, decides with pure functions, and commits
// units: rows of one user, with what they take from counters. A [Store] keeps all this; it knows no rule and no reward.
//
// The contract asks one thing of a database: a conditional atomic write of several rows of one user together with bounded
// adds to counters. No callback holds a transaction open.
//
// # Clauses
//
//  1. Every adapter calls [Check] first in Commit, then [Limits.Check]; [CheckRequest] first in Load, then
//     [Limits.CheckRequest]; [CheckQuery] in List and [CheckDocs] in PutDocs. It answers their errors: [ErrUnsupported] for a
//     kind, an index or an option this release does not know, [ErrInvalid] for what no store may be given, [ErrTooLarge] for
//     more than [Limits]. Nothing is changed then. Every exported field of every kind of row comes back.
//  2. Store stays this small. An ability beyond it is an optional interface with a stated fallback, found with [As]. A
//     wrapper hides none of them: it has Unwrap() Store. RowsPerUnit is at least 64.
//  3. A unit is rows of one user and what it takes from counters: all or nothing. It is refused unless the user's version is
//     the unit's, and a user that is written moves on by one. A refused unit writes none of its rows, takes nothing, closes
//     nothing and hinders no other. Users in a call are distinct and sorted byte by byte; no operation needs two users at
//     once. Load answers one [State] for each key, in order, each as of one version.
//  4. A refusal is an answer, never an error of a statement: an error would end a caller's transaction.
//  5. An error means that nothing was written, of any unit, unless it matches [ErrUnknown]: then any subset may have landed,
//     and loading the causes settles it. Versions may rise without a change: success is never inferred from one.
//  6. Insert is for causes and transfers, which are never replaced: one that is already there under a version that held is
//     [ErrCorrupt]. Put replaces or creates; deleting an absent row is no error. Rows enter and leave indexes as they are
//     put and deleted. Every unit inserts a cause.
//  7. A unit is refused if a counter's used + N would pass Max or go below zero; a negative N is refused by no Max. Close,
//     applied after N, refuses every positive N from then on. A counter that does not exist yet is zero. Locks are taken
//     users first, then counters, each in byte order. In a call of several units a counter that cannot meet the whole demand
//     may refuse every unit that names it. Moved is reported before Exhausted.
//  8. Only a [Take] decides that something is available. A counter that Load read may decide that it is exhausted, unless
//     the snapshot is Lagging.
//  9. The catalog's stamp is [Stamp.Next] of the one before. It stands for everything that was put; if a put was rolled back,
//     its stamp never stands for anything else. Documents are never deleted, and old forms can be read.
//  11. Lists may lag behind commits; nothing is decided from a list. An iterator holds no lock, transaction or connection while
//     its caller's loop body runs: it reads a page, closes it and yields. Every method works inside the loop.
//  12. Keys compare and sort byte by byte: case, accents and trailing spaces count. Instants come back in UTC, cut to the
//     microsecond ([Instant]), amounts exactly. Rows and slices belong to whom they were given; a store keeps none of its
//     caller's and hands out none of its own.
//  13. A cancelled context changes nothing, or the error matches ErrUnknown; the store works on afterwards.
//  14. A commit of several users never waits for one user's row: a locked one is answered Moved. A commit of one user may wait,
//     and so may one in a transaction that makes users whom it has not loaded for an update.
//
// There is no clause 10 yet: it is kept for work that is to be done later.
//
// # Bound stores
//
// A store may live in a transaction of its caller's (Limits.Bound). What it writes is seen in the transaction at once, and
// outside when the caller commits; a rollback leaves nothing. It is used by one goroutine and repeats nothing by itself. A
// Load that is ForUpdate locks its users, also one that was never seen; if it has to wait for a lock, it reads what is there
// after the wait. Any other Load locks nobody and makes no user. After a refusal the transaction can go on. A call that fails
// leaves nothing of its own behind, even if the transaction commits; where the store cannot make sure of that, its error says
// not to commit. Where a database has one writer at a time, the transaction is that writer: a commit outside waits until the
// transaction ends, or its own context.
//
// # Errors
//
// Errors are an [*Error] with the operation. It leads to one of the sentinels where the contract has one, and to the error of the
// driver or of the context. A bound store may answer errors of a type of its own beside these, for what only a transaction meets:
// sqlstore's *RerunError says that the whole of it must be run again.
//
// # Writing an adapter
//
// There are two ways. For keys and values or documents: keep [Row.Encode] under [Row.Key], and for each [Entry] of [Row.Index]
// the key of its row. Such an adapter knows no kind and goes on working when one is added. For columns: a table for each
// kind, a switch over the concrete types ([CauseRow], [TaskRow] ...), a query for each index that orders by the parts its keys
// are made of, and ErrUnsupported for a kind without a table. The module's examples/boltstore takes the steps below the first
// way, on bbolt, in 400 lines; store/sqlstore takes the second; store/memory is the one to be fast.
//
//  1. Say what stands where. Keys are UTF-8 text in which a zero byte joins the parts, so they are bytes to a database, or text
//     cut at that byte with a binary collation: case, accents and trailing spaces count, and characters of four bytes sort
//     behind all others. The longest are a user of 128 bytes, an ID of 640, a counter of 256. No two entries of an index have
//     one key. Numbers are 64 bits with a sign; sums have up to 47 digits before the point and 18 after it; instants are in
//     UTC to the microsecond, and zero ones come back zero. Meta and bodies come back byte for byte.
//  2. Say how a call gets its transaction: one of its own, or its caller's if the database has any (Limits.Bound). What leaves
//     it is copied: the engine uses the rows of a unit again when Commit has returned, and owns those it was given. A commit
//     that may have landed although it failed is [ErrUnknown]; the engine then looks for its causes and repeats what is
//     missing. Check the context before you begin, and leave nothing of a call that it ended. Every error that leaves a method
//     is an [*Error] with the operation, also that of the context, but for what the section Errors lets a bound store answer.
//  3. Write Load. [CheckRequest] and [Limits.CheckRequest] come first. Rows and version of a user are of one moment: the
//     engine decides on them, and commits under that version. Without a snapshot, read the version before the rows and again
//     after them, and the stamp last: what is decided under it is then never older than it says. Counters are up to date, or
//     the snapshot is Lagging, as a replica's is, and there may be any number of them. A page without a Prefix has that of the
//     user, [UserPrefix].
//  4. Write Commit. [CheckKeys] is [Check] and gives the keys of the rows; then [Limits.Check]: a RowsPerUnit of at least 64,
//     since one event may need that many; long recounts the engine cuts to what it says. Each unit stands for itself:
//     compare and raise the version, else Moved, which makes the engine load and decide again; find what is inserted twice, which
//     is [ErrCorrupt]; then compare and raise the counters, else Exhausted, which makes it write a block instead, for good. Hence Moved comes
//     before Exhausted, and neither of them changes anything. A counter of several units may be added up and refused to all;
//     the engine commits these again one by one. Rows are put whole: take out the entries of the row that is replaced. An error
//     is found before anything is written, or undoes it, or is ErrUnknown. No user's lock is waited for in a call of several.
//  5. Write List, with [Query.Match] as its meaning: [CheckQuery], then a page at a time from a key on, read and closed before
//     the first row of it is yielded, since the loop body calls the store. From, To and After need not be keys of rows.
//  6. Write Docs, DocAt and PutDocs. Every form of a document stays. Docs has the newest form of each, by revision, then by kind,
//     then by code. [Stamp.Next] gives the stamp, which is kept, and compared as a whole.
//  7. Test it. storetest.Run (package store/storetest) prints the clause a store breaks; storetest.RunBound does so for
//     transactions, and has clause 14; enginetest.Run (package reward/engine/enginetest) plays an application over the store, and
//     enginetest.Keys one whose IDs look alike, beside the memory store. Call them with -race, on a real server and with the
//     settings people run. What they cannot do is yours to test: a process and a server killed in the middle of a commit, a
//     connection lost before the answer, a replica that lags, several processes. Send the same events again afterwards: each
//     counts once. storetest.Benchmark measures.
package store
