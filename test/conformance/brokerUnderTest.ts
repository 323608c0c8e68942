/**
 * What the suite asks of a broker besides its manifest: a server, and the accidents that can be made to happen to it.
 */
import type { BrokerManifest, Native } from '../../src/broker/types';

export interface BrokerUnderTest {
	readonly manifest: BrokerManifest;
	/** Starts the server, or finds the one that runs. */
	start(): Promise<void>;
	/** Stops it and leaves nothing behind. */
	stop(): Promise<void>;
	/** How to reach it; only called between `start` and `stop`. */
	settings(): Native;
	readonly features: BrokerFeatures;
}

/** null: this broker has no such thing, and cases that need it are skipped with that reason. */
export interface BrokerFeatures {
	/** Stops the server and starts it again with what it has stored. */
	readonly restart: (() => Promise<void>) | null;
	/** The way to the server: `settings()` leads through it. */
	readonly network: NetworkControl | null;
	/** Where a child process finds the manifest; null: the broker lives inside this process only. */
	readonly processes: ManifestLocation | null;
	/** Takes the write lock of the storage in another process, for that long. Embedded storage only. */
	readonly lockStorage: ((ms: number) => Promise<void>) | null;
	/** How long after kill -9 what belongs to an ephemeral group may still be found, milliseconds. */
	readonly ephemeralGoneMs: number;
	/** Shortest retention that this broker applies while somebody waits for it, milliseconds; null: too long for a test. */
	readonly retentionMs: number | null;
	/** The broker takes an event once only, so that no consumer sees a copy. */
	readonly dropsCopies?: true;
	/** A store of events: bytes that are none, headers and delays cannot be published to it, and dead letters are only listed. */
	readonly keepsEventsOnly?: true;
}

export interface NetworkControl {
	/** Links break, new ones are refused. */
	cut(): Promise<void>;
	/** Links stay, and nothing comes through. */
	blackHole(): Promise<void>;
	heal(): Promise<void>;
}

export interface ManifestLocation {
	/** Absolute path of a compiled module. */
	readonly module: string;
	/** Name under which it exports the manifest. */
	readonly exportName: string;
}
