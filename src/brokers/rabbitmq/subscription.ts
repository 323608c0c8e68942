/**
 * One consumer on one queue: what the server pushes, at most `maxInFlight` at a time, until it is settled.
 */
import type { Channel, ConsumeMessage } from 'amqplib';
import { HandOut, type HeldSettlement } from '../../broker/handOut';
import type {
	BrokerCapabilities,
	CallOptions,
	Delivery,
	Outcome,
	SubscribeOptions,
	Subscription,
} from '../../broker/types';
import type { Clock } from '../../kernel/clock';
import { EventBusError, messageOf } from '../../kernel/errors';
import { rabbitmqError } from './errors';
import { joinGroup, leaveGroup, touchGroup, type GroupParts } from './groups';
import type { Joined } from './joining';
import { closed, leave } from './link';
import { fromDelivery, receivesOf, toProperties, withReason } from './message';
import type { Publisher } from './publisher';
import { tierFor } from './tiers';

export interface SubscriptionHost extends GroupParts {
	readonly publisher: Publisher;
	readonly clock: Clock;
	readonly capabilities: BrokerCapabilities;
}

/** For the steps of joining together, and for those of leaving, milliseconds. */
const JOIN_MS = 20_000;
const LEAVE_MS = 2000;
/** AMQP counts what may be unacknowledged in 16 bits. */
const MOST_PREFETCHED = 65_535;
/** The record of a group shows every hour, or earlier with a short retention, that it is read, milliseconds. */
const TOUCH_MS = 60 * 60 * 1000;
const TOUCHES_IN_RETENTION = 4;

export class QueueSubscription implements Subscription {
	private readonly handOut: HandOut<ConsumeMessage>;
	private readonly touching: NodeJS.Timeout;
	private consumerTag: string | null = null;
	private joined: Joined = NOT_JOINED;
	private leaving: Promise<void> | null = null;
	private failure: unknown = null;
	private readonly stop = () => void this.drain({ signal: this.host.link.lost, timeoutMs: LEAVE_MS });

	private constructor(
		private readonly host: SubscriptionHost,
		private readonly options: SubscribeOptions,
		private readonly channel: Channel,
		private readonly onClose: (subscription: QueueSubscription) => void,
	) {
		const { maxInFlight, batch, retentionMs, signal } = options;
		this.handOut = new HandOut({ maxInFlight, batch, clock: host.clock });
		channel.on('error', (error) => (this.failure = error));
		channel.on('close', () => this.ended());
		this.touching = setInterval(() => void this.touch(), Math.min(TOUCH_MS, retentionMs / TOUCHES_IN_RETENTION));
		this.touching.unref();
		signal.addEventListener('abort', this.stop, { once: true });
	}

	/** @throws EventBusError `conflict` | `not-found` | `auth` | `settings` | … */
	static async join(
		host: SubscriptionHost,
		options: SubscribeOptions,
		onClose: (subscription: QueueSubscription) => void,
	): Promise<QueueSubscription> {
		const { link } = host;
		const call = { signal: options.signal, timeoutMs: JOIN_MS };
		const channel = await link.within('opening a channel', call, async () => await link.channel());
		const subscription = new QueueSubscription(host, options, channel, onClose);
		try {
			subscription.joined = await joinGroup(host, options, call, async ({ queue }) => {
				await link.within(`reading ${queue}`, call, async () => await subscription.consume(queue));
			});
			return subscription;
		} catch (error) {
			await subscription[Symbol.asyncDispose]();
			throw error;
		}
	}

	get generation(): number {
		return this.joined.generation;
	}

	get effective(): BrokerCapabilities {
		const { capabilities } = this.host;
		return {
			...capabilities,
			...(this.joined.keepsDelays ? {} : { delayedRetryMaxMs: 0 }),
			// Whether others read it as well, and how, is not ours to say.
			...(this.options.from.kind === 'existing' && { ordering: 'none' }),
		};
	}

	batches(): AsyncIterable<readonly Delivery[]> {
		return this.handOut.batches();
	}

	async settle(
		settlements: Parameters<Subscription['settle']>[0],
		options: CallOptions,
	): Promise<readonly Outcome<object>[]> {
		return await this.handOut.settle(
			settlements,
			async (held) => await Promise.all(held.map(async (one) => await this.settleOne(one, options))),
		);
	}

	async extend(deliveries: readonly Delivery[]): Promise<readonly Outcome<{ readonly leaseUntil: null }>[]> {
		return await this.handOut.extend(deliveries, async (held) => held.map(() => ({ ok: true, leaseUntil: null })));
	}

	async pause(): Promise<void> {
		this.handOut.pause();
	}

	async resume(): Promise<void> {
		this.handOut.resume();
	}

	async drain(options: CallOptions): Promise<void> {
		if (this.handOut.isOver) return;
		const unseen = this.handOut.end();
		// In order, the next consumer must not begin before this one has settled what it holds.
		if (this.options.ordered) return;
		await this.cancel(options);
		for (const delivery of unseen) this.giveBack(delivery);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.leaving ??= this.leave();
		await this.leaving;
	}

	private async consume(queue: string): Promise<void> {
		const { maxInFlight } = this.options;
		await this.channel.prefetch(Math.min(maxInFlight, MOST_PREFETCHED));
		const { consumerTag } = await this.channel.consume(queue, (message) => this.take(message), {
			consumerTag: this.options.consumer,
		});
		this.consumerTag = consumerTag;
	}

	private take(message: ConsumeMessage | null): void {
		if (message === null) {
			this.fail(new EventBusError('closed', `The queue of ${this.options.group} was deleted on the server`));
			return;
		}
		const received = fromDelivery(message);
		const delivery: Delivery = {
			message: this.options.from.kind === 'dead-letters' ? withReason(received, message) : received,
			receives: receivesOf(message),
			lane: received.orderingKey ?? '',
			// The queue has no positions. What brings no id of its own has none.
			cursor: received.id,
			leaseUntil: null,
		};
		this.handOut.offer(delivery, message);
		// It was on its way when the end came.
		if (this.handOut.isOver && !this.options.ordered) this.giveBack(delivery);
	}

	private async settleOne(one: HeldSettlement<ConsumeMessage>, options: CallOptions): Promise<Outcome<object>> {
		const { delivery, native } = one;
		if (one.as === 'release') return this.release(delivery);
		if (one.as === 'retry' || one.as === 'defer') await this.copy(one, options);
		return this.onChannel(delivery, () => this.channel.ack(native));
	}

	/** Stored before the original is let go. @throws EventBusError when it is not, and can be tried again */
	private async copy(one: HeldSettlement<ConsumeMessage>, options: CallOptions): Promise<void> {
		if (one.as !== 'retry' && one.as !== 'defer') return;
		const { message } = one.delivery;
		const properties = toProperties({ ...message, headers: { ...message.headers, ...one.headers } }, true);
		const copy = {
			exchange: tierFor(one.delayMs),
			routingKey: this.joined.names.key,
			body: Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength),
			properties,
		};
		const [stored] = await this.host.publisher.publish([copy], options);
		if (stored?.ok && stored.routed) return;
		if (stored?.ok !== false || stored.error.code === 'not-found') {
			this.host.tiers.forget();
			if (this.options.provision === 'create') await this.host.tiers.ensure(options);
		}
		throw stored?.ok === false
			? stored.error
			: new EventBusError('closed', `The queue of ${copy.exchange} was deleted`);
	}

	private release(delivery: Delivery): Outcome<object> {
		if (!this.options.ordered) return this.giveBack(delivery);
		// In its place in the order it comes again only with everything after it. At the end that happens anyway.
		if (!this.handOut.isOver)
			this.fail(new EventBusError('closed', 'An event was given back, and with it all that came after'));
		return { ok: true };
	}

	private giveBack(delivery: Delivery): Outcome<object> {
		const message = this.handOut.nativeOf(delivery);
		if (!message) return { ok: true };
		return this.onChannel(delivery, () => {
			this.channel.nack(message, false, true);
			this.handOut.forget(delivery);
		});
	}

	private onChannel(delivery: Delivery, work: () => void): Outcome<object> {
		try {
			work();
			return { ok: true };
		} catch (cause) {
			const { id } = delivery.message;
			const message = `The channel that ${id} came from has ended; it is delivered again`;
			return { ok: false, error: new EventBusError('lease-lost', message, { cause }) };
		}
	}

	private async cancel(call: CallOptions): Promise<void> {
		const tag = this.consumerTag;
		this.consumerTag = null;
		if (tag === null || this.host.link.lost.aborted) return;
		try {
			await this.host.link.within('cancelling a consumer', call, async () => await this.channel.cancel(tag));
		} catch (error) {
			this.host.logger.debug(`A consumer ends with its channel: ${messageOf(error)}`);
		}
	}

	private async leave(): Promise<void> {
		const { host, options } = this;
		const call = { signal: host.link.lost, timeoutMs: LEAVE_MS };
		clearInterval(this.touching);
		options.signal.removeEventListener('abort', this.stop);
		await this.drain(call);
		this.handOut.forgetAll();
		if (!host.link.lost.aborted) {
			// What is held goes back with the channel.
			await host.link.within('closing a channel', call, async () => await closed(this.channel)).catch(() => undefined);
		}
		if (options.lifetime === 'ephemeral' && this.joined !== NOT_JOINED && !host.link.lost.aborted) {
			await leaveGroup(host, this.joined.names, options, call).catch((error: unknown) => {
				host.logger.debug(`The record of ${options.group} is removed later: ${messageOf(error)}`);
			});
		}
		this.onClose(this);
	}

	private async touch(): Promise<void> {
		const { host, options, joined } = this;
		if (options.provision !== 'create' || joined === NOT_JOINED) return;
		const call = { signal: this.handOut.over, timeoutMs: JOIN_MS };
		await touchGroup(host, joined.names, options, host.clock.now(), call).catch((error: unknown) => {
			host.logger.debug(`The group ${options.group} could not show that it is read: ${messageOf(error)}`);
		});
	}

	private ended(): void {
		const { link } = this.host;
		const cause: unknown = this.failure ?? link.lost.reason ?? new Error('Channel closed');
		const { message, hint } = rabbitmqError(cause, `reading as ${this.options.group}`);
		// Whatever it was, joining again may heal it, or shows why not.
		this.handOut.fail(new EventBusError('closed', message, { cause, ...(hint !== undefined && { hint }) }));
		this.handOut.forgetAll();
	}

	/** Without its channel nothing that it holds can be settled: it comes again. */
	private fail(error: EventBusError): void {
		this.handOut.fail(error);
		this.handOut.forgetAll();
		leave(this.channel);
	}
}

const NOT_JOINED: Joined = { names: { key: '', queue: '' }, generation: 0, keepsDelays: false };
