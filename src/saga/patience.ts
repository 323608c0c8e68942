/**
 * Waiting for a store that is away for a while. What came of an attempt is known to its runner alone until it is
 * recorded: given up at the first lost connection, every restart of a server would have steps sent twice.
 */
import { backoffDelay, RECONNECT_BACKOFF } from '../kernel/backoff';
import { isEventBusError } from '../kernel/errors';
import type { SagaHost } from './types';

export interface Patience {
	/** Milliseconds since the epoch. */
	readonly until: number;
	/** Ends it too. */
	readonly signal: AbortSignal;
}

/** @throws what the work throws, if waiting does not heal it, or not in time */
export async function patiently<T>(
	work: () => Promise<T>,
	host: Pick<SagaHost, 'clock' | 'random'>,
	{ until, signal }: Patience,
): Promise<T> {
	for (let failures = 1; ; failures += 1) {
		try {
			return await work();
		} catch (error) {
			const isAway = isEventBusError(error) && (error.code === 'unreachable' || error.code === 'timeout');
			const delayMs = backoffDelay(RECONNECT_BACKOFF, failures, host.random());
			if (!isAway || signal.aborted || host.clock.now() + delayMs >= until) throw error;
			await host.clock.sleep(delayMs, signal).catch(() => undefined);
		}
	}
}
