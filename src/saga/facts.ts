/**
 * What is recorded of a saga, in the order in which it happened. The state of a saga is what its facts add up to.
 */
import type { EventEnvelope, Json } from '../event/envelope';
import type { SagaDefinition } from './definition';

export type Direction = 'do' | 'undo';

/** What went wrong, for the person who looks at the saga and for the steps of a program. */
export interface StepError {
	readonly message: string;
	/** 'http 402', 'timeout', the type of a failing event. */
	readonly code: string;
	/** What the service said, if it said something. */
	readonly data?: Json;
}

/** One attempt of one step in one direction. */
export interface Attempt {
	readonly step: string;
	readonly direction: Direction;
	/** 1-based, counted for each direction. */
	readonly attempt: number;
}

/** Present where an event said so: its id. */
export interface Answered {
	readonly answer?: string;
}

export type SagaFact =
	| {
			readonly kind: 'started';
			readonly definition: SagaDefinition;
			readonly input: Json;
			readonly correlationId: string;
			/** The event that started it, without its payload; null: none. */
			readonly cause: EventEnvelope | null;
			/** `source` of its facts and outcome: 'n8n/<workflow>'. */
			readonly source: string;
			/** Where its outcome is published: a target of the outbox, and a channel; null: nowhere. */
			readonly publish: { readonly target: string; readonly channel: string } | null;
	  }
	/** Recorded before anything is sent. `command` is what is sent, at this and every later attempt. */
	| ({ readonly kind: 'sent'; readonly command: Json } & Attempt)
	/** The broker has stored the command; its reply is awaited. */
	| ({ readonly kind: 'published' } & Attempt)
	| ({ readonly kind: 'succeeded'; readonly result: Json } & Answered & Attempt)
	/** The attempt failed, and the same is sent again at `retryAt`, milliseconds since the epoch. */
	| ({
			readonly kind: 'retried';
			readonly error: StepError;
			readonly mayHaveHappened: boolean;
			readonly retryAt: number;
	  } & Attempt)
	/** Whoever was doing it is gone: nobody knows how the attempt ended, and the same is sent again. */
	| ({ readonly kind: 'interrupted' } & Attempt)
	| ({ readonly kind: 'failed'; readonly error: StepError; readonly mayHaveHappened: boolean } & Answered & Attempt)
	/** How a step will be undone if it comes to that. `error`: it cannot be told, so it cannot be undone. */
	| { readonly kind: 'undo-prepared'; readonly step: string; readonly command: Json; readonly error: StepError | null }
	| { readonly kind: 'cancel-requested'; readonly reason: string }
	| { readonly kind: 'resumed'; readonly reason: string }
	| { readonly kind: Outcome };

/** How a saga can end. A stuck one waits for a person. */
export const OUTCOMES = ['completed', 'compensated', 'cancelled', 'stuck'] as const;

export type Outcome = (typeof OUTCOMES)[number];

export type FactOf<K extends SagaFact['kind']> = Extract<SagaFact, { readonly kind: K }>;

export function isOutcome(kind: string): kind is Outcome {
	return OUTCOMES.some((outcome) => outcome === kind);
}
