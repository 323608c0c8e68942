/**
 * Sagas as tests write them: short, with defaults that a test need not know.
 */
import type { SagaDefinition, SagaStep, StepAction } from '../../src/saga/definition';

/** One attempt more than none, so that a test sees both what is retried and what is given up. */
const ATTEMPTS = 2;

export function action(more: Partial<StepAction> = {}): StepAction {
	return { kind: 'http', template: null, succeedsOn: [], failsOn: [], ...more };
}

/** A command that an event answers: `<name>.done` or `<name>.refused`. */
export function command(name: string, more: Partial<StepAction> = {}): StepAction {
	return action({ kind: 'event', succeedsOn: [`${name}.done`], failsOn: [`${name}.refused`], ...more });
}

export function step(name: string, more: Partial<SagaStep> = {}): SagaStep {
	return {
		name,
		after: [],
		action: action({ template: { do: name } }),
		undo: action({ template: { undo: name } }),
		retry: { maxAttempts: ATTEMPTS, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: 0 } },
		timeoutMs: 10_000,
		pointOfNoReturn: false,
		service: '',
		...more,
	};
}

/** Steps that run at once, unless they say what they run after. */
export function saga(...steps: readonly SagaStep[]): SagaDefinition {
	return { name: 'order', steps };
}

/** Steps that run one after the other. */
export function chain(...steps: readonly SagaStep[]): SagaDefinition {
	return saga(...steps.map((one, index) => ({ ...one, after: steps.slice(index - 1, index).map(({ name }) => name) })));
}
