/**
 * Finds the sagas that are due and that nobody looks after, and hands each to a run: those of a process that died, whose
 * time has come, whose reply came while nobody waited.
 *
 * Several processes may look at once: whoever takes the lease of a saga recovers it.
 */
import { randomUUID } from 'node:crypto';
import type { Loan } from '../broker/connectionPool';
import { within } from '../broker/within';
import { backoffDelay, RECONNECT_BACKOFF } from '../kernel/backoff';
import type { Clock } from '../kernel/clock';
import { messageOf } from '../kernel/errors';
import type { Logger } from '../kernel/logger';
import type { StoreEngine } from '../store/engine';
import { type SagaEntry, sagaLease } from '../store/sql/sagas';

export interface RecoveryHost {
	/** @throws EventBusError when the store cannot be reached */
	borrowStore(): Promise<Loan<StoreEngine>>;
	readonly clock: Clock;
	readonly logger: Logger;
	/** 0 ≤ random < 1. */
	random(): number;
	/**
	 * Starts a run that goes on with the saga as `owner`, and resolves when that run has ended.
	 * A rejection, or a run that did not take the saga up, leaves it to a later look.
	 */
	recover(saga: SagaEntry, owner: string): Promise<void>;
}

export interface RecoverySettings {
	/** Runs at once. */
	readonly maxInFlight: number;
	/** Only these sagas; null: all. */
	readonly names: readonly string[] | null;
}

/** How often the store is asked, milliseconds; a commit of this process is noticed at once. */
const LOOK_EVERY_MS = 1000;
/** Commits come in bursts; this many milliseconds later one look serves all of them. */
const GATHER_MS = 50;
/** How long a run may take until it takes the saga up, milliseconds. */
const START_LEASE_MS = 60_000;
const STORE_TIMEOUT_MS = 10_000;

export class SagaRecovery implements AsyncDisposable {
	private readonly stop = new AbortController();
	private readonly running = new Set<Promise<void>>();
	private readonly looping: Promise<void>;
	private wake: () => void = () => undefined;

	constructor(
		private readonly settings: RecoverySettings,
		private readonly host: RecoveryHost,
	) {
		this.looping = this.loop();
	}

	/** Starts no more runs, and waits for those that are under way. */
	async close(drainMs: number): Promise<void> {
		this.stop.abort();
		this.wake();
		await this.looping;
		const drained = new AbortController();
		const patience = this.host.clock.sleep(drainMs, drained.signal).catch(() => undefined);
		await Promise.race([Promise.all(this.running), patience]);
		drained.abort();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close(0);
	}

	private async loop(): Promise<void> {
		let failures = 0;
		while (!this.stop.signal.aborted) {
			try {
				await using loan = await this.host.borrowStore();
				await this.look(loan.connection, () => (failures = 0));
			} catch (error) {
				failures += 1;
				this.host.logger.warn(`Due sagas cannot be looked for, and are again soon: ${messageOf(error)}`);
				const waitMs = backoffDelay(RECONNECT_BACKOFF, failures, this.host.random());
				await this.host.clock.sleep(waitMs, this.stop.signal).catch(() => undefined);
			}
		}
	}

	private async look(store: StoreEngine, isWell: () => void): Promise<void> {
		const stopListening = store.onCommit(() => this.wake());
		try {
			while (!this.stop.signal.aborted && !store.lost.aborted) {
				const woken = new AbortController();
				this.wake = () => woken.abort();
				await this.takeUp(store);
				isWell();
				await this.pause(LOOK_EVERY_MS, woken.signal);
				await this.pause(GATHER_MS, this.stop.signal);
			}
		} finally {
			stopListening();
		}
	}

	private async takeUp(store: StoreEngine): Promise<void> {
		const room = this.settings.maxInFlight - this.running.size;
		if (room <= 0) return;
		const due = await store.read('dueSagas', { limit: room, names: this.settings.names }, within(STORE_TIMEOUT_MS));
		for (const saga of due) {
			const owner = `recovery-${randomUUID()}`;
			const lease = { name: sagaLease(saga.id), owner };
			if (!(await store.write('takeLease', { ...lease, leaseMs: START_LEASE_MS }, within(STORE_TIMEOUT_MS)))) continue;
			if (this.stop.signal.aborted) {
				await store.write('giveLease', lease, within(STORE_TIMEOUT_MS));
				return;
			}
			const run = this.recover(saga, owner).finally(() => {
				this.running.delete(run);
				this.wake();
			});
			this.running.add(run);
		}
	}

	/** Never rejects. A saga whose run failed stays leased for a while, so that a fault is not repeated at once. */
	private async recover(saga: SagaEntry, owner: string): Promise<void> {
		try {
			await this.host.recover(saga, owner);
		} catch (error) {
			this.host.logger.warn(`Saga ${saga.id} was not taken up, and is offered again: ${messageOf(error)}`);
		}
	}

	private async pause(ms: number, signal: AbortSignal): Promise<void> {
		await this.host.clock.sleep(ms, AbortSignal.any([signal, this.stop.signal])).catch(() => undefined);
	}
}
