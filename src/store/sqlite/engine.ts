/**
 * The event store on a SQLite file: the embedded one. It may share the file with the embedded broker.
 */
import { join } from 'node:path';
import type { CallOptions } from '../../broker/types';
import type { Inbox } from '../../consumer/inbox';
import type { Clock } from '../../kernel/clock';
import type { Logger } from '../../kernel/logger';
import { type CommandPort, openSqliteFile, type SqliteFile } from '../../sqlite/file';
import type { StoreEngine } from '../engine';
import type { ReadArgs, ReadResult, Reads, WriteArgs, WriteResult, Writes } from '../sql/commands';
import { inboxOn } from './inbox';
import { type sqliteModule, STORE_TOPIC } from './storeModule';

export interface EngineHost {
	readonly clock: Clock;
	readonly logger: Logger;
}

/**
 * @param path absolute
 * @throws EventBusError as openSqliteFile
 */
export async function openSqliteEngine(path: string, host: EngineHost, options: CallOptions): Promise<StoreEngine> {
	const file = await openSqliteFile(path, host.logger, options);
	try {
		const port = await file.use<typeof sqliteModule>(join(__dirname, 'storeModule.js'), host.clock, options);
		return new SqliteEngine(file, port, await inboxOn(file, host.clock, options));
	} catch (error) {
		await file[Symbol.asyncDispose]();
		throw error;
	}
}

class SqliteEngine implements StoreEngine {
	readonly description: string;

	constructor(
		private readonly file: SqliteFile,
		private readonly port: CommandPort<typeof sqliteModule>,
		readonly inbox: Inbox,
	) {
		this.description = `SQLite ${file.path}`;
	}

	get lost(): AbortSignal {
		return this.file.lost;
	}

	async read<K extends keyof Reads>(command: K, args: ReadArgs<K>, options: CallOptions): Promise<ReadResult<K>> {
		return (await this.port.read(command, args as never, options)) as ReadResult<K>;
	}

	async write<K extends keyof Writes>(command: K, args: WriteArgs<K>, options: CallOptions): Promise<WriteResult<K>> {
		return (await this.port.write(command, args as never, options)) as WriteResult<K>;
	}

	onCommit(listener: () => void): () => void {
		const stops = [this.file.onCommit(STORE_TOPIC, listener), this.file.onForeignCommit(listener)];
		return () => stops.forEach((stop) => stop());
	}

	async version(options: CallOptions): Promise<string> {
		return `SQLite ${String(await this.port.read('version', {} as never, options))}`;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.file[Symbol.asyncDispose]();
	}
}
