/**
 * A listener of a channel. Nothing is asked for and nothing is acknowledged: what comes while there is no room waits in
 * memory, and what does not fit there is lost and counted.
 */
import { randomUUID } from 'node:crypto';
import { HandOut, type HeldSettlement } from '../../../broker/handOut';
import { unpackMessage } from '../../../broker/packedMessage';
import type {
	BrokerCapabilities,
	Delivery,
	Outcome,
	Settlement,
	SubscribeOptions,
	Subscription,
} from '../../../broker/types';
import type { Clock } from '../../../kernel/clock';
import { EventBusError, toEventBusError } from '../../../kernel/errors';
import type { RedisLink, RedisNode } from '../client';
import type { Losses } from './losses';
import { listeningTo, type Listening } from './names';
import { WaitingRoom } from './waitingRoom';

const CALL_MS = 10_000;
const UNLISTEN_MS = 2000;

export interface ListenerHost {
	readonly link: RedisLink;
	readonly clock: Clock;
	readonly capabilities: BrokerCapabilities;
	readonly losses: Losses;
}

export class PubSubSubscription implements Subscription {
	/** There is no position to set back. */
	readonly generation = 0;
	readonly effective: BrokerCapabilities;
	private readonly handOut: HandOut<null>;
	private readonly room = new WaitingRoom();
	private leaving: Promise<void> | null = null;
	private readonly hear = (body: Buffer) => this.heard(body);
	private readonly stop = () => this.end();

	private constructor(
		private readonly host: ListenerHost,
		private readonly options: SubscribeOptions,
		private readonly listening: Listening,
		private readonly node: RedisNode,
		private readonly onClose: () => void,
	) {
		this.effective = host.capabilities;
		const { maxInFlight, batch, signal } = options;
		this.handOut = new HandOut({ maxInFlight, batch, clock: host.clock });
		for (const lost of [host.link.lost, node.lost]) {
			lost.addEventListener('abort', () => this.fail(lost.reason), { once: true, signal: this.handOut.over });
		}
		signal.addEventListener('abort', this.stop, { once: true });
	}

	/** Resolves when the server has us among its listeners. @throws EventBusError `unsupported` | `auth` | `unreachable` */
	static async join(host: ListenerHost, options: SubscribeOptions, onClose: () => void): Promise<PubSubSubscription> {
		const { signal } = options;
		const listening = listeningTo(options.from);
		// In subscriber mode a link can do nothing else.
		const node = await host.link.dedicated(null, signal);
		try {
			const subscription = new PubSubSubscription(host, options, listening, node, onClose);
			const call = { signal, timeoutMs: CALL_MS, doing: `subscribing to ${listening.name}` };
			await node.listen(listening.to, listening.name, subscription.hear, call);
			return subscription;
		} catch (error) {
			node.close();
			throw error;
		}
	}

	async *batches(): AsyncGenerator<readonly Delivery[]> {
		yield* this.handOut.batches();
	}

	async settle(settlements: readonly Settlement[]): Promise<readonly Outcome<object>[]> {
		const outcomes = await this.handOut.settle(
			settlements,
			async (held) => await Promise.resolve(held.map((one) => this.settled(one))),
		);
		this.fill();
		return outcomes;
	}

	async extend(deliveries: readonly Delivery[]): Promise<readonly Outcome<{ readonly leaseUntil: number | null }>[]> {
		return await this.handOut.extend(
			deliveries,
			async (held) => await Promise.resolve(held.map(() => ({ ok: true, leaseUntil: null }))),
		);
	}

	async pause(): Promise<void> {
		this.handOut.pause();
	}

	async resume(): Promise<void> {
		this.handOut.resume();
		this.fill();
	}

	async drain(): Promise<void> {
		this.end();
		if (this.node.lost.aborted) return;
		const call = { signal: this.node.lost, timeoutMs: UNLISTEN_MS, doing: `leaving ${this.listening.name}` };
		// Otherwise the end of the link does it.
		await this.node.unlisten(this.listening.to, this.listening.name, this.hear, call).catch(() => undefined);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.leaving ??= this.leave();
		await this.leaving;
	}

	private async leave(): Promise<void> {
		await this.drain();
		this.options.signal.removeEventListener('abort', this.stop);
		this.handOut.forgetAll();
		this.node.close();
		this.onClose();
	}

	private heard(body: Buffer): void {
		if (this.handOut.isOver) return;
		const id = randomUUID();
		const message = unpackMessage(body, {}, { id });
		const delivery: Delivery = { message, receives: 1, lane: '', cursor: id, leaseUntil: null };
		if (this.room.enter(delivery)) this.fill();
		else this.lose(1);
	}

	/** As many as there is room for go on. */
	private fill(): void {
		for (const delivery of this.room.take(this.handOut.room)) this.handOut.offer(delivery, null);
	}

	private settled({ delivery, as }: HeldSettlement<null>): Outcome<object> {
		if (as === 'retry' || as === 'defer') {
			return { ok: false, error: new EventBusError('unsupported', 'Redis Pub/Sub keeps no delay') };
		}
		this.room.letGo(delivery);
		// Nobody else is there to take it.
		if (as === 'release') this.lose(1);
		return { ok: true };
	}

	private end(): void {
		if (!this.handOut.isOver) this.loseUnseen(this.handOut.end());
	}

	private fail(cause: unknown): void {
		const error = toEventBusError(cause, `listening to ${this.listening.name}`, 'unreachable');
		if (!this.handOut.isOver) this.loseUnseen(this.handOut.fail(error));
	}

	private loseUnseen(unseen: readonly Delivery[]): void {
		for (const delivery of unseen) {
			this.handOut.forget(delivery);
			this.room.letGo(delivery);
		}
		this.lose(unseen.length + this.room.clear().length);
	}

	private lose(count: number): void {
		if (count > 0) this.host.losses.note(this.listening.name, count);
	}
}
