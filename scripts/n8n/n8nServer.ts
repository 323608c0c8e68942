/**
 * A private n8n as a child process: started, awaited, watched and stopped without leaving anything behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../toolchain/log';
import type { N8nInstallation } from '../toolchain/n8n';
import { withNode } from '../toolchain/nodeRuntime';
import { npmEnvironment } from '../toolchain/npm';
import { tail } from '../toolchain/runLogged';
import { freePort } from './freePort';

/** A first start migrates the database: 18 s on two cores, several times that on a busy machine. */
const READY_TIMEOUT_MS = 180_000;
const POLL_MS = 250;
/** n8n closes triggers one by one, then waits for running executions this long before it gives up by itself. */
const GRACEFUL_STOP_S = 20;
/** After that it is killed. */
const STOP_TIMEOUT_MS = (GRACEFUL_STOP_S + 5) * 1000;

export interface N8nServerOptions {
	readonly installation: N8nInstallation;
	/** N8N_USER_FOLDER: database, encryption key, installed packages, broker file. */
	readonly userFolder: string;
	/** The first port to try. 0: any. */
	readonly port: number;
	readonly logFile: string;
	/** worker: of a queue mode whose main process has the same folder. Default start. */
	readonly command?: 'start' | 'worker';
	/** Added to, or put in place of, the environment below. */
	readonly env?: Readonly<Record<string, string>>;
}

export class N8nServer implements AsyncDisposable {
	/** Resolves when the process has ended, asked or not. */
	readonly ended: Promise<void>;
	private running = true;

	private constructor(
		private readonly child: ChildProcess,
		/** 'http://127.0.0.1:5678' */
		readonly url: string,
		readonly logFile: string,
	) {
		this.ended = new Promise((resolve) => {
			child.once('exit', () => {
				this.running = false;
				resolve();
			});
		});
	}

	/** Resolves when n8n answers. @throws SetupError when it does not start; nothing is left running then */
	static async start(options: N8nServerOptions): Promise<N8nServer> {
		const { installation, userFolder, logFile, command = 'start' } = options;
		const port = await freePort(options.port);
		await mkdir(userFolder, { recursive: true });
		const log = await open(logFile, 'w');
		try {
			const preload = join(__dirname, 'stopWithParent.js');
			const child = spawn(installation.node.bin, ['--require', preload, installation.bin, command], {
				cwd: userFolder,
				env: { ...(await n8nEnvironment(installation, userFolder, port)), ...options.env },
				stdio: ['ignore', log.fd, log.fd, 'ipc'],
				// Its own process group: Ctrl+C in the terminal must reach us alone, and a kill must reach its children too.
				detached: process.platform !== 'win32',
			});
			const server = new N8nServer(child, `http://127.0.0.1:${port}`, logFile);
			await server.ready();
			return server;
		} finally {
			await log.close();
		}
	}

	get pid(): number | undefined {
		return this.child.pid;
	}

	/** SIGTERM, then after a bounded time SIGKILL for it and its children. */
	async stop(): Promise<void> {
		if (this.running) this.child.kill('SIGTERM');
		const timeout = new AbortController();
		const tooLong = sleep(STOP_TIMEOUT_MS, 'too long', { signal: timeout.signal }).catch(() => undefined);
		await Promise.race([this.ended, tooLong]);
		timeout.abort();
		if (this.running) this.kill();
		await this.ended;
	}

	/** kill -9 for it and its children. */
	kill(): void {
		if (!this.running || this.child.pid === undefined) return;
		if (process.platform === 'win32') this.child.kill('SIGKILL');
		else process.kill(-this.child.pid, 'SIGKILL');
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
	}

	/** What to tell when it ended without being asked. */
	async lastWords(): Promise<string> {
		return `n8n ended by itself. The end of its log:\n${await tail(this.logFile)}\nThe whole log: ${this.logFile}`;
	}

	private async ready(): Promise<void> {
		const deadline = Date.now() + READY_TIMEOUT_MS;
		while (!(await this.answers())) {
			if (!this.running) throw new SetupError(await this.lastWords());
			if (Date.now() > deadline) {
				this.kill();
				throw new SetupError(
					`n8n did not answer at ${this.url} within ${READY_TIMEOUT_MS / 1000} s.\n${await tail(this.logFile)}\nThe whole log: ${this.logFile}`,
				);
			}
			await Promise.race([sleep(POLL_MS), this.ended]);
		}
	}

	private async answers(): Promise<boolean> {
		try {
			return (await fetch(`${this.url}/healthz/readiness`, { signal: AbortSignal.timeout(5_000) })).ok;
		} catch {
			return false;
		}
	}
}

/** For n8n and its command line. @param userFolder N8N_USER_FOLDER */
export async function n8nEnvironment(
	{ node }: N8nInstallation,
	userFolder: string,
	port: number,
): Promise<NodeJS.ProcessEnv> {
	return {
		...withoutOtherN8n(npmEnvironment()),
		...withNode(node),
		...(await serverEnvironment(userFolder, port)),
	};
}

/**
 * The settings of an n8n the user runs elsewhere would connect this one to its database, queue or encryption key. Started
 * from a test, it would see Jest's NODE_ENV and end at once without a word.
 */
function withoutOtherN8n(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const setting =
		/^(N8N|DB|EXECUTIONS|QUEUE|WEBHOOK|CREDENTIALS|NODES|NODE_FUNCTION|OFFLOAD)_|^(NODE_OPTIONS|NODE_PATH|NODE_ENV|JEST_WORKER_ID)$/;
	return Object.fromEntries(Object.entries(env).filter(([name]) => !setting.test(name)));
}

async function serverEnvironment(userFolder: string, port: number): Promise<Record<string, string>> {
	const off = {
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
	};
	return {
		...off,
		N8N_USER_FOLDER: userFolder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		N8N_PORT: String(port),
		// Two n8n on one machine would meet at its default.
		N8N_RUNNERS_BROKER_PORT: String(await freePort(0, port)),
		// Not every browser keeps a secure cookie for plain http, not even on this machine.
		N8N_SECURE_COOKIE: 'false',
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: String(GRACEFUL_STOP_S),
		EXECUTIONS_MODE: 'regular',
		// A worker has no other door; the main process does not look at these.
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
	};
}
