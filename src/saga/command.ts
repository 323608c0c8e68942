/**
 * How a command of a saga is named, and how the answer to it is recognised.
 */
import { derivedEventId } from '../event/ids';
import type { EventEnvelope } from '../event/envelope';
import { matcherOf } from '../event/typePattern';
import type { StepAction } from './definition';
import type { Attempt, Direction } from './facts';
import { courseOf, effortOf, type SagaState, stepOf } from './state';

/** The same at every attempt, so that a service can recognise what it has done already. */
export function idempotencyKey(sagaId: string, step: string, direction: Direction): string {
	return `${sagaId}/${step}/${direction}`;
}

/** Event id of a command: every attempt publishes the same event. */
export function commandId({ id, startedAt }: SagaState, step: string, direction: Direction): string {
	return derivedEventId(startedAt, ['saga', id, step, direction]);
}

/** The action of a step in one direction; null: nothing to undo. */
export function actionOf(state: SagaState, step: string, direction: Direction): StepAction | null {
	const { action, undo } = stepOf(state, step);
	return direction === 'do' ? action : undo;
}

export interface Answer extends Attempt {
	readonly as: 'succeeded' | 'failed';
}

/**
 * The command that the event answers, in sagas that share a correlation id: the one that caused it, else the only one
 * that waits for such an event. A service that answers after events of its own does not name the command as the cause.
 *
 * @returns null: none, or nobody can tell which
 */
export function answerOf<S extends SagaState>(sagas: readonly S[], event: EventEnvelope): ToSaga<S> | null {
	const awaited = sagas.flatMap((saga) => answersIn(saga, event).map((answer) => ({ saga, answer })));
	if (awaited.length === 0) return null;
	const cause = event.metadata.causation_id;
	const isDirect = sagas.some((saga) => isCommandOf(saga, cause));
	// What one command caused, a second copy of it too, answers no other command.
	const [only, ...others] = isDirect ? awaited.filter(({ saga, answer }) => idOf(saga, answer) === cause) : awaited;
	return others.length === 0 ? (only ?? null) : null;
}

interface ToSaga<S extends SagaState> {
	readonly saga: S;
	readonly answer: Answer;
}

function idOf(saga: SagaState, { step, direction }: Attempt): string {
	return commandId(saga, step, direction);
}

function isCommandOf(saga: SagaState, eventId: string | undefined): boolean {
	return [...saga.steps.keys()].some((step) =>
		(['do', 'undo'] as const).some((direction) => commandId(saga, step, direction) === eventId),
	);
}

function answersIn(saga: SagaState, event: EventEnvelope): readonly Answer[] {
	return awaitedOf(saga).flatMap(({ action, ...attempt }): Answer[] => {
		const as = meaningOf(action, event);
		return as === null ? [] : [{ ...attempt, as }];
	});
}

function awaitedOf(state: SagaState): readonly (Attempt & { readonly action: StepAction })[] {
	const directions: readonly Direction[] = courseOf(state) === 'back' ? ['do', 'undo'] : ['do'];
	return [...state.steps.keys()].flatMap((step) =>
		directions.flatMap((direction) => {
			const action = actionOf(state, step, direction);
			const { status, attempt } = effortOf(state, { step, direction });
			const isAwaited = status === 'published' || status === 'sent' || (status === 'retry' && attempt > 0);
			return action?.kind === 'event' && isAwaited ? [{ step, direction, attempt, action }] : [];
		}),
	);
}

function meaningOf({ succeedsOn, failsOn }: StepAction, event: EventEnvelope): Answer['as'] | null {
	const isOf = (patterns: readonly string[]) =>
		patterns.length > 0 && matcherOf(patterns)(event.event_type, event.event_version);
	if (isOf(succeedsOn)) return 'succeeded';
	return isOf(failsOn) ? 'failed' : null;
}
