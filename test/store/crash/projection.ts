/**
 * The projection that the rebuild test runs and kills: how many events a key has, and what their amounts come to.
 */
import type { EventEnvelope } from '../../../src/event/envelope';
import { isJsonObject } from '../../../src/event/plainJson';
import type { Change } from '../../../src/store/sql/commands';

export const CATEGORY = 'meter';
export const MODEL = 'totals';
export const SUBSCRIPTION = 'totals';

export interface Total {
	readonly count: number;
	readonly sum: number;
}

/** What one event adds, and to which document. */
export function readingOf({ payload }: EventEnvelope): { readonly key: string; readonly amount: number } {
	if (isJsonObject(payload) && typeof payload.key === 'string' && typeof payload.amount === 'number') {
		return { key: payload.key, amount: payload.amount };
	}
	throw new Error('The event is no reading');
}

/** Carries the id of the event, so that an event that is processed again counts once. */
export function changeOf(event: EventEnvelope): Change {
	const { key, amount } = readingOf(event);
	const patch = { merge: {}, increment: { count: 1, sum: amount } };
	return { do: 'patchDocument', args: { model: MODEL, id: key, expect: null, change: event.event_id, patch } };
}
