/**
 * What a process has that appends and relays: a store, a bus and a relay from one to the other.
 */
import { ConnectionPool, lentConnection } from '../../../src/broker/connectionPool';
import { brokerFromUrl } from '../../../src/broker/registry';
import type { BrokerConnection, CallOptions } from '../../../src/broker/types';
import type { EventEnvelope } from '../../../src/event/envelope';
import { type Clock, systemClock } from '../../../src/kernel/clock';
import { silentLogger } from '../../../src/kernel/logger';
import { OutboxRelay, outboxTarget } from '../../../src/publisher/outboxRelay';
import type { StoreEngine } from '../../../src/store/engine';
import { EventStore } from '../../../src/store/store';
import { storeFromUrl } from '../../../src/store/stores';
import { event } from '../../conformance/events';
import { times } from '../../conformance/waiting';

export const CHANNEL = 'orders';

export interface Addresses {
	/** As EVENT_STORE_URL. */
	readonly storeUrl: string;
	/** As EVENT_BUS_URL. */
	readonly busUrl: string;
	/** Unique per process. */
	readonly instance: string;
}

export interface OfficeOptions {
	/** By which the leases of the store end. */
	readonly storeClock?: Clock;
	/** What the relay publishes with, instead of the connection itself. */
	readonly through?: (connection: BrokerConnection) => BrokerConnection;
}

export class OutboxOffice implements AsyncDisposable {
	readonly relay: OutboxRelay;
	readonly target: string;
	private readonly buses: ConnectionPool;
	private readonly stores: ConnectionPool<StoreEngine>;
	private readonly chosenStore;

	constructor({ storeUrl, busUrl, instance }: Addresses, options: OfficeOptions = {}) {
		const { storeClock = systemClock, through = unchanged } = options;
		const host = { logger: silentLogger, clientName: instance };
		this.buses = new ConnectionPool({ ...host, clock: systemClock });
		this.stores = new ConnectionPool<StoreEngine>({ ...host, clock: storeClock });
		this.chosenStore = storeFromUrl(storeUrl);
		const broker = brokerFromUrl(busUrl);
		const lender = {
			borrow: async () => {
				const loan = await this.buses.borrow(broker.manifest, broker.settings);
				const connection = through(lentConnection(loan));
				return { connection, [Symbol.asyncDispose]: async () => await connection[Symbol.asyncDispose]() };
			},
			hasAnswered: () => this.buses.hasAnswered(broker.manifest, broker.settings),
		};
		this.target = outboxTarget(broker);
		this.relay = new OutboxRelay({
			target: this.target,
			bus: () => ({ broker, lender }),
			borrowStore: async () => await this.borrowStore(),
			instance,
			clock: systemClock,
			logger: silentLogger,
			random: () => 0.5,
			onPublished: () => undefined,
		});
	}

	/** One commit a stream. @returns the positions */
	async append(events: readonly EventEnvelope[]): Promise<readonly number[]> {
		await using loan = await this.borrowStore();
		const store = new EventStore(loan.connection);
		const positions: number[] = [];
		const publish = { target: this.target, channel: CHANNEL };
		for (const [stream, its] of byStream(events)) {
			const { places } = await store.append(stream, its, { ...call(), publish });
			positions.push(...places.map(({ position }) => position));
		}
		return positions;
	}

	/** How many events have not left. */
	async waiting(): Promise<number> {
		await using loan = await this.borrowStore();
		const [backlog] = await loan.connection.read('outboxBacklog', {}, call());
		return backlog?.waiting ?? 0;
	}

	/** Ids by stream, in the order of the stream. */
	async stored(): Promise<ReadonlyMap<string, readonly string[]>> {
		await using loan = await this.borrowStore();
		const found = new Map<string, string[]>();
		for await (const { stream, event: one } of new EventStore(loan.connection).readLog(call())) {
			found.set(stream, [...(found.get(stream) ?? []), one.event_id]);
		}
		return found;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.buses.close();
		await this.stores.close();
	}

	private async borrowStore() {
		return await this.stores.borrow(this.chosenStore.manifest, this.chosenStore.settings);
	}
}

/** Events for streams in turn: order-0, order-1, … The key is the stream, as the node sets it. */
export function orderEvents(name: string, { streams, count }: { streams: number; count: number }): EventEnvelope[] {
	return times(count, (n) => event({ id: `${name}.${n}`, key: `order-${n % streams}`, payload: { n } }));
}

export function byStream(events: readonly EventEnvelope[]): ReadonlyMap<string, readonly EventEnvelope[]> {
	return Map.groupBy(events, ({ metadata }) => metadata.ordering_key ?? '');
}

function unchanged(connection: BrokerConnection): BrokerConnection {
	return connection;
}

function call(): CallOptions {
	return { signal: new AbortController().signal, timeoutMs: 30_000 };
}
