/**
 * Events as the cases publish them: complete envelopes with ids that tell where they come from.
 */
import { randomUUID } from 'node:crypto';
import type { EventEnvelope, EventMetadata, Json } from '../../src/event/envelope';
import { times } from './waiting';

export interface EventOptions {
	readonly type?: string;
	readonly payload?: Json;
	/** Ordering key. */
	readonly key?: string;
	readonly source?: string;
	readonly id?: string;
	readonly metadata?: Partial<EventMetadata>;
}

export function event(options: EventOptions = {}): EventEnvelope {
	const now = new Date().toISOString();
	const id = options.id ?? `evt_${randomUUID()}`;
	return {
		event_id: id,
		event_type: options.type ?? 'order.created',
		event_version: '1.0',
		occurred_at: now,
		source: options.source ?? 'conformance',
		payload: options.payload ?? {},
		metadata: {
			correlation_id: `corr_${id}`,
			hops: 0,
			timestamp: now,
			...(options.key === undefined ? {} : { ordering_key: options.key }),
			...options.metadata,
		},
	};
}

/** Events with payload `{ n: 0 }`, `{ n: 1 }`, … */
export function events(count: number, options: EventOptions = {}): EventEnvelope[] {
	return times(count, (n) => event({ ...options, payload: { n } }));
}

export function idsOf(list: readonly EventEnvelope[]): string[] {
	return list.map(({ event_id: id }) => id);
}

/** How many of the wanted ids are not among those found. */
export function missingIn(found: readonly string[], wanted: readonly string[]): number {
	const known = new Set(found);
	return wanted.filter((id) => !known.has(id)).length;
}

/** The `n` of a payload made by `events`. */
export function numberOf({ payload }: EventEnvelope): number {
	const n = payload !== null && typeof payload === 'object' && 'n' in payload ? payload.n : undefined;
	if (typeof n !== 'number') throw new Error('The event is not numbered');
	return n;
}

/** JSON with sorted keys: equal texts are equal values. */
export function canonical(value: unknown): string {
	return JSON.stringify(value, (_key, inner: unknown) => {
		if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
		return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
	});
}
