/**
 * A reader of a group's queue, or of a queue of others. A lease is the visibility timeout.
 */
import type { Message } from '@aws-sdk/client-sqs';
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
import type { Logger } from '../../kernel/logger';
import type { AwsLink } from './client';
import { Membership, type MembershipHost } from './membership';
import { queueReader, type QueueReader } from './reader';
import { leaseSeconds, Settling, type Receipt } from './settling';
import { fromNative } from './wire';

const JOIN_MS = 30_000;
const LEAVE_MS = 5000;
const OWN_CALL_MS = 10_000;
/** How long closing waits for a request under way, milliseconds. A longer one ends in the background. */
const IDLE_MS = 1500;

export interface SubscriptionHost extends MembershipHost {
	readonly link: AwsLink;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly capabilities: BrokerCapabilities;
}

export class SqsSubscription implements Subscription {
	readonly effective: BrokerCapabilities;
	/** A queue keeps no history that could be read again. */
	readonly generation = 1;
	private readonly handOut: HandOut<Receipt>;
	private readonly settling: Settling;
	private readonly reader: QueueReader;
	/** Receipts of what a test run looked at on a queue of others. */
	private readonly borrowed: string[] = [];
	/** Fetched and not asked for yet: only we can extend them. */
	private readonly unseen = new Set<Delivery>();
	private readonly heartbeat: NodeJS.Timeout;
	private reading: Promise<void> = Promise.resolve();
	private leaving: Promise<void> | null = null;
	private readonly stop = () => void this.end();

	private constructor(
		private readonly host: SubscriptionHost,
		private readonly options: SubscribeOptions,
		private readonly member: Membership,
		private readonly onClose: () => void,
	) {
		const { link, clock, logger } = host;
		const { maxInFlight, batch, leaseMs } = options;
		const { queue } = member;
		this.effective = queue.isFifo ? fifo(host.capabilities) : standard(host.capabilities);
		this.handOut = new HandOut({ maxInFlight, batch, clock });
		this.settling = new Settling(link, queue, leaseMs, () => clock.now());
		this.reader = queueReader(
			{
				link,
				queue,
				leaseSeconds: leaseSeconds(leaseMs),
				room: () => this.handOut.room,
				onMissing: () => host.sources.queues.forget(queue),
			},
			{
				clock,
				logger,
				over: this.handOut.over,
				untilRoom: async () => await this.handOut.untilRoom(),
				take: (messages) => this.take(messages),
				giveBack: async (messages) => await this.settling.giveBack(handlesOf(messages), this.own()),
			},
		);
		this.heartbeat = setInterval(() => void this.beat(), (leaseSeconds(leaseMs) * 1000) / 3);
		this.heartbeat.unref();
		const fail = () => this.fail(link.lost.reason);
		if (link.lost.aborted) fail();
		else link.lost.addEventListener('abort', fail, { once: true, signal: this.handOut.over });
		options.signal.addEventListener('abort', this.stop, { once: true });
	}

	/** @throws EventBusError `conflict` | `not-found` | `unsupported` | `auth` */
	static async join(host: SubscriptionHost, options: SubscribeOptions, onClose: () => void): Promise<SqsSubscription> {
		const call = { signal: options.signal, timeoutMs: JOIN_MS };
		return new SqsSubscription(host, options, await Membership.join(host, options, call), onClose);
	}

	async *batches(): AsyncGenerator<readonly Delivery[]> {
		const batches = this.handOut.batches();
		this.reading = this.reader.read().catch((error: unknown) => this.fail(error));
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
			// In its place in the order it comes again only with everything after it.
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
		await Promise.race([this.reading.then(async () => await this.reader.idle), limit]);
		waited.abort();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.leaving ??= this.leave();
		await this.leaving;
	}

	private async leave(): Promise<void> {
		// What an ephemeral group still gets goes with its queue.
		if (this.options.lifetime === 'ephemeral' && this.options.from.kind !== 'existing') await this.end();
		else await this.drain(this.own(LEAVE_MS));
		clearInterval(this.heartbeat);
		this.options.signal.removeEventListener('abort', this.stop);
		const held = [...this.borrowed, ...this.handOut.held().map(({ native }) => native.handle)];
		this.handOut.forgetAll();
		try {
			// What is held goes back at once instead of with the end of its lease.
			if (held.length > 0) await this.settling.giveBack(held, this.own(LEAVE_MS));
			await this.member.leave(this.own(LEAVE_MS));
		} catch (error) {
			this.host.logger.debug(`A consumer of ${this.options.group} could not leave: ${messageOf(error)}`);
		}
		this.onClose();
	}

	private take(messages: readonly Message[]): void {
		const leaseUntil = this.host.clock.now() + leaseSeconds(this.options.leaseMs) * 1000;
		const mayBeNotification = this.options.from.kind === 'existing';
		for (const received of messages) {
			const message = fromNative(received, mayBeNotification);
			const delivery: Delivery = {
				message,
				receives: Number(received.Attributes?.ApproximateReceiveCount ?? 1),
				lane: this.member.queue.isFifo ? (message.orderingKey ?? '') : '',
				cursor: received.MessageId ?? '',
				leaseUntil,
			};
			this.unseen.add(delivery);
			this.handOut.offer(delivery, {
				handle: received.ReceiptHandle ?? '',
				leaseUntil,
				isSettling: false,
				extending: null,
			});
		}
	}

	/** Reads from a queue of others without being its reader. */
	private get isTest(): boolean {
		return this.options.from.kind === 'existing' && this.options.lifetime === 'ephemeral';
	}

	/** One look is enough, and what was looked at goes back at the end. */
	private borrow(held: readonly HeldSettlement<Receipt>[]): readonly Outcome<object>[] {
		this.handOut.pause();
		this.borrowed.push(...held.map(({ native }) => native.handle));
		return held.map(() => ({ ok: true }));
	}

	private async beat(): Promise<void> {
		if (this.unseen.size === 0) return;
		await this.extend([...this.unseen], this.options.leaseMs, this.own()).catch((error: unknown) => {
			this.host.logger.debug(`Leases could not be extended: ${messageOf(error)}`);
		});
	}

	private async end(): Promise<void> {
		if (this.handOut.isOver) return;
		const unseen = this.handOut.end();
		// If it fails, the lease frees them.
		await this.settle(
			unseen.map((delivery) => ({ delivery, as: 'release' }) as const),
			this.own(),
		).catch(() => undefined);
	}

	private fail(cause: unknown): void {
		this.handOut.fail(toEventBusError(cause, `reading as ${this.options.group}`, 'unreachable'));
	}

	/** Not bound to the link: what is given back must get there after its end, too. */
	private own(timeoutMs = OWN_CALL_MS): CallOptions {
		return { signal: new AbortController().signal, timeoutMs };
	}
}

function handlesOf(messages: readonly Message[]): readonly string[] {
	return messages.flatMap(({ ReceiptHandle }) => ReceiptHandle ?? []);
}

/** Nothing can be delayed there, so a failed event is held, and with it the later ones of its key. */
function fifo(best: BrokerCapabilities): BrokerCapabilities {
	return { ...best, delayedRetryMaxMs: 0 };
}

function standard(best: BrokerCapabilities): BrokerCapabilities {
	return { ...best, ordering: 'none' };
}
