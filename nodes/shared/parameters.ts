/**
 * Narrowing what n8n gives for a parameter. Expressions can yield anything, and one that misses yields undefined.
 */
import { tryToParseDateTime } from 'n8n-workflow';
import { EventBusError } from '../../src/kernel/errors';
import { isObject } from './items';

/** The text without surrounding blanks; '' when nothing was given. Numbers are taken as their digits. */
export function text(value: unknown): string {
	if (typeof value === 'string') return value.trim();
	return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** @throws EventBusError `settings` */
export function requiredText(label: string, value: unknown): string {
	const given = text(value);
	if (given !== '') return given;
	throw new EventBusError('settings', `${label} is empty`, {
		hint: `Fill in ${label}. If it is an expression, it found nothing in this item.`,
	});
}

/** What an expression that found nothing leaves at the end of a name: order-undefined, order-. */
const MISSED = /(^|\W)(undefined|null|NaN|\[object Object\])$|-$/;

/**
 * A name that is often made by an expression, such as order-{{ $json.order_id }}.
 *
 * @throws EventBusError `settings`
 */
export function evaluatedName(label: string, value: unknown): string {
	const name = requiredText(label, value);
	if (!MISSED.test(name)) return name;
	throw new EventBusError('settings', `${label} came out as "${name.slice(-60)}"`, {
		hint: `The expression in ${label} found nothing in this item: check the names of the fields it uses`,
	});
}

/**
 * A whole number that is not negative.
 *
 * @throws EventBusError `settings`
 */
export function count(label: string, value: unknown, otherwise: number): number {
	const given = number(label, value) ?? otherwise;
	if (Number.isSafeInteger(given) && given >= 0) return given;
	throw new EventBusError('settings', `${label} is ${given}`, { hint: `Use a whole number for ${label}, 0 or more` });
}

/**
 * @returns undefined when nothing was given
 * @throws EventBusError `settings`
 */
export function number(label: string, value: unknown): number | undefined {
	if (value === undefined || value === null || value === '') return undefined;
	const given = Number(value);
	if (typeof value !== 'object' && Number.isFinite(given)) return given;
	throw new EventBusError('settings', `${label} is not a number`, { hint: `Give a number for ${label}` });
}

/**
 * @param timeZone of the workflow: a date picked in the panel says none
 * @returns milliseconds since the epoch, undefined when nothing was given
 * @throws EventBusError `settings`
 */
export function time(label: string, value: unknown, timeZone: string): number | undefined {
	if (value === undefined || value === null || value === '') return undefined;
	const parsed = typeof value === 'number' ? value : parseTime(value, timeZone);
	if (Number.isFinite(parsed)) return parsed;
	throw new EventBusError('settings', `${label} is not a date`, {
		hint: `Give ${label} as ISO 8601, such as 2026-02-27T10:30:00Z`,
	});
}

/** NaN for what n8n cannot read as a date. */
function parseTime(value: unknown, timeZone: string): number {
	try {
		return Number(tryToParseDateTime(value, timeZone));
	} catch {
		return NaN;
	}
}

/** One of the values a parameter offers; an unknown one (an old workflow, an expression) is an error, not a default. */
export function choice<T extends string>(label: string, value: unknown, choices: readonly T[]): T {
	const found = choices.find((one) => one === value);
	if (found !== undefined) return found;
	throw new EventBusError('settings', `${label} is "${text(value)}", which is not one of its choices`, {
		hint: `Choose one of: ${choices.join(', ')}`,
	});
}

/** The parts of a comma-separated list. A list from an expression is taken as it is. */
export function list(value: unknown): readonly string[] {
	const parts = Array.isArray(value) ? value.map(text) : text(value).split(',');
	return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** A collection of options; what was not added is absent. */
export function collection(value: unknown): Readonly<Record<string, unknown>> {
	return isObject(value) ? value : {};
}

/** The field, or nothing: an absent option must not overwrite a default with undefined. */
export function present<K extends string, V>(name: K, value: V | '' | undefined): { readonly [name in K]?: V } {
	return value === undefined || value === '' ? {} : ({ [name]: value } as { readonly [name in K]?: V });
}
