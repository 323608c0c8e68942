/**
 * A member of a consumer group: takes what is due as fast as it is asked for, and sleeps otherwise.
 *
 * A parked member costs nothing: a commit of this process rings its alarm, a delay or a lease that ends is a timer, and
 * only for commits of other processes the thread looks at a counter in shared memory.
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
} from '../../broker/types';
import type { Clock } from '../../kernel/clock';
import { EventBusError } from '../../kernel/errors';
import type { SqliteFile } from '../../sqlite/file';
import { Alarm } from '../../broker/alarm';
import type { Claimed, Held, HeldSettlement, Reader } from './commands/deliveries';
import type { Joined } from './commands/groups';
import { groupTopic } from './commands/topics';
import { type BrokerPort, MAX_ANSWER_BYTES } from './port';

/** Bound on calls that nobody outside bounds; longer, and the file is locked by something that is not us. */
const OWN_TIMEOUT_MS = 30_000;
/** How long closing waits for its turn to write, milliseconds. */
const LEAVE_WAIT_MS = 5_000;
/** How long the goodbye itself may take: a member that stays would look alive as long as this process. */
const LEAVE_TIMEOUT_MS = 10 * 60_000;

export interface SubscriptionHost {
	readonly file: SqliteFile;
	readonly port: BrokerPort;
	readonly clock: Clock;
	readonly capabilities: BrokerCapabilities;
}

export class EmbeddedSubscription implements Subscription {
	readonly effective: BrokerCapabilities;
	readonly generation: number;
	private readonly alarm: Alarm;
	private readonly reader: Reader;
	private readonly held = new Map<Delivery, Held>();
	private readonly stopListening: () => void;
	private readonly stop = () => this.end();
	/** The claim that runs now: `drain` waits for it. */
	private claiming: Promise<unknown> = Promise.resolve();
	private isStarted = false;
	private isPaused = false;
	private hasEnded = false;
	private leaving: Promise<void> | null = null;

	private constructor(
		private readonly host: SubscriptionHost,
		private readonly options: SubscribeOptions,
		joined: Joined,
		private readonly onClose: () => void,
	) {
		this.effective = host.capabilities;
		this.generation = joined.generation;
		this.alarm = new Alarm(host.clock);
		this.reader = { member: joined.member, group: joined.group, ordered: options.ordered };
		this.stopListening = host.file.onCommit(groupTopic(joined.group), () => this.alarm.ring());
		host.file.lost.addEventListener('abort', this.stop, { once: true });
		options.signal.addEventListener('abort', this.stop, { once: true });
	}

	/** @throws EventBusError `conflict` | `not-found` | `settings` */
	static async join(
		host: SubscriptionHost,
		options: SubscribeOptions,
		onClose: () => void,
	): Promise<EmbeddedSubscription> {
		const { from, types, group, consumer, lifetime, start, ordered, retentionMs, provision, signal } = options;
		const joined = await host.port.write(
			'join',
			{ from, types, group, consumer, lifetime, start, ordered, retentionMs, provision },
			{ signal, timeoutMs: OWN_TIMEOUT_MS },
		);
		return new EmbeddedSubscription(host, options, joined, onClose);
	}

	async *batches(): AsyncGenerator<readonly Delivery[]> {
		if (this.isStarted) throw new EventBusError('bug', 'batches() of a subscription was called twice');
		this.isStarted = true;
		// After a claim that found something there is probably more, and looking first would cost a round trip.
		let isPromising = true;
		while (!this.hasEnded) {
			this.alarm.reset();
			const room = Math.min(this.options.batch.size, this.options.maxInFlight - this.held.size);
			if (this.isPaused || room <= 0) {
				await this.alarm.wait(null);
				continue;
			}
			if (!isPromising || this.options.batch.waitMs > 0) await this.untilWorthClaiming(room);
			if (!this.mayTake()) continue;
			const deliveries = await this.claim(room);
			isPromising = deliveries.length > 0;
			if (isPromising) yield deliveries;
		}
		const { lost } = this.host.file;
		if (lost.aborted && this.leaving === null) throw lost.reason as Error;
	}

	async settle(settlements: readonly Settlement[], options: CallOptions): Promise<readonly Outcome<object>[]> {
		const ours = settlements.flatMap((settlement) => {
			const held = this.held.get(settlement.delivery);
			return held ? [{ settlement, held }] : [];
		});
		const settled =
			ours.length === 0
				? []
				: await this.host.port.write(
						'settle',
						{ ...this.reader, settlements: ours.map(({ settlement, held }) => toHeldSettlement(settlement, held)) },
						options,
					);
		const done = new Set(ours.filter((_entry, index) => settled[index]).map(({ settlement }) => settlement));
		for (const { settlement } of ours) this.held.delete(settlement.delivery);
		this.alarm.ring();
		return settlements.map((settlement) =>
			done.has(settlement) ? { ok: true } : { ok: false, error: leaseLost(settlement.delivery) },
		);
	}

	async extend(
		deliveries: readonly Delivery[],
		leaseMs: number,
		options: CallOptions,
	): Promise<readonly Outcome<{ readonly leaseUntil: number | null }>[]> {
		const ours = deliveries.flatMap((delivery) => {
			const held = this.held.get(delivery);
			return held ? [{ delivery, held }] : [];
		});
		const leases =
			ours.length === 0
				? []
				: await this.host.port.write(
						'extend',
						{ ...this.reader, held: ours.map(({ held }) => held), leaseMs },
						options,
					);
		const extended = new Map(ours.map(({ delivery }, index) => [delivery, leases[index] ?? null] as const));
		return deliveries.map((delivery) => {
			const leaseUntil = extended.get(delivery) ?? null;
			if (leaseUntil !== null) return { ok: true, leaseUntil };
			// What somebody else holds takes no slot of ours.
			if (this.held.delete(delivery)) this.alarm.ring();
			return { ok: false, error: leaseLost(delivery) };
		});
	}

	async pause(): Promise<void> {
		this.isPaused = true;
		this.alarm.ring();
	}

	async resume(): Promise<void> {
		this.isPaused = false;
		this.alarm.ring();
	}

	async drain({ timeoutMs }: Pick<CallOptions, 'timeoutMs'>): Promise<void> {
		this.end();
		await atMost(timeoutMs, this.claiming);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.leaving ??= this.leave();
		await this.leaving;
	}

	private async leave(): Promise<void> {
		await this.drain({ timeoutMs: LEAVE_WAIT_MS });
		this.stopListening();
		this.host.file.lost.removeEventListener('abort', this.stop);
		this.options.signal.removeEventListener('abort', this.stop);
		this.held.clear();
		this.onClose();
		// A file that is gone has nothing to give back; its next opening frees what we held.
		if (this.host.file.lost.aborted) return;
		await atMost(LEAVE_WAIT_MS, this.host.port.write('leave', { member: this.reader.member }, own(LEAVE_TIMEOUT_MS)));
	}

	private mayTake(): boolean {
		return !this.hasEnded && !this.isPaused;
	}

	private end(): void {
		this.hasEnded = true;
		this.alarm.ring();
	}

	/** Parks until a claim would find something; for a batch, until it is full or its first event has waited enough. */
	private async untilWorthClaiming(room: number): Promise<void> {
		const { clock, file } = this.host;
		const { waitMs } = this.options.batch;
		const stopWatching = file.onForeignCommit(() => this.alarm.ring());
		try {
			for (let firstSeenAt: number | null = null; this.mayTake();) {
				this.alarm.reset();
				const { claimable, nextAt } = await this.host.port.read('look', { ...this.reader, limit: room }, own());
				if (claimable >= room) return;
				let until = nextAt;
				if (claimable > 0) {
					firstSeenAt ??= clock.now();
					const fullAt = firstSeenAt + waitMs;
					if (clock.now() >= fullAt) return;
					until = Math.min(fullAt, nextAt ?? fullAt);
				}
				await this.alarm.wait(until);
			}
		} finally {
			stopWatching();
		}
	}

	private async claim(limit: number): Promise<readonly Delivery[]> {
		const { leaseMs } = this.options;
		const claiming = this.host.port.write(
			'claim',
			{ ...this.reader, limit, leaseMs, maxBytes: MAX_ANSWER_BYTES },
			own(),
		);
		// The deliveries are held from here on, so that whoever waits for the claim sees them.
		const taking = claiming.then((claimed) => claimed.map((one) => this.take(one)));
		this.claiming = taking;
		const deliveries = await taking;
		if (!this.hasEnded || deliveries.length === 0) return deliveries;
		// Drained meanwhile: nobody will ask for them.
		await this.settle(
			deliveries.map((delivery) => ({ delivery, as: 'release' })),
			own(),
		);
		return [];
	}

	private take({ seq, fence, receives, leaseUntil, message }: Claimed): Delivery {
		const delivery: Delivery = {
			message,
			receives,
			lane: message.orderingKey ?? '',
			cursor: String(seq),
			leaseUntil,
		};
		this.held.set(delivery, { seq, fence });
		return delivery;
	}
}

function toHeldSettlement(settlement: Settlement, held: Held): HeldSettlement {
	switch (settlement.as) {
		case 'ack':
		case 'release':
			return { ...held, as: settlement.as };
		case 'retry':
		case 'defer':
			return { ...held, as: settlement.as, delayMs: settlement.delayMs, headers: settlement.headers };
	}
}

function leaseLost(delivery: Delivery): EventBusError {
	return new EventBusError('lease-lost', `The lease on ${delivery.message.id} has ended; it was handed out again`);
}

/** Waits for the end of something whose outcome does not matter here. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
	const waited = new AbortController();
	await Promise.race([work.catch(() => undefined), sleep(ms, null, { signal: waited.signal }).catch(() => undefined)]);
	waited.abort();
}

function own(timeoutMs = OWN_TIMEOUT_MS): CallOptions {
	return { signal: new AbortController().signal, timeoutMs };
}
