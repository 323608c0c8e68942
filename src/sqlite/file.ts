/**
 * The caller's side of a SQLite file: one thread per file in this process, shared by everybody who opens the same path.
 *
 * Knows nothing of what is stored. Modules (sqliteModule.ts) bring tables and commands; `use` gives typed access to them.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { CallOptions } from '../broker/types';
import type { Clock } from '../kernel/clock';
import { EventBusError } from '../kernel/errors';
import type { Logger } from '../kernel/logger';
import { FileThread } from './fileThread';
import { refuseNetworkFileSystem } from './networkFileSystem';
import { toFileError } from './sqliteError';
import type { CommandArgs, CommandResult, SqliteModule } from './sqliteModule';

export interface SqliteFile extends AsyncDisposable {
	/** With links resolved. */
	readonly path: string;
	/** Aborts, with an EventBusError as reason, when the thread broke or this handle was closed. */
	readonly lost: AbortSignal;
	/**
	 * Loads a module into the thread, brings its tables up to date, and returns its commands.
	 * @param script absolute path of a compiled script that exports `sqliteModule`
	 * @throws EventBusError `storage` when a newer package wrote its tables
	 */
	use<M extends SqliteModule>(script: string, clock: Clock, options: CallOptions): Promise<CommandPort<M>>;
	/** Calls `listener` after each commit of this process that touched the topic. Returns how to stop. */
	onCommit(topic: string, listener: () => void): () => void;
	/** Until stopped, looks for commits of other processes about every 200 ms. Only while somebody really waits. */
	onForeignCommit(listener: () => void): () => void;
}

/** A module's commands. All throw EventBusError `storage` | `timeout` | `closed`, and what the command itself throws. */
export interface CommandPort<M extends SqliteModule> {
	/** Sees the last commit. Never waits for the write lock. */
	read<K extends keyof M['reads'] & string>(
		command: K,
		args: CommandArgs<M['reads'][K]>,
		options: CallOptions,
	): Promise<CommandResult<M['reads'][K]>>;
	/** Resolves after the commit. */
	write<K extends keyof M['writes'] & string>(
		command: K,
		args: CommandArgs<M['writes'][K]>,
		options: CallOptions,
	): Promise<CommandResult<M['writes'][K]>>;
}

/** n8n 2 brings 24; 22.13 is the first where node:sqlite needs no flag. */
const FIRST_NODE: readonly [number, number] = [22, 13];

interface Entry {
	/** In the table `process`. */
	readonly id: string;
	readonly opening: Promise<FileThread>;
	handles: number;
}

const entries = new Map<string, Entry>();
/** Openings whose thread broke: what they held is freed by the next opening. Their process, ours, still runs. */
const broken = new Map<string, string[]>();

/**
 * @param path absolute; the file and its folder are created if they are missing
 * @throws EventBusError `settings` (Node too old, relative path, network file system, second host, foreign database)
 *   | `storage` | `timeout`
 */
export async function openSqliteFile(path: string, logger: Logger, options: CallOptions): Promise<SqliteFile> {
	refuseOldNode(process.versions.node);
	if (!isAbsolute(path)) {
		throw new EventBusError('settings', `"${path}" is not an absolute path`, {
			hint: 'Name the file from the root on',
		});
	}
	const file = await createFile(path);
	options.signal.throwIfAborted();
	const entry = entries.get(file) ?? startThread(file, logger, options.timeoutMs);
	entry.handles += 1;
	let isClosed = false;
	const closed = new AbortController();
	const giveBack = async () => {
		if (isClosed) return;
		isClosed = true;
		closed.abort(new EventBusError('closed', `${file} was closed`));
		entry.handles -= 1;
		if (entry.handles > 0) return;
		if (entries.get(file) === entry) entries.delete(file);
		const thread = await entry.opening.catch(() => null);
		if (thread && !(await thread.close())) rememberBroken(file, entry);
	};
	try {
		const thread = await entry.opening;
		return {
			path: file,
			lost: AbortSignal.any([thread.broken, closed.signal]),
			use: async (script, clock, use) => portOf(thread, await thread.use(script, use), clock),
			onCommit: (topic, listener) => thread.onCommit(topic, listener),
			onForeignCommit: (listener) => thread.onForeignCommit(listener),
			[Symbol.asyncDispose]: giveBack,
		};
	} catch (error) {
		await giveBack();
		throw error;
	}
}

/** @throws EventBusError `settings` where node:sqlite does not exist */
export function refuseOldNode(version: string): void {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const [firstMajor, firstMinor] = FIRST_NODE;
	if (major > firstMajor || (major === firstMajor && minor >= firstMinor)) return;
	throw new EventBusError('settings', `SQLite needs Node.js ${firstMajor}.${firstMinor} or later; this is ${version}`, {
		hint: 'Update Node.js (n8n 2 needs 24), or set EVENT_BUS_URL to a broker server',
	});
}

function startThread(file: string, logger: Logger, timeoutMs: number): Entry {
	const id = randomUUID();
	const opening = FileThread.open(file, id, broken.get(file) ?? [], logger, timeoutMs);
	const entry: Entry = { id, opening, handles: 0 };
	entries.set(file, entry);
	const forget = () => {
		if (entries.get(file) === entry) entries.delete(file);
	};
	opening.then((thread) => {
		broken.delete(file);
		const onBroken = () => {
			forget();
			rememberBroken(file, entry);
		};
		thread.broken.addEventListener('abort', onBroken, { once: true });
	}, forget);
	return entry;
}

function rememberBroken(file: string, { id }: Entry): void {
	broken.set(file, [...(broken.get(file) ?? []), id]);
}

/** Creates it before SQLite would: readable for its owner only, because events are nobody else's business. */
async function createFile(path: string): Promise<string> {
	const folder = dirname(path);
	try {
		await createFolder(folder);
		await refuseNetworkFileSystem(await realpath(folder), path);
		await (await open(path, 'a', 0o600)).close();
		return await realpath(path);
	} catch (error) {
		throw toFileError(error, path);
	}
}

/** One by one: Node's recursive mkdir never returns where a folder that exists answers ENOENT, as /proc does. */
async function createFolder(folder: string): Promise<void> {
	if (existsSync(folder)) return;
	await createFolder(dirname(folder));
	try {
		await mkdir(folder);
	} catch (error) {
		// Another process may have been quicker.
		if (!existsSync(folder)) throw error;
	}
}

function portOf<M extends SqliteModule>(thread: FileThread, module: string, clock: Clock): CommandPort<M> {
	const skewMs = () => clock.now() - Date.now();
	return {
		read: async (command, args, options) =>
			(await thread.call('read', { module, command, args, skewMs: skewMs() }, options)) as CommandResult<
				M['reads'][typeof command]
			>,
		write: async (command, args, options) =>
			(await thread.call('write', { module, command, args, skewMs: skewMs() }, options)) as CommandResult<
				M['writes'][typeof command]
			>,
	};
}
