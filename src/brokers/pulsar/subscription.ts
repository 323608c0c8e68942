/**
 * A reader of a group: one consumer of its topic and one of its retry topic, handed out as one. There is no lease: what
 * is held comes again when the connection ends.
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
import { DEAD_LETTER_HEADER } from '../../event/headers';
import { backoffDelay, type Backoff } from '../../kernel/backoff';
import type { Clock } from '../../kernel/clock';
import { EventBusError, isEventBusError, messageOf } from '../../kernel/errors';
import { consumerName } from './groups';
import { Inlet } from './inlet';
import { Intake, type Arrival } from './intake';
import { isWatched, joinGroup, positionOf, refuseRivals, touchGroup, type Joined, type JoiningHost } from './joining';
import { cursorOf } from './messageId';
import { fullName, type Topic } from './names';
import type { Producers } from './producers';
import type { SocketSettings } from './socket';
import { needsAdmin } from './topics';

export interface SubscriptionHost extends JoiningHost {
	readonly settings: SocketSettings;
	readonly producers: Producers;
	readonly clock: Clock;
	readonly capabilities: BrokerCapabilities;
	/** Sends what is dead already to the retry topic of a listener. */
	showLetters(
		of: Extract<SubscribeOptions['from'], { kind: 'dead-letters' }>,
		to: Topic,
		call: CallOptions,
	): Promise<void>;
}

/** What settles a delivery. */
interface Native {
	readonly inlet: Inlet;
	readonly token: string;
}

const JOIN_MS = 30_000;
const LEAVE_MS = 3000;
/** More would wait in the service for this reader while others are idle. */
const MOST_QUEUED = 10;
/** A reader that only waits for its runs gives back what still comes, at first so often, then more rarely, milliseconds. */
const FLUSH: Backoff = { initialMs: 200, factor: 2, maxMs: 5000, jitter: 0 };
/** The group shows so often that it is read, or four times in a shorter retention, milliseconds. */
const TOUCH_MS = 60 * 60_000;

export class PulsarSubscription implements Subscription {
	private readonly handOut: HandOut<Native>;
	private readonly intake: Intake;
	private readonly inlets: Inlet[] = [];
	private readonly touching: NodeJS.Timeout;
	private readonly left = new AbortController();
	private joined: Joined | null = null;
	private leaving: Promise<void> | null = null;
	private readonly stop = () => this.end();

	private constructor(
		private readonly host: SubscriptionHost,
		private readonly options: SubscribeOptions,
		private readonly onClose: (subscription: PulsarSubscription) => void,
	) {
		const { maxInFlight, batch, retentionMs, signal } = options;
		this.handOut = new HandOut({ maxInFlight, batch, clock: host.clock });
		this.intake = new Intake(this.handOut, host.clock, (arrival) => this.offer(arrival));
		this.touching = setInterval(() => void this.touch(), Math.min(TOUCH_MS, retentionMs / 4));
		this.touching.unref();
		signal.addEventListener('abort', this.stop, { once: true });
	}

	/** @throws EventBusError `conflict` | `not-found` | `unsupported` | `auth` */
	static async join(
		host: SubscriptionHost,
		topic: Topic,
		options: SubscribeOptions,
		onClose: (subscription: PulsarSubscription) => void,
	): Promise<PulsarSubscription> {
		const subscription = new PulsarSubscription(host, options, onClose);
		try {
			await subscription.open(topic, { signal: options.signal, timeoutMs: JOIN_MS });
			return subscription;
		} catch (error) {
			await subscription[Symbol.asyncDispose]();
			throw error;
		}
	}

	get generation(): number {
		return this.joined?.generation ?? 1;
	}

	get effective(): BrokerCapabilities {
		const { capabilities, topics } = this.host;
		return {
			...capabilities,
			...(this.inlets.length > 1 ? {} : { delayedRetryMaxMs: 0 }),
			...(topics === null || this.options.provision === 'off'
				? { start: new Set(['committed', 'latest'] as const) }
				: {}),
			...(topics === null ? { topology: new Set() } : {}),
		};
	}

	batches(): AsyncIterable<readonly Delivery[]> {
		return this.handOut.batches();
	}

	async settle(settlements: readonly Settlement[], options: CallOptions): Promise<readonly Outcome<object>[]> {
		try {
			return await this.handOut.settle(settlements, async (held) => {
				return await Promise.all(held.map(async (one) => await this.settleOne(one, options)));
			});
		} finally {
			this.intake.flow();
		}
	}

	async extend(deliveries: readonly Delivery[]): Promise<readonly Outcome<{ readonly leaseUntil: null }>[]> {
		return await this.handOut.extend(deliveries, async (held) => held.map(() => ({ ok: true, leaseUntil: null })));
	}

	async pause(): Promise<void> {
		this.handOut.pause();
	}

	async resume(): Promise<void> {
		this.handOut.resume();
		this.intake.flow();
	}

	async drain(): Promise<void> {
		this.end();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.leaving ??= this.leave();
		await this.leaving;
	}

	private async open(topic: Topic, call: CallOptions): Promise<void> {
		const { host, options } = this;
		const { topics } = host;
		this.joined = await joinGroup(host, topic, options, call);
		const main = await this.openInlet(topic, call);
		if (topics && isWatched(host, options)) await refuseRivals(topics, topic, options, call);
		const { start, lifetime, from } = options;
		if (lifetime === 'ephemeral' && start.at !== 'latest' && start.at !== 'committed') {
			if (!topics) throw needsAdmin('Starting from the past');
			await topics.reset(topic, options.group, positionOf(start), call);
		}
		const retry = this.joined.retry && (await this.openRetry(this.joined.retry, call));
		const firstStart = start.at === 'committed' ? start.otherwise : start;
		if (from.kind === 'dead-letters' && this.joined.isNew && retry && firstStart.at === 'earliest') {
			await host.showLetters(from, retry.topic, call);
		}
		for (const inlet of [main, retry]) if (inlet) this.intake.add(inlet);
	}

	/** null: nothing is known of it and it cannot be read, so that failed events wait in the consumer. */
	private async openRetry(topic: Topic, call: CallOptions): Promise<Inlet | null> {
		const { host, options } = this;
		try {
			return await this.openInlet(topic, call);
		} catch (error) {
			const isTold = isWatched(host, options);
			if (isTold || !isEventBusError(error) || (error.code !== 'auth' && error.code !== 'not-found')) throw error;
			host.logger.warn(`Failed events of ${options.group} wait in memory: ${error.message}`);
			return null;
		}
	}

	private async openInlet(topic: Topic, call: CallOptions): Promise<Inlet> {
		const { group, ordered, lifetime, maxInFlight } = this.options;
		const inlet: Inlet = await Inlet.open(
			this.host.settings,
			{
				topic,
				subscription: group,
				type: ordered ? 'Key_Shared' : 'Shared',
				isDurable: lifetime === 'durable',
				name: consumerName(this.options),
				queueSize: Math.min(maxInFlight, MOST_QUEUED),
				take: (received) => this.take({ inlet, received }),
			},
			call,
		);
		this.inlets.push(inlet);
		const fail = () => this.fail(inlet.lost.reason as EventBusError);
		inlet.lost.addEventListener('abort', fail, { once: true });
		if (inlet.lost.aborted) fail();
		return inlet;
	}

	private take(arrival: Arrival): void {
		if (this.handOut.isOver) this.giveBack(arrival.inlet, arrival.received.token);
		else if (this.isForOthers(arrival)) arrival.inlet.acknowledge(arrival.received.token);
		else this.intake.take(arrival);
	}

	/** A listener to the dead letters of one group sees those of all. */
	private isForOthers({ received }: Arrival): boolean {
		const { from } = this.options;
		const group = from.kind === 'dead-letters' ? from.group : null;
		return group !== null && received.message.headers[DEAD_LETTER_HEADER.group] !== group;
	}

	private offer({ inlet, received }: Arrival): void {
		const { message, id, token } = received;
		const delivery: Delivery = {
			message,
			// Pulsar counts what was given back, and forgets the count with the last reader: it says nothing about crashes.
			receives: 1,
			lane: message.orderingKey ?? '',
			cursor: cursorOf(id),
			leaseUntil: null,
		};
		this.handOut.offer(delivery, { inlet, token });
	}

	private async settleOne(one: HeldSettlement<Native>, options: CallOptions): Promise<Outcome<object>> {
		const { inlet, token } = one.native;
		try {
			if (one.as === 'release') this.release(inlet, token);
			else if (one.as === 'ack' || (await this.copy(one, options))) inlet.acknowledge(token);
			return { ok: true };
		} catch (cause) {
			if (!inlet.lost.aborted) throw cause;
			const message = `The connection that ${one.delivery.message.id} came from has ended; it is delivered again`;
			return { ok: false, error: new EventBusError('lease-lost', message, { cause }) };
		}
	}

	/**
	 * Stored before the original is let go.
	 * @returns false: it cannot be copied, so the original is kept instead
	 * @throws EventBusError when it is not stored, and can be tried again
	 */
	private async copy(one: HeldSettlement<Native>, options: CallOptions): Promise<boolean> {
		if (one.as !== 'retry' && one.as !== 'defer') return true;
		const { delivery, native, delayMs } = one;
		const message = { ...delivery.message, headers: { ...delivery.message.headers, ...one.headers } };
		const retry = this.joined?.retry ?? null;
		const [sent] = retry === null ? [] : await this.host.producers.send(retry, [{ message, delayMs }], options);
		if (sent?.ok) return true;
		if (sent && sent.error.code !== 'too-large') throw sent.error;
		// A message of others may be larger than what can be sent: it waits here, and its failures with it.
		const again = () => this.handOut.offer({ ...delivery, message }, native);
		this.host.clock.sleep(delayMs, this.handOut.over).then(again, () => undefined);
		return false;
	}

	private release(inlet: Inlet, token: string): void {
		if (!this.options.ordered) inlet.giveBack(token);
		// In its place in the order it comes again only with everything after it. At the end that happens anyway.
		else if (!this.handOut.isOver) {
			this.fail(new EventBusError('closed', 'An event was given back, and with it all that came after'));
		}
	}

	/** Before anybody saw it. In order, it waits for the end of the connection. */
	private giveBack(inlet: Inlet, token: string): void {
		if (!this.options.ordered && !inlet.lost.aborted) inlet.giveBack(token);
	}

	private end(): void {
		if (this.handOut.isOver) return;
		this.letGo(this.handOut.end());
		if (!this.options.ordered) void this.flush();
	}

	/** What waits for this reader in the service would be out of the reach of others as long as its runs go on. */
	private async flush(): Promise<void> {
		const isOpen = () => !this.left.signal.aborted && this.inlets.every(({ lost }) => !lost.aborted);
		for (let round = 1; isOpen(); round += 1) {
			for (const inlet of this.inlets) inlet.expect(MOST_QUEUED);
			await this.host.clock.sleep(backoffDelay(FLUSH, round, 0), this.left.signal).catch(() => undefined);
		}
	}

	private letGo(unseen: readonly Delivery[]): void {
		for (const delivery of unseen) {
			const native = this.handOut.nativeOf(delivery);
			if (native) this.giveBack(native.inlet, native.token);
			this.handOut.forget(delivery);
		}
		for (const { inlet, received } of this.intake.end()) this.giveBack(inlet, received.token);
	}

	/** Without its connection nothing that it holds can be settled. */
	private fail(error: EventBusError): void {
		if (this.handOut.isOver && this.leaving) return;
		const { message, hint } = error;
		const told = error.retryable
			? error
			: new EventBusError('closed', message, { cause: error, ...(hint && { hint }) });
		this.handOut.fail(told);
		this.intake.end();
		this.handOut.forgetAll();
		for (const inlet of this.inlets) inlet.cut();
	}

	private async leave(): Promise<void> {
		const { host, options, joined } = this;
		clearInterval(this.touching);
		this.left.abort();
		options.signal.removeEventListener('abort', this.stop);
		this.end();
		this.handOut.forgetAll();
		const isLost = this.inlets.some(({ lost }) => lost.aborted);
		// What is held goes back with the connection; what was acknowledged arrives first.
		await Promise.all(this.inlets.map(async (inlet) => await inlet.close()));
		if (joined && !isLost) await this.touch();
		host.logger.debug(`A reader of ${options.group} has left ${joined ? fullName(joined.topic) : ''}`);
		this.onClose(this);
	}

	private async touch(): Promise<void> {
		const { host, options, joined } = this;
		if (!joined || !isWatched(host, options) || options.provision !== 'create') return;
		const call = { signal: NEVER, timeoutMs: LEAVE_MS };
		await touchGroup(host, joined.topic, options, call).catch((error: unknown) => {
			host.logger.debug(`The group ${options.group} could not show that it is read: ${messageOf(error)}`);
		});
	}
}

const NEVER = new AbortController().signal;
