/**
 * Four workflows that react to each other: each hears one event type and says the next.
 */
import type { EventDraft } from '../../src/event/createEvent';
import { times } from '../conformance/waiting';
import { service } from '../e2e/scenes';
import type { WorkflowJson } from '../engine/workflowShelf';

export const TYPES = [
	'order.created',
	'order.validated',
	'inventory.reserved',
	'payment.processed',
	'order.fulfilled',
] as const;

export const FIRST = TYPES[0];
export const LAST = TYPES[4];

/** The event type that a workflow hears, by its id. */
export const HEARS: ReadonlyMap<string, string> = new Map(
	TYPES.slice(0, -1).map((type, index) => [`chaosservice${index}`.padEnd(16, '0'), type]),
);

export function chain(): readonly WorkflowJson[] {
	return [...HEARS].map(([id, hears], index) => service(id, hears, TYPES[index + 1] ?? LAST));
}

export function orders(count: number): readonly EventDraft[] {
	return times(count, (number) => {
		const subject = `ord_${String(number).padStart(5, '0')}`;
		return { type: FIRST, subject, correlationId: `corr_${subject}`, payload: { order_id: subject } };
	});
}
