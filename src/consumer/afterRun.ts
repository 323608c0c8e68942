/**
 * What follows from the verdict of a run: the retry policy. Pure.
 */
import { backoffDelay } from '../kernel/backoff';
import { withFailure } from './bookkeeping';
import type { FailureHistory } from './inbox';
import type { DeadLetterReason, RetryPolicy, RunFailure, Verdict } from './types';

export type NextStep =
	| { readonly step: 'finish'; readonly as: 'done' | 'handed-over' }
	| { readonly step: 'retry'; readonly delayMs: number; readonly history: FailureHistory; readonly error: RunFailure }
	| {
			readonly step: 'dead-letter';
			readonly reason: DeadLetterReason;
			readonly history: FailureHistory;
			readonly error: RunFailure;
	  };

/**
 * @param history failures before this run
 * @param now     milliseconds since the epoch
 * @param random  0 ≤ random < 1
 */
export function afterRun(
	verdict: Verdict,
	history: FailureHistory,
	policy: RetryPolicy,
	now: number,
	random: number,
): NextStep {
	if (verdict.as === 'done' || verdict.as === 'handed-over') return { step: 'finish', as: verdict.as };
	const error = verdict.error;
	const failed = withFailure(history, now, describeFailure(error));
	if (verdict.as === 'dead-letter') return { step: 'dead-letter', reason: verdict.reason, history: failed, error };
	if (!error.retryable) return { step: 'dead-letter', reason: 'permanent', history: failed, error };
	if (failed.failures >= policy.maxAttempts) {
		return { step: 'dead-letter', reason: 'max_attempts', history: failed, error };
	}
	const delayMs = verdict.delayMs ?? backoffDelay(policy.backoff, failed.failures, random);
	return { step: 'retry', delayMs: Math.max(0, Math.round(delayMs)), history: failed, error };
}

export function describeFailure(error: RunFailure): string {
	return error.name ? `${error.name}: ${error.message}` : error.message;
}
