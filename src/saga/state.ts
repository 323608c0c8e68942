/**
 * The state of a saga: what its facts add up to. Pure, so that a replay is exact.
 */
import type { EventEnvelope, Json } from '../event/envelope';
import { EventBusError } from '../kernel/errors';
import type { SagaDefinition, SagaStep } from './definition';
import type { Answered, Attempt, Direction, FactOf, Outcome, SagaFact, StepError } from './facts';

export type SagaStatus = 'running' | 'compensating' | Outcome;

/** What is done for a step in one direction. */
export interface Effort {
	readonly status: 'open' | 'sent' | 'published' | 'retry' | 'succeeded' | 'failed';
	/** Of the newest attempt, 0 before the first. */
	readonly attempt: number;
	/** Attempts since it was last begun afresh: what Max Attempts counts. */
	readonly failures: number;
	/** How often whoever did it was gone before it ended. */
	readonly interruptions: number;
	/** What is sent; null before the first attempt. */
	readonly command: Json;
	/** Of the newest attempt, milliseconds since the epoch. */
	readonly sentAt: number;
	/** Only in `retry`, milliseconds since the epoch. */
	readonly retryAt: number;
	/** An attempt did not succeed as far as anybody knows, and may have had its effect all the same. */
	readonly mayHaveHappened: boolean;
	readonly result: Json;
	readonly error: StepError | null;
}

export interface StepState {
	readonly do: Effort;
	readonly undo: Effort;
	/** What undoing will send; null until it is prepared. */
	readonly undoCommand: { readonly command: Json; readonly error: StepError | null } | null;
}

export interface SagaState {
	readonly id: string;
	/** Number of facts. */
	readonly version: number;
	readonly definition: SagaDefinition;
	readonly input: Json;
	readonly correlationId: string;
	readonly cause: EventEnvelope | null;
	readonly source: string;
	readonly publish: FactOf<'started'>['publish'];
	readonly steps: ReadonlyMap<string, StepState>;
	/** The steps that had an effect, or may have had one, in the order in which they ended. */
	readonly effects: readonly string[];
	/** Why it does not go forward any more; the first failure counts. */
	readonly failure: { readonly step: string; readonly error: StepError } | null;
	/** Why somebody wanted it undone, before anything had failed. */
	readonly cancelReason: string | null;
	/** Ids of the events that have answered a command: a copy of one answers no other. */
	readonly answers: readonly string[];
	readonly outcome: Outcome | null;
	/** Milliseconds since the epoch. */
	readonly startedAt: number;
	/** Milliseconds since the epoch. */
	readonly updatedAt: number;
}

const UNTOUCHED: Effort = {
	status: 'open',
	attempt: 0,
	failures: 0,
	interruptions: 0,
	command: null,
	sentAt: 0,
	retryAt: 0,
	mayHaveHappened: false,
	result: null,
	error: null,
};

/** @param at when the fact was recorded, milliseconds since the epoch */
export function evolve(state: SagaState, fact: SagaFact, at: number): SagaState {
	return { ...changed(state, fact, at), version: state.version + 1, updatedAt: at };
}

/** @param at milliseconds since the epoch */
export function begin(id: string, fact: FactOf<'started'>, at: number): SagaState {
	const { definition, input, correlationId, cause, source, publish } = fact;
	const untouched: StepState = { do: UNTOUCHED, undo: UNTOUCHED, undoCommand: null };
	return {
		id,
		version: 1,
		definition,
		input,
		correlationId,
		cause,
		source,
		publish,
		steps: new Map(definition.steps.map(({ name }) => [name, untouched])),
		effects: [],
		failure: null,
		cancelReason: null,
		answers: [],
		outcome: null,
		startedAt: at,
		updatedAt: at,
	};
}

function changed(state: SagaState, fact: SagaFact, at: number): SagaState {
	switch (fact.kind) {
		case 'started':
			throw new EventBusError('bug', `The saga ${state.id} was started twice`);
		case 'sent':
			return withEffort(state, fact, { status: 'sent', attempt: fact.attempt, command: fact.command, sentAt: at });
		case 'published':
			return withEffort(state, fact, { status: 'published' });
		case 'interrupted': {
			const { interruptions } = effortOf(state, fact);
			const again = { status: 'retry', retryAt: at, mayHaveHappened: true } as const;
			return withEffort(state, fact, { ...again, interruptions: interruptions + 1 });
		}
		case 'retried': {
			const { failures, mayHaveHappened } = effortOf(state, fact);
			return withEffort(state, fact, {
				status: 'retry',
				failures: failures + 1,
				retryAt: fact.retryAt,
				error: fact.error,
				mayHaveHappened: mayHaveHappened || fact.mayHaveHappened,
			});
		}
		case 'succeeded': {
			const its = { status: 'succeeded', result: fact.result, error: null } as const;
			const after = withAnswer(withEffort(state, fact, its), fact);
			return fact.direction === 'do' ? withEffect(after, fact.step) : after;
		}
		case 'failed':
			return failed(state, fact);
		case 'undo-prepared': {
			const { command, error } = fact;
			return withStep(state, fact.step, { undoCommand: { command, error } });
		}
		case 'cancel-requested':
			return { ...state, cancelReason: state.cancelReason ?? fact.reason };
		case 'resumed':
			return resumed(state);
		default:
			return { ...state, outcome: fact.kind };
	}
}

function failed(state: SagaState, fact: FactOf<'failed'>): SagaState {
	const known = effortOf(state, fact);
	const mayHaveHappened = known.mayHaveHappened || fact.mayHaveHappened;
	const its = { status: 'failed', error: fact.error, mayHaveHappened } as const;
	const after = withAnswer(withEffort(state, fact, its), fact);
	if (fact.direction === 'undo') return after;
	const { step, error } = fact;
	const withFailure = { ...after, failure: after.failure ?? { step, error } };
	return mayHaveHappened ? withEffect(withFailure, step) : withFailure;
}

/** What has failed for good is tried afresh: undoing, or past the point of no return the step itself. */
function resumed(state: SagaState): SagaState {
	const forward = isPastNoReturn(state);
	const steps = new Map(
		[...state.steps].map(([name, step]) => [
			name,
			forward ? { ...step, do: afresh(step.do) } : { ...step, ...undoAfresh(step) },
		]),
	);
	// Whoever resumes past that point wants it to go forward.
	return { ...state, steps, outcome: null, ...(forward ? { failure: null, cancelReason: null } : {}) };
}

function undoAfresh({ undo, undoCommand }: StepState): Pick<StepState, 'undo' | 'undoCommand'> {
	return { undo: afresh(undo), undoCommand: undoCommand?.error ? null : undoCommand };
}

function afresh(effort: Effort): Effort {
	if (effort.status !== 'failed') return effort;
	return { ...effort, status: effort.attempt === 0 ? 'open' : 'retry', retryAt: 0, failures: 0, interruptions: 0 };
}

function withAnswer(state: SagaState, { answer }: Answered): SagaState {
	return answer === undefined ? state : { ...state, answers: [...state.answers, answer] };
}

function withEffect(state: SagaState, step: string): SagaState {
	return { ...state, effects: [...state.effects.filter((one) => one !== step), step] };
}

function withEffort(state: SagaState, { step, direction }: Attempt, change: Partial<Effort>): SagaState {
	return withStep(state, step, { [direction]: { ...effortOf(state, { step, direction }), ...change } });
}

function withStep(state: SagaState, name: string, change: Partial<StepState>): SagaState {
	return { ...state, steps: new Map(state.steps).set(name, { ...stepStateOf(state, name), ...change }) };
}

export function stepStateOf(state: SagaState, name: string): StepState {
	const step = state.steps.get(name);
	if (step) return step;
	throw new EventBusError('bug', `The saga ${state.id} has no step ${name}`);
}

export function stepOf({ id, definition }: SagaState, name: string): SagaStep {
	const step = definition.steps.find((one) => one.name === name);
	if (step) return step;
	throw new EventBusError('bug', `The saga ${id} has no step ${name}`);
}

export function effortOf(
	state: SagaState,
	{ step, direction }: { readonly step: string; readonly direction: Direction },
): Effort {
	return stepStateOf(state, step)[direction];
}

/** Whether a step that cannot be taken back has succeeded, or may have. */
export function isPastNoReturn(state: SagaState): boolean {
	return state.definition.steps.some(({ name, pointOfNoReturn, undo }) => {
		const { status, mayHaveHappened } = stepStateOf(state, name).do;
		return pointOfNoReturn && (status === 'succeeded' || (status === 'failed' && mayHaveHappened && undo === null));
	});
}

/** forward: steps are begun. back: they are undone. park: neither, a person is needed. */
export function courseOf(state: SagaState): 'forward' | 'back' | 'park' {
	const isUnwanted = state.failure !== null || state.cancelReason !== null;
	if (!isUnwanted) return 'forward';
	if (!isPastNoReturn(state)) return 'back';
	// It was cancelled too late: the step that cannot be taken back was under way, and has succeeded.
	return state.failure === null ? 'forward' : 'park';
}

export function statusOf(state: SagaState): SagaStatus {
	if (state.outcome !== null) return state.outcome;
	return courseOf(state) === 'back' ? 'compensating' : 'running';
}

/** Whether nothing more happens unless a person wants it. */
export function isEnded({ outcome }: SagaState): boolean {
	return outcome !== null;
}
