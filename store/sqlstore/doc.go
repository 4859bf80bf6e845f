// Package sqlstore keeps a [store.Store] in PostgreSQL, MySQL, MariaDB or SQLite, through database/sql. It imports no driver;
// the caller opens the pool:
//
//	db, err := sql.Open("pgx", "postgres://127.0.0.1/shop") // github.com/jackc/pgx/v5/stdlib
//	books, err := sqlstore.New(db, sqlstore.PostgreSQL, sqlstore.Options{Schema: "guerdon"})
//	err = books.Migrate(ctx)
//	eng, err := engine.New(books, engine.Options{})
//
// New touches no database and Migrate makes the tables; both are safe in every process at every start. A [Store] and the
// engine on it are safe for use by several goroutines at once.
//
// # In your transaction
//
// [Store.In] gives a store that lives in a transaction of yours: an order and its points hold together or not at all.
//
//	err = books.Do(ctx, func(tx *sql.Tx) error {
//		if _, err := tx.ExecContext(ctx, `UPDATE orders SET paid = TRUE WHERE id = $1`, id); err != nil {
//			return err
//		}
//		_, err := eng.With(books.In(tx)).Record(ctx, task.Event{ID: "order-" + id, User: user, Task: "order"})
//		return err
//	})
//
// [Store.Do] runs the function in a transaction. Where the database asks for it, Do runs it again from its start in a new one, ten
// times in all, and then returns the last error. A call that fails in another way leaves nothing of its own in the transaction.
//
// If you begin the transaction yourself, do the same: whatever error ends it, of a store in it, of a statement of yours or of
// COMMIT, ask [Store.Rerun], and if it says so roll back and run all of it again, a bounded number of times. An error of COMMIT of
// which it says no may be an answer that was lost, so that all of it holds or nothing. Running it again finds out: an event that
// was recorded counts once under its ID and is answered as a replay, which is why a row of your own should have an ID as well.
//
// What the engine answers holds when the transaction is committed and not before: let nothing outside of it, no metric and
// no message, count on it. In the transaction:
//
//   - Record last. The users that are recorded stay locked until the transaction ends.
//   - Give several users in one RecordBatch, which locks them in one order.
//   - Call the engine through With only, and do not use the pool. Other calls may wait for the transaction they are made in.
//   - Bound the pool (SetMaxOpenConns). A transaction keeps its connection until it ends.
//   - Wrap the bound store if you wrap the store, for tracing say: eng.With(traced(books.In(tx))). eng.With(books.In(tx)) goes
//     past a wrapper that was given to engine.New.
//
// While a transaction is open, other calls about its users wait, or decide again when it has ended; calls about others do not,
// unless the two take from one budget. On PostgreSQL one in 256 new users shares the lock of one whom a transaction is making, and
// is treated as the same.
//
// A pgx.Tx is handed in by [Store.InTx] with these lines around it:
//
//	type pgxTx struct{ tx pgx.Tx }
//
//	func (t pgxTx) Query(ctx context.Context, query string, args ...any) (sqlstore.Rows, error) {
//		return t.tx.Query(ctx, query, args...)
//	}
//
//	func (t pgxTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
//		tag, err := t.tx.Exec(ctx, query, args...)
//		return tag.RowsAffected(), err
//	}
//
// The engine without a transaction uses a *sql.DB; pgx has one over a pool of its own (stdlib.OpenDBFromPool).
//
// # Settings
//
// PostgreSQL 13 and later, with pgx (github.com/jackc/pgx/v5, natively or by its package stdlib), which keeps statements
// prepared by their text. Behind a pooler that hands connections to others between transactions, choose pgx's mode "exec".
// A pool whose client_encoding is neither UTF8 nor SQL_ASCII, and so changes texts, is refused. Tables are in Options.Schema, or where the connection's search_path leads. When a context ends during a statement, pgx drops the
// connection, at times in a way that the server keeps its transaction and its locks for 15 seconds more. With a
// pgconn.CancelRequestContextWatcherHandler in the config's BuildContextWatcherHandler (stdlib.OpenDB takes a config) it cancels the
// statement and keeps the connection.
//
// MySQL 8 and MariaDB 10.6 and later, with github.com/go-sql-driver/mysql. Options.Schema is the database. The defaults of the DSN
// and of the server's sessions are good, and most others too. A store looks at one connection and refuses a pool where answers would
// be wrong: sql_mode is not strict or is ORACLE, autocommit is off, sql_select_limit is below a million, or transaction_isolation is
// READ-UNCOMMITTED. Let maxAllowedPacket be at least 16 MB, and binlog_format not STATEMENT, with which a server that keeps a binary
// log refuses the store's transactions. Values go into the statements as literals in hexadecimal and nothing is prepared, so that a
// DSN without interpolateParams does not send three packets for one, and no statement of a unit is sent after the server has ended
// its transaction.
//
// SQLite 3.37 and later, with modernc.org/sqlite or another driver. One writer at a time: writers of one Store wait in turn, its
// transactions of Do among them, but for nobody longer than a second; those of others and transactions that you begin yourself ask
// again. Use a file in WAL mode, so that reading goes on meanwhile, with time to wait for others and with transactions that begin as
// writers:
//
//	file:shop.db?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)&_txlock=immediate
//
// With synchronous(NORMAL) a machine that loses power may lose the last commits, but never a part of one; a process that dies
// loses none. A database in memory has one connection, db.SetMaxOpenConns(1): while a transaction of yours is open on it, no other
// call can begin.
//
// The tests run on PostgreSQL 15, on MariaDB 10.11, alone and in a Galera cluster, on MySQL 9.7 and on modernc.org/sqlite. What is
// said of other versions and of other drivers follows from their documentation.
//
// The pool: as many connections as commits may run at once. Engines share commits, so that 8 to 16 serve hundreds of callers; a
// transaction of yours takes one for its whole length. Give idle connections time (SetMaxIdleConns equal to SetMaxOpenConns): a
// new one prepares its statements anew.
//
// # What is relied on
//
// Of isolation three things: a statement reads as of one instant, a row that is locked stays as it was read, and a
// transaction is atomic. So READ COMMITTED, PostgreSQL's default, is enough. At stricter levels a transaction of yours meets
// [RerunError] more often. On MySQL and MariaDB the store's own transactions set their level themselves, and those of [Store.Do]
// are READ COMMITTED. One that you begin yourself at their default, REPEATABLE READ, meets it whenever a user changed since it
// began, so that a busy user's seldom get through: begin it at READ COMMITTED (sql.TxOptions) as well.
//
// Outside of a transaction of yours Load is one statement, unless it names thousands of rows. Commit is one statement on
// PostgreSQL, for one user and for many; on MariaDB it is one round trip for one user and three for several, on Galera always
// three, on MySQL one for each table that is written and four more, five or six for several users or where counters are taken
// from, and on SQLite none leaves the process. A counter's first use in a process takes one statement more. In a transaction of
// yours, where users are locked before they are read, what an event loads takes four round trips on PostgreSQL and MySQL and
// three on MariaDB, and its commit one on PostgreSQL and two on MariaDB, one more for new users or where counters are taken
// from, and on MySQL one for each table that is written and five to nine more. A commit of several users passes over those that
// others have locked, and answers Moved for them.
//
// The store retries by itself after deadlocks, after serialization failures, where the database is busy or has no room for a lock,
// and if a connection was lost before anything was sent. It repeats the whole call, ten times with growing random pauses, or for a
// second where others are in the way, and not longer than the context lasts; [Store.Stats] counts the retries. If others were in the
// way of a commit all that time, it is answered Moved, and the engine decides again. If the answer to a commit was lost, that is
// [store.ErrUnknown], and the engine looks for what it recorded.
//
// So nothing may land after it was looked for. A commit whose context ends while it is under way waits for the server to answer, up to
// three seconds and more for megabytes. On PostgreSQL a statement that commits by itself waits a third of a second for a lock, and is
// then tried in a transaction; MariaDB is told to break off what waits for a lock meanwhile. What may land later all the same is a
// COMMIT at which the server is held up itself, by its disk, a replica or a cluster; on Galera also what it was sent together with,
// and on PostgreSQL a statement that waits for a table which somebody changes, if the connection is lost.
//
// # Tables
//
// Tables are made to be queried and joined; the comments on them and on their columns are in the database. Do not write to
// them. Keys compare byte by byte. A user's ID comes first in every key but those of counters and documents:
//
//	users         one row for each user: the version of the user's other rows, which each write compares and raises
//	causes        what was recorded: events, calls of operators, and what each led to; never changed
//	tasks         progress by task and period
//	tallies       what rules have counted; tally_values has the different values that some of them count
//	entitlements  what became of a user's matches of a reward
//	rewards       reward records, with their moves as JSON
//	caps          what a user got from a group of rewards
//	transfers     the ledger; never changed
//	balances      of each account, the sum of its transfers
//	counters      how much of the budgets that users share is used
//	documents     every form of every document of the catalog; the table catalog has its stamp
//
// Beside the primary keys there are six indexes: causes_task, a user's events of a task, for recounts; rewards_user,
// rewards_reward and rewards_open, reward records by user, by reward, and those that are pending or claimable, by time, for
// lists; transfers_account, a user's transfers by asset, for statements; and documents_revision, for reading what changed in the
// catalog. No lookup or list reads a table from end to end.
//
// Amounts are NUMERIC below 10^38, DECIMAL(56, 18), and on SQLite text. Instants are timestamptz, DATETIME(6) in UTC, and text that
// sorts as they do. An event that pays one reward writes nine rows, of which six replace others. The three that stay take, with
// indexes, about 1,100 to 1,300 bytes on PostgreSQL (a cause 400 to 560, a reward record 450 to 490, a transfer 250 to 280), 1,450 on
// MariaDB, 800 on SQLite. The rows of a user with one task and one reward take about 1,200 more. Meta, attributes and texts of yours
// add to this.
//
// # Speed
//
// go run ./store/sqlstore/sqltest/bench prints the numbers of the table below, in another form, for the databases that answer.
// The events complete a task and pay one reward. In the same run, SQL that was written by hand for just this campaign reads and
// writes the same rows. This table was measured on two cores that server and client shared, with fsync on. Its numbers are
// ratios of events a second: those of the engine to those by hand, one by one.
//
//	                                      PostgreSQL 15   SQLite         MariaDB 10.11   MySQL 9.7
//	by hand, 8 clients, events/s          3016            2002           1492            1299
//	1 / 8 / 32 clients, not sharing       0.80 0.71 0.71  0.60 0.77 0.90 1.35 0.84 0.95  0.84 0.85 0.85
//	1 / 8 / 32 clients, sharing commits   0.81 0.93 1.79  0.59 1.34 1.99 1.35 1.30 2.85  0.87 1.17 2.45
//	batches of 100 users, 1 / 8 clients   0.69 0.67       1.13 2.15      8.71 4.83       7.21 4.93
//	the same, sharing commits (*)              0.69            1.81           4.78            5.11
//	one hot user, 1 / 8 / 32 clients      0.76 8.7 39     0.56 2.4 8.4   1.22 8.3 57     0.85 7.4 54
//	one hot budget, 8 / 32 clients        1.67 5.7        1.18 2.1       1.27 2.9        1.17 3.0
//
// (*) Against a batch by hand, which on PostgreSQL is one read and one write over arrays, and elsewhere a transaction of
// single statements. The machine is a noisy one, and a single ratio may be off by a fifth.
//
// What is wanted on PostgreSQL is 0.8 of single events, 1.5 of 32 clients that share, and 0.7 of batches. An engine shares by itself and
// reaches the first two; clients that may not share (engine.Options.Alone) and batches stay a little below. There the processors are
// short, of which server and client here have two. The bench prints what the process itself takes: 290 microseconds an event of 8 clients
// that do not share and 155 of those that do, and by hand 124, which decides nothing and checks nothing; 39 in a batch of 100, and by hand
// 14. By its CPU profile a batch's share is a sixth deciding, and two fifths each reading and writing rows.
//
// Beside ten million reward records and transfers instead of ten thousand an event on PostgreSQL cost 1.14 times as much, and a page of
// 50 records of a list what it did before, 0.4 ms.
//
// # Growth, archives, backups
//
// Causes, reward records and transfers grow with what people do, and nothing deletes them. If a rule changes before it begins, its
// counts are made anew from the causes; a repeat is answered from them; and the ledger is the proof of the balances. Other
// tables grow with the number of users. The cost of an event does not depend on how much there is. You may move away causes of tasks
// that no rule reads any more, if their senders will not repeat them. Reward records and transfers may be copied elsewhere for
// reporting, but must stay. PostgreSQL can partition these three tables by user, as the user is part of every key, and not by time.
//
// A backup must be of one instant, as those of pg_dump, mariadb-dump --single-transaction and VACUUM INTO are, and the files under a
// snapshot. After you have put older data back, restart the processes: they remember the catalog, and which counters there are.
// Events that were acknowledged after the backup can be sent again, with the IDs they had.
//
// # Replicas and distribution
//
// A Store reads where it writes. A replica may serve reports; do not give it to an engine.
//
// Galera is tested, with MariaDB 10.11, galera-4 26.4 and three nodes that are all written at once. If another node was faster, a
// write fails at COMMIT and is retried. A node that is killed loses nothing that was acknowledged. A call on one node may not yet
// see what was committed on another; if it decides on that, it is told Moved or fails at COMMIT, and decides again. Transactions of
// yours are broken off by the cluster as well, wherever they are; [Store.Do] runs them again.
//
// All rows of one user can live on one shard: distribute the users' tables by user_id (the table users by id), and keep
// counters, documents and catalog on one node or as reference tables. What follows is not tested. Citus: distribute the tables
// that way, colocated; a batch of many users is then a transaction over shards. CockroachDB and YugabyteDB speak PostgreSQL's
// protocol; both lack or limit advisory locks, which are asked for by [Store.Migrate], by a commit of several users or from a
// budget, and by each call in a transaction of yours that locks a user: there [Store.Do] with anything recorded in it is in
// question, not batches alone. TiDB speaks MySQL's protocol, without SKIP LOCKED in older releases. Vitess: shard by user_id;
// the statements of a commit name one user's tables, but the counter of a budget is on another shard, so you need its two-phase
// commit.
//
// # Migrations
//
// [Store.Migrate] runs numbered files, under a lock. Released files never change. [Store.Migrations] gives the same files to a tool
// of your own; the processes then need no right to make tables. At its first use a store looks whether the tables are those of its
// release, in a transaction of yours if that is where it is used first; if not, the answer is [ErrNotMigrated] or [ErrNewer]. A
// process of the previous release goes on working while the migration of the next one runs, but once it has stopped only the next
// release can be started.
package sqlstore
