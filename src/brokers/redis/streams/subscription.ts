/**
 * A member of a consumer group on a Redis stream.
 *
 * What it holds is pending on the server under its name. The lease is the time since it was last heard of an entry; who
 * finds one idle for longer may claim it, and the scripts that settle look who holds it.
 */
import { HandOut } from '../../../broker/handOut';
import type {
	BrokerCapabilities,
	CallOptions,
	Delivery,
	Outcome,
	Settlement,
	SubscribeOptions,
	Subscription,
} from '../../../broker/types';
import type { Clock } from '../../../kernel/clock';
import { EventBusError, messageOf, toEventBusError } from '../../../kernel/errors';
import type { Logger } from '../../../kernel/logger';
import type { RedisLink } from '../client';
import { fromFields, ORIGIN } from './entry';
import { Membership } from './membership';
import { streamOf } from './names';
import { pump, Reader, type Taken } from './reader';
import { Settling, type Place } from './settling';
import { Wakeup } from './wakeup';

/** How long a member sleeps on the server at a time, milliseconds. What a dead member held is found this late at most. */
const BLOCK_MS = 2000;
/** Between two questions whether the one who reads in order is still there, milliseconds. */
const STANDBY_MS = 1000;
const OWN_CALL_MS = 10_000;
const LEAVE_MS = 5000;

export interface SubscriptionHost {
	readonly link: RedisLink;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly capabilities: BrokerCapabilities;
}

export class StreamSubscription implements Subscription {
	readonly effective: BrokerCapabilities;
	readonly generation: number;
	private readonly handOut: HandOut<Place>;
	private readonly settling: Settling;
	private readonly heartbeat: NodeJS.Timeout;
	private readonly pumping: Wakeup;
	/** By place, so that an entry whose lease we lost and won again is held once. */
	private readonly holding = new Map<string, Delivery>();
	private readonly places = new Map<Delivery, string>();
	/** Fetched and not asked for yet: only we can extend them. */
	private readonly unseen = new Set<Delivery>();
	private reading: Promise<void> = Promise.resolve();
	private hasRead = false;
	private leaving: Promise<void> | null = null;
	private readonly stop = () => void this.end();

	private constructor(
		private readonly host: SubscriptionHost,
		private readonly options: SubscribeOptions,
		private readonly member: Membership,
		private readonly reader: Reader,
		private readonly onClose: () => void,
	) {
		this.effective = host.capabilities;
		this.generation = member.generation;
		const { maxInFlight, batch } = options;
		this.handOut = new HandOut({ maxInFlight, batch, clock: host.clock });
		this.settling = new Settling(host.link, member, options.group);
		this.heartbeat = setInterval(() => void this.beat(), member.beatMs);
		this.heartbeat.unref();
		this.pumping = new Wakeup(async () => await this.pump());
		for (const lost of [host.link.lost, reader.lost]) {
			const fail = () => this.fail(lost.reason);
			if (lost.aborted) fail();
			else lost.addEventListener('abort', fail, { once: true, signal: this.handOut.over });
		}
		options.signal.addEventListener('abort', this.stop, { once: true });
	}

	/** @throws EventBusError `conflict` | `not-found` | `settings` */
	static async join(
		host: SubscriptionHost,
		options: SubscribeOptions,
		onClose: () => void,
	): Promise<StreamSubscription> {
		const member = await Membership.join(host.link, options, host.logger);
		try {
			const reader = await Reader.open(host.link, member, options);
			return new StreamSubscription(host, options, member, reader, onClose);
		} catch (error) {
			await member.leave(LEAVE_MS, host.logger);
			throw error;
		}
	}

	async *batches(): AsyncGenerator<readonly Delivery[]> {
		const batches = this.handOut.batches();
		this.reading = this.read();
		for await (const batch of batches) {
			for (const delivery of batch) this.unseen.delete(delivery);
			yield batch;
		}
	}

	async settle(settlements: readonly Settlement[], options: CallOptions): Promise<readonly Outcome<object>[]> {
		const outcomes = await this.handOut.settle(settlements, async (held) => {
			const settled = await this.settling.settle(held, options);
			// Before there is room again, or the next look would miss what was given back.
			if (held.some(({ as }) => as === 'release')) this.released();
			return settled;
		});
		settlements.forEach((settlement, index) => {
			if (!this.handOut.nativeOf(settlement.delivery)) this.forget(settlement.delivery);
			const isPutOff = settlement.as === 'retry' || settlement.as === 'defer';
			if (isPutOff && outcomes[index]?.ok) this.pumping.in(settlement.delayMs);
		});
		return outcomes;
	}

	async extend(
		deliveries: readonly Delivery[],
		leaseMs: number,
		options: CallOptions,
	): Promise<readonly Outcome<{ readonly leaseUntil: number | null }>[]> {
		return await this.handOut.extend(deliveries, async (held) => {
			const leaseUntil = this.host.clock.now() + leaseMs;
			const extended = await this.settling.extend(held, options);
			return held.map(({ delivery }, index) => {
				if (extended[index]) return { ok: true, leaseUntil };
				this.forget(delivery);
				const error = new EventBusError('lease-lost', `${delivery.message.id} is with another consumer by now`);
				return { ok: false, error };
			});
		});
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
		const limit = this.host.clock.sleep(timeoutMs, waited.signal).catch(() => undefined);
		await Promise.race([this.reading, limit]);
		waited.abort();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.leaving ??= this.leave();
		await this.leaving;
	}

	private async leave(): Promise<void> {
		await this.drain(this.own(LEAVE_MS));
		clearInterval(this.heartbeat);
		this.pumping.stop();
		this.options.signal.removeEventListener('abort', this.stop);
		// What is held goes back with the member.
		if (!this.host.link.lost.aborted) await this.member.leave(LEAVE_MS, this.host.logger);
		this.handOut.forgetAll();
		this.reader.close();
		this.onClose();
	}

	/** Never rejects: what goes wrong ends the subscription. */
	private async read(): Promise<void> {
		try {
			while (await this.handOut.untilRoom()) {
				const { state, nextInMs, taken, gone } = await this.reader.fetch(this.handOut.room);
				if (nextInMs !== null) this.pumping.in(nextInMs);
				if (gone > 0) this.tellLoss(gone);
				await this.take(taken);
				if (state === 'standby') await this.standBy();
				else if (taken.length === 0 && this.handOut.room > 0) await this.take(await this.reader.wait(BLOCK_MS));
				this.hasRead ||= state !== 'standby';
			}
		} catch (error) {
			this.fail(error);
		}
	}

	private tellLoss(count: number): void {
		const from = streamOf(this.options.from);
		this.host.logger.warn(
			`${count} events of ${from} are lost to ${this.options.group}: somebody removed them (XTRIM, MAXLEN, XDEL) before they were settled`,
		);
	}

	private async take(taken: readonly Taken[]): Promise<void> {
		const { ready } = this.member.keys;
		const room = this.handOut.isOver ? 0 : Math.max(0, this.options.maxInFlight - this.places.size);
		for (const { stream, id, receives, fields } of taken.slice(0, room)) {
			const { message, cursor } = fromFields(id, fields);
			const isCopy = stream !== ready || fields.some((field, index) => index % 2 === 0 && field.equals(ORIGIN_BYTES));
			const delivery: Delivery = {
				message,
				receives,
				lane: message.orderingKey ?? '',
				cursor,
				leaseUntil: this.host.clock.now() + this.options.leaseMs,
			};
			const place = `${stream} ${id}`;
			const before = this.holding.get(place);
			// Its lease ran out, and we were the ones to claim it.
			if (before) {
				this.handOut.forget(before);
				this.forget(before);
			}
			this.holding.set(place, delivery);
			this.places.set(delivery, place);
			this.unseen.add(delivery);
			this.handOut.offer(delivery, { stream, id, origin: isCopy ? cursor : null });
		}
		// It came too late, or two streams had something at the same moment.
		const rest = taken.slice(room);
		if (rest.length > 0) await this.settling.release(rest, this.own());
	}

	/** In order only one member reads. One that did and is replaced has lost all it holds. */
	private async standBy(): Promise<void> {
		if (this.hasRead) {
			throw new EventBusError('closed', `Another consumer of ${this.options.group} reads in order by now`);
		}
		await this.host.clock.sleep(STANDBY_MS, this.handOut.over).catch(() => undefined);
	}

	private released(): void {
		this.reader.lookForReleased();
		void this.reader.wake();
		// In its place in the order it comes again only with everything after it.
		if (this.options.ordered && !this.handOut.isOver) {
			this.fail(new EventBusError('closed', 'An event was given back, and with it all that came after'));
		}
	}

	private async beat(): Promise<void> {
		try {
			if (!(await this.member.beat())) {
				this.fail(new EventBusError('closed', `The consumer group ${this.options.group} was removed or set back`));
			} else if (this.unseen.size > 0) {
				await this.extend([...this.unseen], this.options.leaseMs, this.own());
			}
		} catch (error) {
			this.host.logger.debug(`A consumer of ${this.options.group} could not show that it lives: ${messageOf(error)}`);
		}
	}

	private async pump(): Promise<void> {
		try {
			const nextInMs = await pump(this.host.link, this.member, this.options, this.own());
			if (nextInMs !== null) this.pumping.in(nextInMs);
		} catch (error) {
			this.host.logger.debug(`Copies that are due come at the next look: ${messageOf(error)}`);
		}
	}

	private async end(): Promise<void> {
		if (this.handOut.isOver) return;
		const unseen = this.handOut.end();
		if (this.host.link.lost.aborted) return;
		const giveBack = unseen.map((delivery) => ({ delivery, as: 'release' }) as const);
		await Promise.all([
			this.reader.wake(),
			// If it fails, the member's goodbye or the lease frees them.
			this.settle(giveBack, this.own()).catch(() => undefined),
		]);
	}

	private fail(cause: unknown): void {
		this.handOut.fail(toEventBusError(cause, `reading as ${this.options.group}`, 'unreachable'));
		void this.reader.wake();
	}

	private forget(delivery: Delivery): void {
		this.unseen.delete(delivery);
		const place = this.places.get(delivery);
		this.places.delete(delivery);
		if (place !== undefined && this.holding.get(place) === delivery) this.holding.delete(place);
	}

	private own(timeoutMs = OWN_CALL_MS): CallOptions {
		return { signal: this.host.link.lost, timeoutMs };
	}
}

const ORIGIN_BYTES = Buffer.from(ORIGIN);
