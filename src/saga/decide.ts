/**
 * What follows for a saga from what happened: the facts to record. Pure: no clock, no ids, no I/O, so tests are tables
 * and a replay is exact.
 */
import type { Json } from '../event/envelope';
import { backoffDelay } from '../kernel/backoff';
import { EventBusError } from '../kernel/errors';
import type { Answered, Attempt, Direction, Outcome, SagaFact, StepError } from './facts';
import {
	courseOf,
	type Effort,
	effortOf,
	evolve,
	isEnded,
	isPastNoReturn,
	type SagaState,
	statusOf,
	stepOf,
} from './state';
import { isInFlight, nextToUndo, workOf } from './work';

export type SagaInput =
	/** Somebody is about to send it. `command` counts at the first attempt; later ones send the same again. */
	| {
			readonly kind: 'send';
			readonly step: string;
			readonly direction: Direction;
			readonly command: Json;
	  }
	/** What would be sent cannot be worked out, so nothing is. */
	| {
			readonly kind: 'unsendable';
			readonly step: string;
			readonly direction: Direction;
			readonly error: StepError;
	  }
	| ({ readonly kind: 'published' } & Attempt)
	| ({ readonly kind: 'succeeded'; readonly result: Json } & Answered & Attempt)
	| ({ readonly kind: 'failed' } & StepFailure & Answered & Attempt)
	| ({ readonly kind: 'interrupted' } & Attempt)
	| { readonly kind: 'prepared'; readonly step: string; readonly command: Json; readonly error: StepError | null }
	| { readonly kind: 'cancel' | 'resume'; readonly reason: string };

/** How an attempt failed. */
export interface StepFailure {
	readonly error: StepError;
	/** False: the service has refused, and would again. */
	readonly mayRetry: boolean;
	/** False: it is sure that the attempt had no effect. */
	readonly mayHaveHappened: boolean;
}

export interface DecideContext {
	/** Milliseconds since the epoch. */
	readonly now: number;
	/** 0 ≤ random < 1. */
	readonly random: number;
}

/** A step during which n8n dies again and again may be what kills it. */
const MAX_INTERRUPTIONS = 20;

/**
 * The facts to record, in their order; none: it came too late, or twice.
 *
 * @throws EventBusError `conflict` for a wish that the saga cannot fulfil
 */
export function decide(state: SagaState, input: SagaInput, context: DecideContext): readonly SagaFact[] {
	const facts = [...answer(state, input, context)];
	let after = facts.reduce((known, fact) => evolve(known, fact, context.now), state);
	if (facts.length === 0) return [];
	for (let fact = consequence(after); fact !== null; fact = consequence(after)) {
		facts.push(fact);
		after = evolve(after, fact, context.now);
	}
	return facts;
}

function answer(state: SagaState, input: SagaInput, context: DecideContext): readonly SagaFact[] {
	switch (input.kind) {
		case 'send':
			return sent(state, input, context);
		case 'unsendable': {
			const { step, direction, error } = input;
			if (!isWanted(state, input, context)) return [];
			const { attempt } = effortOf(state, input);
			return [{ kind: 'failed', step, direction, attempt, error, mayHaveHappened: false }];
		}
		case 'published': {
			const { step, direction, attempt } = input;
			return isCurrent(state, input, ['sent']) ? [{ kind: 'published', step, direction, attempt }] : [];
		}
		case 'succeeded': {
			const { step, direction, attempt, result } = input;
			// A reply that comes while the command waits to be sent again has come all the same.
			if (!isCurrent(state, input, ['sent', 'published', 'retry'])) return [];
			return [{ kind: 'succeeded', step, direction, attempt, result, ...answerIn(input) }];
		}
		case 'failed':
			return failed(state, input, context);
		case 'interrupted':
			return interrupted(state, input);
		case 'prepared': {
			const { step, command, error } = input;
			const isKnown = isEnded(state) || state.steps.get(step)?.undoCommand !== null;
			return isKnown ? [] : [{ kind: 'undo-prepared', step, command, error }];
		}
		case 'cancel':
			return cancelled(state, input.reason);
		case 'resume':
			return resumed(state, input.reason);
	}
}

function sent(
	state: SagaState,
	{ step, direction, command }: Extract<SagaInput, { kind: 'send' }>,
	context: DecideContext,
): SagaFact[] {
	if (!isWanted(state, { step, direction }, context)) return [];
	const effort = effortOf(state, { step, direction });
	const isFirst = effort.attempt === 0;
	return [{ kind: 'sent', step, direction, attempt: effort.attempt + 1, command: isFirst ? command : effort.command }];
}

function failed(
	state: SagaState,
	input: Extract<SagaInput, { kind: 'failed' }>,
	{ now, random }: DecideContext,
): SagaFact[] {
	const { step, direction, attempt, error, mayRetry, mayHaveHappened } = input;
	const allowed: readonly Effort['status'][] = mayRetry ? ['sent', 'published'] : ['sent', 'published', 'retry'];
	if (!isCurrent(state, input, allowed)) return [];
	const { retry } = stepOf(state, step);
	const failures = effortOf(state, input).failures + 1;
	// What is to be undone is not tried again first.
	const isGoingOn = direction === 'undo' || courseOf(state) === 'forward';
	if (mayRetry && isGoingOn && failures < retry.maxAttempts) {
		const retryAt = now + backoffDelay(retry.backoff, failures, random);
		return [{ kind: 'retried', step, direction, attempt, error, mayHaveHappened, retryAt }];
	}
	return [{ kind: 'failed', step, direction, attempt, error, mayHaveHappened, ...answerIn(input) }];
}

function answerIn({ answer }: Answered): Answered {
	return answer === undefined ? {} : { answer };
}

function interrupted(state: SagaState, input: Extract<SagaInput, { kind: 'interrupted' }>): SagaFact[] {
	const { step, direction, attempt } = input;
	if (!isCurrent(state, input, ['sent'])) return [];
	if (effortOf(state, input).interruptions + 1 < MAX_INTERRUPTIONS) {
		return [{ kind: 'interrupted', step, direction, attempt }];
	}
	const error = {
		code: 'interrupted',
		message: `${step} was cut ${MAX_INTERRUPTIONS} times before it ended: it may be what stops n8n`,
	};
	return [{ kind: 'failed', step, direction, attempt, error, mayHaveHappened: true }];
}

function cancelled(state: SagaState, reason: string): SagaFact[] {
	if (isEnded(state)) {
		const isStuck = state.outcome === 'stuck';
		throw new EventBusError('conflict', `Saga ${state.id} is ${statusOf(state)} and cannot be cancelled`, {
			hint: isStuck
				? 'Repair what failed, then use Resume'
				: 'It has ended: start another saga that sets right what it did',
		});
	}
	if (isPastNoReturn(state)) {
		throw new EventBusError('conflict', `Saga ${state.id} is past its point of no return and cannot be cancelled`, {
			hint: 'Let it end, then set right what it did with another saga',
		});
	}
	// What has failed is undone already.
	const isTurnedBack = state.failure !== null || state.cancelReason !== null;
	return isTurnedBack ? [] : [{ kind: 'cancel-requested', reason }];
}

function resumed(state: SagaState, reason: string): SagaFact[] {
	if (state.outcome === 'stuck') return [{ kind: 'resumed', reason }];
	if (!isEnded(state)) return [];
	throw new EventBusError('conflict', `Saga ${state.id} is ${statusOf(state)}: there is nothing to resume`, {
		hint: 'Only a stuck saga can be resumed',
	});
}

/** Whether it may still be sent: a wish to cancel may have come first, or another runner. */
function isWanted(
	state: SagaState,
	{ step, direction }: { readonly step: string; readonly direction: Direction },
	{ now }: DecideContext,
): boolean {
	return workOf(state, now).some((work) => work.step === step && work.direction === direction);
}

/** A reply of an attempt that is over, and a second one, change nothing. */
function isCurrent(state: SagaState, { step, direction, attempt }: Attempt, statuses: readonly Effort['status'][]) {
	if (isEnded(state) || !state.steps.has(step)) return false;
	const effort = effortOf(state, { step, direction });
	return effort.attempt === attempt && statuses.includes(effort.status);
}

/** What follows by itself from the state; null: something must happen first. */
function consequence(state: SagaState): SagaFact | null {
	if (isEnded(state)) return null;
	const course = courseOf(state);
	if (course !== 'forward') {
		const givenUp = abandoned(state);
		if (givenUp) return givenUp;
	}
	if (isInFlight(state)) return null;
	switch (course) {
		case 'forward': {
			const isDone = [...state.steps.values()].every((step) => step.do.status === 'succeeded');
			return isDone ? { kind: 'completed' } : null;
		}
		case 'park':
			return { kind: 'stuck' };
		case 'back': {
			const next = nextToUndo(state);
			if (next === null) return { kind: outcomeOfUndoing(state) };
			return next.cannot === null
				? null
				: { kind: 'failed', ...next.attempt, error: next.cannot, mayHaveHappened: false };
		}
	}
}

/** A step that waits to be tried again when the saga turns back is not tried again. */
function abandoned(state: SagaState): SagaFact | null {
	for (const [step, { do: effort }] of state.steps) {
		if (effort.status !== 'retry') continue;
		const { attempt, mayHaveHappened } = effort;
		const error = effort.error ?? { code: 'interrupted', message: `${step} was cut before it ended` };
		return { kind: 'failed', step, direction: 'do', attempt, error, mayHaveHappened };
	}
	return null;
}

function outcomeOfUndoing(state: SagaState): Outcome {
	const isAnyLeft = [...state.steps.values()].some(({ undo }) => undo.status === 'failed');
	if (isAnyLeft) return 'stuck';
	// The wish came first, whatever became of the steps that were under way.
	return state.cancelReason === null ? 'compensated' : 'cancelled';
}
