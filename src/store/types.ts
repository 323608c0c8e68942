/**
 * What the event store keeps, and what is said of it. The calls are in store.ts.
 */
import type { EventEnvelope, Json } from '../event/envelope';

/** An event with its place. */
export interface StoredEvent {
	readonly stream: string;
	/** Place in its stream, 1-based, without gaps. */
	readonly version: number;
	/** Place in the log of all streams, growing, without gaps that are filled later. */
	readonly position: number;
	/** When it was stored, milliseconds since the epoch. */
	readonly recordedAt: number;
	readonly event: EventEnvelope;
}

/** What an append expects of its stream. A number is the version of its last event, 0 that there is none. */
export type ExpectedVersion = 'any' | 'no-stream' | 'exists' | number;

export interface AppendResult {
	/** Of the stream, after it. */
	readonly version: number;
	/** One an event, same order: where it stands. */
	readonly places: readonly Place[];
}

export interface Place {
	readonly version: number;
	readonly position: number;
	/** False: an event of this id was in the stream already, and nothing was stored. */
	readonly isNew: boolean;
}

export interface StreamInfo {
	readonly stream: string;
	readonly category: string;
	readonly version: number;
	/** Milliseconds since the epoch. */
	readonly createdAt: number;
	/** Milliseconds since the epoch. */
	readonly updatedAt: number;
}

/** Which events of the log are wanted; what is absent does not restrict. */
export interface LogFilter {
	/** Type patterns (src/event/typePattern). */
	readonly types?: readonly string[];
	readonly category?: string;
	readonly stream?: string;
	readonly correlationId?: string;
}

export interface LogPage {
	readonly events: readonly StoredEvent[];
	/** Everything up to here was looked at: pass as `after` for what follows. */
	readonly scannedTo: number;
	/** True when nothing was left to look at. */
	readonly isEnd: boolean;
}

/** A document of a read model. */
export interface StoredDocument {
	readonly id: string;
	/** Counts its changes, 1-based. */
	readonly version: number;
	readonly data: Json;
	/** Milliseconds since the epoch. */
	readonly updatedAt: number;
}

export interface ChangeResult {
	/** False: this change of this event was made before, and nothing was changed. */
	readonly applied: boolean;
	/** After the change; null: there is none. */
	readonly document: StoredDocument | null;
}

/** A stored event that is still to be handed to a bus. */
export interface OutboxEntry extends StoredEvent {
	readonly channel: string;
}

export interface OutboxBacklog {
	/** Which broker (publisher/outboxRelay.ts). */
	readonly target: string;
	readonly waiting: number;
	/** When the oldest was stored, milliseconds since the epoch. */
	readonly oldestAt: number;
}
