/**
 * Between messages and Kafka's records: headers are native, the ordering key is the record's key.
 */
import { packHeaders, unpackMessage } from '../../broker/packedMessage';
import type { WireMessage } from '../../broker/types';
import type { IncomingRecord, OutgoingRecord } from './protocol';

/**
 * CloudEvents attributes travel percent-encoded as `ce-…` on HTTP, as everywhere in this library, and as they are as
 * `ce_…` on Kafka (its binding of CloudEvents, section 3.2).
 */
const HTTP_PREFIX = 'ce-';
const KAFKA_PREFIX = 'ce_';
/** Of the HTTP binding: space, double quote, percent, and everything outside printable ASCII. */
const TO_ENCODE = /[^\x21\x23\x24\x26-\x7e]/gu;

type HeaderValue = string | Buffer | null | readonly (Buffer | null)[];

export function toRecord(
	message: WireMessage,
	now: number,
	key: string | null = message.orderingKey ?? null,
): OutgoingRecord {
	const { body } = message;
	return {
		key: key === null ? null : Buffer.from(key),
		value: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
		headers: Object.fromEntries(Object.entries(packHeaders(message)).map(toKafka)),
		timestamp: String(now),
	};
}

/** What remains of something that was there: compaction removes the rest. */
export function tombstone(key: string, now: number): OutgoingRecord {
	return { key: Buffer.from(key), value: null, headers: {}, timestamp: String(now) };
}

/** @param cursor where the record is: the id of a message that has none */
export function toMessage(record: IncomingRecord, cursor: string, hasOwnKey: boolean): WireMessage {
	const headers = Object.fromEntries(
		Object.entries(record.headers ?? {}).map(([name, value]) => fromKafka([name, textOf(value)])),
	);
	return unpackMessage(record.value ?? new Uint8Array(), headers, {
		id: cursor,
		...(record.key !== null && hasOwnKey && { orderingKey: record.key.toString() }),
	});
}

/** Bytes of a record on the wire, roughly. */
export function sizeOf({ key, value, headers }: OutgoingRecord | IncomingRecord): number {
	let bytes = (key?.length ?? 0) + (value?.length ?? 0) + 20;
	for (const [name, values] of Object.entries<HeaderValue>(headers ?? {})) {
		const texts = typeof values === 'object' && !Buffer.isBuffer(values) ? (values ?? []) : [values];
		for (const text of texts) bytes += name.length + (text?.length ?? 0) + 4;
	}
	return bytes;
}

function toKafka([name, value]: [string, string]): [string, string] {
	if (!name.startsWith(HTTP_PREFIX)) return [name, value];
	return [`${KAFKA_PREFIX}${name.slice(HTTP_PREFIX.length)}`, decoded(value)];
}

function fromKafka([name, value]: [string, string]): [string, string] {
	if (!name.toLowerCase().startsWith(KAFKA_PREFIX)) return [name, value];
	return [`${HTTP_PREFIX}${name.slice(KAFKA_PREFIX.length)}`, value.replace(TO_ENCODE, encodeURIComponent)];
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
