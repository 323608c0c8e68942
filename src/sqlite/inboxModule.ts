/**
 * The inbox's table and commands, inside the thread that owns the file. What they mean: src/consumer/inbox.ts.
 */
import type { InboxEntry, InboxFailure } from '../consumer/inbox';
import type { CommandContext, SqliteModule } from './sqliteModule';

/** A row whose run was cut keeps its failure count this long after its lease, milliseconds: 7 days. */
const KEEP_UNFINISHED_MS = 7 * 24 * 60 * 60 * 1000;

const SWEEP_ROWS = 2000;

const MIGRATIONS: readonly string[] = [
	`CREATE TABLE inbox (
		key TEXT PRIMARY KEY,
		done INTEGER NOT NULL,
		-- Who runs it now; NULL: nobody.
		owner TEXT,
		process TEXT,
		lease_until INTEGER NOT NULL,
		failures INTEGER NOT NULL,
		first_failure_at INTEGER,
		last_error TEXT,
		not_before INTEGER,
		-- Forgotten then.
		expires_at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX inbox_expiry ON inbox (expires_at);
	CREATE INDEX inbox_owned ON inbox (process) WHERE process IS NOT NULL;`,
];

interface InboxRow {
	readonly done: number;
	readonly owner: string | null;
	readonly lease_until: number;
	readonly failures: number;
	readonly first_failure_at: number | null;
	readonly last_error: string | null;
	readonly not_before: number | null;
	readonly expires_at: number;
}

interface Owned {
	readonly keys: readonly string[];
	readonly owner: string;
}

function begin(context: CommandContext, args: Owned & { readonly leaseMs: number }): readonly InboxEntry[] {
	return args.keys.map((key) => beginOne(context, key, args.owner, args.leaseMs));
}

function beginOne({ sql, now, process }: CommandContext, key: string, owner: string, leaseMs: number): InboxEntry {
	const found = sql.get<InboxRow>('SELECT * FROM inbox WHERE key = ?', key);
	const isLeased = found?.owner != null && found.lease_until > now;
	// The lease of a long run outlives the row's own term.
	const row = found && (isLeased || found.expires_at > now) ? found : null;
	if (row?.done) return { state: 'done' };
	if (row && isLeased) return { state: 'busy', until: row.lease_until };
	const leaseUntil = now + leaseMs;
	sql.run(
		`INSERT INTO inbox (key, done, owner, process, lease_until, failures, first_failure_at, last_error, not_before, expires_at)
		VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET done = 0, owner = excluded.owner, process = excluded.process,
			lease_until = excluded.lease_until, failures = excluded.failures, first_failure_at = excluded.first_failure_at,
			last_error = excluded.last_error, not_before = excluded.not_before, expires_at = excluded.expires_at`,
		key,
		owner,
		process,
		leaseUntil,
		row?.failures ?? 0,
		row?.first_failure_at ?? null,
		row?.last_error ?? null,
		row?.not_before ?? null,
		Math.max(row?.expires_at ?? 0, leaseUntil + KEEP_UNFINISHED_MS),
	);
	return {
		state: 'new',
		failures: row?.failures ?? 0,
		firstFailureAt: row?.first_failure_at ?? null,
		lastError: row?.last_error ?? null,
		notBefore: row?.not_before ?? null,
	};
}

function extend({ sql, now }: CommandContext, args: Owned & { readonly leaseMs: number }): void {
	for (const key of args.keys) {
		sql.run('UPDATE inbox SET lease_until = ? WHERE key = ? AND owner = ?', now + args.leaseMs, key, args.owner);
	}
}

function finish({ sql, now }: CommandContext, args: Owned & { readonly keepMs: number }): readonly boolean[] {
	return args.keys.map(
		(key) =>
			sql.run(
				`UPDATE inbox SET done = 1, owner = NULL, process = NULL, last_error = NULL, expires_at = ?
				WHERE key = ? AND owner = ?`,
				now + args.keepMs,
				key,
				args.owner,
			) > 0,
	);
}

function fail(
	{ sql, now }: CommandContext,
	args: { readonly failures: readonly InboxFailure[]; readonly owner: string; readonly keepMs: number },
): readonly boolean[] {
	return args.failures.map(
		({ key, at, error, notBefore }) =>
			sql.run(
				`UPDATE inbox SET owner = NULL, process = NULL, failures = failures + 1,
					first_failure_at = COALESCE(first_failure_at, ?), last_error = ?, not_before = ?, expires_at = ?
				WHERE key = ? AND owner = ?`,
				at,
				error,
				notBefore,
				Math.max(now, notBefore) + args.keepMs,
				key,
				args.owner,
			) > 0,
	);
}

function release({ sql }: CommandContext, args: Owned): void {
	for (const key of args.keys) {
		sql.run('DELETE FROM inbox WHERE key = ? AND owner = ? AND failures = 0', key, args.owner);
		sql.run('UPDATE inbox SET owner = NULL, process = NULL WHERE key = ? AND owner = ?', key, args.owner);
	}
}

export const sqliteModule = {
	name: 'inbox',
	migrations: MIGRATIONS,
	reads: {},
	writes: { begin, extend, finish, fail, release },
	heartbeat: () => undefined,
	orphans({ sql }) {
		sql.run(
			`UPDATE inbox SET owner = NULL, process = NULL
			WHERE process IS NOT NULL AND process NOT IN (SELECT id FROM process)`,
		);
	},
	sweep({ sql, now }) {
		const removed = sql.run(
			`DELETE FROM inbox WHERE key IN
				(SELECT key FROM inbox WHERE expires_at <= ? AND (owner IS NULL OR lease_until <= ?) LIMIT ${SWEEP_ROWS})`,
			now,
			now,
		);
		return removed === SWEEP_ROWS;
	},
} satisfies SqliteModule;
