/**
 * The thread that owns one SQLite file: everything synchronous happens here and never on n8n's event loop.
 */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { EventBusError } from '../kernel/errors';
import { hostIdentity } from './hostIdentity';
import { migrate } from './migrations';
import { BUSY_RETRY_MS, openForReading, openForWriting, refuseReplacedFile, untilFree } from './openDatabase';
import { beat, enterProcess, HEARTBEAT_MS, PROCESS_MIGRATIONS, removeDead } from './processes';
import { type Answer, packError, type Report, type Request } from './protocol';
import type { Sql } from './sql';
import { isBusy, toStorageError } from './sqliteError';
import type { Command, CommandContext, SqliteModule } from './sqliteModule';
import { WriteQueue } from './writeQueue';

/** What the opener passes as `workerData`. */
export interface FileWorkerData {
	readonly file: string;
	/** Id of this opening in the table `process`. */
	readonly process: string;
}

/** Between two pieces of a sweep, so that commands get their turn. */
const SWEEP_AGAIN_MS = 20;
/** How soon commits of other processes are seen while somebody waits (PRAGMA data_version reads shared memory only). */
const FOREIGN_COMMIT_POLL_MS = 200;
/** Background work waits this long for the lock; its next turn comes anyway. */
const BACKGROUND_TIMEOUT_MS = 10_000;

type CallRequest = Extract<Request, { kind: 'read' | 'write' }>;

class FileServer {
	private readonly us = hostIdentity();
	private readonly modules = new Map<string, SqliteModule>();
	private answers: Answer[] = [];
	private heart: NodeJS.Timeout | null = null;
	private sweeping: NodeJS.Timeout | null = null;
	private watching: NodeJS.Timeout | null = null;
	private seenVersion = 0;
	private skewMs = 0;
	private closing = false;

	private constructor(
		private readonly file: string,
		private readonly process: string,
		private readonly writer: Sql,
		private readonly reader: Sql,
		private readonly queue: WriteQueue,
		private readonly post: (report: Report) => void,
	) {}

	static async open(
		{ file, process }: FileWorkerData,
		request: Extract<Request, { kind: 'open' }>,
		post: (report: Report) => void,
	): Promise<FileServer> {
		const deadline = Date.now() + request.timeoutMs;
		const connections: Sql[] = [];
		const connect = async (open: (file: string) => Sql) => {
			const sql = await untilFree(file, deadline, () => open(file));
			connections.push(sql);
			return sql;
		};
		try {
			const writer = await connect(openForWriting);
			const reader = await connect(openForReading);
			const inode = statSync(file).ino;
			const queue: WriteQueue = new WriteQueue(
				writer,
				file,
				() => refuseReplacedFile(file, inode),
				(topics) => server.flush(topics),
			);
			const server = new FileServer(file, process, writer, reader, queue, post);
			await server.enqueue(deadline, () => {
				migrate(writer, file, 'file', PROCESS_MIGRATIONS);
				enterProcess(writer, file, process, server.us, request.broken);
			});
			server.startTimers();
			return server;
		} catch (error) {
			for (const sql of connections) sql.close();
			throw error;
		}
	}

	use(request: Extract<Request, { kind: 'use' }>): void {
		const loaded = createRequire(__filename)(request.script) as { readonly sqliteModule: SqliteModule };
		const module = loaded.sqliteModule;
		this.queue.add({
			id: request.id,
			deadline: Date.now() + request.timeoutMs,
			run: (notify) => {
				if (this.modules.has(module.name)) return module.name;
				migrate(this.writer, this.file, module.name, module.migrations);
				module.orphans(this.context(this.writer, this.skewMs, notify));
				return module.name;
			},
			done: (value) => {
				this.modules.set(module.name, module);
				this.answer({ id: request.id, ok: true, value });
			},
			failed: (error) => this.refuse(request.id, error),
		});
	}

	call(request: CallRequest): void {
		this.skewMs = request.skewMs;
		const module = this.modules.get(request.module);
		const command = (request.kind === 'read' ? module?.reads : module?.writes)?.[request.command];
		if (!command) {
			this.refuse(request.id, new EventBusError('bug', `There is no ${request.kind} "${request.command}"`));
			return this.flush(new Set());
		}
		const deadline = Date.now() + request.timeoutMs;
		if (request.kind === 'read') return this.read(request, command, deadline);
		this.queue.add({
			id: request.id,
			deadline,
			run: (notify) => command(this.context(this.writer, request.skewMs, notify), request.args as never),
			done: (value) => this.answer({ id: request.id, ok: true, value }),
			failed: (error) => this.refuse(request.id, error),
		});
	}

	cancel(id: number): void {
		this.queue.cancel(id);
	}

	watch(isOn: boolean): void {
		if (!isOn) {
			if (this.watching) clearInterval(this.watching);
			this.watching = null;
			return;
		}
		this.lookForForeignCommit();
		this.watching ??= setInterval(() => this.lookForForeignCommit(), FOREIGN_COMMIT_POLL_MS);
	}

	/** Writes what was accepted, then frees what this process holds. */
	async close(): Promise<void> {
		this.closing = true;
		for (const timer of [this.heart, this.sweeping, this.watching]) if (timer) clearInterval(timer);
		const deadline = Date.now() + BACKGROUND_TIMEOUT_MS;
		await this.enqueue(deadline, (notify) => {
			this.writer.run('DELETE FROM process WHERE id = ?', this.process);
			this.freeOrphans(notify);
		}).catch(() => undefined);
		await this.queue.drained();
		this.reader.close();
		this.writer.close();
	}

	private startTimers(): void {
		this.heart = setInterval(() => {
			this.inBackground((notify) => this.heartbeat(notify));
			this.sweep();
		}, HEARTBEAT_MS);
		this.seenVersion = dataVersion(this.writer);
	}

	/** A read needs no lock of ours, but can meet the moment in which another process recovers or closes the file. */
	private read(request: CallRequest, command: Command, deadline: number): void {
		try {
			const value = command(this.context(this.reader, request.skewMs, readsDoNotNotify), request.args as never);
			this.answer({ id: request.id, ok: true, value });
		} catch (error) {
			if (isBusy(error) && Date.now() < deadline) {
				setTimeout(() => this.read(request, command, deadline), BUSY_RETRY_MS);
				return;
			}
			this.refuse(request.id, error);
		}
		this.flush(new Set());
	}

	private context(sql: Sql, skewMs: number, notify: (topic: string) => void): CommandContext {
		return {
			sql,
			now: Date.now() + skewMs,
			process: this.process,
			notify,
			removeDeadProcesses: () => {
				if (removeDead(sql, this.process, this.us)) this.freeOrphans(notify);
			},
		};
	}

	private heartbeat(notify: (topic: string) => void): void {
		beat(this.writer, this.process, this.us);
		const context = this.context(this.writer, this.skewMs, notify);
		context.removeDeadProcesses();
		for (const module of this.modules.values()) module.heartbeat(context);
	}

	private freeOrphans(notify: (topic: string) => void): void {
		const context = this.context(this.writer, this.skewMs, notify);
		for (const module of this.modules.values()) module.orphans(context);
	}

	private sweep(): void {
		this.inBackground(
			(notify) => {
				const context = this.context(this.writer, this.skewMs, notify);
				return [...this.modules.values()].map((module) => module.sweep(context)).includes(true);
			},
			(more) => {
				if (more === true && !this.closing) this.sweeping = setTimeout(() => this.sweep(), SWEEP_AGAIN_MS);
			},
		);
	}

	private lookForForeignCommit(): void {
		try {
			const version = dataVersion(this.writer);
			if (version === this.seenVersion) return;
			this.seenVersion = version;
			this.post({ kind: 'foreign-commit' });
		} catch (error) {
			if (!isBusy(error)) this.warn(error);
		}
	}

	private inBackground(run: (notify: (topic: string) => void) => unknown, then?: (value: unknown) => void): void {
		this.enqueue(Date.now() + BACKGROUND_TIMEOUT_MS, run).then(then, (error: unknown) => this.warn(error));
	}

	private async enqueue(deadline: number, run: (notify: (topic: string) => void) => unknown): Promise<unknown> {
		return await new Promise((done, failed) => {
			this.queue.add({ id: null, deadline, run, done, failed });
		});
	}

	private answer(answer: Answer): void {
		this.answers.push(answer);
	}

	private refuse(id: number, error: unknown): void {
		this.answer({ id, ok: false, error: packError(toStorageError(error, this.file)) });
	}

	private warn(error: unknown): void {
		this.post({ kind: 'warning', error: packError(toStorageError(error, this.file)) });
	}

	private flush(topics: ReadonlySet<string>): void {
		if (this.answers.length === 0 && topics.size === 0) return;
		const answers = this.answers;
		this.answers = [];
		this.post({ kind: 'answers', answers, topics: [...topics] });
	}
}

function readsDoNotNotify(): never {
	throw new EventBusError('bug', 'A read has nothing to notify of');
}

/** Changes when another connection commits; ours to the same file only reads. */
function dataVersion(sql: Sql): number {
	return sql.get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? 0;
}

function serve(port: NonNullable<typeof parentPort>, data: FileWorkerData): void {
	const post = (report: Report) => port.postMessage(report);
	let opened: FileServer | null = null;

	const open = async (request: Extract<Request, { kind: 'open' }>) => {
		try {
			opened = await FileServer.open(data, request, post);
			post({ kind: 'answers', answers: [{ id: request.id, ok: true, value: null }], topics: [] });
		} catch (error) {
			const packed = packError(toStorageError(error, data.file));
			post({ kind: 'answers', answers: [{ id: request.id, ok: false, error: packed }], topics: [] });
			port.close();
		}
	};

	port.on('message', (request: Request) => {
		if (request.kind === 'open') return void open(request);
		switch (request.kind) {
			case 'read':
			case 'write':
				return opened?.call(request);
			case 'use':
				return opened?.use(request);
			case 'cancel':
				return opened?.cancel(request.id);
			case 'watch':
				return opened?.watch(request.isOn);
			case 'close':
				return void opened?.close().finally(() => port.close());
		}
	});
}

if (parentPort) serve(parentPort, workerData as FileWorkerData);
