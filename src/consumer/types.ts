/**
 * What a consumer is told, what it hands out, and what it is told back.
 */
import type {
	Address,
	BrokerCapabilities,
	BrokerConnection,
	Provision,
	Source,
	StartPosition,
	StoredPlace,
} from '../broker/types';
import type { EventEnvelope } from '../event/envelope';
import type { PayloadCheck } from '../event/payloadSchema';
import type { Backoff } from '../kernel/backoff';
import type { Clock } from '../kernel/clock';
import type { EventBusError } from '../kernel/errors';
import type { Logger } from '../kernel/logger';
import type { Inbox } from './inbox';

export interface ConsumerSettings {
	readonly from: Source | Extract<Address, { kind: 'dead-letters' }>;
	/** Type patterns (src/event/typePattern). */
	readonly types: readonly string[];
	readonly group: string;
	readonly lifetime: 'durable' | 'ephemeral';
	readonly start: StartPosition;
	/** Runs at once; a batch is one run. */
	readonly maxInFlight: number;
	readonly order: 'none' | 'key';
	/** hold: later events of a key are dead-lettered `key_held` until the first is redriven. Only with order by key. */
	readonly afterDeadLetter: 'continue' | 'hold';
	/** null: one event a run. */
	readonly batch: { readonly size: number; readonly waitMs: number } | null;
	readonly retry: RetryPolicy;
	/** False: an event that cannot be processed is given up with an error in the log. */
	readonly deadLetter: boolean;
	/** How long a processed event is remembered, milliseconds; 0: no de-duplication. */
	readonly deduplicateMs: number;
	/**
	 * A run that takes longer counts as failed (`timeout`) and its slot is freed, milliseconds; null: 30 minutes, or
	 * less where the broker takes events back earlier.
	 */
	readonly maxProcessingMs: number | null;
	/** Events with more hops are dead-lettered: two workflows that trigger each other stop. */
	readonly hopLimit: number;
	/** What a payload must be to start a run; null: anything. */
	readonly payloadCheck: PayloadCheck | null;
	/** What happens to bytes that are no event, and to a payload that `payloadCheck` refuses. */
	readonly badPayload: 'dead-letter' | 'discard';
	readonly provision: Provision;
	readonly retentionMs: number;
	/** How long a crash hides an event from the others, milliseconds; extended at a third while a run goes on. */
	readonly leaseMs: number;
	readonly circuit: CircuitSettings;
}

export interface RetryPolicy {
	/** Failed runs before the event is dead-lettered; 1 = no retry. */
	readonly maxAttempts: number;
	readonly backoff: Backoff;
}

/** After `failures` runs failed in a row, only one event per `probeMs` is tried until one succeeds. */
export interface CircuitSettings {
	readonly failures: number;
	readonly probeMs: number;
}

export interface ConsumerHost {
	/** A connection that works; called again after one was lost. Released with its `await using`. */
	connect(signal: AbortSignal): Promise<BrokerConnection>;
	/** Used when the broker hosts no inbox. */
	fallbackInbox(signal: AbortSignal): Promise<Inbox>;
	/** 'rabbitmq': shown as `delivery.broker`. */
	readonly broker: string;
	/** The broker's best case; what holds for the source is known once it is subscribed to. */
	readonly capabilities: BrokerCapabilities;
	/** Unique per process: part of lease owners and consumer names. */
	readonly instance: string;
	readonly logger: Logger;
	readonly clock: Clock;
	/** 0 ≤ random < 1. */
	random(): number;
	/** What the consumer did, for counters and the trail. Must not throw. */
	observe(fact: ConsumerFact): void;
	/** The consumer stopped for a reason that waiting does not heal. Called at most once, never after `close`. */
	onFatal(error: EventBusError): void;
}

/** Runs the workflow for one event, or for one batch. Must settle; a throw counts as a failed run. */
export type Handler = (
	received: readonly ReceivedEvent[],
	context: { readonly signal: AbortSignal },
) => Promise<readonly Verdict[]>;

export interface ReceivedEvent {
	readonly event: EventEnvelope;
	readonly delivery: DeliveryInfo;
	/** Present when dead letters are listened to. */
	readonly deadLetter?: DeadLetterInfo;
	/** Present when an event store is read. */
	readonly stored?: StoredPlace;
}

/** What the trigger adds beside the event as `delivery`. A wire format for workflows, hence snake_case. */
export interface DeliveryInfo {
	readonly broker: string;
	readonly channel: string;
	readonly group: string;
	/** Failed runs + 1. */
	readonly attempt: number;
	readonly max_attempts: number;
	readonly position: string;
	/** ISO 8601 UTC. */
	readonly received_at: string;
	/** How often the event was redriven from the dead letters. */
	readonly redrives: number;
}

/** What happened to one event of a run; one a received event, same order. */
export type Verdict =
	| { readonly as: 'done' }
	/** The run waits (Wait node): acknowledged, and what becomes of it later is not ours. */
	| { readonly as: 'handed-over' }
	/**
	 * The run failed: counts as an attempt. `delayMs` replaces the backoff. `asked`: the run itself went well and wants
	 * the event again, so it is no sign of a fault (circuit breaker).
	 */
	| { readonly as: 'retry'; readonly error: RunFailure; readonly delayMs?: number; readonly asked?: true }
	| { readonly as: 'dead-letter'; readonly reason: DeadLetterReason; readonly error: RunFailure };

export interface RunFailure {
	readonly name: string;
	readonly message: string;
	/** False skips the remaining attempts (reason `permanent`). */
	readonly retryable: boolean;
	readonly workflowId?: string;
	readonly executionId?: string;
}

export type DeadLetterReason =
	| 'max_attempts'
	| 'permanent'
	/** A node of the workflow asked for it. */
	| 'rejected'
	| 'undecodable'
	| 'unsupported_version'
	/** Not what the schema of the trigger asks for. */
	| 'invalid_payload'
	| 'hop_limit'
	| 'key_held'
	/** The broker itself gave up: a crash loop, or a native dead letter. */
	| 'broker'
	/** Kept unread for longer than the retention. */
	| 'expired'
	/** The run never ended. */
	| 'timeout'
	/** A Wait node, with *When a Run Waits* = dead letter. */
	| 'waiting';

export interface DeadLetterInfo {
	readonly id: string;
	readonly reason: DeadLetterReason;
	/** Name and message of the last error. */
	readonly error: string;
	readonly attempts: number;
	readonly channel: string;
	readonly group: string;
	/** ISO 8601 UTC. */
	readonly dead_lettered_at: string;
	readonly first_failure_at?: string;
	readonly last_failure_at?: string;
	readonly workflow_id?: string;
	readonly execution_id?: string;
	/** The native position the event had in its channel. */
	readonly position: string;
	readonly redrives: number;
}

interface FactOfEvent {
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly event: EventEnvelope;
	readonly delivery: DeliveryInfo;
}

/** Where a failed run can be looked at, as far as it is known. */
type RunOrigin = Pick<RunFailure, 'workflowId' | 'executionId'>;

export type ConsumerFact =
	| (FactOfEvent & {
			readonly kind: 'started' | 'done' | 'handed-over' | 'duplicate' | 'deferred' | 'expired' | 'filtered';
	  })
	| (FactOfEvent & {
			readonly kind: 'retry';
			readonly delayMs: number;
			readonly error: string;
			readonly run: RunOrigin;
	  })
	| (Omit<FactOfEvent, 'event'> & {
			/** discarded: it is no dead letter because the settings want none. */
			readonly kind: 'dead-letter' | 'discarded';
			/** Of the event, or of the message that is none. */
			readonly eventId: string;
			/** null: bytes that are no event. */
			readonly event: EventEnvelope | null;
			readonly reason: DeadLetterReason;
			readonly error: string;
			readonly run: RunOrigin;
	  })
	| { readonly kind: 'connected' | 'reconnecting' | 'circuit-open' | 'circuit-closed'; readonly detail: string };

export interface Consumer extends AsyncDisposable {
	/** What holds for this source and these rights. */
	readonly effective: BrokerCapabilities;
	/** Deliveries taken and not settled. */
	readonly inFlight: number;
	/**
	 * Stops taking events at once, waits up to `drainMs` for running ones, gives the rest back. Second call: no-op.
	 * Nothing is handed to the handler after the call.
	 */
	close(drainMs: number): Promise<void>;
}
