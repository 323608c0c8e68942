/**
 * Where a message lies: ledger, entry, partition, and its place in a batch of a foreign producer.
 *
 * The WebSocket service writes it as Pulsar's protocol buffer in base64; we show it as `ledger:entry`, followed by
 * `:partition:batch` where there are such.
 */
import { EventBusError } from '../../kernel/errors';

export interface MessageId {
	readonly ledger: number;
	readonly entry: number;
	/** -1: the topic has no partitions. */
	readonly partition: number;
	/** -1: it came alone. */
	readonly batch: number;
}

/** Fields of MessageIdData (PulsarApi.proto). */
const FIELD = { ledger: 1, entry: 2, partition: 3, batch: 4 } as const;

/** What stands for a number that is not there: -1 as protocol buffers write it. */
const MINUS_ONE = 2n ** 64n - 1n;

/** @returns null for what is none */
export function readMessageId(base64: string): MessageId | null {
	const fields = readVarints(Buffer.from(base64, 'base64'));
	const [ledger, entry] = [fields?.get(FIELD.ledger), fields?.get(FIELD.entry)];
	if (!fields || ledger === undefined || entry === undefined) return null;
	return {
		ledger: signed(ledger),
		entry: signed(entry),
		partition: signed(fields.get(FIELD.partition)),
		batch: signed(fields.get(FIELD.batch)),
	};
}

/** As the WebSocket service takes it. */
export function writeMessageId({ ledger, entry, partition, batch }: MessageId): string {
	const fields: readonly (readonly [number, number])[] = [
		[FIELD.ledger, ledger],
		[FIELD.entry, entry],
		...(partition < 0 ? [] : ([[FIELD.partition, partition]] as const)),
		...(batch < 0 ? [] : ([[FIELD.batch, batch]] as const)),
	];
	const bytes = fields.flatMap(([field, value]) => [field << 3, ...varint(value < 0 ? MINUS_ONE : BigInt(value))]);
	return Buffer.from(bytes).toString('base64');
}

export function cursorOf({ ledger, entry, partition, batch }: MessageId): string {
	const more = batch >= 0 ? `:${partition}:${batch}` : partition >= 0 ? `:${partition}` : '';
	return `${ledger}:${entry}${more}`;
}

/** @throws EventBusError `settings` */
export function parseCursor(cursor: string): MessageId {
	const match = /^(\d{1,15}):(-1|\d{1,15})(?::(-1|\d{1,9}))?(?::(\d{1,9}))?$/.exec(cursor);
	if (match) {
		const [, ledger, entry, partition = '-1', batch = '-1'] = match;
		return { ledger: Number(ledger), entry: Number(entry), partition: Number(partition), batch: Number(batch) };
	}
	throw new EventBusError('settings', `"${cursor.slice(0, 60)}" is no position of Pulsar`, {
		hint: 'A position looks like 123:45, as the trigger shows it',
	});
}

export function compareIds(a: MessageId, b: MessageId): number {
	return a.ledger - b.ledger || a.entry - b.entry || a.partition - b.partition || a.batch - b.batch;
}

/** Protocol buffers with nothing but numbers; null: something else. */
function readVarints(bytes: Buffer): ReadonlyMap<number, bigint> | null {
	const fields = new Map<number, bigint>();
	let at = 0;
	const next = (): bigint | null => {
		let value = 0n;
		for (let shift = 0n; shift < 70n; shift += 7n) {
			const byte = bytes[at];
			if (byte === undefined) return null;
			at += 1;
			value |= BigInt(byte & 0x7f) << shift;
			if (byte < 0x80) return value;
		}
		return null;
	};
	while (at < bytes.length) {
		const tag = next();
		// Of what follows nothing is for us: the acknowledged parts of a batch, or another type.
		if (tag === null || (tag & 7n) !== 0n) break;
		const value = next();
		if (value === null) return null;
		fields.set(Number(tag >> 3n), value);
	}
	return fields;
}

function signed(value: bigint | undefined): number {
	return value === undefined ? -1 : Number(BigInt.asIntN(64, value));
}

function varint(value: bigint): number[] {
	const bytes: number[] = [];
	let rest = value;
	while (rest > 0x7fn) {
		bytes.push(Number(rest & 0x7fn) | 0x80);
		rest >>= 7n;
	}
	return [...bytes, Number(rest)];
}
