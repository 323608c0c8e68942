/**
 * An entry of a stream as a message, and back.
 *
 * Ours has the field `body`, and every header as a field of its own. An entry of others is the JSON of its fields, or of
 * its only field where that holds a JSON object.
 */
import { packHeaders, unpackMessage } from '../../../broker/packedMessage';
import type { WireMessage } from '../../../broker/types';

const BODY = 'body';
/** A header that is called like the body. */
const BODY_HEADER = 'eb-header-body';
/** On a copy for one group: the id of the entry it was made of. */
export const ORIGIN = 'eb-origin';

/** Beside one of these a field `body` is the body of a message, and not one fact among others. */
const MARKS = ['eb-id', 'content-type'];

export interface Entry {
	readonly message: WireMessage;
	/** Id in the stream that everybody reads. */
	readonly cursor: string;
}

/** Names and values in turn, as XADD takes them. */
export function toFields(message: WireMessage, origin: string | null): (string | Buffer)[] {
	const { body } = message;
	const fields: (string | Buffer)[] = [BODY, Buffer.from(body.buffer, body.byteOffset, body.byteLength)];
	for (const [name, value] of Object.entries(packHeaders(message))) {
		fields.push(name === BODY ? BODY_HEADER : name, value);
	}
	if (origin !== null) fields.push(ORIGIN, origin);
	return fields;
}

export function fromFields(id: string, fields: readonly Buffer[]): Entry {
	const values = new Map<string, Buffer>();
	for (let index = 0; index + 1 < fields.length; index += 2) {
		values.set(String(fields[index]), fields[index + 1] ?? Buffer.alloc(0));
	}
	const cursor = values.get(ORIGIN)?.toString() ?? id;
	const body = values.get(BODY);
	const isPacked = body !== undefined && (values.size === 1 || MARKS.some((name) => values.has(name)));
	if (!isPacked) return { message: unpackMessage(foreignBody(values), {}, { id }), cursor };
	const headers: Record<string, string> = {};
	for (const [name, value] of values) {
		if (name === BODY || name === ORIGIN) continue;
		headers[name === BODY_HEADER ? BODY : name] = value.toString();
	}
	return { message: unpackMessage(body, headers, { id }), cursor };
}

function foreignBody(values: ReadonlyMap<string, Buffer>): Buffer {
	const [only, ...others] = values.values();
	if (only && others.length === 0 && isJsonObject(only)) return only;
	return Buffer.from(JSON.stringify(Object.fromEntries([...values].map(([name, value]) => [name, value.toString()]))));
}

function isJsonObject(bytes: Buffer): boolean {
	// Most values begin otherwise, and parsing costs.
	if (!/^\s*\{/.test(bytes.toString('utf8', 0, 64))) return false;
	try {
		JSON.parse(bytes.toString());
		return true;
	} catch {
		return false;
	}
}
