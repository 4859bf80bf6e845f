-- The versions of the schema. Each migration adds its own.
CREATE TABLE IF NOT EXISTS {schema_versions} (
	version integer PRIMARY KEY CHECK (version > 0),
	name text NOT NULL,
	applied timestamptz NOT NULL DEFAULT now()
);

-- A user's rows are an aggregate: each write compares and raises the version.
CREATE TABLE {users} (
	id text COLLATE "C" PRIMARY KEY CHECK (octet_length(id) BETWEEN 1 AND 128),
	version bigint NOT NULL CHECK (version >= 0)
) WITH (fillfactor = 70);
COMMENT ON TABLE {users} IS 'One row a user: the version of everything else that is stored of the user.';
COMMENT ON COLUMN {users}.version IS 'Compared and raised by each write. It may rise without a change.';

CREATE TABLE {causes} (
	user_id text COLLATE "C" NOT NULL,
	type text COLLATE "C" NOT NULL,
	id text COLLATE "C" NOT NULL,
	hash bytea NOT NULL CHECK (octet_length(hash) = 32),
	decided timestamptz,
	revision bigint NOT NULL,
	task text COLLATE "C",
	happened timestamptz,
	growth bigint NOT NULL,
	finish boolean NOT NULL,
	attrs json,
	meta json,
	time_given boolean NOT NULL,
	accepted boolean NOT NULL,
	ignored text NOT NULL,
	event_revision bigint NOT NULL,
	seq bigint NOT NULL,
	arrived timestamptz,
	move json,
	outcome json,
	PRIMARY KEY (user_id, type, id)
);
CREATE INDEX "{prefix}causes_task" ON {causes} (user_id, task, seq, id) WHERE type = 'event' AND task IS NOT NULL;
COMMENT ON TABLE {causes} IS 'What was recorded, once and for good: events (type event) and calls, each with what it led to. Never replaced: recounts and repeats are answered from it.';
COMMENT ON COLUMN {causes}.hash IS 'SHA-256 of what was asked for.';
COMMENT ON COLUMN {causes}.decided IS 'The engine''s clock.';
COMMENT ON COLUMN {causes}.revision IS 'The catalog revision it was decided under.';
COMMENT ON COLUMN {causes}.task IS 'The event''s task. NULL for causes that are no event; the columns from here to arrived are then empty.';
COMMENT ON COLUMN {causes}.happened IS 'When the event happened.';
COMMENT ON COLUMN {causes}.time_given IS 'Whether the caller gave that time.';
COMMENT ON COLUMN {causes}.accepted IS 'Whether the event counts.';
COMMENT ON COLUMN {causes}.ignored IS 'Why it finished nothing by itself, or empty.';
COMMENT ON COLUMN {causes}.seq IS 'The order of arrival among the user''s events.';
COMMENT ON COLUMN {causes}.move IS 'The call, for causes that move a reward record.';
COMMENT ON COLUMN {causes}.outcome IS 'The task records it changed, the reward records it made, what was blocked, how many matches it left due.';

CREATE TABLE {tasks} (
	user_id text COLLATE "C" NOT NULL,
	task text COLLATE "C" NOT NULL,
	period bigint NOT NULL,
	level bigint NOT NULL CHECK (level >= 0),
	growth bigint NOT NULL,
	goal bigint NOT NULL,
	times bigint NOT NULL,
	finished boolean NOT NULL,
	sum bigint NOT NULL CHECK (sum >= 0),
	finishes bigint NOT NULL CHECK (finishes >= 0),
	first timestamptz,
	last timestamptz,
	created timestamptz,
	updated timestamptz,
	PRIMARY KEY (user_id, task, period)
) WITH (fillfactor = 80);
COMMENT ON TABLE {tasks} IS 'How far a user has come with a task in one of its periods.';
COMMENT ON COLUMN {tasks}.period IS 'The ordinal of the day, week or month, counted from the one that holds 1970-01-01; 0 for tasks without periods.';
COMMENT ON COLUMN {tasks}.goal IS 'The growth the next completion or level needs.';
COMMENT ON COLUMN {tasks}.sum IS 'The growth of all events that count; everything else follows from it and from finishes.';
COMMENT ON COLUMN {tasks}.first IS 'The earliest time of an event that counts; last is the latest.';

CREATE TABLE {tallies} (
	user_id text COLLATE "C" NOT NULL,
	task text COLLATE "C" NOT NULL,
	revision bigint NOT NULL,
	cells json,
	PRIMARY KEY (user_id, task)
) WITH (fillfactor = 80);
COMMENT ON TABLE {tallies} IS 'What the leaves of rules have counted on a task of a user.';
COMMENT ON COLUMN {tallies}.revision IS 'Up to which catalog revision the cells are complete.';

CREATE TABLE {tally_values} (
	user_id text COLLATE "C" NOT NULL,
	task text COLLATE "C" NOT NULL,
	leaf text COLLATE "C" NOT NULL,
	outer_period bigint NOT NULL,
	hash bytea NOT NULL CHECK (octet_length(hash) = 16),
	PRIMARY KEY (user_id, task, leaf, outer_period, hash)
);
COMMENT ON TABLE {tally_values} IS 'The different values that a leaf of a rule has counted, each by the first half of its SHA-256.';

CREATE TABLE {entitlements} (
	user_id text COLLATE "C" NOT NULL,
	reward text COLLATE "C" NOT NULL,
	decided bigint NOT NULL CHECK (decided >= 0),
	used bigint NOT NULL CHECK (used >= 0),
	live bigint NOT NULL CHECK (live >= 0),
	cycles json,
	blocked json,
	PRIMARY KEY (user_id, reward)
) WITH (fillfactor = 80);
COMMENT ON TABLE {entitlements} IS 'What a user''s matches of a reward came to.';
COMMENT ON COLUMN {entitlements}.decided IS 'How many matches were granted or blocked. The next record has the number after it.';
COMMENT ON COLUMN {entitlements}.used IS 'How many records use the user''s limit.';
COMMENT ON COLUMN {entitlements}.live IS 'How many records were not rejected.';

CREATE TABLE {rewards} (
	user_id text COLLATE "C" NOT NULL,
	reward text COLLATE "C" NOT NULL,
	n bigint NOT NULL,
	status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'claimable', 'granted', 'rejected', 'deducted', 'lapsed')),
	asset text COLLATE "C" NOT NULL,
	amount numeric NOT NULL CHECK (abs(amount) < 1e38),
	revision bigint NOT NULL,
	seq bigint NOT NULL,
	event text COLLATE "C" NOT NULL,
	meta json,
	made timestamptz NOT NULL,
	deadline timestamptz,
	claim boolean NOT NULL,
	no_deduct boolean NOT NULL,
	keep_rejected boolean NOT NULL,
	claim_within bigint NOT NULL,
	cycle bigint NOT NULL,
	cycled boolean NOT NULL,
	counters json,
	cap_group text COLLATE "C" NOT NULL,
	moves json,
	PRIMARY KEY (user_id, reward, n)
);
CREATE INDEX "{prefix}rewards_user" ON {rewards} (user_id, made, reward, n);
CREATE INDEX "{prefix}rewards_reward" ON {rewards} (reward, made, user_id, n);
CREATE INDEX "{prefix}rewards_open" ON {rewards} (made, user_id, reward, n) WHERE status IN ('pending', 'claimable');
COMMENT ON TABLE {rewards} IS 'Reward records with their moves.';
COMMENT ON COLUMN {rewards}.n IS 'Which match of the user''s it was, counted from 1, with gaps for those that were blocked.';
COMMENT ON COLUMN {rewards}.status IS 'The state as stored: a claimable record has lapsed from its deadline on.';
COMMENT ON COLUMN {rewards}.seq IS 'How many moves it has had.';
COMMENT ON COLUMN {rewards}.event IS 'The ID of the event that decided it.';
COMMENT ON COLUMN {rewards}.claim IS 'This and the next three columns are the terms of its grant; claim_within is in nanoseconds.';
COMMENT ON COLUMN {rewards}.cycle IS 'The ordinal of the cycle whose limit it uses, if cycled.';
COMMENT ON COLUMN {rewards}.counters IS 'The counters of which each holds one for this record.';
COMMENT ON COLUMN {rewards}.cap_group IS 'The group in which the amount counts, or empty.';

CREATE TABLE {caps} (
	user_id text COLLATE "C" NOT NULL,
	reward_group text COLLATE "C" NOT NULL,
	asset text COLLATE "C" NOT NULL,
	used numeric NOT NULL CHECK (abs(used) < 1e38),
	PRIMARY KEY (user_id, reward_group, asset)
) WITH (fillfactor = 80);
COMMENT ON TABLE {caps} IS 'How much a user has got of an asset from a group of rewards.';

CREATE TABLE {transfers} (
	user_id text COLLATE "C" NOT NULL,
	cause text COLLATE "C" NOT NULL,
	leg bigint NOT NULL CHECK (leg >= 0),
	debit text COLLATE "C" NOT NULL,
	credit text COLLATE "C" NOT NULL,
	asset text COLLATE "C" NOT NULL,
	amount numeric NOT NULL CHECK (amount > 0 AND amount < 1e38),
	actor text NOT NULL,
	reason text NOT NULL,
	made timestamptz,
	seq bigint NOT NULL CHECK (seq >= 0),
	after numeric CHECK (abs(after) < 1e38),
	PRIMARY KEY (user_id, cause, leg),
	CHECK (debit <> credit)
);
CREATE UNIQUE INDEX "{prefix}transfers_account" ON {transfers} (user_id, asset, seq) WHERE seq <> 0;
COMMENT ON TABLE {transfers} IS 'The ledger: amounts moved between two accounts of a user. Never replaced, never deleted.';
COMMENT ON COLUMN {transfers}.cause IS 'What moved the amount: of a reward record it is reward.n#seq, such as RS000910.3#2 for the second move of the third. To join rewards, compare user_id, and what stands before the # with reward, a dot and n. It is no id of causes: that move is RS000910/3/2 there, and the first move of a record came with the event in rewards.event.';
COMMENT ON COLUMN {transfers}.leg IS 'Tells the transfers of one cause apart.';
COMMENT ON COLUMN {transfers}.seq IS 'The place in the user''s statement of the asset; 0 for transfers that are in none.';
COMMENT ON COLUMN {transfers}.after IS 'What was available after it.';

CREATE TABLE {balances} (
	user_id text COLLATE "C" NOT NULL,
	kind text COLLATE "C" NOT NULL,
	asset text COLLATE "C" NOT NULL,
	value numeric NOT NULL CHECK (abs(value) < 1e38),
	seq bigint NOT NULL CHECK (seq >= 0),
	PRIMARY KEY (user_id, kind, asset)
) WITH (fillfactor = 80);
COMMENT ON TABLE {balances} IS 'The balance of each account of a user: the sum of its transfers.';
COMMENT ON COLUMN {balances}.kind IS 'What the balance means: available to the user, or issued by the programme.';

CREATE TABLE {counters} (
	name text COLLATE "C" PRIMARY KEY CHECK (octet_length(name) BETWEEN 1 AND 256),
	used bigint NOT NULL CHECK (used >= 0),
	closed boolean NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE {counters} IS 'What users share: how much of a budget is used. Its bound stands in the catalog.';
COMMENT ON COLUMN {counters}.closed IS 'Nothing can be taken any more.';

CREATE TABLE {documents} (
	kind text COLLATE "C" NOT NULL,
	code text COLLATE "C" NOT NULL,
	revision bigint NOT NULL CHECK (revision > 0),
	body bytea NOT NULL,
	PRIMARY KEY (kind, code, revision)
);
CREATE INDEX "{prefix}documents_revision" ON {documents} (revision, kind, code);
COMMENT ON TABLE {documents} IS 'The catalog: every form that every document ever had. The body is the engine''s, JSON in UTF-8.';

CREATE TABLE {catalog} (
	one boolean PRIMARY KEY DEFAULT TRUE CHECK (one),
	revision bigint NOT NULL CHECK (revision >= 0),
	hash bytea NOT NULL CHECK (octet_length(hash) = 16)
);
COMMENT ON TABLE {catalog} IS 'One row: the stamp of the catalog. The hash is chained over all that was put.';
INSERT INTO {catalog} (revision, hash) VALUES (0, decode('00000000000000000000000000000000', 'hex'));

INSERT INTO {schema_versions} (version, name) VALUES (1, 'core');
