/**
 * The inbox's table and commands. What they mean: src/consumer/inbox.ts.
 */
import type { InboxEntry, InboxFailure } from '../../consumer/inbox';
import type { StoreContext } from './context';
import { type Dialect, wordsOf } from './dialect';
import { all, places, run, type SqlValue, type Steps } from './steps';

/** A row whose run was cut keeps its failure count this long after its lease, milliseconds: 7 days. */
const KEEP_UNFINISHED_MS = 7 * 24 * 60 * 60 * 1000;

export interface InboxContext extends StoreContext {
	/** Whose death frees the row at once, where the engine can tell; null: the lease alone does. */
	readonly process: string | null;
}

export function inboxMigrations(dialect: Dialect): readonly string[] {
	const { text, integer, end } = wordsOf(dialect);
	return [
		`CREATE TABLE inbox (
			key ${text} PRIMARY KEY,
			done ${integer} NOT NULL,
			-- Who runs it now; NULL: nobody.
			owner ${text},
			process ${text},
			lease_until ${integer} NOT NULL,
			failures ${integer} NOT NULL,
			first_failure_at ${integer},
			last_error ${text},
			not_before ${integer},
			-- Forgotten then.
			expires_at ${integer} NOT NULL
		) ${end};
		CREATE INDEX inbox_expiry ON inbox (expires_at);
		CREATE INDEX inbox_owned ON inbox (process) WHERE process IS NOT NULL;`,
	];
}

export interface Owned {
	readonly keys: readonly string[];
	readonly owner: string;
}

interface TakenRow {
	readonly key: string;
	readonly failures: number;
	readonly first_failure_at: number | null;
	readonly last_error: string | null;
	readonly not_before: number | null;
}

/** Takes what is free in one statement, so that two who ask at once cannot both get it; then looks why the rest is not. */
export function* begin(
	context: InboxContext,
	{ keys, owner, leaseMs }: Owned & { readonly leaseMs: number },
): Steps<readonly InboxEntry[]> {
	const taken = new Map((yield* take(context, keys, owner, leaseMs)).map((row) => [row.key, row] as const));
	const others = keys.filter((key) => !taken.has(key));
	const rows = others.length === 0 ? [] : yield* statesOf(others);
	const states = new Map(rows.map((row) => [row.key, row] as const));
	return keys.map((key): InboxEntry => {
		const row = taken.get(key);
		if (row) {
			return {
				state: 'new',
				failures: row.failures,
				firstFailureAt: row.first_failure_at,
				lastError: row.last_error,
				notBefore: row.not_before,
			};
		}
		const state = states.get(key);
		// Removed between the two statements: whoever had it gave it back, and asking again finds it free.
		if (!state) return { state: 'busy', until: context.now };
		return state.done ? { state: 'done' } : { state: 'busy', until: state.lease_until };
	});
}

function* take(
	{ now, process }: InboxContext,
	keys: readonly string[],
	owner: string,
	leaseMs: number,
): Steps<readonly TakenRow[]> {
	if (keys.length === 0) return [];
	const leaseUntil = now + leaseMs;
	// In one order everywhere, so that two who take the same keys cannot wait for each other.
	const rows = keys.toSorted().map((key) => [key, 0, owner, process, leaseUntil, 0, leaseUntil + KEEP_UNFINISHED_MS]);
	const ifKept = (column: string, otherwise: string) =>
		`${column} = CASE WHEN inbox.expires_at > ? OR inbox.lease_until > ? THEN inbox.${column} ELSE ${otherwise} END`;
	const values: SqlValue[] = rows.flat();
	return yield* all<TakenRow>(
		`INSERT INTO inbox (key, done, owner, process, lease_until, failures, expires_at)
		VALUES ${rows.map(() => `(${places(7)})`).join(', ')}
		ON CONFLICT (key) DO UPDATE SET done = 0, owner = excluded.owner, process = excluded.process,
			lease_until = excluded.lease_until,
			${ifKept('failures', '0')}, ${ifKept('first_failure_at', 'NULL')},
			${ifKept('last_error', 'NULL')}, ${ifKept('not_before', 'NULL')},
			expires_at = CASE WHEN inbox.expires_at > excluded.expires_at THEN inbox.expires_at ELSE excluded.expires_at END
		WHERE (inbox.owner IS NULL OR inbox.lease_until <= ?) AND (inbox.done = 0 OR inbox.expires_at <= ?)
		RETURNING key, failures, first_failure_at, last_error, not_before`,
		...values,
		...Array<number>(8).fill(now),
		now,
		now,
	);
}

function* statesOf(
	keys: readonly string[],
): Steps<readonly { readonly key: string; readonly done: number; readonly lease_until: number }[]> {
	return yield* all(`SELECT key, done, lease_until FROM inbox WHERE key IN (${places(keys.length)})`, ...keys);
}

export function* extend(
	{ now }: InboxContext,
	{ keys, owner, leaseMs }: Owned & { readonly leaseMs: number },
): Steps<void> {
	if (keys.length === 0) return;
	yield* run(
		`UPDATE inbox SET lease_until = ? WHERE owner = ? AND key IN (${places(keys.length)})`,
		now + leaseMs,
		owner,
		...keys,
	);
}

export function* finish(
	{ now }: InboxContext,
	{ keys, owner, keepMs }: Owned & { readonly keepMs: number },
): Steps<readonly boolean[]> {
	if (keys.length === 0) return [];
	const rows = yield* all<{ readonly key: string }>(
		`UPDATE inbox SET done = 1, owner = NULL, process = NULL, last_error = NULL, expires_at = ?
		WHERE owner = ? AND key IN (${places(keys.length)}) RETURNING key`,
		now + keepMs,
		owner,
		...keys,
	);
	const finished = new Set(rows.map(({ key }) => key));
	return keys.map((key) => finished.has(key));
}

export function* fail(
	{ now }: InboxContext,
	args: { readonly failures: readonly InboxFailure[]; readonly owner: string; readonly keepMs: number },
): Steps<readonly boolean[]> {
	const held: boolean[] = [];
	for (const { key, at, error, notBefore } of args.failures) {
		const rows = yield* all<object>(
			`UPDATE inbox SET owner = NULL, process = NULL, failures = failures + 1,
				first_failure_at = COALESCE(first_failure_at, ?), last_error = ?, not_before = ?, expires_at = ?
			WHERE key = ? AND owner = ? RETURNING key`,
			at,
			error,
			notBefore,
			Math.max(now, notBefore) + args.keepMs,
			key,
			args.owner,
		);
		held.push(rows.length > 0);
	}
	return held;
}

export function* release(_context: InboxContext, { keys, owner }: Owned): Steps<void> {
	if (keys.length === 0) return;
	const of = `owner = ? AND key IN (${places(keys.length)})`;
	yield* run(`DELETE FROM inbox WHERE ${of} AND failures = 0`, owner, ...keys);
	yield* run(`UPDATE inbox SET owner = NULL, process = NULL WHERE ${of}`, owner, ...keys);
}

/** Forgets what is over. Returns whether there may be more to do. */
export function* forgetProcessed({ now }: StoreContext, { limit }: { readonly limit: number }): Steps<boolean> {
	const gone = yield* all<object>(
		`DELETE FROM inbox WHERE key IN
			(SELECT key FROM inbox WHERE expires_at <= ? AND (owner IS NULL OR lease_until <= ?) LIMIT ?) RETURNING key`,
		now,
		now,
		limit,
	);
	return gone.length === limit;
}

export const inboxCommands = { begin, extend, finish, fail, release };
