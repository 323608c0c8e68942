/**
 * The inbox on a SQLite file: for the embedded broker, and for brokers that cannot host one.
 */
import { join } from 'node:path';
import type { CallOptions } from '../../broker/types';
import type { Inbox } from '../../consumer/inbox';
import type { Clock } from '../../kernel/clock';
import type { Logger } from '../../kernel/logger';
import { openSqliteFile, type SqliteFile } from '../../sqlite/file';
import type { sqliteModule } from './inboxModule';

/** An open that takes longer has met a broken disk or a file that somebody else keeps locked. */
const OPEN_TIMEOUT_MS = 20_000;

/**
 * @param path absolute path of the file; it may be shared with other modules
 * @throws EventBusError as openSqliteFile
 */
export async function openSqliteInbox(
	path: string,
	host: { readonly clock: Clock; readonly logger: Logger },
	options: CallOptions = { signal: new AbortController().signal, timeoutMs: OPEN_TIMEOUT_MS },
): Promise<Inbox & AsyncDisposable> {
	const file = await openSqliteFile(path, host.logger, options);
	try {
		const inbox = await inboxOn(file, host.clock, options);
		return { ...inbox, [Symbol.asyncDispose]: async () => await file[Symbol.asyncDispose]() };
	} catch (error) {
		await file[Symbol.asyncDispose]();
		throw error;
	}
}

/** The inbox on a file that is open already, and is closed by whoever opened it. */
export async function inboxOn(file: SqliteFile, clock: Clock, options: CallOptions): Promise<Inbox> {
	const port = await file.use<typeof sqliteModule>(join(__dirname, 'inboxModule.js'), clock, options);
	return {
		scope: 'host',
		begin: async (keys, owner, leaseMs, call) => await port.write('begin', { keys, owner, leaseMs }, call),
		extend: async (keys, owner, leaseMs, call) => await port.write('extend', { keys, owner, leaseMs }, call),
		finish: async (keys, owner, keepMs, call) => await port.write('finish', { keys, owner, keepMs }, call),
		fail: async (failures, owner, keepMs, call) => await port.write('fail', { failures, owner, keepMs }, call),
		release: async (keys, owner, call) => await port.write('release', { keys, owner }, call),
	};
}
