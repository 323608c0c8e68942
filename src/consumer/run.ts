/**
 * One call of the handler, bounded in time.
 */
import type { Clock } from '../kernel/clock';
import { EventBusError, isEventBusError, messageOf } from '../kernel/errors';
import type { Handler, ReceivedEvent, Verdict } from './types';

/**
 * Never rejects: a handler that throws, or does not answer in time, has failed for every event it was given.
 * A run that is given up cannot be stopped from here; `context.signal` tells the handler.
 */
export async function timedRun(
	handler: Handler,
	received: readonly ReceivedEvent[],
	maxProcessingMs: number,
	clock: Clock,
): Promise<readonly Verdict[]> {
	const givenUp = new AbortController();
	const answered = new AbortController();
	const tooLate = async (): Promise<readonly Verdict[]> => {
		await clock.sleep(maxProcessingMs, answered.signal);
		const error = new EventBusError('timeout', `The run did not end within ${maxProcessingMs} ms`);
		givenUp.abort(error);
		throw error;
	};
	const late = tooLate();
	// When the run ends first the sleep is aborted, and nobody waits for it.
	late.catch(() => undefined);
	try {
		return await Promise.race([handler(received, { signal: givenUp.signal }), late]);
	} catch (error) {
		return received.map(() => failedRun(error));
	} finally {
		answered.abort();
	}
}

/** The verdict on a run that threw. */
export function failedRun(error: unknown): Verdict {
	const name = isEventBusError(error) ? error.code : error instanceof Error ? error.name : '';
	const retryable = !isEventBusError(error) || error.retryable;
	return { as: 'retry', error: { name, message: messageOf(error), retryable } };
}
