/**
 * A saga without clock and store: inputs go in, facts come out.
 */
import { decide, type DecideContext, type SagaInput } from '../../src/saga/decide';
import type { SagaDefinition } from '../../src/saga/definition';
import type { Attempt, SagaFact, StepError } from '../../src/saga/facts';
import { begin, evolve, type SagaState } from '../../src/saga/state';
import type { Json } from '../../src/event/envelope';

export const STARTED_AT = Date.parse('2026-02-27T10:30:00.000Z');

export function started(definition: SagaDefinition, input: Json = {}, id = 'order/1'): SagaState {
	return begin(
		id,
		{ kind: 'started', definition, input, correlationId: 'corr_1', cause: null, source: 'n8n/Orders', publish: null },
		STARTED_AT,
	);
}

export class Play {
	/** All of them, with when they were recorded. */
	readonly facts: { readonly fact: SagaFact; readonly at: number }[] = [];
	state: SagaState;
	now = STARTED_AT;

	constructor(readonly definition: SagaDefinition) {
		this.state = started(definition);
	}

	/** What follows from the input, recorded. */
	apply(input: SagaInput, context: Partial<DecideContext> = {}): readonly SagaFact[] {
		const facts = decide(this.state, input, { now: this.now, random: 0, ...context });
		for (const fact of facts) {
			this.state = evolve(this.state, fact, this.now);
			this.facts.push({ fact, at: this.now });
		}
		return facts;
	}

	/** @returns what follows from the last of them */
	applyAll(inputs: readonly (SagaInput | Wait)[]): readonly SagaFact[] {
		let last: readonly SagaFact[] = [];
		for (const input of inputs) {
			if (input.kind === 'wait') this.now += input.ms;
			else last = this.apply(input);
		}
		return last;
	}
}

/** Time goes by. */
export interface Wait {
	readonly kind: 'wait';
	readonly ms: number;
}

export function wait(ms: number): Wait {
	return { kind: 'wait', ms };
}

/** 'a': step a. 'undo a': the undoing of it. 'a 2': its second attempt. */
function attemptOf(place: string): Attempt {
	const [, undo, step = '', attempt = '1'] = /^(undo )?(\S+)(?: (\d+))?$/.exec(place) ?? [];
	return { step, direction: undo === undefined ? 'do' : 'undo', attempt: Number(attempt) };
}

export function send(place: string, command: Json = `${place}!`): SagaInput {
	const { step, direction } = attemptOf(place);
	return { kind: 'send', step, direction, command };
}

export function unsendable(place: string): SagaInput {
	const { step, direction } = attemptOf(place);
	return { kind: 'unsendable', step, direction, error: failure('data') };
}

export function published(place: string): SagaInput {
	return { kind: 'published', ...attemptOf(place) };
}

export function succeeded(place: string, result: Json = `${place}.`): SagaInput {
	return { kind: 'succeeded', ...attemptOf(place), result };
}

/** The service has refused: nothing happened, and it would again. */
export function refused(place: string): SagaInput {
	return { kind: 'failed', ...attemptOf(place), error: failure('http 402'), mayRetry: false, mayHaveHappened: false };
}

/** No answer: it may have happened, and is tried again. */
export function unanswered(place: string): SagaInput {
	return { kind: 'failed', ...attemptOf(place), error: failure('timeout'), mayRetry: true, mayHaveHappened: true };
}

/** Nothing listened: it has not happened, and is tried again. */
export function unreached(place: string): SagaInput {
	return { kind: 'failed', ...attemptOf(place), error: failure('connection'), mayRetry: true, mayHaveHappened: false };
}

export function interrupted(place: string): SagaInput {
	return { kind: 'interrupted', ...attemptOf(place) };
}

export function prepared(step: string): SagaInput {
	return { kind: 'prepared', step, command: `undo ${step}!`, error: null };
}

export function unpreparable(step: string): SagaInput {
	return { kind: 'prepared', step, command: null, error: failure('data') };
}

export const cancel: SagaInput = { kind: 'cancel', reason: 'the customer changed her mind' };
export const resume: SagaInput = { kind: 'resume', reason: 'the service is repaired' };

/** 'sent undo a 2', as the inputs are written. */
export function textOf(fact: SagaFact): string {
	if ('attempt' in fact) {
		const undo = fact.direction === 'undo' ? 'undo ' : '';
		return `${fact.kind} ${undo}${fact.step}${fact.attempt > 1 ? ` ${fact.attempt}` : ''}`;
	}
	return 'step' in fact ? `${fact.kind} ${fact.step}` : fact.kind;
}

function failure(code: string): StepError {
	return { code, message: `it failed: ${code}` };
}
