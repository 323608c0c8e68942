/**
 * A connection to RabbitMQ: one link for reading and looking, and one for publishing once somebody publishes.
 */
import { healthReport } from '../../broker/healthReport';
import { messageSize, tooLargeMessage } from '../../broker/messageSize';
import type {
	Address,
	BrokerCapabilities,
	BrokerConnection,
	ConnectionHost,
	CallOptions,
	HealthReport,
	Native,
	Outcome,
	PublishOptions,
	Stored,
	SubscribeOptions,
	Subscription,
	WireMessage,
} from '../../broker/types';
import { EventBusError, toEventBusError } from '../../kernel/errors';
import { DeadLetters } from './deadLetters';
import { Exchanges } from './exchanges';
import { Link } from './link';
import { toProperties } from './message';
import { Publisher } from './publisher';
import { Records } from './records';
import { Scanner } from './scan';
import { readSettings, type RabbitmqSettings } from './settings';
import { QueueSubscription } from './subscription';
import { Targets } from './targets';
import { Tiers } from './tiers';
import { Topology } from './topology';

export async function openRabbitmq(
	native: Native,
	host: ConnectionHost,
	capabilities: BrokerCapabilities,
): Promise<BrokerConnection> {
	const settings = readSettings(native);
	return new RabbitmqConnection(await Link.open(settings, host), settings, host, capabilities);
}

/** For opening the second link, milliseconds. */
const OPEN_MS = 15_000;

class RabbitmqConnection implements BrokerConnection {
	readonly inbox = null;
	readonly deadLetters: DeadLetters;
	readonly topology: Topology;
	private readonly ended = new AbortController();
	private readonly publisher: Publisher;
	private readonly records: Records;
	private readonly exchanges: Exchanges;
	private readonly tiers: Tiers;
	private readonly targets: Targets;
	private readonly subscriptions = new Set<QueueSubscription>();
	private publishing: Promise<Link> | null = null;
	private publishingLink: Link | null = null;

	constructor(
		private readonly link: Link,
		private readonly settings: RabbitmqSettings,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
	) {
		this.publisher = new Publisher(async () => await this.linkForPublishing());
		const scanner = new Scanner(link, this.publisher, host.clock);
		this.records = new Records(scanner, this.publisher);
		this.exchanges = new Exchanges(link, this.records);
		this.tiers = new Tiers(link);
		this.targets = new Targets(link, this.exchanges, settings.queues);
		this.deadLetters = new DeadLetters(scanner, this.records);
		this.topology = new Topology(link, this.records, this.exchanges);
		this.endWith(link);
	}

	get lost(): AbortSignal {
		return this.ended.signal;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const target = await this.targets.of(to, options);
		const { maxBytes } = this.capabilities;
		const fitting = messages.filter((message) => messageSize(message) <= maxBytes);
		const publications = fitting.map((message) => ({
			exchange: target.exchange,
			routingKey: target.keyOf(message),
			body: Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength),
			properties: toProperties(message, target.direct),
		}));
		const published = publications.length === 0 ? [] : await this.publisher.publish(publications, options);
		const outcomes = new Map(fitting.map((message, index) => [message, published[index]] as const));
		return messages.map((message): Outcome<Stored> => {
			const outcome = outcomes.get(message);
			if (!outcome) return { ok: false, error: tooLargeMessage(message, maxBytes) };
			if (outcome.ok && (outcome.routed || target.unrouted === null)) {
				const cursor = message.id === '' ? null : message.id;
				return { ok: true, cursor, matched: outcome.routed ? 'yes' : 'no' };
			}
			this.targets.forget();
			const unrouted = target.unrouted ?? new EventBusError('bug', 'A message has no outcome');
			return { ok: false, error: outcome.ok ? unrouted : outcome.error };
		});
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		const parts = {
			link: this.link,
			publisher: this.publisher,
			records: this.records,
			exchanges: this.exchanges,
			tiers: this.tiers,
			queues: this.settings.queues,
			clock: this.host.clock,
			logger: this.host.logger,
			capabilities: this.capabilities,
		};
		const subscription = await QueueSubscription.join(parts, options, (closed) => this.subscriptions.delete(closed));
		this.subscriptions.add(subscription);
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		const detail = this.link.title;
		const toError = (cause: unknown) => toEventBusError(cause, 'asking for a sign of life', 'unreachable');
		return await healthReport(detail, toError, async () => {
			if (this.lost.aborted) throw this.lost.reason;
			await this.link.use('asking for a sign of life', options, async (channel) => {
				await channel.checkExchange('amq.topic');
			});
			const blocked = this.publishingLink?.blocked ?? null;
			if (blocked === null) return { status: 'up', detail };
			const error = new EventBusError('storage', `RabbitMQ takes no messages at the moment: ${blocked}`, {
				retryable: true,
			});
			return { status: 'degraded', detail, error };
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		this.end(new EventBusError('closed', 'The connection to RabbitMQ was closed'));
		const publishing = await this.publishing?.catch(() => null);
		await Promise.all([this.link.close(), publishing?.close()]);
	}

	private async linkForPublishing(): Promise<Link> {
		this.publishing ??= this.openForPublishing();
		try {
			return await this.publishing;
		} catch (error) {
			this.publishing = null;
			throw error;
		}
	}

	private async openForPublishing(): Promise<Link> {
		if (this.lost.aborted) throw this.lost.reason;
		const signal = AbortSignal.any([this.lost, AbortSignal.timeout(OPEN_MS)]);
		const link = await Link.open(this.settings, { ...this.host, signal });
		this.publishingLink = link;
		this.endWith(link);
		return link;
	}

	/** One without the other is of no use. */
	private endWith({ lost }: Link): void {
		const end = () => this.end(lost.reason as EventBusError);
		if (lost.aborted) end();
		else lost.addEventListener('abort', end, { once: true });
	}

	private end(reason: EventBusError): void {
		if (!this.lost.aborted) this.ended.abort(reason);
	}
}
