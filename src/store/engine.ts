/**
 * The store seam: what a SQL engine does for the event store. SQLite and PostgreSQL are the two that exist.
 *
 * The commands are the same for both (sql/commands.ts); an engine runs them in transactions and says when something
 * was committed.
 */
import type { CallOptions } from '../broker/types';
import type { Inbox } from '../consumer/inbox';
import type { ReadArgs, ReadResult, Reads, WriteArgs, WriteResult, Writes } from './sql/commands';

export interface StoreEngine extends AsyncDisposable {
	/** 'SQLite /data/events.db', without secrets. */
	readonly description: string;
	/** Aborts, with an EventBusError as reason, once this engine is of no further use. */
	readonly lost: AbortSignal;
	readonly inbox: Inbox;
	/** @throws EventBusError `unreachable` | `timeout` | `closed` | `storage`, and what the command says */
	read<K extends keyof Reads>(command: K, args: ReadArgs<K>, options: CallOptions): Promise<ReadResult<K>>;
	/**
	 * Resolves after the commit; one command is one transaction. When it fails with `unreachable` or `timeout` it may
	 * have been committed all the same: repeat it with the same ids.
	 */
	write<K extends keyof Writes>(command: K, args: WriteArgs<K>, options: CallOptions): Promise<WriteResult<K>>;
	/** Calls `listener` soon after each commit, of this process or another; sometimes without one. Returns how to stop. */
	onCommit(listener: () => void): () => void;
	/** Of the server or the file, for a person: 'PostgreSQL 15.6'. @throws EventBusError as read */
	version(options: CallOptions): Promise<string>;
}
