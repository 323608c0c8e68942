/**
 * What the tests of the embedded broker need again and again: a real file in a folder of its own, and short ways to
 * publish, to subscribe and to take deliveries.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
	BrokerConnection,
	CallOptions,
	Delivery,
	Native,
	PublishOptions,
	Settlement,
	SubscribeOptions,
	Subscription,
	WireMessage,
} from '../../src/broker/types';
import { embedded } from '../../src/brokers/embedded/manifest';
import { type Clock, systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';

export const EVENTS = { kind: 'channel', channel: 'events' } as const;

export function call(timeoutMs = 10_000): CallOptions {
	return { signal: new AbortController().signal, timeoutMs };
}

export function publishing(provision: PublishOptions['provision'] = 'create'): PublishOptions {
	return { ...call(), provision };
}

export function message(id: string, more: Partial<WireMessage> = {}): WireMessage {
	return {
		id,
		type: 'order.created',
		body: Buffer.from(`body of ${id}`),
		headers: { 'eb-event-version': '1.0' },
		...more,
	};
}

export function messages(count: number, more: Partial<WireMessage> = {}): WireMessage[] {
	return Array.from({ length: count }, (_none, index) => message(`e${index}`, more));
}

/** A clock that is ahead of the system's by as much as the test says. */
export class MovableClock implements Clock {
	private aheadMs = 0;
	readonly sleep = systemClock.sleep;

	now(): number {
		return Date.now() + this.aheadMs;
	}

	advance(ms: number): void {
		this.aheadMs += ms;
	}
}

export async function connect(settings: Native, clock: Clock = systemClock): Promise<BrokerConnection> {
	const signal = AbortSignal.timeout(20_000);
	return await embedded.open(settings, { clock, logger: silentLogger, clientName: 'test', signal });
}

export class Rig implements AsyncDisposable {
	private readonly connections: BrokerConnection[] = [];

	private constructor(
		readonly folder: string,
		readonly clock: MovableClock,
	) {}

	static async create(): Promise<Rig> {
		return new Rig(await mkdtemp(join(tmpdir(), 'event-bus-embedded-')), new MovableClock());
	}

	get file(): string {
		return join(this.folder, 'bus.db');
	}

	async connect(more: Native = {}): Promise<BrokerConnection> {
		const connection = await connect({ file: this.file, ...more }, this.clock);
		this.connections.push(connection);
		return connection;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all(this.connections.map(async (connection) => await connection[Symbol.asyncDispose]()));
		await rm(this.folder, { recursive: true, force: true });
	}
}

export async function read(connection: BrokerConnection, more: Partial<SubscribeOptions> = {}): Promise<Reading> {
	const subscription = await connection.subscribe({
		from: EVENTS,
		types: ['#'],
		group: 'group',
		consumer: 'test',
		lifetime: 'durable',
		start: { at: 'committed', otherwise: { at: 'latest' } },
		maxInFlight: 1000,
		batch: { size: 100, waitMs: 0 },
		ordered: false,
		leaseMs: 30_000,
		retentionMs: 14 * 24 * 60 * 60 * 1000,
		provision: 'create',
		signal: new AbortController().signal,
		...more,
	});
	return new Reading(subscription);
}

/** A subscription whose deliveries are taken one call at a time. */
export class Reading implements AsyncDisposable {
	private readonly batches: AsyncIterator<readonly Delivery[]>;
	private asked: Promise<IteratorResult<readonly Delivery[], unknown>> | null = null;

	constructor(readonly subscription: Subscription) {
		this.batches = subscription.batches()[Symbol.asyncIterator]();
	}

	/** The next batch; null when none comes within the time, or none will come any more. */
	async batch(withinMs = 5_000): Promise<readonly Delivery[] | null> {
		this.asked ??= this.batches.next();
		const late = new AbortController();
		const none = systemClock.sleep(withinMs, late.signal).then(
			() => null,
			() => null,
		);
		const result = await Promise.race([this.asked, none]);
		late.abort();
		if (result === null) return null;
		this.asked = null;
		return result.done === true ? null : result.value;
	}

	/** Takes until there are `count`; fewer when none comes within the time. */
	async take(count: number, withinMs = 5_000): Promise<Delivery[]> {
		const taken: Delivery[] = [];
		while (taken.length < count) {
			const batch = await this.batch(withinMs);
			if (batch === null) break;
			taken.push(...batch);
		}
		return taken;
	}

	async ids(count: number, withinMs?: number): Promise<string[]> {
		return (await this.take(count, withinMs)).map(({ message: { id } }) => id);
	}

	/** Per delivery 'ok', or the code of what went wrong. */
	async settle(deliveries: readonly Delivery[], how: SettlementKind): Promise<string[]> {
		const outcomes = await this.subscription.settle(
			deliveries.map((delivery) => ({ delivery, ...how })),
			call(),
		);
		return outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code));
	}

	async ack(deliveries: readonly Delivery[]): Promise<string[]> {
		return await this.settle(deliveries, { as: 'ack' });
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.subscription[Symbol.asyncDispose]();
	}
}

type WithoutDelivery<T> = T extends unknown ? Omit<T, 'delivery'> : never;
export type SettlementKind = WithoutDelivery<Settlement>;
