import { afterRun } from './afterRun';
import type { FailureHistory } from './inbox';
import type { RetryPolicy, RunFailure, Verdict } from './types';

const policy: RetryPolicy = {
	maxAttempts: 3,
	backoff: { initialMs: 1000, factor: 4, maxMs: 900_000, jitter: 0.2 },
};
const unreachable: RunFailure = { name: 'NodeApiError', message: 'no answer', retryable: true };
const NOW = 1_700_000_000_000;

function failed(failures: number): FailureHistory {
	const earlier =
		failures > 0 ? { firstFailureAt: NOW - 5000, lastError: 'earlier' } : { firstFailureAt: null, lastError: null };
	return { failures, notBefore: null, ...earlier };
}

describe('afterRun', () => {
	it.each<[string, Verdict, number, object]>([
		['a run that succeeded is finished', { as: 'done' }, 2, { step: 'finish', as: 'done' }],
		['a run that waits is finished as handed over', { as: 'handed-over' }, 0, { step: 'finish', as: 'handed-over' }],
		[
			'the first failure is retried after the initial delay',
			{ as: 'retry', error: unreachable },
			0,
			{ step: 'retry', delayMs: 1000 },
		],
		['the second failure waits longer', { as: 'retry', error: unreachable }, 1, { step: 'retry', delayMs: 4000 }],
		[
			'the last attempt goes to the dead letters',
			{ as: 'retry', error: unreachable },
			2,
			{ step: 'dead-letter', reason: 'max_attempts' },
		],
		[
			'an error that cannot heal is not retried',
			{ as: 'retry', error: { ...unreachable, retryable: false } },
			0,
			{ step: 'dead-letter', reason: 'permanent' },
		],
		[
			'a delay asked for replaces the backoff',
			{ as: 'retry', error: unreachable, delayMs: 7 },
			0,
			{ step: 'retry', delayMs: 7 },
		],
		[
			'a delay asked for does not add attempts',
			{ as: 'retry', error: unreachable, delayMs: 7 },
			2,
			{ step: 'dead-letter', reason: 'max_attempts' },
		],
		[
			'a dead letter asked for keeps its reason',
			{ as: 'dead-letter', reason: 'rejected', error: unreachable },
			0,
			{ step: 'dead-letter', reason: 'rejected' },
		],
	])('%s', (_name, verdict, failures, expected) => {
		expect(afterRun(verdict, failed(failures), policy, NOW, 0)).toMatchObject(expected);
	});

	it('counts the failed run and keeps the time of the first one', () => {
		const next = afterRun({ as: 'retry', error: unreachable }, failed(1), policy, NOW, 0);
		expect(next).toMatchObject({
			history: { failures: 2, firstFailureAt: NOW - 5000, lastError: 'NodeApiError: no answer' },
		});
	});
});
