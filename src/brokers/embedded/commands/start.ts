/**
 * Where a group begins: the part of the history that becomes its deliveries.
 */
import type { FixedStart, SubscribeOptions } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';
import type { Sql } from '../../../sqlite/sql';
import type { CommandContext } from '../../../sqlite/sqliteModule';
import { findAddress } from './addresses';
import { insertDelivery } from './deliveries';
import { groupTopic } from './topics';
import { wantsOf } from './typeFilter';

/** Rows looked at in one go, so that a long history does not have to fit into memory. */
const PAGE = 5_000;

interface PastRow {
	readonly seq: number;
	readonly type: string;
	readonly version: string | null;
	readonly key: string;
	readonly due_at: number;
}

/**
 * Gives the group a delivery for every past message from `start` on that it wants.
 * @throws EventBusError `settings` when the cursor is not one of ours
 */
export function fillFrom(
	{ sql, notify }: CommandContext,
	from: SubscribeOptions['from'],
	{ group, types, start }: { readonly group: number; readonly types: string; readonly start: FixedStart },
): void {
	const first = firstPlace(start);
	if (first === null) return;
	const wants = wantsOf(types);
	for (const address of addressesBehind(sql, from)) {
		for (let after = first.seq - 1, page = pageOf(sql, address, after, first.time); page.length > 0;) {
			for (const row of page) {
				if (!wants(row.type, row.version)) continue;
				insertDelivery(sql, { group, seq: row.seq, dueAt: row.due_at, key: row.key });
			}
			after = page.at(-1)?.seq ?? after;
			page = pageOf(sql, address, after, first.time);
		}
	}
	notify(groupTopic(group));
}

/** The first message that counts: by number and by time of publishing. null: none of the past. */
function firstPlace(start: FixedStart): { readonly seq: number; readonly time: number } | null {
	switch (start.at) {
		case 'latest':
			return null;
		case 'earliest':
			return { seq: 0, time: 0 };
		case 'time':
			return { seq: 0, time: start.time };
		case 'cursor':
			// Goes on after the message at the cursor: a cursor says what has been seen.
			return { seq: seqOf(start.cursor) + 1, time: 0 };
	}
}

function seqOf(cursor: string): number {
	if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
	throw new EventBusError('settings', `"${cursor.slice(0, 40)}" is not a position of the embedded broker`, {
		hint: 'Use the position of an event of this channel, as it stands in delivery.position',
	});
}

/** Listening to the dead letters of all groups reads many addresses; everything else is one. */
function addressesBehind(sql: Sql, from: SubscribeOptions['from']): readonly number[] {
	if (from.kind !== 'dead-letters' || from.group !== null) {
		const id = findAddress(sql, from);
		return id === null ? [] : [id];
	}
	const channel = from.of.kind === 'channel' ? from.of.channel : from.of.name;
	return sql
		.all<{ id: number }>("SELECT id FROM address WHERE kind = 'dead-letters' AND channel = ?", channel)
		.map(({ id }) => id);
}

function pageOf(sql: Sql, address: number, after: number, time: number): PastRow[] {
	return sql.all<PastRow>(
		`SELECT seq, type, version, key, MAX(published_at, COALESCE(not_before, 0)) AS due_at FROM message
		WHERE address = ? AND seq > ? AND published_at >= ? AND only_for IS NULL ORDER BY seq LIMIT ${PAGE}`,
		address,
		after,
		time,
	);
}
