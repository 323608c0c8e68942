/**
 * The two connections to a file: one that writes, one that reads. Loads node:sqlite, so only the worker imports it.
 */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { EventBusError } from '../kernel/errors';
import { Sql } from './sql';
import { isBusy, lockedTooLong } from './sqliteError';

/** 'EBus' in ASCII, in the header of every file of ours (PRAGMA application_id). */
const APPLICATION_ID = 0x45427573;

/** Between two looks at a lock that somebody else holds for a moment. */
export const BUSY_RETRY_MS = 5;

/** A WAL that grew in a burst is cut back to this at the next checkpoint, bytes. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Opens for writing. Throws SQLITE_BUSY while somebody else holds the lock; the caller tries again.
 * synchronous=FULL: a commit survives a power failure.
 * @throws EventBusError `settings` when the file belongs to another program
 */
export function openForWriting(file: string): Sql {
	const database = new DatabaseSync(file, { timeout: 0 });
	try {
		const sql = new Sql(database);
		refuseForeignDatabase(sql, file);
		sql.execute(
			`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES};
			PRAGMA application_id = ${APPLICATION_ID}`,
		);
		return sql;
	} catch (error) {
		database.close();
		throw error;
	}
}

export function openForReading(file: string): Sql {
	return new Sql(new DatabaseSync(file, { timeout: 0, readOnly: true }));
}

/** Somebody who names n8n's own database must not find our tables in it. */
function refuseForeignDatabase(sql: Sql, file: string): void {
	const id = sql.get<{ application_id: number }>('PRAGMA application_id')?.application_id;
	if (id === APPLICATION_ID) return;
	const tables = sql.get<{ count: number }>('SELECT COUNT(*) AS count FROM sqlite_master')?.count;
	if (id === 0 && tables === 0) return;
	throw new EventBusError('settings', `${file} is the database of another program`, {
		hint: 'Name a file of its own for the event bus',
	});
}

/**
 * Before each transaction: SQLite would go on writing into a deleted file, and everything stored would be gone at the next start.
 * @throws EventBusError `storage`
 */
export function refuseReplacedFile(file: string, inode: number): void {
	if (statSync(file, { throwIfNoEntry: false })?.ino === inode) return;
	throw new EventBusError('storage', `${file} was deleted or replaced while it was open`, {
		hint: 'Put the file back, or restart n8n to begin with an empty one',
	});
}

/** Opens as soon as nobody holds the lock. @throws EventBusError `timeout` at the deadline, milliseconds since the epoch */
export async function untilFree<T>(file: string, deadline: number, open: () => T): Promise<T> {
	for (;;) {
		try {
			return open();
		} catch (error) {
			if (!isBusy(error)) throw error;
			if (Date.now() >= deadline) throw lockedTooLong(file);
			await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS * (1 + Math.random())));
		}
	}
}
