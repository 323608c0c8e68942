/**
 * Changing a document by parts: JSON Merge Patch (RFC 7396), and counters.
 */
import type { Json } from '../../event/envelope';
import { isJsonObject, type JsonObject } from '../../event/plainJson';
import { EventBusError } from '../../kernel/errors';

export interface Patch {
	/** Merged in: objects field by field, null removes a field, everything else replaces. */
	readonly merge: JsonObject;
	/** Path → what is added to the number there; a field that is missing counts as 0. */
	readonly increment: Readonly<Record<string, number>>;
}

/** @throws EventBusError `settings` when something that is no number would be incremented */
export function patched(data: Json, patch: Patch): Json {
	const merged = mergePatch(data, patch.merge);
	return Object.entries(patch.increment).reduce(
		(current, [path, amount]) => incremented(current, path.split('.'), amount, path),
		merged,
	);
}

export function mergePatch(target: Json | undefined, patch: Json): Json {
	if (!isJsonObject(patch)) return patch;
	const result: { [key: string]: Json } = isJsonObject(target) ? { ...target } : {};
	for (const [name, value] of Object.entries(patch)) {
		if (value === null) delete result[name];
		else result[name] = mergePatch(result[name], value);
	}
	return result;
}

/** A copy in which the number at the path is larger by the amount. */
export function incremented(data: Json | undefined, names: readonly string[], amount: number, path: string): Json {
	const [name, ...rest] = names;
	if (name === undefined) {
		if (data !== undefined && data !== null && typeof data !== 'number') {
			throw new EventBusError('settings', `${path} cannot be incremented: it is no number`, {
				hint: 'Increment a field that holds a number, or that does not exist yet',
			});
		}
		return (data ?? 0) + amount;
	}
	const object = isJsonObject(data) ? data : {};
	return { ...object, [name]: incremented(Object.hasOwn(object, name) ? object[name] : undefined, rest, amount, path) };
}
