/**
 * The embedded broker's tables.
 *
 * A message is stored once and kept as history; a delivery row says that one group still has to settle it. One column,
 * `visible_at`, is both the time a delivery is due and the end of its lease, so a claim is one range of one index.
 */
export const BROKER_MIGRATIONS: readonly string[] = [
	`CREATE TABLE address (
		id INTEGER PRIMARY KEY,
		kind TEXT NOT NULL CHECK (kind IN ('channel', 'dead-letters')),
		channel TEXT NOT NULL,
		-- Whose dead letters; '' for a channel, and for readers of the dead letters of every group.
		of_group TEXT NOT NULL,
		UNIQUE (kind, channel, of_group)
	) STRICT;

	CREATE TABLE message (
		seq INTEGER PRIMARY KEY AUTOINCREMENT,
		address INTEGER NOT NULL REFERENCES address (id),
		-- The only group that sees it (a redrive), which is no part of the history; NULL: everybody.
		only_for INTEGER,
		id TEXT NOT NULL,
		type TEXT NOT NULL,
		version TEXT,
		key TEXT NOT NULL,
		published_at INTEGER NOT NULL,
		not_before INTEGER,
		expires_at INTEGER,
		headers TEXT NOT NULL,
		-- Last, so that a scan of the columns above does not read the pages of large bodies.
		body BLOB NOT NULL
	) STRICT;
	CREATE INDEX message_place ON message (address);
	CREATE INDEX message_time ON message (address, published_at);
	CREATE INDEX message_private ON message (only_for) WHERE only_for IS NOT NULL;

	CREATE TABLE consumer_group (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		address INTEGER NOT NULL REFERENCES address (id),
		name TEXT NOT NULL,
		-- Canonical JSON array of patterns.
		types TEXT NOT NULL,
		lifetime TEXT NOT NULL CHECK (lifetime IN ('durable', 'ephemeral')),
		generation INTEGER NOT NULL,
		retention_ms INTEGER NOT NULL,
		-- When its position was last set; retention does not count from before.
		started_at INTEGER NOT NULL,
		last_read_at INTEGER NOT NULL,
		expired INTEGER NOT NULL,
		UNIQUE (address, name)
	) STRICT;

	CREATE TABLE member (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		grp INTEGER NOT NULL REFERENCES consumer_group (id),
		process TEXT NOT NULL,
		consumer TEXT NOT NULL,
		ordered INTEGER NOT NULL
	) STRICT;
	CREATE INDEX member_of ON member (grp);

	CREATE TABLE delivery (
		grp INTEGER NOT NULL,
		seq INTEGER NOT NULL,
		visible_at INTEGER NOT NULL,
		-- Its place in the queue: what visible_at was before it was handed out.
		due_at INTEGER NOT NULL,
		key TEXT NOT NULL,
		-- The member that was handed it last; NULL: nobody, or it was given back.
		owner INTEGER,
		-- Counts hand-outs: a settlement with an older number is refused.
		fence INTEGER NOT NULL,
		receives INTEGER NOT NULL,
		-- Merged over the message's headers; NULL: none.
		headers TEXT,
		PRIMARY KEY (grp, seq)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX delivery_due ON delivery (grp, visible_at, seq);
	CREATE INDEX delivery_key ON delivery (grp, key, visible_at) WHERE key <> '';
	CREATE INDEX delivery_message ON delivery (seq);`,
];
