/**
 * What is remembered of events: what each one said, and what happened to it.
 *
 * An event is kept once; its facts are what publishers and consumer groups did with it.
 */
import type { Json } from '../event/envelope';

export interface TrailEvent {
	readonly eventId: string;
	/** Who says so; a service of its own on the map and in the trail. */
	readonly source: string;
	readonly eventType: string;
	readonly eventVersion: string;
	readonly subject: string | null;
	readonly correlationId: string;
	/** null: a root. */
	readonly causationId: string | null;
	readonly hops: number;
	/** ISO 8601 UTC. */
	readonly occurredAt: string;
	/** As the recorder was told to keep it: whole, with fields blanked, or not at all (undefined). */
	readonly payload: Json | undefined;
	/**
	 * Present when the payload was larger than the recorder keeps: its whole size in bytes; `payload` is then the
	 * beginning of its JSON text.
	 */
	readonly payloadBytes?: number;
}

export type TrailFactKind =
	/** Stored by a broker. */
	| 'published'
	/** A run began. */
	| 'started'
	/** The run succeeded. */
	| 'done'
	/** The run waits (Wait node) and was acknowledged. */
	| 'handed-over'
	/** The run failed, and the event comes again. */
	| 'retry'
	| 'dead-letter'
	/** Processed before, so not again. */
	| 'duplicate'
	| 'expired'
	| 'discarded';

export interface TrailFact {
	readonly kind: TrailFactKind;
	/** Milliseconds since the epoch. */
	readonly at: number;
	/** Kind of the broker: 'kafka'. */
	readonly broker: string;
	readonly channel: string;
	/** null for `published`. */
	readonly group: string | null;
	/** Who did it, named as the source of what it publishes: 'n8n/<workflow name>'. */
	readonly service: string;
	/** 1-based; null where nobody counts. */
	readonly attempt: number | null;
	readonly workflowId: string | null;
	readonly executionId: string | null;
	/** Of a retry or a dead letter. */
	readonly error: string | null;
	/** Of a dead letter: why (consumer/types.ts). */
	readonly reason: string | null;
	/** Of a retry: when the event comes again, milliseconds from `at`. */
	readonly delayMs: number | null;
}

/** An event with what happened to it, oldest first. */
export interface TrailEntry {
	readonly event: TrailEvent;
	readonly facts: readonly TrailFact[];
}

/**
 * Somebody publishes a type of event. Counts are 0 where nothing ran (a map of exported workflows); an event type, channel or service that
 * begins with = is an expression there, known only when the workflow runs.
 */
export interface Publication {
	readonly service: string;
	readonly eventType: string;
	readonly channel: string;
	readonly count: number;
}

/** A group consumes a type of event; `eventType` is a pattern where nothing ran. */
export interface Consumption {
	readonly service: string;
	readonly group: string;
	readonly eventType: string;
	readonly channel: string;
	readonly count: number;
	readonly retries: number;
	readonly deadLetters: number;
	/** From published to started, milliseconds; null: not known. */
	readonly latencyMs: { readonly p50: number; readonly p95: number } | null;
}

/** An event of this type made its consumer publish one of that type: what a cycle consists of. */
export interface Causation {
	readonly service: string;
	readonly cause: string;
	readonly effect: string;
	readonly count: number;
}

/** Who publishes what to whom, observed or declared: what a flow map is made of. */
export interface Flows {
	readonly publications: readonly Publication[];
	readonly consumptions: readonly Consumption[];
	readonly causations: readonly Causation[];
}
