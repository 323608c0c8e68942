/**
 * Type patterns as a filter policy of SNS: by the attribute with the type, which every event of ours has.
 *
 * The policy is a coarse sieve. What it lets through is looked at again, so it may let through more, never less. A
 * message without our attribute passes; one without any attribute does not, whatever a policy says (SNS).
 */
import { TYPE } from './wire';

type Condition = string | { readonly prefix: string } | { readonly exists: false };

/** More values are refused by SNS. */
const MAX_VALUES = 150;

/** null: everything has to come. */
export function filterPolicy(types: readonly string[]): string | null {
	const conditions = new Map<string, Condition>();
	for (const pattern of types) {
		const condition = conditionOf(pattern);
		if (condition === null) return null;
		conditions.set(JSON.stringify(condition), condition);
	}
	if (conditions.size >= MAX_VALUES) return null;
	return JSON.stringify({ [TYPE]: [...conditions.values(), { exists: false }] });
}

function conditionOf(pattern: string): Condition | null {
	const [type = ''] = pattern.split('@');
	const words = type.split('.');
	const wildcard = words.findIndex((word) => word === '*' || word === '#');
	if (wildcard < 0) return type;
	// `order.#` also means `order`, so the dot is no part of the prefix.
	const prefix = words.slice(0, wildcard).join('.');
	if (prefix === '') return null;
	return { prefix: words[wildcard] === '*' ? `${prefix}.` : prefix };
}

/** Only what is of this group's dead letters. */
export function listenersPolicy(attribute: string, group: string): string {
	return JSON.stringify({ [attribute]: [group] });
}
