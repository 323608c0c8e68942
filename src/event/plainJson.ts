/**
 * Any value as plain JSON, within the limits: the one gate through which every event passes, in and out.
 *
 * The result is a copy without prototypes of its own, cycles, shared parts or forbidden keys. What JSON cannot say
 * becomes what JSON.stringify makes of it: a Date its ISO text, NaN null, -0 zero, an undefined field nothing.
 */
import { EventBusError } from '../kernel/errors';
import type { Json } from './envelope';
import { DEFAULT_LIMITS, FORBIDDEN_KEYS, type EventLimits } from './limits';

export type JsonObject = { readonly [key: string]: Json };

export function isJsonObject(value: Json | undefined): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param what names the value in messages: 'payload'
 * @throws EventBusError `settings` for a forbidden key, too many levels, a cycle or a BigInt; `too-large`
 */
export function plainJson(value: unknown, what: string, limits: EventLimits = DEFAULT_LIMITS): Json {
	const copied = new Copier(what, limits).copy(value, '');
	if (copied === undefined) throw new EventBusError('settings', `${what} is not JSON: it is ${kindOf(value)}`);
	return copied;
}

class Copier {
	private readonly path: string[] = [];
	/** JSON needs at least one byte a value and a character, so this never refuses what would have fitted. */
	private bytesLeft: number;

	constructor(
		private readonly what: string,
		private readonly limits: EventLimits,
	) {
		this.bytesLeft = limits.maxBytes;
	}

	/** undefined: the value has no JSON form, and its field is left out. */
	copy(value: unknown, key: string): Json | undefined {
		this.spend(1);
		switch (typeof value) {
			case 'string':
				this.spend(value.length);
				return value;
			case 'number':
				// Adding 0 turns -0 into 0.
				return Number.isFinite(value) ? value + 0 : null;
			case 'boolean':
				return value;
			case 'bigint':
				throw this.refuse('is a BigInt, which JSON cannot carry', 'Turn it into a string');
			case 'object':
				return value === null ? null : this.container(value, key);
			default:
				return undefined;
		}
	}

	private container(value: object, key: string): Json | undefined {
		const level = this.path.length;
		// A Date is no level of its own; but a toJSON that answers with another one must end somewhere.
		if (level <= this.limits.maxDepth && 'toJSON' in value && typeof value.toJSON === 'function') {
			const plain = value.toJSON as (key: string) => unknown;
			return this.below('toJSON()', plain.call(value, key), key);
		}
		if (level >= this.limits.maxDepth) {
			throw this.refuse(
				`has more than ${this.limits.maxDepth} levels of objects and arrays`,
				'Flatten the data, or publish a reference to it',
			);
		}
		if (Array.isArray(value)) {
			return Array.from(value, (entry: unknown, index) => this.below(String(index), entry) ?? null);
		}
		const result: { [key: string]: Json } = {};
		for (const [name, entry] of Object.entries(value)) {
			this.spend(name.length);
			const copied = this.below(name, entry);
			if (copied !== undefined) result[name] = copied;
		}
		return result;
	}

	/** A refusal ends the whole copy, so the path need not be put back then. */
	private below(step: string, value: unknown, key = step): Json | undefined {
		this.path.push(step);
		if (FORBIDDEN_KEYS.has(step)) throw this.refuse('is a key that events may not have', 'Rename the field');
		const copied = this.copy(value, key);
		this.path.pop();
		return copied;
	}

	private spend(bytes: number): void {
		this.bytesLeft -= bytes;
		if (this.bytesLeft < 0) throw tooLarge(this.what, `more than ${this.limits.maxBytes}`, this.limits);
	}

	private refuse(problem: string, hint: string): EventBusError {
		const where = [this.what, ...this.path].join('.');
		const shown = where.length > 120 ? `${where.slice(0, 100)}…` : where;
		return new EventBusError('settings', `${shown} ${problem}`, { hint });
	}
}

/** The error for what exceeds `maxBytes`. */
export function tooLarge(what: string, bytes: string, limits: EventLimits): EventBusError {
	return new EventBusError('too-large', `${what} has ${bytes} bytes, and an event may have ${limits.maxBytes}`, {
		hint: 'Store the large part elsewhere (a file, a database) and publish a reference to it',
	});
}

/** A value's kind, for a sentence: 'a string', 'null'. */
export function kindOf(value: unknown): string {
	if (value === null || value === undefined) return String(value);
	if (Array.isArray(value)) return 'an array';
	return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
