/**
 * Between messages and Kafka's records: headers are native, the ordering key is the record's key.
 */
import { packHeaders, unpackMessage } from '../../broker/packedMessage';
import type { WireMessage } from '../../broker/types';
import type { IncomingRecord, OutgoingRecord } from './protocol';

/** CloudEvents attributes travel percent-encoded as `ce-…` on HTTP, and as they are as `ce_…` on Kafka. */
const HTTP_PREFIX = 'ce-';
const KAFKA_PREFIX = 'ce_';

export function toRecord(
	message: WireMessage,
	now: number,
	key: string | null = message.orderingKey ?? null,
): OutgoingRecord {
	const { body } = message;
	return {
		key: key === null ? null : Buffer.from(key),
		value: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
		headers: Object.fromEntries(Object.entries(packHeaders(message)).map(kafkaHeader)),
		timestamp: String(now),
	};
}

/** What remains of something that was there: compaction removes the rest. */
export function tombstone(key: string, now: number): OutgoingRecord {
	return { key: Buffer.from(key), value: null, headers: {}, timestamp: String(now) };
}

/** @param cursor where the record is: the id of a message that has none */
export function toMessage(record: IncomingRecord, cursor: string, hasOwnKey: boolean): WireMessage {
	const headers = Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, textOf(value)]));
	return unpackMessage(record.value ?? new Uint8Array(), headers, {
		id: cursor,
		...(record.key !== null && hasOwnKey && { orderingKey: record.key.toString() }),
	});
}

export function sizeOf({ key, value, headers }: OutgoingRecord): number {
	const sizes = Object.entries(headers).map(([name, text]) => Buffer.byteLength(name) + Buffer.byteLength(text) + 4);
	return (key?.length ?? 0) + (value?.length ?? 0) + sizes.reduce((sum, size) => sum + size, 20);
}

function kafkaHeader([name, value]: [string, string]): [string, string] {
	if (!name.startsWith(HTTP_PREFIX)) return [name, value];
	return [`${KAFKA_PREFIX}${name.slice(HTTP_PREFIX.length)}`, decoded(value)];
}

function decoded(value: string): string {
	try {
		return decodeURIComponent(value);
	} catch {
		return value;
	}
}

/** Of several values of one name the last one counts. */
function textOf(value: Buffer | null | readonly (Buffer | null)[]): string {
	const last = Buffer.isBuffer(value) || value === null ? value : (value.at(-1) ?? null);
	return last?.toString() ?? '';
}
