/**
 * Between an adapter that fetches and a consumer that asks: what is fetched waits here until it is asked for, and stays
 * held until it is settled. Knows the cap, the pause and the end; knows no broker.
 *
 * `N` is what the adapter needs to settle a delivery: a tag, a receipt, an id.
 */
import type { Clock } from '../kernel/clock';
import { EventBusError } from '../kernel/errors';
import type { Delivery, Outcome, Settlement, SubscribeOptions } from './types';

export type HandOutOptions = Pick<SubscribeOptions, 'maxInFlight' | 'batch'> & { readonly clock: Clock };

export type HeldSettlement<N> = Settlement & { readonly native: N };

export interface Held<N> {
	readonly delivery: Delivery;
	readonly native: N;
}

export class HandOut<N> {
	private waiting: Delivery[] = [];
	private firstWaitingAt = 0;
	private readonly natives = new Map<Delivery, N>();
	private readonly ended = new AbortController();
	/** Resolved and replaced whenever something changes that somebody may wait for. */
	private change = Promise.withResolvers<void>();
	private failure: EventBusError | null = null;
	private paused = false;
	private started = false;

	constructor(private readonly options: HandOutOptions) {}

	/** How many more may be fetched, so that what waits and what is in flight stay within `maxInFlight`. */
	get room(): number {
		if (this.paused || this.isOver) return 0;
		return Math.max(0, this.options.maxInFlight - this.natives.size);
	}

	/** After `end` or `fail`: nothing is handed out any more. */
	get isOver(): boolean {
		return this.ended.signal.aborted;
	}

	get isPaused(): boolean {
		return this.paused;
	}

	/** Aborts with the end: for whatever waits on behalf of this subscription. */
	get over(): AbortSignal {
		return this.ended.signal;
	}

	/** Resolves when there is room; false when it ended first. */
	async untilRoom(): Promise<boolean> {
		while (!this.isOver) {
			if (this.room > 0) return true;
			await this.change.promise;
		}
		return false;
	}

	/** Takes a delivery that was fetched. */
	offer(delivery: Delivery, native: N): void {
		this.natives.set(delivery, native);
		if (this.waiting.length === 0) this.firstWaitingAt = this.options.clock.now();
		this.waiting.push(delivery);
		this.changed();
	}

	/** Everything that is not settled, handed out or not. */
	held(): readonly Held<N>[] {
		return [...this.natives].map(([delivery, native]) => ({ delivery, native }));
	}

	nativeOf(delivery: Delivery): N | undefined {
		return this.natives.get(delivery);
	}

	/** The delivery is settled, or belongs to somebody else by now. */
	forget(delivery: Delivery): void {
		if (!this.natives.delete(delivery)) return;
		const position = this.waiting.indexOf(delivery);
		if (position >= 0) this.waiting.splice(position, 1);
		this.changed();
	}

	/** Forgets everything: the session they came from is gone. */
	forgetAll(): void {
		this.natives.clear();
		this.waiting = [];
		this.changed();
	}

	/**
	 * Has `settle` do its work for what is still held; the rest is `lease-lost`. What it settles, or finds lost, is
	 * forgotten; what fails otherwise stays held and can be tried again.
	 */
	async settle(
		settlements: readonly Settlement[],
		settle: (held: readonly HeldSettlement<N>[]) => Promise<readonly Outcome<object>[]>,
	): Promise<readonly Outcome<object>[]> {
		return await this.forHeld(
			settlements,
			({ delivery }) => delivery,
			settle,
			({ ok }) => ok,
		);
	}

	/** As `settle`: `extend` is asked for what is still held, and what it finds lost is forgotten. */
	async extend<T extends object>(
		deliveries: readonly Delivery[],
		extend: (held: readonly Held<N>[]) => Promise<readonly Outcome<T>[]>,
	): Promise<readonly Outcome<T>[]> {
		const wrapped = deliveries.map((delivery) => ({ delivery }));
		return await this.forHeld(
			wrapped,
			({ delivery }) => delivery,
			extend,
			() => false,
		);
	}

	/** `Subscription.batches`: what waits, as soon as a batch is full or its first delivery has waited enough. */
	async *batches(): AsyncGenerator<readonly Delivery[]> {
		if (this.started) throw new EventBusError('bug', 'batches() of a subscription was called twice');
		this.started = true;
		while (!this.isOver) {
			const batch = this.takeBatch();
			if (batch.length > 0) yield batch;
			else await this.untilChangeOrFull();
		}
		if (this.failure) throw this.failure;
	}

	pause(): void {
		this.paused = true;
		this.changed();
	}

	resume(): void {
		this.paused = false;
		this.changed();
	}

	/** Ends `batches()`. Returns what nobody was given, for the adapter to give back; it stays held until it is settled. */
	end(): readonly Delivery[] {
		const unseen = this.waiting;
		this.waiting = [];
		this.ended.abort(new EventBusError('closed', 'The subscription has ended'));
		this.changed();
		return unseen;
	}

	/** As `end`, and `batches()` throws it; nothing once it has ended. */
	fail(error: EventBusError): readonly Delivery[] {
		if (this.isOver) return [];
		this.failure = error;
		return this.end();
	}

	private takeBatch(): readonly Delivery[] {
		const { size, waitMs } = this.options.batch;
		if (this.paused || this.waiting.length === 0) return [];
		const isFull = this.waiting.length >= size || this.room === 0;
		if (!isFull && this.options.clock.now() < this.firstWaitingAt + waitMs) return [];
		const batch = this.waiting.splice(0, size);
		this.firstWaitingAt = this.options.clock.now();
		return batch;
	}

	private async untilChangeOrFull(): Promise<void> {
		const { promise } = this.change;
		if (this.paused || this.waiting.length === 0) {
			await promise;
			return;
		}
		const { clock, batch } = this.options;
		const waited = new AbortController();
		const due = clock.sleep(this.firstWaitingAt + batch.waitMs - clock.now(), waited.signal).catch(() => undefined);
		await Promise.race([promise, due]);
		waited.abort();
	}

	private async forHeld<I extends { readonly delivery: Delivery }, T extends object>(
		items: readonly I[],
		deliveryOf: (item: I) => Delivery,
		work: (held: readonly (I & { readonly native: N })[]) => Promise<readonly Outcome<T>[]>,
		ends: (outcome: Outcome<T>) => boolean,
	): Promise<readonly Outcome<T>[]> {
		const held = items.flatMap((item) => {
			const delivery = deliveryOf(item);
			return this.natives.has(delivery) ? [{ ...item, native: this.natives.get(delivery) as N }] : [];
		});
		const outcomes = held.length === 0 ? [] : await work(held);
		const byDelivery = new Map(held.map((item, index) => [deliveryOf(item), outcomes[index]] as const));
		return items.map((item) => {
			const delivery = deliveryOf(item);
			const outcome = byDelivery.get(delivery) ?? { ok: false as const, error: leaseLost(delivery) };
			if (ends(outcome) || (!outcome.ok && outcome.error.code === 'lease-lost')) this.forget(delivery);
			return outcome;
		});
	}

	private changed(): void {
		const { resolve } = this.change;
		this.change = Promise.withResolvers<void>();
		resolve();
	}
}

export function leaseLost(delivery: Delivery): EventBusError {
	return new EventBusError('lease-lost', `The lease on ${delivery.message.id} has ended; it is delivered again`);
}
