// Package store is the contract between Guerdon and a database.
//
// Everything about one user is an aggregate: rows with one version. What users share (a budget, stock) are counters with a
// bound. Configuration is a catalog of documents with one stamp. The engine loads, decides with pure functions, and commits
// units: rows of one user, with what they take from counters. A [Store] keeps them; it knows no rule and no reward.
//
// The contract asks one thing of a database: a conditional atomic write of several rows of one user together with bounded
// adds to counters. No callback holds a transaction open.
//
// # Clauses
//
//  1. Every adapter calls [Check] first in Commit, then [Limits.Check], [CheckRequest] in Load, [CheckQuery] in List and
//     [CheckDocs] in PutDocs, and answers their errors: [ErrUnsupported] for a kind, an index or an option this release does
//     not know, [ErrInvalid] for what no store may be given, [ErrTooLarge] for more than [Limits]. Nothing is changed then.
//     Every exported field of every kind of row comes back.
//  2. Store stays this small. An ability beyond it is an optional interface with a stated fallback, found with [As]. A
//     wrapper hides nothing: it has Unwrap() Store. RowsPerUnit is at least 64.
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
//  9. The catalog's stamp is [Stamp.Next] of the one before: it stands for all that was put, and one that was rolled back
//     never appears again for anything else. Documents are never deleted, and old forms can be read.
//  11. Lists may lag behind commits; nothing is decided from one. An iterator holds no lock, transaction or connection while
//     its caller's loop body runs: it reads a page, closes it and yields. Every method works inside the loop.
//  12. Keys compare and sort byte by byte: case, accents and trailing spaces count. Instants come back in UTC, cut to the
//     microsecond ([Instant]), amounts exactly. Rows and slices belong to whom they were given; a store keeps none of its
//     caller's and hands out none of its own.
//  13. A cancelled context changes nothing, or the error matches ErrUnknown; the store works on afterwards.
//  14. A commit of several users never waits for one user's row: a locked one is answered Moved. A commit of one user may wait.
//
// Clause 10 is about work to be done later and comes with it.
//
// # Bound stores
//
// A store may live in a transaction of its caller's (Limits.Bound): what it writes holds when the caller commits. It is used
// by one goroutine, locks a user when it loads it ForUpdate, and repeats nothing by itself.
//
// # Errors
//
// Errors are an [*Error] that leads to one of the sentinels where the contract has one, and to the driver's error.
//
// # Writing an adapter
//
// For a database of documents or keys and values: keep [Row.Encode] under [Row.Key], keep an entry for each of [Row.Index]
// that leads there, take out the entries of the row that is replaced, and read with [Decode]. Such an adapter knows no kind
// and goes on working when one is added. IDs and keys are text in which a zero byte joins the parts, so columns for them are
// of bytes, or with a binary collation.
//
// For a database of columns: a table for each kind, a switch over the concrete types ([CauseRow], [TaskRow] ...), and a
// query for each index that orders by the parts its keys are made of. Answer ErrUnsupported for a kind without a table.
//
// In either case:
//
//  1. Write Load: the rows, the version, the counters and the stamp, each user as of one version.
//  2. Write Commit: compare and raise the version, compare and raise the counters, then write. Of units of several users
//     each stands for itself.
//  3. Write List with [Query.Match] as its meaning: a page at a time, from a key on.
//  4. Write Docs, DocAt and PutDocs with [Stamp.Next].
//  5. Run storetest.Run (package store/storetest) with -race until it passes: each failure prints the clause. Then run
//     enginetest.Run (package reward/engine/enginetest), which plays an application over the store.
//
// Package store/memory is the shortest adapter there is, and complete.
package store
