/**
 * Bytes as text and as JSON. Both answers may be "no", and neither throws.
 */
import type { Json } from './envelope';

// A byte order mark is part of a text; only in front of JSON it means nothing.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** null: the bytes are not UTF-8. */
export function readUtf8(bytes: Uint8Array): string | null {
	try {
		return utf8.decode(bytes);
	} catch {
		return null;
	}
}

/** undefined: it does not parse. The result may hold forbidden keys and any depth: plainJson checks that. */
export function parseJson(source: Uint8Array | string): Json | undefined {
	const text = typeof source === 'string' ? source : readUtf8(source);
	if (text === null) return undefined;
	try {
		return JSON.parse(text.replace(/^\ufeff/, '')) as Json;
	} catch {
		return undefined;
	}
}
