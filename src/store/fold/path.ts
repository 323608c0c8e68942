/**
 * Dotted paths into JSON values: 'customer.name', 'items.0.sku'.
 */
import type { Json } from '../../event/envelope';
import { FORBIDDEN_KEYS } from '../../event/limits';
import { isJsonObject } from '../../event/plainJson';
import { EventBusError } from '../../kernel/errors';

export type Path = readonly string[];

/** More names than an event has levels lead nowhere. */
const MAX_NAMES = 64;

/**
 * @param what names the place the path stands in: 'Set'
 * @throws EventBusError `settings`
 */
export function parsePath(path: string, what: string): Path {
	const names = path.split('.');
	const problem = problemOf(path, names);
	if (problem === null) return names;
	throw new EventBusError('settings', `${what}: the path "${path.slice(0, 60)}" ${problem}`, {
		hint: 'Write names joined by dots, such as customer.name',
	});
}

function problemOf(path: string, names: Path): string | null {
	if (path.trim() === '') return 'is empty';
	if (names.includes('')) return 'has an empty name';
	if (names.length > MAX_NAMES) return `has more than ${MAX_NAMES} names`;
	const forbidden = names.find((name) => FORBIDDEN_KEYS.has(name));
	return forbidden === undefined ? null : `contains ${forbidden}, which is no field of data`;
}

/** undefined: there is nothing at the path. */
export function valueAt(data: Json | undefined, path: Path): Json | undefined {
	return path.reduce<Json | undefined>((value, name) => {
		if (Array.isArray(value)) return /^\d+$/.test(name) ? (value as readonly Json[])[Number(name)] : undefined;
		return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
	}, data);
}

/** A copy with the value at the path. What stands in the way and is no object is replaced by one. */
export function withValue(data: Json | undefined, path: Path, value: Json): Json {
	const [name, ...rest] = path;
	if (name === undefined) return value;
	const object = isJsonObject(data) ? data : {};
	return { ...object, [name]: withValue(ownField(object, name), rest, value) };
}

/** A copy without the field at the path. */
export function withoutValue(data: Json, path: Path): Json {
	const [name, ...rest] = path;
	if (name === undefined || !isJsonObject(data) || !Object.hasOwn(data, name)) return data;
	if (rest.length > 0) return { ...data, [name]: withoutValue(data[name] ?? null, rest) };
	return Object.fromEntries(Object.entries(data).filter(([key]) => key !== name));
}

function ownField(object: { readonly [key: string]: Json }, name: string): Json | undefined {
	return Object.hasOwn(object, name) ? object[name] : undefined;
}
