/**
 * The half of the broker seam that people use: dead letters, channels and groups, health.
 */
import type { EventBusError } from '../kernel/errors';
import type { Address, CallOptions, Native, Source, WireMessage } from './types';

export interface DeadLetterPort {
	/** Oldest first; changes nothing that a user can observe later. */
	list(
		of: Extract<Address, { kind: 'dead-letters' }>,
		query: { readonly after: string | null; readonly limit: number },
		options: CallOptions,
	): Promise<DeadLetterPage>;
	/** Ids that are gone already are no error. Returns how many were removed. */
	remove(of: Extract<Address, { kind: 'dead-letters' }>, ids: readonly string[], options: CallOptions): Promise<number>;
}

export interface DeadLetterPage {
	readonly items: readonly { readonly id: string; readonly message: WireMessage }[];
	/** Pass as `after` for the next page; null: no more. */
	readonly next: string | null;
	/** False where the broker can only sample. */
	readonly complete: boolean;
}

export interface TopologyPort {
	inspect(sources: readonly Source[], options: CallOptions): Promise<readonly ChannelState[]>;
	/** Names of the channels that exist, for lists in the editor. */
	channels(options: CallOptions): Promise<readonly string[]>;
	/** Dry run. */
	plan(wanted: TopologySpec, options: CallOptions): Promise<readonly TopologyChange[]>;
	/** Idempotent. */
	apply(changes: readonly TopologyChange[], options: CallOptions): Promise<void>;
}

export interface ChannelState {
	readonly source: Source;
	readonly exists: boolean;
	/** Messages kept, settled ones included; null where the broker does not tell. */
	readonly messages: number | null;
	/** Age of the oldest unsettled message, milliseconds; null: none, or unknown. */
	readonly oldestMs: number | null;
	readonly groups: readonly GroupState[];
	/** What else the broker tells, for the person who knows it. */
	readonly native: Native;
}

export interface GroupState {
	readonly group: string;
	readonly types: readonly string[];
	readonly lifetime: 'durable' | 'ephemeral';
	/** Waiting and not handed out. */
	readonly backlog: number | null;
	/** Handed out and not settled. */
	readonly inFlight: number | null;
	readonly consumers: number | null;
	readonly oldestMs: number | null;
	readonly deadLetters: number | null;
	/** Messages removed by retention before the group read them. */
	readonly expired: number | null;
	/** When somebody last read it, milliseconds since the epoch. */
	readonly lastReadAt: number | null;
	/** When the janitor removes it if nobody reads it, milliseconds since the epoch; null: never. */
	readonly removedAt: number | null;
}

export interface TopologySpec {
	readonly present: readonly Address[];
	readonly absent: readonly Address[];
}

export interface TopologyChange {
	readonly action: 'create' | 'change' | 'delete';
	readonly address: Address;
	/** The native name. */
	readonly resource: string;
	/** One sentence for a person. */
	readonly summary: string;
	/** Whether messages are lost by it. */
	readonly destructive: boolean;
}

export interface HealthReport {
	readonly status: 'up' | 'degraded' | 'down';
	readonly latencyMs: number;
	/** One line for a person: server, version, file. No secrets. */
	readonly detail: string;
	readonly error?: EventBusError;
}
