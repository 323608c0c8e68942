/**
 * A catch-up subscription as the broker seam sees it: the log of the store from a position on, read by one member at a
 * time, and beside it what is to be tried again.
 *
 * A member that does not have the lease stands by, and takes over where the reader stood when that one is gone.
 */
import { randomUUID } from 'node:crypto';
import { Alarm } from '../../broker/alarm';
import { HandOut, type HeldSettlement } from '../../broker/handOut';
import { LaneWindow } from '../../broker/laneWindow';
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
import { EventBusError, messageOf as textOf, toEventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import type { StoreEngine } from '../engine';
import { leaseOf, type SubscriptionState } from '../sql/subscriptions';
import type { LogFilter } from '../types';
import { Feed } from './feed';
import { Recording } from './recording';
import { changesOf, type Native } from './settling';
import { positionOf } from './startPosition';

/** Bound on calls that nobody outside bounds. */
const OWN_TIMEOUT_MS = 15_000;
/** A commit wakes the reader; this is for the one whose news got lost. */
const LOOK_EVERY_MS = 5_000;
export interface LogHost {
	readonly engine: StoreEngine;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly capabilities: BrokerCapabilities;
	/** stream: the events of one stream are in order. log: all are. */
	readonly lanes: 'stream' | 'log';
}

export class LogSubscription implements Subscription {
	readonly effective: BrokerCapabilities;
	readonly generation: number;
	private readonly handOut: HandOut<Native>;
	private readonly window: LaneWindow;
	private readonly recording: Recording;
	private readonly alarm: Alarm;
	private readonly stopListening: () => void;
	private readonly heartbeat: NodeJS.Timeout;
	private readonly feed: Feed;
	private isPaused = false;
	/** Somebody else may have reset or paused it. */
	private mayBeChanged = true;
	private leaseUntil: number;
	private reading: Promise<void> = Promise.resolve();
	private leaving: Promise<void> | null = null;
	private readonly stop = () => this.end();

	private constructor(
		private readonly host: LogHost,
		private readonly options: SubscribeOptions,
		filter: LogFilter,
		state: SubscriptionState,
		/** Of the lease: one process may have several members. */
		private readonly owner: string,
		private readonly isReader: boolean,
		private readonly onClose: () => void,
	) {
		const { engine, clock, capabilities } = host;
		const { maxInFlight, batch, group, leaseMs } = options;
		this.effective = capabilities;
		this.generation = state.generation;
		this.handOut = new HandOut({ maxInFlight, batch, clock });
		this.window = new LaneWindow({ position: state.position + 1, settled: state.settled });
		this.recording = new Recording(engine, this.window, { name: group, owner, generation: state.generation });
		this.alarm = new Alarm(clock);
		this.feed = new Feed({ engine, clock, name: group, filter, window: this.window, lanes: host.lanes, call: own });
		this.leaseUntil = clock.now() + leaseMs;
		this.stopListening = engine.onCommit(() => this.onNews());
		this.heartbeat = setInterval(() => void this.beat(), leaseMs / 3);
		this.heartbeat.unref();
		const onLost = () => this.fail(engine.lost.reason);
		if (engine.lost.aborted) onLost();
		else engine.lost.addEventListener('abort', onLost, { once: true, signal: this.handOut.over });
		options.signal.addEventListener('abort', this.stop, { once: true });
	}

	/** @throws EventBusError `conflict`, or as the engine */
	static async join(
		host: LogHost,
		options: SubscribeOptions,
		filter: LogFilter,
		onClose: () => void,
	): Promise<LogSubscription> {
		const { group, consumer, leaseMs, lifetime, start, signal } = options;
		const call = { signal, timeoutMs: OWN_TIMEOUT_MS };
		const first = start.at === 'committed' ? start.otherwise : start;
		const position = await positionOf(host.engine, first, call);
		const owner = `${consumer}:${randomUUID()}`;
		const { state, isReader } = await host.engine.write(
			'joinSubscription',
			{
				name: group,
				filter,
				owner,
				leaseMs,
				position,
				reset: start.at !== 'committed',
				ephemeral: lifetime === 'ephemeral',
			},
			call,
		);
		return new LogSubscription(host, options, filter, state, owner, isReader, onClose);
	}

	async *batches(): AsyncGenerator<readonly Delivery[]> {
		const batches = this.handOut.batches();
		this.reading = this.read().catch((error: unknown) => this.fail(error));
		try {
			yield* batches;
		} finally {
			// Nobody will ask again.
			this.end();
		}
	}

	async settle(settlements: readonly Settlement[], options: CallOptions): Promise<readonly Outcome<object>[]> {
		const outcomes = await this.handOut.settle(settlements, async (held) => await this.settleHeld(held, options));
		this.alarm.ring();
		return outcomes;
	}

	/** The lease is the subscription's: its own heartbeat keeps it. */
	async extend(deliveries: readonly Delivery[]): Promise<readonly Outcome<{ readonly leaseUntil: null }>[]> {
		return await this.handOut.extend(deliveries, async (held) => held.map(() => ({ ok: true, leaseUntil: null })));
	}

	async pause(): Promise<void> {
		this.handOut.pause();
	}

	async resume(): Promise<void> {
		this.handOut.resume();
		this.alarm.ring();
	}

	async drain({ timeoutMs }: Pick<CallOptions, 'timeoutMs'>): Promise<void> {
		this.end();
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
		await this.drain({ timeoutMs: OWN_TIMEOUT_MS });
		clearInterval(this.heartbeat);
		this.stopListening();
		this.options.signal.removeEventListener('abort', this.stop);
		if (!this.host.engine.lost.aborted) await this.sayGoodbye();
		this.handOut.forgetAll();
		this.onClose();
	}

	private async sayGoodbye(): Promise<void> {
		const { engine, logger } = this.host;
		const { group, lifetime } = this.options;
		const goodbye = async (what: string, say: () => Promise<unknown>) =>
			await say().catch((error: unknown) => logger.debug(`Leaving ${group}, ${what} failed: ${textOf(error)}`));
		if (this.isReader && this.recording.isBehind) {
			await goodbye('recording', async () => await this.recording.record([], own()));
		}
		if (this.isReader && lifetime === 'ephemeral') {
			await goodbye('removing it', async () => await engine.write('deleteSubscription', { name: group }, own()));
			return;
		}
		const lease = { name: leaseOf(group), owner: this.owner };
		await goodbye('giving the lease back', async () => await engine.write('giveLease', lease, own()));
	}

	private async read(): Promise<void> {
		while (await this.handOut.untilRoom()) {
			this.alarm.reset();
			if (await this.mayRead()) {
				const fed = await this.feed.next(this.handOut.room);
				if (!this.handOut.isOver) for (const { delivery, native } of fed) this.handOut.offer(delivery, native);
				if (fed.length > 0) continue;
			}
			if (this.isReader && this.recording.isBehind) await this.recording.record([], own());
			await this.untilSomethingToDo();
		}
	}

	private async untilSomethingToDo(): Promise<void> {
		const now = this.host.clock.now();
		const lookAt = now + (this.isReader ? LOOK_EVERY_MS : this.options.leaseMs / 3);
		await this.alarm.wait(Math.min(lookAt, this.feed.dueAt ?? lookAt));
		if (this.host.clock.now() >= lookAt) this.onNews();
	}

	private onNews(): void {
		this.mayBeChanged = true;
		this.feed.news();
		this.alarm.ring();
	}

	/** False while another member reads, or while the subscription is paused. */
	private async mayRead(): Promise<boolean> {
		const { engine } = this.host;
		const { group, leaseMs } = this.options;
		if (!this.isReader) {
			const isReader = await engine.write('takeLease', { name: leaseOf(group), owner: this.owner, leaseMs }, own());
			// The reader before went on from where this member joined: what it settled is read again from the store.
			if (isReader) throw new EventBusError('closed', `This member takes over subscription ${group}`);
			return false;
		}
		if (!this.mayBeChanged) return !this.isPaused;
		this.mayBeChanged = false;
		const state = await engine.read('readSubscription', { name: group }, own());
		if (state?.generation !== this.generation) {
			throw new EventBusError('closed', `Subscription ${group} was reset, and is read from its new position`);
		}
		this.isPaused = state.paused;
		return !this.isPaused;
	}

	private async settleHeld(
		held: readonly HeldSettlement<Native>[],
		options: CallOptions,
	): Promise<readonly Outcome<object>[]> {
		const now = this.host.clock.now();
		const changes = held.flatMap((settlement) => changesOf(settlement, this.options.group, now));
		for (const { as, native } of held) {
			if (as !== 'release' && native.kind === 'event') this.window.settle(native.position);
		}
		const isRecorded = held.some(({ as }) => as !== 'release');
		try {
			if (isRecorded) await this.recording.record(changes, options);
		} catch (error) {
			const known = toEventBusError(error, 'settling an event', 'unreachable');
			if (known.code !== 'lease-lost') throw known;
			this.fail(known);
			return held.map(() => ({ ok: false, error: known }));
		}
		for (const settlement of held) this.afterSettling(settlement, now);
		return held.map(() => ({ ok: true }));
	}

	private afterSettling(settlement: HeldSettlement<Native>, now: number): void {
		const { delivery, native } = settlement;
		switch (settlement.as) {
			case 'ack':
				return this.feed.settled(native);
			case 'retry':
			case 'defer':
				this.feed.settled(native);
				return this.feed.parkedUntil(now + settlement.delayMs);
			case 'release':
				if (this.handOut.isOver) return;
				if (!this.options.ordered || native.kind === 'parked') return this.feed.giveBack({ delivery, native });
				// In its place in the order it comes again only with everything after it.
				this.fail(new EventBusError('closed', 'An event was given back, and with it all that came after'));
		}
	}

	private async beat(): Promise<void> {
		const { engine, clock, logger } = this.host;
		const { group, leaseMs } = this.options;
		if (!this.isReader) return;
		try {
			const isHeld = await engine.write('takeLease', { name: leaseOf(group), owner: this.owner, leaseMs }, own());
			if (!isHeld) this.fail(new EventBusError('lease-lost', `Subscription ${group} is read by somebody else by now`));
			else this.leaseUntil = clock.now() + leaseMs;
		} catch (error) {
			logger.debug(`The lease of subscription ${group} could not be prolonged: ${textOf(error)}`);
			if (clock.now() >= this.leaseUntil) this.fail(error);
		}
	}

	private end(): void {
		this.handOut.end();
		this.alarm.ring();
	}

	private fail(error: unknown): void {
		this.handOut.fail(toEventBusError(error, `reading subscription ${this.options.group}`, 'unreachable'));
		this.alarm.ring();
	}
}

function own(): CallOptions {
	return { signal: AbortSignal.timeout(OWN_TIMEOUT_MS), timeoutMs: OWN_TIMEOUT_MS };
}
