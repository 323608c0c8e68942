/**
 * The inbox seam: which event has already been processed by which group.
 *
 * `begin` before the run, `finish` after its success: an event marked before success would be lost when the run fails.
 * A row is leased while its run goes on, so that a crash frees it and a second delivery meanwhile is `busy`.
 */
import type { CallOptions } from '../broker/types';

export interface Inbox {
	/** shared: every process that reads the group sees the same inbox · host: only those on this machine. */
	readonly scope: 'shared' | 'host';
	/** One entry a key, same order. `new` also takes the lease. Keys in one call are distinct. */
	begin(keys: readonly string[], owner: string, leaseMs: number, options: CallOptions): Promise<readonly InboxEntry[]>;
	/** Prolongs leases the owner still holds; others are left alone. */
	extend(keys: readonly string[], owner: string, leaseMs: number, options: CallOptions): Promise<void>;
	/** The event is processed, and remembered for `keepMs`. Returns, per key, whether the owner still held it. */
	finish(keys: readonly string[], owner: string, keepMs: number, options: CallOptions): Promise<readonly boolean[]>;
	/** A run failed: counts, frees the row, and keeps the count for `keepMs`. */
	fail(
		failures: readonly InboxFailure[],
		owner: string,
		keepMs: number,
		options: CallOptions,
	): Promise<readonly boolean[]>;
	/** Frees the rows without a count: shutdown, or a delivery given back. */
	release(keys: readonly string[], owner: string, options: CallOptions): Promise<void>;
}

export interface InboxFailure {
	readonly key: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	/** Without secrets, at most 1,000 characters. */
	readonly error: string;
	/** The next run is due then, milliseconds since the epoch. */
	readonly notBefore: number;
}

export type InboxEntry =
	| ({ readonly state: 'new' } & FailureHistory)
	/** Processed. */
	| { readonly state: 'done' }
	/** Another delivery of it is being processed; ask again at `until`, milliseconds since the epoch. */
	| { readonly state: 'busy'; readonly until: number };

export interface FailureHistory {
	/** Runs that failed. */
	readonly failures: number;
	/** Milliseconds since the epoch; null: none. */
	readonly firstFailureAt: number | null;
	readonly lastError: string | null;
	/** Milliseconds since the epoch; null: at once. */
	readonly notBefore: number | null;
}
