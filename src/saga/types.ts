/**
 * What the saga engine needs of its surroundings.
 */
import type { CallOptions } from '../broker/types';
import type { Json } from '../event/envelope';
import type { Clock } from '../kernel/clock';
import type { Logger } from '../kernel/logger';
import type { StepFailure } from './decide';
import type { ActionKind } from './definition';
import type { Attempt } from './facts';
import type { SagaJournal } from './journal';
import type { LocalNews } from './localNews';
import type { SagaState } from './state';

/** What the expressions of a step may read. */
export interface SagaScope {
	/** The saga's input, and the results of earlier steps as `steps`. */
	readonly json: Json;
}

/** One attempt, ready to be sent. */
export interface StepCall extends Attempt {
	readonly saga: SagaState;
	readonly kind: ActionKind;
	/** The action with its data worked out. */
	readonly command: Json;
	/** `<saga>/<step>/<do or undo>`: the same at each attempt. */
	readonly idempotencyKey: string;
	readonly timeoutMs: number;
}

export type StepOutcome =
	| { readonly as: 'succeeded'; readonly result: Json }
	/** Stored by the broker; the answer comes as an event. */
	| { readonly as: 'published' }
	| ({ readonly as: 'failed' } & StepFailure);

export interface SagaHost {
	readonly journal: SagaJournal;
	readonly news: LocalNews;
	readonly clock: Clock;
	readonly logger: Logger;
	/** Unique for each run: who looks after the saga. */
	readonly owner: string;
	/** How long a crash hides a saga from the others, milliseconds; prolonged at a third. */
	readonly leaseMs: number;
	/** 0 ≤ random < 1. */
	random(): number;
	/**
	 * The action of a step with its expressions worked out.
	 * @throws EventBusError `settings` when an expression cannot be evaluated
	 */
	resolve(template: Json, scope: SagaScope): Json;
	/** Carries out one attempt. Must settle; a throw counts as a failure that may have had its effect. */
	perform(call: StepCall, signal: AbortSignal): Promise<StepOutcome>;
}

export interface RunOptions extends CallOptions {
	/** How long to look after the saga, milliseconds; an attempt that is under way is waited for. */
	readonly waitMs: number;
}
