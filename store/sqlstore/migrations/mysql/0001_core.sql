-- MySQL has no transactions for tables, so each statement here may be run again after one that was interrupted.
--
-- Codes, IDs and names are VARBINARY: of the collations that count case, accents and trailing blanks none is known to both MySQL and
-- MariaDB. Documents and what people wrote are utf8mb4. Instants are UTC to the microsecond. Truth is 1.

CREATE TABLE IF NOT EXISTS {schema_versions} (
	`version` INT NOT NULL PRIMARY KEY CHECK (version > 0),
	`name` VARBINARY(128) NOT NULL,
	`applied` DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6))
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='The versions of the schema. Each migration adds its own.';

CREATE TABLE IF NOT EXISTS {users} (
	`id` VARBINARY(128) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(id) BETWEEN 1 AND 128),
	`version` BIGINT NOT NULL COMMENT 'Compared and raised by each write. It may rise without a change.' CHECK (version >= 0)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='One row a user: the version of everything else that is stored of the user.';

CREATE TABLE IF NOT EXISTS {causes} (
	`user_id` VARBINARY(128) NOT NULL,
	`type` VARBINARY(32) NOT NULL,
	`id` VARBINARY(640) NOT NULL,
	`hash` BINARY(32) NOT NULL COMMENT 'SHA-256 of what was asked for.',
	`decided` DATETIME(6) COMMENT 'The engine''s clock.',
	`revision` BIGINT NOT NULL COMMENT 'The catalog revision it was decided under.',
	`task` VARBINARY(64) COMMENT 'The event''s task. NULL for causes that are no event; the columns from here to arrived are then empty.',
	`happened` DATETIME(6) COMMENT 'When the event happened.',
	`growth` BIGINT NOT NULL,
	`finish` TINYINT NOT NULL CHECK (`finish` IN (0, 1)),
	`attrs` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`meta` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`time_given` TINYINT NOT NULL COMMENT 'Whether the caller gave that time.' CHECK (`time_given` IN (0, 1)),
	`accepted` TINYINT NOT NULL COMMENT 'Whether the event counts.' CHECK (`accepted` IN (0, 1)),
	`ignored` VARBINARY(32) NOT NULL COMMENT 'Why it finished nothing by itself, or empty.',
	`event_revision` BIGINT NOT NULL,
	`seq` BIGINT NOT NULL COMMENT 'The order of arrival among the user''s events.',
	`arrived` DATETIME(6),
	`move` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'The call, for causes that move a reward record.',
	`outcome` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'The task records it changed, the reward records it made, what was blocked, how many matches it left due.',
	PRIMARY KEY (`user_id`, `type`, `id`),
	KEY `{prefix}causes_task` (`user_id`, `task`, `seq`, `id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='What was recorded, once and for good: events (type event) and calls, each with what it led to. Never replaced: recounts and repeats are answered from it.';

CREATE TABLE IF NOT EXISTS {tasks} (
	`user_id` VARBINARY(128) NOT NULL,
	`task` VARBINARY(64) NOT NULL,
	`period` BIGINT NOT NULL COMMENT 'The ordinal of the day, week or month, counted from the one that holds 1970-01-01; 0 for tasks without periods.',
	`level` BIGINT NOT NULL CHECK (level >= 0),
	`growth` BIGINT NOT NULL,
	`goal` BIGINT NOT NULL COMMENT 'The growth the next completion or level needs.',
	`times` BIGINT NOT NULL,
	`finished` TINYINT NOT NULL CHECK (`finished` IN (0, 1)),
	`sum` BIGINT NOT NULL COMMENT 'The growth of all events that count; everything else follows from it and from finishes.' CHECK (sum >= 0),
	`finishes` BIGINT NOT NULL CHECK (finishes >= 0),
	`first` DATETIME(6) COMMENT 'The earliest time of an event that counts; last is the latest.',
	`last` DATETIME(6),
	`created` DATETIME(6),
	`updated` DATETIME(6),
	PRIMARY KEY (`user_id`, `task`, `period`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='How far a user has come with a task in one of its periods.';

CREATE TABLE IF NOT EXISTS {tallies} (
	`user_id` VARBINARY(128) NOT NULL,
	`task` VARBINARY(64) NOT NULL,
	`revision` BIGINT NOT NULL COMMENT 'Up to which catalog revision the cells are complete.',
	`cells` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	PRIMARY KEY (`user_id`, `task`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='What the leaves of rules have counted on a task of a user.';

CREATE TABLE IF NOT EXISTS {tally_values} (
	`user_id` VARBINARY(128) NOT NULL,
	`task` VARBINARY(64) NOT NULL,
	`leaf` VARBINARY(32) NOT NULL,
	`outer_period` BIGINT NOT NULL,
	`hash` BINARY(16) NOT NULL,
	PRIMARY KEY (`user_id`, `task`, `leaf`, `outer_period`, `hash`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='The different values that a leaf of a rule has counted, each by the first half of its SHA-256.';

CREATE TABLE IF NOT EXISTS {entitlements} (
	`user_id` VARBINARY(128) NOT NULL,
	`reward` VARBINARY(64) NOT NULL,
	`decided` BIGINT NOT NULL COMMENT 'How many matches were granted or blocked. The next record has the number after it.' CHECK (decided >= 0),
	`used` BIGINT NOT NULL COMMENT 'How many records use the user''s limit.' CHECK (used >= 0),
	`live` BIGINT NOT NULL COMMENT 'How many records were not rejected.' CHECK (live >= 0),
	`cycles` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`blocked` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	PRIMARY KEY (`user_id`, `reward`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='What a user''s matches of a reward came to.';

CREATE TABLE IF NOT EXISTS {rewards} (
	`user_id` VARBINARY(128) NOT NULL,
	`reward` VARBINARY(64) NOT NULL,
	`n` BIGINT NOT NULL COMMENT 'Which match of the user''s it was, counted from 1, with gaps for those that were blocked.',
	`status` VARBINARY(16) NOT NULL COMMENT 'The state as stored: a claimable record has lapsed from its deadline on.' CHECK (status IN ('pending', 'claimable', 'granted', 'rejected', 'deducted', 'lapsed')),
	`asset` VARBINARY(64) NOT NULL,
	`amount` DECIMAL(56, 18) NOT NULL,
	`revision` BIGINT NOT NULL,
	`seq` BIGINT NOT NULL COMMENT 'How many moves it has had.',
	`event` VARBINARY(128) NOT NULL COMMENT 'The ID of the event that decided it.',
	`meta` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`made` DATETIME(6) NOT NULL,
	`deadline` DATETIME(6),
	`claim` TINYINT NOT NULL COMMENT 'This and the next three columns are the terms of its grant; claim_within is in nanoseconds.' CHECK (`claim` IN (0, 1)),
	`no_deduct` TINYINT NOT NULL CHECK (`no_deduct` IN (0, 1)),
	`keep_rejected` TINYINT NOT NULL CHECK (`keep_rejected` IN (0, 1)),
	`claim_within` BIGINT NOT NULL,
	`cycle` BIGINT NOT NULL COMMENT 'The ordinal of the cycle whose limit it uses, if cycled.',
	`cycled` TINYINT NOT NULL CHECK (`cycled` IN (0, 1)),
	`counters` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'The counters of which each holds one for this record.',
	`cap_group` VARBINARY(64) NOT NULL COMMENT 'The group in which the amount counts, or empty.',
	`moves` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`open` TINYINT AS (CASE WHEN `status` IN ('pending', 'claimable') THEN 1 END) VIRTUAL COMMENT '1 while something may still be done with it, else NULL.',
	PRIMARY KEY (`user_id`, `reward`, `n`),
	KEY `{prefix}rewards_user` (`user_id`, `made`, `reward`, `n`),
	KEY `{prefix}rewards_reward` (`reward`, `made`, `user_id`, `n`),
	KEY `{prefix}rewards_open` (`open`, `made`, `user_id`, `reward`, `n`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='Reward records with their moves.';

CREATE TABLE IF NOT EXISTS {caps} (
	`user_id` VARBINARY(128) NOT NULL,
	`reward_group` VARBINARY(64) NOT NULL,
	`asset` VARBINARY(64) NOT NULL,
	`used` DECIMAL(56, 18) NOT NULL,
	PRIMARY KEY (`user_id`, `reward_group`, `asset`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='How much a user has got of an asset from a group of rewards.';

CREATE TABLE IF NOT EXISTS {transfers} (
	`user_id` VARBINARY(128) NOT NULL,
	`cause` VARBINARY(640) NOT NULL COMMENT 'What moved the amount: of a reward record it is reward.n#seq, such as RS000910.3#2 for the second move of the third. To join rewards, compare user_id, and what stands before the # with reward, a dot and n. It is no id of causes: that move is RS000910/3/2 there, and the first move of a record came with the event in rewards.event.',
	`leg` BIGINT NOT NULL COMMENT 'Tells the transfers of one cause apart.' CHECK (leg >= 0),
	`debit` VARBINARY(32) NOT NULL,
	`credit` VARBINARY(32) NOT NULL,
	`asset` VARBINARY(64) NOT NULL,
	`amount` DECIMAL(56, 18) NOT NULL CHECK (amount > 0),
	`actor` VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`reason` VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`made` DATETIME(6),
	`seq` BIGINT NOT NULL COMMENT 'The place in the user''s statement of the asset; 0 for transfers that are in none.' CHECK (seq >= 0),
	`after` DECIMAL(56, 18) COMMENT 'What was available after it.',
	`placed` TINYINT AS (CASE WHEN `seq` <> 0 THEN 1 END) VIRTUAL COMMENT 'NULL where seq is 0, so that the unique key lets these repeat.',
	PRIMARY KEY (`user_id`, `cause`, `leg`),
	CHECK (debit <> credit),
	UNIQUE KEY `{prefix}transfers_account` (`user_id`, `asset`, `seq`, `placed`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='The ledger: amounts moved between two accounts of a user. Never replaced, never deleted.';

CREATE TABLE IF NOT EXISTS {balances} (
	`user_id` VARBINARY(128) NOT NULL,
	`kind` VARBINARY(32) NOT NULL COMMENT 'What the balance means: available to the user, or issued by the programme.',
	`asset` VARBINARY(64) NOT NULL,
	`value` DECIMAL(56, 18) NOT NULL,
	`seq` BIGINT NOT NULL CHECK (seq >= 0),
	PRIMARY KEY (`user_id`, `kind`, `asset`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='The balance of each account of a user: the sum of its transfers.';

CREATE TABLE IF NOT EXISTS {counters} (
	`name` VARBINARY(256) NOT NULL PRIMARY KEY CHECK (OCTET_LENGTH(name) BETWEEN 1 AND 256),
	`used` BIGINT NOT NULL CHECK (used >= 0),
	`closed` TINYINT NOT NULL COMMENT 'Nothing can be taken any more.' CHECK (`closed` IN (0, 1))
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='What users share: how much of a budget is used. Its bound stands in the catalog.';

CREATE TABLE IF NOT EXISTS {documents} (
	`kind` VARBINARY(128) NOT NULL,
	`code` VARBINARY(128) NOT NULL,
	`revision` BIGINT NOT NULL CHECK (revision > 0),
	`body` LONGBLOB NOT NULL,
	PRIMARY KEY (`kind`, `code`, `revision`),
	KEY `{prefix}documents_revision` (`revision`, `kind`, `code`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='The catalog: every form that every document ever had. The body is the engine''s, JSON in UTF-8.';

CREATE TABLE IF NOT EXISTS {catalog} (
	`one` TINYINT NOT NULL DEFAULT 1 PRIMARY KEY CHECK (one = 1),
	`revision` BIGINT NOT NULL CHECK (revision >= 0),
	`hash` BINARY(16) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='One row: the stamp of the catalog. The hash is chained over all that was put.';

INSERT IGNORE INTO {catalog} (`one`, `revision`, `hash`) VALUES (1, 0, x'00000000000000000000000000000000');

INSERT IGNORE INTO {schema_versions} (`version`, `name`) VALUES (1, 'core');
