/**
 * A running worker thread and the calls it has not answered yet.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CallOptions } from '../broker/types';
import { EventBusError, messageOf } from '../kernel/errors';
import type { Logger } from '../kernel/logger';
import type { FileWorkerData } from './fileWorker';
import { type Answer, type Report, type Request, unpackError } from './protocol';

/** The thread itself watches the time of a call; this long after, it must be stuck in the disk. */
const GRACE_MS = 5_000;
/** A thread that does not end by itself is ended; what it accepted is in a transaction, whole or not at all. */
const CLOSE_TIMEOUT_MS = 15_000;

interface Pending {
	readonly done: (value: unknown) => void;
	readonly failed: (error: Error) => void;
}

export class FileThread {
	private readonly breaking = new AbortController();
	private lastWarning = '';
	private readonly pending = new Map<number, Pending>();
	private readonly listeners = new Map<string, Set<() => void>>();
	private readonly foreignListeners = new Set<() => void>();
	private readonly exited: Promise<void>;
	private isClosing = false;
	private lastId = 0;

	private constructor(
		private readonly worker: Worker,
		private readonly file: string,
		private readonly logger: Logger,
	) {
		worker.on('message', (report: Report) => this.receive(report));
		worker.on('error', (error) => this.onBroken(`: ${messageOf(error)}`));
		this.exited = new Promise((resolve) => {
			worker.on('exit', () => {
				this.onBroken('');
				resolve();
			});
		});
		this.keepProcessAliveWhileNeeded();
	}

	/**
	 * @param id     of this opening, in the table `process`
	 * @param broken earlier openings of this process whose thread broke
	 * @throws EventBusError as openSqliteFile
	 */
	static async open(
		file: string,
		id: string,
		broken: readonly string[],
		logger: Logger,
		timeoutMs: number,
	): Promise<FileThread> {
		const workerData: FileWorkerData = { file, process: id };
		const worker = new Worker(join(__dirname, 'fileWorker.js'), {
			workerData,
			name: 'event-bus-sqlite',
			// Hooks the host was started with (loaders, profilers) have no business here; Node 22 calls node:sqlite experimental.
			execArgv: ['--disable-warning=ExperimentalWarning'],
		});
		const thread = new FileThread(worker, file, logger);
		try {
			await thread.request((request) => ({ kind: 'open', id: request, timeoutMs, broken }), {
				signal: new AbortController().signal,
				timeoutMs,
			});
			return thread;
		} catch (error) {
			await thread.close();
			throw error;
		}
	}

	/** Aborts when the thread ended without being asked to. */
	get broken(): AbortSignal {
		return this.breaking.signal;
	}

	/** Returns the module's name. */
	async use(script: string, options: CallOptions): Promise<string> {
		return (await this.request((id) => ({ kind: 'use', id, script, timeoutMs: options.timeoutMs }), options)) as string;
	}

	async call(
		kind: 'read' | 'write',
		call: { readonly module: string; readonly command: string; readonly args: unknown; readonly skewMs: number },
		options: CallOptions,
	): Promise<unknown> {
		return await this.request((id) => ({ kind, id, ...call, timeoutMs: options.timeoutMs }), options);
	}

	onCommit(topic: string, listener: () => void): () => void {
		const listeners = this.listeners.get(topic) ?? new Set();
		this.listeners.set(topic, listeners.add(listener));
		return () => {
			listeners.delete(listener);
			if (listeners.size === 0) this.listeners.delete(topic);
		};
	}

	onForeignCommit(listener: () => void): () => void {
		this.foreignListeners.add(listener);
		if (this.foreignListeners.size === 1) this.post({ kind: 'watch', isOn: true });
		this.keepProcessAliveWhileNeeded();
		return () => {
			if (!this.foreignListeners.delete(listener)) return;
			if (this.foreignListeners.size === 0) this.post({ kind: 'watch', isOn: false });
			this.keepProcessAliveWhileNeeded();
		};
	}

	/**
	 * Resolves when the thread has ended and the file is free.
	 * @returns false when it had to be ended by force, before it gave up what it held
	 */
	async close(): Promise<boolean> {
		if (!this.isClosing) {
			this.isClosing = true;
			this.post({ kind: 'close' });
		}
		this.worker.ref();
		let isClean = true;
		const ending = setTimeout(() => {
			isClean = false;
			void this.worker.terminate();
		}, CLOSE_TIMEOUT_MS);
		await this.exited;
		clearTimeout(ending);
		return isClean;
	}

	private async request(build: (id: number) => Request, options: CallOptions): Promise<unknown> {
		options.signal.throwIfAborted();
		if (this.isClosing || this.broken.aborted) throw this.closedError();
		const id = (this.lastId += 1);
		return await new Promise((resolve, reject) => {
			const forget = () => {
				clearTimeout(watchdog);
				options.signal.removeEventListener('abort', onAbort);
				this.pending.delete(id);
				this.keepProcessAliveWhileNeeded();
			};
			const giveUp = (error: Error) => {
				this.post({ kind: 'cancel', id });
				forget();
				reject(error);
			};
			const onAbort = () => giveUp(options.signal.reason as Error);
			const watchdog = setTimeout(
				() =>
					giveUp(
						new EventBusError('timeout', `The disk did not finish a command on ${this.file} in time`, {
							hint: 'Check the disk that holds this file. The command may still take effect',
						}),
					),
				options.timeoutMs + GRACE_MS,
			);
			options.signal.addEventListener('abort', onAbort, { once: true });
			this.pending.set(id, {
				done: (value) => {
					forget();
					resolve(value);
				},
				failed: (error) => {
					forget();
					reject(error);
				},
			});
			this.keepProcessAliveWhileNeeded();
			this.post(build(id));
		});
	}

	private receive(report: Report): void {
		switch (report.kind) {
			case 'answers':
				for (const answer of report.answers) this.settle(answer);
				for (const topic of report.topics) for (const listener of this.listeners.get(topic) ?? []) listener();
				return;
			case 'foreign-commit':
				for (const listener of [...this.foreignListeners]) listener();
				return;
			case 'warning':
				this.warnOnce(unpackError(report.error).message);
		}
	}

	/** What fails at every heartbeat is said once, not every ten seconds. */
	private warnOnce(problem: string): void {
		if (problem === this.lastWarning) return;
		this.lastWarning = problem;
		this.logger.warn(`Housekeeping of the event bus file failed: ${problem}`);
	}

	private settle(answer: Answer): void {
		const pending = this.pending.get(answer.id);
		if (answer.ok) pending?.done(answer.value);
		else pending?.failed(unpackError(answer.error));
	}

	private post(request: Request): void {
		this.worker.postMessage(request);
	}

	/** An idle file must not keep a program from ending; a call or somebody who waits for events must. */
	private keepProcessAliveWhileNeeded(): void {
		if (this.pending.size > 0 || this.foreignListeners.size > 0) this.worker.ref();
		else this.worker.unref();
	}

	private onBroken(why: string): void {
		for (const { failed } of [...this.pending.values()]) failed(this.closedError());
		if (this.isClosing || this.broken.aborted) return;
		this.breaking.abort(new EventBusError('closed', `The thread that serves ${this.file} ended${why}`));
	}

	private closedError(): EventBusError {
		return new EventBusError('closed', `${this.file} is closed`);
	}
}
