/**
 * Tells whoever waits that something was committed: at once in this process, by LISTEN and NOTIFY from the others.
 *
 * A notice can be lost, with the connection or in a pooler in between. So everybody also looks by himself now and then.
 */
import { createHash } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';
import { backoffDelay, RECONNECT_BACKOFF } from '../../kernel/backoff';
import type { Clock } from '../../kernel/clock';
import { messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { quoted } from './clientConfig';

/** How long a notice that was lost stays unnoticed, milliseconds. */
const LOOK_EVERY_MS = 2000;

export interface NoticesHost {
	readonly logger: Logger;
	readonly clock: Clock;
}

export class CommitNotices implements Disposable {
	private readonly listeners = new Set<() => void>();
	private listening: AbortController | null = null;

	constructor(
		private readonly config: ClientConfig,
		private readonly channel: string,
		private readonly host: NoticesHost,
	) {}

	/** The connection is open only while somebody listens. Returns how to stop. */
	listen(listener: () => void): () => void {
		this.listeners.add(listener);
		this.start();
		return () => {
			this.listeners.delete(listener);
			if (this.listeners.size === 0) this.stop();
		};
	}

	/** Wakes those of this process. */
	readonly wake = (): void => {
		for (const listener of [...this.listeners]) listener();
	};

	[Symbol.dispose](): void {
		this.listeners.clear();
		this.stop();
	}

	private start(): void {
		if (this.listening) return;
		const listening = new AbortController();
		this.listening = listening;
		const look = setInterval(this.wake, LOOK_EVERY_MS);
		listening.signal.addEventListener('abort', () => clearInterval(look), { once: true });
		void this.keepListening(listening.signal);
	}

	private stop(): void {
		this.listening?.abort();
		this.listening = null;
	}

	private async keepListening(signal: AbortSignal): Promise<void> {
		const { clock, logger } = this.host;
		let failures = 0;
		const onListening = () => {
			failures = 0;
			// What was committed while nobody listened.
			this.wake();
		};
		while (!signal.aborted) {
			const problem = await listenUntilLost(this.config, this.channel, signal, onListening, this.wake);
			failures += 1;
			if (failures === 1 && !isOver(signal)) {
				logger.warn(`The event store is told late of commits, until it is connected again: ${messageOf(problem)}`);
			}
			await clock.sleep(backoffDelay(RECONNECT_BACKOFF, failures, Math.random()), signal).catch(() => undefined);
		}
	}
}

/** Whether the signal was aborted meanwhile, which the compiler rules out after a look at it. */
function isOver({ aborted }: AbortSignal): boolean {
	return aborted;
}

/** Of one schema; NOTIFY reaches the whole database, and a name has 63 bytes. */
export function channelOf(schema: string): string {
	return `event_bus_${createHash('sha256').update(schema).digest('hex').slice(0, 16)}`;
}

/** Resolves with what ended it; never rejects. */
async function listenUntilLost(
	config: ClientConfig,
	channel: string,
	signal: AbortSignal,
	onListening: () => void,
	onNotice: () => void,
): Promise<unknown> {
	const client = new Client(config);
	const ended = new Promise<unknown>((resolve) => {
		client.on('error', resolve);
		client.on('end', () => resolve(new Error('The connection ended')));
		signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
	});
	client.on('notification', onNotice);
	const begin = async () => {
		await client.connect();
		await client.query(`LISTEN ${quoted(channel)}`);
		onListening();
	};
	const failed = begin().then(
		async () => await ended,
		(error: unknown) => error,
	);
	const problem = await Promise.race([failed, ended]);
	// A goodbye to a server that is gone has nobody to wait for.
	void client.end().catch(() => undefined);
	return problem;
}
