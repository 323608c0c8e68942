/**
 * A message as Pub/Sub carries it, and back.
 *
 * It has at most 100 attributes, with values of at most 1,024 bytes. What does not fit travels as JSON, in pieces, in
 * the attributes `eb-headers-0`, `eb-headers-1`, ….
 */
import { createHash } from 'node:crypto';
import { packHeaders, unpackMessage } from '../../broker/packedMessage';
import type { WireMessage } from '../../broker/types';

/** What Google filters by: without dashes, which its filters take for a minus. */
export const TYPE = 'eb_type';
/** Of a dead letter: the group whose it is. */
export const GROUP = 'eb_group';
/** Of a copy: nobody gets it earlier, milliseconds since the epoch. */
const DUE = 'eb_due';
/** What every broker calls it. */
const PACKED_TYPE = 'eb-type';
const PIECE = 'eb-headers-';

const MAX_ATTRIBUTES = 100;
const MAX_NAME_BYTES = 256;
const MAX_VALUE_BYTES = 1024;
const MAX_KEY_BYTES = 1024;

export interface NativeMessage {
	readonly data: Uint8Array;
	readonly attributes: Record<string, string>;
	/** '' for none. */
	readonly orderingKey: string;
}

/** What is received, as the client gives it. */
export interface ReceivedMessage {
	readonly data?: Uint8Array | string | null | undefined;
	readonly attributes?: Readonly<Record<string, string>> | null | undefined;
	readonly messageId?: string | null | undefined;
	readonly orderingKey?: string | null | undefined;
	readonly publishTime?:
		| {
				readonly seconds?: number | string | { toString(): string } | null | undefined;
				readonly nanos?: number | null | undefined;
		  }
		| null
		| undefined;
}

export interface NativeOptions {
	/** Only for this group. */
	readonly group?: string;
	/** Milliseconds since the epoch. */
	readonly due?: number;
	/** In no order with others of its key: what is delayed would delay them all. */
	readonly isAlone?: boolean;
}

export function toNative(message: WireMessage, { group, due, isAlone = false }: NativeOptions = {}): NativeMessage {
	const { [PACKED_TYPE]: type, ...packed } = packHeaders(message);
	const headers = {
		...(type === undefined ? {} : { [TYPE]: type }),
		...packed,
		...(group === undefined ? {} : { [GROUP]: group }),
		...(due === undefined ? {} : { [DUE]: String(due) }),
	};
	return {
		data: message.body,
		attributes: toAttributes(headers),
		orderingKey: isAlone ? '' : orderingKeyOf(message.orderingKey ?? ''),
	};
}

export function fromNative(received: ReceivedMessage): WireMessage {
	const { [GROUP]: _group, [DUE]: _due, [TYPE]: type, ...headers } = fromAttributes(received.attributes ?? {});
	const orderingKey = received.orderingKey ?? '';
	return unpackMessage(bytesOf(received.data), headers, {
		id: received.messageId ?? '',
		...(type === undefined ? {} : { type }),
		...(orderingKey === '' ? {} : { orderingKey }),
	});
}

/** Milliseconds since the epoch; 0: at once. */
export function dueOf({ attributes }: ReceivedMessage): number {
	return Number(attributes?.[DUE] ?? 0) || 0;
}

/** When Google stored it: comparable as text. */
export function storedAt({ publishTime }: ReceivedMessage): string {
	const seconds = String(publishTime?.seconds ?? 0).padStart(12, '0');
	return `${seconds}.${String(publishTime?.nanos ?? 0).padStart(9, '0')}`;
}

/** As Google counts them. */
export function bytesOfNative({ data, attributes, orderingKey }: NativeMessage): number {
	return Object.entries(attributes).reduce(
		(sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
		data.byteLength + Buffer.byteLength(orderingKey),
	);
}

function toAttributes(headers: Readonly<Record<string, string>>): Record<string, string> {
	const entries = Object.entries(headers);
	const fitting = entries.filter(
		([name, value]) => isAttributeName(name) && Buffer.byteLength(value) <= MAX_VALUE_BYTES && !name.startsWith(PIECE),
	);
	if (fitting.length === entries.length && entries.length <= MAX_ATTRIBUTES) return Object.fromEntries(entries);
	const own = new Set(fitting.toSorted(([a], [b]) => rank(a) - rank(b)).slice(0, MAX_ATTRIBUTES / 2));
	const rest = asciiJson(Object.fromEntries(entries.filter((entry) => !own.has(entry))));
	const pieces = rest.match(new RegExp(`.{1,${MAX_VALUE_BYTES}}`, 'gs')) ?? [];
	return Object.fromEntries([...own, ...pieces.map((piece, index) => [`${PIECE}${index}`, piece] as const)]);
}

/** What filters need, then what readers of CloudEvents need, then the rest. */
function rank(name: string): number {
	if ([TYPE, GROUP, DUE].includes(name)) return 0;
	return name === 'content-type' || name.startsWith('ce-') ? 1 : 2;
}

function fromAttributes(attributes: Readonly<Record<string, string>>): Record<string, string> {
	const pieces: string[] = [];
	for (let index = 0; attributes[`${PIECE}${index}`] !== undefined; index += 1) {
		pieces.push(attributes[`${PIECE}${index}`] ?? '');
	}
	const packed = readPacked(pieces.join(''));
	if (packed === null) return { ...attributes };
	const own = Object.entries(attributes).filter(([name]) => !name.startsWith(PIECE));
	return { ...packed, ...Object.fromEntries(own) };
}

function readPacked(json: string): Record<string, string> | null {
	if (json === '') return null;
	try {
		const values: unknown = JSON.parse(json);
		if (typeof values !== 'object' || values === null) return null;
		const texts = Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
		return Object.fromEntries(texts);
	} catch {
		return null;
	}
}

function isAttributeName(name: string): boolean {
	return name !== '' && !/^goog/i.test(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** A character is a byte, so that pieces can be cut anywhere. */
function asciiJson(values: Readonly<Record<string, string>>): string {
	return JSON.stringify(values).replaceAll(/[^\x20-\x7e]/g, (character) => {
		return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
	});
}

function orderingKeyOf(key: string): string {
	if (Buffer.byteLength(key) <= MAX_KEY_BYTES) return key;
	return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function bytesOf(data: Uint8Array | string | null | undefined): Uint8Array {
	if (typeof data === 'string') return Buffer.from(data, 'base64');
	return data ?? new Uint8Array();
}
