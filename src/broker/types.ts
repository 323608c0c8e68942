/**
 * The broker seam: everything the library asks of a broker, and nothing else.
 *
 * An adapter moves messages and settles them. Retry policy, de-duplication, dead letters, ordering and filtering live
 * once, in src/consumer. Every member is required; what a broker cannot do is said in `BrokerCapabilities`.
 */
import type { Inbox } from '../consumer/inbox';
import type { Clock } from '../kernel/clock';
import type { EventBusError } from '../kernel/errors';
import type { Logger } from '../kernel/logger';
import type { DeadLetterPort, HealthReport, TopologyPort } from './administration';
import type { Field } from './fields';

export type * from './administration';

export interface CallOptions {
	readonly signal: AbortSignal;
	/** Bound on the whole call, milliseconds. Exceeding it is an `EventBusError` `timeout`. */
	readonly timeoutMs: number;
}

/** What became of one entry of a batch call. */
export type Outcome<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: EventBusError };

/** Settings of one broker, checked against its `fields`. The core never looks inside. */
export type Native = Readonly<Record<string, unknown>>;

/** Something to connect to, a broker or an event store: plain data plus `open`. Importing one never loads a client library. */
export interface Manifest<Connection> {
	/** 'rabbitmq'. Saved in workflows, so never renamed. */
	readonly kind: string;
	/** 'RabbitMQ', as a person reads it. */
	readonly label: string;
	/** One line for the person who chooses: what it is good for. */
	readonly summary?: string;
	/** What the credential form asks for, and what a connection URL may carry. */
	readonly fields: readonly Field[];
	/** URL schemes that mean it, without the colon. */
	readonly schemes: readonly string[];
	/** Connection URLs as a person may write them, simplest first; for the docs. */
	readonly exampleUrls?: readonly string[];
	/**
	 * The settings a connection URL stands for.
	 * @throws EventBusError `settings`
	 */
	fromUrl(url: string): Native;
	/** One line that says where it is, without secrets: 'Kafka kafka1:9092'. */
	describe(settings: Native): string;
	/** @throws EventBusError `settings` | `auth` | `unreachable` | `timeout` | `storage` */
	open(settings: Native, host: ConnectionHost): Promise<Connection>;
}

export interface BrokerManifest extends Manifest<BrokerConnection> {
	/** The best case. What holds for one source and one set of rights is `Subscription.effective`. */
	readonly capabilities: BrokerCapabilities;
}

/** What a connection is given by whoever opens it. */
export interface ConnectionHost {
	readonly logger: Logger;
	readonly clock: Clock;
	/** Shown in the server's own list of clients. */
	readonly clientName: string;
	/** Aborts an open that takes too long, and nothing after that. */
	readonly signal: AbortSignal;
}

export interface BrokerCapabilities {
	readonly delivery: 'at-least-once' | 'at-most-once';
	/** in-order: only the settled prefix of a lane can be committed. */
	readonly ack: 'each' | 'in-order' | 'none';
	/** Longest single delay `settle` can keep, milliseconds; the core chains longer ones. 0 where nothing is durable: the core then holds. */
	readonly delayedRetryMaxMs: number;
	/** Longest `notBefore` a publish can keep natively, milliseconds. */
	readonly delayedPublishMaxMs: number;
	/** Extra time a delay may take because it is rounded to tiers or polls, milliseconds. Never early. */
	readonly delayToleranceMs: number;
	readonly ordering: 'none' | 'key' | 'destination';
	readonly start: ReadonlySet<StartPosition['at']>;
	/** Whether consumers of one group compete. */
	readonly groups: boolean;
	/** none: the envelope travels whole in the body. */
	readonly headers: 'native' | 'none';
	/** Longest time a delivery can be held, milliseconds; null: extendable without end. */
	readonly maxLeaseMs: number | null;
	readonly replies: boolean;
	/** Most messages in one publish call. The publisher splits. */
	readonly maxBatch: number;
	/** Largest message, body and headers, bytes. */
	readonly maxBytes: number;
	readonly topology: ReadonlySet<'inspect' | 'declare' | 'delete'>;
	/** Whether the dead letters can be read completely, or only sampled (SQS, Pub/Sub). */
	readonly deadLetterListing: 'complete' | 'sample';
}

export interface BrokerConnection extends AsyncDisposable {
	/** Aborts, with an EventBusError as reason, once this connection is of no further use. Whoever needs one opens another. */
	readonly lost: AbortSignal;
	/** Where the broker can keep the inbox itself; else null, and the host's own file is used. */
	readonly inbox: Inbox | null;
	readonly deadLetters: DeadLetterPort;
	readonly topology: TopologyPort;
	/**
	 * Resolves when every message is stored (confirmed) or refused: one outcome a message, same order.
	 * Rejects only when nothing was attempted.
	 */
	publish(to: Address, messages: readonly WireMessage[], options: PublishOptions): Promise<readonly Outcome<Stored>[]>;
	/**
	 * Resolves when the group durably exists with a position (semantics: materialise the start).
	 * @throws EventBusError `conflict` when a live member reads the group with other types
	 */
	subscribe(options: SubscribeOptions): Promise<Subscription>;
	/** A snapshot: never rejects, never reconnects. */
	health(options: CallOptions): Promise<HealthReport>;
}

export interface PublishOptions extends CallOptions {
	readonly provision: Provision;
}

export interface Stored {
	/** Where the message is: opaque, printable, accepted by `StartPosition`; null where the broker does not tell. */
	readonly cursor: string | null;
	/** Whether a group wants it. A broker that keeps nothing unwanted says 'no' and still succeeds. */
	readonly matched: 'yes' | 'no' | 'unknown';
}

/**
 * create: make what is missing · verify: fail when it is missing · off: do not even look. Of an `existing` source only
 * what is ours beside it is ever made; the source itself must be there.
 */
export type Provision = 'create' | 'verify' | 'off';

/** Where events come from: a channel of ours, or a queue, topic, subscription or stream that somebody else owns. */
export type Source =
	{ readonly kind: 'channel'; readonly channel: string } | { readonly kind: 'existing'; readonly name: string };

/** Where messages live. The adapter maps it to exchange + queue, topic, SNS topic + queue, stream, …. */
export type Address =
	| Source
	/** Private re-entry of one group: retry copies and redrives. No other group sees it. */
	| { readonly kind: 'group'; readonly of: Source; readonly group: string }
	/** group null: those of every group, for reading only. */
	| { readonly kind: 'dead-letters'; readonly of: Source; readonly group: string | null };

export interface WireMessage {
	/** The event id, or for a copy `event_id:<redrive>:<attempt>`: the id for the broker's own de-duplication. */
	readonly id: string;
	/** The event type: the routing key where the broker routes. '' for a foreign message. */
	readonly type: string;
	readonly body: Uint8Array;
	/** Where the broker routes: instead of the type. Other brokers know no such thing and leave it out. */
	readonly routingKey?: string;
	/** Lower-case names. */
	readonly headers: Readonly<Record<string, string>>;
	readonly orderingKey?: string;
	/** Milliseconds since the epoch. */
	readonly notBefore?: number;
	/** Milliseconds since the epoch. */
	readonly expiresAt?: number;
}

export interface SubscribeOptions {
	readonly from: Source | Extract<Address, { kind: 'dead-letters' }>;
	/** Type patterns (src/event/typePattern). The adapter may push them down; the core filters anyway. */
	readonly types: readonly string[];
	readonly group: string;
	/** Unique per process and subscription. */
	readonly consumer: string;
	/** ephemeral: the group removes itself, even after kill -9. */
	readonly lifetime: 'durable' | 'ephemeral';
	readonly start: StartPosition;
	/** Cap on deliveries handed out and not settled. Read-ahead is capped in bytes and never leased. */
	readonly maxInFlight: number;
	/** Longest time to wait for a batch to fill, milliseconds; 0: hand out what is there. */
	readonly batch: { readonly size: number; readonly waitMs: number };
	/** By ordering key: deliveries of one key never are with two consumers at once, and arrive in order. */
	readonly ordered: boolean;
	readonly leaseMs: number;
	/** How long an unread message waits for this group, milliseconds. */
	readonly retentionMs: number;
	readonly provision: Provision;
	/** Abort = stop now; `drain()` = stop nicely. */
	readonly signal: AbortSignal;
}

export type StartPosition =
	/** Where the group stands; `otherwise` only when it never existed. */
	{ readonly at: 'committed'; readonly otherwise: FixedStart } | FixedStart;

/** Resets a group that exists already, and begins a new generation. */
export type FixedStart =
	| { readonly at: 'earliest' }
	| { readonly at: 'latest' }
	/** Milliseconds since the epoch. */
	| { readonly at: 'time'; readonly time: number }
	/** After this message. */
	| { readonly at: 'cursor'; readonly cursor: string };

export interface Subscription extends AsyncDisposable {
	/** What holds for this source and these rights. */
	readonly effective: BrokerCapabilities;
	/** Counts up when the group's position is reset: part of the inbox key, or a replay would be dropped as duplicates. */
	readonly generation: number;
	/**
	 * Not asking for the next batch IS the backpressure; the session stays alive meanwhile. Single use.
	 * Throws an EventBusError when the subscription is lost; ends after `drain` or abort.
	 */
	batches(): AsyncIterable<readonly Delivery[]>;
	/** One outcome a settlement, same order. A lost lease is an outcome, not a throw. */
	settle(settlements: readonly Settlement[], options: CallOptions): Promise<readonly Outcome<object>[]>;
	extend(
		deliveries: readonly Delivery[],
		leaseMs: number,
		options: CallOptions,
	): Promise<readonly Outcome<{ readonly leaseUntil: number | null }>[]>;
	/** Idempotent; session and held deliveries are kept. */
	pause(): Promise<void>;
	resume(): Promise<void>;
	/** Stop fetching and end `batches()`; the link stays open so that held deliveries can still be settled. */
	drain(options: CallOptions): Promise<void>;
}

export interface Delivery {
	readonly message: WireMessage;
	/** The broker's own count of deliveries, 1-based; 1 where it keeps none. A backstop against crash loops, never our attempts. */
	readonly receives: number;
	/** Unit of ordering: ordering key, partition, message group; '' = none. */
	readonly lane: string;
	/** Opaque, printable, accepted by `StartPosition`; the native position a foreign event id is derived from. */
	readonly cursor: string;
	/** Milliseconds since the epoch; null = no lease. */
	readonly leaseUntil: number | null;
	/** Only from an event store: where the event stands in it. */
	readonly stored?: StoredPlace;
}

export interface StoredPlace {
	readonly stream: string;
	/** In the stream, 1-based. */
	readonly version: number;
	/** In the log of all streams. */
	readonly position: number;
}

export type Settlement = { readonly delivery: Delivery } & (
	| { readonly as: 'ack' }
	/**
	 * Deliver again to this group only, not before `delayMs`; stored before the original is let go.
	 * `headers` are merged into the message's. retry follows a failed run; defer does not count: busy inbox, chained
	 * delay, not-before, open circuit. Both ≤ `delayedRetryMaxMs`.
	 */
	| { readonly as: 'retry' | 'defer'; readonly delayMs: number; readonly headers: Readonly<Record<string, string>> }
	/** Shutdown: give it back as it came. */
	| { readonly as: 'release' }
);
