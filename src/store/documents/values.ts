/**
 * What a document can be found by: the simple values in it, each with its path.
 *
 * Both stores index the same rows, so that a search means the same in SQLite and PostgreSQL.
 */
import type { Json } from '../../event/envelope';
import { isJsonObject } from '../../event/plainJson';
import { EventBusError } from '../../kernel/errors';

/** Ranks: values of different kinds are sorted in this order. */
export const KIND = { null: 1, boolean: 2, number: 3, text: 4, longText: 5 } as const;

/** A text of more bytes is kept, but cannot be searched: an index entry of PostgreSQL has room for 2,700. */
export const MAX_SEARCHABLE_BYTES = 1000;
/** A document with more is rather a file: writing it would take as many index rows. */
const MAX_VALUES = 2000;
/** Bytes of a path; longer ones are kept, but cannot be searched. */
const MAX_PATH_BYTES = 400;

export interface DocumentValue {
	/** Names joined by dots; the entries of a list stand under the path of the list. */
	readonly path: string;
	/** Among the values of its path. */
	readonly nth: number;
	readonly kind: number;
	readonly num: number | null;
	readonly str: string | null;
}

/** @throws EventBusError `too-large` */
export function valuesOf(data: Json): readonly DocumentValue[] {
	const values: DocumentValue[] = [];
	const counts = new Map<string, number>();
	const walk = (value: Json, path: string) => {
		if (Array.isArray(value)) {
			for (const entry of value as readonly Json[]) walk(entry, path);
			return;
		}
		if (isJsonObject(value)) {
			for (const [name, entry] of Object.entries(value)) walk(entry, path === '' ? name : `${path}.${name}`);
			return;
		}
		if (Buffer.byteLength(path) > MAX_PATH_BYTES) return;
		if (values.length >= MAX_VALUES) throw tooMany();
		const nth = counts.get(path) ?? 0;
		counts.set(path, nth + 1);
		values.push({ path: searchable(path), nth, ...columnsOf(value as Scalar) });
	};
	walk(data, '');
	return values;
}

export type Scalar = null | boolean | number | string;

/** The columns that a simple value is stored in and compared by. */
export function columnsOf(value: Scalar): Omit<DocumentValue, 'path' | 'nth'> {
	if (value === null) return { kind: KIND.null, num: null, str: null };
	if (typeof value === 'boolean') return { kind: KIND.boolean, num: value ? 1 : 0, str: null };
	if (typeof value === 'number') return { kind: KIND.number, num: value, str: null };
	const text = searchable(value);
	if (Buffer.byteLength(text) > MAX_SEARCHABLE_BYTES) return { kind: KIND.longText, num: null, str: null };
	return { kind: KIND.text, num: null, str: text };
}

/** As both stores can hold it: PostgreSQL has no zero character, and UTF-8 no half ones. */
export function searchable(text: string): string {
	return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

function tooMany(): EventBusError {
	return new EventBusError('too-large', `The document has more than ${MAX_VALUES} values`, {
		hint: 'Split it into several documents, or keep the large part as one text',
	});
}
