/**
 * What a saga does: its steps, what each waits for, and how each is undone. Plain JSON, pinned to every saga that was
 * started with it, so that an edited workflow does not change a saga that is under way.
 */
import { checkTypePatterns } from '../event/typePattern';
import type { Json } from '../event/envelope';
import { FORBIDDEN_KEYS } from '../event/limits';
import { type Backoff, backoffDelay } from '../kernel/backoff';
import { EventBusError, messageOf } from '../kernel/errors';
import { findCycle } from './cycle';

export interface SagaDefinition {
	readonly name: string;
	readonly steps: readonly SagaStep[];
}

export interface SagaStep {
	/** Unique in its saga; later steps read its result as `steps.<name>`. */
	readonly name: string;
	/** The steps that must have succeeded before; none: starts at once. */
	readonly after: readonly string[];
	readonly action: StepAction;
	/** null: there is nothing to undo. */
	readonly undo: StepAction | null;
	readonly retry: StepRetry;
	/** Of one attempt, milliseconds; of an event until its reply. */
	readonly timeoutMs: number;
	/** Once it has succeeded nothing is undone any more: a later failure parks the saga as stuck. */
	readonly pointOfNoReturn: boolean;
	/** Who does it, for a person who looks at the saga; '' when nobody said. */
	readonly service: string;
}

export interface StepRetry {
	/** Attempts that fail for a reason that waiting may heal; 1 = no retry. */
	readonly maxAttempts: number;
	readonly backoff: Backoff;
}

export type ActionKind = 'workflow' | 'event' | 'http';

export interface StepAction {
	readonly kind: ActionKind;
	/** What is called and with which data; what is an expression in it is known to the host alone. */
	readonly template: Json;
	/** Of an event: the types that answer it; patterns. Without any it has succeeded once the broker has stored it. */
	readonly succeedsOn: readonly string[];
	readonly failsOn: readonly string[];
}

/** More is a program, and a person can no longer see it in one panel. */
const MAX_STEPS = 100;
/** A name must be usable in an expression. */
const STEP_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** @throws EventBusError `settings`, naming the step */
export function checkDefinition(definition: SagaDefinition): SagaDefinition {
	const { name, steps } = definition;
	if (name.trim() === '') throw new EventBusError('settings', 'The saga has no name', { hint: 'Fill in Saga Name' });
	if (steps.length === 0) {
		throw new EventBusError('settings', `The saga ${name} has no steps`, { hint: 'Add at least one step' });
	}
	if (steps.length > MAX_STEPS) {
		throw new EventBusError('settings', `The saga ${name} has ${steps.length} steps, and ${MAX_STEPS} are the most`, {
			hint: 'Put steps that belong together into a sub-workflow, or into a saga of their own',
		});
	}
	checkNames(steps);
	checkOrder(steps);
	return { ...definition, steps: steps.map(checkStep) };
}

function checkNames(steps: readonly SagaStep[]): void {
	const seen = new Set<string>();
	for (const [index, { name }] of steps.entries()) {
		if (!STEP_NAME.test(name) || FORBIDDEN_KEYS.has(name)) {
			throw new EventBusError('settings', `Step ${index + 1} is called "${name.slice(0, 80)}"`, {
				hint: 'Use a letter, then letters, digits, _ or -, at most 64 in all, such as reserve_inventory',
			});
		}
		if (seen.has(name)) {
			throw new EventBusError('settings', `Two steps are called ${name}`, {
				hint: 'Give each step a name of its own: results are found by it',
			});
		}
		seen.add(name);
	}
}

function checkOrder(steps: readonly SagaStep[]): void {
	const names = new Set(steps.map(({ name }) => name));
	for (const { name, after } of steps) {
		const unknown = after.find((one) => !names.has(one));
		if (unknown !== undefined) {
			throw new EventBusError('settings', `Step ${name} runs after "${unknown}", and no step has this name`, {
				hint: `The steps are ${[...names].join(', ')}`,
			});
		}
	}
	const cycle = findCycle(new Map(steps.map(({ name, after }) => [name, after])));
	if (cycle !== null) {
		throw new EventBusError('settings', `Steps wait for each other: ${cycle.join(' → ')}`, {
			hint: 'Change Run After of one of them, so that a first step exists',
		});
	}
}

function checkStep(step: SagaStep): SagaStep {
	const { name, timeoutMs, retry } = step;
	const isAttempts = Number.isSafeInteger(retry.maxAttempts) && retry.maxAttempts >= 1 && retry.maxAttempts <= 1000;
	if (!isAttempts) {
		throw new EventBusError('settings', `Max Attempts of step ${name} is ${retry.maxAttempts}`, {
			hint: 'Use a whole number from 1 to 1000',
		});
	}
	checkBackoff(name, retry.backoff);
	if (!Number.isFinite(timeoutMs) || timeoutMs < 1) {
		throw new EventBusError('settings', `The Timeout of step ${name} is ${timeoutMs}`, {
			hint: 'Use a number above 0',
		});
	}
	return { ...step, action: checkAction(name, step.action), undo: step.undo && checkAction(name, step.undo) };
}

/** A delay that cannot be worked out would stop the saga in the middle. */
function checkBackoff(step: string, backoff: Backoff): void {
	try {
		backoffDelay(backoff, 1, 0);
	} catch (error) {
		throw new EventBusError('settings', `The Backoff of step ${step} cannot work: ${messageOf(error)}`, {
			hint: 'Use numbers of 0 or more',
			cause: error,
		});
	}
}

function checkAction(step: string, action: StepAction): StepAction {
	const { succeedsOn, failsOn } = action;
	if (succeedsOn.length === 0 && failsOn.length > 0) {
		throw new EventBusError('settings', `Step ${step} says which events fail it, and none on which it succeeds`, {
			hint: 'Fill in Succeeds On, or leave both empty: then it has succeeded once the broker has stored the command',
		});
	}
	return {
		...action,
		succeedsOn: succeedsOn.length === 0 ? [] : checkTypePatterns(succeedsOn),
		failsOn: failsOn.length === 0 ? [] : checkTypePatterns(failsOn),
	};
}
