/**
 * What runs on a SQLite file: a module brings its tables and its commands, and the file host knows nothing about them.
 *
 * A module is a script that the worker thread loads by path; it exports `sqliteModule`. Commands are plain synchronous
 * functions, because an `await` inside a transaction would let another command join it.
 */
import type { Sql } from './sql';

export interface CommandContext {
	readonly sql: Sql;
	/** Milliseconds since the epoch, by the caller's clock. */
	readonly now: number;
	/** Row of the table `process` that stands for this opening of the file: the owner of what a command takes. */
	readonly process: string;
	/** After the commit, wakes those in this process who listen to the topic. */
	readonly notify: (topic: string) => void;
	/** Removes the processes that no longer run, and calls every module's `orphans` if there were any. */
	readonly removeDeadProcesses: () => void;
}

export type Command = (context: CommandContext, args: never) => unknown;

export interface SqliteModule {
	/** Key of its schema version in the file; never renamed. */
	readonly name: string;
	/** Script n takes the schema from version n to n + 1. Only ever appended to. */
	readonly migrations: readonly string[];
	/** See the last commit, even while somebody else holds the write lock. Must not write. */
	readonly reads: Readonly<Record<string, Command>>;
	/** Each runs in a savepoint of its own inside a shared transaction. */
	readonly writes: Readonly<Record<string, Command>>;
	/** Every 10 s, to say that what this process holds is still read. */
	heartbeat(context: CommandContext): void;
	/** Frees whatever belongs to a process without a row in `process`. Called when the module is loaded and after deaths. */
	orphans(context: CommandContext): void;
	/** Housekeeping, with every heartbeat. A short piece of it; returns whether there is more to do. */
	sweep(context: CommandContext): boolean;
}

export type CommandArgs<C> = C extends (context: CommandContext, args: infer A) => unknown ? A : never;
export type CommandResult<C> = C extends (context: CommandContext, args: never) => infer R ? R : never;
