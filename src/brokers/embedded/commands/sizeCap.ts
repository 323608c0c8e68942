/**
 * The size cap of the file: settled history goes first, unread messages never.
 */
import type { WireMessage } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';
import type { Sql } from '../../../sqlite/sql';
import type { CommandContext } from '../../../sqlite/sqliteModule';

/** Indexes, delivery rows and page overhead of a message, a generous estimate, bytes. */
const OVERHEAD_BYTES = 1024;
const TRIM_ROWS = 500;
/** After a search found nothing to remove, publishes are refused without another search for so long, milliseconds. */
const SEARCH_AGAIN_MS = 2_000;

const nothingUntil = new WeakMap<Sql, number>();

/** @throws EventBusError `storage` when even without its history the file would outgrow the cap */
export function makeRoom({ sql, now }: CommandContext, messages: readonly WireMessage[], maxFileBytes: number): void {
	const needed = messages.reduce((sum, message) => sum + message.body.byteLength + OVERHEAD_BYTES, 0);
	while (usedBytes(sql) + needed > maxFileBytes) {
		const mayTrim = (nothingUntil.get(sql) ?? 0) <= now;
		if (mayTrim && trimHistory(sql) > 0) continue;
		if (mayTrim) nothingUntil.set(sql, now + SEARCH_AGAIN_MS);
		throw new EventBusError('storage', `The embedded broker is full: ${megabytes(maxFileBytes)} MB of unread events`, {
			hint:
				'Activate or delete the consumer groups that nobody reads (Channel → Get Status lists them), ' +
				'discard dead letters, or raise the size limit in the Event Bus credential',
			retryable: true,
		});
	}
}

/** Bytes of the pages in use; the file itself keeps free pages for later. */
export function usedBytes(sql: Sql): number {
	const pages = sql.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
	const free = sql.get<{ freelist_count: number }>('PRAGMA freelist_count')?.freelist_count ?? 0;
	const size = sql.get<{ page_size: number }>('PRAGMA page_size')?.page_size ?? 0;
	return (pages - free) * size;
}

/** Removes the oldest messages of channels that every group has settled. Returns how many. */
function trimHistory(sql: Sql): number {
	return sql.run(
		`DELETE FROM message WHERE seq IN (
			SELECT m.seq FROM message m JOIN address a ON a.id = m.address
			WHERE a.kind = 'channel' AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.seq = m.seq)
			ORDER BY m.seq LIMIT ${TRIM_ROWS})`,
	);
}

function megabytes(bytes: number): number {
	return Math.round(bytes / 1024 / 1024);
}
