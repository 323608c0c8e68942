/**
 * The right to look after a saga, prolonged for as long as its owner lives.
 */
import type { CallOptions } from '../broker/types';
import { within } from '../broker/within';
import { messageOf } from '../kernel/errors';
import type { SagaHost } from './types';

export class Lease {
	private readonly gone = new AbortController();
	private readonly timer: NodeJS.Timeout;
	/** One at a time, so that none comes after the lease was given back. */
	private claiming: Promise<void> | null = null;

	private constructor(
		private readonly id: string,
		private readonly host: SagaHost,
		private readonly call: CallOptions,
	) {
		this.timer = setInterval(() => void this.prolong(), Math.max(10, host.leaseMs / 3));
		this.timer.unref();
	}

	/** null: somebody else has it. */
	static async take(id: string, host: SagaHost, call: CallOptions): Promise<Lease | null> {
		return (await host.journal.claim(id, host.owner, host.leaseMs, call)) ? new Lease(id, host, call) : null;
	}

	/**
	 * Aborts when somebody else has it. Not when its time is over and the store is away: then nobody can take it or record
	 * anything, and who comes first when the store is back goes on.
	 */
	get lost(): AbortSignal {
		return this.gone.signal;
	}

	async stillHeld(): Promise<boolean> {
		await this.prolong();
		return !this.gone.signal.aborted;
	}

	/** Gives it back, so that nobody waits for its end. */
	async end(): Promise<void> {
		clearInterval(this.timer);
		await this.claiming;
		if (this.gone.signal.aborted) return;
		const { journal, logger, owner } = this.host;
		// Also when the run was stopped: its signal has aborted by then.
		const call = within(this.call.timeoutMs);
		await journal.release(this.id, owner, call).catch((error: unknown) => {
			logger.debug(`The lease of saga ${this.id} was not given back and ends by itself: ${messageOf(error)}`);
		});
	}

	private async prolong(): Promise<void> {
		this.claiming ??= this.claim().finally(() => (this.claiming = null));
		await this.claiming;
	}

	private async claim(): Promise<void> {
		const { journal, owner, leaseMs, logger } = this.host;
		const call = within(this.call.timeoutMs);
		try {
			if (!(await journal.claim(this.id, owner, leaseMs, call))) this.gone.abort();
		} catch (error) {
			logger.debug(`The lease of saga ${this.id} could not be prolonged: ${messageOf(error)}`);
		}
	}
}
