/**
 * A reader of a group: one consumer of its topic and one of its retry topic, handed out as one. There is no lease: what
 * is held comes again when the connection ends.
 */
import { HandOut } from '../../broker/handOut';
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
import type { Clock } from '../../kernel/clock';
import { EventBusError, isEventBusError, messageOf } from '../../kernel/errors';
import { consumerName } from './groups';
import { Inlet } from './inlet';
import { Intake, MOST_QUEUED, type Arrival } from './intake';
import {
	firstStart,
	isWatched,
	joinGroup,
	positionOf,
	refuseRivals,
	touchGroup,
	type Joined,
	type JoiningHost,
} from './joining';
import { cursorOf } from './messageId';
import type { Topic } from './names';
import type { Producers } from './producers';
import { Settling, type Native } from './settling';
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

const JOIN_MS = 30_000;
const LEAVE_MS = 3000;
/** The group shows so often that it is read, or four times in a shorter retention, milliseconds. */
const TOUCH_MS = 60 * 60_000;

export class PulsarSubscription implements Subscription {
	private readonly handOut: HandOut<Native>;
	private readonly intake: Intake;
	private readonly settling: Settling;
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
		this.settling = new Settling({
			producers: host.producers,
			ordered: options.ordered,
			retry: () => this.joined?.retry ?? null,
			keep: (delivery, native, delayMs) => {
				const again = () => this.handOut.offer(delivery, native);
				host.clock.sleep(delayMs, this.handOut.over).then(again, () => undefined);
			},
			// In its place in the order it comes again only with everything after it. At the end that happens anyway.
			onOutOfOrder: () => {
				if (this.handOut.isOver) return;
				this.fail(new EventBusError('closed', 'An event was given back, and with it all that came after'));
			},
		});
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
			...(this.joined?.retry ? {} : { delayedRetryMaxMs: 0 }),
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
				return await Promise.all(held.map(async (one) => await this.settling.settle(one, options)));
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
		if (retry === null) this.joined = { ...this.joined, retry };
		if (from.kind === 'dead-letters' && this.joined.isNew && retry && firstStart(start).at === 'earliest') {
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
		if (this.handOut.isOver) this.settling.giveBack(nativeOf(arrival));
		else if (this.isForOthers(arrival)) arrival.inlet.acknowledge(arrival.received.token);
		else this.intake.take(arrival);
	}

	/** A listener to the dead letters of one group sees those of all. */
	private isForOthers({ received }: Arrival): boolean {
		const { from } = this.options;
		const group = from.kind === 'dead-letters' ? from.group : null;
		return group !== null && received.message.headers[DEAD_LETTER_HEADER.group] !== group;
	}

	private offer(arrival: Arrival): void {
		const { message, id } = arrival.received;
		const delivery: Delivery = {
			message,
			// Pulsar counts what was given back, and forgets the count with the last reader: it says nothing about crashes.
			receives: 1,
			lane: message.orderingKey ?? '',
			cursor: cursorOf(id),
			leaseUntil: null,
		};
		this.handOut.offer(delivery, nativeOf(arrival));
	}

	private end(): void {
		if (this.handOut.isOver) return;
		this.letGo(this.handOut.end());
		if (!this.options.ordered) void this.intake.flush(this.left.signal);
	}

	private letGo(unseen: readonly Delivery[]): void {
		for (const delivery of unseen) {
			const native = this.handOut.nativeOf(delivery);
			if (native) this.settling.giveBack(native);
			this.handOut.forget(delivery);
		}
		for (const arrival of this.intake.end()) this.settling.giveBack(nativeOf(arrival));
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
		const { options, joined } = this;
		clearInterval(this.touching);
		this.left.abort();
		options.signal.removeEventListener('abort', this.stop);
		this.end();
		this.handOut.forgetAll();
		const isLost = this.inlets.some(({ lost }) => lost.aborted);
		// What is held goes back with the connection; what was acknowledged arrives first.
		await Promise.all(this.inlets.map(async (inlet) => await inlet.close()));
		if (joined && !isLost) await this.touch();
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

function nativeOf({ inlet, received }: Arrival): Native {
	return { inlet, token: received.token };
}

const NEVER = new AbortController().signal;
