/**
 * What is to be done for a saga next, and when. Pure.
 */
import type { Attempt, Direction, StepError } from './facts';
import { courseOf, type Effort, effortOf, isEnded, type SagaState, stepOf, stepStateOf } from './state';

/** An attempt that should begin now. */
export interface Work {
	readonly step: string;
	readonly direction: Direction;
	/** The data of a first attempt are still to be worked out, unless undoing has prepared them. */
	readonly isFirst: boolean;
}

/** A saga of which nothing is known to be awaited is looked at all the same. */
const LONGEST_REST_MS = 60_000;

/** What is ready to be sent. Undoing is one step at a time. */
export function workOf(state: SagaState, now: number): readonly Work[] {
	if (isEnded(state)) return [];
	switch (courseOf(state)) {
		case 'forward':
			return state.definition.steps
				.filter(({ after }) => after.every((name) => stepStateOf(state, name).do.status === 'succeeded'))
				.flatMap(({ name }) => workFor(state, name, 'do', now));
		case 'back': {
			if (isInFlight(state)) return [];
			const next = nextToUndo(state);
			return next === null || next.cannot !== null ? [] : workFor(state, next.attempt.step, 'undo', now);
		}
		case 'park':
			return [];
	}
}

/** Steps of which it is still to be worked out how they would be undone. */
export function unprepared(state: SagaState): readonly string[] {
	if (isEnded(state)) return [];
	return state.definition.steps
		.filter(({ name, undo }) => {
			const step = stepStateOf(state, name);
			const hasEffect = step.do.status === 'succeeded' || (step.do.status === 'failed' && step.do.mayHaveHappened);
			return undo !== null && hasEffect && step.undoCommand === null;
		})
		.map(({ name }) => name);
}

/** Attempts that were sent and have not ended. */
export function inFlight(state: SagaState): readonly (Attempt & { readonly effort: Effort })[] {
	return [...state.steps].flatMap(([step, efforts]) =>
		(['do', 'undo'] as const)
			.map((direction) => ({ step, direction, attempt: efforts[direction].attempt, effort: efforts[direction] }))
			.filter(({ effort }) => effort.status === 'sent' || effort.status === 'published'),
	);
}

export function isInFlight(state: SagaState): boolean {
	return inFlight(state).length > 0;
}

/** Until when the reply to a published command is awaited, milliseconds since the epoch. */
export function deadlineOf(
	state: SagaState,
	{ step, effort }: { readonly step: string; readonly effort: Effort },
): number {
	return effort.sentAt + stepOf(state, step).timeoutMs;
}

/**
 * The newest effect that is not undone. Undoing that has failed for good is not tried again by itself, and the ones
 * before it go on. `cannot`: why it cannot even be tried.
 */
export function nextToUndo(state: SagaState): { readonly attempt: Attempt; readonly cannot: StepError | null } | null {
	for (const step of state.effects.toReversed()) {
		const { undo, undoCommand } = stepStateOf(state, step);
		if (stepOf(state, step).undo === null || undo.status === 'succeeded' || undo.status === 'failed') continue;
		return { attempt: { step, direction: 'undo', attempt: undo.attempt }, cannot: undoCommand?.error ?? null };
	}
	return null;
}

/**
 * When somebody must look after the saga, if nobody does already: milliseconds since the epoch; null: it has ended.
 * What waits for nobody but us is due since it is as it is.
 */
export function dueAtOf(state: SagaState): number | null {
	if (isEnded(state)) return null;
	const now = state.updatedAt;
	if (unprepared(state).length > 0 || workOf(state, now).length > 0) return now;
	// Whoever performs it is gone.
	if (inFlight(state).some(({ effort }) => effort.status === 'sent')) return now;
	return Math.min(now + LONGEST_REST_MS, ...awaitedTimes(state));
}

/** When replies are given up and attempts are made again, milliseconds since the epoch. */
export function awaitedTimes(state: SagaState): readonly number[] {
	const published = inFlight(state).filter(({ effort }) => effort.status === 'published');
	const retries = [...state.steps.values()]
		.flatMap((step) => [step.do, step.undo])
		.filter(({ status }) => status === 'retry');
	return [...published.map((one) => deadlineOf(state, one)), ...retries.map(({ retryAt }) => retryAt)];
}

function workFor(state: SagaState, step: string, direction: Direction, now: number): readonly Work[] {
	const { status, retryAt, attempt } = effortOf(state, { step, direction });
	const isReady = status === 'open' || (status === 'retry' && retryAt <= now);
	// Undoing needs what was prepared.
	const isPrepared = direction === 'do' || stepStateOf(state, step).undoCommand !== null;
	return isReady && isPrepared ? [{ step, direction, isFirst: attempt === 0 }] : [];
}
