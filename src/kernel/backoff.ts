/**
 * Exponential backoff with jitter: the one formula behind retries of a run and reconnects.
 */
import { EventBusError } from './errors';

export interface Backoff {
	/** Delay after the first failure, milliseconds. */
	readonly initialMs: number;
	/** Growth per failure; 1 keeps the delay constant. */
	readonly factor: number;
	/** Cap before jitter, milliseconds. */
	readonly maxMs: number;
	/** Share of the delay that is drawn at random, 0 to 1. Jitter only ever adds, so no retry is early. */
	readonly jitter: number;
}

/** Reconnects: quick at first, at most 30 s apart. */
export const RECONNECT_BACKOFF: Backoff = { initialMs: 250, factor: 2, maxMs: 30_000, jitter: 0.2 };

/**
 * How long to wait after failure number `failures`.
 *
 * @param failures failures so far, 1-based
 * @param random   0 ≤ random < 1, passed in so that tests are exact
 * @returns whole milliseconds, between the exponential value and that value plus its jitter
 * @throws EventBusError `settings` when a field is negative or not finite
 */
export function backoffDelay(backoff: Backoff, failures: number, random: number): number {
	for (const [field, value] of Object.entries(backoff)) {
		if (!Number.isFinite(value) || value < 0) {
			throw new EventBusError('settings', `The backoff has ${field} = ${value}`, {
				hint: `Use a number of 0 or more for ${field}`,
			});
		}
	}
	// Zero times Infinity would be no number.
	const growth = Math.min(backoff.factor ** (Math.max(1, failures) - 1), Number.MAX_VALUE);
	const exponential = Math.min(backoff.initialMs * growth, backoff.maxMs);
	return Math.round(exponential * (1 + backoff.jitter * random));
}
