import { EventBusError } from '../kernel/errors';
import type { Outcome } from './types';

/** Stands where an adapter gave no outcome for an event. */
export function noOutcome(): Outcome<never> & { readonly ok: false } {
	return { ok: false, error: new EventBusError('bug', 'The broker gave no outcome for this event') };
}
