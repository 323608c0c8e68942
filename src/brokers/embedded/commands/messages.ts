/**
 * How a message stands in a row, and how it comes out again.
 */
import type { WireMessage } from '../../../broker/types';
import { HEADER } from '../../../event/headers';
import type { Sql } from '../../../sqlite/sql';

export interface MessageRow {
	readonly seq: number;
	readonly id: string;
	readonly type: string;
	readonly key: string;
	readonly not_before: number | null;
	readonly expires_at: number | null;
	readonly headers: string;
	readonly body: Uint8Array;
}

export const MESSAGE_COLUMNS = 'm.seq, m.id, m.type, m.key, m.not_before, m.expires_at, m.headers, m.body';

export interface Placed {
	readonly address: number;
	/** null: part of the history, for every group. */
	readonly onlyFor: number | null;
}

/** Returns its sequence number. */
export function insertMessage(sql: Sql, message: WireMessage, { address, onlyFor }: Placed, now: number): number {
	return sql.insert(
		`INSERT INTO message
			(address, only_for, id, type, version, key, published_at, not_before, expires_at, headers, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		address,
		onlyFor,
		message.id,
		message.type,
		versionOf(message),
		message.orderingKey ?? '',
		now,
		message.notBefore ?? null,
		message.expiresAt ?? null,
		JSON.stringify(message.headers),
		message.body,
	);
}

/** @param added headers of the delivery, as JSON; they win */
export function toWireMessage(row: MessageRow, added: string | null): WireMessage {
	const headers = JSON.parse(row.headers) as Record<string, string>;
	return {
		id: row.id,
		type: row.type,
		body: row.body,
		headers: added === null ? headers : { ...headers, ...(JSON.parse(added) as Record<string, string>) },
		...(row.key === '' ? {} : { orderingKey: row.key }),
		...(row.not_before === null ? {} : { notBefore: row.not_before }),
		...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
	};
}

/** null: a foreign message, which no version in a pattern can rule out. */
export function versionOf(message: WireMessage): string | null {
	return message.headers[HEADER.eventVersion] ?? null;
}
