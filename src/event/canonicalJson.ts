/**
 * One text for one JSON value, whatever the order of its keys: the input of hashes and comparisons.
 */
import type { Json } from './envelope';

/** Keys are sorted by UTF-16 code units; numbers and strings are written as JSON.stringify does. */
export function canonicalJson(value: Json): string {
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
	const fields = Object.keys(value)
		.sort()
		.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
	return `{${fields.join(',')}}`;
}

/** Array.isArray does not narrow a readonly array. */
function isArray(value: Json): value is readonly Json[] {
	return Array.isArray(value);
}
