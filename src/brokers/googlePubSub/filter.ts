/**
 * Type patterns in the filter language of Pub/Sub: by the attribute with the type, which every event of ours has.
 *
 * The filter is a coarse sieve. What it lets through is looked at again, so it may let through more, never less; a
 * message without our attribute passes.
 */
import { GROUP, TYPE } from './wire';

/** Of a filter, bytes. */
const MAX_LENGTH = 256;

/** '': everything has to come. */
export function typeFilter(types: readonly string[]): string {
	const conditions = new Set<string>();
	for (const pattern of types) {
		const condition = conditionOf(pattern);
		if (condition === null) return '';
		conditions.add(condition);
	}
	const filter = [`NOT attributes:${TYPE}`, ...conditions].join(' OR ');
	return Buffer.byteLength(filter) <= MAX_LENGTH ? filter : '';
}

/** Only the dead letters of this group. */
export function groupFilter(group: string): string {
	return `attributes.${GROUP} = ${quoted(group)}`;
}

function conditionOf(pattern: string): string | null {
	const [type = ''] = pattern.split('@');
	const words = type.split('.');
	const wildcard = words.findIndex((word) => word === '*' || word === '#');
	if (wildcard < 0) return `attributes.${TYPE} = ${quoted(type)}`;
	// `order.#` also means `order`, so the dot is no part of the prefix.
	const prefix = words.slice(0, wildcard).join('.');
	if (prefix === '') return null;
	return `hasPrefix(attributes.${TYPE}, ${quoted(words[wildcard] === '*' ? `${prefix}.` : prefix)})`;
}

/** Types and groups hold neither quotes nor backslashes. */
function quoted(text: string): string {
	return `"${text}"`;
}
