/**
 * The outbox relay: events that were stored together with the wish to publish them are handed to their bus.
 *
 * An event leaves the outbox after the broker has confirmed it, so a crash in between publishes it again with the same
 * id. Events of one stream go out one after the other; streams do not wait for each other. One relay a target works at a
 * time, whichever process has the lease.
 */
import type { Loan } from '../broker/connectionPool';
import type { ChosenBroker } from '../broker/registry';
import { within } from '../broker/within';
import type { EventEnvelope } from '../event/envelope';
import { backoffDelay, type Backoff } from '../kernel/backoff';
import type { Clock } from '../kernel/clock';
import { messageOf } from '../kernel/errors';
import type { Logger } from '../kernel/logger';
import type { StoreEngine } from '../store/engine';
import type { OutboxEntry } from '../store/types';
import { type Lender, publishPersistently } from './persistently';

export interface RelayHost {
	/** As `outboxTarget` says. */
	readonly target: string;
	/** Asked each time: a credential may be edited meanwhile. */
	bus(): { readonly broker: ChosenBroker; readonly lender: Lender };
	/** @throws EventBusError when the store cannot be reached */
	borrowStore(): Promise<Loan<StoreEngine>>;
	/** Unique per process. */
	readonly instance: string;
	readonly clock: Clock;
	readonly logger: Logger;
	/** 0 ≤ random < 1. */
	random(): number;
	/** Told what the bus has stored, and when it was handed over, milliseconds since the epoch. Must not throw. */
	onPublished(events: readonly EventEnvelope[], channel: string, at: number): void;
}

const ENTRIES_AT_ONCE = 500;
const LEASE_MS = 20_000;
/** Of one attempt to publish; well below the lease, so that it cannot run out in between. */
const PUBLISH_TIMEOUT_MS = 10_000;
const STORE_TIMEOUT_MS = 10_000;
/** How often a relay looks for what other processes left behind, milliseconds. */
const LOOK_EVERY_MS = 5_000;
/** How often somebody who waits looks whether another process has sent its events, milliseconds. */
const ASK_EVERY_MS = 100;
const BACKOFF: Backoff = { initialMs: 1000, factor: 2, maxMs: 30_000, jitter: 0.2 };

/**
 * What an outbox row names as its bus. Without secrets, so that a new password changes nothing, and a person who looks
 * at the backlog reads which broker is meant.
 */
export function outboxTarget({ manifest, settings }: ChosenBroker): string {
	return manifest.describe(settings);
}

export class OutboxRelay {
	private working: Promise<void> | null = null;
	/** Somebody asked while the relay was at work. */
	private isAskedAgain = false;
	private failures = 0;
	private retry: NodeJS.Timeout | null = null;
	private watchers = 0;
	private looking: NodeJS.Timeout | null = null;

	constructor(private readonly host: RelayHost) {}

	/**
	 * Relays what waits and tells whether the given positions are out.
	 * @param withinMs how long to wait; what is not out by then goes out later
	 */
	async relay(positions: readonly number[], withinMs: number, signal: AbortSignal): Promise<'sent' | 'waiting'> {
		const { clock } = this.host;
		const until = clock.now() + withinMs;
		const pause = async () => await clock.sleep(ASK_EVERY_MS, signal).catch(() => undefined);
		do {
			this.work();
			await Promise.race([this.working, pause()]);
			if (await this.areOut(positions)) return 'sent';
			// Another process has the lease, or this one publishes still.
			await pause();
		} while (clock.now() < until && !signal.aborted && this.retry === null);
		return 'waiting';
	}

	/** From now on also relays what other processes left behind. Returns how to stop. */
	watch(): () => void {
		this.watchers += 1;
		this.looking ??= setInterval(() => this.work(), LOOK_EVERY_MS);
		this.looking.unref();
		this.work();
		let isStopped = false;
		return () => {
			if (isStopped) return;
			isStopped = true;
			this.watchers -= 1;
			if (this.watchers > 0 || this.looking === null) return;
			clearInterval(this.looking);
			this.looking = null;
		};
	}

	private work(): void {
		if (this.working !== null) {
			this.isAskedAgain = true;
			return;
		}
		this.isAskedAgain = false;
		this.working = this.pass()
			.then((isClear) => {
				if (isClear) this.failures = 0;
				else this.tryLater();
			})
			.catch((error: unknown) => {
				this.host.logger.warn(
					`The outbox to ${this.host.target} could not be relayed and is tried again: ${messageOf(error)}`,
				);
				this.tryLater();
			})
			.finally(() => {
				this.working = null;
				if (this.isAskedAgain && this.retry === null) this.work();
			});
	}

	private tryLater(): void {
		this.failures += 1;
		if (this.retry !== null) return;
		this.retry = setTimeout(
			() => {
				this.retry = null;
				this.work();
			},
			backoffDelay(BACKOFF, this.failures, this.host.random()),
		);
		this.retry.unref();
	}

	/** False: something could not be published and is still there. */
	private async pass(): Promise<boolean> {
		await using loan = await this.host.borrowStore();
		const store = loan.connection;
		const lease = { name: `outbox:${this.host.target}`, owner: this.host.instance };
		const takeLease = async () =>
			await store.write('takeLease', { ...lease, leaseMs: LEASE_MS }, within(STORE_TIMEOUT_MS));
		if ((await this.next(store)).length === 0) return true;
		if (!(await takeLease())) return true;
		try {
			for (;;) {
				const entries = await this.next(store);
				if (entries.length === 0) return true;
				for (const wave of wavesOf(entries)) {
					let isClear = true;
					for (const [channel, its] of byChannel(wave)) {
						if (!(await takeLease())) return true;
						isClear = (await this.send(store, channel, its)) && isClear;
					}
					if (!isClear) return false;
				}
			}
		} finally {
			await store.write('giveLease', lease, within(STORE_TIMEOUT_MS)).catch((error: unknown) => {
				this.host.logger.debug(`The lease of the outbox was not given back and ends by itself: ${messageOf(error)}`);
			});
		}
	}

	/** One event a stream. False: one of them could not be published. */
	private async send(store: StoreEngine, channel: string, entries: readonly OutboxEntry[]): Promise<boolean> {
		const { clock, logger, target } = this.host;
		const { broker, lender } = this.host.bus();
		const events = entries.map(({ event }) => event);
		const at = clock.now();
		const outcomes = await publishPersistently(lender, { kind: 'channel', channel }, events, {
			format: 'event-bus',
			capabilities: broker.manifest.capabilities,
			provision: 'create',
			...within(PUBLISH_TIMEOUT_MS),
			clock,
			random: () => this.host.random(),
			onStored: (stored) => this.host.onPublished(stored, channel, at),
		});
		const sent = entries.filter((_entry, index) => outcomes[index]?.ok).map(({ position }) => position);
		if (sent.length > 0) {
			await store.write('removeFromOutbox', { target, positions: sent }, within(STORE_TIMEOUT_MS));
		}
		let isClear = true;
		for (const [index, outcome] of outcomes.entries()) {
			if (outcome.ok) continue;
			isClear = false;
			const id = events[index]?.event_id ?? '';
			logger.warn(`Event ${id} stays in the outbox to ${target}: ${outcome.error.message}`);
		}
		return isClear;
	}

	private async next(store: StoreEngine): Promise<readonly OutboxEntry[]> {
		return await store.read(
			'readOutbox',
			{ target: this.host.target, limit: ENTRIES_AT_ONCE },
			within(STORE_TIMEOUT_MS),
		);
	}

	private async areOut(positions: readonly number[]): Promise<boolean> {
		if (positions.length === 0) return true;
		try {
			await using loan = await this.host.borrowStore();
			const left = await loan.connection.read(
				'stillInOutbox',
				{ target: this.host.target, positions },
				within(STORE_TIMEOUT_MS),
			);
			return left.length === 0;
		} catch (error) {
			this.host.logger.debug(`Whether events left the outbox is not known: ${messageOf(error)}`);
			return false;
		}
	}
}

/** The first events of all streams, then the second ones, and so on. */
export function wavesOf<E extends { readonly stream: string }>(entries: readonly E[]): readonly (readonly E[])[] {
	const seen = new Map<string, number>();
	const waves: E[][] = [];
	for (const entry of entries) {
		const wave = seen.get(entry.stream) ?? 0;
		seen.set(entry.stream, wave + 1);
		(waves[wave] ??= []).push(entry);
	}
	return waves;
}

function byChannel(entries: readonly OutboxEntry[]): ReadonlyMap<string, readonly OutboxEntry[]> {
	const channels = new Map<string, OutboxEntry[]>();
	for (const entry of entries) channels.set(entry.channel, [...(channels.get(entry.channel) ?? []), entry]);
	return channels;
}
