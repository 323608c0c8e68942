/**
 * Works out what a step sends: its action, with the expressions evaluated against the input and earlier results.
 */
import type { Json } from '../event/envelope';
import { isJsonObject } from '../event/plainJson';
import { EventBusError, messageOf } from '../kernel/errors';
import { keepable, keptError } from './answer';
import { actionOf } from './command';
import type { Direction, StepError } from './facts';
import { resultsOf } from './report';
import { type SagaState, stepStateOf } from './state';
import type { SagaHost, SagaScope } from './types';

export type Worked = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly error: StepError };

/** Evaluated now; what is recorded of it is what every attempt sends. */
export function workOut(state: SagaState, step: string, direction: Direction, host: Pick<SagaHost, 'resolve'>): Worked {
	try {
		const template = actionOf(state, step, direction)?.template ?? null;
		const kept = keepable(host.resolve(template, scopeOf(state)));
		return kept.ok ? kept : { ok: false, error: { code: 'data', message: `The data of ${step}: ${kept.problem}` } };
	} catch (error) {
		const message = `The data of ${step} cannot be worked out: ${messageOf(error)}`;
		return { ok: false, error: keptError({ code: 'data', message }) };
	}
}

/** What undoing sends was worked out when the step ended. */
export function preparedUndo(state: SagaState, step: string): Worked {
	const prepared = stepStateOf(state, step).undoCommand;
	if (prepared === null) throw new EventBusError('bug', `Undoing ${step} was not prepared`);
	return prepared.error === null ? { ok: true, value: prepared.command } : { ok: false, error: prepared.error };
}

/** An input that is no object (a list, a number) stands under `input`. */
function scopeOf(state: SagaState): SagaScope {
	const input = isJsonObject(state.input) ? state.input : { input: state.input };
	return { json: { ...input, steps: resultsOf(state) } };
}
