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
 * The command that the event answers: the one that caused it, else the only one that waits for such an event. A service
 * that answers after events of its own does not name the command as the cause.
 */
export function answerOf(state: SagaState, event: EventEnvelope): Answer | null {
	const awaited = awaitedOf(state).flatMap(({ action, ...attempt }): Answer[] => {
		const as = meaningOf(action, event);
		return as === null ? [] : [{ ...attempt, as }];
	});
	const cause = event.metadata.causation_id;
	const direct = awaited.find(({ step, direction }) => commandId(state, step, direction) === cause);
	if (direct) return direct;
	const [only, ...others] = awaited;
	return others.length === 0 ? (only ?? null) : null;
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
