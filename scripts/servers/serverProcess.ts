/**
 * One server process under guard: started, waited for, stopped, killed, started again.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../toolchain/log';
import { tail } from '../toolchain/runLogged';

export interface GuardedCommand {
	/** An executable. */
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	/** Added to this process's own. */
	readonly env?: Readonly<Record<string, string>>;
	/** Whom it runs as; default: as us. */
	readonly user?: { readonly uid: number; readonly gid: number };
	/** What makes it stop in good order; default: SIGTERM. */
	readonly stopSignal?: NodeJS.Signals;
}

export interface ServerProcessOptions extends GuardedCommand {
	/** 'Redis', for messages. */
	readonly title: string;
	/** Takes what the server prints. */
	readonly logFile: string;
	/** Whether clients can use it by now. */
	isReady(): Promise<boolean>;
	/** Milliseconds; default 60 s. */
	readonly readyWithinMs?: number;
}

/** Between two looks whether the server is ready, milliseconds. */
const LOOK_EVERY_MS = 50;
const READY_WITHIN_MS = 60_000;
/** A server that takes longer to stop in good order is killed, milliseconds. */
const STOP_WITHIN_MS = 20_000;

export class ServerProcess {
	private guard: ChildProcess | null = null;

	constructor(private readonly options: ServerProcessOptions) {}

	/** @throws SetupError with the end of its log */
	async start(): Promise<void> {
		const { title, logFile, command, args, cwd, env, user, stopSignal, readyWithinMs = READY_WITHIN_MS } = this.options;
		const guarded: GuardedCommand = {
			command,
			args,
			cwd,
			...(env && { env }),
			...(user && { user }),
			...(stopSignal && { stopSignal }),
		};
		const log = await open(logFile, 'a');
		try {
			this.guard = fork(join(__dirname, 'guard.js'), [JSON.stringify(guarded)], {
				stdio: ['ignore', log.fd, log.fd, 'ipc'],
				execArgv: [],
			});
		} finally {
			await log.close();
		}
		// The end of this process ends it; it is no reason to stay.
		this.guard.unref();
		this.guard.channel?.unref();
		const { guard } = this;
		const until = Date.now() + readyWithinMs;
		while (!(await this.options.isReady())) {
			const ended = guard.exitCode !== null;
			if (ended || Date.now() > until) {
				await this.kill();
				throw new SetupError(`${title} ${ended ? 'ended' : 'is not ready'}.\n${await tail(logFile)}`);
			}
			await sleep(LOOK_EVERY_MS);
		}
	}

	async stop(): Promise<void> {
		await this.end('stop');
	}

	async kill(): Promise<void> {
		await this.end('kill');
	}

	private async end(how: 'stop' | 'kill'): Promise<void> {
		const { guard } = this;
		this.guard = null;
		if (guard?.exitCode !== null || guard.signalCode !== null) return;
		guard.ref();
		const ended = once(guard, 'exit');
		guard.send(how);
		const late = setTimeout(() => guard.send('kill'), STOP_WITHIN_MS);
		await ended;
		clearTimeout(late);
	}
}

/** Whether something listens. Not yet that it can be used. */
export async function accepts(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}
