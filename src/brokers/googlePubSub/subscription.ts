/**
 * A reader of a group: of its subscription, and of the copies that only the group gets. A lease is the acknowledgement
 * deadline.
 */
import { HandOut, type HeldSettlement } from '../../broker/handOut';
import type {
	BrokerCapabilities,
	CallOptions,
	Delivery,
	Outcome,
	Settlement,
	SubscribeOptions,
	Subscription,
} from '../../broker/types';
import type { Clock } from '../../kernel/clock';
import { EventBusError, messageOf, toEventBusError } from '../../kernel/errors';
import type { PubSubLink } from './client';
import { ackIdsOf, fetchedOf, type Fetched } from './fetched';
import { ACK_DEADLINE_SECONDS, Leases, leaseSeconds } from './leases';
import { effectiveOf, Membership, type MembershipHost } from './membership';
import { pullReader, type PullReader, type Received } from './reader';
import { Settling, type Receipt } from './settling';
import { dueOf } from './wire';

const JOIN_MS = 30_000;
const LEAVE_MS = 5000;
const OWN_CALL_MS = 10_000;
/** How long closing waits for a request under way, milliseconds. A longer one ends in the background. */
const IDLE_MS = 100;

export interface SubscriptionHost extends MembershipHost {
	readonly link: PubSubLink;
	readonly clock: Clock;
	readonly capabilities: BrokerCapabilities;
}

export class PubSubSubscription implements Subscription {
	readonly effective: BrokerCapabilities;
	readonly generation: number;
	private readonly handOut: HandOut<Receipt>;
	private readonly settling: Settling;
	private readonly readers: readonly PullReader[];
	/** Two requests wait at once, so more may come than there is room for. */
	private surplus: Fetched[] = [];
	/** What a test run looked at on a subscription of others. */
	private readonly borrowed: Receipt[] = [];
	/** Fetched and not asked for yet: only we can extend them. */
	private readonly unseen = new Set<Delivery>();
	private readonly heartbeat: NodeJS.Timeout;
	private reading: Promise<unknown> = Promise.resolve();
	private leaving: Promise<void> | null = null;
	private readonly stop = () => void this.end();

	private constructor(
		private readonly host: SubscriptionHost,
		private readonly options: SubscribeOptions,
		private readonly member: Membership,
		private readonly onClose: () => void,
	) {
		const { link, clock } = host;
		const { maxInFlight, batch, leaseMs } = options;
		const { state, retry, generation } = member.joined;
		this.effective = effectiveOf(host.capabilities, member.joined);
		this.generation = generation;
		this.handOut = new HandOut({ maxInFlight, batch, clock });
		this.settling = new Settling(link, retry?.topic ?? null, () => clock.now());
		this.readers = [
			this.readerOf(state.path, state.isOrdered),
			...(retry === null ? [] : [this.readerOf(retry.subscription, state.isOrdered)]),
		];
		this.heartbeat = setInterval(() => void this.beat(), (leaseSeconds(leaseMs) * 1000) / 3);
		this.heartbeat.unref();
		const fail = () => this.fail(link.lost.reason);
		if (link.lost.aborted) fail();
		else link.lost.addEventListener('abort', fail, { once: true, signal: this.handOut.over });
		options.signal.addEventListener('abort', this.stop, { once: true });
	}

	/** @throws EventBusError `conflict` | `not-found` | `unsupported` | `auth` */
	static async join(
		host: SubscriptionHost,
		options: SubscribeOptions,
		onClose: () => void,
	): Promise<PubSubSubscription> {
		const call = { signal: options.signal, timeoutMs: JOIN_MS };
		return new PubSubSubscription(host, options, await Membership.join(host, options, call), onClose);
	}

	async *batches(): AsyncGenerator<readonly Delivery[]> {
		const batches = this.handOut.batches();
		this.reading = Promise.all(this.readers.map(async (reader) => await reader.read())).catch((error: unknown) =>
			this.fail(error),
		);
		try {
			for await (const batch of batches) {
				for (const delivery of batch) this.unseen.delete(delivery);
				yield batch;
			}
		} finally {
			// Nobody will ask again.
			await this.end();
		}
	}

	async settle(settlements: readonly Settlement[], options: CallOptions): Promise<readonly Outcome<object>[]> {
		options.signal.throwIfAborted();
		const outcomes = await this.handOut.settle(settlements, async (held) => {
			return this.isTest ? this.borrow(held) : await this.settling.settle(held);
		});
		for (const { delivery } of settlements) if (!this.handOut.nativeOf(delivery)) this.unseen.delete(delivery);
		const gaveBack = settlements.some(({ as }, index) => as === 'release' && outcomes[index]?.ok);
		if (gaveBack && this.options.ordered) {
			// Google delivers it again with everything of its key that came after it.
			this.fail(new EventBusError('closed', 'An event was given back, and with it all that came after'));
		}
		return outcomes;
	}

	async extend(
		deliveries: readonly Delivery[],
		leaseMs: number,
		options: CallOptions,
	): Promise<readonly Outcome<{ readonly leaseUntil: number | null }>[]> {
		return await this.handOut.extend(deliveries, async (held) => await this.settling.extend(held, leaseMs, options));
	}

	async pause(): Promise<void> {
		this.handOut.pause();
	}

	async resume(): Promise<void> {
		this.handOut.resume();
	}

	async drain({ timeoutMs }: CallOptions): Promise<void> {
		await this.end();
		const waited = new AbortController();
		const limit = this.host.clock.sleep(Math.min(timeoutMs, IDLE_MS), waited.signal).catch(() => undefined);
		const idle = this.reading.then(async () => await Promise.all(this.readers.map(async ({ idle: one }) => await one)));
		await Promise.race([idle, limit]);
		waited.abort();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.leaving ??= this.leave();
		await this.leaving;
	}

	private readerOf(path: string, isOrdered: boolean): PullReader {
		const { link, clock, logger } = this.host;
		const leases = new Leases(link, path);
		return pullReader(
			{ link, path, room: () => this.handOut.room },
			{
				clock,
				logger,
				over: this.handOut.over,
				untilRoom: async () => await this.untilRoom(),
				take: async (messages) => await this.take(messages, leases, isOrdered),
				giveBack: async (messages) => await leases.changeAll(ackIdsOf(messages), 0, this.own()),
			},
		);
	}

	private async leave(): Promise<void> {
		// What it still gets goes with its subscription.
		if (this.options.lifetime === 'ephemeral' && this.options.from.kind !== 'existing') await this.end();
		else await this.drain(this.own(LEAVE_MS));
		clearInterval(this.heartbeat);
		this.options.signal.removeEventListener('abort', this.stop);
		const held = [...this.borrowed, ...this.handOut.held().map(({ native }) => native)];
		this.handOut.forgetAll();
		try {
			// What is held goes back at once instead of with the end of its lease.
			await this.giveBack(held);
			await this.member.leave(this.own(LEAVE_MS));
		} catch (error) {
			this.host.logger.debug(`A consumer of ${this.options.group} could not leave: ${messageOf(error)}`);
		}
		this.onClose();
	}

	private async take(messages: readonly Received[], leases: Leases, isOrdered: boolean): Promise<void> {
		const now = this.host.clock.now();
		const due = messages.filter((received) => dueOf(received.message ?? {}) <= now);
		for (const received of messages) if (!due.includes(received)) this.park(received, leases, now);
		const seconds = leaseSeconds(this.options.leaseMs);
		const leaseUntil = now + Math.min(seconds, ACK_DEADLINE_SECONDS) * 1000;
		const fetched = due.map((received) => fetchedOf(received, { leases, leaseUntil, isOrdered }));
		const leasing = this.lease(fetched, leases, now + seconds * 1000);
		// Whoever reads it with a shorter lease than it has now is promised that it comes back that soon.
		if (seconds < ACK_DEADLINE_SECONDS) await leasing;
		for (const one of fetched) this.unseen.add(one.delivery);
		this.surplus.push(...fetched);
		// If it cannot be given back, the lease frees it.
		if (this.handOut.isOver) await this.giveSurplusBack().catch(() => undefined);
		else this.offerSurplus();
	}

	/** Of what was pulled just now: until then it has the deadline of its subscription. */
	private async lease(fetched: readonly Fetched[], leases: Leases, until: number): Promise<void> {
		const ackIds = fetched.map(({ receipt }) => receipt.ackId);
		const leasing = leases.changeAll(ackIds, leaseSeconds(this.options.leaseMs), this.own());
		for (const { receipt } of fetched) receipt.extending = leasing.catch(() => undefined);
		try {
			await leasing;
			for (const { receipt } of fetched) receipt.leaseUntil = Math.max(receipt.leaseUntil, until);
		} catch (error) {
			this.host.logger.debug(`Leases could not be set: ${messageOf(error)}`);
		}
	}

	/** A copy that is not due yet: its deadline brings it back, and nobody holds it meanwhile. */
	private park({ message, ackId }: Received, leases: Leases, now: number): void {
		const seconds = leaseSeconds(dueOf(message ?? {}) - now);
		leases.change(ackId ?? '', seconds).catch((error: unknown) => {
			this.host.logger.debug(`A retry comes back too early, and is put off again then: ${messageOf(error)}`);
		});
	}

	private async untilRoom(): Promise<boolean> {
		while (await this.handOut.untilRoom()) {
			if (this.surplus.length === 0) return true;
			this.offerSurplus();
		}
		return false;
	}

	private offerSurplus(): void {
		for (const { delivery, receipt } of this.surplus.splice(0, this.handOut.room))
			this.handOut.offer(delivery, receipt);
	}

	private async giveSurplusBack(): Promise<void> {
		const fetched = this.surplus.splice(0);
		for (const { delivery } of fetched) this.unseen.delete(delivery);
		await this.giveBack(fetched.map(({ receipt }) => receipt));
	}

	private async giveBack(receipts: readonly Receipt[]): Promise<void> {
		await Promise.all(
			[...Map.groupBy(receipts, ({ leases }) => leases)].map(async ([leases, some]) => {
				await Promise.all(some.map(async ({ extending }) => await extending));
				await leases.changeAll(
					some.map(({ ackId }) => ackId),
					0,
					this.own(LEAVE_MS),
				);
			}),
		);
	}

	/** Reads from a subscription of others without being its reader. */
	private get isTest(): boolean {
		return this.options.from.kind === 'existing' && this.options.lifetime === 'ephemeral';
	}

	/** One look is enough, and what was looked at goes back at the end. */
	private borrow(held: readonly HeldSettlement<Receipt>[]): readonly Outcome<object>[] {
		this.handOut.pause();
		this.borrowed.push(...held.map(({ native }) => native));
		return held.map(() => ({ ok: true }));
	}

	private async beat(): Promise<void> {
		if (this.unseen.size === 0) return;
		const { leaseMs } = this.options;
		const waiting = new Set(this.surplus.map(({ delivery }) => delivery));
		const fetched = this.surplus.map(({ delivery, receipt }) => ({ delivery, native: receipt }));
		const offered = [...this.unseen].filter((delivery) => !waiting.has(delivery));
		await Promise.all([
			this.settling.extend(fetched, leaseMs, this.own()),
			this.extend(offered, leaseMs, this.own()),
		]).catch((error: unknown) => this.host.logger.debug(`Leases could not be extended: ${messageOf(error)}`));
	}

	private async end(): Promise<void> {
		if (this.handOut.isOver) return;
		const unseen = this.handOut.end();
		// If it fails, the lease frees them.
		await Promise.all([
			this.giveSurplusBack(),
			this.settle(
				unseen.map((delivery) => ({ delivery, as: 'release' }) as const),
				this.own(),
			),
		]).catch(() => undefined);
	}

	private fail(cause: unknown): void {
		this.handOut.fail(toEventBusError(cause, `reading as ${this.options.group}`, 'unreachable'));
	}

	/** Not bound to the link: what is given back must get there after its end, too. */
	private own(timeoutMs = OWN_CALL_MS): CallOptions {
		return { signal: new AbortController().signal, timeoutMs };
	}
}
