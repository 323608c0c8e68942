/**
 * How the state of an entity follows from its events, as rows that a person fills in.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../event/canonicalJson';
import type { Json } from '../../event/envelope';
import { isJsonObject, type JsonObject, plainJson } from '../../event/plainJson';
import { checkTypePatterns, type EventMatcher, matcherOf } from '../../event/typePattern';
import { EventBusError } from '../../kernel/errors';
import { parsePath, type Path } from './path';

/** One row. All rows that match an event apply, from top to bottom. */
export interface RuleRow {
	/** Type patterns (src/event/typePattern). */
	readonly on: readonly string[];
	/** Whether the fields of the payload become fields of the state. */
	readonly mergePayload: boolean;
	/** Path in the state → value. In it, a text that begins with `$.` stands for what is at that path of the event; `$$.` for itself. */
	readonly set: JsonObject;
	/** Path in the state → number that is added, or a text `$.…` that leads to it. */
	readonly increment: JsonObject;
	/** Paths in the state. */
	readonly remove: readonly string[];
}

export interface FoldSettings {
	readonly rows: readonly RuleRow[];
	/** Before the first event. */
	readonly initial: JsonObject;
	/** Whether the state has a list `history` of all its events. */
	readonly keepHistory: boolean;
}

/** A value, or a place in the event where it is found. */
export type Template =
	| { readonly kind: 'value'; readonly value: Json }
	| { readonly kind: 'event'; readonly path: Path }
	| { readonly kind: 'list'; readonly entries: readonly Template[] }
	| { readonly kind: 'object'; readonly fields: readonly (readonly [string, Template])[] };

export interface Rule {
	readonly matches: EventMatcher;
	readonly mergePayload: boolean;
	readonly set: readonly { readonly path: Path; readonly value: Template }[];
	readonly increment: readonly { readonly path: Path; readonly amount: Template }[];
	readonly remove: readonly Path[];
}

export interface FoldRules {
	readonly rules: readonly Rule[];
	readonly initial: JsonObject;
	readonly keepHistory: boolean;
	/** The same for the same settings, and different for others: snapshots are kept under it. */
	readonly id: string;
}

/** Part of the identity: raised when the same rows come to mean something else. */
const MEANING = 1;

/** @throws EventBusError `settings` */
export function compileRules(settings: FoldSettings): FoldRules {
	const { rows, initial, keepHistory } = settings;
	const text = canonicalJson({ meaning: MEANING, ...(plainJson(settings, 'rules') as JsonObject) });
	return {
		rules: rows.map(compileRow),
		initial: plainJson(initial, 'Initial State') as JsonObject,
		keepHistory,
		id: createHash('sha256').update(text).digest('base64url'),
	};
}

function compileRow(row: RuleRow): Rule {
	return {
		matches: matcherOf(checkTypePatterns(row.on)),
		mergePayload: row.mergePayload,
		set: Object.entries(row.set).map(([path, value]) => ({
			path: parsePath(path, 'Set'),
			value: templateOf(value, 'Set'),
		})),
		increment: Object.entries(row.increment).map(([path, amount]) => ({
			path: parsePath(path, 'Increment'),
			amount: amountOf(path, amount),
		})),
		remove: row.remove.map((path) => parsePath(path, 'Remove')),
	};
}

function amountOf(path: string, amount: Json): Template {
	const template = templateOf(amount, 'Increment');
	if (template.kind === 'event' || typeof amount === 'number') return template;
	throw new EventBusError('settings', `Increment: what is added to ${path} is no number`, {
		hint: 'Give a number, or a path into the event such as $.payload.quantity',
	});
}

function templateOf(value: Json, what: string): Template {
	if (typeof value === 'string') {
		if (value.startsWith('$.')) return { kind: 'event', path: parsePath(value.slice(2), what) };
		return { kind: 'value', value: value.startsWith('$$.') ? value.slice(1) : value };
	}
	if (Array.isArray(value)) {
		return { kind: 'list', entries: (value as readonly Json[]).map((entry) => templateOf(entry, what)) };
	}
	if (!isJsonObject(value)) return { kind: 'value', value };
	return { kind: 'object', fields: Object.entries(value).map(([name, entry]) => [name, templateOf(entry, what)]) };
}
