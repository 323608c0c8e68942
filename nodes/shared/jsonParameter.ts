/**
 * JSON parameters: what a person wrote, or what an expression gave.
 */
import type { Json } from '../../src/event/envelope';
import { isJsonObject, type JsonObject } from '../../src/event/plainJson';
import { EventBusError, messageOf } from '../../src/kernel/errors';

export interface JsonLabel {
	/** Continues a sentence: 'The payload'. */
	readonly what: string;
	/** Name of the parameter in the panel. */
	readonly parameter: string;
	readonly example: string;
}

/**
 * An expression may give JSON as text, or the value itself.
 *
 * @throws EventBusError `settings`
 */
export function parsedJson({ what, parameter, example }: JsonLabel, value: unknown): Json {
	if (value === undefined) {
		throw new EventBusError('settings', `${what} is empty`, {
			hint: `The expression in ${parameter} found nothing in this item`,
		});
	}
	if (typeof value !== 'string') return value as Json;
	const { parsed, problem } = tryJson(value);
	if (problem === null) return parsed;
	throw new EventBusError('settings', `${what} is not JSON: ${problem}`, {
		hint: `Write JSON such as ${example}, or an expression that gives an object`,
	});
}

/**
 * An object; what was left empty has no fields.
 *
 * @throws EventBusError `settings`
 */
export function parsedObject(label: JsonLabel, value: unknown): JsonObject {
	if (typeof value === 'string' && value.trim() === '') return {};
	const parsed = parsedJson(label, value);
	if (isJsonObject(parsed)) return parsed;
	throw new EventBusError('settings', `${label.what} is not a JSON object`, {
		hint: `Write an object such as ${label.example} in ${label.parameter}`,
	});
}

function tryJson(text: string): { readonly parsed: Json; readonly problem: string | null } {
	try {
		return { parsed: JSON.parse(text) as Json, problem: null };
	} catch (error) {
		return { parsed: null, problem: messageOf(error) };
	}
}
