/**
 * Entries of a trail, with what a test cares about.
 */
import type { Json } from '../../src/event/envelope';
import type { RecordedEntry } from '../../src/store/sql/trail';
import type { TrailEntry, TrailEvent, TrailFact } from '../../src/trail/types';

/** 2026-01-01T00:00:00Z: tests count milliseconds from here. */
export const START = 1_767_225_600_000;

export function trailEvent(eventId: string, more: Partial<TrailEvent> = {}): TrailEvent {
	return {
		eventId,
		source: 'shop',
		eventType: 'order.created',
		eventVersion: '1.0',
		subject: null,
		correlationId: 'corr_1',
		causationId: null,
		hops: 0,
		occurredAt: new Date(START).toISOString(),
		payload: {},
		...more,
	};
}

/** @param at milliseconds from `START` */
export function published(at: number, more: Partial<TrailFact> = {}): TrailFact {
	return {
		kind: 'published',
		at: START + at,
		broker: 'embedded',
		channel: 'events',
		group: null,
		service: 'shop',
		attempt: null,
		workflowId: null,
		executionId: null,
		error: null,
		reason: null,
		delayMs: null,
		...more,
	};
}

/** @param at milliseconds from `START` */
export function consumed(kind: TrailFact['kind'], at: number, more: Partial<TrailFact> = {}): TrailFact {
	return { ...published(at), kind, group: 'billing', service: 'n8n/Billing', attempt: 1, ...more };
}

export function entry(event: TrailEvent, ...facts: readonly TrailFact[]): TrailEntry {
	return { event, facts };
}

/** As the recorder hands it to the store. */
export function recorded({ event, facts }: TrailEntry): RecordedEntry {
	const { payload, payloadBytes } = event;
	return { event: { ...event, payload: payload === undefined ? null : textOf(payload, payloadBytes) }, facts };
}

function textOf(payload: Json, payloadBytes: number | undefined): string {
	return typeof payload === 'string' && payloadBytes !== undefined ? payload : JSON.stringify(payload);
}
