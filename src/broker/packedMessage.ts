/**
 * A message on a broker that carries bytes and headers and nothing else: what has no place of its own travels in
 * headers named `eb-…`, and is taken out of them again.
 */
import type { WireMessage } from './types';

const ID = 'eb-id';
const TYPE = 'eb-type';
const KEY = 'eb-key';
const EXPIRES_AT = 'eb-expires-at';

const PACKED: ReadonlySet<string> = new Set([ID, TYPE, KEY, EXPIRES_AT]);

type Headers = Readonly<Record<string, string>>;

/** The headers to send. `notBefore` travels in a header of its own already (src/event/headers). */
export function packHeaders(message: WireMessage): Record<string, string> {
	const { id, type, orderingKey, expiresAt, headers } = message;
	return {
		...headers,
		[ID]: id,
		...(type === '' ? {} : { [TYPE]: type }),
		...(orderingKey === undefined ? {} : { [KEY]: orderingKey }),
		...(expiresAt === undefined ? {} : { [EXPIRES_AT]: String(expiresAt) }),
	};
}

/**
 * The message that was packed. A foreign one has none of our headers: it gets `native.id`, and the type and key that
 * the broker itself knows, if any.
 *
 * @param received names in any case
 */
export function unpackMessage(
	body: Uint8Array,
	received: Headers,
	native: { readonly id: string; readonly type?: string; readonly orderingKey?: string },
): WireMessage {
	const all = new Map(Object.entries(received).map(([name, value]) => [name.toLowerCase(), value]));
	const orderingKey = all.get(KEY) ?? native.orderingKey;
	const expiresAt = Number(all.get(EXPIRES_AT) ?? NaN);
	return {
		id: all.get(ID) ?? native.id,
		type: all.get(TYPE) ?? native.type ?? '',
		body,
		headers: Object.fromEntries([...all].filter(([name]) => !PACKED.has(name))),
		...(orderingKey === undefined ? {} : { orderingKey }),
		...(Number.isFinite(expiresAt) ? { expiresAt } : {}),
	};
}
