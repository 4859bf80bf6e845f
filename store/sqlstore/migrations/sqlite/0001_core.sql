-- Instants are text in UTC to the microsecond, '2026-02-27 23:59:59.999999', which sorts as they do. Amounts are text, so that no digit
-- is lost: digits with at most one point between them, and a sign if they are below zero. Truth is 1.

-- The versions of the schema. Each migration adds its own.
CREATE TABLE IF NOT EXISTS {schema_versions} (
	version INTEGER PRIMARY KEY CHECK (version > 0),
	name TEXT NOT NULL,
	applied TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;

-- One row a user: the version of everything else that is stored of the user.
CREATE TABLE {users} (
	id TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(id AS BLOB)) BETWEEN 1 AND 128),
	-- Compared and raised by each write. It may rise without a change.
	version INTEGER NOT NULL CHECK (version >= 0)
) STRICT, WITHOUT ROWID;

-- What was recorded, once and for good: events (type event) and calls, each with what it led to. Never replaced: recounts and repeats are answered from it.
CREATE TABLE {causes} (
	user_id TEXT NOT NULL,
	type TEXT NOT NULL,
	id TEXT NOT NULL,
	-- SHA-256 of what was asked for.
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	-- The engine's clock.
	decided TEXT,
	-- The catalog revision it was decided under.
	revision INTEGER NOT NULL,
	-- The event's task. NULL for causes that are no event; the columns from here to arrived are then empty.
	task TEXT,
	-- When the event happened.
	happened TEXT,
	growth INTEGER NOT NULL,
	finish INTEGER NOT NULL CHECK (finish IN (0, 1)),
	attrs TEXT,
	meta TEXT,
	-- Whether the caller gave that time.
	time_given INTEGER NOT NULL CHECK (time_given IN (0, 1)),
	-- Whether the event counts.
	accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
	-- Why it finished nothing by itself, or empty.
	ignored TEXT NOT NULL,
	event_revision INTEGER NOT NULL,
	-- The order of arrival among the user's events.
	seq INTEGER NOT NULL,
	arrived TEXT,
	-- The call, for causes that move a reward record.
	move TEXT,
	-- The task records it changed, the reward records it made, what was blocked, how many matches it left due.
	outcome TEXT,
	PRIMARY KEY (user_id, type, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX "{prefix}causes_task" ON {causes} (user_id, task, seq, id) WHERE type = 'event' AND task IS NOT NULL;

-- How far a user has come with a task in one of its periods.
CREATE TABLE {tasks} (
	user_id TEXT NOT NULL,
	task TEXT NOT NULL,
	-- The ordinal of the day, week or month, counted from the one that holds 1970-01-01; 0 for tasks without periods.
	period INTEGER NOT NULL,
	level INTEGER NOT NULL CHECK (level >= 0),
	growth INTEGER NOT NULL,
	-- The growth the next completion or level needs.
	goal INTEGER NOT NULL,
	times INTEGER NOT NULL,
	finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
	-- The growth of all events that count; everything else follows from it and from finishes.
	sum INTEGER NOT NULL CHECK (sum >= 0),
	finishes INTEGER NOT NULL CHECK (finishes >= 0),
	-- The earliest time of an event that counts; last is the latest.
	first TEXT,
	last TEXT,
	created TEXT,
	updated TEXT,
	PRIMARY KEY (user_id, task, period)
) STRICT, WITHOUT ROWID;

-- What the leaves of rules have counted on a task of a user.
CREATE TABLE {tallies} (
	user_id TEXT NOT NULL,
	task TEXT NOT NULL,
	-- Up to which catalog revision the cells are complete.
	revision INTEGER NOT NULL,
	cells TEXT,
	PRIMARY KEY (user_id, task)
) STRICT, WITHOUT ROWID;

-- The different values that a leaf of a rule has counted, each by the first half of its SHA-256.
CREATE TABLE {tally_values} (
	user_id TEXT NOT NULL,
	task TEXT NOT NULL,
	leaf TEXT NOT NULL,
	outer_period INTEGER NOT NULL,
	hash BLOB NOT NULL CHECK (length(hash) = 16),
	PRIMARY KEY (user_id, task, leaf, outer_period, hash)
) STRICT, WITHOUT ROWID;

-- What a user's matches of a reward came to.
CREATE TABLE {entitlements} (
	user_id TEXT NOT NULL,
	reward TEXT NOT NULL,
	-- How many matches were granted or blocked. The next record has the number after it.
	decided INTEGER NOT NULL CHECK (decided >= 0),
	-- How many records use the user's limit.
	used INTEGER NOT NULL CHECK (used >= 0),
	-- How many records were not rejected.
	live INTEGER NOT NULL CHECK (live >= 0),
	cycles TEXT,
	blocked TEXT,
	PRIMARY KEY (user_id, reward)
) STRICT, WITHOUT ROWID;

-- Reward records with their moves.
CREATE TABLE {rewards} (
	user_id TEXT NOT NULL,
	reward TEXT NOT NULL,
	-- Which match of the user's it was, counted from 1, with gaps for those that were blocked.
	n INTEGER NOT NULL,
	-- The state as stored: a claimable record has lapsed from its deadline on.
	status TEXT NOT NULL CHECK (status IN ('pending', 'claimable', 'granted', 'rejected', 'deducted', 'lapsed')),
	asset TEXT NOT NULL,
	amount TEXT NOT NULL CHECK (amount NOT GLOB '*[^0-9.-]*' AND amount NOT GLOB '?*-*' AND amount NOT GLOB '*.*.*' AND amount GLOB '*[0-9]' AND ltrim(amount, '-') GLOB '[0-9]*'),
	revision INTEGER NOT NULL,
	-- How many moves it has had.
	seq INTEGER NOT NULL,
	-- The ID of the event that decided it.
	event TEXT NOT NULL,
	meta TEXT,
	made TEXT NOT NULL,
	deadline TEXT,
	-- This and the next three columns are the terms of its grant; claim_within is in nanoseconds.
	claim INTEGER NOT NULL CHECK (claim IN (0, 1)),
	no_deduct INTEGER NOT NULL CHECK (no_deduct IN (0, 1)),
	keep_rejected INTEGER NOT NULL CHECK (keep_rejected IN (0, 1)),
	claim_within INTEGER NOT NULL,
	-- The ordinal of the cycle whose limit it uses, if cycled.
	cycle INTEGER NOT NULL,
	cycled INTEGER NOT NULL CHECK (cycled IN (0, 1)),
	-- The counters of which each holds one for this record.
	counters TEXT,
	-- The group in which the amount counts, or empty.
	cap_group TEXT NOT NULL,
	moves TEXT,
	PRIMARY KEY (user_id, reward, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX "{prefix}rewards_user" ON {rewards} (user_id, made, reward, n);
CREATE INDEX "{prefix}rewards_reward" ON {rewards} (reward, made, user_id, n);
CREATE INDEX "{prefix}rewards_open" ON {rewards} (made, user_id, reward, n) WHERE status IN ('pending', 'claimable');

-- How much a user has got of an asset from a group of rewards.
CREATE TABLE {caps} (
	user_id TEXT NOT NULL,
	reward_group TEXT NOT NULL,
	asset TEXT NOT NULL,
	used TEXT NOT NULL CHECK (used NOT GLOB '*[^0-9.-]*' AND used NOT GLOB '?*-*' AND used NOT GLOB '*.*.*' AND used GLOB '*[0-9]' AND ltrim(used, '-') GLOB '[0-9]*'),
	PRIMARY KEY (user_id, reward_group, asset)
) STRICT, WITHOUT ROWID;

-- The ledger: amounts moved between two accounts of a user. Never replaced, never deleted.
CREATE TABLE {transfers} (
	user_id TEXT NOT NULL,
	-- What moved the amount: of a reward record it is reward.n#seq, such as RS000910.3#2 for the second move of the third. To join rewards, compare user_id, and what stands before the # with reward, a dot and n. It is no id of causes: that move is RS000910/3/2 there, and the first move of a record came with the event in rewards.event.
	cause TEXT NOT NULL,
	-- Tells the transfers of one cause apart.
	leg INTEGER NOT NULL CHECK (leg >= 0),
	debit TEXT NOT NULL,
	credit TEXT NOT NULL,
	asset TEXT NOT NULL,
	amount TEXT NOT NULL CHECK (amount NOT GLOB '*[^0-9.]*' AND amount NOT GLOB '*.*.*' AND amount GLOB '[0-9]*' AND amount GLOB '*[0-9]' AND amount GLOB '*[1-9]*'),
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	made TEXT,
	-- The place in the user's statement of the asset; 0 for transfers that are in none.
	seq INTEGER NOT NULL CHECK (seq >= 0),
	-- What was available after it.
	after TEXT CHECK (after NOT GLOB '*[^0-9.-]*' AND after NOT GLOB '?*-*' AND after NOT GLOB '*.*.*' AND after GLOB '*[0-9]' AND ltrim(after, '-') GLOB '[0-9]*'),
	PRIMARY KEY (user_id, cause, leg),
	CHECK (debit <> credit)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX "{prefix}transfers_account" ON {transfers} (user_id, asset, seq) WHERE seq <> 0;

-- The balance of each account of a user: the sum of its transfers.
CREATE TABLE {balances} (
	user_id TEXT NOT NULL,
	-- What the balance means: available to the user, or issued by the programme.
	kind TEXT NOT NULL,
	asset TEXT NOT NULL,
	value TEXT NOT NULL CHECK (value NOT GLOB '*[^0-9.-]*' AND value NOT GLOB '?*-*' AND value NOT GLOB '*.*.*' AND value GLOB '*[0-9]' AND ltrim(value, '-') GLOB '[0-9]*'),
	seq INTEGER NOT NULL CHECK (seq >= 0),
	PRIMARY KEY (user_id, kind, asset)
) STRICT, WITHOUT ROWID;

-- What users share: how much of a budget is used. Its bound stands in the catalog.
CREATE TABLE {counters} (
	name TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 256),
	used INTEGER NOT NULL CHECK (used >= 0),
	-- Nothing can be taken any more.
	closed INTEGER NOT NULL CHECK (closed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The catalog: every form that every document ever had. The body is the engine's, JSON in UTF-8.
CREATE TABLE {documents} (
	kind TEXT NOT NULL,
	code TEXT NOT NULL,
	revision INTEGER NOT NULL CHECK (revision > 0),
	body BLOB NOT NULL,
	PRIMARY KEY (kind, code, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX "{prefix}documents_revision" ON {documents} (revision, kind, code);

-- One row: the stamp of the catalog. The hash is chained over all that was put.
CREATE TABLE {catalog} (
	one INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
	revision INTEGER NOT NULL CHECK (revision >= 0),
	hash BLOB NOT NULL CHECK (length(hash) = 16)
) STRICT;
INSERT INTO {catalog} (revision, hash) VALUES (0, zeroblob(16));

INSERT INTO {schema_versions} (version, name) VALUES (1, 'core');
