/**
 * Browsing and removing dead letters.
 */
import type { Address, DeadLetterPage } from '../../../broker/types';
import type { CommandContext } from '../../../sqlite/sqliteModule';
import { channelName } from './addresses';
import { MESSAGE_COLUMNS, type MessageRow, toWireMessage } from './messages';

type DeadLetters = Extract<Address, { kind: 'dead-letters' }>;

const AT_ADDRESS = `m.address IN
	(SELECT id FROM address WHERE kind = 'dead-letters' AND channel = ?1 AND (?2 = '' OR of_group = ?2))`;

/** Oldest first. A page ends early rather than carry more than `maxBytes` of bodies. */
export function listDeadLetters(
	{ sql }: CommandContext,
	args: { readonly of: DeadLetters; readonly after: string | null; readonly limit: number; readonly maxBytes: number },
): DeadLetterPage {
	const items: { id: string; message: ReturnType<typeof toWireMessage> }[] = [];
	let after = args.after === null ? 0 : Number(args.after);
	let bytes = 0;
	for (;;) {
		const row = sql.get<MessageRow>(
			`SELECT ${MESSAGE_COLUMNS} FROM message m WHERE ${AT_ADDRESS} AND m.seq > ?3 ORDER BY m.seq LIMIT 1`,
			channelName(args.of.of),
			args.of.group ?? '',
			after,
		);
		if (!row) return { items, next: null, complete: true };
		bytes += row.body.byteLength;
		if (items.length >= args.limit || (items.length > 0 && bytes > args.maxBytes)) {
			return { items, next: String(after), complete: true };
		}
		items.push({ id: String(row.seq), message: toWireMessage(row, null) });
		after = row.seq;
	}
}

/** Returns how many were removed. */
export function removeDeadLetters(
	{ sql }: CommandContext,
	{ of, ids }: { readonly of: DeadLetters; readonly ids: readonly string[] },
): number {
	let removed = 0;
	for (const id of ids) {
		const seq = Number(id);
		if (!Number.isSafeInteger(seq)) continue;
		const gone = sql.run(
			`DELETE FROM message AS m WHERE ${AT_ADDRESS} AND m.seq = ?3`,
			channelName(of.of),
			of.group ?? '',
			seq,
		);
		if (gone > 0) sql.run('DELETE FROM delivery WHERE seq = ?', seq);
		removed += gone;
	}
	return removed;
}
