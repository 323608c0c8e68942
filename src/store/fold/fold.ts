/**
 * Folding: the state of an entity after an event. Pure.
 */
import type { EventEnvelope, Json } from '../../event/envelope';
import { isJsonObject } from '../../event/plainJson';
import { EventBusError } from '../../kernel/errors';
import { incremented } from '../documents/patch';
import type { StoredEvent } from '../types';
import { valueAt, withoutValue, withValue } from './path';
import type { FoldRules, Rule, Template } from './rules';

/** The list that *Keep History* adds to the state. */
export const HISTORY = 'history';

/** A fold that goes on from where it stands. */
export class Folding {
	/** Of the last event; 0: none. */
	version: number;
	/** The latest occurred_at so far, milliseconds since the epoch. */
	latestAt: number;
	private state: Json;
	private readonly history: Json[];

	constructor(
		private readonly rules: FoldRules,
		from: FoldState | null,
	) {
		this.version = from?.version ?? 0;
		this.latestAt = from?.latestAt ?? 0;
		this.state = from?.state ?? rules.initial;
		this.history = [...(from?.history ?? [])];
	}

	/** @throws EventBusError `settings` when a row increments something that is no number */
	add({ event, version }: StoredEvent): void {
		const { event_type, event_version, occurred_at } = event;
		for (const rule of this.rules.rules) {
			if (rule.matches(event_type, event_version)) this.state = applyRule(rule, this.state, event);
		}
		if (this.rules.keepHistory) this.history.push({ version, event_type, occurred_at });
		this.version = version;
		this.latestAt = Math.max(this.latestAt, Date.parse(occurred_at));
	}

	/** To go on from later. */
	get current(): FoldState {
		return { version: this.version, latestAt: this.latestAt, state: this.state, history: this.history };
	}

	/** As a person sees it. */
	get result(): Json {
		if (!this.rules.keepHistory) return this.state;
		return { ...(isJsonObject(this.state) ? this.state : {}), [HISTORY]: [...this.history] };
	}
}

export interface FoldState {
	readonly version: number;
	readonly latestAt: number;
	readonly state: Json;
	/** Empty where it is not kept. */
	readonly history: readonly Json[];
}

function applyRule(rule: Rule, state: Json, event: EventEnvelope): Json {
	const { payload } = event;
	let next: Json =
		rule.mergePayload && isJsonObject(payload) ? { ...(isJsonObject(state) ? state : {}), ...payload } : state;
	for (const { path, value } of rule.set) next = withValue(next, path, resolved(value, event) ?? null);
	for (const { path, amount } of rule.increment) {
		const by = resolved(amount, event) ?? 0;
		const name = path.join('.');
		if (typeof by !== 'number') {
			throw new EventBusError('settings', `${name} cannot be incremented by what event ${event.event_id} holds`, {
				hint: 'The path under Increment must lead to a number',
			});
		}
		next = incremented(next, path, by, name);
	}
	for (const path of rule.remove) next = withoutValue(next, path);
	return next;
}

/** undefined: the event has nothing there. */
function resolved(template: Template, event: EventEnvelope): Json | undefined {
	switch (template.kind) {
		case 'value':
			return template.value;
		case 'event':
			return valueAt(event as unknown as Json, template.path);
		case 'list':
			return template.entries.map((entry) => resolved(entry, event) ?? null);
		case 'object':
			return Object.fromEntries(template.fields.map(([name, field]) => [name, resolved(field, event) ?? null]));
	}
}
