/**
 * One attempt of one step, bounded in time: what came of it, as the saga is told.
 */
import { EventBusError, isEventBusError, messageOf } from '../kernel/errors';
import { keepable, keptError } from './answer';
import type { SagaInput, StepFailure } from './decide';
import type { Attempt } from './facts';
import type { SagaHost, StepCall, StepOutcome } from './types';

/** Never rejects. An attempt that is given up cannot be stopped from here; the signal tells whoever performs it. */
export async function attemptStep(call: StepCall, host: Pick<SagaHost, 'perform' | 'clock'>): Promise<SagaInput> {
	const { step, timeoutMs } = call;
	const answered = new AbortController();
	const givenUp = new AbortController();
	const late = async (): Promise<StepOutcome> => {
		await host.clock.sleep(timeoutMs, answered.signal);
		givenUp.abort(new EventBusError('timeout', `${step} did not answer within ${timeoutMs} ms`));
		return { as: 'failed', ...noAnswer(step, timeoutMs) };
	};
	const lateness = late();
	// When the answer comes first the sleep is aborted, and nobody waits for it.
	lateness.catch(() => undefined);
	try {
		return inputOf(call, await Promise.race([host.perform(call, givenUp.signal), lateness]));
	} catch (error) {
		const known = { code: isEventBusError(error) ? error.code : 'error', message: `${step}: ${messageOf(error)}` };
		return inputOf(call, { as: 'failed', error: known, mayRetry: false, mayHaveHappened: true });
	} finally {
		answered.abort();
	}
}

export function noAnswer(step: string, timeoutMs: number): StepFailure {
	const error = { code: 'timeout', message: `${step} did not answer within ${timeoutMs} ms` };
	return { error, mayRetry: true, mayHaveHappened: true };
}

function inputOf({ step, direction, attempt }: Attempt, outcome: StepOutcome): SagaInput {
	const its = { step, direction, attempt };
	switch (outcome.as) {
		case 'published':
			return { kind: 'published', ...its };
		case 'succeeded': {
			const kept = keepable(outcome.result);
			if (kept.ok) return { kind: 'succeeded', ...its, result: kept.value };
			// It has happened, and later steps could not go by what it answered.
			const error = { code: 'too-large', message: `The answer of ${step}: ${kept.problem}` };
			return { kind: 'failed', ...its, error, mayRetry: false, mayHaveHappened: true };
		}
		case 'failed': {
			const { error, mayRetry, mayHaveHappened } = outcome;
			return { kind: 'failed', ...its, error: keptError(error), mayRetry, mayHaveHappened };
		}
	}
}
