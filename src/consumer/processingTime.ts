/**
 * How long a run may take: on a broker that takes a delivery back after a while, the run and all its retries must fit.
 */
import type { BrokerCapabilities } from '../broker/types';
import { backoffDelay } from '../kernel/backoff';
import { EventBusError } from '../kernel/errors';
import type { ConsumerSettings } from './types';

const MINUTE_MS = 60_000;

/** Without a limit of the user's or the broker's: longer than nearly all runs, short enough to notice a stuck one. */
const DEFAULT_MS = 30 * MINUTE_MS;
/** What is kept free before the broker takes a delivery back: for a loaded machine, and for clocks that differ. */
const MARGIN_MS = 5 * MINUTE_MS;
/** A bound that leaves a run less than this is of no use. */
const LEAST_MS = MINUTE_MS;

/**
 * @returns milliseconds
 * @throws EventBusError `settings` when the broker would take the delivery back before its run, or its retries where
 *   they wait in memory, could end
 */
export function processingBound(
	settings: Pick<ConsumerSettings, 'maxProcessingMs' | 'order' | 'retry'>,
	effective: Pick<BrokerCapabilities, 'maxLeaseMs' | 'delayedRetryMaxMs'>,
): number {
	const wanted = settings.maxProcessingMs;
	if (effective.maxLeaseMs === null) return wanted ?? DEFAULT_MS;
	const isHeld = settings.order === 'key' || effective.delayedRetryMaxMs === 0;
	const heldMs = isHeld ? longestWait(settings.retry) : 0;
	const freeMs = effective.maxLeaseMs - MARGIN_MS - heldMs;
	if (wanted !== null && wanted <= freeMs) return wanted;
	if (wanted === null && freeMs >= LEAST_MS) return Math.min(DEFAULT_MS, freeMs);
	const limit = `This broker takes an event back ${minutes(effective.maxLeaseMs)} after it handed it out`;
	throw new EventBusError('settings', isHeld ? `${limit}, and its retries wait ${minutes(heldMs)} of that` : limit, {
		hint:
			freeMs >= LEAST_MS
				? `Set Max Processing Time to at most ${Math.floor(freeMs / MINUTE_MS)} minutes`
				: 'Use fewer attempts or shorter delays, so that they fit',
	});
}

/** Between the first and the last attempt, with the most jitter there can be. */
function longestWait({ maxAttempts, backoff }: ConsumerSettings['retry']): number {
	const delays = Array.from({ length: maxAttempts - 1 }, (_, index) => backoffDelay(backoff, index + 1, 1));
	return delays.reduce((sum, delayMs) => sum + delayMs, 0);
}

function minutes(ms: number): string {
	return ms < MINUTE_MS ? `${Math.ceil(ms / 1000)} seconds` : `${Math.ceil(ms / MINUTE_MS)} minutes`;
}
