/**
 * A subscription of the memory broker: hands out what its group has, and settles it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type {
	BrokerCapabilities,
	CallOptions,
	Delivery,
	Outcome,
	Settlement,
	SubscribeOptions,
	Subscription,
} from '../../../src/broker/types';
import { EventBusError } from '../../../src/kernel/errors';
import { laneOf, type Entry, type Member, type MemoryGroup } from './memoryGroup';
import type { MemoryServer } from './memoryServer';

/** Which hand-out of an entry a delivery stands for: after its lease ran out the entry may be held anew. */
interface Handle {
	readonly entry: Entry;
	readonly receives: number;
}

export class MemorySubscription implements Subscription, Member {
	readonly ordered: boolean;
	readonly leaseMs: number;
	inFlight = 0;
	private readonly handles = new WeakMap<Delivery, Handle>();
	private ended = false;
	private lostWith: EventBusError | null = null;
	private paused = false;
	private left = false;
	private news = Promise.withResolvers<void>();

	constructor(
		readonly effective: BrokerCapabilities,
		readonly group: MemoryGroup,
		private readonly server: MemoryServer,
		private readonly options: SubscribeOptions,
		private readonly onLeave: (subscription: MemorySubscription) => void,
	) {
		this.ordered = options.ordered;
		this.leaseMs = options.leaseMs;
		group.members.add(this);
		options.signal.addEventListener('abort', () => this.end(), { once: true });
	}

	get generation(): number {
		return this.group.generation;
	}

	async *batches(): AsyncIterable<readonly Delivery[]> {
		while (!this.isOver()) {
			if (this.lostWith) throw this.lostWith;
			const batch = this.takeBatch();
			if (batch.length === 0) {
				await this.waitForNews(this.group.nextAt());
				continue;
			}
			const { size, waitMs } = this.options.batch;
			const fullAt = Date.now() + waitMs;
			while (batch.length < size && Date.now() < fullAt && !this.isOver()) {
				await this.waitForNews(fullAt);
				batch.push(...this.takeBatch(size - batch.length));
			}
			yield batch;
		}
	}

	async settle(settlements: readonly Settlement[], options: CallOptions): Promise<readonly Outcome<object>[]> {
		await this.server.answer(options.timeoutMs);
		return settlements.map((settlement) => this.settleOne(settlement));
	}

	async extend(
		deliveries: readonly Delivery[],
		leaseMs: number,
		options: CallOptions,
	): Promise<readonly Outcome<{ readonly leaseUntil: number | null }>[]> {
		await this.server.answer(options.timeoutMs);
		return deliveries.map((delivery) => {
			const entry = this.heldEntry(delivery);
			if (!entry) return { ok: false, error: leaseLost(delivery) };
			entry.leaseUntil = Date.now() + leaseMs;
			return { ok: true, leaseUntil: entry.leaseUntil };
		});
	}

	async pause(): Promise<void> {
		this.paused = true;
	}

	async resume(): Promise<void> {
		this.paused = false;
		this.wake();
	}

	async drain(): Promise<void> {
		this.end();
	}

	/** The link broke: whoever iterates learns why, and what was held goes to the others. */
	lose(error: EventBusError): void {
		this.lostWith = error;
		this.leave();
		this.wake();
	}

	wake(): void {
		this.news.resolve();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.end();
		this.leave();
	}

	/** A method, because it changes while `batches` waits. */
	private isOver(): boolean {
		return this.ended;
	}

	private end(): void {
		this.ended = true;
		this.wake();
	}

	private leave(): void {
		if (this.left) return;
		this.left = true;
		this.group.leave(this);
		this.group.lastReadAt = Date.now();
		this.onLeave(this);
	}

	private takeBatch(most = this.options.batch.size): Delivery[] {
		const batch: Delivery[] = [];
		while (batch.length < most && !this.paused && !this.left && this.inFlight < this.options.maxInFlight) {
			const entry = this.group.take(this, Date.now());
			if (!entry) break;
			batch.push(this.deliveryOf(entry));
		}
		return batch;
	}

	private deliveryOf(entry: Entry): Delivery {
		const { message, receives, cursor, leaseUntil } = entry;
		const delivery = { message, receives, lane: laneOf(entry), cursor, leaseUntil };
		this.handles.set(delivery, { entry, receives });
		return delivery;
	}

	private settleOne(settlement: Settlement): Outcome<object> {
		const entry = this.heldEntry(settlement.delivery);
		if (!entry) return { ok: false, error: leaseLost(settlement.delivery) };
		if (settlement.as === 'ack') this.group.ack(entry);
		else if (settlement.as === 'release') this.group.free(entry);
		else this.group.postpone(entry, Date.now() + settlement.delayMs, settlement.headers);
		return { ok: true };
	}

	private heldEntry(delivery: Delivery): Entry | null {
		const handle = this.handles.get(delivery);
		if (!handle || handle.receives !== handle.entry.receives) return null;
		return this.group.holds(handle.entry, this, Date.now()) ? handle.entry : null;
	}

	/** @param until milliseconds since the epoch; Infinity: only news ends the wait */
	private async waitForNews(until: number): Promise<void> {
		const timer = new AbortController();
		const due = until === Infinity || this.paused ? [] : [wakeAt(until, timer.signal)];
		await Promise.race([this.news.promise, ...due]);
		timer.abort();
		this.news = Promise.withResolvers();
	}
}

async function wakeAt(until: number, signal: AbortSignal): Promise<void> {
	// One millisecond at least: an entry that is due but not to be had must not make a busy loop.
	await sleep(Math.max(1, Math.min(until - Date.now(), 60_000)), undefined, { signal }).catch(() => undefined);
}

function leaseLost(delivery: Delivery): EventBusError {
	return new EventBusError('lease-lost', `Message ${delivery.message.id} belongs to another consumer by now`);
}
