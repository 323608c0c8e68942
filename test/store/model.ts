/**
 * The event store as plain maps and lists, written again from its description for the test that compares.
 * Nothing of it is shared with the stores, not even what could be.
 */
import type { Json } from '../../src/event/envelope';
import type { Condition, DocumentQuery } from '../../src/store/documents/query';
import type { ExpectedVersion } from '../../src/store/types';

export interface ModelEvent {
	readonly id: string;
	readonly type: string;
	readonly correlation: string;
}

export interface ModelStored extends ModelEvent {
	readonly stream: string;
	readonly version: number;
	readonly position: number;
}

export interface ModelPlace {
	readonly model: string;
	readonly id: string;
	readonly expect: number | null;
	readonly change: string | null;
}

type JsonMap = { [key: string]: Json };
interface ModelDocument {
	readonly version: number;
	readonly data: Json;
}

export class Refused extends Error {
	constructor(readonly code: string) {
		super(code);
	}
}

export class ModelStore {
	private readonly log: ModelStored[] = [];
	private readonly documents = new Map<string, ModelDocument>();
	private readonly changes = new Set<string>();
	private readonly outbox: number[] = [];

	append(stream: string, events: readonly ModelEvent[], expect: ExpectedVersion, publish: boolean) {
		const before = this.stream(stream);
		const isKnown = (id: string) => before.some((stored) => stored.id === id);
		const isRepeat = events.length > 0 && events.every(({ id }) => isKnown(id));
		const isAsExpected =
			expect === 'any' ||
			(expect === 'exists' ? before.length > 0 : before.length === (expect === 'no-stream' ? 0 : expect));
		if (!isRepeat && !isAsExpected) throw new Refused('version-conflict');
		const places = events.map((event) => {
			const found = this.stream(stream).find(({ id }) => id === event.id);
			if (found) return { version: found.version, position: found.position, isNew: false };
			const stored = {
				...event,
				stream,
				version: this.stream(stream).length + 1,
				position: this.log.length + 1,
			};
			this.log.push(stored);
			if (publish) this.outbox.push(stored.position);
			return { version: stored.version, position: stored.position, isNew: true };
		});
		return { version: this.stream(stream).length, places };
	}

	stream(name: string): readonly ModelStored[] {
		return this.log.filter(({ stream }) => stream === name);
	}

	readLog(
		after: number,
		filter: { readonly type?: string; readonly category?: string; readonly correlation?: string },
	) {
		const { type, category, correlation } = filter;
		return this.log.filter(
			(stored) =>
				stored.position > after &&
				(type === undefined || matchesType(type, stored.type)) &&
				(category === undefined || stored.stream.split('-')[0] === category) &&
				(correlation === undefined || stored.correlation === correlation),
		);
	}

	streams(): readonly (readonly [string, number])[] {
		const names = [...new Set(this.log.map(({ stream }) => stream))].sort(byBytes);
		return names.map((name) => [name, this.stream(name).length] as const);
	}

	waiting(): readonly number[] {
		return this.outbox;
	}

	change(place: ModelPlace, next: (data: Json | null) => Json | null) {
		const key = JSON.stringify([place.model, place.id]);
		const current = this.documents.get(key) ?? null;
		const changeKey = JSON.stringify([place.model, place.id, place.change]);
		if (place.change !== null && this.changes.has(changeKey))
			return { applied: false, document: shown(place, current) };
		if (place.expect !== null && place.expect !== (current?.version ?? 0)) throw new Refused('version-conflict');
		const data = next(current?.data ?? null);
		if (place.change !== null) this.changes.add(changeKey);
		if (data === null) {
			this.documents.delete(key);
			return { applied: current !== null, document: null };
		}
		const changed = { version: (current?.version ?? 0) + 1, data };
		this.documents.set(key, changed);
		return { applied: true, document: shown(place, changed) };
	}

	clear(model: string): number {
		const keys = [...this.documents.keys()].filter((key) => modelOf(key) === model);
		for (const key of keys) this.documents.delete(key);
		for (const key of [...this.changes]) if (modelOf(key) === model) this.changes.delete(key);
		return keys.length;
	}

	find({ model, where, match, sort, limit, offset }: DocumentQuery) {
		const all = [...this.documents]
			.filter(([key]) => modelOf(key) === model)
			.map(([key, document]) => ({ id: (JSON.parse(key) as string[])[1] ?? '', ...document }));
		const found = all.filter(({ data }) => {
			const results = where.map((condition) => holds(condition, data));
			return where.length === 0 || (match === 'all' ? results.every(Boolean) : results.some(Boolean));
		});
		found.sort((a, b) => {
			const order = sort === null ? 0 : compareBy(sort.path, sort.descending, a.data, b.data);
			return order === 0 ? byBytes(a.id, b.id) : order;
		});
		return found.slice(offset, offset + limit);
	}
}

/** JSON Merge Patch, then the counters. */
export function patch(data: Json | null, merge: JsonMap, increment: Readonly<Record<string, number>>): Json {
	const result = merged(data, merge);
	for (const [path, by] of Object.entries(increment)) {
		let at = result;
		const names = path.split('.');
		const last = names.pop() ?? '';
		for (const name of names) {
			const below = at[name];
			at = at[name] = isMap(below) ? { ...below } : {};
		}
		const before = at[last] ?? 0;
		if (typeof before !== 'number') throw new Refused('settings');
		at[last] = before + by;
	}
	return result;
}

function merged(target: Json | null | undefined, changes: JsonMap): JsonMap {
	const result: JsonMap = isMap(target) ? { ...target } : {};
	for (const [name, value] of Object.entries(changes)) {
		if (value === null) delete result[name];
		else result[name] = isMap(value) ? merged(result[name], value) : value;
	}
	return result;
}

function holds({ path, operator, values }: Condition, data: Json): boolean {
	const found = valuesAt(data, path);
	const some = (test: (value: Json, wanted: Json) => boolean) =>
		found.some((value) => values.some((wanted) => test(value, wanted)));
	const same = (value: Json, wanted: Json) => (typeof value === 'string' ? text(value) : value) === textIf(wanted);
	const compares = (test: (order: number) => boolean) =>
		some((value, wanted) => {
			if (typeof value === 'number' && typeof wanted === 'number') return test(value - wanted);
			return typeof value === 'string' && typeof wanted === 'string' && test(byBytes(text(value), text(wanted)));
		});
	switch (operator) {
		case 'equals':
			return some(same);
		case 'notEquals':
			return !some(same);
		case 'greater':
			return compares((order) => order > 0);
		case 'greaterOrEqual':
			return compares((order) => order >= 0);
		case 'less':
			return compares((order) => order < 0);
		case 'lessOrEqual':
			return compares((order) => order <= 0);
		case 'contains':
			return some((value, wanted) => typeof value === 'string' && text(value).includes(written(wanted)));
		case 'startsWith':
			return some((value, wanted) => typeof value === 'string' && text(value).startsWith(written(wanted)));
		case 'exists':
			return found.length > 0;
		case 'notExists':
			return found.length === 0;
	}
}

/** The simple values under a path, those in lists too. */
function valuesAt(data: Json, path: string): Json[] {
	const found: Json[] = [];
	const walk = (value: Json, at: readonly string[]) => {
		if (Array.isArray(value)) for (const entry of value as Json[]) walk(entry, at);
		else if (isMap(value)) for (const [name, entry] of Object.entries(value)) walk(entry, [...at, name]);
		else if (at.join('.') === path) found.push(value);
	};
	walk(data, []);
	return found;
}

function compareBy(path: string, descending: boolean, a: Json, b: Json): number {
	const [first] = valuesAt(a, path);
	const [second] = valuesAt(b, path);
	if (first === undefined || second === undefined) return Number(first === undefined) - Number(second === undefined);
	const order = rank(first) - rank(second) || within(first, second);
	return descending ? -order : order;
}

function within(a: Json, b: Json): number {
	if (typeof a === 'string' && typeof b === 'string') return byBytes(text(a), text(b));
	return Number(a) - Number(b);
}

function rank(value: Json): number {
	if (value === null) return 0;
	return ['boolean', 'number', 'string'].indexOf(typeof value) + 1;
}

function shown({ id }: ModelPlace, document: ModelDocument | null) {
	return document === null ? null : { id, ...document };
}

function matchesType(pattern: string, type: string): boolean {
	if (pattern.endsWith('.*')) return type.startsWith(pattern.slice(0, -1)) && type.split('.').length === 2;
	return pattern === '#' || pattern === type;
}

function modelOf(key: string): string {
	return (JSON.parse(key) as string[])[0] ?? '';
}

function textIf(value: Json): Json {
	return typeof value === 'string' ? text(value) : value;
}

/** A number or another simple value, as it is looked for in a text. */
function written(value: Json): string {
	return typeof value === 'string' ? text(value) : JSON.stringify(value);
}

/** What no store can search for is searched for as a question mark in a diamond. */
function text(value: string): string {
	return value.replaceAll('\u0000', '\ufffd').toWellFormed();
}

function byBytes(a: string, b: string): number {
	return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isMap(value: Json | null | undefined): value is JsonMap {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
