/**
 * The bus for a service that is no workflow: open by URL, publish, consume, close. The same guarantees as in n8n.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { ConnectionPool, lentConnection } from './broker/connectionPool';
import { noOutcome } from './broker/noOutcome';
import { brokerFromUrl, type ChosenBroker } from './broker/registry';
import type { Stored } from './broker/types';
import { within } from './broker/within';
import { startConsumer } from './consumer/consumer';
import type { Inbox } from './consumer/inbox';
import { failedRun } from './consumer/run';
import { defaultConsumerSettings } from './consumer/settings';
import type { Consumer, ConsumerSettings, DeliveryInfo, Handler, Verdict } from './consumer/types';
import { createEvent, type EventDraft } from './event/createEvent';
import type { EventEnvelope } from './event/envelope';
import { EventBusError } from './kernel/errors';
import { systemClock } from './kernel/clock';
import { silentLogger, type Logger } from './kernel/logger';
import { publishPersistently } from './publisher/persistently';
import { openSqliteInbox } from './store/sqlite/inbox';

export interface EventBusOptions {
	/** Who publishes, unless an event says otherwise. */
	readonly source: string;
	readonly logger?: Logger;
	/**
	 * Remembers what was processed, for brokers that cannot: the path of a SQLite file, which the processes of a host may
	 * share, or an inbox of your own. The built-in broker and Redis Streams need none.
	 */
	readonly inbox?: string | Inbox;
}

export interface PublishOptions {
	/** Default 'events'. */
	readonly channel?: string;
	/** The event that led to these: passes on correlation and trace. */
	readonly cause?: EventEnvelope;
	/** Default 10 s. */
	readonly timeoutMs?: number;
}

export type ConsumeOptions = Partial<Omit<ConsumerSettings, 'from'>> & {
	readonly types: readonly string[];
	readonly group: string;
	/** Default 'events'. */
	readonly channel?: string;
};

/**
 * Processes one event. Returning acknowledges it; throwing has it tried again, unless the error is an `EventBusError`
 * that is not `retryable`: that goes to the dead letters at once.
 */
export type EventHandler = (event: EventEnvelope, delivery: DeliveryInfo) => Promise<void>;

export interface EventBus extends AsyncDisposable {
	/**
	 * Resolves when every event is stored for every group that exists.
	 * @throws EventBusError of the first event that could not be stored
	 */
	publish(
		drafts: readonly EventDraft[],
		options?: PublishOptions,
	): Promise<readonly (EventEnvelope & PublishedFacts)[]>;
	/** Resolves when the group exists and events flow. */
	consume(options: ConsumeOptions, handler: EventHandler): Promise<Consumer>;
	/** Closes the consumers, each with up to `drainMs` for running handlers, then the connections. */
	close(drainMs?: number): Promise<void>;
}

export interface PublishedFacts {
	readonly published: Stored;
}

const PUBLISH_TIMEOUT_MS = 10_000;
const DRAIN_MS = 8000;

/**
 * @param url as EVENT_BUS_URL: `sqlite:/path/bus.db`
 * @throws EventBusError `settings` for an unknown scheme or a wrong value; the connection itself is made at the first use
 */
export function openEventBus(url: string, options: EventBusOptions): EventBus {
	return new PooledEventBus(url, options);
}

class PooledEventBus implements EventBus {
	private readonly broker: ChosenBroker;
	private readonly logger: Logger;
	private readonly pool: ConnectionPool;
	private readonly instance = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
	private readonly consumers = new Set<Consumer>();
	private inboxFile: ReturnType<typeof openSqliteInbox> | null = null;

	constructor(
		url: string,
		private readonly options: EventBusOptions,
	) {
		this.broker = brokerFromUrl(url);
		this.logger = options.logger ?? silentLogger;
		this.pool = new ConnectionPool({ logger: this.logger, clock: systemClock, clientName: options.source });
	}

	async publish(
		drafts: readonly EventDraft[],
		{ channel = 'events', cause, timeoutMs = PUBLISH_TIMEOUT_MS }: PublishOptions = {},
	): Promise<readonly (EventEnvelope & PublishedFacts)[]> {
		const { manifest, settings } = this.broker;
		const context = { now: Date.now(), defaultSource: this.options.source, cause: cause ?? null };
		const events = drafts.map((draft) => createEvent(draft, context));
		const lender = {
			borrow: async () => await this.pool.borrow(manifest, settings),
			hasAnswered: () => this.pool.hasAnswered(manifest, settings),
		};
		const outcomes = await publishPersistently(lender, { kind: 'channel', channel }, events, {
			format: 'event-bus',
			capabilities: manifest.capabilities,
			provision: 'create',
			...within(timeoutMs),
			clock: systemClock,
			random: Math.random,
		});
		return events.map((event, index) => {
			const outcome = outcomes[index] ?? noOutcome();
			if (!outcome.ok) throw outcome.error;
			return { ...event, published: { cursor: outcome.cursor, matched: outcome.matched } };
		});
	}

	async consume({ channel = 'events', ...settings }: ConsumeOptions, handler: EventHandler): Promise<Consumer> {
		const from = { kind: 'channel', channel } as const;
		const consumer = await startConsumer({ ...defaultConsumerSettings, ...settings, from }, eachEvent(handler), {
			connect: async () => lentConnection(await this.pool.borrow(this.broker.manifest, this.broker.settings)),
			fallbackInbox: async () => await this.inbox(),
			broker: this.broker.manifest.kind,
			capabilities: this.broker.manifest.capabilities,
			instance: this.instance,
			logger: this.logger,
			clock: systemClock,
			random: Math.random,
			observe: () => undefined,
			onFatal: (error) => this.logger.error(`Consumer group ${settings.group} stopped: ${error.message}`),
		});
		this.consumers.add(consumer);
		return consumer;
	}

	async close(drainMs = DRAIN_MS): Promise<void> {
		await Promise.all([...this.consumers].map(async (consumer) => await consumer.close(drainMs)));
		await this.pool.close();
		const inbox = await this.inboxFile?.catch(() => null);
		await inbox?.[Symbol.asyncDispose]();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	private async inbox(): Promise<Inbox> {
		const { inbox } = this.options;
		if (typeof inbox === 'object') return inbox;
		if (inbox === undefined) {
			throw new EventBusError('settings', `${this.broker.manifest.label} cannot remember what was processed`, {
				hint: 'Give the path of a file as inbox when you open the bus',
			});
		}
		this.inboxFile ??= openSqliteInbox(inbox, { logger: this.logger, clock: systemClock }).catch((error: unknown) => {
			this.inboxFile = null;
			throw error;
		});
		return await this.inboxFile;
	}
}

function eachEvent(handler: EventHandler): Handler {
	return async (received) =>
		await Promise.all(
			received.map(async ({ event, delivery }): Promise<Verdict> => {
				try {
					await handler(event, delivery);
					return { as: 'done' };
				} catch (error) {
					return failedRun(error);
				}
			}),
		);
}
